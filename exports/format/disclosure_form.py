"""The files that stand in the place of a capture's ledger in a disclosure.

disclosed.jsonl              lines of the ledger, each exactly as it was sealed
disclosed.proofs             for each of them, in the same order: its index, the size of the tree, and its inclusion
                             proof in base64, apart by spaces
exchanges-disclosed.warc.gz  the records of the exchanges disclosed
redacted.jsonl               masked forms of lines of which parts are withheld (`hashing.case.redaction`)
redacted.shown               for each of them: the disclosures of what is shown of it, apart by spaces
redacted.proofs              for each of them: its inclusion proof in the tree over the masked forms
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from hashing.case.capture_folder import ITEMS, WORKING
from hashing.case.events import CaptureEvent, Exchange, WarcPlace
from hashing.case.redaction import CONTENT, NETWORK, URL, open_form
from hashing.errors import BadFormat
from hashing.ledger.merkle import leaf_hash, verify_inclusion
from hashing.ledger.note import decode_base64

LINES = "disclosed.jsonl"
PROOFS = "disclosed.proofs"
MASKED = "redacted.jsonl"
SHOWN = "redacted.shown"
MASKED_PROOFS = "redacted.proofs"
EXCHANGES = "exchanges-disclosed.warc.gz"

# Words of which an exchange's records tell, so that these are withheld with them.
WITH_RECORDS = frozenset({URL, NETWORK, CONTENT})

LONGEST_PROOF = 1 << 12  # Bytes of a line of proofs: two numbers and up to 64 hashes.
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)

WITHHELD = "[withheld]"

# Fields without which an event is none.
_DEMANDED = {
    "capture-started": ("scene", "officer", "initials"),
    "exchange": ("url",),
    "item": ("url", "found_in"),
    "proof": ("did", "collection", "rkey"),
    "post-changed": ("id",),
    "verdict": ("url",),
    "failed": ("url",),
}
_SUBTYPE = re.compile(r"[a-z0-9]+/([a-z0-9]{1,8})", re.ASCII)


class Inclusion(msgspec.Struct, frozen=True):
    """Where a line stands in a ledger, how many lines that has, and the proof (RFC 9162, section 2.1.3)."""

    index: int
    size: int
    proof: tuple[bytes, ...]

    def write(self) -> bytes:
        """Write the proof as a line, without its newline."""
        return " ".join(
            [str(self.index), str(self.size), *(base64.b64encode(each).decode() for each in self.proof)]
        ).encode()

    @classmethod
    def parse(cls, line: bytes) -> Inclusion:
        """Read such a line. Raises BadFormat."""
        try:
            index, size, *hashes = line.decode("ascii").split(" ")
        except ValueError as error:
            raise BadFormat("not an inclusion proof") from error
        if not (_NUMBER.fullmatch(index) and _NUMBER.fullmatch(size)):
            raise BadFormat("not an inclusion proof: it does not begin with two numbers")
        return cls(int(index), int(size), tuple(map(decode_base64, hashes)))

    def holds(self, line: bytes, size: int, root: bytes) -> bool:
        """Say whether this proves that the line stands in the ledger of this size and root."""
        return self.size == size and verify_inclusion(self.index, size, leaf_hash(line), self.proof, root)


def lines_of(pieces: Sequence[bytes]) -> bytes:
    """Write lines."""
    return b"".join(piece + b"\n" for piece in pieces)


def as_disclosed(events: Iterable[CaptureEvent], places: Mapping[str, int]) -> Iterator[CaptureEvent]:
    """Yield the events with the places that the exchanges' records have in a disclosure: offsets by WARC-Record-ID."""

    def _place(place: WarcPlace | None) -> WarcPlace | None:
        # A place that is not disclosed becomes none, and not a place in a file that is not there.
        if place is None or place.record not in places:
            return None
        return msgspec.structs.replace(place, file=EXCHANGES, offset=places[place.record])

    for event in events:
        if isinstance(event, Exchange):
            yield msgspec.structs.replace(event, warc=_place(event.warc), request_warc=_place(event.request_warc))
        else:
            yield event


def event_of(form: bytes, shown: Iterable[bytes]) -> CaptureEvent:
    """Return the event of a masked form and the disclosures that are shown of it. Raises BadFormat.

    A file whose name is withheld stands under its SHA-256, or under its number where that is withheld too.
    """
    # What is withheld and may not be missing gets a stand-in: everyone downstream then reads a disclosed event as any
    # other, and shows that something was withheld instead of failing.
    fields = open_form(form, shown)
    for name in _DEMANDED.get(str(fields.get("event")), ()):
        fields.setdefault(name, WITHHELD)
    if fields.get("event") == "item":
        name = fields.get("sha256") or str(fields.get("ref")).rpartition("-")[2]
        fields.setdefault("path", f"{ITEMS}/{name}{_ending(fields.get('mime'))}")
        if fields.get("protected") is True:
            fields = {"sha256": WITHHELD, "size": 0, **fields}
    elif fields.get("event") == "working-copy":
        fields.setdefault("path", f"{WORKING}/{fields.get('sha256')}")
    elif fields.get("event") == "post" and isinstance(fields.setdefault("post", {}), dict):
        fields["post"] = {"server": WITHHELD, "id": WITHHELD, **fields["post"]}
    try:
        event: CaptureEvent = msgspec.convert(fields, CaptureEvent)
    except (msgspec.ValidationError, RecursionError) as error:
        raise BadFormat(f"not an event of a capture: {error}") from error
    return event


def _ending(mime: Any) -> str:  # noqa: ANN401 - whatever a bundle holds
    match = _SUBTYPE.fullmatch(str(mime))
    return f".{match[1]}" if match else ""

"""The lines of one capture as they are disclosed: whole, or as masked forms where parts of them are withheld."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from exports.errors import NotRedactable
from exports.format.disclosure_form import LINES, MASKED, MASKED_PROOFS, PROOFS, SHOWN, Inclusion, event_of, lines_of
from hashing.case.events import CaptureEvent, Commitments, Item, ItemFacts, PostRead, WorkingCopy
from hashing.case.redaction import AUTHOR, CONTENT, FACTS, PLACE, TEXT, mask, masked_form, read_disclosure
from hashing.ledger.merkle import Levels, leaf_hash

_IN_THE_BYTES = {AUTHOR, TEXT, FACTS, PLACE}  # Words for what was read out of an item's own bytes.


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosedLine:
    """A line that is disclosed: its index, what is handed over of it, and the disclosures of what is withheld.

    `form` is the line itself, or its masked form where anything is withheld; `sealed` is the event as it was sealed,
    `event` as it is shown.
    """

    index: int
    form: bytes
    sealed: CaptureEvent
    event: CaptureEvent
    shown: tuple[bytes, ...] = ()
    withheld: Mapping[str, bytes]

    def text(self) -> bytes:
        """Return all that is shown, as JSON."""
        return b" ".join([self.form, *(msgspec.json.encode(read_disclosure(each).members) for each in self.shown)])


def disclosed_lines(
    lines: Sequence[bytes],
    events: Sequence[CaptureEvent],
    chosen: Sequence[int],
    words: Collection[str],
    *,
    copies: bool = False,
) -> list[DisclosedLine]:
    """Return the chosen lines with these words withheld, and the line that commits to them where any is masked.

    With `copies`, redacted working copies are handed over in the place of what is withheld.
    Raises NotRedactable where the capture commits to nothing, and where the bytes that are handed over tell it still.
    """
    kept = [index for index in chosen if CONTENT not in words or not _tells_content(events[index], copies=copies)]
    # What is masked is proven by the line of commitments, so that goes with it; withheld content alone masks no field,
    # but for an item of a protected source.
    if set(words) - {CONTENT} or (words and any(isinstance(event, Item) and event.protected for event in events)):
        kept = sorted([*kept, _commitments(events)])
    disclosed = [_disclosed(index, lines[index], events[index], words) for index in kept]
    # Last, over what will really be handed over: a word can stand in another field than the one that was masked.
    _check_bytes(disclosed, words)
    return disclosed


def _tells_content(event: CaptureEvent, *, copies: bool) -> bool:
    """Say whether a line is of a working copy that was made of an item's bytes, and does not stand in their place."""
    return isinstance(event, WorkingCopy) and not (event.redacted and copies)


def _disclosed(index: int, line: bytes, event: CaptureEvent, words: Collection[str]) -> DisclosedLine:
    masked = mask(line)
    withheld = {word: each for word, each in masked.disclosures.items() if word in words}
    if not withheld:
        return DisclosedLine(index=index, form=line, sealed=event, event=event, withheld={})
    shown = tuple(each for word, each in masked.disclosures.items() if word not in words)
    told = event_of(masked.form, shown)
    return DisclosedLine(index=index, form=masked.form, sealed=event, event=told, shown=shown, withheld=withheld)


def _commitments(events: Sequence[CaptureEvent]) -> int:
    """Return the index of the last line that commits to those before it. Raises NotRedactable where there is none."""
    found = [index for index, event in enumerate(events) if isinstance(event, Commitments)]
    if not found:
        raise NotRedactable(
            "the capture was sealed before goldenhour could withhold parts of an item with proof",
            hint="disclose the items without --redact",
        )
    return found[-1]


def _check_bytes(disclosed: Sequence[DisclosedLine], words: Collection[str]) -> None:
    """Refuse to withhold what the bytes of the same item say: a photo's place stands in the photo."""
    for line in disclosed if CONTENT not in words else ():
        told = [word for word in line.withheld if word in _IN_THE_BYTES]
        if told and isinstance(line.sealed, ItemFacts | PostRead):
            raise NotRedactable(
                f"{line.sealed.ref}: its bytes say what is to be withheld ({', '.join(told)})",
                hint="withhold the bytes as well, with --redact content, or leave the item out",
            )


def line_files(lines: Sequence[bytes], disclosed: Sequence[DisclosedLine]) -> Iterator[tuple[str, bytes]]:
    """Yield the files that stand for the ledger, by name."""
    plain = [line for line in disclosed if not line.withheld]
    yield LINES, lines_of([line.form for line in plain])
    yield PROOFS, _proofs([line.index for line in plain], [leaf_hash(line) for line in lines])
    masked = [line for line in disclosed if line.withheld]
    if masked:
        # The tree over masked forms ends before the line that commits to its root.
        end = next(line.index for line in reversed(plain) if isinstance(line.event, Commitments))
        yield MASKED, lines_of([line.form for line in masked])
        yield SHOWN, lines_of([b" ".join(line.shown) for line in masked])
        yield (
            MASKED_PROOFS,
            _proofs([line.index for line in masked], [leaf_hash(masked_form(each)) for each in lines[:end]]),
        )


def _proofs(indexes: Sequence[int], leaves: Sequence[bytes]) -> bytes:
    levels = Levels(leaves)
    return lines_of([Inclusion(index, levels.size, levels.inclusion_proof(index)).write() for index in indexes])

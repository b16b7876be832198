"""The format of manifest.json and items.jsonl: what is in a bundle, its provenance, and what was not captured.

They are made of the ledger's own records (`hashing/case/events.py`), with their paths as they are in the bundle. The
JSON Schemas in docs/ are made from them: `python -m exports.format.manifest > docs/manifest.schema.json`, and with
`items` behind it docs/items.schema.json. A field that has nothing to say is left out; times are UTC.
"""

# Annotations are no texts here (`from __future__`): msgspec would compile each of them at every start.

import sys
from collections.abc import Sequence
from inspect import cleandoc
from typing import Annotated, Any, Self

import msgspec
from msgspec import Meta
from msgspec.structs import asdict

from exports.format.clock import clock_sentence
from hashing.case.events import (
    CaptureFinished,
    CaptureResumed,
    CaptureStarted,
    ClockMeasured,
    Event,
    Exchange,
    Failed,
    Grade,
    IntakeBegun,
    Item,
    ItemFacts,
    MapTiles,
    PageJudged,
    PageRendered,
    PostChanged,
    PostRead,
    ProofRead,
    RenderingBegun,
    ServerDates,
    Skipped,
    Timestamped,
    WorkingCopy,
)
from hashing.case.facts import Fact
from hashing.case.post import Post

FORMAT = "goldenhour-manifest/2"
CUSTODY_FORMAT = "goldenhour-custody/1"
DRAFT = "https://json-schema.org/draft/2020-12/schema"

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="A SHA-256 digest in hexadecimal.")]
Fingerprint = Annotated[
    str, Meta(description="The first 40 hexadecimal digits of a SHA-256 digest, in groups, to be read aloud.")
]
Time = Annotated[str, Meta(description="UTC, such as 2026-11-24T10:15:02.123Z (RFC 3339).")]
BundlePath = Annotated[str, Meta(pattern="^data/", description="A file of this bundle, relative to its folder.")]
Count = Annotated[int, Meta(ge=0)]


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Anything in a manifest."""


class CaseRecord(Record, frozen=True, kw_only=True):
    """The case that the bundle was made from."""

    id: str
    title: str
    reference: Annotated[str, Meta(description="The force's own reference of the case.")] = ""
    officer: Annotated[str, Meta(description="Who began the case.")]
    created: Time


class ExportRecord(Record, frozen=True, kw_only=True):
    """The making of this bundle."""

    time: Time
    officer: str
    tool: str
    bundle: Annotated[str, Meta(description="The name that it was given.")] = ""
    basemap: Annotated[
        MapTiles | None, Meta(description="The base map of which the report's map shows tiles, and their digest.")
    ] = None


class SealRecord(Record, frozen=True, kw_only=True):
    """What a capture's checkpoint says: the number of lines of its ledger and their Merkle root (RFC 6962)."""

    size: Count
    root: Sha256
    fingerprint: Fingerprint
    public_key: Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="Ed25519, 32 bytes in hexadecimal.")]
    signer: Annotated[Fingerprint, Meta(description="Of that key.")]


class VerifiedRecord(Record, frozen=True, kw_only=True):
    """A verification, as the receipt says that its verifier signed."""

    what: Annotated[str, Meta(description="What was verified: case, capture or bundle.")]
    verdict: Annotated[str, Meta(description="ok, mismatch or unchecked.")]
    fingerprint: Annotated[Fingerprint, Meta(description="Of the seal that was found.")]
    tool: str
    officer: Annotated[str, Meta(description="Who verified.")]
    verifier: Annotated[Fingerprint, Meta(description="Of the key that signed the receipt.")]
    receipt_sha256: Sha256


class CustodyRecord(Record, frozen=True, kw_only=True):
    """One entry of an exhibit's log: what was done with it, as its officers state."""

    line: Annotated[Count, Meta(description="The line of the case's ledger that records it, counted from 0.")]
    ref: Annotated[str, Meta(description="The exhibit, or the item.")]
    event: Annotated[
        str,
        Meta(
            description="seized, sealed, handed-over, received, opened, copied, verified, disclosed, disposed; or "
            "described; graded; or merged: taken from another case."
        ),
    ]
    time: Annotated[Time, Meta(description="When it was done. Entries stand in the order of these times.")]
    recorded: Annotated[Time, Meta(description="When it was recorded.")]
    late: Annotated[bool, Meta(description="It was recorded after it was done, with a time that the officer states.")]
    signer: Annotated[Fingerprint, Meta(description="Of the key that the recording names.")]
    officer: Annotated[str, Meta(description="Who did it.")] = ""
    recorder: Annotated[str, Meta(description="Who recorded it, where that is somebody else.")] = ""
    giver: str = msgspec.field(default="", name="from")
    receiver: str = msgspec.field(default="", name="to")
    reason: str = ""
    place: str = ""
    description: str = ""
    seized: Annotated[str, Meta(description="With a description: when it was seized, as stated. UTC.")] = ""
    detail: Annotated[
        str, Meta(description="The scene, the seal, the bundle or the other case, where the case itself records it.")
    ] = ""
    elsewhere: Annotated[
        str,
        Meta(description="The id of the other case whose ledger states this; the case that tells it did not see it."),
    ] = ""
    receipt: VerifiedRecord | None = None
    grade: Annotated[Grade | None, Meta(description="The grade that was given, where the entry is one.")] = None
    redacted: Annotated[tuple[str, ...], Meta(description="What of an item was withheld when it was disclosed.")] = ()


class GradeRecord(Record, frozen=True, kw_only=True):
    """The grade that counts for an item: its own latest, else the latest of its exhibit. custody.json has all."""

    ref: Annotated[str, Meta(description="What was graded: the item, or its whole exhibit.")]
    grade: Grade
    time: Annotated[Time, Meta(description="When the grade was recorded.")]
    officer: str
    line: Annotated[Count, Meta(description="The line of the case's ledger that records it, counted from 0.")]
    elsewhere: Annotated[str, Meta(description="The id of the other case whose ledger states this.")] = ""


class CaptureRecord(Record, frozen=True, kw_only=True):
    """One run over one scene: the first and the last line of its ledger, its seal, and what is known of the clock."""

    started: CaptureStarted
    finished: CaptureFinished
    seal: SealRecord
    timestamp: Annotated[
        Timestamped | None,
        Meta(description="The line of the case's ledger on the trusted time of the seal (RFC 3161)."),
    ] = None
    intake: Annotated[
        IntakeBegun | None, Meta(description="Where it was handed in and not fetched: by whom, and with what consent.")
    ] = None
    clock: Annotated[ClockMeasured | None, Meta(description="The computer's clock against a time server.")] = None
    server_dates: Annotated[ServerDates | None, Meta(description="And against the servers' Date headers.")] = None
    lines: Annotated[Count, Meta(description="How many lines of items.jsonl are of this capture; in its order.")]

    @property
    def capture(self) -> str:
        """The capture's id, and the name of its folder."""
        return self.started.capture

    @property
    def exhibit(self) -> str:
        """The exhibit's reference."""
        return self.started.exhibit

    @property
    def scene(self) -> str:
        """What the officer asked for."""
        return self.started.scene

    @property
    def clock_says(self) -> str:
        """What is known of the clock, in a sentence; "" where nothing is."""
        return clock_sentence(self.clock, self.server_dates)


class DisclosedRecord(Record, frozen=True, kw_only=True):
    """How much of one capture a disclosure holds."""

    capture: str
    exhibit: str
    items: Annotated[Count, Meta(description="Items in the whole capture, as its sealed last line counts them.")]
    disclosed: Annotated[Count, Meta(description="Items of it that are here.")]
    withheld: Annotated[Count, Meta(description="Items of it that are not here.")]


class DisclosureRecord(Record, frozen=True, kw_only=True):
    """Only single items are handed over; each is proven to belong to a sealed capture."""

    only: Annotated[tuple[str, ...], Meta(description="The items' references.")]
    redacted: Annotated[tuple[str, ...], Meta(description="What of these items is withheld, such as url.")] = ()
    captures: tuple[DisclosedRecord, ...]


class ItemsRecord(Record, frozen=True, kw_only=True):
    """The list that goes with a manifest: a line for each item, and for all that was not captured."""

    path: BundlePath
    lines: Count
    size: Annotated[int, Meta(ge=0, description="In bytes.")]
    sha256: Sha256


class Manifest(Record, frozen=True, kw_only=True):
    """The head of the list of what is in a bundle; the list itself is items.jsonl.

    Both repeat, for programs, what sealed ledgers say: `goldenhour verify` makes them once more and compares the bytes.
    """

    format: Annotated[str, Meta(pattern="^goldenhour-manifest/2$")]
    case: CaseRecord
    exported: ExportRecord
    disclosure: DisclosureRecord | None = None
    items: ItemsRecord
    captures: tuple[CaptureRecord, ...]


class ListedItem(Item, frozen=True, kw_only=True, omit_defaults=True, tag="item", gc=False):
    """An original: the ledger's line on one page, photo, video, document or post, with what other lines say of it.

    Its `path`, and those of the lines with it, are relative to the bundle's folder.
    """

    # Where a case is shown (`capture_view.py`), they are relative to the capture's folder, as in its ledger.

    exhibit: str
    withheld: bool = False  # The file itself is withheld: nothing stands at its path.
    response: Exchange | None = None  # The exchange that brought it, where the ledger holds it.
    facts: tuple[Fact, ...] = ()  # All that the item states about itself.
    post: Post | None = None  # What it says, where it is a post; media are items with the same address.
    proof: ProofRead | None = None
    # How far it is trusted, and who may be told, where an officer has graded it or its exhibit.
    grade: GradeRecord | None = None
    working_copies: tuple[WorkingCopy, ...] = ()

    @classmethod
    def of(
        cls, item: Item, about: Sequence[Event], response: Event | None, *, exhibit: str, withheld: bool = False
    ) -> Self:
        """Return an item with the lines that are about it; of several posts or proofs, the last."""
        posts = [event.post for event in about if isinstance(event, PostRead)]
        proofs = [event for event in about if isinstance(event, ProofRead)]
        return cls(
            **asdict(item),
            exhibit=exhibit,
            withheld=withheld,
            response=response if isinstance(response, Exchange) else None,
            facts=tuple(fact for event in about if isinstance(event, ItemFacts) for fact in event.facts),
            post=posts[-1] if posts else None,
            proof=proofs[-1] if proofs else None,
            working_copies=tuple(event for event in about if isinstance(event, WorkingCopy)),
        )

    @property
    def captured(self) -> str:
        """When the request for it began; where that is not known, when it was recorded."""
        return self.response.started if self.response else self.time

    @property
    def author(self) -> str:
        """Who made it, as claimed by the item itself."""
        if self.post is None:
            return self.claim("author")
        author = self.post.author
        return f"{author.name} ({author.handle})" if author.name and author.handle else author.name or author.handle

    @property
    def title(self) -> str:
        """Its title, as claimed by the item itself."""
        return self.post.title if self.post else self.claim("title")

    @property
    def published(self) -> str:
        """When it was published, as claimed by the item itself; without a zone where it has none."""
        return self.post.published if self.post else self.claim("published")

    def claim(self, name: str) -> str:
        """Return the first claim of this name, the best-trusted one; "" where nothing claims it."""
        return next((str(fact.value) for fact in self.facts if fact.name == name), "")


class ListedFailure(Failed, frozen=True, kw_only=True, omit_defaults=True, tag="failed", gc=False):
    """Something that was sought and not got, or not whole, and why."""

    exhibit: str


class ListedSkip(Skipped, frozen=True, kw_only=True, omit_defaults=True, tag="skipped", gc=False):
    """Something that was seen and, by the officer's own settings, not sought."""

    exhibit: str


class ListedChange(PostChanged, frozen=True, kw_only=True, omit_defaults=True, tag="post-changed", gc=False):
    """A post that is not what it was in an earlier capture."""

    exhibit: str


class ListedVerdict(PageJudged, frozen=True, kw_only=True, omit_defaults=True, tag="verdict", gc=False):
    """What a page turned out to be: a judgement from signs that it carries, and never evidence."""

    exhibit: str


class ListedRendering(RenderingBegun, frozen=True, kw_only=True, omit_defaults=True, tag="rendering", gc=False):
    """A page that was shown in a browser."""

    exhibit: str


class ListedOutcome(PageRendered, frozen=True, kw_only=True, omit_defaults=True, tag="rendered", gc=False):
    """How the rendering of a page went."""

    exhibit: str


class ListedRecovery(CaptureResumed, frozen=True, kw_only=True, omit_defaults=True, tag="recovered", gc=False):
    """The finishing off of a capture whose process had died."""

    exhibit: str


# A line of items.jsonl: in the order of the captures, and in each in the order of its ledger.
Listed = (
    ListedItem
    | ListedFailure
    | ListedSkip
    | ListedChange
    | ListedVerdict
    | ListedRendering
    | ListedOutcome
    | ListedRecovery
)


class ExhibitRecord(Record, frozen=True, kw_only=True):
    """An exhibit and all that was done with it until the bundle was made."""

    exhibit: str
    custody: tuple[CustodyRecord, ...]


class CustodyLog(Record, frozen=True, kw_only=True):
    """The content of custody.json: the logs of a bundle's exhibits."""

    format: str
    case: str
    exhibits: tuple[ExhibitRecord, ...]


_SCHEMAS: dict[str, tuple[Any, str]] = {
    "manifest": (Manifest, "manifest.json of a goldenhour bundle, format 2"),
    "items": (Listed, "A line of items.jsonl of a goldenhour bundle, format 2"),
}


def json_schema(of: str = "manifest") -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of manifest.json, or of a line of items.jsonl."""
    record, title = _SCHEMAS[of]
    schema = msgspec.json.schema(record)
    for each in schema["$defs"].values():
        each["description"] = cleandoc(each["description"])  # only later Pythons unindent docstrings themselves
    return {"$schema": DRAFT, "$id": f"urn:goldenhour:{of}:2", "title": title, **schema}


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(json_schema(*sys.argv[1:])), indent=2) + b"\n")

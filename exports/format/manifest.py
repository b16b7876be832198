"""The format of manifest.json: every item of a bundle, its provenance, and what was not captured.

The JSON Schema in docs/ is made from these records: `python -m exports.format.manifest > docs/manifest.schema.json`.
A field that has nothing to say is left out. Paths are relative to the bundle's folder; times are UTC.
"""

from __future__ import annotations

import sys
from inspect import cleandoc
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from hashing.case.facts import Fact

FORMAT = "goldenhour-manifest/1"
CUSTODY_FORMAT = "goldenhour-custody/1"
SCHEMA_ID = "urn:goldenhour:manifest:1"
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
    officer: Annotated[str, Meta(description="Who began the case.")]
    created: Time


class ExportRecord(Record, frozen=True, kw_only=True):
    """The making of this bundle."""

    time: Time
    officer: str
    tool: str
    bundle: Annotated[str, Meta(description="The name that it was given.")] = ""


class SignerRecord(Record, frozen=True, kw_only=True):
    """The key that sealed a capture."""

    public_key: Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="Ed25519, 32 bytes in hexadecimal.")]
    fingerprint: Fingerprint


class SealRecord(Record, frozen=True, kw_only=True):
    """What a capture's checkpoint says: the number of lines of its ledger and their Merkle root (RFC 6962)."""

    size: Count
    root: Sha256
    fingerprint: Fingerprint


class TimestampRecord(Record, frozen=True, kw_only=True):
    """A trusted time (RFC 3161): an authority's word that the capture's checkpoint existed at this time."""

    time: Annotated[str, Meta(description="UTC, by the authority's clock.")]
    authority: Annotated[str, Meta(description="The name in the certificate that signed the token.")]
    url: Annotated[str, Meta(description="Where it was asked for, if known.")] = ""
    late: Annotated[float, Meta(description="Seconds from the seal, by the officer's clock, to this time.")]
    path: BundlePath
    sha256: Sha256


class TlsRecord(Record, frozen=True, kw_only=True):
    """How a connection was secured."""

    version: str
    cipher: str
    verified: Annotated[bool, Meta(description="Whether the server's certificate was checked and found good.")]
    chain: Annotated[tuple[Sha256, ...], Meta(description="Digest of each certificate that the server sent.")]


class WarcRecord(Record, frozen=True, kw_only=True):
    """Where the response stands, headers and all, in a WARC file (ISO 28500)."""

    file: BundlePath
    offset: Annotated[int, Meta(ge=0, description="Of the record's gzip member in the file, in bytes.")]
    record: Annotated[str, Meta(description="WARC-Record-ID.")]


class ExchangeRecord(Record, frozen=True, kw_only=True):
    """The request that brought an item, and what came back."""

    number: Count
    url: str
    status: Annotated[int, Meta(description="HTTP status; 0 where no answer came.")]
    started: Time
    seconds: float
    ip: Annotated[str, Meta(description="The server's address, as connected to.")] = ""
    proxy: Annotated[str, Meta(description="The proxy through which the request went.")] = ""
    tls: TlsRecord | None = None
    server_date: Annotated[str, Meta(description="The server's own Date header, as sent.")] = ""
    close_delimited: Annotated[
        bool, Meta(description="The server gave no length: that the body is whole cannot be told from the bytes.")
    ] = False
    warc: WarcRecord | None = None


class WorkingCopyRecord(Record, frozen=True, kw_only=True):
    """A file derived from an item; never evidence by itself."""

    path: BundlePath
    size: Count
    sha256: Sha256
    how: Annotated[str, Meta(description="How it was made.")]


class AccountRecord(Record, frozen=True, kw_only=True):
    """Who posts, as the platform names them."""

    handle: Annotated[str, Meta(description="What people type; it can change hands.")] = ""
    name: Annotated[str, Meta(description="The display name, which anyone can choose.")] = ""
    id: Annotated[str, Meta(description="What stays when handle and name change: an ActivityPub id, a DID.")] = ""
    url: str = ""


class PostMediaRecord(Record, frozen=True, kw_only=True):
    """A photo, video or audio that a post shows."""

    url: str
    kind: str
    ref: Annotated[str, Meta(description="The item of this bundle that holds it, if it was captured.")] = ""
    alt: Annotated[str, Meta(description="What the author says it shows.")] = ""
    cid: Annotated[str, Meta(description="The content identifier that the signed record names.")] = ""
    origin: Annotated[str, Meta(description="Where the author's own server keeps it.")] = ""


class EditRecord(Record, frozen=True, kw_only=True):
    """An earlier wording of a post."""

    time: str
    text: str
    warning: str = ""


class PostRecord(Record, frozen=True, kw_only=True):
    """What a post says, as the platform claims it; times with the zone that it claims."""

    platform: str
    server: Annotated[str, Meta(description="The host that showed it.")]
    id: Annotated[str, Meta(description="The platform's lasting name of the post.")]
    permalink: str = ""
    author: AccountRecord = AccountRecord()
    published: str = ""
    edited: str = ""
    title: str = ""
    text: str = ""
    warning: Annotated[str, Meta(description="The content warning in front of the text.")] = ""
    language: str = ""
    tags: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    reply_to: Annotated[str, Meta(description="The id of the post that it answers.")] = ""
    quotes: Annotated[str, Meta(description="The id of the post that it quotes or shares.")] = ""
    visibility: str = ""
    counts: Annotated[dict[str, int], Meta(description="Replies, reposts, likes … when it was captured.")] = {}
    edits: Annotated[tuple[EditRecord, ...], Meta(description="Earlier wordings, oldest first.")] = ()
    location: str = ""
    media: tuple[PostMediaRecord, ...] = ()


class ExcerptRecord(Record, frozen=True, kw_only=True):
    """Where the item's bytes stand in another item: one post in a list of posts, as the server sent it."""

    of: Annotated[str, Meta(description="The other item's reference.")]
    offset: Annotated[int, Meta(ge=0, description="In bytes, after the other item's content coding is undone.")]


class ProofRecord(Record, frozen=True, kw_only=True):
    """A signed proof of a record (AT Protocol): that the account's key signed a repository that holds or lacks it.

    It proves no time, and not who held the key: as a rule the account's server does.
    """

    did: str
    collection: str
    rkey: str
    holds: Annotated[bool, Meta(description="Whether the record is in the repository; else it is proven absent.")]
    record_cid: str = ""
    rev: Annotated[str, Meta(description="The repository's revision.")] = ""
    key: Annotated[str, Meta(description="The signing key, as did:key.")] = ""
    post: Annotated[str, Meta(description="The item with the record as JSON.")] = ""
    identity: Annotated[str, Meta(description="The item that names the account's keys.")] = ""
    problem: Annotated[str, Meta(description="Why the proof does not hold.")] = ""


class ChangeRecord(Record, frozen=True, kw_only=True):
    """A post that is not what it was in an earlier capture."""

    time: Time
    id: str
    change: Annotated[str, Meta(description="edited or gone.")]
    before: Annotated[str, Meta(description="The item with the earlier version.")]
    after: Annotated[
        str, Meta(description="The item with the later version, or the server's word that it is gone.")
    ] = ""
    reason: str = ""


class ItemRecord(Record, frozen=True, kw_only=True):
    """An original: one page, photo, video, document or post, as served."""

    ref: Annotated[str, Meta(description="Exhibit reference, such as MP/1-0001.")]
    kind: str
    source: Annotated[str, Meta(description="The kind of site or protocol it was found by.")]
    url: str
    final_url: Annotated[str, Meta(description="Where redirects led to, if elsewhere.")] = ""
    found_in: Annotated[str, Meta(description="What led to it.")] = ""
    alt: Annotated[str, Meta(description="The page's own description of it.")] = ""
    claimed_name: Annotated[str, Meta(description="The file's name as the server gave it.")] = ""
    captured: Annotated[str, Meta(description="When the request for it began (UTC).")]
    size: Count
    sha256: Sha256
    mime: str
    path: BundlePath
    withheld: Annotated[bool, Meta(description="The file itself is withheld: nothing stands at its path.")] = False
    content_encoding: Annotated[str, Meta(description="How the bytes are coded as served, such as gzip.")] = ""
    partial: Annotated[str, Meta(description="Why the item is not whole.")] = ""
    error_page: Annotated[
        str, Meta(description="Why the item is not what was asked for: a refusal, or what came in a photo's place.")
    ] = ""
    exchange: ExchangeRecord | None = None
    excerpt: ExcerptRecord | None = None
    post: PostRecord | None = None
    proof: ProofRecord | None = None
    author: Annotated[str, Meta(description="As claimed by the item itself.")] = ""
    title: Annotated[str, Meta(description="As claimed by the item itself.")] = ""
    published: Annotated[str, Meta(description="As claimed by the item itself; without a zone where it has none.")] = ""
    facts: Annotated[tuple[Fact, ...], Meta(description="All that the item states about itself.")] = ()
    working_copies: tuple[WorkingCopyRecord, ...] = ()


class FailedRecord(Record, frozen=True, kw_only=True):
    """Something that was sought and not got, or not whole, and why."""

    time: Time
    url: str
    reason: str
    found_in: str = ""
    ref: Annotated[str, Meta(description="The reference it would have had; that of an item where part arrived.")] = ""


class SkippedRecord(Record, frozen=True, kw_only=True):
    """Something that was seen and, by the officer's own settings, not sought."""

    url: str
    reason: str
    found_in: str = ""
    count: Count = 1


class RecoveredRecord(Record, frozen=True, kw_only=True):
    """The finishing off of a capture whose process had died."""

    time: Time
    officer: str
    tool: str
    found: Annotated[tuple[str, ...], Meta(description="What was found, and what was done about it.")]


class VerifiedRecord(Record, frozen=True, kw_only=True):
    """A verification, as the receipt says that its verifier signed."""

    what: Annotated[str, Meta(description="What was verified: case, capture or bundle.")]
    verdict: Annotated[str, Meta(description="ok, mismatch or unchecked.")]
    fingerprint: Annotated[Fingerprint, Meta(description="Of the seal that was found.")]
    tool: str
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
            "described; or merged: taken from another case."
        ),
    ]
    time: Annotated[Time, Meta(description="When it was done. Entries stand in the order of these times.")]
    recorded: Annotated[Time, Meta(description="When it was recorded.")]
    late: Annotated[bool, Meta(description="It was recorded after it was done, with a time that the officer states.")]
    signer: Annotated[Fingerprint, Meta(description="Of the key that the recording names.")]
    officer: str = ""
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
    redacted: Annotated[tuple[str, ...], Meta(description="What of an item was withheld when it was disclosed.")] = ()


class ClockRecord(Record, frozen=True, kw_only=True):
    """The computer's clock against a time server (SNTP), whose answers nobody signs."""

    time: Time
    host: Annotated[str, Meta(description="The time server, as the officer named it.")]
    port: int
    address: Annotated[str, Meta(description="The IP address that was asked.")] = ""
    offset: Annotated[
        float | None,
        Meta(description="Seconds to add to the computer's time to get the server's: positive where it was behind."),
    ] = None
    error: Annotated[
        float | None, Meta(description="Seconds by which the offset may be wrong, if the server is as good as it says.")
    ] = None
    delay: Annotated[float | None, Meta(description="Seconds there and back.")] = None
    samples: Annotated[int, Meta(ge=0, description="How many answers came; the least wrong one counts.")] = 0
    stratum: Annotated[int, Meta(description="How far the server is from a clock of its own: 1 has one.")] = 0
    leap: Annotated[str, Meta(description="A leap second that it announces: 61 or 59 seconds in the last minute.")] = ""
    reference: Annotated[str, Meta(description="Where the server says it has its time from.")] = ""
    problem: Annotated[str, Meta(description="Why the clock could not be compared.")] = ""


class HostDatesRecord(Record, frozen=True, kw_only=True):
    """What one server's Date headers say of the computer's clock."""

    host: str
    exchanges: Count
    low: Annotated[float | None, Meta(description="Seconds: the least to add to the computer's time.")] = None
    high: Annotated[
        float | None, Meta(description="Seconds: the most. Below the least where the headers contradict one another.")
    ] = None


class ServerDatesRecord(Record, frozen=True, kw_only=True):
    """The computer's clock against the servers' Date headers; it follows from the exchanges in the ledger."""

    hosts: tuple[HostDatesRecord, ...]
    more_hosts: Annotated[int, Meta(ge=0, description="Hosts beyond those that are listed.")] = 0
    without: Annotated[int, Meta(ge=0, description="Exchanges with no Date header.")] = 0
    unread: Annotated[int, Meta(ge=0, description="Exchanges whose Date header cannot be read.")] = 0


class ClocksRecord(Record, frozen=True, kw_only=True):
    """What is known of the computer's clock during a capture."""

    says: Annotated[str, Meta(description="The same in a sentence.")]
    ntp: ClockRecord | None = None
    server_dates: ServerDatesRecord | None = None


class CaptureRecord(Record, frozen=True, kw_only=True):
    """One run over one scene."""

    capture: Annotated[str, Meta(description="The capture's id, and the name of its folder.")]
    exhibit: Annotated[str, Meta(description="Exhibit reference, such as MP/1.")]
    scene: Annotated[str, Meta(description="What the officer asked for.")]
    status: Annotated[str, Meta(description="complete, partial, nothing or interrupted.")]
    reason: str = ""
    officer: str
    initials: str
    title: str = ""
    note: str = ""
    started: Time
    finished: Time
    tool: str
    versions: dict[str, str]
    settings: dict[str, str | int | bool]
    signer: SignerRecord
    seal: SealRecord
    timestamp: TimestampRecord | None = None
    clock: ClocksRecord | None = None
    items: tuple[ItemRecord, ...]
    failed: tuple[FailedRecord, ...]
    skipped: tuple[SkippedRecord, ...]
    changed: tuple[ChangeRecord, ...] = ()
    recovered: tuple[RecoveredRecord, ...] = ()
    custody: Annotated[tuple[CustodyRecord, ...], Meta(description="Until the bundle was made.")] = ()


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


class Manifest(Record, frozen=True, kw_only=True):
    """The list of what is in a bundle, how each item was got, and what was not captured and why.

    It repeats, for programs, what the captures' sealed ledgers say; where the two differ, the ledgers count.
    """

    format: Annotated[str, Meta(pattern="^goldenhour-manifest/1$")]
    case: CaseRecord
    exported: ExportRecord
    disclosure: DisclosureRecord | None = None
    captures: tuple[CaptureRecord, ...]


class ExhibitRecord(Record, frozen=True, kw_only=True):
    """An exhibit and all that was done with it until the bundle was made."""

    exhibit: str
    custody: tuple[CustodyRecord, ...]


class CustodyLog(Record, frozen=True, kw_only=True):
    """The content of custody.json: the logs of a bundle's exhibits, as the manifest has them too."""

    format: str
    case: str
    exhibits: tuple[ExhibitRecord, ...]


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of manifest.json."""
    schema = msgspec.json.schema(Manifest)
    for record in schema["$defs"].values():
        record["description"] = cleandoc(record["description"])  # only later Pythons unindent docstrings themselves
    return {"$schema": DRAFT, "$id": SCHEMA_ID, "title": "manifest.json of a goldenhour bundle, format 1", **schema}


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(json_schema()), indent=2) + b"\n")

"""The events of a ledger: what happened, one typed record each.

Each becomes one line of canonical JSON, told apart by its `event` field. A field that has nothing to say is left out.
Times are UTC; paths are relative to the folder that holds the ledger; digests are SHA-256 in hexadecimal.
"""

# Annotations are no texts here (`from __future__`): msgspec would compile each of them at every start.

from typing import TypeVar

import msgspec

from hashing.case.facts import Fact
from hashing.case.kinds import ItemKind
from hashing.case.post import Post
from hashing.errors import BadFormat
from hashing.ledger.canonical import canonical_json

T = TypeVar("T")

CASE_FORMAT = "goldenhour-case/2"
CAPTURE_FORMAT = "goldenhour-capture/1"


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="event", gc=False):
    """Anything that a ledger records; `time` is when it was recorded."""

    # gc=False: plain values hold no cycles, and without the collector a large ledger is read three times as fast.

    time: str


class Salted(Event, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An event of which parts can be withheld later, with proof (`hashing.case.redaction`).

    The salt also keeps anyone from guessing a line whose hash stands in the proof of its neighbour.
    """

    # 128 random bits in hexadecimal, given when the line is written; whoever has it can undo every redaction.
    salt: str = ""


class CaseLine(Event, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An event of a case's ledger; of a capture's too, where `after` says nothing.

    Every change of a case begins where a checkpoint stands, and its first line names that: none can be taken away.
    """

    # SHA-256 of the checkpoint file over the lines before this one; only in the first line of a change.
    after: str = ""


# In a capture's ledger, in the order in which a capture goes.


class CaptureStarted(Salted, frozen=True, kw_only=True, tag="capture-started"):
    """The first line: who captures what, with which tool and settings, and the key that will sign."""

    format: str
    case: str
    capture: str
    exhibit: str
    scene: str
    officer: str
    initials: str
    signer: str  # The public key of the seal: 32 bytes of Ed25519 in hexadecimal.
    tool: str
    versions: dict[str, str]
    settings: dict[str, str | int | bool]
    title: str = ""
    note: str = ""


class IntakeBegun(Salted, frozen=True, kw_only=True, omit_defaults=True, tag="intake"):
    """The second line of a capture that is an intake: what somebody handed in. It has no exchange: nothing was fetched.

    An item's address is made of the name that it was handed in under, as `intake:/phone.zip/DCIM/1.jpg`.
    """

    given: tuple[str, ...] = ()  # The names of the files and folders, without what stood above them.
    received_from: str = ""  # Who handed it in, under a pseudonym.
    consent: str = ""  # What that person has agreed to.
    # The source is protected: names of files and what names a person stand in no line, and an address is a number.
    protected: bool = False


class Tls(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """How one connection was secured; `chain` holds the SHA-256 of each certificate that the server sent."""

    version: str
    cipher: str
    verified: bool
    chain: tuple[str, ...]


class WarcPlace(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where a record stands: the file, the offset of its gzip member, its record id and its block's digest."""

    file: str
    offset: int
    record: str
    block_sha256: str


class Exchange(Salted, frozen=True, kw_only=True, omit_defaults=True, tag="exchange"):
    """One HTTP request and what came back for it.

    `size` and `sha256` are of the body as served: after transfer coding (chunks), before content coding (gzip).
    `cut` says why the body is not whole; without it, it is. `status` 0 means that no answer came.
    """

    exchange: int
    url: str
    method: str
    started: str
    seconds: float
    status: int
    size: int
    sha256: str
    warc: WarcPlace | None = None  # The response as stored; None where the server was silent, or the disk full.
    request_warc: WarcPlace | None = None
    ip: str = ""
    port: int = 0
    proxy: str = ""
    tls: Tls | None = None
    content_type: str = ""
    content_encoding: str = ""
    server_date: str = ""
    age: str = ""  # The Age header: a cache on the way had the answer ready, and `server_date` is of when it was made.
    location: str = ""
    cut: str = ""
    close_delimited: bool = False  # The server gave no length: that the body is whole cannot be told from the bytes.
    replaced: tuple[str, ...] = ()  # Header fields whose value is not written because it is a credential of the user.
    # How it was recorded, where the browser made it; without this it is wire bytes, taken by our recorder.
    recorded: str = ""


class Excerpt(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where an item's bytes stand in another item: one post in the list of posts that a server answers with.

    `offset` counts bytes of the other item's body after its content coding is undone.
    """

    of: str  # The other item's reference.
    offset: int


class Item(Salted, frozen=True, kw_only=True, omit_defaults=True, tag="item"):
    """An original that is on disk: the bytes as served, hashed while they arrived."""

    ref: str
    kind: ItemKind
    url: str
    path: str
    size: int
    sha256: str
    mime: str
    exchange: int
    found_in: str
    extractor: str
    final_url: str = ""  # Where redirects led to, if elsewhere.
    alt: str = ""
    claimed_name: str = ""  # The file's name as the server gave it.
    content_encoding: str = ""  # How the bytes are coded as served (gzip …); nothing where they are plain.
    partial: str = ""  # Why the item is not whole; nothing where it is.
    # Why the item is not what was asked for: the server's refusal, or what it sent in the place of a photo.
    error_page: str = ""
    excerpt: Excerpt | None = None  # The item is a part, byte for byte, of another item.
    # The rendering that it was made or kept by: the browser's report of a page, which no exchange brought.
    rendering: int = 0
    # A protected source handed it in: its size and SHA-256, which would confirm a guess, are withheld with it.
    protected: bool = False


class ItemFacts(Salted, frozen=True, kw_only=True, omit_defaults=True, tag="facts"):
    """What an item states about itself."""

    ref: str
    facts: tuple[Fact, ...]


class PostRead(Salted, frozen=True, kw_only=True, tag="post"):
    """What a post says, read from the item `ref`, which is the post as served."""

    ref: str
    post: Post


class ProofRead(Salted, frozen=True, kw_only=True, omit_defaults=True, tag="proof"):
    """A record's signed proof (AT Protocol), checked when it was captured; `goldenhour verify` checks it again.

    It proves that the account's key signed a repository that holds this record, or lacks it. It proves no time, and
    not who held the key: as a rule the account's server does.
    """

    ref: str  # The item with the proof: a CAR file.
    # The item that names the account's keys: the PLC directory's audit log, or the DID document of did:web.
    identity: str
    did: str
    collection: str
    rkey: str
    # The item with the record as JSON, which says the same, or the list that it stands in; none where it is absent.
    post: str = ""
    offset: int = 0
    # Where in that list the record stands, in bytes without the content coding; 0 bytes are the whole item.
    size: int = 0
    record_cid: str = ""  # The record's content identifier; "" where it is proven that there is no such record.
    rev: str = ""
    key: str = ""  # The signing key, as did:key.
    problem: str = ""  # Why the proof does not hold; "" where it does.


class PostChanged(Salted, frozen=True, kw_only=True, omit_defaults=True, tag="post-changed"):
    """A post is not what it was when an earlier capture took it."""

    id: str  # The post's lasting name.
    # `edited` or `gone`; `served differently` where a page's bytes are others, and its text and media the same.
    change: str
    before: str  # The item with the earlier version, such as `MP/1-0003`.
    after: str = ""  # The item with the later version, or with the server's word that it is gone.
    reason: str = ""


class PageJudged(Salted, frozen=True, kw_only=True, omit_defaults=True, tag="verdict"):
    """What a page turned out to be (`hashing.case.verdict`): judged from signs that it carries, and never evidence."""

    ref: str  # The item that was judged; "" where only the answer's head came.
    url: str  # The address that was asked for.
    verdict: str
    reasons: tuple[str, ...] = ()
    title: str = ""  # The page's own title.
    final_url: str = ""  # Where redirects led to, if elsewhere.
    leads_to: str = ""  # Of a stub, or one part of several: the address that it leads on to.
    # SHA-256 of the page's visible text and the paths of its media: the same where two versions show the same.
    shows: str = ""
    rendering: int = 0  # The rendering that was judged; 0 for the page as it was served.


class RenderingBegun(Salted, frozen=True, kw_only=True, omit_defaults=True, tag="rendering"):
    """A page is about to be shown in a browser. What stands behind this and names it was made or kept by that."""

    rendering: int
    ref: str  # The item that is the page as it was served; "" where there is none.
    url: str
    browser: str  # Its product and version, as it names them.
    user_agent: str
    sandbox: bool  # Whether the browser ran in its own sandbox.
    view: str  # Width and height of the first view in pixels, as `1280x800`.
    mobile: bool = False
    # Whether the page's service workers could answer for the network; else they were bypassed.
    service_workers: bool = False


class PageAction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Something that was done to a page while it was shown, or that it did, and when."""

    time: str
    did: str
    detail: str = ""


class RefusedHost(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A host that the browser asked for and that was not connected to."""

    host: str
    reason: str
    count: int = 1


class PageRendered(Salted, frozen=True, kw_only=True, omit_defaults=True, tag="rendered"):
    """How the rendering of a page went. `requests` are those that the browser says it sent, while it was shown."""

    rendering: int
    ended: str
    final_url: str = ""
    title: str = ""
    status: int = 0  # The HTTP status of the page, as the browser reports it.
    actions: tuple[PageAction, ...] = ()  # In their order.
    requests: int = 0
    exchanges: int = 0  # Exchanges that the record holds of it: as many as requests, where it is complete.
    cut: int = 0  # Exchanges of which the body is not whole.
    unrecorded: tuple[str, ...] = ()  # Addresses of requests of which no exchange was found.
    log_ended: bool = False  # Whether the browser's log was written to its own end.
    log_faults: int = 0  # Lines and connections of the log that could not be read.
    refused: tuple[RefusedHost, ...] = ()
    problem: str = ""  # What could not be kept, or why it ended before its time.


class WorkingCopy(Salted, frozen=True, kw_only=True, omit_defaults=True, tag="working-copy"):
    """A file derived from an item; never evidence by itself."""

    ref: str
    path: str
    size: int
    sha256: str
    how: str
    redacted: bool = False  # It is handed over in the place of an original of a protected source.


class Failed(Salted, frozen=True, kw_only=True, omit_defaults=True, tag="failed"):
    """Something that was sought and not got, or not whole, and why."""

    url: str
    reason: str
    found_in: str = ""
    ref: str = ""
    exchange: int = 0


class Skipped(Salted, frozen=True, kw_only=True, omit_defaults=True, tag="skipped"):
    """Something that was seen and, by the user's own settings, not sought."""

    url: str
    reason: str
    found_in: str = ""
    count: int = 1


class WarcClosed(Event, frozen=True, kw_only=True, omit_defaults=True, tag="warc"):
    """An exchange file that will grow no more; it was read back, and is what was written."""

    path: str
    size: int
    sha256: str
    records: int


class CaptureResumed(Salted, frozen=True, kw_only=True, omit_defaults=True, tag="recovered"):
    """A capture whose process died is finished off; `found` says what was found and done."""

    officer: str
    signer: str
    tool: str
    found: tuple[str, ...]


class HostDates(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What the Date headers of one server say of this computer's clock, as `hashing.case.server_dates` works it out.

    `low` and `high` bound, in seconds, what is to be added to this computer's time to get the server's. Where `low` is
    above `high` the headers contradict one another: by this clock, or by the server's.
    """

    host: str
    exchanges: int
    low: float | None = None
    high: float | None = None


class ServerDates(Salted, frozen=True, kw_only=True, omit_defaults=True, tag="server-dates"):
    """The clock of this computer as the servers' Date headers see it; follows from the exchanges before this line."""

    hosts: tuple[HostDates, ...]  # In the order in which they first answered.
    more_hosts: int = 0  # Hosts beyond those that are listed.
    without: int = 0  # Exchanges with no Date header.
    unread: int = 0  # Exchanges whose Date header is none that the standard allows.


class Commitments(Event, frozen=True, kw_only=True, omit_defaults=True, tag="commitments"):
    """The Merkle root over the masked forms of all lines before this one, `size` of them (`hashing.case.redaction`)."""

    root: str
    size: int


class CaptureFinished(Event, frozen=True, kw_only=True, omit_defaults=True, tag="capture-finished"):
    """The last line before the seal. Status: complete, partial, nothing or interrupted."""

    status: str
    items: int
    failed: int
    skipped: int
    bytes: int
    reason: str = ""


# In a case's ledger.


class CaseCreated(CaseLine, frozen=True, kw_only=True, omit_defaults=True, tag="case-created"):
    """The first line of a case; `case_sha256` is the digest of case.json."""

    format: str
    case: str
    title: str
    officer: str
    signer: str
    tool: str
    case_sha256: str
    reference: str = ""  # The force's own reference of the case, as `22/12345`.


class CaptureRegistered(CaseLine, frozen=True, kw_only=True, omit_defaults=True, tag="capture-registered"):
    """A capture begins, and its exhibit reference is given: once, whatever becomes of the capture."""

    capture: str
    exhibit: str
    scene: str
    officer: str
    initials: str
    signer: str
    at: str = ""  # When it began, by its own sealed ledger, where it was made elsewhere and merged into the case.

    @property
    def began(self) -> str:
        """When the capture began."""
        return self.at or self.time


class CaptureSealed(CaseLine, frozen=True, kw_only=True, omit_defaults=True, tag="capture-sealed"):
    """A capture is closed; `checkpoint_sha256` is the digest of its checkpoint file."""

    capture: str
    exhibit: str
    status: str
    size: int
    root: str
    fingerprint: str
    checkpoint_sha256: str
    signer: str
    at: str = ""  # When it ended, by its own sealed ledger, where it was made elsewhere and merged into the case.

    @property
    def closed(self) -> str:
        """When the capture was sealed."""
        return self.at or self.time


class RestatedEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An entry of a custody log whose own line names more than a bundle may show, such as other exhibits.

    The `exported` line of the bundle restates it, without what must not be named.
    """

    line: int  # The place of its own line in the case's ledger, counted from 0.
    action: str  # `seized` or `copied`.
    time: str
    signer: str  # The fingerprint of the key that the recording names.
    exhibits: tuple[str, ...] = ()  # Whose logs it stands in; empty for all exhibits of the bundle.
    recorded: str = ""  # When it was recorded, where that was later.
    officer: str = ""
    elsewhere: str = ""  # The id of the other case whose ledger states this.


class MapTiles(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The base map under a report's map, of which the bundle holds the tiles that it shows."""

    name: str  # Of the file that the tiles were taken from.
    attribution: str = ""  # Whom the map is by, as the file says.
    lowest: int  # The zoom levels that the file holds.
    highest: int
    sha256: str = ""  # Of the list of the tiles, each a line `<sha256>  <name>` by their names.


class Exported(CaseLine, frozen=True, kw_only=True, omit_defaults=True, tag="exported"):
    """A bundle was made; `files` are the digests of the files in it that vouch for all the others."""

    bundle: str
    captures: tuple[str, ...]
    exhibits: tuple[str, ...]
    officer: str
    signer: str
    tool: str
    files: dict[str, str]
    only: tuple[str, ...] = ()  # The items that a disclosure holds; nothing where the bundle holds whole captures.
    redacted: tuple[str, ...] = ()  # What of these items is withheld: some of `hashing.case.redaction.WORDS`.
    began: str = ""  # When the export began, which its lists state as the time of the bundle.
    title: str = ""  # The case's title, where the bundle may not show the case's first line.
    reference: str = ""  # The case's reference, in the same circumstances.
    restated: tuple[RestatedEntry, ...] = ()  # Entries of the exhibits' logs whose own lines the bundle may not show.
    sealed: tuple[int, ...] = ()
    """The lines of this ledger, counted from 0, that record the seals of `captures`, in their order. As all the lines
    that are named here, they stand in the bundle's seal folder with their proofs, and no other line does."""
    # The lines that record that these captures began, in the same order; none where they may not be shown.
    registered: tuple[int, ...] = ()
    # The lines that record their trusted times, in the same order; 0 for a capture that has none.
    timestamps: tuple[int, ...] = ()
    timestamped: int = 0  # The line that records the newest trusted time of this ledger itself; 0 where it has none.
    custody: tuple[int, ...] = ()  # The lines that tell what was done with the exhibits.
    # Of the libraries that made the report: with them, and the same tool, it is made again byte for byte.
    versions: dict[str, str] = {}
    # The base map that the officer gave for the report, where one of its maps shows some of it.
    basemap: MapTiles | None = None


class VerifiedBy(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A receipt of a verification: what was verified, what came of it, and the key that signed the receipt."""

    what: str
    verdict: str  # `ok`, `mismatch` or `unchecked`.
    officer: str  # Who verified, as the receipt says.
    fingerprint: str  # Of the first seal that was found: the bundle's or the case's own, or the capture's.
    tool: str
    key: str  # The verifier's public key: 32 bytes of Ed25519 in hexadecimal.
    sha256: str  # Of the receipt's file.


class Custody(CaseLine, frozen=True, kw_only=True, omit_defaults=True, tag="custody"):
    """Something was done with an exhibit, or with one of its items, as an officer states it."""

    ref: str  # The exhibit (`MP/1`) or the item (`MP/1-0003`).
    action: str  # One of `hashing.custody.ACTIONS`.
    officer: str
    signer: str
    at: str = ""  # When it was done, where that was before it was recorded.
    giver: str = msgspec.field(default="", name="from")
    receiver: str = msgspec.field(default="", name="to")
    reason: str = ""
    place: str = ""
    receipt: VerifiedBy | None = None  # What a verification found, where the action is one.
    redacted: tuple[str, ...] = ()  # What of an item was withheld when it was disclosed, by name.


class Described(CaseLine, frozen=True, kw_only=True, omit_defaults=True, tag="described"):
    """An officer describes an exhibit or an item. A later description stands beside the earlier ones."""

    ref: str
    description: str
    officer: str
    signer: str
    at: str = ""  # When the exhibit was seized, as the officer states it.
    place: str = ""


class Grade(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A grade in the codes of a scheme (`hashing.case.grade`), with their meaning as the officer read it."""

    scheme: str  # `3x5x2` or `5x5x5`.
    source: str
    information: str
    handling: str
    conditions: str = ""  # On which it may be shared.
    means: tuple[str, ...] = ()  # What the three codes mean, in their order.
    wording: str = ""  # The table that these words are from: its name and its date.

    def __str__(self) -> str:
        """Write the codes, such as `3x5x2 1 A P`."""
        return f"{self.scheme} {self.source} {self.information} {self.handling}"


class Graded(CaseLine, frozen=True, kw_only=True, omit_defaults=True, tag="graded"):
    """An officer grades an exhibit or an item. A later grade counts, and the earlier ones stand beside it."""

    ref: str
    grade: Grade
    officer: str
    signer: str
    reason: str = ""


class RestsOn(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An item that a finding rests on, and what is known of it there."""

    ref: str
    known: str


class FoundFact(CaseLine, frozen=True, kw_only=True, omit_defaults=True, tag="finding"):
    """A fact that a check over all items found. It is no verdict; a later run stands beside it and alters nothing."""

    kind: str  # `same picture`, `time`, `place` …
    says: str
    rests_on: tuple[RestsOn, ...]
    run: str  # When the findings of its run were recorded, the same for all of them.
    tool: str
    signer: str


class Checked(CaseLine, frozen=True, kw_only=True, omit_defaults=True, tag="checked"):
    """A run of the check ended; its findings stand in the lines before it."""

    run: str
    items: int  # Items that were compared.
    findings: int  # Findings that are recorded.
    officer: str
    tool: str
    signer: str
    left: int = 0  # Findings beyond what is recorded.


class Appealed(CaseLine, frozen=True, kw_only=True, omit_defaults=True, tag="appealed"):
    """The force asks the public for something; `number` counts the appeals of the case."""

    number: int
    title: str
    text: str
    link: str  # Where whoever knows something finds out what to do.
    officer: str
    signer: str


class AppealEnded(CaseLine, frozen=True, kw_only=True, omit_defaults=True, tag="appeal-ended"):
    """An appeal is over, and stands in no feed from now on."""

    number: int
    officer: str
    signer: str
    reason: str = ""


class Timestamped(CaseLine, frozen=True, kw_only=True, omit_defaults=True, tag="timestamped"):
    """A time-stamping authority (RFC 3161) confirmed that a checkpoint existed; its token stands beside it.

    `late` is how many seconds after the seal, by the officer's clock, the token's time is by the authority's.
    """

    checkpoint: str  # Its path, such as `captures/<id>/checkpoint`; the token has the same with `.tsr` behind it.
    checkpoint_sha256: str
    token_sha256: str
    token_time: str
    authority: str  # The name in the certificate that signed the token.
    late: float
    signer: str
    # Where the token was asked for; not known where the process that asked died before it could write this line.
    url: str = ""


class BatchBegun(CaseLine, frozen=True, kw_only=True, omit_defaults=True, tag="batch-begun"):
    """Many scenes are captured by one command, which keeps a ledger of its own."""

    batch: str
    officer: str
    signer: str


class BatchEnded(CaseLine, frozen=True, kw_only=True, omit_defaults=True, tag="batch-ended"):
    """A batch's own ledger is closed: how many lines it has, and their root."""

    batch: str
    status: str
    size: int
    root: str
    signer: str


# In either ledger.


class ClockSample(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One answer of a time server, as `ClockMeasured` names its parts; in seconds."""

    offset: float
    delay: float
    error: float


class ClockMeasured(CaseLine, frozen=True, kw_only=True, omit_defaults=True, tag="clock-measured"):
    """The clock of this computer, compared with a time server (SNTP); or `problem`, why that could not be done.

    Nobody signs such an answer: it is the word of whoever sat on the way to `address`.
    """

    host: str  # As the officer named it.
    port: int
    address: str = ""  # The IP address that was asked.
    started: str = ""  # When the sample that counts was asked for, by this computer's clock.
    # Seconds to add to this computer's time to get the server's: positive where this computer is behind.
    offset: float | None = None
    error: float | None = None  # Seconds by which `offset` may be wrong, if the server is as good as it says.
    delay: float | None = None  # Seconds that the sample was under way, there and back.
    samples: tuple[ClockSample, ...] = ()
    # 1: the server has a clock of its own (radio, satellites); 2: it has its time from such a one; and so on.
    stratum: int = 0
    leap: str = ""  # A leap second that the server announces: `61` or `59` seconds in the day's last minute.
    # Where the server has its time from, in its own words: a kind of clock, or the identifier of another server.
    reference: str = ""
    problem: str = ""
    signer: str = ""  # In a case's ledger: the key that signs this line.


class Merged(CaseLine, frozen=True, kw_only=True, omit_defaults=True, tag="merged"):
    """A capture that was made elsewhere was verified and taken into the case, with its own seal."""

    capture: str
    exhibit: str
    source: str  # What it was taken from: `case`, `bundle` or `capture`.
    case: str  # The id of the case that it was taken from; of a capture alone, that of the case it was made in.
    fingerprint: str  # Of the capture's seal.
    sealer: str  # The public key of that seal, in hexadecimal; it is no key of this case, and signs nothing in it.
    officer: str  # Who merged.
    signer: str
    tool: str
    # The signed checkpoint of the other case's ledger, as it was found; none came with a capture alone.
    checkpoint: str = ""
    voucher: str = ""  # The public key that signed it, in hexadecimal.


class MergedLine(CaseLine, frozen=True, kw_only=True, omit_defaults=True, tag="merged-line"):
    """A line of another case's ledger about a capture that was merged. This case did not see what it states."""

    capture: str
    exhibit: str
    case: str  # The id of the other case.
    line: int  # Its place in that case's ledger, counted from 0.
    said: str  # The line as it stands there.
    # That it stands there: the hashes of its inclusion proof in base64, under the checkpoint of the `merged` line.
    proof: tuple[str, ...]
    signer: str


class WorkerEnrolled(CaseLine, frozen=True, kw_only=True, omit_defaults=True, tag="worker-enrolled"):
    """From now on captures that are sealed with a worker's key are collected into the case."""

    key: str  # The worker's public key: 32 bytes of Ed25519 in hexadecimal.
    officer: str  # Who enrolled it.
    signer: str
    note: str = ""  # Which machine has it, in the officer's words.


CaptureEvent = (
    CaptureStarted
    | IntakeBegun
    | Exchange
    | Item
    | ItemFacts
    | PostRead
    | ProofRead
    | PostChanged
    | PageJudged
    | RenderingBegun
    | PageRendered
    | WorkingCopy
    | Failed
    | Skipped
    | ClockMeasured
    | ServerDates
    | WarcClosed
    | CaptureResumed
    | Commitments
    | CaptureFinished
)
CaseEvent = (
    CaseCreated
    | CaptureRegistered
    | CaptureSealed
    | BatchBegun
    | BatchEnded
    | Exported
    | Timestamped
    | ClockMeasured
    | Custody
    | Described
    | Graded
    | FoundFact
    | Checked
    | Appealed
    | AppealEnded
    | Merged
    | MergedLine
    | WorkerEnrolled
)

_capture_decoder: msgspec.json.Decoder[CaptureEvent] = msgspec.json.Decoder(CaptureEvent)
_case_decoder: msgspec.json.Decoder[CaseEvent] = msgspec.json.Decoder(CaseEvent)


def encode(event: Event) -> bytes:
    """Write an event as a ledger line, without its newline."""
    return canonical_json(event)


def decoded_event(decoder: msgspec.json.Decoder[T], line: bytes, owner: str) -> T:
    """Read a line of the ledger of an `owner`. Raises BadFormat."""
    try:
        return decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadFormat(f"not an event of a {owner}: {error}") from error


def decode_capture_event(line: bytes) -> CaptureEvent:
    """Read a line of a capture's ledger. Raises BadFormat."""
    return decoded_event(_capture_decoder, line, "capture")


def decode_case_event(line: bytes) -> CaseEvent:
    """Read a line of a case's ledger. Raises BadFormat."""
    return decoded_event(_case_decoder, line, "case")

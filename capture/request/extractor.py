"""What an extractor is: a site or protocol that knows which items belong to a scene."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from capture.errors import CaptureError
from capture.request.known import KnownPost
from hashing.case.facts import Fact
from hashing.case.kinds import ItemKind
from hashing.case.post import Post

if TYPE_CHECKING:
    from capture.request.options import CaptureOptions
    from capture.request.scene import Scene
    from hashing.case.events import Item, PageJudged, PostChanged, ProofRead
    from hashing.sandbox import Readers


class NotMine(CaptureError):
    """The host, when asked, turned out not to speak this extractor's protocol: the next extractor takes the scene."""


_MEDIA_ORDER = {ItemKind.PHOTO: 1, ItemKind.DOCUMENT: 2, ItemKind.AUDIO: 3, ItemKind.VIDEO: 4, ItemKind.SEGMENT: 4}


def fetch_order(kind: ItemKind) -> int:
    """Return which kinds are fetched first: 0 for whatever is no media (posts, lists, pages, proofs), 4 for videos."""
    return _MEDIA_ORDER.get(kind, 0)


class FetchRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Something that an extractor found and wants fetched.

    `kind` is what it is expected to be. For media and pages what counts in the end is what the bytes are; for any
    other kind (a post, a listing, an account, a proof …) the extractor's word does.
    """

    url: str
    kind: ItemKind
    found_in: str
    alt: str = ""
    referer: str = ""
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Further header fields of the request, such as Accept. Credentials never stand here."""
    method: str = "GET"
    data: bytes = b""
    """The body of the request."""
    counted: bool = True
    """Whether `--limit` counts it; the media of a post come with the post."""
    named_by: StoredItem | None = None
    """What names it, where that is known; else it counts as named by all that was read so far."""
    named_by_public: bool = False
    """Whether a server at a public address named it, which may not lead us to a private one. The search sets it."""
    follow: bool = True
    """Whether redirects are followed; else a redirect is the answer."""
    optional: bool = False
    """Whether it is a question that may well be answered with no: a refusal is then no failure of the capture."""


class StoredItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item that is on disk."""

    item: Item
    body: Path
    url: str
    """Where redirects led to."""
    content_type: str
    """The header as it was served."""
    public: bool = False
    """Whether a server at a public address had a part in it."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a fetch. Without `reason` it is what was asked for, whole, and `stored` says where it is."""

    url: str
    """Where redirects led to."""
    status: int = 0
    """The HTTP status; 0 where no answer came."""
    reason: str = ""
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Field names in lower case; a field that came twice is joined with a comma."""
    stored: StoredItem | None = None
    public: bool = False
    """Whether a server at a public address answered, or redirected us on the way."""
    kept: StoredItem | None = None
    """What came in its place and is on disk: an error page."""
    sample: bytes = b""
    """The first bytes of the body, also of a refusal, which as a rule says why."""


class ItemReading(msgspec.Struct, frozen=True, kw_only=True):
    """What an extractor read in an item that is stored: facts, the item's text if it has one, the post that it is."""

    ref: str
    facts: tuple[Fact, ...] = ()
    text: str = ""
    plain: bytes = b""
    """The item without its content coding, where it came coded and cannot be opened as it is."""
    plain_suffix: str = ".html"
    post: Post | None = None
    events: tuple[ProofRead | PostChanged | PageJudged, ...] = ()
    """Further findings of the ledger's own form; `time` is set anew when they are recorded."""


class PostExcerpt(msgspec.Struct, frozen=True, kw_only=True):
    """One post in a list of posts that is stored: it becomes an item of its own, byte for byte as it was served."""

    of: StoredItem
    offset: int
    """Where it begins in the list's body, its content coding undone."""
    data: bytes
    url: str
    """The post's own address, where a watch asks for it again when it is no longer listed."""
    found_in: str
    post: Post
    facts: tuple[Fact, ...] = ()


class DerivedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was made of items in the scratch folder, such as a merged video: it becomes a working copy."""

    ref: str
    """The item that it belongs to."""
    file: Path
    name: str
    """The name that it gets, which begins with the item's number; made for people, harmless on every file system."""
    how: str
    """How it was made, and of which items."""


class NotFollowed(msgspec.Struct, frozen=True, kw_only=True):
    """Something that an extractor saw and did not go after, or could not look into, although it is stored."""

    url: str
    reason: str
    count: int = 1


class Unavailable(msgspec.Struct, frozen=True, kw_only=True):
    """Something that belongs to the scene and that the platform would not give: recorded as a failure."""

    url: str
    reason: str
    found_in: str = ""
    verdict: str = ""
    """Of a page: the verdict by which it is not what was asked for, which a browser may see differently."""
    leave_alone: bool = False
    """Whether the site wants to be left alone, or a session with it has ended: it is not asked after its posts then."""


class PostGone(msgspec.Struct, frozen=True, kw_only=True):
    """A post that an earlier capture has is no longer there."""

    id: str
    """The post's lasting name."""
    reason: str
    """The server's word for it."""
    after: str = ""
    """The item that shows it, such as the proof of its absence."""


Finding = FetchRequest | ItemReading | PostExcerpt | DerivedFile | PostGone | NotFollowed | Unavailable


class Fetch(Protocol):
    """What an extractor may ask of the capture while it looks for what belongs to a scene."""

    options: CaptureOptions
    readers: Readers
    """What reads whatever a server sent: an extractor itself reads none of it."""

    @property
    def scratch(self) -> Path:
        """A folder for files that are made on the way; it is gone when the capture is sealed."""

    def get(self, found: FetchRequest) -> Answer:
        """Fetch something and wait until it is on disk. What fails is recorded, unless it was optional."""

    def get_all(self, wanted: Iterable[FetchRequest]) -> Iterator[tuple[FetchRequest, Answer]]:
        """Fetch several things side by side; yield the answers in the order in which they were wanted."""

    def wait(self, seconds: float) -> None:
        """Pause, for as long as the capture is not stopped. Raises CancelledError where it is."""


class Extractor(Protocol):
    """A site or protocol. Each is one class, in one file or folder, and stands in `SOURCES`."""

    name: str
    example: str
    """A scene that this extractor takes, for its documentation and its test."""
    lists_posts: bool
    """Whether `--limit` counts posts, which the extractor itself sees to, and not the media of a page."""

    def takes(self, scene: Scene) -> bool:
        """Say whether the scene may be one of this extractor's, without touching the network."""

    def find(self, scene: Scene, fetch: Fetch) -> Iterator[Finding]:
        """Yield what belongs to the scene, most fleeting first; `fetch` gets what the extractor itself must read.

        Raises NotMine where the host shows that the scene is another extractor's, before it yields anything but why it
        is not read here.
        """

    def recheck(self, known: KnownPost, fetch: Fetch) -> Iterator[Finding]:
        """Ask after a post that an earlier round of a watch has and this one no longer finds.

        Where it is still there, yield a Read with what it says now; where it has gone, a Gone.
        """


class SearchTarget(msgspec.Struct, frozen=True):
    """One place to look in: the scene as it is there, and the extractors that may know it, the likeliest first."""

    scene: Scene
    extractors: Sequence[Extractor]

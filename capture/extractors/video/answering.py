"""The other side of the door: what yt-dlp asks for is fetched by the recorder, and becomes an item."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from capture.extractors.child.lent_session import LentSession
from capture.extractors.child.messages import FetchAnswer, FetchQuestion
from capture.extractors.child.process import fetch_answer
from capture.request.extractor import Fetch, FetchRequest, StoredItem
from hashing.case.kinds import ItemKind
from hashing.files import inside

_MOST = 5000  # Questions that one extraction may ask: a list of pages that goes round for ever ends here.
_SAMPLE = 4096  # Bytes of an answer's beginning that are always at hand; a shorter sample is the whole answer.
_MEDIA = frozenset({ItemKind.VIDEO, ItemKind.AUDIO, ItemKind.PHOTO})
_PLAYLISTS = (".m3u8", ".mpd", ".f4m", ".ism")
_LARGEST_PLAYLIST = 1 << 20
# What is data by its address, whatever the server calls it: kept as such, and not read as a page.
_DATA = re.compile(r"/api/|graphql|\.json$|/ajax/", re.IGNORECASE)


class Answering:
    """Answers what one extraction asks.

    A page that is stored already is served once from there; media, and playlists that will not change, always.
    """

    def __init__(self, fetch: Fetch, url: str, session: LentSession, page: StoredItem | None = None) -> None:
        self._fetch = fetch
        self._session = session
        self.url = url
        self.page = page  # The page at the address, once it is stored.
        self._again = page
        self._media: dict[str, StoredItem] = {}
        if page is not None and is_finished(page):
            self._media[page.url] = page
        self._left = _MOST
        # The item to which what is said of the next video belongs: the first page, or else the first answer.
        self.first: StoredItem | None = None
        # Whether something was as an earlier capture has it, and is therefore not here to be read.
        self.unchanged = False

    def answer(self, ask: FetchQuestion) -> FetchAnswer:
        """Return what came of a request, which says what yt-dlp means, and tell of it what yt-dlp is to know."""
        return self._session.told(self._answered(self._session.meant(ask)))

    def _answered(self, ask: FetchQuestion) -> FetchAnswer:
        get = ask.method == "GET"
        # 1. The page that we have already is given once; asked for again, it is fetched anew.
        if get and self._again is not None and ask.url in {self.url, self._again.url}:
            stored, self._again = self._again, None
            return _answer_again(stored)
        # 2. Playlists and media, too: the item that is kept is the one that yt-dlp read.
        if get and (again := self._media.get(ask.url)) is not None:
            return _answer_again(again)
        if not self._left:
            return FetchAnswer(url=ask.url, reason=f"not asked: more than {_MOST:,} requests for one scene")
        self._left -= 1
        # 3. Everything else through the recorder, as a request of ours: recorded, guarded and limited in pace.
        answer = self._fetch.get(self._found(ask))
        if get and answer.stored is not None and not answer.reason:
            self._keep(ask, answer.stored)
        if answer.stored is None and not answer.reason and len(answer.sample) >= _SAMPLE:
            self.unchanged = True
            return FetchAnswer(url=answer.url, reason="as an earlier capture has it")
        # A page where data were expected is an answer: yt-dlp looks for itself.
        return fetch_answer(answer, answer.stored)

    def stored(self, url: str) -> StoredItem | None:
        """Return a file or a finished playlist that was fetched already, whole."""
        return self._media.get(url)

    def next_video(self) -> None:
        """Begin to look for the item of the next video."""
        self.first = None

    def _found(self, ask: FetchQuestion) -> FetchRequest:
        scene = ask.method == "GET" and ask.url == self.url
        return FetchRequest(
            url=ask.url,
            kind=_kind(ask),
            found_in="scene" if scene else f"video at {self.url}",
            method=ask.method,
            data=ask.data,
            headers=ask.headers,
            # A site that refuses one of several ways is no failure yet: what fails in the end, yt-dlp says.
            optional=True,
        )

    def _keep(self, ask: FetchQuestion, stored: StoredItem) -> None:
        plain = "Range" not in ask.headers and not stored.item.content_encoding
        if plain and (stored.item.kind in _MEDIA or is_finished(stored)):
            self._media[ask.url] = stored
        if ask.url == self.url and self.page is None:
            self.page = stored
        if self.first is None or (stored.item.kind == ItemKind.PAGE and self.first.item.kind != ItemKind.PAGE):
            self.first = stored


def is_finished(stored: StoredItem) -> bool:
    """Say whether an item is a playlist that says of itself that it will not change (RFC 8216, ISO/IEC 23009-1)."""
    if stored.item.kind != ItemKind.PLAYLIST or stored.item.size > _LARGEST_PLAYLIST or stored.item.content_encoding:
        return False
    with inside.opened(stored.body) as file:
        body = file.read()
    return b"#EXT-X-ENDLIST" in body or (b"<MPD" in body and b'"dynamic"' not in body)


def _kind(ask: FetchQuestion) -> ItemKind:
    """Return the kind that an answer probably is; `page` leaves it to the bytes."""
    try:
        path = urlsplit(ask.url).path
    except ValueError:
        return ItemKind.PAGE
    # By the address before the request's head: yt-dlp asks for playlists with the head of a page.
    if path.lower().endswith(_PLAYLISTS):
        return ItemKind.PLAYLIST
    wants = {name.lower(): value for name, value in ask.headers.items()}.get("accept", "")
    if ask.method == "POST" or wants.startswith("application/json") or _DATA.search(path):
        return ItemKind.DATA
    return ItemKind.PAGE


def _answer_again(stored: StoredItem) -> FetchAnswer:
    """Return a stored answer, whole: that is a right answer to a question for a part of it as well (RFC 9110, 14.2)."""
    fields = {"content-type": stored.content_type, "content-length": str(stored.item.size)}
    coding = stored.item.content_encoding
    return FetchAnswer(url=stored.url, status=200, headers=fields, body=str(stored.body), coding=coding)

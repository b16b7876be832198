"""The other side of the door: what gallery-dl asks for is fetched by the recorder, and becomes an item."""

from __future__ import annotations

import re
import time
from collections import deque
from urllib.parse import urlsplit

from capture.extractors.child.messages import FetchAnswer, FetchQuestion
from capture.extractors.child.process import fetch_answer
from capture.extractors.gallery.located import NamedObject
from capture.request.extractor import Fetch, FetchRequest, StoredItem
from hashing.case.kinds import ItemKind
from hashing.files import inside
from hashing.sandbox import NotRead, handed_over

_MOST = 5000
"""Questions that one scene may ask: a list of pages that goes round for ever ends here."""
_REMEMBERED = 30
"""Answers in which a post is looked for: the page of a list, and what was asked for since."""
_REFUSED = frozenset({401, 403, 429, 451})
_SERVER_ERROR = 500
_DATA = re.compile(r"^https?://(?:[^/]*\.)?api[.0-9]|/api/|graphql|\.json(?:\?|$)|/ajax/|/services/rest", re.IGNORECASE)
_LOCATED = "capture.extractors.gallery.located"


class GalleryAnswering:
    """Answers what gallery-dl asks about one scene, no faster than the site is to be asked."""

    def __init__(self, fetch: Fetch, url: str, delay: float) -> None:
        self._fetch = fetch
        self._url = url
        self._delay = delay
        self._asked = 0.0
        self._left = _MOST
        self._answers: deque[_Searched] = deque(maxlen=_REMEMBERED)
        self.refused = ""
        """Why the last question was refused, if it was: a list that ends so has not come to its end."""

    @property
    def last(self) -> StoredItem | None:
        """What came last and is on disk."""
        return self._answers[0].stored if self._answers else None

    def answer(self, ask: FetchQuestion) -> FetchAnswer:
        """Return what came of a request; a redirect is an answer, which gallery-dl follows itself."""
        if not self._left:
            self.refused = f"more than {_MOST:,} requests for one scene"
            return FetchAnswer(url=ask.url, reason=f"not asked: {self.refused}")
        self._left -= 1
        if (pause := self._asked + self._delay - time.monotonic()) > 0 and self._asked:
            self._fetch.wait(pause)
        self._asked = time.monotonic()
        answer = self._fetch.get(
            FetchRequest(
                url=ask.url,
                kind=_kind(ask),
                found_in=f"gallery-dl at {self._url}",
                method=ask.method,
                data=ask.data,
                headers=ask.headers,
                follow=False,
                # A site that refuses one of several ways is no failure yet: what fails in the end, gallery-dl says.
                optional=True,
            )
        )
        refused = answer.status in _REFUSED or answer.status >= _SERVER_ERROR or not answer.status
        self.refused = answer.reason if refused else ""
        if answer.stored is not None:
            self._answers.appendleft(_Searched(self._fetch, answer.stored))
        return fetch_answer(answer, answer.stored or answer.kept)

    def located(self, names: tuple[str, ...]) -> tuple[StoredItem, int, bytes] | None:
        """Return where a post stands as it was served, newest answer first: the item, the offset, the bytes."""
        for answer in self._answers:
            for name in names:
                if (found := answer.objects.get(name)) is not None:
                    return answer.stored, found.start, answer.part(found)
        return None


class _Searched:
    """A stored answer, and the objects that it names; looked into when a post is first sought in it."""

    def __init__(self, fetch: Fetch, stored: StoredItem) -> None:
        self._fetch = fetch
        self.stored = stored
        self._objects: dict[str, NamedObject] | None = None

    @property
    def objects(self) -> dict[str, NamedObject]:
        if self._objects is None:
            coding = self.stored.item.content_encoding
            try:
                with handed_over(self.stored.body) as file:
                    found = self._fetch.readers.ask(
                        f"{_LOCATED}:objects_in", coding, files=[file], answer=list[NamedObject]
                    )
            except NotRead:  # then the post is told without its place
                found = []
            self._objects = {each.name: each for each in found}
        return self._objects

    def part(self, found: NamedObject) -> bytes:
        coding = self.stored.item.content_encoding
        if not coding:
            with inside.opened(self.stored.body) as file:
                file.seek(found.start)
                return file.read(found.end - found.start)
        with handed_over(self.stored.body) as handed:
            return self._fetch.readers.ask(
                f"{_LOCATED}:part_of", coding, found.start, found.end, files=[handed], answer=bytes
            )


def _kind(ask: FetchQuestion) -> ItemKind:
    """Return the kind that an answer probably is; `page` leaves it to the bytes."""
    wants = {name.lower(): value for name, value in ask.headers.items()}.get("accept", "")
    return ItemKind.DATA if wants.startswith("application/json") or _DATA.search(ask.url) else ItemKind.PAGE


def is_web(url: str) -> bool:
    """Say whether an address that gallery-dl names is one of the web: it also names programs and its own pages."""
    try:
        return urlsplit(url).scheme in {"http", "https"}
    except ValueError:
        return False

"""The other side of the door: what gallery-dl asks for is fetched by the recorder, and becomes an item."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from capture.extractors.child.lent_session import LentSession
from capture.extractors.child.messages import FetchAnswer, FetchQuestion
from capture.extractors.child.process import fetch_answer
from capture.extractors.gallery.compared import ClaimedPost
from capture.extractors.gallery.located import NamedObject
from capture.extractors.gallery.messages import TroubleKind
from capture.request.extractor import Answer, Fetch, FetchRequest, StoredItem
from hashing.case.kinds import ItemKind
from hashing.files import inside
from hashing.sandbox import NotRead

_MOST = 5000
"""Questions that one scene may ask: a list of pages that goes round for ever ends here."""
_REMEMBERED = 30
"""Answers in which a post is looked for: the page of a list, and what was asked for since."""
_REFUSED = frozenset({401, 403, 429, 451})
_SERVER_ERROR = 500
_REFUSALS: dict[int, TroubleKind] = {401: "login", 429: "limit"}
_CHALLENGE = re.compile(rb"challenge|captcha|_cf_chl_opt", re.IGNORECASE)
_METHODS = frozenset({"GET", "HEAD", "POST"})
_DATA = re.compile(r"^https?://(?:[^/]*\.)?api[.0-9]|/api/|graphql|\.json(?:\?|$)|/ajax/|/services/rest", re.IGNORECASE)
_LOCATED = "capture.extractors.gallery.located"
_COMPARED = "capture.extractors.gallery.compared"


class GalleryAnswering:
    """Answers what gallery-dl asks about one scene, no faster than the site is to be asked."""

    def __init__(
        self,
        fetch: Fetch,
        url: str,
        delay: float,
        session: LentSession,
    ) -> None:
        """Where a session is lent, no other host than its own is asked for gallery-dl."""
        self._fetch = fetch
        self._session = session
        self._url = url
        self._delay = delay
        self._asked = 0.0
        self._left = _MOST
        self._answers: deque[_Searched] = deque(maxlen=_REMEMBERED)
        self.refused = ""
        """Why the last question was refused, if it was: a list that ends so has not come to its end."""
        self.refusal: TroubleKind = ""
        """What kind of refusal that was, by the answer itself and not by what gallery-dl makes of it."""

    @property
    def last(self) -> StoredItem | None:
        """What came last and is on disk."""
        return self._answers[0].stored if self._answers else None

    def answer(self, ask: FetchQuestion) -> FetchAnswer:
        """Return what came of a request; a redirect is an answer, which gallery-dl follows itself."""
        if not self._left:
            self.refused = f"more than {_MOST:,} requests for one scene"
            return FetchAnswer(url=ask.url, reason=f"not asked: {self.refused}")
        if ask.method not in _METHODS:
            return FetchAnswer(url=ask.url, reason=f"not asked: {ask.method[:20]} could change something there")
        if self._session and not self._session.owns(ask.url):
            # What gallery-dl says of the session is filled in: what it asks of another host could carry it there.
            return FetchAnswer(url=ask.url, reason="not asked: not the site's own host, and a session is lent")
        self._left -= 1
        if (pause := self._asked + self._delay - time.monotonic()) > 0 and self._asked:
            self._fetch.wait(pause)
        self._asked = time.monotonic()
        meant = self._session.meant(ask)
        answer = self._fetch.get(
            FetchRequest(
                url=meant.url,
                kind=_kind(ask),
                found_in=f"gallery-dl at {self._url}",
                method=ask.method,
                data=meant.data,
                headers=meant.headers,
                follow=False,
                # A site that refuses one of several ways is no failure yet: what fails in the end, gallery-dl says.
                optional=True,
            )
        )
        refused = answer.status in _REFUSED or answer.status >= _SERVER_ERROR or not answer.status
        self.refused = answer.reason if refused else ""
        self.refusal = _refusal(answer) if refused else ""
        if answer.stored is not None:
            self._answers.appendleft(_Searched(self._fetch, answer.stored))
        return self._session.told(fetch_answer(answer, answer.stored or answer.kept))

    def located(self, named: Sequence[tuple[tuple[str, ...], dict[str, list[str]]]]) -> list[ServedPost | None]:
        """Return where posts stand as they were served, by the names that the site calls them; newest answer first.

        With each comes what is told of it, by name (`claims_of`).
        """
        found = [self._found(names) for names, _ in named]
        made_up: dict[int, list[str]] = {}
        for answer in {place[0] for place in found if place is not None}:
            of_it = [
                (number, place[1], named[number][1])
                for number, place in enumerate(found)
                if place is not None and place[0] is answer
            ]
            made_up |= answer.made_up(of_it)
        return [
            ServedPost(place[0].stored, place[1].start, place[0].part(place[1]), made_up[number]) if place else None
            for number, place in enumerate(found)
        ]

    def _found(self, names: tuple[str, ...]) -> tuple[_Searched, NamedObject] | None:
        for answer in self._answers:
            for name in names:
                if (found := answer.objects.get(name)) is not None:
                    return answer, found
        return None


class ServedPost(NamedTuple):
    """A post as it was served: the item that holds it, where in it, the bytes."""

    stored: StoredItem
    offset: int
    data: bytes
    made_up: list[str]
    """Fields that gallery-dl names and that do not stand there."""


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
                found = self._fetch.readers.ask(
                    f"{_LOCATED}:objects_in", coding, files=[self.stored.body], answer=list[NamedObject]
                )
            except NotRead:  # then the post is told without its place
                found = []
            self._objects = {each.name: each for each in found}
        return self._objects

    def made_up(self, posts: Sequence[tuple[int, NamedObject, dict[str, list[str]]]]) -> dict[int, list[str]]:
        """Return what of posts does not stand in their objects, by the numbers that the posts are given."""
        claims = [ClaimedPost(number, found.start, found.end, said) for number, found, said in posts]
        try:
            told = self._fetch.readers.ask(
                f"{_COMPARED}:not_served", self.stored.item.content_encoding, msgspec.json.encode(claims),
                files=[self.stored.body], answer=dict[int, list[str]],
            )  # fmt: skip
        except NotRead:
            told = {}
        return {number: told.get(number, ["all of it (it could not be compared)"]) for number, _, _ in posts}

    def part(self, found: NamedObject) -> bytes:
        """Return the bytes of one object; none where they cannot be read."""
        coding = self.stored.item.content_encoding
        if not coding:
            with inside.opened(self.stored.body) as file:
                file.seek(found.start)
                return file.read(found.end - found.start)
        try:
            return self._fetch.readers.ask(
                f"{_LOCATED}:part_of", coding, found.start, found.end, files=[self.stored.body], answer=bytes
            )
        except NotRead:  # then the post is told without its place
            return b""


def _refusal(answer: Answer) -> TroubleKind:
    guard = answer.headers.get("server", "").lower().startswith(("cloudflare", "ddos-guard"))
    if answer.headers.get("cf-mitigated") == "challenge" or (guard and _CHALLENGE.search(answer.sample)):
        return "challenge"
    return _REFUSALS.get(answer.status, "")


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

"""The other side of the door: what gallery-dl asks for is fetched by the recorder, and becomes an item."""

from __future__ import annotations

import re
import time
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import msgspec

from capture.extractors.child.lent_session import LentSession
from capture.extractors.child.messages import FetchAnswer, FetchQuestion
from capture.extractors.child.process import fetch_answer
from capture.extractors.gallery.compared import ClaimedPost
from capture.extractors.gallery.located import LONGEST_NAME, NamedObject
from capture.extractors.gallery.messages import TroubleKind
from capture.request.extractor import Answer, Fetch, FetchRequest, StoredItem
from hashing.case.kinds import ItemKind
from hashing.files import inside
from hashing.sandbox import NotRead

_MOST = 5000  # Questions that one scene may ask: a list of pages that goes round for ever ends here.
_REMEMBERED = 30  # Answers in which a post is looked for: the page of a list, and what was asked for before it.
# Of a post, and of posts at one address: where a member is named after its post, paths lead to no other.
_MOST_NAMES, _MOST_PATHS = 10, 100
# Answers without a post, at addresses that gave some, in which it is looked for what was not read.
_LOOKED_THROUGH = 50
_REFUSED = frozenset({401, 403, 429, 451})
_SUCCESS, _REDIRECTS, _CLIENT_ERROR, _SERVER_ERROR = range(200, 300), range(300, 400), 400, 500
_REFUSALS: dict[int, TroubleKind] = {401: "login", 429: "limit"}
# Where a site leads who is not, or no longer, logged in.
_LOGIN = re.compile(r"/(?:accounts/)?(?:log|sign)[-_]?in(?:[/.?#]|$)|/checkpoint/|login_required", re.IGNORECASE)
_PASSWORD = re.compile(rb"<input\b[^>]{0,500}\btype\s*=\s*[\"']?password", re.IGNORECASE)
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
        self._given_up = f"more than {_MOST:,} requests for one scene"
        self._questions = 0
        self._answers = list[_Searched]()
        self._told = set[str]()  # What the site calls the posts that gallery-dl told of.
        self._paths: dict[str, set[str]] = {}  # Where in answers posts stood, by the addresses without their queries.
        self._login_at = ""
        self.failed = ""  # Why the last question was not answered as it was meant, whether or not a list may end so.
        self.refused = ""  # Why the last question was refused, if it was: a list that ends so has not come to its end.
        # What kind of refusal that was, by the answer itself and not by what gallery-dl makes of it.
        self.refusal: TroubleKind = ""

    @property
    def last(self) -> StoredItem | None:
        """What came last and is on disk."""
        return self._answers[-1].stored if self._answers else None

    def give_up(self, why: str) -> None:
        """Answer no further question: gallery-dl says then what it has in hand, and ends."""
        self._left, self._given_up = 0, why

    def answer(self, ask: FetchQuestion) -> FetchAnswer:
        """Return what came of a request; a redirect is an answer, which gallery-dl follows itself."""
        self._questions += 1
        if not self._left:
            self.failed = self.refused = self._given_up
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
        self._judge(ask, answer)
        if answer.stored is not None:
            self._answers.append(_Searched(self._fetch, answer.stored, self._questions))
        return self._session.told(fetch_answer(answer, answer.stored or answer.kept))

    def _judge(self, ask: FetchQuestion, answer: Answer) -> None:
        """Find out whether an answer is a refusal: a status that says so, or a page that asks who one is."""
        refused = answer.status in _REFUSED or answer.status >= _SERVER_ERROR or not answer.status
        self.failed = answer.reason if answer.status >= _CLIENT_ERROR or not answer.status else ""
        self.refused = answer.reason if refused else ""
        self.refusal = _refusal(answer) if refused else ""
        led_to = _redirected(ask.url, answer)
        if _LOGIN.search(led_to.partition("?")[0]) or (self._login_at and ask.url == self._login_at):
            self._login_at, self.refused, self.refusal = led_to or ask.url, "it leads to its log-in page", "login"
        elif answer.reason and answer.status in _SUCCESS and _PASSWORD.search(answer.sample):
            self.refused, self.refusal = "it answers with its log-in page", "login"
        else:
            self._login_at = ""

    def unread(self) -> str:
        """Return why posts may stand in answers that none was read in; "" where nothing speaks for it.

        What stands where posts stood in other answers of the same address is a post, and an array stays one.
        """
        left = _LOOKED_THROUGH
        for answer in self._answers:
            paths = self._paths.get(_address(answer.stored.url))
            if answer.told or not paths or not left:
                continue
            left -= 1
            try:
                names, changed = self._fetch.readers.ask(
                    f"{_LOCATED}:names_at", answer.stored.item.content_encoding, msgspec.json.encode(sorted(paths)),
                    files=[answer.stored.body], answer=tuple[list[str], str],
                )  # fmt: skip
            except NotRead:  # then gallery-dl could not read it either, and has said so
                continue
            ref = answer.stored.item.ref
            if changed:
                return f"{changed[:200]} in {ref} is no list, as it was in other answers"
            if names and self._told.isdisjoint(names):
                return f"it told of none of the {len(names)} that stand in {ref}"
        return ""

    def hear(self, names: tuple[str, ...]) -> None:
        """Hear what the site calls a post that gallery-dl told of."""
        self._told.update(name for name in names[:_MOST_NAMES] if len(name) <= LONGEST_NAME)

    def located(self, named: Sequence[tuple[tuple[str, ...], int, dict[str, list[str]]]]) -> list[ServedPost | None]:
        """Return where posts stand as they were served, by the names that the site calls them.

        With each comes how many questions there were when gallery-dl began with it, of whose answers the newest is
        looked in first, and what is told of it, by name (`claims_of`).
        """
        found = [self._found(names, asked) for names, asked, _ in named]
        made_up: dict[int, list[str]] = {}
        for answer in {place[0] for place in found if place is not None}:
            of_it = [
                (number, place[1], named[number][2])
                for number, place in enumerate(found)
                if place is not None and place[0] is answer
            ]
            made_up |= answer.made_up(of_it)
        for old in self._answers[:-_REMEMBERED]:
            old.forget()
        return [
            ServedPost(place[0].stored, place[1].start, place[0].part(place[1]), made_up[number]) if place else None
            for number, place in enumerate(found)
        ]

    def _found(self, names: tuple[str, ...], asked: int) -> tuple[_Searched, NamedObject] | None:
        then = bisect_right(self._answers, asked, key=lambda answer: answer.question)
        before = self._answers[max(then - _REMEMBERED, 0) : then]
        for answer in (*reversed(before), *reversed(self._answers[then:][-_REMEMBERED:])):
            for name in names:
                if (found := answer.objects.get(name)) is not None:
                    answer.told = True
                    paths = self._paths.setdefault(_address(answer.stored.url), set())
                    if len(paths) < _MOST_PATHS:
                        paths.add(found.path)
                    return answer, found
        return None


class ServedPost(NamedTuple):
    """A post as it was served: the item that holds it, where in it, the bytes."""

    stored: StoredItem
    offset: int
    data: bytes
    made_up: list[str]  # Fields that gallery-dl names and that do not stand there.


class _Searched:
    """A stored answer, and the objects that it names; looked into when a post is first sought in it."""

    def __init__(self, fetch: Fetch, stored: StoredItem, question: int) -> None:
        self._fetch = fetch
        self.stored = stored
        self.question = question
        self.told = False  # Whether a post was found in it.
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

    def forget(self) -> None:
        """Forget the objects, which are read again where they are asked for."""
        self._objects = None

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


def _address(url: str) -> str:
    return url.partition("#")[0].partition("?")[0]


def _redirected(url: str, answer: Answer) -> str:
    """Return where an answer leads; "" where it leads nowhere."""
    try:
        return urljoin(url, answer.headers.get("location", "")) if answer.status in _REDIRECTS else ""
    except ValueError:
        return ""


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

"""The process that runs gallery-dl, in the sandbox: it says which posts and files there are, and fetches nothing.

THE ONE FILE OF GOLDENHOUR THAT IMPORTS gallery-dl, which is under the GNU General Public License, version 2 alone. It
is loaded in a process of its own, and only where the user has installed the extra `gallery`; the two processes speak
over a socket. None of gallery-dl's code stands here. See docs/licences.md.
"""

from __future__ import annotations

import io
import json
import logging
import re
import sys
import time
from collections.abc import Iterator, Mapping
from email.message import Message as HeaderFields
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, BinaryIO

import gallery_dl.config
import requests
import requests.sessions
from gallery_dl import dt, exception, extractor, util, version
from gallery_dl.extractor import common
from gallery_dl.extractor.message import Message
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from capture.extractors.child.cookies import set_cookies
from capture.extractors.child.messages import Ended, ExtractionTrouble, FetchAnswer, FetchQuestion
from capture.extractors.child.talk import Talk, end_after
from capture.extractors.gallery.messages import (
    FoundPost,
    GalleryRemark,
    GalleryTask,
    GalleryTrouble,
    PauseQuestion,
    PostFile,
    TroubleKind,
)
from capture.extractors.gallery.post_fields import PostFields, facts_of, has_words, read_post, unread_in, word
from capture.extractors.gallery.sites import SITES
from capture.extractors.json_value import text
from capture.recorder.decoding import NotDecoded, decoded_body
from hashing.case.facts import Fact

if TYPE_CHECKING:
    import socket

_LARGEST_DECODED = 32 << 20
_LARGEST_INFO = 1 << 20
_MOST_FILES = 1000
_DEEPEST = 4  # Extractors that hand on to others: a profile to its posts, a search to its results.
_MOST_REMARKS, _EMPTY_PAGES = 50, 2
# Fields of a request that the recorder sets itself, or that would not be true.
_OURS = frozenset({"accept-encoding", "connection", "content-length", "te", "x-forwarded-for"})
_FOR_FILES = frozenset({"referer", "user-agent", "accept"})
_LOGIN = re.compile(r"log[ -]?in|sign[ -]?in|authenticat|unauthori|credentials|cookies needed", re.IGNORECASE)
# Of one post or account that a session may not see: it has not ended by that.
_FORBIDDEN = re.compile(r"protected|private|blocked|permission|privileges|available|viewable|nsfw", re.IGNORECASE)
_CHALLENGE = re.compile(r"challenge|captcha|cloudflare|ddos-guard", re.IGNORECASE)
_GONE = re.compile(r"not found|no status found|deleted|no longer|does(?:n't| not) exist|suspended", re.IGNORECASE)
_LIMIT = re.compile(r"\b429\b|rate.?limit|too many requests|wants a pause", re.IGNORECASE)
# In a warning: something of a post was not got.
_LOST = re.compile(
    r"\bmissing\b|\berror while\b|\bfailed to\b|\bskipping\b|\bcould not\b|\bunable to (?!fetch higher)", re.IGNORECASE
)
# In such a warning: it is tried once more, and what comes of that is said.
_AGAIN = re.compile(r"try(?:ing)? again|retry|[0-9]+/[0-9]+\)", re.IGNORECASE)
# Nothing is read from the user's files.
_SETTINGS = {"input": False, "netrc": False, "cookies-update": False, "proxy-env": False, "retries": 0}


_heard: list[str] = []  # What gallery-dl has warned of: some say there what is wrong, and then end with common words.


def extract(talk: socket.socket) -> None:
    """Do the one task that the parent gives, in the sandbox."""
    parent = Talk(talk)
    end_after()
    task = parent.task(GalleryTask)
    try:
        _Looking(task, parent).look()
    except MemoryError:
        parent.say(ExtractionTrouble(url="", words="it takes more memory to read than is allowed"))
    except Exception as error:  # noqa: BLE001 - hundreds of extractors by as many authors raise whatever they like
        parent.say(_trouble(error))
    parent.say(Ended())
    sys.exit(0)


class _Looking:
    """One task."""

    def __init__(self, task: GalleryTask, talk: Talk) -> None:
        self._task = task
        self._talk = talk
        gallery_dl.config.clear()
        settings = gallery_dl.config._config  # noqa: SLF001 - there is no question for all of it
        # No database: tokens live as long as this process.
        settings.update({"cache": {"file": None}, "extractor": {**_SETTINGS, **task.options}})
        _open_door(task, talk)
        _hear(talk)
        if "twitter" in task.modules:
            _look_further()
        extractor.modules[:] = task.modules

    def look(self) -> None:
        """Say which posts there are. Raises whatever gallery-dl does."""
        found = extractor.find(self._task.url)
        if found is None:
            self._talk.say(GalleryTrouble(kind="none there", words="no extractor is made for this address"))
            return
        self._read(found, 0)

    def _read(self, extr: Any, depth: int) -> None:  # noqa: ANN401 - gallery-dl ships no types
        if extr.basecategory:  # sites that run the same software share its options
            extr._cfgpath = ("extractor", extr.basecategory, extr.subcategory)  # noqa: SLF001 - as gallery-dl's own jobs do
        module = extr.__class__.__module__.rpartition(".")[2]
        posts = _Posts(self._talk, module, extr.url)
        try:
            for kind, url, said in extr:
                if kind == Message.Directory:
                    posts.begin({**said, **extr.kwdict})
                elif kind == Message.Url:
                    posts.add(url, said)
                elif (made := said.get("_extractor")) is not None and depth < _DEEPEST:
                    posts.end()
                    if (child := made.from_url(url)) is not None:
                        self._read(child, depth + 1)
                elif not isinstance(said.get("comment"), Mapping):
                    posts.link(url)
        except exception.StopExtraction:
            pass
        finally:
            posts.end()


def _look_further() -> None:
    """Have a page of X without posts taken for the end of a list only where those after it have none either."""
    from gallery_dl.extractor import twitter

    paged = twitter.TwitterAPI._pagination_tweets  # noqa: SLF001 - it is no option for most lists

    def _paged(self: Any, *given: Any, stop_tweets: int = 0, **named: Any) -> Any:  # noqa: ANN401 - gallery-dl ships no types
        return paged(self, *given, stop_tweets=max(stop_tweets, _EMPTY_PAGES), **named)

    twitter.TwitterAPI._pagination_tweets = _paged  # noqa: SLF001 - as above


class _Posts:
    """Puts together what is said of one post in several messages, and says it when the next one begins."""

    def __init__(self, talk: Talk, module: str, url: str) -> None:
        self._talk, self._module, self._url = talk, module, url
        site = next((site for site in SITES if site.module == module), None)
        self._platform, self._fields = (site.name.lower(), site.fields) if site else (module, PostFields())
        self._known = site is not None
        self._head: dict[str, Any] = {}
        self._asked = 0
        self._files: list[PostFile] = []
        self._links: list[str] = []
        self._left_out = 0
        self._open = False

    def begin(self, said: Mapping[str, Any]) -> None:
        """Hear of a post, or of an album's head."""
        self.end()
        self._asked = self._talk.asked
        self._head, self._open = _plain(said), True  # at once: gallery-dl changes what it has handed out

    def add(self, url: str, said: Mapping[str, Any]) -> None:
        """Hear of a file; one of a comment is none of the post's, and is found with the comment."""
        if isinstance(said.get("comment"), Mapping):
            return
        own = _plain(said)
        file = PostFile(url=_clean(url), alt=text(word(own, self._fields.alt), 10_000), headers=_headers(said))
        if self._fields.post_per_file:
            self._say({**self._head, **own}, (file,))
        elif len(self._files) < _MOST_FILES:
            self._files.append(file)
            self._open = True
        else:
            self._left_out += 1

    def link(self, url: str) -> None:
        """Hear of an address that the post leads to."""
        if len(self._links) < _MOST_FILES and url.startswith(("http://", "https://")):
            self._links.append(_clean(url))

    def end(self) -> None:
        """Say what was heard of the post."""
        if self._open and not (self._fields.post_per_file and not self._files):
            self._say(self._head, tuple(self._files))
        self._head, self._files, self._links, self._left_out, self._open = {}, [], [], 0, False

    def _say(self, said: dict[str, Any], files: tuple[PostFile, ...]) -> None:
        post = read_post(said, self._fields, self._platform, self._url)
        names = [word(said, (path,)) for path in self._fields.id]
        info = json.dumps(said).encode()
        reads_as_post = self._known and not self._fields.post_per_file and has_words(said, self._fields)
        self._talk.say(
            FoundPost(
                module=self._module,
                post=post,
                names=tuple(filter(None, names)),
                facts=tuple(facts_of(said, self._module)) + tuple(_links(self._links, self._module)),
                files=files,
                left_out=self._left_out,
                asked=self._asked,
                unnamed=post is None and reads_as_post,
                unread=tuple(unread_in(said, self._fields)) if self._known else (),
                info=info if len(info) <= _LARGEST_INFO else b"",
            )
        )


def _links(links: list[str], module: str) -> Iterator[Fact]:
    for link in links[:100]:
        yield Fact("leads to", link[:2000], f"gallery-dl: {module}")


def _headers(said: Mapping[str, Any]) -> dict[str, str]:
    """Return what a file's own request is to carry; a session is lent to its hosts by the recorder."""
    given = said.get("_http_headers")
    pairs = given.items() if isinstance(given, Mapping) else ()
    return {str(name): _clean(str(value)) for name, value in pairs if str(name).lower() in _FOR_FILES}


def _plain(value: Any, depth: int = 0) -> Any:  # noqa: ANN401 - any JSON
    """Return metadata as plain data: without private keys, numbers that JSON cannot hold as text."""
    if isinstance(value, Mapping) and depth < 20:  # noqa: PLR2004 - no site's metadata are nested so deeply
        return {
            _clean(str(key)): _plain(each, depth + 1) for key, each in value.items() if not str(key).startswith("_")
        }
    if isinstance(value, list | tuple | set | frozenset) and depth < 20:  # noqa: PLR2004 - as above
        return [_plain(each, depth + 1) for each in value]
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, dt.datetime):
        return value.isoformat() + "Z" if value is not dt.NONE else None  # gallery-dl's times are UTC without a zone
    if isinstance(value, bool | int):
        return value if abs(value) < 1 << 53 else str(value)
    return None if value is util.NONE or not isinstance(value, float) else str(value)


def _clean(words: str) -> str:
    return words.encode("utf-8", "replace").decode()


def _open_door(task: GalleryTask, talk: Talk) -> None:
    """Give every session in this process one way out: through the parent. One question is one exchange."""
    door = _Door(talk)
    common._build_requests_adapter = lambda *_: door  # noqa: SLF001 - where its sessions get their adapters
    requests.sessions.HTTPAdapter = lambda *_, **__: door  # type: ignore[assignment]  # and every other session

    make_session = common.Extractor._init_session  # noqa: SLF001 - as above

    def _session(self: Any) -> None:  # noqa: ANN401 - gallery-dl ships no types
        make_session(self)
        for cookie in task.cookies:  # before `_init`, in which some look whether somebody is logged in
            self.session.cookies.set(cookie.name, cookie.value, domain=cookie.domain, path=cookie.path)

    def _sleep(_: Any, seconds: float, reason: str) -> None:  # noqa: ANN401 - as above
        if reason == "request":  # how fast it is asked, the parent decides
            return
        if seconds > task.longest_pause:
            raise exception.AbortExtraction(f"the site wants a pause of {seconds:.0f} s ({reason})")
        if seconds > 0:
            answered, _ = talk.ask(PauseQuestion(seconds=float(seconds), reason=str(reason)))
            if answered.reason:
                raise exception.AbortExtraction(answered.reason)

    def _wait(
        self: Any,  # noqa: ANN401 - as above
        seconds: Any = None,  # noqa: ANN401 - as above
        until: Any = None,  # noqa: ANN401 - as above
        adjust: float = 1.0,
        reason: str = "rate limit",
    ) -> None:
        if not seconds:
            moment = dt.to_ts(until) if isinstance(until, dt.datetime) else until
            seconds = float(moment) - time.time()
        _sleep(self, float(seconds) + adjust, reason)

    common.Extractor._init_session = _session  # noqa: SLF001 - as above
    common.Extractor.sleep, common.Extractor.wait = _sleep, _wait
    common.Extractor._get_auth_info = lambda *_, **__: (None, None)  # noqa: SLF001 - no passwords


class _Door(HTTPAdapter):
    """An adapter that makes no request itself."""

    def __init__(self, talk: Talk) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1)
        self._talk = talk

    def init_poolmanager(self, *_: object, **__: object) -> None:
        """Make no pools: nothing is connected to."""

    def close(self) -> None:
        """Close nothing: it is one door for all sessions."""

    def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> requests.Response:
        """Have a request made. Raises ConnectionError."""
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else bytes(body)
        headers = {name: _field(value) for name, value in request.headers.items() if name.lower() not in _OURS}
        asked = FetchQuestion(url=request.url or "", method=request.method or "GET", headers=headers, data=body)
        answered, file = self._talk.ask(asked)
        if not answered.status or (answered.reason and answered.status in range(200, 300)):
            raise requests.exceptions.ConnectionError(answered.reason, request=request)
        return self.build_response(request, _response(answered, file, request))


def _field(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


def _response(answered: FetchAnswer, file: BinaryIO | None, request: requests.PreparedRequest) -> HTTPResponse:
    """Return an answer as requests reads it: from the file that the recorder has written, and handed over."""
    headers = HTTPHeaderDict((name, value) for name, value in answered.headers.items() if name != "set-cookie")
    fields = HeaderFields()
    for cookie in set_cookies(answered):
        headers.add("set-cookie", cookie)
        fields["set-cookie"] = cookie
    body: io.IOBase | BinaryIO = file or io.BytesIO(answered.sample)
    if answered.coding or "content-encoding" in headers:
        try:
            body = io.BytesIO(decoded_body(file, answered.coding, _LARGEST_DECODED) if file else answered.sample)
        except NotDecoded as error:
            raise requests.exceptions.ConnectionError(str(error), request=request) from error
        for name in ("content-encoding", "content-length"):
            headers.discard(name)
    elif file:
        file.seek(0)
    return HTTPResponse(
        body=body,
        headers=headers,
        status=answered.status,
        reason=_phrase(answered.status),
        preload_content=False,
        request_method=request.method,
        original_response=_Original(fields),  # type: ignore[arg-type]  # all that requests looks at for cookies
    )


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


class _Original:
    """What requests looks at for cookies."""

    def __init__(self, fields: HeaderFields) -> None:
        self.msg = fields

    def isclosed(self) -> bool:
        """Say that there is nothing to close."""
        return True

    def close(self) -> None:
        """Close nothing."""


def _hear(talk: Talk) -> None:
    """Hand on what gallery-dl warns of."""

    class _Hears(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            """Hand on one warning."""
            if len(_heard) < _MOST_REMARKS:
                _heard.append(words := _clean(record.getMessage())[:4000])
                lost = _LOST.search(words) is not None and not _AGAIN.search(words)
                talk.say(GalleryRemark(words=words, failed=record.levelno >= logging.ERROR or lost))

    logging.disable(logging.NOTSET)
    logging.getLogger().handlers[:] = [_Hears(logging.WARNING)]
    logging.Logger.traceback = lambda *_: None  # type: ignore[attr-defined]  # a method that gallery-dl's own jobs add


def _trouble(error: Exception) -> GalleryTrouble:
    """Return what went wrong, and of which kind it is."""
    words = _clean(str(error))[:4000]
    return GalleryTrouble(kind=_kind(error, words), words=words or type(error).__name__, version=version.__version__)


def _kind(error: Exception, words: str) -> TroubleKind:
    status = getattr(error, "status", 0)
    if isinstance(error, exception.ChallengeError) or _CHALLENGE.search(words):
        return "challenge"
    if status == 429 or _LIMIT.search(words):  # noqa: PLR2004 - Too Many Requests
        return "limit"
    if isinstance(error, exception.NotFoundError) or status in {404, 410}:
        return "gone"
    if isinstance(error, exception.AuthorizationError) and _FORBIDDEN.search(words):
        return "forbidden"
    if isinstance(error, exception.AuthenticationError | exception.AuthorizationError) or status == 401:  # noqa: PLR2004 - Unauthorized
        return "login"
    if not isinstance(error, exception.GalleryDLException | OSError) or isinstance(error, ValueError):
        return "unreadable"
    said = " ".join([words, *_heard[-3:]])
    return "login" if _LOGIN.search(said) else "gone" if _GONE.search(said) else ""

"""The recorder: fetches a URL and hands over every exchange that it took, whole or not."""

from __future__ import annotations

import itertools
import threading
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from capture.errors import AddressRefused, NotFetched
from capture.recorder.body import BodyRead, read_body
from capture.recorder.connection import Connections, Origin, basic_login, proxy_login
from capture.recorder.exchange import EndedExchange, OpenExchange, RecorderContext
from capture.recorder.finishing import ended_exchange
from capture.recorder.incoming import Incoming
from capture.recorder.rate_limit import HostPauses, reset_in
from capture.recorder.request_head import normal_address, request_head
from capture.recorder.retry_after import retry_after
from capture.recorder.stopping import Stop
from capture.recorder.tls import client_context
from capture.recorder.urls import checked, lent_to, redirect_target, referrer
from hashing.errors import StorageFull
from hashing.ledger.mac import Mac
from hashing.times import Clock, system_clock, time_text

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from http.cookiejar import Cookie
    from pathlib import Path

    from capture.recorder.cookie_jar import BoundedCookieJar
    from capture.recorder.settings import NetworkSettings
    from hashing.files.inside import Root

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_SAME_METHOD = frozenset({307, 308})
# Methods of a request that says nothing of its length where it has no body (RFC 9110 section 8.6).
_WITHOUT_BODY = frozenset({"GET", "HEAD"})
_OK, _REDIRECTED, _TOO_MANY = 200, 300, 429


class Fetched(msgspec.Struct, frozen=True):
    """How a fetch ended: the last exchange, if any came about, and why it is not what was asked for, if it is not.

    `url` is where redirects led to. With `reason`, `exchange` may still hold an error page or a part of the body.
    """

    url: str
    exchange: EndedExchange | None
    reason: str = ""
    disk_full: str = ""  # What the disk said, where it has no room for more.
    refused: bool = False  # We did not want to: the address is one that goldenhour does not connect to.
    public: bool = False  # Whether a server at a public address answered, or redirected us on the way.

    @property
    def whole(self) -> bool:
        """Whether this is what was asked for, whole."""
        return self.exchange is not None and not self.reason


class _Wanted(msgspec.Struct, frozen=True):
    """A request to make."""

    url: str
    method: str
    headers: Mapping[str, str]
    data: bytes
    named_by_public: bool


class _Attempt(msgspec.Struct, frozen=True):
    """One exchange, ended."""

    exchange: EndedExchange | None
    problem: NotFetched | None = None
    disk_full: str = ""


class Recorder:
    """Fetches. Safe for several threads; close it when done.

    `superseded` is given every exchange that is not the last of its fetch (redirects, attempts that were repeated);
    `incoming` is the folder for bodies on their way in, in the case's folder `root`, and `mac` authenticates them;
    a `stop` makes every fetch end, with what has arrived;
    `waiting` is told of a host that wants to be left alone, for how many seconds, and before which attempt.
    """

    def __init__(
        self,
        incoming: Path,
        settings: NetworkSettings,
        *,
        superseded: Callable[[EndedExchange], None],
        stop: Stop | None = None,
        received: Callable[[int], None] = lambda _: None,
        waiting: Callable[[str, float, str], None] = lambda *_: None,
        clock: Clock = system_clock,
        mac: Mac | None = None,
        root: Root = None,
    ) -> None:
        self._mac = mac or Mac.that_nobody_checks()
        self._root = root
        self.settings = settings
        self._stop = stop or Stop()
        self._superseded = superseded
        self._clock = clock
        self._incoming = incoming
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._pauses = HostPauses(settings.longest_pause, self._stop.event, waiting, clock)
        self._shared = RecorderContext(settings, settings.guard, self._tls_context, self._stop, received)
        self._connections = Connections(self._shared)
        # Identity: an original that needs no decoding can be opened by anyone. What comes coded is kept coded.
        self._fields = {"User-Agent": settings.user_agent, "Accept": "*/*", "Accept-Encoding": "identity"}
        self._cookies: BoundedCookieJar | None = None
        if settings.cookies is not None:
            self._cookies = self._cookie_jar(settings.cookies)
        self._stop.heed(lambda _: self._connections.wake())  # every fetch ends now; what has arrived is kept

    def fetch(
        self,
        url: str,
        *,
        ref: str = "",
        headers: Mapping[str, str] = MappingProxyType({}),
        method: str = "GET",
        data: bytes = b"",
        named_by_public: bool = False,
        follow: bool = True,
    ) -> Fetched:
        """Fetch a URL, following redirects and repeating what may succeed. Never raises for what a server does.

        Without `follow` a redirect is an answer like any other, for somebody who follows it in his own way.

        The user's credentials are no part of `headers`: the settings lend them to their own host. A Cookie or
        Authorization that a caller adds, as a site's own script would, goes to the URL's host alone. What a server at
        a public address named, with a redirect too, leads to no private address whatever the settings open.
        Raises Unwritable where the disk refuses.
        """
        seen: dict[str, int] = {}
        wanted = _Wanted(url, method.upper(), headers, data, named_by_public)
        public = False
        try:
            # 1. Refuse what is no address before anything is asked.
            url = checked(url)
            # 2. Ask; each redirect is a request of its own, judged and recorded like the first.
            for _ in range(self.settings.redirects + 1):
                seen[url] = seen.get(url, 0) + 1
                if seen[url] > 2:  # noqa: PLR2004 - once more is usual where a cookie is set on the way
                    return Fetched(url, None, "the redirects go round in a circle")
                outcome = self._fetch_one(replace(wanted, url=url), ref)
                exchange = outcome.exchange
                location = exchange.header("location") if exchange and exchange.status in REDIRECTS else ""
                public = public or (exchange is not None and exchange.public)
                if exchange is None or not location or not follow:
                    return replace(outcome, public=public)
                self._superseded(exchange)
                # 3. Whoever redirects names the next address: what a public server names leads to no private one, and
                # what was lent to one host does not follow to another.
                wanted = replace(wanted, named_by_public=wanted.named_by_public or exchange.public)
                before, url = url, redirect_target(url, location)
                wanted = replace(wanted, headers=_headers_after_redirect(wanted.headers, exchange, before, url))
                if exchange.status not in _SAME_METHOD:
                    wanted = replace(wanted, method="GET", data=b"")
        except NotFetched as error:
            return Fetched(url, None, str(error), refused=isinstance(error, AddressRefused))
        return Fetched(url, None, f"more than {self.settings.redirects} redirects")

    def next_number(self) -> int:
        """Return the number of the next exchange, also of one that a browser has."""
        return next(self._numbers)

    def close(self) -> None:
        """Close all connections."""
        self._connections.close()

    def _fetch_one(self, wanted: _Wanted, ref: str) -> Fetched:
        """Fetch without following, repeating what may succeed."""
        url = wanted.url
        for attempt in range(1, self.settings.attempts + 1):
            if left := self._pauses.left_alone(url):
                return Fetched(url, None, f"not asked: the server wants to be left alone for {left:,.0f} s more (429)")
            self._pauses.wait_for(url)
            if self._stop.event.is_set():
                return Fetched(url, None, f"not fetched: {self._stop.reason}")
            tried = self._exchange(wanted, ref)
            self._pauses.note(url, tried.exchange)
            wait = self._pause(tried, attempt)
            if wait is None:
                return self._outcome(url, tried)
            if tried.exchange is not None:
                self._superseded(tried.exchange)
            if tried.exchange is not None and tried.exchange.status == _TOO_MANY:
                # Every thread leaves the host alone, not only this one.
                self._pauses.hold(url, wait, f"before try {attempt + 1} of {self.settings.attempts}")
            else:
                self._stop.event.wait(wait)
        raise AssertionError("the last attempt returns")

    def _pause(self, tried: _Attempt, attempt: int) -> float | None:
        """Return the seconds to wait before another attempt, or None where there shall be none."""
        if attempt >= self.settings.attempts or tried.disk_full or self._stop.event.is_set():
            return None
        pause: float = self.settings.backoff * 2 ** (attempt - 1)
        if tried.problem is not None:
            return pause if tried.problem.again else None
        if tried.exchange is None or tried.exchange.status not in _AGAIN:
            return None
        asked = retry_after(tried.exchange.header("retry-after"), self._clock())
        if asked is None and tried.exchange.status == _TOO_MANY:
            asked = reset_in(tried.exchange.header, self._clock())
        if asked is None:
            return pause
        return max(asked, pause) if asked <= self.settings.longest_pause else None

    def _outcome(self, url: str, tried: _Attempt) -> Fetched:
        exchange = tried.exchange
        if tried.problem is not None:
            refused = isinstance(tried.problem, AddressRefused)
            return Fetched(url, exchange, str(tried.problem), tried.disk_full, refused)
        if exchange is not None and not _OK <= exchange.status < _REDIRECTED:
            phrase = f" {exchange.phrase}" if exchange.phrase else ""
            asked = exchange.header("retry-after")
            later = f" (asks to try again after: {asked})" if asked else ""
            return Fetched(url, exchange, f"the server answered {exchange.status}{phrase}{later}")
        return Fetched(url, exchange)

    def _exchange(self, wanted: _Wanted, ref: str) -> _Attempt:
        """Make one exchange and read it to its end."""
        # 1. Make the request. What is lent to its host (a login, a token, cookies) goes into it last.
        try:
            url = normal_address(wanted.url)
            server = Origin.of(url)
            request = self._request(wanted, url, server)
        except ValueError as error:
            return _Attempt(None, NotFetched(f"the request cannot be made ({error})"))
        exchange = self._begin(wanted, url, ref)
        connection = self._connections.get(server)
        problem: NotFetched | None = None
        body: BodyRead | None = None
        disk_full = ""
        kept = False
        # 2. Send it and read the body to its end. Whatever fails leaves in the exchange what had arrived until then.
        try:
            if self.settings.proxy:
                self._shared.guard.check_name(server.host, named_by_public=wanted.named_by_public)
            response = connection.ask(exchange, request)
            self._take_cookies(url, response.head.values("Set-Cookie"))
            body = read_body(exchange, response)
            disk_full = body.disk_full
            problem = NotFetched(body.cut, again=body.again) if body.cut else None
            kept = problem is None and response.reusable
        except NotFetched as error:
            problem = error
        except StorageFull as error:
            problem, disk_full = NotFetched(error.reason), error.reason
        except ValueError as error:  # of a name that cannot be asked for over TLS
            problem = NotFetched(f"the request cannot be made ({error})")
        finally:
            # A connection whose body was read to its end serves the next request; any other is closed.
            self._connections.keep(connection) if kept else self._connections.drop(connection)
        # 3. What was never sent is no exchange: there is nothing to record.
        if not exchange.sent:
            return _Attempt(None, problem, disk_full)
        # 4. Close the record, and say in it why it is cut, where it is.
        return _Attempt(ended_exchange(exchange, body, str(problem) if problem is not None else ""), problem, disk_full)

    def _request(self, wanted: _Wanted, url: str, server: Origin) -> bytes:
        """Return the bytes of a request, with what is lent to this host alone. Raises ValueError."""
        fields = {"host": ("Host", server.named)}
        for name, value in (*self._fields.items(), *wanted.headers.items()):
            fields[name.lower()] = name, value
        if wanted.data or wanted.method not in _WITHOUT_BODY:
            fields["content-length"] = "Content-Length", str(len(wanted.data))
        lent = lent_to(wanted.url)
        if token := self.settings.tokens.get(lent):
            fields["authorization"] = "Authorization", f"Bearer {token}"
        if login := self.settings.credentials.get(lent):
            fields["authorization"] = basic_login("Authorization", *login)
        if self._cookies is not None and "cookie" not in fields and (cookies := self._cookies.lent_to(url)):
            fields["cookie"] = "Cookie", cookies
        target = url[url.index("/", len("https://")) :]
        if self.settings.proxy and server.scheme == "http":
            target = url
            fields |= {name.lower(): (name, value) for name, value in proxy_login(self.settings.proxy)}
        return request_head(wanted.method, target, fields.values()) + wanted.data

    def _take_cookies(self, url: str, fields: Sequence[str]) -> None:
        if fields:
            with self._lock:
                if self._cookies is None:
                    self._cookies = self._cookie_jar()
            self._cookies.take(url, fields)

    @staticmethod
    def _cookie_jar(own: Iterable[Cookie] = ()) -> BoundedCookieJar:
        from capture.recorder.cookie_jar import BoundedCookieJar  # loaded where there are cookies

        return BoundedCookieJar(own)

    def _begin(self, wanted: _Wanted, url: str, ref: str) -> OpenExchange:
        number = self.next_number()
        return OpenExchange(
            number=number,
            ref=ref,
            url=url,
            method=wanted.method,
            started=time_text(self._clock()),
            incoming=Incoming(self._incoming, number, self._mac, root=self._root),
            shared=self._shared,
            named_by_public=wanted.named_by_public,
            proxy=without_credentials(self.settings.proxy),
        )

    def _tls_context(self) -> ssl.SSLContext:
        with self._lock:
            return self._context

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return client_context(insecure=self.settings.insecure)


def _headers_after_redirect(
    headers: Mapping[str, str], exchange: EndedExchange, before: str, after: str
) -> Mapping[str, str]:
    """Leave out what was meant for another host, and cookies that the redirect itself has replaced."""
    left_out = set()
    if lent_to(before) != lent_to(after):
        left_out = {"authorization", "cookie"}
        headers = {name: referrer(each, after) if name.lower() == "referer" else each for name, each in headers.items()}
    elif exchange.header("set-cookie"):
        left_out = {"cookie"}
    return {name: value for name, value in headers.items() if name.lower() not in left_out and value}


def without_credentials(proxy: str) -> str:
    """Return a proxy's address without the user name and password in it."""
    scheme, separator, rest = proxy.rpartition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"

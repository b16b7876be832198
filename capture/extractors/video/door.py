"""The door: the only way in which yt-dlp gets anything. It asks, and is told what the recorder has on disk."""

from __future__ import annotations

import io
import urllib.request
from collections.abc import Callable, Iterable
from email.message import Message
from typing import IO, TYPE_CHECKING, BinaryIO, ClassVar, cast

from yt_dlp.cookies import YoutubeDLCookieJar  # type: ignore[import-untyped]  # it ships no types
from yt_dlp.networking.common import Request, RequestHandler, Response  # type: ignore[import-untyped]  # it ships no types
from yt_dlp.networking.exceptions import HTTPError, TransportError  # type: ignore[import-untyped]  # it ships no types

from capture.extractors.child.cookies import set_cookies
from capture.extractors.child.messages import Cookie, FetchAnswer, FetchQuestion
from capture.extractors.video.hls import defined_in
from capture.extractors.video.playlist import NoPlaylist
from capture.recorder.decoding import NotDecoded, decoded_body
from capture.recorder.given_cookie import given_cookie

if TYPE_CHECKING:
    from http.client import HTTPResponse

_LARGEST_DECODED = 32 << 20
_LARGEST_REQUEST = 16 << 20
_PLAYLIST = b"#EXTM3U"
_LARGEST_PLAYLIST = 4 << 20
_OK = range(200, 300)


class DoorRH(RequestHandler):  # type: ignore[misc]  # as above
    """A handler that makes no request itself. `ask` is set before yt-dlp makes one of these."""

    # yt-dlp takes what it finds here by name, and the name of the class must end so.
    _SUPPORTED_URL_SCHEMES = ("http", "https")
    _SUPPORTED_PROXY_SCHEMES = None
    _SUPPORTED_FEATURES = None
    ask: Callable[[FetchQuestion], tuple[FetchAnswer, BinaryIO | None]]
    # What lists of playlists define for those that they name, by the address of each list.
    defined: ClassVar[dict[str, dict[str, str]]] = {}

    def _check_extensions(self, extensions: dict[str, object]) -> None:
        """Take every extension that changes nothing; `impersonate` stays, and is refused by that."""
        super()._check_extensions(extensions)
        for name in ("cookiejar", "timeout", "legacy_ssl", "keep_header_casing"):
            extensions.pop(name, None)

    def _send(self, request: Request) -> Response:
        """Have a request made. Raises HTTPError, TransportError."""
        # Cookies that a site sets in the course of an extraction live in yt-dlp's own jar, as in a browser; the
        # recorder sends what it is told and records none of it.
        jar = self._get_cookiejar(request)
        headers = {name: str(value) for name, value in self._get_headers(request).items()}
        # Plain bodies, which anyone can open, and no coding that goldenhour would have to undo.
        headers.pop("Accept-Encoding", None)
        if "Cookie" not in headers and (cookie := jar.get_cookie_header(request.url)):
            headers["Cookie"] = cookie
        asked = FetchQuestion(url=request.url, method=request.method, headers=headers, data=_data(request.data))
        answered, body = type(self).ask(asked)
        # No answer, an error, and an answer that broke off are three things for yt-dlp.
        if not answered.status:
            raise TransportError(answered.reason)
        response = _response(answered, body)
        _extract_cookies(jar, answered)
        if answered.status not in _OK:
            raise HTTPError(response)
        if answered.reason:
            raise TransportError(answered.reason)
        return response


def jar_of(cookies: tuple[Cookie, ...]) -> YoutubeDLCookieJar:
    """Return a cookie jar with the user's cookies."""
    jar = YoutubeDLCookieJar()
    for cookie in cookies:
        jar.set_cookie(
            given_cookie(
                name=cookie.name,
                value=cookie.value,
                domain=cookie.domain,
                path=cookie.path,
                secure=cookie.secure,
                expires=cookie.expires,
            )
        )
    return jar


def _data(data: bytes | IO[bytes] | Iterable[bytes] | None) -> bytes:
    """Return the body of a request. Raises TransportError where it is too large to be sent."""
    if data is None:
        return b""
    if isinstance(data, bytes):
        body = data
    elif hasattr(data, "read"):
        # One byte more than may be sent tells that there is more, and no file of any size comes into memory.
        body = data.read(_LARGEST_REQUEST + 1)
    else:
        body = b"".join(data)
    if len(body) > _LARGEST_REQUEST:
        raise TransportError("the body of the request is larger than 16 MiB")
    return bytes(body)


def _response(answered: FetchAnswer, body: BinaryIO | None) -> Response:
    """Return an answer as yt-dlp reads it: from the file that the recorder has written, and handed over."""
    headers = dict(answered.headers)
    file: io.IOBase | BinaryIO
    try:
        if body is None:
            file = io.BytesIO(answered.sample)
        elif answered.coding:
            with body:
                # The fields that speak of the coded body go with the coding, or yt-dlp would undo it again.
                file = io.BytesIO(decoded_body(body, answered.coding, _LARGEST_DECODED))
            headers = {name: value for name, value in headers.items() if not name.startswith("content-")}
            headers["content-type"] = answered.headers.get("content-type", "")
        else:
            body.seek(0)
            file = body
        file = _with_values(file, answered.url)
    except (NotDecoded, OSError) as error:
        raise TransportError(str(error)) from error
    return Response(file, answered.url, headers, answered.status)


def _with_values(file: io.IOBase | BinaryIO, url: str) -> io.IOBase | BinaryIO:
    """Return a list of playlists (HLS) with its variables put in, which yt-dlp does not do; any other file as it is."""
    beginning = file.read(len(_PLAYLIST))
    file.seek(0)
    if beginning != _PLAYLIST:
        return file
    data = file.read(_LARGEST_PLAYLIST + 1)
    file.seek(0)
    # Only a list of playlists with variables: everything else reaches yt-dlp with the bytes that were served.
    if len(data) > _LARGEST_PLAYLIST or b"#EXT-X-DEFINE:" not in data or b"#EXT-X-STREAM-INF" not in data:
        return file
    try:
        text, DoorRH.defined[url] = defined_in(data.decode("utf-8", "replace"), url)
    except NoPlaylist:
        return file
    return io.BytesIO(text.encode())


def _extract_cookies(jar: YoutubeDLCookieJar, answered: FetchAnswer) -> None:
    if "set-cookie" not in answered.headers:
        return
    message = Message()
    for cookie in set_cookies(answered):
        message["Set-Cookie"] = cookie
    jar.extract_cookies(cast("HTTPResponse", _Headers(message)), urllib.request.Request(answered.url))  # noqa: S310 - named, not opened


class _Headers:
    """What http.cookiejar wants to see of a response."""

    def __init__(self, message: Message) -> None:
        self._message = message

    def info(self) -> Message:
        """Return the header fields."""
        return self._message

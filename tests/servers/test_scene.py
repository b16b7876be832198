"""The well-behaved server."""

from __future__ import annotations

import gzip
import time
import urllib.error
import urllib.request
from email.utils import parsedate_to_datetime
from http.client import HTTPResponse

import pytest

from tests.servers import Body, SceneServer, redirect
from tests.servers.asking import ask, body_of, request

PAGE = "<!doctype html><title>Crème</title>".encode()


def fetch(server: SceneServer, path: str, **headers: str) -> tuple[HTTPResponse, bytes]:
    """Fetch a path as urllib does, decoding nothing but chunks."""
    with urllib.request.urlopen(urllib.request.Request(server.url(path), headers=headers)) as response:  # noqa: S310 - http
        assert isinstance(response, HTTPResponse)
        return response, response.read()


def test_types_follow_from_the_path_or_are_said() -> None:
    """A page, a photo and an unknown file have the right Content-Type; a Body may say another."""
    files: dict[str, Body | bytes] = {
        "/": PAGE,
        "/a.JPG": b"x",
        "/b.bin": b"x",
        "/c.jpg": Body(data=b"x", type="text/x-odd"),
    }
    before = int(time.time())
    with SceneServer(files) as server:
        types = [fetch(server, path)[0].headers["Content-Type"] for path in files]
        response, body = fetch(server, "/?with=query")
    assert types == ["text/html; charset=utf-8", "image/jpeg", "application/octet-stream", "text/x-odd"]
    assert body == PAGE
    assert before <= parsedate_to_datetime(response.headers["Date"]).timestamp() <= time.time()


@pytest.mark.parametrize("chunk", [0, 1, 7, 1000])
@pytest.mark.parametrize("packed", [False, True])
def test_framing_and_encoding(chunk: int, *, packed: bool) -> None:
    """Whatever the chunks and the encoding, the same bytes arrive."""
    with SceneServer({"/": Body(data=PAGE, chunk=chunk, gzip=packed)}) as server:
        response, body = fetch(server, "/")
    assert (response.headers["Content-Length"] is None) == bool(chunk)
    assert (response.headers["Content-Encoding"] == "gzip") == packed
    assert (gzip.decompress(body) if packed else body) == PAGE


def test_redirects_and_missing_pages() -> None:
    """A redirect leads on, an unknown path is a 404 page."""
    with SceneServer({"/old": redirect("/new", 301), "/new": PAGE}) as server:
        assert fetch(server, "/old")[1] == PAGE
        with pytest.raises(urllib.error.HTTPError, match="404") as caught:
            fetch(server, "/nowhere")
        assert b"There is nothing here" in caught.value.read()
        caught.value.close()


def test_cookies_and_authorization() -> None:
    """Cookies are set, and what demands a cookie or a name gives nothing without it."""
    files = {
        "/in": Body(data=PAGE, cookies=("session=abc; HttpOnly", "lang=en")),
        "/members": Body(data=PAGE, needs_cookie="session=abc"),
        "/locked": Body(data=PAGE, needs_authorization="Basic bWU6c2VjcmV0"),
    }
    with SceneServer(files) as server:
        assert fetch(server, "/in")[0].headers.get_all("Set-Cookie") == ["session=abc; HttpOnly", "lang=en"]
        assert fetch(server, "/members", Cookie="lang=en; session=abc")[1] == PAGE
        assert fetch(server, "/locked", Authorization="Basic bWU6c2VjcmV0")[1] == PAGE
        assert ask(server, "/members").startswith(b"HTTP/1.1 403 ")
        assert ask(server, request("/members", "Cookie: session=abcd")).startswith(b"HTTP/1.1 403 ")
        refused = ask(server, "/locked")
        assert refused.startswith(b"HTTP/1.1 401 ")
        assert b"WWW-Authenticate: Basic" in refused
        assert ask(server, request("/in", method="DELETE")).startswith(b"HTTP/1.1 405 ")


def test_files_and_latency_change_while_it_runs() -> None:
    """What is served may be computed, and may change; an answer may be made to wait."""
    with SceneServer({"/": lambda seen: seen.header("X-Say").encode()}) as server:
        assert fetch(server, "/", **{"X-Say": "echo"})[1] == b"echo"
        server.files["/"] = Body(data=b"later", latency=0.1)
        server.latency = 0.1
        started = time.monotonic()
        assert body_of(ask(server, "/")) == b"later"
        assert time.monotonic() - started >= 0.2

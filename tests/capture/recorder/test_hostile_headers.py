"""Any bytes in the fields of a response: a capture always ends sealed, with an outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exports.verification import verify
from tests.capture.conftest import jpeg
from tests.servers import RawServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from capture.run.run import CaptureResult
    from exports.format.capture_view import CaptureView
    from tests.servers import Connection, Seen

    Captured = Callable[..., tuple[CaptureResult, CaptureView]]

FIELDS = (
    b"Location", b"Content-Type", b"Content-Disposition", b"Content-Encoding", b"Link", b"Retry-After", b"Date",
    b"Set-Cookie", b"Age", b"X-RateLimit-Reset", b"X-RateLimit-Remaining", b"Refresh", b"Connection",
)  # fmt: skip
STATUSES = (200, 302, 307, 429, 404, 206)

VALUES = [
    "/p☃".encode(), "http://bücher.example/☃".encode(), b"//\xff\xfe/", b"http://[::1", b"http://a:99999/",
    b"?\xed\xa0\x80",
    b"/%zz%", b"\\\\host\\x", b"/a\rSet-Cookie: x=1", b"/\0", b"http://xn--/", b"http://a..b/", b"/" + b"a" * 9000,
    b"#\x1b[2J", b"Mon, 01 Jan 99999999999999999999 00:00:00 GMT", b"Mon, 01 Jan 0000 00:00:00 -9999999999",
    b"1e309", "٣٠".encode(), b"99999999999999999999", b"-1", b"nan", b'attachment; filename="..\\..\\\xff"',
    b"attachment; filename*=utf-8''%ff%fe", b'text/html; charset="\xff', b"text/html; charset=idna", b"text/html;;;=;",
    b"text/html; charset=undefined", b"a=\xff\xfe; Path=\xff; Domain=\xff; Expires=\xff", b'a="\x00', b"=",
    b"gzip, \xff",
    b"<\xff>; rel=\xff", b"", b" ",
]  # fmt: skip

page = b"<!doctype html><title>t</title><p>x</p><img src='a.jpg'><img src='/b.jpg?%E2%98%83'>"
value = (
    st.sampled_from(VALUES)
    | st.binary(max_size=60)
    | st.text(max_size=30).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
head = st.lists(st.tuples(st.sampled_from(FIELDS), value), max_size=4)


class HostileServer(RawServer):
    """Answers the scene with fields of a test's choice, and everything else with a page or a photo that has them."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.status = 200
        self.fields: list[tuple[bytes, bytes]] = []

    def _answer(self, connection: Connection, seen: Seen) -> None:
        scene = seen.path == "/scene"
        body = jpeg() if ".jpg" in seen.path else page
        lines = b"".join(name + b": " + each.replace(b"\n", b"") + b"\r\n" for name, each in self.fields)
        status = self.status if scene else 200
        kind = b"" if any(name == b"Content-Type" for name, _ in self.fields) else b"Content-Type: text/html\r\n"
        length = b"Content-Length: %d\r\n" % len(body)
        connection.send(b"HTTP/1.1 %d X\r\n" % status + lines + kind + length + b"\r\n" + body)


def _sealed(captured: Captured, server: HostileServer) -> CaptureView:
    result, view = captured(server.url("/scene"), attempts=1, longest_pause=0.0, redirects=3)
    assert result.status in {"complete", "partial", "nothing"}
    found = verify(result.path)
    assert found.verdict == "ok", found
    return view


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(STATUSES), head)
def test_any_bytes_in_any_field(captured: Captured, status: int, fields: list[tuple[bytes, bytes]]) -> None:
    """Whatever stands in the fields of the scene and of what it shows, the capture is sealed and verifies."""
    with HostileServer() as server:
        server.status, server.fields = status, fields
        _sealed(captured, server)


@pytest.mark.parametrize("bad", VALUES)
def test_a_bad_value_in_every_field(captured: Captured, bad: bytes) -> None:
    """What has broken readers before does not break ours, in any field; nor as what a redirect leads to."""
    with HostileServer() as server:
        server.fields = [(name, bad) for name in FIELDS]
        _sealed(captured, server)
        server.status, server.fields = 302, [(b"Location", bad)]
        _sealed(captured, server)


def test_a_redirect_to_a_snowman(captured: Captured) -> None:
    """A Location in UTF-8 is followed, and what its page shows is fetched with a referrer that a request can hold."""
    with HostileServer() as server:
        server.status, server.fields = 302, [(b"Location", "/p☃".encode())]
        view = _sealed(captured, server)
        assert [entry.final_url for entry in view.items] == [server.url("/p%E2%98%83"), "", ""]
        assert [seen.header("Referer") for seen in server.requests[2:]] == [server.url("/p%E2%98%83")] * 2


def test_a_scene_with_a_snowman(captured: Captured) -> None:
    """A scene that is typed with letters beyond ASCII is fetched, and so is what it shows."""
    with HostileServer() as server:
        result, view = captured(server.url("/p☃?ü=ß"), attempts=1)
        assert (result.status, len(view.items), verify(result.path).verdict) == ("complete", 3, "ok")

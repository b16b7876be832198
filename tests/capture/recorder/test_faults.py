from __future__ import annotations

import hashlib
import select
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from tests.capture.recorder.conftest import Recording, response_record
from tests.patience import PATIENCE, wait_until
from tests.servers import FAULTS, MisbehavingServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def server() -> Iterator[MisbehavingServer]:
    """Return a server with a path for every fault."""
    with MisbehavingServer() as running:
        yield running


CUT = {
    "/truncated": (300_000, "the connection ended after 300000 of 1000000 bytes"),
    "/chunk-cut": (66_536, "the connection ended inside a chunked body"),
    "/chunk-cut-at-boundary": (65_536, "the connection ended inside a chunked body"),
    "/stall": (200_000, "the server fell silent for 5 s"),
    "/drip": (None, "too slow"),
    "/endless": (32 << 20, "longer than the limit of 33554432 bytes"),
    "/endless-slow": (None, "not at its end after 8 s"),
    "/huge-page": (None, "longer than the limit of 33554432 bytes"),
}


WAITS: dict[str, dict[str, float]] = {
    "/stall": {"timeout": 5},
    "/drip": {"timeout": 5},
    "/endless-slow": {"deadline": 8},
}
"""How long those are waited for that have no end: longer than a busy machine needs to send what comes first."""


@pytest.mark.parametrize("path", CUT)
def test_a_body_that_is_cut_is_kept_as_far_as_it_came(
    path: str, server: MisbehavingServer, recording: Callable[..., Recording]
) -> None:
    """Every byte that arrived is on disk and hashed, and the reason says why there are no more."""
    fetched = recording(attempts=1, **WAITS.get(path, {})).fetch(server.url(path))
    size, reason = CUT[path]
    exchange = fetched.exchange
    assert exchange is not None
    assert fetched.reason.startswith(reason)
    assert exchange.cut == fetched.reason
    assert exchange.size == size or (size is None and exchange.size > 0)
    body = exchange.body.read_bytes()
    assert (len(body), hashlib.sha256(body).hexdigest()) == (exchange.size, exchange.sha256)


def test_what_a_reset_leaves_is_accounted_for(server: MisbehavingServer, recording: Callable[..., Recording]) -> None:
    """A connection that is reset in the body is a failed item with its reason, and an exchange all the same."""
    fetched = recording(attempts=1).fetch(server.url("/reset"))
    assert fetched.reason == "the connection broke (connection reset by peer)"
    assert fetched.exchange is not None
    assert fetched.exchange.status == 200


@pytest.mark.parametrize("path", ["/truncated", "/reset", "/no-answer", "/500", "/503", "/chunk-cut"])
def test_what_may_succeed_is_tried_three_times(
    path: str, server: MisbehavingServer, recording: Callable[..., Recording]
) -> None:
    """Each attempt is an exchange of its own, and none is lost."""
    taken = recording()
    fetched = taken.fetch(server.url(path))
    assert fetched.reason
    assert len(taken.superseded) == 2
    assert [seen.path for seen in server.requests] == [path] * 3
    assert {exchange.number for exchange in taken.superseded} | {
        fetched.exchange.number if fetched.exchange else 0
    } == {
        1,
        2,
        3,
    }


@pytest.mark.parametrize("path", ["/404", "/403", "/410", "/401", "/451"])
def test_a_refusal_is_not_asked_again_and_its_page_is_kept(
    path: str, server: MisbehavingServer, recording: Callable[..., Recording]
) -> None:
    """An error page is an exchange like any other, and the reason names the server's answer."""
    taken = recording()
    fetched = taken.fetch(server.url(path))
    assert fetched.reason.startswith(f"the server answered {path[1:]} ")
    assert fetched.exchange is not None
    assert fetched.exchange.body.stat().st_size == fetched.exchange.size > 0
    assert taken.superseded == []


@pytest.mark.parametrize("path", ["/429-seconds", "/429-date", "/503-then-200"])
def test_a_server_that_asks_for_patience_gets_it(
    path: str, server: MisbehavingServer, recording: Callable[..., Recording]
) -> None:
    """Retry-After is obeyed in both its forms, and then the photo is there."""
    fetched = recording().fetch(server.url(path))
    assert fetched.whole
    if path.startswith("/429"):
        first, second = (seen.when for seen in server.requests)
        assert second - first > 0.5


def test_a_server_that_asks_for_too_much_patience_is_left(
    server: MisbehavingServer, recording: Callable[..., Recording]
) -> None:
    """Where the pause asked for is longer than we wait, the reason says what was asked."""
    fetched = recording(longest_pause=0.5).fetch(server.url("/429-forever"))
    assert fetched.reason == "the server answered 429 Too Many Requests (asks to try again after: 1)"
    assert len(server.requests) == 1


WHOLE = {
    "/too-long": 1000,
    "/chunk-trailers": 5,
    "/no-length": 300_000,
    "/odd-headers": 2,
    "/100-continue": 6,
    "/early-close-keepalive": 1000,
}


@pytest.mark.parametrize("path", WHOLE)
def test_what_is_odd_but_whole_is_taken(
    path: str, server: MisbehavingServer, recording: Callable[..., Recording]
) -> None:
    """Oddities that lose nothing are no failure."""
    fetched = recording().fetch(server.url(path))
    assert fetched.whole, fetched.reason
    assert fetched.exchange is not None
    assert fetched.exchange.size == WHOLE[path]
    assert fetched.exchange.close_delimited is (path == "/no-length")


def test_an_interim_answer_is_not_the_answer(server: MisbehavingServer, recording: Callable[..., Recording]) -> None:
    """Early hints (103) are passed over; what follows them is the response."""
    fetched = recording().fetch(server.url("/103-early-hints"))
    assert fetched.whole, fetched.reason
    assert fetched.exchange is not None
    assert fetched.exchange.status == 200


@pytest.mark.parametrize("path", ["/garbage", "/long-header", "/many-headers"])
def test_what_is_not_http_is_said_to_be_so(
    path: str, server: MisbehavingServer, recording: Callable[..., Recording]
) -> None:
    """An answer that cannot be parsed is a failure in plain words, and its bytes are kept in the records."""
    fetched = recording().fetch(server.url(path))
    assert fetched.reason.startswith("the server's answer is not valid HTTP")
    assert fetched.exchange is not None
    assert response_record(fetched.exchange)


@pytest.mark.parametrize(
    ("path", "reason"), [("/loop", "circle"), ("/loop-a", "circle"), ("/redirects/25", "more than 20")]
)
def test_redirects_that_lead_nowhere_end(
    path: str, reason: str, server: MisbehavingServer, recording: Callable[..., Recording]
) -> None:
    """A circle or too long a chain of redirects is given up, and every hop is kept."""
    taken = recording()
    fetched = taken.fetch(server.url(path))
    assert reason in fetched.reason
    assert len(taken.superseded) == len(server.requests) > 1


def test_redirects_are_followed_hop_by_hop(server: MisbehavingServer, recording: Callable[..., Recording]) -> None:
    """Each hop is an exchange, and the fetch says where it ended."""
    taken = recording()
    fetched = taken.fetch(server.url("/redirects/3"))
    assert fetched.whole
    assert fetched.url == server.url("/page")
    assert [exchange.status for exchange in taken.superseded] == [302, 302, 302]


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "javascript:alert(1)"]
)
def test_a_redirect_to_another_scheme_is_refused(
    target: str, server: MisbehavingServer, recording: Callable[..., Recording]
) -> None:
    """Only http and https are fetched, wherever a server points."""
    fetched = recording().fetch(server.url(f"/to?url={target}"))
    assert fetched.refused
    assert "only http and https are fetched" in fetched.reason


def test_a_bomb_is_never_unpacked(server: MisbehavingServer, tmp_path: Path) -> None:
    """Bodies that unpack to 256 MiB, a redirect's too, are kept as they came, in a process that stays small."""
    program = (
        "import sys; from pathlib import Path\n"
        "from capture.recorder.recorder import Recorder; from capture.recorder.settings import NetworkSettings\n"
        "recorder = Recorder(Path(sys.argv[1]), NetworkSettings(allow_private=True), superseded=lambda _: None)\n"
        "assert all(recorder.fetch(url).whole for url in sys.argv[2:])\n"
        "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))\n"
    )
    urls = [server.url(path) for path in ("/gzip-bomb", "/gzip-302", "/gzip-lie")]
    ran = subprocess.run([sys.executable, "-c", program, tmp_path, *urls], capture_output=True, check=True)
    assert int(ran.stdout) < 120 << 10


def test_memory_stays_flat_however_large_the_body(server: MisbehavingServer, tmp_path: Path) -> None:
    """A body of 300 MB is streamed to its file: the process never holds more than a few MiB of it."""
    program = (
        "import sys; from pathlib import Path\n"
        "from capture.recorder.recorder import Recorder; from capture.recorder.settings import NetworkSettings\n"
        "recorder = Recorder(Path(sys.argv[1]), NetworkSettings(allow_private=True), superseded=lambda _: None)\n"
        "exchange = recorder.fetch(sys.argv[2]).exchange\n"
        "assert exchange.size == 300_000_000 and not exchange.held\n"
        "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))\n"
    )
    url = server.url("/big?bytes=300000000")
    ran = subprocess.run([sys.executable, "-c", program, tmp_path, url], capture_output=True, check=True)
    assert int(ran.stdout) < 120 << 10


def test_every_fault_has_an_outcome(server: MisbehavingServer, recording: Callable[..., Recording]) -> None:
    """Whatever a server does, a fetch ends in an exchange or a reason, and never in an exception."""
    slow = {"/drip", "/drip-head", "/stall", "/stall-head", "/endless", "/endless-slow", "/huge-page", "/429-forever"}
    taken = recording(attempts=2, longest_pause=0.0)
    for path in FAULTS.keys() - slow:
        fetched = taken.fetch(server.url(path))
        assert fetched.whole or fetched.reason, path


def test_a_stop_wakes_a_fetch_that_waits(
    server: MisbehavingServer, recording: Callable[..., Recording], tmp_path: Path
) -> None:
    """Stopping ends a fetch at once, although its server is silent, and keeps what had come."""
    taken = recording(timeout=PATIENCE)

    def _stop() -> None:
        wait_until(lambda: 200_000 in [path.stat().st_size for path in tmp_path.rglob("*.body")])
        taken.stop.ask("enough")

    threading.Thread(target=_stop).start()
    fetched = taken.fetch(server.url("/stall"))
    assert fetched.exchange is not None
    assert fetched.exchange.size == 200_000
    assert fetched.reason


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_stop_is_the_reason_wherever_it_finds_a_fetch(scheme: str, recording: Callable[..., Recording]) -> None:
    """Also where nobody reads the request, or answers in TLS: it is not told as a fault of the server."""
    held = list[socket.socket]()
    taken = recording(timeout=PATIENCE, attempts=1)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def _stop() -> None:
            held.append(listener.accept()[0])
            wait_until(lambda: bool(select.select(held, [], [], 0)[0]))
            taken.stop.ask("enough")

        stopping = threading.Thread(target=_stop)
        stopping.start()
        url = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/"
        fetched = taken.recorder.fetch(url, method="POST", data=bytes(32 << 20))
        stopping.join()
    held[0].close()
    assert fetched.reason == "enough before it was whole"


def test_tls_that_does_not_come_about_in_time_is_told_as_that(recording: Callable[..., Recording]) -> None:
    """A server that says nothing has not broken the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        fetched = recording(timeout=0.5, attempts=1).fetch(url)
    assert fetched.reason == "127.0.0.1: no TLS connection within the time allowed"

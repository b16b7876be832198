"""The raw server: it keeps exactly what was said, stops at once, and no client can hurt it."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.patience import PATIENCE
from tests.servers import Connection, RawServer, SceneServer, Seen
from tests.servers.asking import ask, body_of, read_some, read_to_the_end, request
from tests.servers.head import whole

if TYPE_CHECKING:
    from collections.abc import Callable

HELLO = whole(200, "text/plain", b"hello")


def hello(connection: Connection, _: Seen) -> None:
    """Answer five bytes."""
    connection.send(HELLO)


def test_requests_are_kept_byte_for_byte() -> None:
    """A request is kept as it came: its raw bytes, its header order and case, its body, its peer."""
    sent = (
        b"POST /a?b=c HTTP/1.1\r\nhOsT: x\r\nX-A:  1 \r\nX-a: 2\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody"
    )
    with RawServer(hello) as server:
        before = time.monotonic()
        assert ask(server, sent) == HELLO
        (seen,) = server.requests
    assert seen.raw == sent
    assert (seen.method, seen.path, seen.body) == ("POST", "/a?b=c", b"body")
    assert seen.headers[:3] == (("hOsT", "x"), ("X-A", "1"), ("X-a", "2"))
    assert seen.header("x-a") == "1, 2"
    assert seen.peer[0] == "127.0.0.1"
    assert before <= seen.when <= time.monotonic()


def test_answers_are_kept_byte_for_byte_for_each_request() -> None:
    """What was sent is known by path, an entry for each request, and is there before the client has it."""

    def handler(connection: Connection, seen: Seen) -> None:
        for piece in (b"one ", seen.path.encode(), b"\r\n"):
            connection.send(piece)
        connection.close()

    with RawServer(handler) as server:
        for path in ("/x", "/y", "/x"):
            got = ask(server, path)
            assert server.sent[path][-1].data == got == b"one %b\r\n" % path.encode()
        assert [len(sent) for sent in server.sent.values()] == [2, 1]
        assert (server.asked("/x"), server.asked("/z")) == (2, 0)


def test_of_a_long_answer_the_size_is_kept() -> None:
    """An answer that is larger than the server keeps says so, and never passes its beginning off as the whole."""

    def handler(connection: Connection, _: Seen) -> None:
        connection.send(bytes(80))
        connection.send(bytes(40))
        connection.close()

    with RawServer(handler, keep=100) as server:
        assert len(ask(server, "/")) == 120
        (sent,) = server.sent["/"]
    assert (sent.size, len(sent.kept)) == (120, 100)
    with pytest.raises(ValueError, match="only 100 of 120 bytes were kept"):
        _ = sent.data


def test_a_connection_serves_many_requests() -> None:
    """Keep-alive: pipelined requests are answered in order on one connection, and HTTP/1.0 or close ends it."""
    with RawServer(hello) as server:
        assert ask(server, request("/1", close=False) + request("/2", close=False) + request("/3")) == HELLO * 3
        assert [seen.path for seen in server.requests] == ["/1", "/2", "/3"]
        assert len({seen.peer for seen in server.requests}) == 1
        assert [sent.data for sent in server.sent["/2"]] == [HELLO]
        assert ask(server, b"GET /old HTTP/1.0\r\n\r\n") == HELLO


def test_close_and_reset_differ() -> None:
    """A closed connection reads as an end of file, a reset one as an error."""
    ends: dict[str, Callable[[Connection], None]] = {"/close": Connection.close, "/reset": Connection.reset}
    with RawServer(lambda connection, seen: ends[seen.path](connection)) as server:
        assert ask(server, "/close") == b""
        with pytest.raises(ConnectionResetError):
            ask(server, "/reset")


@pytest.mark.parametrize(
    "nonsense",
    [
        b"hello\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"GET /a b HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\n folded: yes\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ],
)
def test_nonsense_is_answered_and_forgotten(nonsense: bytes) -> None:
    """What is not HTTP/1 is answered with 400 and not kept, and the next client is served as ever."""
    with RawServer(hello) as server:
        assert ask(server, nonsense).startswith(b"HTTP/1.1 400 ")
        assert server.requests == []
        assert ask(server, "/") == HELLO


def test_a_head_without_end_is_cut_off() -> None:
    """A client that sends a head for ever is turned away."""
    with RawServer(hello) as server, socket.create_connection(server.address, timeout=PATIENCE) as client:
        with pytest.raises(ConnectionError):  # noqa: PT012 - which of the two notices is the system's choice
            while True:
                client.sendall(b"X-More: and more\r\n" * 10_000)
        assert ask(server, "/") == HELLO


def test_clients_that_leave_are_no_fault() -> None:
    """A client that connects and leaves, half asks, or resets in the middle of an answer disturbs nobody."""

    def handler(connection: Connection, seen: Seen) -> None:
        while seen.path == "/endless":
            connection.send(bytes(1 << 20))
        connection.send(HELLO)

    with RawServer(handler) as server:
        socket.create_connection(server.address).close()
        with socket.create_connection(server.address, timeout=PATIENCE) as client:
            client.sendall(b"GET / HT")
        with socket.create_connection(server.address, timeout=PATIENCE) as client:
            client.sendall(request("/endless"))
            read_some(client, 100_000)
        assert ask(server, "/") == HELLO


def test_bytes_that_did_not_go_out_are_not_counted() -> None:
    """When the client leaves in the middle of a send, what is kept as sent ends about there."""
    gone = threading.Event()

    def handler(connection: Connection, _: Seen) -> None:
        try:
            connection.send(bytes(64 << 20))
        finally:
            gone.set()

    with RawServer(handler, keep=1000) as server:
        with socket.create_connection(server.address, timeout=PATIENCE) as client:
            client.sendall(request("/"))
            read_some(client, 1000)
        assert gone.wait(PATIENCE)
        (sent,) = server.sent["/"]
    assert 1000 <= sent.size < 64 << 20
    assert len(sent.kept) == 1000


def test_leaving_stops_everything_at_once() -> None:
    """On exit, clients that wait, stall, are being sent to or were idle are cut off, and no thread is left."""

    def handler(connection: Connection, seen: Seen) -> None:
        if seen.path == "/idle":
            connection.send(HELLO)
        elif seen.path == "/wait":
            connection.wait(None)
        else:
            while True:
                connection.send(bytes(1 << 20))

    before = threading.active_count()
    with contextlib.ExitStack() as clients:
        with RawServer(handler) as server:
            for path in ("/idle", "/wait", "/flood", ""):
                client = clients.enter_context(socket.create_connection(server.address, timeout=PATIENCE))
                if path:
                    client.sendall(request(path, close=False))
            while len(server.requests) < 3:
                time.sleep(0.01)
        assert threading.active_count() == before
        read_to_the_end(client)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(server.address, timeout=PATIENCE)


def test_a_fault_of_the_handler_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler's own error ends its connection and reaches the thread's hook; the server goes on."""
    caught: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: caught.append(args.exc_type))

    def handler(connection: Connection, seen: Seen) -> None:
        connection.send({"/": HELLO}[seen.path])

    with RawServer(handler) as server:
        assert ask(server, "/missing") == b""
        assert ask(server, "/") == HELLO
    assert caught == [KeyError]


def test_many_clients_at_once() -> None:
    """Fifty clients side by side are each served, and each request and answer is kept."""
    with SceneServer({"/": bytes(100_000)}, latency=0.05) as server:
        threads = [threading.Thread(target=ask, args=(server, f"/?{number}")) for number in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.requests) == 50
        assert {body_of(answers[0].data) for answers in server.sent.values()} == {bytes(100_000)}


def test_another_loopback_address_may_be_served() -> None:
    """A server may stand at `::1`, with brackets in its URLs."""
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    with RawServer(hello, address="::1") as server:
        assert server.url("/x") == f"http://[::1]:{server.port}/x"
        assert ask(server, "/") == HELLO

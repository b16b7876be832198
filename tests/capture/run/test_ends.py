"""Whatever goes wrong in whatever thread, a capture ends at once, sealed, and says why."""

from __future__ import annotations

import errno
import hashlib
import os
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from capture import photo
from capture.clock import parse_time_server
from capture.extractors.web import Web
from capture.recorder.body import BodyFile
from capture.recorder.stopping import Stop
from capture.run.item_store import ItemStore
from capture.run.run import capture
from exports.format.capture_view import read_capture
from exports.verification import verify
from tests.capture.conftest import NETWORK, OPTIONS, jpeg
from tests.servers import Body, MisbehavingServer, RawServer, SceneServer
from tests.servers.tls import TlsServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from capture.run.run import CaptureResult
    from exports.format.capture_view import CaptureView
    from hashing.case.case import Case
    from hashing.ledger.keys import SigningKey

PATIENCE = 60
"""Seconds after which something hangs."""
PHOTOS = 12
SLOW: dict[str, Any] = {"timeout": 3600.0, "deadline": 3600.0, "attempts": 1}


@pytest.fixture
def scene() -> Iterator[SceneServer]:
    """Return a server with a page of twelve photos and one large file."""
    tags = b"".join(b'<img src="/%d.jpg">' % number for number in range(PHOTOS))
    files: dict[str, Body | bytes] = {f"/{number}.jpg": jpeg(number) for number in range(PHOTOS)}
    files |= {"/": b"<!doctype html><title>t</title>" + tags, "/large.bin": bytes(range(256)) * (1 << 16)}
    with SceneServer(files) as server:
        yield server


class Captures:
    """Captures in a thread, so that a hang is a failure."""

    def __init__(self, case: Case, key: SigningKey) -> None:
        self._case, self._key = case, key
        self.folder = case.path
        self.stop = Stop()

    def run(
        self,
        url: str,
        when: Callable[[], object] = lambda: None,
        **changed: Any,  # noqa: ANN401 - any option
    ) -> tuple[CaptureResult, CaptureView]:
        """Capture; call `when` while it goes on; return what came of it."""
        from dataclasses import replace

        network = {name: changed.pop(name) for name in list(changed) if name in type(NETWORK).__slots__}
        options = replace(OPTIONS, network=replace(NETWORK, **network), **changed)
        ended: list[CaptureResult | BaseException] = []

        def _run() -> None:
            try:
                ended.append(capture(url, self._case, options, key=self._key, stop=self.stop))
            except BaseException as error:  # noqa: BLE001 - raised again below
                ended.append(error)

        thread = threading.Thread(target=_run, daemon=True)
        thread.start()
        when()
        thread.join(PATIENCE)
        assert not thread.is_alive(), "the capture hangs"
        [result] = ended
        if isinstance(result, BaseException):
            raise result
        found = verify(result.path)
        assert found.verdict == "ok", found
        return result, read_capture(result.path)


@pytest.fixture
def captures(case: Case, key: SigningKey) -> Captures:
    """Return what captures into a new case."""
    return Captures(case, key)


def _failing_once(monkeypatch: pytest.MonkeyPatch, name: str, ending: str, error: BaseException) -> None:
    """Let the system refuse one call on a file whose name ends so."""
    real, left = getattr(os, name), [error]

    def _call(path: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the system's own signatures
        if left and str(path).endswith(ending):
            raise left.pop()
        return real(path, *args, **kwargs)

    monkeypatch.setattr(os, name, _call)


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES, errno.EROFS, errno.ESTALE])
def test_a_writer_that_fails(
    number: int, captures: Captures, scene: SceneServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One call that fails in the thread that writes ends the capture: what had arrived is sealed, with the reason."""
    _failing_once(monkeypatch, "unlink", "000003.body", OSError(number, os.strerror(number)))
    result, view = captures.run(scene.url("/"))
    assert (result.status, result.faulty) == ("partial", False)
    assert len(view.items) >= 3
    assert view.finished is not None
    assert view.finished.reason == result.reason
    assert result.reason != "the disk is full"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.EIO, "x"), "the disk reported an input/output error"),
        (OSError(errno.EDQUOT, "x"), "your share of the disk is used up"),
        (OSError(errno.EMFILE, "x"), "this program has too many files open"),
        (OSError(errno.EROFS, "x"), "read-only file system"),
        (MemoryError(), "this computer has no memory left"),
    ],
)
def test_a_storage_error_says_what_it_was(
    error: BaseException, reason: str, captures: Captures, scene: SceneServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the system said is what the ledger says, in plain words; only a full disk is called one."""
    _failing_once(monkeypatch, "rename", "000003.body", error)
    result, view = captures.run(scene.url("/"))
    assert result.status == "partial"
    assert view.finished is not None
    assert view.finished.reason == result.reason == reason


def test_an_examination_that_fails(captures: Captures, scene: SceneServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where photos are no longer looked into, the capture ends and is not complete."""
    seen: list[object] = []
    real = photo.photo_facts

    def _facts(*args: Any) -> Any:  # noqa: ANN401 - handed through
        seen.append(args)
        if len(seen) == 3:
            raise KeyError("unexpected")
        return real(*args)

    monkeypatch.setattr(photo, "photo_facts", _facts)
    result, view = captures.run(scene.url("/"))
    assert (result.status, result.faulty) == ("partial", True)
    assert view.finished is not None
    assert view.finished.reason.startswith("a fault in goldenhour: KeyError")
    assert view.items


def test_a_source_that_fails_while_a_server_is_silent(captures: Captures, monkeypatch: pytest.MonkeyPatch) -> None:
    """No other fetch's patience is waited for: what the silent server had sent is kept as a part."""
    real = Web.find

    with MisbehavingServer() as server:
        page = f'<img src="{server.url("/stall?type=image/jpeg")}"><img src="/a.jpg">'.encode()

        def _find(self: Web, *args: Any) -> Any:  # noqa: ANN401 - handed through
            yield from real(self, *args)
            while not server.asked("/stall?type=image/jpeg"):
                pass
            raise ZeroDivisionError

        monkeypatch.setattr(Web, "find", _find)
        with SceneServer({"/": page, "/a.jpg": jpeg()}) as scene:
            result, view = captures.run(scene.url("/"), **SLOW)
    assert (result.status, result.faulty) == ("partial", True)
    assert "ZeroDivisionError" in result.reason
    assert "page" in {entry.kind for entry in view.items}


def test_a_fetch_that_fails(captures: Captures, scene: SceneServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in one thread that fetches ends the others."""
    real = ItemStore._item_of

    def _item_of(self: ItemStore, found: Any, *args: Any) -> Any:  # noqa: ANN401 - handed through
        if found.url.endswith("/5.jpg"):
            raise IndexError
        return real(self, found, *args)

    monkeypatch.setattr(ItemStore, "_item_of", _item_of)
    result, view = captures.run(scene.url("/"))
    assert (result.status, result.faulty) == ("partial", True)
    assert "IndexError" in result.reason
    # What had arrived of the one that failed is there as well.
    assert scene.url("/5.jpg") in {entry.url for entry in view.items}


def test_a_body_whose_thread_fails(captures: Captures, scene: SceneServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a large body can be written no further, its fetch does not wait for ever."""
    real = BodyFile._store

    def _store(self: BodyFile, piece: memoryview, digest: hashlib._Hash) -> None:
        if self.size > 6 << 20:
            raise MemoryError
        real(self, piece, digest)

    monkeypatch.setattr(BodyFile, "_store", _store)
    result, view = captures.run(scene.url("/large.bin"))
    assert (result.status, result.reason) == ("partial", "this computer has no memory left")
    assert [entry.partial != "" for entry in view.items] == [True]


def test_a_clock_whose_thread_fails(captures: Captures, scene: SceneServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error beside the capture is none that nobody hears of."""

    def _measure(*_: object, **__: object) -> None:
        raise LookupError

    monkeypatch.setattr("capture.clock.beside.measure_clock", _measure)
    result, _ = captures.run(scene.url("/"), ntp=parse_time_server("127.0.0.1"))
    assert result.faulty
    assert "LookupError" in result.reason


def test_a_stop_while_a_name_is_looked_up(captures: Captures, monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver that hangs does not keep a capture that is to end."""
    hangs, over = threading.Event(), threading.Event()

    def _getaddrinfo(*_: object, **__: object) -> list[object]:
        hangs.set()
        over.wait(PATIENCE)
        raise socket.gaierror(socket.EAI_AGAIN, "too late")

    monkeypatch.setattr(socket, "getaddrinfo", _getaddrinfo)

    def _stop() -> None:
        assert hangs.wait(PATIENCE)
        captures.stop.ask("enough")

    result, _ = captures.run("http://scene.example/", _stop, **SLOW)
    over.set()
    assert (result.status, result.reason) == ("interrupted", "enough")


def test_a_stop_while_connecting(captures: Captures) -> None:
    """A server that takes no connection and refuses none does not keep a capture that is to end."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        address = listening.getsockname()
        waiting = [socket.socket() for _ in range(4)]  # fill the queue of those who wait to be let in
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(address)

        def _stop() -> None:
            threading.Event().wait(1)
            captures.stop.ask("enough")

        result, _ = captures.run(f"http://127.0.0.1:{address[1]}/", _stop, **SLOW)
        for each in waiting:
            each.close()
    assert (result.status, result.reason) == ("interrupted", "enough")


def test_a_stop_while_a_head_is_awaited(captures: Captures) -> None:
    """A server that lets us wait for its answer does not keep a capture that is to end."""
    asked = threading.Event()

    def _silent(connection: Any, _: object) -> None:  # noqa: ANN401 - a Connection
        asked.set()
        connection.wait(None)

    def _stop() -> None:
        assert asked.wait(PATIENCE)
        captures.stop.ask("enough")

    with RawServer(_silent) as server:
        result, _ = captures.run(server.url("/"), _stop, **SLOW)
    assert (result.status, result.reason) == ("interrupted", "enough")


def test_a_stop_during_a_tls_handshake(captures: Captures) -> None:
    """A server that takes the connection and never shakes hands does not keep a capture that is to end."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def _stop() -> None:
            accepted, _ = listening.accept()
            begun.append(accepted)
            assert accepted.recv(5)  # the handshake has begun
            captures.stop.ask("enough")

        begun: list[socket.socket] = []
        result, view = captures.run(f"https://127.0.0.1:{listening.getsockname()[1]}/", _stop, **SLOW)
        begun[0].close()
    assert (result.status, result.reason) == ("interrupted", "enough")
    assert [each.reason for each in view.failed] == ["enough before it was whole"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_stop_inside_the_last_answer_of_a_connection(captures: Captures, scheme: str) -> None:
    """A body whose end is the connection's is in part only where a stop has cut it, over TLS as well, and at once."""
    arrived = threading.Event()

    def _half(connection: Any, _: object) -> None:  # noqa: ANN401 - a Connection
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nthe first words")
        arrived.set()
        connection.wait(None)

    def _stop() -> None:
        assert arrived.wait(PATIENCE)
        while not any(path.read_bytes() for path in captures.folder.rglob("*.body")):
            threading.Event().wait(0.01)
        captures.stop.ask("enough")

    with RawServer(_half) if scheme == "http" else TlsServer(RawServer(_half)) as server:
        result, view = captures.run(server.url("/"), _stop, insecure=True, **SLOW)
    assert (result.status, result.reason) == ("interrupted", "enough")
    assert [(each.size, each.partial) for each in view.items] == [(15, "enough before it was whole")]

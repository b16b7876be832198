"""A real server on loopback that serves whatever bytes its handler sends, and keeps what was said on both sides."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from typing import TYPE_CHECKING, Self

from tests.patience import PATIENCE
from tests.servers.connection import Connection
from tests.servers.head import small_answer
from tests.servers.seen import BadRequestError, Seen
from tests.servers.sent import Answer, Sent

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from types import TracebackType

    Handler = Callable[[Connection, Seen], None]


class RawServer:
    """A server, as a context manager: `with RawServer(handler) as server: …server.url("/x")…`.

    `handler(connection, seen)` answers one request; on its return the connection waits for the next one, unless the
    handler or the client closed it. There is a thread for each connection. On exit every connection is cut and every
    thread has ended. An OSError (the client has gone, the server stops) ends the connection quietly; any other error
    of a handler surfaces as an uncaught error of its thread, which pytest reports.

    `requests` is what clients sent, in order of arrival; `sent` what they were answered, up to `keep` bytes each.
    A request that is not HTTP/1 is answered with 400, ends its connection, and is not in `requests`.
    """

    def __init__(self, handler: Handler, *, address: str = "127.0.0.1", keep: int = 16 << 20) -> None:
        self.tls: ssl.SSLContext | None = None
        """Set before the server is entered, to speak TLS."""
        self.host = address
        self.port = 0
        """Chosen by the system when the server is entered."""
        self._handler = handler
        self._keep = keep
        self._lock = threading.Lock()
        self._seen: list[Seen] = []
        self._answers: list[Answer] = []
        self._stopping = threading.Event()
        self._connections: dict[Connection, threading.Thread] = {}
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        listener = self._stack.enter_context(socket.create_server((self.host, 0), family=family, backlog=512))
        self.port = int(listener.getsockname()[1])
        listener.setblocking(False)
        wake, woken = socket.socketpair()
        self._stack.enter_context(wake)
        self._stack.enter_context(woken)
        accepting = threading.Thread(
            target=self._accept, args=(listener, woken), name=f"server {self.port}", daemon=True
        )
        self._stack.callback(self._end_connections)
        self._stack.callback(accepting.join)
        self._stack.callback(wake.send, b".")
        self._stack.callback(self._stopping.set)
        accepting.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens, for `socket.create_connection`."""
        return self.host, self.port

    @property
    def origin(self) -> str:
        """Scheme, address and port, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"

    def url(self, path: str = "/") -> str:
        """Return the URL of a path on this server."""
        return self.origin + path

    @property
    def requests(self) -> list[Seen]:
        """Every request so far."""
        with self._lock:
            return list(self._seen)

    @property
    def sent(self) -> dict[str, list[Sent]]:
        """By path: the answer to each request for it, in order."""
        with self._lock:
            answers = list(self._answers)
        found: dict[str, list[Sent]] = {}
        for answer in answers:
            sent = answer.snapshot()
            found.setdefault(sent.seen.path, []).append(sent)
        return found

    def asked(self, path: str) -> int:
        """Return how often a path was asked for."""
        return sum(seen.path == path for seen in self.requests)

    def _accept(self, listener: socket.socket, woken: socket.socket) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(listener, selectors.EVENT_READ)
            selector.register(woken, selectors.EVENT_READ)
            while True:
                selector.select()
                if self._stopping.is_set():
                    return
                with contextlib.suppress(OSError):  # the client left before it was let in
                    self._welcome(*listener.accept())

    def _welcome(self, client: socket.socket, peer: tuple[str, int]) -> None:
        try:
            client.setblocking(True)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls is not None:
                client = self.tls.wrap_socket(client, server_side=True, do_handshake_on_connect=False)
        except OSError:
            client.close()
            raise
        connection = Connection(client, (peer[0], peer[1]), self._stopping)
        thread = threading.Thread(target=self._serve, args=(connection,), name=f"client {peer[1]}", daemon=True)
        thread.start()
        alive = {known: serving for known, serving in self._connections.items() if serving.is_alive()}
        self._connections = {**alive, connection: thread}  # of the accepting thread alone, until that has ended

    def _serve(self, connection: Connection) -> None:
        try:
            connection.handshake()
            while connection.open:
                self._serve_one(connection)
        except BadRequestError as error:
            with contextlib.suppress(OSError):
                connection.answer = None
                connection.send(small_answer(400, f"{error}\n", close=True))
        except OSError:
            pass  # the client has gone, or the server stops: the end of a connection is no fault of the server
        finally:
            connection.close()

    def _serve_one(self, connection: Connection) -> None:
        seen = connection.read_request()
        connection.answer = Answer(seen, self._keep)
        with self._lock:
            self._seen.append(seen)
            self._answers.append(connection.answer)
        if connection.doomed:
            connection.close()
            return
        self._handler(connection, seen)
        if not seen.keeps_alive:
            connection.close()

    def _end_connections(self) -> None:
        for connection in self._connections:
            connection.interrupt()
        for thread in self._connections.values():
            thread.join(PATIENCE)
            if thread.is_alive():
                raise RuntimeError(f"{self.origin}: a connection's thread did not end")

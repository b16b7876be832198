"""A browser that reaches one address of this computer and nothing else, with a profile that is thrown away.

All that it asks for elsewhere goes to a proxy that is a dead end: a socket of ours, which notes the host and closes.
Chromium asks that proxy for names, too; and it is told to send no UDP past it (WebRTC, QUIC).
"""

from __future__ import annotations

import socket
import threading
from collections import Counter
from contextlib import suppress
from types import TracebackType
from typing import Self

from exports.replay.kept_program import KeptProgram
from hashing.files.run_folder import RunFolder

_FLAGS = (
    "--no-first-run", "--no-default-browser-check", "--disable-background-networking", "--disable-component-update",
    "--disable-default-apps", "--disable-domain-reliability", "--disable-extensions", "--disable-quic",
    "--disable-sync", "--force-webrtc-ip-handling-policy=disable_non_proxied_udp", "--password-store=basic",
    "--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider",
)  # fmt: skip
_LONGEST = 4096
_MOST = 1000  # Hosts that are noted by name.


class OfflineBrowser:
    """A browser's window while it is entered; `refused` counts what it asked of other hosts, by host."""

    def __init__(self, program: str, address: str, host: str, *, sandbox: bool = True) -> None:
        self.refused: Counter[str] = Counter()
        self._dead_end = socket.create_server(("127.0.0.1", 0))
        self._profile = RunFolder()
        threading.Thread(target=self._refuse, name="dead-end", daemon=True).start()
        # What the page asks of other hosts goes to a proxy that refuses and counts it: a replay that reaches the
        # network would show what was never captured.
        self._command = [
            program,
            *_FLAGS,
            *([] if sandbox else ["--no-sandbox"]),
            f"--user-data-dir={self._profile.path}",
            f"--proxy-server=http://127.0.0.1:{self._dead_end.getsockname()[1]}",
            f"--proxy-bypass-list=<-loopback>;{host}",  # loopback is not let past by itself
            address,
        ]

    def __enter__(self) -> Self:
        """Open the window."""
        self._program = KeptProgram(self._command)
        return self

    def wait(self, seconds: float | None) -> int | None:
        """Wait until the window is closed, or so long; return the program's exit code where it has ended."""
        return self._program.wait(seconds)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._program.end()
        self._dead_end.close()
        self._profile.close()

    def _refuse(self) -> None:
        """Note the host of each request, and close."""
        while True:
            try:
                connection, _ = self._dead_end.accept()
            except OSError:  # closed: the end
                return
            with connection, suppress(OSError):
                connection.settimeout(1)
                host = _host(connection.recv(_LONGEST))
                if len(self.refused) < _MOST or host in self.refused:
                    self.refused[host] += 1
                connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def _host(request: bytes) -> str:
    """Return the host of a request to a proxy (RFC 9112, section 3.2)."""
    words = request.partition(b"\r\n")[0].decode("ascii", "replace").split(" ")
    target = words[1] if len(words) > 1 else "?"
    return target.partition("://")[2].partition("/")[0] if "://" in target else target

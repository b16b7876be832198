"""Whether this very version of a browser can be recorded: a page of ours is shown, and the record held against it."""

from __future__ import annotations

import hashlib
import itertools
import socket
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from capture.browser.program import BrowserProgram
from capture.browser.rendering import HowItWent, RenderingBrowser
from capture.browser.settings import RenderingSettings
from capture.errors import NotRendered
from capture.recorder.exchange import EndedExchange
from capture.recorder.settings import NetworkSettings
from capture.recorder.stopping import Stop
from hashing.ledger.mac import Mac
from hashing.times import system_clock

_PAGE = (
    b"<!doctype html><title>Self-test</title><h1>goldenhour</h1>" + b"<p>What was sent is what is recorded.</p>" * 500
)
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b"
_SECONDS = 30.0


def self_test(program: BrowserProgram) -> str:
    """Show a page from a socket of ours on 127.0.0.1; return the browser's version. Raises NotRendered, OSError."""
    ended: list[EndedExchange] = []
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_serve, args=(server,), name="self-test", daemon=True).start()
        browser = RenderingBrowser(
            RenderingSettings(program=program, scroll=1.0),
            NetworkSettings(allow_private=True, timeout=_SECONDS),
            incoming=Path(folder),
            scratch=Path(folder),
            mac=Mac.that_nobody_checks(),
            root=None,
            ref="",
            next_number=itertools.count(1).__next__,
            named_by_public=lambda *_: False,
            reached=lambda _: None,
            ended=ended.append,
            received=lambda _: None,
            stop=Stop(),
            clock=system_clock,
        )
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        with browser:
            shown = list(browser.show(url, lambda _: [], lambda _: []))
        went = shown[-1]
        problems = went.problems if isinstance(went, HowItWent) else ["nothing was shown"]
        bodies = {each.url: each.sha256 for each in ended if not each.cut}
        if bodies.get(url) != hashlib.sha256(_PAGE).hexdigest():
            problems.append("what its log says it received is not what was sent")
        if browser.record.unrecorded or not browser.record.whole:
            problems.append("its log does not hold every request")
        if problems:
            raise NotRendered(f"{browser.browser.version}: {'; '.join(problems)}")
        return browser.browser.version


def _serve(server: socket.socket) -> None:
    """Answer every connection with the page, until the socket is closed."""
    with suppress(OSError):
        while True:
            connection = server.accept()[0]
            with connection, suppress(OSError):
                connection.recv(1 << 16)
                connection.sendall(_ANSWER % (len(_PAGE), _PAGE))

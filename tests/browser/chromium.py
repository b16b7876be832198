"""Chromium at the other end of two pipes: commands go in as JSON, answers and events come out.

https://chromedevtools.github.io/devtools-protocol/. Every name that it resolves leads to a socket of ours, so that a
request to anywhere is seen, whoever makes it.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.patience import PATIENCE

NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--headless=new", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions", "--hide-scrollbars", "--mute-audio",
    "--disable-default-apps", "--no-default-browser-check", "--disable-dev-shm-usage",
    "--disable-features=Translate,OptimizationHints,MediaRouter",
)  # fmt: skip
# The browser wants the pipes as its third and fourth file: this becomes it once they are there.
_BECOME = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
os.dup2(ends[0], 3)
os.dup2(ends[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""

Json = dict[str, Any]


def found() -> str | None:
    """Return the path of the system's Chromium, if it has one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Devtools:
    """A browser at the other end of two pipes. Raises AssertionError where it answers nothing, or with an error."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = commands, answers
        self._buffer = b""
        self._number = 0
        self.events: list[tuple[str, str, Json]] = []
        """Session, method and parameters of what happened, oldest first."""

    def call(self, method: str, session: str = "", /, **params: object) -> Json:
        """Give a command and return its answer."""
        self._number += 1
        number = self._number
        message: Json = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self._next(deadline)
            if answer.get("id") == number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                result: Json = answer["result"]
                return result

    def wait(self, session: str, method: str, since: int) -> None:
        """Wait until an event is there, among those from number `since` on."""
        deadline = time.monotonic() + PATIENCE
        while not any(event[:2] == (session, method) for event in self.events[since:]):
            self._next(deadline)

    def _next(self, deadline: float) -> Json:
        """Return the next message; what is an event is kept as well."""
        while b"\0" not in self._buffer:
            left = deadline - time.monotonic()
            ready = select.select([self._answers], [], [], max(left, 0))[0]
            assert ready, "the browser does not answer"
            piece = os.read(self._answers, 1 << 20)
            assert piece, "the browser has ended"
            self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\0")
        message: Json = json.loads(line)
        if "method" in message:
            self.events.append((message.get("sessionId", ""), message["method"], message["params"]))
            if message["method"] == "Page.javascriptDialogOpening":
                self._dismiss(message["sessionId"])
        return message

    def _dismiss(self, session: str) -> None:
        """Close a dialog, which would hold up everything; that there was one stands among the events."""
        self._number += 1
        command = {"id": self._number, "method": "Page.handleJavaScriptDialog", "params": {"accept": False}}
        os.write(self._commands, json.dumps({**command, "sessionId": session}).encode() + b"\0")


class Chromium(Devtools):
    """A browser that runs until it is closed."""

    def __init__(self, program: str, *, loopback: bool = False) -> None:
        """Start it; with `loopback` it reaches servers on 127.0.0.1, as long as they are called so."""
        self.door = socket.create_server(("127.0.0.1", 0), backlog=16)
        """Where every name leads: a connection that waits here is a request that was made."""
        self.door.setblocking(False)
        self._profile = tempfile.mkdtemp(prefix="goldenhour-chromium-")
        reading, commands = os.pipe()
        answers, writing = os.pipe()
        super().__init__(commands, answers)
        where = [
            f"--user-data-dir={self._profile}",
            f"--host-resolver-rules=MAP * 127.0.0.1:{self.door.getsockname()[1]}"
            + (", EXCLUDE 127.0.0.1" if loopback else ""),
        ]
        as_root = ["--no-sandbox"] if os.geteuid() == 0 else []  # the sandbox refuses root
        command = [program, *_FLAGS, *as_root, *where, "--remote-debugging-pipe", "about:blank"]
        self._process = subprocess.Popen(
            [sys.executable, "-c", _BECOME, str(reading), str(writing), *command],
            pass_fds=(reading, writing),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={
                **os.environ,
                "HOME": self._profile,
                "XDG_CONFIG_HOME": self._profile,
                "XDG_CACHE_HOME": self._profile,
            },
        )
        os.close(reading)
        os.close(writing)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def visitors(self) -> list[bytes]:
        """Return the first words of every connection that was made since the last time: to whom it was meant to go.

        The browser itself calls its maker now and then; a TLS greeting names the host.
        """
        said = []
        with suppress(BlockingIOError):
            while True:
                visitor = self.door.accept()[0]
                visitor.settimeout(2)
                with visitor, suppress(TimeoutError, ConnectionError):
                    said.append(visitor.recv(4096))
        return said

    def close(self) -> None:
        """End the browser and remove its profile."""
        with suppress(OSError, AssertionError):
            self.call("Browser.close")
        os.close(self._commands)
        os.close(self._answers)
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.door.close()
        shutil.rmtree(Path(self._profile), ignore_errors=True)

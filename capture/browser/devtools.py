"""Chromium at the other end of three pipes: commands, answers and events, and the log of its network.

The protocol is Chromium's DevTools protocol (https://chromedevtools.github.io/devtools-protocol/), a message of JSON
ended by a zero byte. The log goes into a pipe that the browser inherits: nothing of it touches the disk.
"""

from __future__ import annotations

import fcntl
import json
import os
import queue
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from capture.browser.poured import Messages, Pour
from capture.errors import BrowserSilent, NotRendered

if TYPE_CHECKING:
    from pathlib import Path

    from capture.recorder.stopping import Stop

Json = dict[str, Any]
# Told the session, the method and its parameters. Called in the thread that reads: it may post, and not call.
OnEvent = Callable[[str, str, Json], None]

_PIPE_SIZE = 1 << 20
_PIECE = 1 << 20
_CLEAR_OF_OTHERS = 20  # Descriptors from here on are none of those that the browser wants its pipes as.
# A socket of the browser's stands in the temporary folder, and its path may have no more than 107 bytes.
_LONGEST_TEMPORARY = 60
_START = 30.0
_CLOSE = 30.0  # Seconds in which it may write the rest of its log, which we read at some 8 MB of bodies a second.
_ENDED = "the browser ended"
_DESKTOP = (
    "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR", "XDG_SESSION_TYPE", "XDG_CURRENT_DESKTOP",
    "DBUS_SESSION_BUS_ADDRESS", "XMODIFIERS", "GTK_IM_MODULE",
)  # fmt: skip
"""What says where a user's desktop is, and how letters are typed there."""


class Browser:
    """A running browser. Close it when done. `log` is told what it writes to its log, in a thread of its own.

    Raises NotRendered where it does not start.
    """

    def __init__(
        self, command: list[str], folder: Path, log: Callable[[bytes], None], stop: Stop, *, visible: bool = False
    ) -> None:
        self._stop = stop
        self._log = log
        self._number = 0
        self._sending = threading.Lock()
        self._waiting: dict[int, queue.SimpleQueue[Json]] = {}
        self._pours: dict[int, Pour] = {}
        self._listeners: list[OnEvent] = []
        self.ended = threading.Event()  # Set once the browser answers no more.
        # What made reading the log impossible: the browser is ended then, since it would go unrecorded.
        self.log_error: BaseException | None = None
        commands, self._commands = _pipe()
        self._answers, answers = _pipe()
        self._net, net = _pipe()
        with suppress(AttributeError, OSError):  # a Linux call; others have pipes of 64 KiB
            for each in (self._net, self._answers):
                fcntl.fcntl(each, fcntl.F_SETPIPE_SZ, _PIPE_SIZE)
        messages = os.open(folder / "messages", os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._messages = os.dup(messages)
        nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        as_files = {0: nothing, 1: nothing, 2: messages, 3: commands, 4: answers, 5: net}
        try:
            self.pid = os.posix_spawn(
                command[0],
                command,
                _environment(folder) | (_of_the_desktop() if visible else {}),
                file_actions=[(os.POSIX_SPAWN_DUP2, each, number) for number, each in as_files.items()],
                setpgroup=0,
            )
        except OSError as error:
            for each in (self._commands, self._answers, self._net, self._messages):
                os.close(each)
            raise NotRendered(f"{command[0]} could not be started: {error.strerror}") from error
        finally:
            for each in {*as_files.values()}:
                os.close(each)
        self._threads = [
            threading.Thread(target=run, name=name, daemon=True)
            for name, run in (("browser", self._read), ("browser-log", self._read_log))
        ]
        for thread in self._threads:
            thread.start()
        try:
            said = self.call("Browser.getVersion", timeout=_START)
        except NotRendered as error:
            said_last = self._complaint()
            self.close()
            raise NotRendered(f"{command[0]} did not start: {said_last}") from error
        self.version: str = said["product"]
        self.user_agent: str = said["userAgent"]

    def listen(self, listener: OnEvent) -> None:
        """Have `listener` told of every event from now on."""
        self._listeners.append(listener)

    def heed(self, stop: Stop) -> None:
        """Have calls end when `stop` is asked, from now on."""
        self._stop = stop

    def unlisten(self, listener: OnEvent) -> None:
        """Have it told no more."""
        self._listeners.remove(listener)

    def post(self, method: str, session: str = "", /, **params: object) -> None:
        """Give a command whose answer nobody waits for."""
        with suppress(NotRendered):
            self._send(method, session, params, None)

    def call(
        self, method: str, session: str = "", /, *, timeout: float = 30.0, pour: Pour | None = None, **params: object
    ) -> Json:
        """Give a command and return its answer; `pour` takes the string `data` that the answer begins with.

        Raises BrowserSilent where none comes in time, else NotRendered.
        """
        answers: queue.SimpleQueue[Json] = queue.SimpleQueue()
        number = self._send(method, session, params, answers, pour)
        try:
            with self._stop.heeded(lambda reason: answers.put({"error": {"message": reason}})):
                answer = answers.get(timeout=timeout)
        except queue.Empty:
            raise BrowserSilent(f"the browser did not answer within {timeout:.3g} s ({method})") from None
        finally:
            self._waiting.pop(number, None)
        if "error" in answer:
            raise NotRendered(f"{str(answer['error'].get('message'))[:300]} ({method})")
        result: Json = answer["result"]
        return result

    def kill(self) -> None:
        """End it at once, with all its processes."""
        with suppress(OSError):
            os.killpg(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """End it, and have its log read to the end."""
        with suppress(NotRendered):
            self._send("Browser.close", "", {}, None)
        if not self._gone(_CLOSE):
            self.kill()
            self._gone(_CLOSE)
        self.kill()  # whatever of it is left: what reads its pipes comes to their ends
        for thread in self._threads:
            thread.join()
        for each in (self._commands, self._messages):
            with suppress(OSError):  # closed before
                os.close(each)

    def _gone(self, seconds: float) -> bool:
        """Wait for its process to end; say whether it did."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if os.waitpid(self.pid, os.WNOHANG)[0]:
                    return True
            except ChildProcessError:
                return True
            time.sleep(0.02)
        return False

    def _complaint(self) -> str:
        """Return the last thing that it said on its way out."""
        lines = os.pread(self._messages, _PIECE, 0).decode("utf-8", "replace").strip().splitlines()
        return lines[-1][-300:] if lines else "it said nothing"

    def _send(
        self, method: str, session: str, params: Json, answers: queue.SimpleQueue[Json] | None, pour: Pour | None = None
    ) -> int:
        with self._sending:
            self._number += 1
            message: Json = {"id": self._number, "method": method, "params": params}
            if session:
                message["sessionId"] = session
            if answers is not None:
                self._waiting[self._number] = answers
            if pour is not None:  # until its message has come, also where nobody waits for it any more
                self._pours[self._number] = pour
            if self.ended.is_set():
                raise NotRendered(self._why_ended())
            view = memoryview(json.dumps(message).encode() + b"\0")
            try:
                while view:
                    view = view[os.write(self._commands, view) :]
            except OSError as error:
                raise NotRendered(self._why_ended()) from error
            return self._number

    def _why_ended(self) -> str:
        return f"its log could not be read: {self.log_error}" if self.log_error is not None else _ENDED

    def _read(self) -> None:
        messages = Messages(self._pours)
        with suppress(OSError, ValueError):
            while piece := os.read(self._answers, _PIECE):
                for message in messages.fed(piece):
                    self._dispatch(json.loads(message))
        self.ended.set()
        for each in list(self._waiting.values()):
            each.put({"error": {"message": self._why_ended()}})
        os.close(self._answers)

    def _dispatch(self, message: Json) -> None:
        if "id" in message:
            self._pours.pop(message["id"], None)
            waiting = self._waiting.pop(message["id"], None)
            if waiting is not None:
                waiting.put(message)
        else:
            for listener in list(self._listeners):
                listener(message.get("sessionId", ""), message["method"], message.get("params", {}))

    def _read_log(self) -> None:
        try:
            while piece := os.read(self._net, _PIECE):
                self._log(piece)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the browser may not go on unrecorded
            self.log_error = error
            self.kill()
        os.close(self._net)


def _pipe() -> tuple[int, int]:
    """Return the ends of a pipe, reading first, clear of the numbers that the browser wants."""
    ends = os.pipe()
    moved = tuple(fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, _CLEAR_OF_OTHERS) for each in ends)
    for each in ends:
        os.close(each)
    return moved[0], moved[1]


def _environment(folder: Path) -> dict[str, str]:
    """Return what the browser may know of this user: nothing but where it may write, and the words of the system."""
    kept = {
        name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TZ", "FONTCONFIG_PATH") if name in os.environ
    }
    home = str(folder)
    return {
        **kept,
        "HOME": home,
        "XDG_CONFIG_HOME": home,
        "XDG_CACHE_HOME": home,
        "XDG_RUNTIME_DIR": home,
        **({"TMPDIR": home} if len(home) <= _LONGEST_TEMPORARY else {}),
        "GOOGLE_API_KEY": "no",
        "GOOGLE_DEFAULT_CLIENT_ID": "no",
        "GOOGLE_DEFAULT_CLIENT_SECRET": "no",
    }


def _of_the_desktop() -> dict[str, str]:
    """Return what a program needs to open a window at this user's desktop."""
    found = {name: os.environ[name] for name in _DESKTOP if name in os.environ}
    return {"XAUTHORITY": os.path.expanduser("~/.Xauthority"), **found}  # noqa: PTH111 - a home that is not there

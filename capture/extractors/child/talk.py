"""The child's side: its socket to the parent, and the end of a process that thinks too long."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, BinaryIO, TypeVar

import msgspec

from capture.extractors.child.messages import ChildMessage, FetchAnswer, FetchQuestion
from hashing.sandbox import channel

if TYPE_CHECKING:
    import socket

T = TypeVar("T", bound=ChildMessage)

_LONGEST = 48 << 20
# Seconds between two messages. The parent is less patient; this is for one that was killed, which ends nobody.
_LONGEST_THOUGHT = 660


class Talk:
    """The socket to the parent. Thread-safe: some extractors ask from several threads."""

    def __init__(self, talk: socket.socket) -> None:
        self._talk = talk
        self._lock = threading.Lock()
        self.asked = 0  # Requests that were answered.

    def task(self, kind: type[T]) -> T:
        """Return what is to be done."""
        return msgspec.json.decode(channel.receive(self._talk, _LONGEST)[0], type=kind)

    def say(self, said: ChildMessage) -> None:
        """Tell the parent something."""
        with self._lock:
            self._write(said)

    def ask(self, ask: ChildMessage) -> tuple[FetchAnswer, BinaryIO | None]:
        """Ask the parent for something; return what it tells, and the file that it hands over."""
        with self._lock:
            self._write(ask)
            end_after(0)  # a fetch may take hours
            message, files = channel.receive(self._talk, _LONGEST)
            end_after()
        if not message:
            os._exit(0)  # the parent is gone, and nobody else waits for anything
        self.asked += isinstance(ask, FetchQuestion)
        opened = [os.fdopen(file, "rb") for file in files]
        return msgspec.json.decode(message, type=FetchAnswer), opened[0] if opened else None

    def _write(self, said: ChildMessage) -> None:
        end_after(0)  # the parent may be slow to listen
        channel.send(self._talk, msgspec.json.encode(said))
        end_after()


def end_after(seconds: int | None = None) -> None:
    """Have the system end this process after so many seconds, whatever it is at then; 0 takes that back."""
    if hasattr(signal, "alarm"):  # not on Windows
        signal.alarm(_LONGEST_THOUGHT if seconds is None else seconds)

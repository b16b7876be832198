"""The process that reads documents, from inside: a question in, its answers out, nothing else in or out."""

from __future__ import annotations

import importlib
import inspect
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from hashing.sandbox import channel

if TYPE_CHECKING:
    import socket

_LONGEST_QUESTION = 16 << 20
# Seconds between two answers. The parent is less patient; this is for one that was killed, which ends nobody.
_LONGEST_THOUGHT = 330
_LONGEST_REASON = 300
_PAGE = os.sysconf("SC_PAGESIZE") if hasattr(os, "sysconf") else 4096
# Bytes by which a process may have grown and still read another document: that one is to find as much room.
_MOST_GROWTH = 8 << 20
try:
    _SIZES = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)  # while that is still allowed
except OSError:
    _SIZES = -1


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A document to be read: by which `module:function`, and with what plain values besides the files handed over."""

    function: str
    arguments: tuple[object, ...] = ()


class ReaderAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that a function says of a document, or that it says no more, or why it cannot."""

    value: msgspec.Raw = msgspec.Raw(b"\xc0")
    ended: bool = False
    failed: str = ""
    goes_on: bool = False  # Whether the process can read another document after a failure.
    grown: bool = False  # Whether the process has grown so large that it is not to read another.


def read_documents(talk: socket.socket) -> None:
    """Answer questions until there are no more, which is so when the parent process ends."""
    encoder, small = msgspec.msgpack.Encoder(), _data()
    while True:
        question, descriptors = channel.receive(talk, _LONGEST_QUESTION)
        if not question:
            return
        asked = msgspec.msgpack.decode(question, type=Asked)
        files = [os.fdopen(descriptor, "rb") for descriptor in descriptors]
        _alarm(_LONGEST_THOUGHT)
        try:
            for value in _values(asked, files):
                _say(talk, ReaderAnswer(value=msgspec.Raw(encoder.encode(value))))
            _say(talk, ReaderAnswer(ended=True, grown=_data() - small > _MOST_GROWTH))
        except (BrokenPipeError, ConnectionError):
            return
        # After this the interpreter may be in any state: a new process reads the next document.
        except MemoryError:
            _say(talk, ReaderAnswer(failed="it takes more memory to read than is allowed"))
            sys.exit(0)  # what this has left behind is nobody's knowledge
        except Exception as error:  # noqa: BLE001 - whatever a document brings about is this document's failure
            error_text = " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_REASON]
            failed = f"the reader failed ({error_text})".encode("utf-8", "replace").decode()
            _say(talk, ReaderAnswer(failed=failed, goes_on=_data() - small <= _MOST_GROWTH))
        finally:
            for file in files:
                file.close()
        _alarm(0)


def _data() -> int:
    """Return the bytes of data that count towards this process's limit (proc(5)); 0 where the system does not tell."""
    return int(os.pread(_SIZES, 256, 0).split()[5]) * _PAGE if _SIZES >= 0 else 0


def _values(asked: Asked, files: Sequence[object]) -> Iterator[object]:
    module, _, name = asked.function.partition(":")
    value = getattr(importlib.import_module(module), name)(*files, *asked.arguments)
    if inspect.isgenerator(value):
        yield from value
    else:
        yield value


def _say(talk: socket.socket, answer: ReaderAnswer) -> None:
    message = msgspec.msgpack.encode(answer)
    _alarm(0)  # the parent may be slow to listen
    channel.send(talk, message)
    _alarm(_LONGEST_THOUGHT)


def _alarm(seconds: int) -> None:
    if hasattr(signal, "alarm"):  # not on Windows
        signal.alarm(seconds)

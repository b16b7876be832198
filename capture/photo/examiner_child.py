"""The process that examines photos: one JSON line in, one JSON line out, nothing else in or out."""

from __future__ import annotations

import json
import math
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import msgspec

from capture.photo.examine import examine

_MEMORY = 1 << 30
_GRACE = 5
"""Seconds after the deadline at which a reader whose parent is gone, and that hangs, is ended by the system."""


def main() -> None:
    """Answer requests on standard input until it ends, which it does when the parent process does."""
    answers = os.fdopen(os.dup(1), "wb")
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)  # what a library prints must not look like an answer
    _bound()
    _load()
    _say(answers.fileno(), {"ready": True})
    for line in sys.stdin.buffer:
        request = json.loads(line)
        _alarm(math.ceil(request["seconds"]) + _GRACE)
        facts = examine(Path(os.fsdecode(bytes.fromhex(request["path"]))))
        _alarm(0)
        _say(answers.fileno(), {"facts": facts})


def _bound() -> None:
    """Give up what a reader does not need: gigabytes, files to write, traces of its memory on disk, the keyboard."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return
    for limit, most in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        with suppress(OSError, ValueError):  # a system that does not keep this limit, or is stricter already
            resource.setrlimit(limit, (most, most))


def _load() -> None:
    """Import what nearly every photo needs, while the parent still waits for the network."""
    import logging

    logging.disable()
    with suppress(ImportError):
        import exifread  # noqa: F401 - imported for later
        import PIL.JpegImagePlugin
        import PIL.PngImagePlugin  # noqa: F401 - imported for later


def _alarm(seconds: int) -> None:
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)


def _say(descriptor: int, answer: object) -> None:
    data = msgspec.json.encode(answer) + b"\n"
    while data:
        data = data[os.write(descriptor, data) :]

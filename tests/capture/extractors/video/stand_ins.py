"""What stands in the place of yt-dlp in tests: functions that a sandbox runs with the socket to its parent."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

from capture.extractors.child import talk as child_talk
from capture.extractors.video import extraction_child
from hashing.sandbox import channel

if TYPE_CHECKING:
    import socket

_LONGEST = 1 << 20


def wait(talk: socket.socket) -> None:
    """Say nothing."""
    channel.receive(talk, _LONGEST)
    channel.receive(talk, _LONGEST)


def spin(_: socket.socket) -> None:
    """Think without end."""
    while True:
        pass


def leave(_: socket.socket) -> None:
    """End without a word."""
    os._exit(3)


def abort(_: socket.socket) -> None:
    """Crash."""
    os.abort()


def hello(talk: socket.socket) -> None:
    """Say what is no message."""
    channel.receive(talk, _LONGEST)
    channel.send(talk, b"hello")


def nested(talk: socket.socket) -> None:
    """Say what is nested too deeply."""
    channel.receive(talk, _LONGEST)
    channel.send(talk, b"[" * 100_000)


def lie(talk: socket.socket) -> None:
    """Say what no video is."""
    channel.receive(talk, _LONGEST)
    channel.send(talk, b'{"type":"Video","extractor":1}')


def environment(talk: socket.socket) -> None:
    """Say what the environment holds."""
    channel.receive(talk, _LONGEST)
    channel.send(talk, json.dumps({"type": "Remark", "words": json.dumps(dict(os.environ))}).encode())
    channel.send(talk, b'{"type":"Ended"}')


def ask_nine_times(talk: socket.socket) -> None:
    """Ask more often than is answered."""
    channel.receive(talk, _LONGEST)
    for number in range(9):
        channel.send(talk, b'{"type":"FetchQuestion","url":"http://127.0.0.1:9/%d"}' % number)
        channel.receive(talk, _LONGEST)
    channel.send(talk, b'{"type":"Ended"}')


def ask_and_open(talk: socket.socket) -> None:
    """Ask once; say what came with the answer, and whether a file of the user's can be opened."""
    channel.receive(talk, _LONGEST)
    channel.send(talk, b'{"type":"FetchQuestion","url":"http://127.0.0.1:9/"}')
    answered, files = channel.receive(talk, _LONGEST)
    words = [answered.decode(), *(os.read(file, 100).decode() for file in files)]
    channel.send(talk, json.dumps({"type": "Remark", "words": json.dumps(words)}).encode())
    channel.send(talk, b'{"type":"Ended"}')


def lost(talk: socket.socket) -> None:
    """Be lost in a regular expression, as an extractor may be."""
    child_talk._LONGEST_THOUGHT = 1
    extraction_child._Looking.look = lambda _: re.match("(a|a)*b", "a" * 100)  # type: ignore[method-assign, assignment]  # a stand-in
    extraction_child.extract(talk)


def ffmpeg(talk: socket.socket) -> None:
    """Start a program as yt-dlp does, and ask the web as its oldest extractors do; say what came of it."""
    channel.receive(talk, _LONGEST)
    from urllib.request import urlopen

    from yt_dlp.utils import Popen  # type: ignore[import-untyped]  # it ships no types

    words = []
    for attempt in (lambda: Popen.run(["ffmpeg"]), lambda: urlopen("http://127.0.0.1:9/")):
        try:
            attempt()  # type: ignore[no-untyped-call]  # yt-dlp ships no types
        except OSError as error:
            words.append(str(error))
    channel.send(talk, json.dumps({"type": "Remark", "words": json.dumps(words)}).encode())
    channel.send(talk, b'{"type":"Ended"}')

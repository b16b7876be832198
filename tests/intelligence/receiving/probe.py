"""What the process that serves the public's page tries here, and what becomes of it."""

from __future__ import annotations

import json
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from hashing.sandbox import channel

if TYPE_CHECKING:
    from collections.abc import Callable


def probe(talk: socket.socket) -> None:
    """Try it all, and answer how each ended."""
    key, case, inbox = map(Path, json.loads(channel.receive(talk, 1 << 16)[0]))
    tries: dict[str, Callable[[], object]] = {
        "key": key.read_bytes,
        "case": case.read_bytes,
        "socket": lambda: socket.create_connection(("127.0.0.1", 9)),
        "program": lambda: subprocess.run(["/bin/true"], check=True),
        "inbox": lambda: (inbox / "x").write_bytes(b"x"),
        "link": lambda: (inbox / "y").symlink_to(key),
    }
    channel.send(talk, json.dumps({name: _ended(attempt) for name, attempt in tries.items()}).encode())
    channel.receive(talk, 1)


def _ended(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except OSError as error:
        return type(error).__name__
    return "written"

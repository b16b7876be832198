from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_TRIES = {
    "connect": "import socket; socket.create_connection(('127.0.0.1', 9), 1)",
    "datagram": "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
    "resolve": "import socket; socket.getaddrinfo('example.org', 80)",
    "resolve the old way": "import socket; socket.gethostbyname('example.org')",
    "listen": "import socket; socket.create_server(('127.0.0.1', 0))",
    "write": "open('/tmp/goldenhour-test-of-the-room', 'w')",
    "append": "open('/tmp/goldenhour-test-of-the-room', 'ab')",
    "make a folder": "import os; os.mkdir('/tmp/goldenhour-test-of-the-room')",
    "remove": "import os; os.remove('/tmp/goldenhour-test-of-the-room')",
    "rename": "import os; os.rename('/tmp/a', '/tmp/b')",
    "ffmpeg": "import subprocess; subprocess.run(['ffmpeg', '-version'])",
    "a shell": "import os; os.system('true')",
    "a fork": "import os; os.fork()",
    "another program": "import os; os.execv('/bin/true', ['true'])",
    "yt-dlp's ffmpeg": "from yt_dlp.utils import Popen; Popen.run(['ffmpeg'])",
    "yt-dlp's urllib": "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9/')",
}


def _run(code: str, path: str = "") -> str:
    program = f"from hashing.sandbox.audit_hook import close_room; close_room()\n{code}\nprint('done')"
    environment = os.environ | ({"PATH": path} if path else {})
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, env=environment
    ).stderr


@pytest.mark.parametrize("code", _TRIES.values(), ids=_TRIES)
def test_nothing_leaves_the_room(code: str) -> None:
    """In the process that runs yt-dlp every way round the recorder is refused by Python itself."""
    assert "refused: " in _run(code)


def test_reading_is_allowed() -> None:
    """What the recorder has stored can be read, and nothing is lost to /dev/null being closed."""
    assert _run("open('/etc/hostname', 'rb').read(); open('/dev/null', 'w').write('x'); import json") == ""


def test_the_javascript_runtime_may_be_started(tmp_path: Path) -> None:
    """deno, which yt-dlp gives neither network nor files, is the one program that runs, with pipes to it."""
    deno = tmp_path / "deno"
    deno.write_text("#!/bin/sh\ncat\n")
    deno.chmod(0o700)
    code = (
        "import subprocess\n"
        "from yt_dlp.utils import Popen\n"
        "with Popen(['deno', 'run', '-'], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:\n"
        "    assert process.communicate_or_kill('x')[0] == 'x'"
    )
    assert _run(code, f"{tmp_path}:/bin:/usr/bin") == ""

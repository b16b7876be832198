from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.exports.small_case import Thing, make_case, photo

ROOT = Path(__file__).parents[1]
HEAVY = {
    "PIL",
    "cryptography",
    "exifread",
    "jinja2",
    "lxml",
    "msgspec",
    "platformdirs",
    "requests",
    "rfc3161_client",
    "rfc8785",
    "rich",
    "segno",
    "urllib3",
    "yt_dlp",
}
"""Every library that goldenhour depends on, but click."""

BESIDE_THE_POINT = {
    "capture.recorder", "capture.run", "concurrent.futures", "csv", "difflib", "email", "exports.bundle",
    "exports.custody.receipt", "exports.disclosure.making", "exports.forms", "exports.report",
    "exports.verification.foreign_bag", "exports.verification.wacz", "html", "importlib.metadata", "logging", "zipfile",
}  # fmt: skip
"""What neither help nor the verification of a case needs, though it belongs to the commands, or to what these load."""

_PROGRAM = """
import contextlib, sys
from cli import main
with contextlib.suppress(SystemExit):
    main(sys.argv[1:])
types = {each for module in list(sys.modules.values()) for each in vars(module).values() if isinstance(each, type)}
print(sum("__dataclass_fields__" in vars(each) for each in types), file=sys.stderr)
print(*sorted(sys.modules), file=sys.stderr)
"""
MOST_DATACLASSES = 15
"""Each is half a millisecond of every start, sixty times that of a struct: Python writes and compiles six functions."""


@pytest.mark.parametrize(
    ("command", "needed"),
    [
        ("--help", set()),
        ("show", {"cryptography", "msgspec", "rfc8785", "rich"}),
        ("verify", {"cryptography", "msgspec", "rfc8785"}),
    ],
)
def test_a_command_loads_no_library_that_it_does_not_use(tmp_path: Path, command: str, needed: set[str]) -> None:
    """Help, a look into a case and a verification start without what fetches, parses and draws."""
    maker = make_case(tmp_path)
    maker.capture([Thing("p.jpg", photo())])
    words = [command] if command == "--help" else [command, str(maker.path)]
    ran = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=600
    )
    *_, dataclasses, names = ran.stderr.splitlines()
    loaded = set(names.split())
    assert loaded & HEAVY <= needed, ran.stderr
    assert int(dataclasses) <= MOST_DATACLASSES
    assert command == "show" or not loaded & BESIDE_THE_POINT, loaded & BESIDE_THE_POINT
    assert {"cli", "commands"} <= loaded


def test_help_loads_no_command() -> None:
    """The list of commands is printed from a table, so that it costs no more than click itself."""
    program = "import sys; from cli import main; main(['--help'], standalone_mode=False); print([*sys.modules])"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=600
    )
    loaded = ran.stdout.splitlines()[-1]
    assert "'commands.output'" in loaded
    assert "'commands.capture'" not in loaded
    assert "'hashing'" not in loaded


def test_a_capture_loads_no_http_library() -> None:
    """What sends requests is the recorder itself; what odd addresses, cookies and time stamps need comes with them."""
    program = "import commands.capture, capture.run.run, sys; print([*sys.modules])"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=600
    )
    loaded = set(ast.literal_eval(ran.stdout))
    assert "capture.recorder.recorder" in loaded
    assert not loaded & {"requests", "urllib3", "http.client", "http.cookiejar", "hashing.sandbox.seccomp"}

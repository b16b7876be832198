"""What a reading command can still do once it has begun to read: nothing but that."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import main
from commands import confined
from commands.confined import OwnProcess
from exports.custody.receipt import open_receipt
from hashing.ledger.keys import default_key_path, load_or_create_signing_key
from tests.exports.small_case import CaseMaker, Thing, photo

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64"},
    reason="the kernel confines on Linux alone",
)

_ROOT = Path(__file__).parents[2]

_ATTEMPTS = """
import json, socket, subprocess, sys
from pathlib import Path
from hashing.sandbox import Readers
from hashing.sandbox.reading import confine_reading

case, key, out = map(Path, sys.argv[1:4])
said = {}

def attempt(name, do):
    try:
        said[name] = str(do())
    except OSError as error:
        said[name] = type(error).__name__

def listed():
    with Readers(most=1) as readers:
        return readers.confinement().landlock > 0

confine_reading([case], [out] if "writes" in sys.argv else [])
attempt("read the case", lambda: (case / "case.json").read_bytes() != b"")
attempt("read the key", key.read_bytes)
attempt("list the home", lambda: list(key.parent.iterdir()))
attempt("change the case", lambda: (case / "case.json").open("r+b"))
attempt("write beside it", lambda: (case.parent / "new").write_text("x"))
attempt("write the output", lambda: (out / "new").write_text("x"))
attempt("a link", lambda: (case.parent / "link").symlink_to(key))
attempt("remove", (case / "case.json").unlink)
attempt("connect", lambda: socket.create_connection(("127.0.0.1", 9)))
attempt("a datagram", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
attempt("a shell", lambda: subprocess.run(["/bin/sh", "-c", "true"]))
attempt("another process", lambda: Path("/proc/1/environ").read_bytes())
attempt("a reader in the sandbox", listed)
print(json.dumps(said))
"""

_REFUSED = "PermissionError"


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Return a small case, whose officer's key is in this user's home."""
    key, _ = load_or_create_signing_key(default_key_path())
    maker = CaseMaker(tmp_path / "OP", key)
    maker.capture([Thing("one.jpg", photo(1), text="words")], initials="MP")
    return maker.path


@pytest.mark.parametrize("output", [[], ["writes"]])
def test_a_fault_in_a_reading_command_reaches_nothing(case: Path, tmp_path: Path, output: list[str]) -> None:
    """No key, no other file, no network and no program; readers in the sandbox start none the less."""
    (tmp_path / "out").mkdir()
    arguments: list[str | Path] = [case, default_key_path(), tmp_path / "out", *output]
    run = subprocess.run([sys.executable, "-c", _ATTEMPTS, *arguments], check=True, capture_output=True, cwd=_ROOT)
    said = json.loads(run.stdout)
    allowed = {"read the case", "a reader in the sandbox"}
    assert {name for name, result in said.items() if result == "True"} == allowed
    if output:
        assert said.pop("write the output") == "1"
    assert {result for name, result in said.items() if name not in allowed} == {_REFUSED}


COMMANDS = {
    "verify": ["verify", "CASE"],
    "verify since": ["verify", "CASE", "--since", "CASE"],
    "show": ["show", "CASE"],
    "show an item": ["show", "CASE", "MP/1-0001"],
    "exhibit": ["exhibit", "CASE"],
    "custody show": ["custody", "show", "CASE"],
    "label": ["label", "CASE", "MP/1"],
    "report": ["report", "CASE", "--output", "OUT"],
    "check": ["check", "CASE"],
    "paper": ["paper", "CASE", "--form", "schedule", "--output", "OUT"],
    "convert": ["convert", "CASE", "--to", "csv", "--output", "OUT"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_reading_command_is_confined_before_it_reads(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """All that a command reads is named when it gives everything else up, and not opened before."""
    command = [{"CASE": str(case), "OUT": str(tmp_path / "made")}.get(word, word) for word in COMMANDS[name]]
    kept: list[tuple[tuple[Path | None, ...], Path | None]] = []
    opened: list[str] = []

    def _kept(paths: tuple[Path | None, ...], output: Path | None, *, pictures: bool, programs: list[str]) -> None:
        assert not opened, opened
        assert pictures == (name in {"report", "check"})
        assert name == "check" or not programs
        kept.append((paths, output))

    def _hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and not kept and str(arguments[0]).startswith((str(case), "ledger", "case.json")):
            opened.append(str(arguments[0]))

    sys.addaudithook(_hook)
    monkeypatch.setattr(confined, "_confine", _kept)
    CliRunner().invoke(main, command, obj=OwnProcess())
    [(paths, output)] = kept
    assert {path for path in paths if path is not None} == {case}
    assert output == (tmp_path / "made" if "OUT" in COMMANDS[name] else None)


def test_a_command_confines_itself_as_typed(case: Path, tmp_path: Path) -> None:
    """Run as a program, a reading command cannot open what was not named, whatever leads there; it says so."""
    (tmp_path / "HOME").mkdir()
    trace = tmp_path / "trace.py"
    trace.write_text(
        "import sys, runpy\n"
        "from hashing.sandbox import reading\n"
        "confine = reading.confine_reading\n"
        "def confined(*given):\n"
        "    confine(*given)\n"
        f"    try: open({str(default_key_path())!r})\n"
        "    except PermissionError: print('the key is out of reach', file=sys.stderr)\n"
        "reading.confine_reading = confined\n"
        "from cli import main\n"
        "main()\n"
    )
    receipt = tmp_path / "receipt"
    for arguments in (f"show {case}", f"verify {case} --receipt {receipt} --officer Hill --quiet"):
        environment = os.environ | {"PYTHONPATH": str(_ROOT)}
        command = [sys.executable, str(trace), *arguments.split()]
        run = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
        assert run.returncode == 0, run.stderr
        assert "the key is out of reach" in run.stderr
    signed = open_receipt(receipt.read_bytes())
    assert (signed.verdict, signed.officer) == ("ok", "Hill")
    assert signed.public_key == load_or_create_signing_key(default_key_path())[0].public.raw.hex()


def test_what_is_found_apart_ends_as_it_does_here(case: Path, tmp_path: Path) -> None:
    """The exit code of a verification with a receipt is that without one, and a fault writes none."""
    (case / "ledger.jsonl").chmod(0o600)
    with (case / "ledger.jsonl").open("ab") as ledger:
        ledger.write(b"{}\n")
    for more in ([], ["--receipt", str(tmp_path / "receipt"), "--officer", "John Hill"]):
        command = [sys.executable, "-m", "cli", "verify", str(case), "--quiet", *more]
        run = subprocess.run(command, check=False, capture_output=True, text=True, cwd=_ROOT)
        assert run.returncode in {5, 6}
        assert "the last 1 lines" in run.stdout or "not" in run.stdout

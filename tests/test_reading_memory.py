"""Whatever a stranger writes into a case, the commands that read it take bounded memory: measured in processes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.exports.small_case import Thing, make_case, photo

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 300 << 20
"""Bytes."""
ROOT = Path(__file__).parents[1]
_MEASURED = """
import atexit, re, sys
def peak():
    print(re.search(r"VmHWM:\\s+([0-9]+) kB", open("/proc/self/status").read())[1], file=sys.stderr)
atexit.register(peak)
from cli import main
main()
"""

COMMANDS = {
    "show": ["show", "CASE"],
    "show as JSON": ["show", "CASE", "--json"],
    "show an exhibit": ["show", "CASE", "MP/1"],
    "find": ["show", "CASE", "--find", "zzz"],
    "exhibit": ["exhibit", "CASE"],
    "custody show": ["custody", "show", "CASE"],
    "label": ["label", "CASE", "MP/1"],
    "check": ["check", "CASE", "--quiet"],
}


def _line(ledger: Path, event: str) -> bytes:
    return next(line for line in ledger.read_bytes().splitlines(keepends=True) if f'"event":"{event}"'.encode() in line)


def _many(event: str, lines: int) -> Callable[[Path], bytes]:
    """Return what repeats a line of a capture's ledger, each time with other numbers."""
    named = re.compile(rb"(?<=[0-9]-)0001(?=[-\"])|(?<=\"exchange\":)1|(?<=urn:uuid:)[0-9a-f]{8}")

    def _lines(case: Path) -> bytes:
        line = _line(next(case.glob("captures/*/ledger.jsonl")), event)
        return b"".join(named.sub(b"%08d" % number, line) for number in range(10_000_000, 10_000_000 + lines))

    return _lines


def _long(case: Path) -> bytes:
    line = _line(next(case.glob("captures/*/ledger.jsonl")), "item")
    words = b'"url":"' + b"a" * (3 << 20)
    return b"".join(line.replace(b"-0001", b"-%04d" % each).replace(b'"url":"', words) for each in range(130))


def _registered(case: Path) -> bytes:
    line = _line(case / "ledger.jsonl", "capture-registered")
    return b"".join(
        re.sub(rb'"exhibit":"[^"]*"', b'"exhibit":"JH/%d"' % number, line).replace(b"Z-", b"Z-%07d" % number)
        for number in range(100_000)
    )


FLOODS: dict[str, tuple[str, Callable[[Path], bytes]]] = {
    "items": ("captures/*/ledger.jsonl", _many("item", 150_000)),
    "exchanges": ("captures/*/ledger.jsonl", _many("exchange", 140_000)),
    "long items": ("captures/*/ledger.jsonl", _long),
    "captures": ("ledger.jsonl", _registered),
}


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is measured as Linux tells it")
@pytest.mark.sample(2)
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("flood", FLOODS)
def test_a_case_of_a_stranger_takes_little_memory(flood: str, command: str, tmp_path: Path) -> None:
    """Lines by the hundred thousand, or of megabytes, are shown within the bound, or refused in words."""
    maker = make_case(tmp_path)
    maker.capture([Thing("one.jpg", photo(1))])
    name, lines = FLOODS[flood]
    [ledger] = maker.path.glob(name)
    ledger.chmod(0o600)
    with ledger.open("ab") as opened:
        opened.write(lines(maker.path))
    words = [str(maker.path) if word == "CASE" else word for word in COMMANDS[command]]
    run = subprocess.run([sys.executable, "-c", _MEASURED, *words], cwd=ROOT, capture_output=True, check=False)
    *said, peak = run.stderr.decode("utf-8", "replace").splitlines()
    assert run.returncode in {0, 2, 6}, said[-20:]
    assert "Traceback" not in "".join(said)
    assert int(peak) << 10 < MOST, f"{int(peak) >> 10} MiB"

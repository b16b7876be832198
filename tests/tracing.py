"""What a run of commands asks the kernel for, as strace saw it: which files were opened, and which were changed.

`python -m tests.tracing PLAN` is what is traced: it puts something hostile in a file's place, runs a command as typed,
puts the file back, and marks in the trace where each command begins and ends.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from click.testing import CliRunner

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ROOT = Path(__file__).parents[1]
_MARK = "/marked-in-the-trace"
_CALLS = "%file,fchmod,fchown,ftruncate,fsetxattr,fremovexattr,connect,bind"
_LINE = re.compile(r"\d+ +(?P<name>\w+)\((?P<said>.*)\) += (?P<result>-?\d+)(?:<(?P<path>.*)>)?")
_PATH = re.compile(r'(?:(?:AT_FDCWD|\d+)<(?P<folder>[^>]*)>, )?"(?P<name>(?:[^"\\]|\\.)*)"|^\d+<(?P<open>[^>]*)>')
_RESUMED = re.compile(r" *<\.\.\. \w+ resumed>")
_OPENING = frozenset({"open", "openat", "openat2", "creat"})
_WRITING = re.compile(r"O_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)")
_CHANGING = re.compile(
    r"(?:unlink|rename|mkdir|rmdir|link|symlink|mknod|truncate|f?chmod|f?l?chown|[fl]?setxattr|[fl]?removexattr|utime)"
)


class Traced(msgspec.Struct, frozen=True):
    """A command, as typed, and what stands in the place of one file or folder while it runs: a link, or a pipe."""

    command: list[str]
    place: str = ""
    target: str = ""
    """Where the link leads; "" for a pipe."""


class Touched(msgspec.Struct, frozen=True):
    """A file that was opened or changed, by its real path where it was opened."""

    call: str
    path: str
    changed: bool


def strace() -> str:
    """Return where strace is; "" where it is not, or may trace nothing."""
    program = shutil.which("strace") or ""
    works = program and subprocess.run([program, "-o", os.devnull, "true"], check=False, capture_output=True)
    return program if works and works.returncode == 0 else ""


def traced(plan: Sequence[Traced], folder: Path) -> tuple[list[list[Touched]], list[int]]:
    """Run commands under strace; return what each opened and changed, and the exit codes."""
    (folder / "plan").write_bytes(msgspec.json.encode(plan))
    (folder / "temporary").mkdir()
    command: list[str | Path] = [
        *(
            strace(),
            "--follow-forks",
            "--seccomp-bpf",
            "-qq",
            "-y",
            "-s",
            "4096",
            "-e",
            f"trace={_CALLS}",
            "-o",
            folder / "trace",
        ),
        *(sys.executable, "-B", "-m", "tests.tracing", folder / "plan"),
    ]
    environment = os.environ | {"TMPDIR": str(folder / "temporary")}
    run = subprocess.run(command, check=True, capture_output=True, cwd=_ROOT, env=environment)
    found: list[list[Touched]] = []
    at_work = False
    for line in _whole_lines((folder / "trace").read_text("utf-8", "replace").splitlines()):
        if _MARK in line:
            at_work = f"{_MARK}/begin" in line
            found += [[]] if at_work else []
        elif at_work:
            found[-1] += _touched(line)
    return found, msgspec.json.decode(run.stdout, type=list[int])


def _whole_lines(lines: Sequence[str]) -> Iterator[str]:
    """Put calls together that strace shows in two lines, since another process called in between."""
    begun: dict[str, str] = {}
    for line in lines:
        process, _, said = line.partition(" ")
        if said.endswith("<unfinished ...>"):
            begun[process] = line.removesuffix("<unfinished ...>").rstrip()
        elif (match := _RESUMED.match(said)) is not None:
            yield begun.pop(process, process) + said[match.end() :]
        else:
            yield line


def _touched(line: str) -> Iterator[Touched]:
    match = _LINE.match(line)
    if match is None or int(match["result"]) < 0:
        return  # a signal, the second half of an interrupted call, or a call that was refused
    name, said = match["name"], match["said"]
    if name in _OPENING:
        yield Touched(name, match["path"] or said, bool(_WRITING.search(said)))
    elif _CHANGING.match(name) or name in {"connect", "bind", "execve", "execveat"}:
        # What stands behind a program's path are its arguments.
        for path in islice(_PATH.finditer(said), 1 if name.startswith("execve") else None):
            yield Touched(name, path["open"] or os.path.join(path["folder"] or "", path["name"]), changed=True)  # noqa: PTH118 - not to be made a Path


def _run(plan: Sequence[Traced]) -> list[int]:
    from cli import main

    codes = []
    for each in plan:
        place, kept = Path(each.place), Path(f"{each.place}.kept")
        if each.place:
            place.rename(kept)
            place.symlink_to(each.target) if each.target else os.mkfifo(place)
        Path(_MARK, "begin").exists()
        found = CliRunner().invoke(main, each.command)
        Path(_MARK, "end").exists()
        codes.append(found.exit_code)
        if each.place:
            place.unlink()
            kept.rename(place)
    return codes


if __name__ == "__main__":
    _plan = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=list[Traced])
    sys.stdout.buffer.write(msgspec.json.encode(_run(_plan)))

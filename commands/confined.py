"""Which files a reading command keeps; all else it gives up before it opens what may be a stranger's."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import click

T = TypeVar("T")

_LARGEST_REPORT = 256 << 20  # Bytes of what a process apart reports.


class OwnProcess:
    """The object of click's context where the process is this one command's, and ends with it."""


def read_only(
    *paths: Path | None, output: Path | None = None, pictures: bool = False, programs: Sequence[str] = ()
) -> None:
    """Give up, for good, all files but these, the network and other programs; before the first of them is opened.

    Our own folders for what is looked up, and for notes of what captures hold, are kept.

    `output` is a file or folder that is about to be made: its folder is kept. With `pictures`, which are copied out of
    a zip to be decoded, the temporary folder and those of runs are as well. `programs` are those that may be started.
    Nothing is given up where the process does other things after this command, as in a test or a program that calls
    commands.
    """
    if isinstance(click.get_current_context().find_root().obj, OwnProcess):
        _confine(paths, output, pictures=pictures, programs=programs)


def found_apart(find: Callable[[], T], kind: type[T], *paths: Path | None, pictures: bool = False) -> T:
    """Return what `find` returns in a process of its own, which keeps these files alone; this one may hold a key.

    `paths` and `pictures` are as for `read_only`. `kind` is the type of the result: a dataclass or struct of plain
    values and paths. What `find` raises is told there, and ends this process with the same exit code. Where there are
    no such processes (Windows), it runs in this one.
    """
    import msgspec

    from exports.format.result import plain
    from hashing.files.forking import fork_undisturbed

    if not isinstance(click.get_current_context().find_root().obj, OwnProcess) or not hasattr(os, "fork"):
        return find()
    reading, writing = os.pipe()
    # A copy of this process and not a new one: `find` and all that it needs are loaded. The child gives up its rights
    # before it opens a stranger's file; the key stays with the parent, which reads its report as data.
    child, let_signals_come = fork_undisturbed()
    if child == 0:
        let_signals_come()
        os.close(reading)
        _confine(paths, None, pictures=pictures)
        with os.fdopen(writing, "wb") as report:
            found = find()
            report.write(msgspec.msgpack.encode(found, enc_hook=plain))
        sys.exit(0)
    os.close(writing)
    try:
        let_signals_come()
        with os.fdopen(reading, "rb") as report:
            packed = report.read(_LARGEST_REPORT)
    except KeyboardInterrupt:  # from a terminal the other process was told as well, from elsewhere it was not
        packed = b""
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGINT)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code != 0:
        sys.exit(code if code > 0 else 1)
    return msgspec.msgpack.decode(packed, type=kind, dec_hook=lambda kind, value: kind(value))


def _confine(
    paths: tuple[Path | None, ...], output: Path | None, *, pictures: bool, programs: Sequence[str] = ()
) -> None:
    from hashing.files.real_path import real_path
    from hashing.files.scratch import made_scratch_folder, notes_folder
    from hashing.files.storage import OWNER_FOLDER
    from hashing.files.user_folders import data_folder
    from hashing.sandbox.reading import confine_reading

    named = [path.absolute() for path in paths if path is not None]
    # A capture is of a case, whose file says to which it belongs.
    cases = [real_path(path).parents[1] for path in named if real_path(path).parent.name == "captures"]
    notes = [data_folder() / "signed", data_folder() / "retired-keys"]
    below = [output.absolute().parent] if output is not None else []
    with suppress(OSError):  # asked for once more, and its reason told, where there is more than memory holds
        below.append(made_scratch_folder())
        notes_folder().mkdir(mode=OWNER_FOLDER, exist_ok=True)
        below.append(notes_folder())
    if pictures:
        from tempfile import gettempdir

        from hashing.files.run_folder import made_runs_folders

        below.append(Path(gettempdir()))
        with suppress(OSError):  # who cannot have such a folder is told by what needs it
            below += made_runs_folders()
    confine_reading([*named, *cases, *notes], below, programs)

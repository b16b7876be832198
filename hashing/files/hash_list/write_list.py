"""Hashing what the user named into a hash list, and the forms that there are."""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from hashing.errors import BadFormat
from hashing.files.digest import SHA256, known_algorithms
from hashing.files.digest_files import HashReading, digest_readings
from hashing.files.hash_list.coreutils import CoreutilsForm
from hashing.files.hash_list.hashdeep import HashdeepForm
from hashing.files.hash_list.json_lines import JsonForm
from hashing.files.read import FileDigests, UnreadFile
from hashing.files.walk import PassedOver, walk


@dataclass(frozen=True, slots=True)
class WriteReport:
    """What became of the files: how many are `listed`, their bytes, and what is not in the list, and why.

    `skipped` was left out by rule (a symbolic link in a folder, the list itself); `unread` should be in the list and is
    missing: it could not be read, or the form cannot carry its name.
    """

    listed: int
    size: int
    skipped: tuple[PassedOver, ...]
    unread: tuple[UnreadFile, ...]


def write_list(
    paths: Iterable[Path | str],
    output: BinaryIO,
    *,
    form: str = "sha256sum",
    algorithms: Sequence[str] = (SHA256,),
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> WriteReport:
    """Hash files, and folders with all below them, and write a line for each to `output` as soon as it is known.

    Names stand in the list as they were spelt in `paths`, where a `str` keeps `./` and a Path does not.
    `progress` is told the bytes read since it was last told. Raises BadFormat, before anything is read, for an unknown
    form, and for algorithms that are unknown, or unknown to the form. What `output` raises passes through.
    """
    algorithms = known_algorithms(algorithms)
    lines = _form_named(form, algorithms)
    skipped: list[PassedOver] = []
    unread: list[UnreadFile] = []
    names: deque[str] = deque()
    listed = size = 0

    def readings() -> Iterator[HashReading]:
        # A list written into a folder that it lists would hold a value of itself, half written.
        own = _identity(output)
        for found in walk(paths):
            if isinstance(found, UnreadFile):
                unread.append(found)
            elif isinstance(found, PassedOver):
                skipped.append(found)
            elif own is not None and _is(found.path, own):
                skipped.append(PassedOver(found.path, "the list that is being written"))
            else:
                names.append(found.name)
                yield HashReading(found.path, tuple(algorithms), follow_symlinks=found.given)

    # Results come in the order in which readings were asked for, so the names that wait stand in the same order.
    output.write(lines.head())
    for result in digest_readings(readings(), workers=workers, progress=progress):
        name = names.popleft()
        if isinstance(result, UnreadFile):
            unread.append(result)
            continue
        try:
            line = lines.line(os.fsencode(name), result)
        except BadFormat as error:
            # This form cannot hold the name: better a file told as unlisted than a line that means another one.
            unread.append(UnreadFile(result.path, str(error)))
            continue
        output.write(line)
        listed += 1
        size += result.size
    output.flush()
    return WriteReport(listed, size, tuple(skipped), tuple(unread))


def _identity(output: BinaryIO) -> tuple[int, int] | None:
    """Return device and number of the file that is being written to; None where it is a pipe, a terminal or memory."""
    try:
        status = os.fstat(output.fileno())
    except OSError:  # io.UnsupportedOperation is one
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def _is(path: Path, identity: tuple[int, int]) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False  # whoever reads it will say why
    return (status.st_dev, status.st_ino) == identity


class ListForm(Protocol):
    """Writes a list whose every file has the same algorithms."""

    def head(self) -> bytes:
        """Return what stands before the first line."""

    def line(self, name: bytes, file: FileDigests) -> bytes:
        """Return the line, or lines, of a file under a name. Raises BadFormat for one that the form cannot carry."""


# Each form by its name on the command line.
_FORMS: dict[str, Callable[[Sequence[str]], ListForm]] = {
    "sha256sum": CoreutilsForm,
    "hashdeep": HashdeepForm,
    "json": JsonForm,
}


def _form_named(name: str, algorithms: Sequence[str]) -> ListForm:
    """Return a form for lists with these algorithms. Raises BadFormat where it is unknown, or does not know them."""
    if name not in _FORMS:
        raise BadFormat(f"{name!r} is not a form of hash list goldenhour knows: {', '.join(_FORMS)}")
    return _FORMS[name](algorithms)

"""A disk of which only what was waited for is sure to be there when the power fails.

The model is stricter than any file system in use. Of a file, the bytes that were there at its last sync are there; each
later write is there, or torn, or not at all, whatever became of others. Of a folder, the names that it had at its last
sync are there; later changes of its names are there up to some point, and a file may have its name and no bytes. A
rename is never done by half. A sync of a file says nothing of its name.
"""

from __future__ import annotations

import pickle
import random
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.faults.killing import ROOT
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

    from tests.faults.write_log import Before, Done

FATES = ("least", "most", "names without bytes", "some")
"""What becomes of what was not waited for: none of it is there, all of it, all names and no bytes, or this and that."""


@dataclass(slots=True)
class _File:
    data: bytearray = field(default_factory=bytearray)
    """What is sure to be there."""
    later: list[Done] = field(default_factory=list)

    def take(self, done: Done, torn: int | None = None) -> None:
        """Change the bytes as a write, of which so many bytes are there, or a change of the length says."""
        if done[0] == "truncate":
            length = done[2]
            del self.data[length:]
            self.data.extend(bytes(length - len(self.data)))
            return
        _, _, offset, piece = done
        piece = piece[:torn]
        self.data.extend(bytes(max(offset + len(piece) - len(self.data), 0)))
        self.data[offset : offset + len(piece)] = piece


class Disk:
    """A disk after some of what was done, and with what was waited for among it."""

    def __init__(self, before: Before) -> None:
        self._files: dict[int, _File] = {}
        self._folders: dict[int, dict[str, int]] = {}
        self._later: list[Done] = []
        """Changes of names that no sync has made sure."""
        self.paths: dict[int, str] = {}
        """The path at which each file was made."""
        self.root = before[0][2]
        for above, name, number, data in before:
            self._begin(number, f"{self.paths.get(above, '')}/{name}".strip("/"), folder=data is None)
            if data is not None:
                self._files[number].data[:] = data
            if above:
                self._folders[above][name] = number

    def _begin(self, number: int, path: str, *, folder: bool) -> None:
        self.paths[number] = path
        if folder:
            self._folders[number] = {}
        else:
            self._files[number] = _File()

    def do(self, done: Done) -> None:
        """Take in the next thing that was done."""
        match done:
            case ("create" | "mkdir" as what, above, name, number):
                self._begin(number, f"{self.paths[above]}/{name}".strip("/"), folder=what == "mkdir")
                self._later.append(done)
            case ("rename" | "remove", *_):
                self._later.append(done)
            case ("write" | "truncate", number, *_):
                self._files[number].later.append(done)
            case ("sync", number) if number in self._files:
                file = self._files[number]
                for each in file.later:
                    file.take(each)
                file.later.clear()
            case ("sync", number):
                self._make_sure(number)

    def _make_sure(self, folder: int) -> None:
        """Take for sure all changes of a folder's names, and those on which they rest."""
        folders = {folder}
        sure: list[Done] = []
        for done in reversed(self._later):
            if folders & _folders_of(done):
                folders |= _folders_of(done)
                sure.append(done)
        for done in reversed(sure):
            self._rename(done)
        self._later = [done for done in self._later if not any(done is each for each in sure)]

    def _rename(self, done: Done) -> None:
        match done:
            case ("create" | "mkdir", above, name, number):
                self._folders[above][name] = number
            case ("remove", above, name):
                self._folders[above].pop(name, None)
            case ("rename", source, name, target, new):
                number = self._folders[source].pop(name, 0) if source else 0
                if target and number:
                    self._folders[target][new] = number

    def sure_files(self, name: str) -> dict[str, bytes]:
        """Return the sure bytes of each file that was made under this name, by its path, which may not be sure."""
        return {
            path: bytes(self._files[number].data)
            for number, path in self.paths.items()
            if number in self._files and path.rpartition("/")[2] == name
        }

    def numbers_in(self, before: Before) -> dict[int, int]:
        """Return, by its number in a later recording that begins here, the number of every folder and file."""
        for done in self._later:
            self._rename(done)
        numbers = {before[0][2]: self.root}
        for above, name, number, _ in before[1:]:
            numbers[number] = self._folders[numbers[above]][name]
        return numbers

    def fail(self, fate: str, seed: int) -> Self:
        """Decide what becomes of what is not sure; the disk is then as it is found afterwards."""
        chance = random.Random(seed)  # noqa: S311 - no secret
        cut: set[int] = set()
        """Folders of which no later change is there."""
        for done in self._later:
            lost = fate == "least" or (fate == "some" and chance.random() < _LOST)
            if lost or cut & _folders_of(done):
                cut |= _folders_of(done)
            else:
                self._rename(done)
        for file in self._files.values():
            for done in file.later:
                there = fate == "most" or (fate == "some" and chance.random() > _LOST)
                torn = fate == "some" and done[0] == "write" and chance.random() < _LOST
                if there:
                    file.take(done, chance.randrange(len(done[3]) + 1) if torn else None)
        return self

    def write_to(self, folder: Path, number: int = 0) -> None:
        """Make a folder as it is on this disk."""
        folder.mkdir(mode=0o700)
        for name, each in self._folders[number or self.root].items():
            if each in self._files:
                (folder / name).write_bytes(self._files[each].data)
                (folder / name).chmod(0o600)
            else:
                self.write_to(folder / name, each)


_LOST = 0.3


def _folders_of(done: Done) -> set[int]:
    return {done[1], done[3]} - {0} if done[0] == "rename" else {done[1]}


class Recording:
    """What an operation (see operations.py) did to a folder, to be replayed up to any point.

    With `after`, it did so when the process of another recording had been killed at a point, and the power had not
    failed: what that process did not wait for is then no surer than before.
    """

    def __init__(self, operation: str, folder: Path, *, after: Recording | None = None, point: int = 0) -> None:
        self._folder = folder
        if after is not None:
            self.put_back(after.disk(point).fail("most", 0))
        log = folder.with_name(f"{folder.name}.log")
        command = [sys.executable, "-m", "tests.faults.write_log", operation, str(folder), str(log)]
        subprocess.run(command, cwd=ROOT, check=True, timeout=PATIENCE)
        self._before: Before
        self.done: list[Done]
        self._before, self.done = pickle.loads(log.read_bytes())  # noqa: S301 - our own process wrote it
        self.begins = point
        """How much was done when this operation began."""
        if after is not None:
            numbers = after.disk(point).numbers_in(self._before)
            self._before = after._before
            self.done = [*after.done[:point], *(_renumbered(done, numbers) for done in self.done)]
        replayed = folder.with_name("replayed")
        self.disk(len(self.done)).fail("most", 0).write_to(replayed)
        assert _content(replayed) == _content(folder), "something was written that was not noted"
        shutil.rmtree(replayed)

    def disk(self, done: int) -> Disk:
        """Return the disk after so much was done."""
        disk = Disk(self._before)
        for each in self.done[:done]:
            disk.do(each)
        return disk

    def put_back(self, disk: Disk) -> None:
        """Have the folder be as it is on a disk."""
        shutil.rmtree(self._folder)
        disk.write_to(self._folder)


_NEW = 1_000_000
"""Added to the numbers that a second recording gives."""


def _renumbered(done: Done, numbers: dict[int, int]) -> Done:
    of = {1, 3} if done[0] in {"create", "mkdir", "rename"} else {1}
    return tuple(numbers.get(each, each + _NEW) if place in of and each else each for place, each in enumerate(done))


def _content(folder: Path) -> dict[str, bytes | None]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")
    }

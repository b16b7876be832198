"""Where the encrypted identities of a case's sources are: a folder of their own, outside of the case."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from hashing.case.capture_folder import capture_events
from hashing.case.events import CaptureStarted, IntakeBegun
from hashing.case.own_runs import data_folder, named_after
from hashing.errors import WouldOverwrite
from hashing.files.storage import make_folder, read_named, reading, write_exclusively
from intelligence.errors import NoSuchSource, NotTakenIn

if TYPE_CHECKING:
    from hashing.case.case import Case

_PSEUDONYM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_ENDING = ".age"
_LARGEST = 1 << 20


def default_folder(case: Case) -> Path:
    """Return where this user keeps the sources of a case."""
    return data_folder() / "sources" / named_after(case.info.id)


class SourceRegister:
    """The sources of a case, in a folder outside of it. Nothing of it is ever written to the case."""

    def __init__(self, folder: Path, case: Case) -> None:
        if folder.resolve().is_relative_to(case.path.resolve()):
            raise NotTakenIn(
                f"{folder}: is inside the case", hint="sources are kept outside, so that no bundle takes them along"
            )
        self.folder = folder
        self._case = case

    def add(self, pseudonym: str, data: bytes) -> Path:
        """Keep an encrypted identity under its pseudonym; return the file.

        Raises NoSuchSource for what is no pseudonym, WouldOverwrite, Unwritable.
        """
        path = self._path(pseudonym)
        for folder in (*reversed(self.folder.parents), self.folder):
            if not folder.exists():
                make_folder(folder)
        try:
            write_exclusively(path, data)
        except WouldOverwrite as error:
            raise WouldOverwrite(
                f"{pseudonym}: is a source of this case already", hint="give another one another pseudonym"
            ) from error
        return path

    def demand_pseudonym(self, pseudonym: str) -> None:
        """Demand what can be a pseudonym. Raises NoSuchSource."""
        self._path(pseudonym)

    def sealed(self, pseudonym: str) -> bytes:
        """Return the encrypted identity of a source. Raises NoSuchSource, Unreadable."""
        path = self._path(pseudonym)
        if not path.is_file():
            raise NoSuchSource(f"{pseudonym}: no source of this case in {self.folder}")
        return read_named(path, _LARGEST)

    def pseudonyms(self) -> list[str]:
        """Return the pseudonyms of which an identity is kept here. Raises Unreadable."""
        if not self.folder.is_dir():
            return []
        with reading(self.folder):
            names = sorted(path.name for path in self.folder.iterdir())
        return [name.removesuffix(_ENDING) for name in names if name.endswith(_ENDING)]

    def handed_in(self) -> dict[str, list[str]]:
        """Return the exhibits that each pseudonym has handed in, as the case says. Raises Unreadable, BadFormat."""
        found = dict[str, list[str]]()
        for path in self._case.captures():
            first, second = [*islice(capture_events(path), 2), None, None][:2]
            if isinstance(first, CaptureStarted) and isinstance(second, IntakeBegun) and second.received_from:
                found.setdefault(second.received_from, []).append(first.exhibit)
        return found

    def _path(self, pseudonym: str) -> Path:
        if not _PSEUDONYM.fullmatch(pseudonym):
            raise NoSuchSource(
                f"{pseudonym[:60]!r}: not a pseudonym", hint="up to 40 letters, digits, - and _, such as ALPHA-7"
            )
        return self.folder / f"{pseudonym}{_ENDING}"

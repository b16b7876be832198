"""The files that the names of another system mean: of Windows, in another encoding, in another Unicode form."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from hashing.errors import BadFormat

WINDOWS, CASE, FORM = (
    "written as on Windows: \\ is read as /",
    "found in other capital letters, as on Windows",
    "found in another Unicode form (NFC and NFD)",
)
# Those in which Windows writes text where it is not told otherwise, for want of the list's own word.
_ENCODINGS = ("cp1252", "cp850", "cp437")
_OF_A_DRIVE = re.compile(r"[A-Za-z]:[\\/]|\\\\[^\\]")


class NamesHere:
    """Finds the files of a list below `base`; `notes` says in how many names something was not as it stands here."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self._folders: dict[Path, dict[str, str]] = {}
        self.notes: Counter[str] = Counter()

    def find(self, path: Path) -> Path:
        """Return a name as this system writes it; as it stands, if no file is found by any other reading.

        Raises BadFormat for a name that leads to a drive or a share of Windows: what it means here nobody can say.
        """
        name = os.fspath(path)
        if os.path.lexists(self._base / name) or os.sep == "\\":
            return path
        if _OF_A_DRIVE.match(name):
            raise BadFormat("a path on a drive of Windows: the list must name files relative to where it is checked")
        windows = "\\" in name
        self.notes[WINDOWS] += windows
        for reading, encoding in _readings(name.replace("\\", "/") if windows else name):
            if (found := self._found(reading, fold=windows)) is None:
                continue
            if encoding:
                self.notes[f"found in the encoding {encoding}"] += 1
            elif found.casefold() != reading.casefold():
                self.notes[FORM] += 1
            elif found != reading:
                self.notes[CASE] += 1
            return Path(found)
        return Path(name.replace("\\", "/")) if windows else path

    def _found(self, name: str, *, fold: bool) -> str | None:
        """Return the name of a file that differs in its Unicode form alone, or in capital letters with `fold`."""
        if os.path.lexists(self._base / name):
            return name
        found = Path()
        for part in Path(name).parts:
            known = part if part in {os.sep, ".."} else self._in(found).get(_key(part, fold=fold))
            if not known:
                return None
            found /= known
        return os.fspath(found)

    def _in(self, folder: Path) -> dict[str, str]:
        """Return the names in a folder by their keys; those that two files have lead to none."""
        if folder not in self._folders:
            try:
                names = [entry.name for entry in (self._base / folder).iterdir()]
            except OSError:
                names = []
            here: dict[str, str] = {}
            for name in names:
                for key in {_key(name, fold=False), _key(name, fold=True)}:
                    here[key] = "" if key in here else name
            self._folders[folder] = here
        return self._folders[folder]


def _readings(name: str) -> Iterator[tuple[str, str]]:
    yield name, ""
    raw = os.fsencode(name)
    for encoding in _ENCODINGS if not _is_utf8(raw) else ():
        try:
            yield raw.decode(encoding), encoding
        except UnicodeDecodeError:
            continue


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _key(name: str, *, fold: bool) -> str:
    """Return what names are compared by: with `fold`, marked so that it is no other name's own form."""
    form = unicodedata.normalize("NFC", name)
    return f"/{unicodedata.normalize('NFC', form.casefold())}" if fold else form

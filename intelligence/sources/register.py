"""Where the encrypted identities of a case's sources are: a folder of their own, outside of the case."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from hashing.case.capture_folder import capture_events
from hashing.case.events import CaptureStarted, IntakeBegun
from hashing.case.own_runs import named_after
from hashing.errors import WouldOverwrite
from hashing.files.real_path import real_path
from hashing.files.storage import make_folder, read_named, reading, write_exclusively
from hashing.files.user_folders import data_folder
from intelligence.errors import BadUnitKey, NoSuchSource, NotTakenIn
from intelligence.sources import encryption

if TYPE_CHECKING:
    from hashing.case.case import Case

# It becomes a file's name, so it has neither a slash nor a leading full stop.
_PSEUDONYM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_ENDING, _RECIPIENTS, _NAMES = ".age", ".pub", ".names"
_LARGEST = 1 << 20
_LARGEST_GROUP = 64 << 20


def default_folder(case: Case) -> Path:
    """Return where this user keeps the sources of a case."""
    return data_folder() / "sources" / named_after(case.info.id)


class SourceRegister:
    """The sources of a case, in a folder outside of it. Nothing of it is ever written to the case."""

    def __init__(self, folder: Path, case: Case) -> None:
        if real_path(folder).is_relative_to(real_path(case.path)):
            raise NotTakenIn(
                f"{folder}: is inside the case", hint="sources are kept outside, so that no bundle takes them along"
            )
        self.folder = folder
        self._case = case

    def add(self, pseudonym: str, identity: bytes, recipients: Sequence[str]) -> Path:
        """Keep an identity under its pseudonym, encrypted to these recipients; return the file.

        The recipients stand beside it: what the source hands in later is named to the same. Raises BadUnitKey,
        NoSuchSource for what is no pseudonym, WouldOverwrite, Unwritable.
        """
        return self.add_sealed(pseudonym, encryption.sealed(identity, recipients), recipients)

    def add_sealed(self, pseudonym: str, data: bytes, recipients: Sequence[str]) -> Path:
        """Do what `add` does with an identity that was encrypted to these recipients where it was typed."""
        path = self._path(pseudonym)
        _make(self.folder)
        try:
            write_exclusively(path, data)
            write_exclusively(path.with_suffix(_RECIPIENTS), "".join(f"{each}\n" for each in recipients).encode())
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

    def protection(self, pseudonym: str) -> Callable[[bytes], None] | None:
        """Return what keeps groups of claims beside a source's identity, encrypted; None where no identity is kept.

        Raises NoSuchSource for what is no pseudonym, and BadUnitKey where it is not known to whom they are encrypted,
        as of a source that the case knows as protected and whose identity is elsewhere.
        """
        path = self._path(pseudonym)
        if not path.is_file():
            self._demand_open(pseudonym)
            return None
        public = path.with_suffix(_RECIPIENTS)
        if not public.is_file():
            raise BadUnitKey(
                f"{public}: is not there, and names of {pseudonym}'s files are encrypted to whom it names",
                hint="copy the file with the source unit's recipients there, one a line",
            )
        # Encrypted to public keys alone: this computer can add claims and cannot read any of them again.
        recipients, folder = encryption.read_recipients(public), path.with_suffix(_NAMES)

        def _keep(claims: bytes) -> None:
            _make(folder)
            data, number = encryption.sealed(claims, recipients), len(list(folder.iterdir()))
            while True:  # two intakes from one source may go on at once
                number += 1
                with suppress(WouldOverwrite):
                    return write_exclusively(folder / f"{number:08d}{_ENDING}", data)

        return _keep

    def claims(self, pseudonym: str) -> Iterator[bytes]:
        """Yield the encrypted groups of claims that are kept of a source, oldest first. Raises Unreadable."""
        folder = self._path(pseudonym).with_suffix(_NAMES)
        if folder.is_dir():
            with reading(folder):
                paths = sorted(folder.glob(f"*{_ENDING}"))
            yield from (read_named(path, _LARGEST_GROUP) for path in paths)

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
        for exhibit, begun in self._intakes():
            if begun.received_from:
                found.setdefault(begun.received_from, []).append(exhibit)
        return found

    def _intakes(self) -> Iterator[tuple[str, IntakeBegun]]:
        for path in self._case.captures():
            first, second = [*islice(capture_events(path), 2), None, None][:2]
            if isinstance(first, CaptureStarted) and isinstance(second, IntakeBegun):
                yield first.exhibit, second

    def _demand_open(self, pseudonym: str) -> None:
        """Demand that nothing shows that a source without an identity here is protected. Raises BadUnitKey."""
        # What stands in a sealed ledger cannot be taken back: a folder that is not mounted must not name a source.
        known = {*self.pseudonyms(), *(begun.received_from for _, begun in self._intakes() if begun.protected)}
        for name in sorted(known):
            if name.casefold() == pseudonym.casefold():
                raise BadUnitKey(
                    f"{pseudonym}: {name} is a protected source of this case, and no identity of {pseudonym} is in "
                    f"{self.folder}: nothing was taken in",
                    hint=f"name where {name}.age and {name}.pub are: --sources DIR",
                )

    def _path(self, pseudonym: str) -> Path:
        if not _PSEUDONYM.fullmatch(pseudonym):
            raise NoSuchSource(
                f"{pseudonym[:60]!r}: not a pseudonym", hint="up to 40 letters, digits, - and _, such as ALPHA-7"
            )
        return self.folder / f"{pseudonym}{_ENDING}"


def _make(path: Path) -> None:
    """Make a folder, and those above it, for their owner alone. Raises Unwritable."""
    for folder in (*reversed(path.parents), path):
        if not folder.exists():
            make_folder(folder)

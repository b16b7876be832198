"""Which captures of a case go into a bundle."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from exports.errors import NothingToExport
from hashing.case.capture_folder import is_sealed
from hashing.case.case import CAPTURES
from hashing.case.events import CaptureRegistered, CaptureSealed, CaseEvent
from hashing.files.as_typed import as_typed
from hashing.printable import printable

_CAPTURE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_LONGEST_NAME = 120
# What some system cannot have in a name, or does not show as it is.
_UNPORTABLE = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]')


@dataclass(frozen=True, slots=True)
class Selection:
    """The seals of the captures that are handed over, oldest first, and a sentence for each that is left out."""

    sealed: tuple[CaptureSealed, ...]
    left_out: tuple[str, ...]

    @property
    def exhibits(self) -> tuple[str, ...]:
        """The exhibit references that are handed over."""
        return tuple(event.exhibit for event in self.sealed)


def select(case: Path, events: Iterable[CaseEvent], exhibits: Sequence[str]) -> Selection:
    """Choose the sealed captures of a case: all, or those whose exhibit is named, also as `MP/1..MP/9`.

    Raises NothingToExport where an exhibit is unknown or not sealed, or where there is nothing at all.
    """
    registered: dict[str, CaptureRegistered] = {}
    sealed: dict[str, CaptureSealed] = {}
    for event in events:
        if isinstance(event, CaptureRegistered):
            registered[event.capture] = event
        elif isinstance(event, CaptureSealed) and _CAPTURE_ID.fullmatch(event.capture):
            sealed[event.capture] = event
    known = [event.exhibit for event in registered.values()]
    named = set(_each_of(exhibits, known))
    _check_known(case, named, known)
    wanted = [event for event in registered.values() if not named or event.exhibit in named]
    chosen = tuple(sealed[event.capture] for event in wanted if event.capture in sealed)
    left_out = tuple(
        f"{event.exhibit}: {_why_unsealed(case, event.capture)}" for event in wanted if event.capture not in sealed
    )
    if not chosen or (named and left_out):
        reason = "; ".join(left_out) or "it has no captures yet"
        first = f"capture something: goldenhour capture ADDRESS --case {as_typed(case)}"
        raise NothingToExport(
            f"{case}: {'not every exhibit asked for' if chosen else 'nothing'} can be handed over: {printable(reason)}",
            hint="a capture is handed over once it is sealed" if left_out else first,
        )
    return Selection(chosen, left_out)


def _each_of(exhibits: Sequence[str], known: Sequence[str]) -> Iterator[str]:
    """Yield the exhibits that are named, each of a range of those that are known."""
    for named in exhibits:
        first, _, last = named.partition("..")
        both = first in known and last in known
        # A range that holds nothing is named as it was typed, and so is unknown.
        yield from (both and known[known.index(first) : known.index(last) + 1]) or [named]


def _check_known(case: Path, named: set[str], known: Sequence[str]) -> None:
    unknown = sorted(named - set(known))
    if unknown:
        raise NothingToExport(
            f"{case}: no exhibit {printable(', '.join(unknown))}",
            hint=f"the case holds {printable(', '.join(dict.fromkeys(known))) or 'no exhibits'}",
        )


def _why_unsealed(case: Path, capture: str) -> str:
    if not _CAPTURE_ID.fullmatch(capture):
        return "its name is none that goldenhour gives"
    folder = case / CAPTURES / capture
    return (
        "its seal is not in the case's ledger" if is_sealed(folder) else "still running, or interrupted, so not sealed"
    )


def bundle_name(case_name: str, exhibits: Sequence[str]) -> str:
    """Return a bundle's name such as `OP-ALDER_MP-1+MP-2`, or `OP-ALDER_all` where no exhibit was asked for."""
    safe = [_harmless(exhibit) for exhibit in exhibits]
    name = "+".join(safe) or "all"
    if len(name) > _LONGEST_NAME:
        name = f"{safe[0][:_LONGEST_NAME]}+{len(safe) - 1}-more"
    return f"{_UNPORTABLE.sub('-', case_name)}_{name}"


def top_folder(file_name: str) -> str:
    """Return the name of the one folder in a zip of this name: what every system that unpacks it takes for a name."""
    return _UNPORTABLE.sub("-", file_name.removesuffix(".zip")).strip(". ") or "bundle"


def _harmless(text: str) -> str:
    return re.sub(r"[^\w.]+", "-", text).strip("-.")

"""What stands on a label: what the ledgers say of an exhibit or an item, as text that is safe to show and to print."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from exports.errors import NothingToExport
from exports.format.capture_view import CaptureView, read_capture
from exports.format.continuity import Exhibit, exhibits_of
from exports.format.moment import second
from hashing.case.case import CAPTURES, Case
from hashing.printable import human_size, printable

SIGNATURES = ("Name", "Signature", "Date", "Time")
LINES = 5  # Hand-overs that a label has room for.
WIDTH = 72  # Columns, frame included.
_NAME = 13
_MOST_ROWS = 4  # Rows of one text; what is longer stands in full in the custody log.


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A label: its reference, its named lines in order, and the fingerprint of the exhibit's seal in groups."""

    ref: str
    lines: tuple[tuple[str, str], ...]
    fingerprint: str


def label(case: Case, ref: str) -> Label:
    """Gather what stands on the label of an exhibit or an item.

    Raises NoSuchExhibit; NothingToExport where the exhibit is not sealed, so that there is no fingerprint for it;
    Unreadable, BadFormat, BadKey.
    """
    [exhibit] = exhibits_of(case, ref)
    if exhibit.sealed is None:
        raise NothingToExport(f"{ref}: not sealed yet", hint="a label is made once the capture is sealed")
    view = read_capture(case.path / CAPTURES / exhibit.registered.capture)
    said = [
        ("Case", case.info.title),
        ("Reference", case.info.reference),
        *_described(exhibit, ref),
        *_seizure(exhibit, ref),
        ("Holds", _holds(view, ref)),
    ]
    # What nobody stated has no line: an empty one would invite writing into it after the seal.
    lines = tuple((name, printable(text)) for name, text in said if text)
    return Label(ref=printable(ref), lines=lines, fingerprint=exhibit.sealed.fingerprint)


def _described(exhibit: Exhibit, ref: str) -> list[tuple[str, str]]:
    """Return the latest description: that of the item, else that of the exhibit."""
    said = exhibit.descriptions(ref) or exhibit.descriptions()
    return [("Description", said[-1].description if said else "")]


def _seizure(exhibit: Exhibit, ref: str) -> list[tuple[str, str]]:
    said = exhibit.descriptions(ref) or exhibit.descriptions()
    # The latest description that says it: a correction is a further entry, as the ledger forgets nothing.
    stated = next((entry.seized for entry in reversed(said) if entry.seized), "")
    place = next((entry.place for entry in reversed(said) if entry.place), "")
    return [
        ("Captured", second(exhibit.registered.began)),
        ("Seized", f"{second(stated)}, as stated" if stated else ""),
        ("Place", place),
        ("From", exhibit.registered.scene),
        ("Officer", exhibit.registered.officer),
    ]


def _holds(view: CaptureView, ref: str) -> str:
    sizes = [item.size for item in view.items if ref in {view.started.exhibit, item.ref}]
    items = f"{len(sizes):,} item" + ("" if len(sizes) == 1 else "s")
    return f"{items}, {sum(sizes):,} bytes ({human_size(sum(sizes))})"


def label_text(label: Label) -> str:
    """Return the label as lines of text in a frame, each ended by a newline."""
    rows = [f"EXHIBIT {label.ref}", ""]
    for name, text in (*label.lines, ("Seal", label.fingerprint)):
        wrapped = _wrapped(text)
        rows += [f"{name if position == 0 else '':<{_NAME}}{line}" for position, line in enumerate(wrapped)]
    columns = (WIDTH - 4) // len(SIGNATURES)
    rows += ["", "".join(f"{name:<{columns}}" for name in SIGNATURES)]
    rows += ["", ("_" * (columns - 2) + "  ") * len(SIGNATURES)] * LINES
    edge = "+" + "-" * (WIDTH - 2) + "+"
    return "".join(f"{row}\n" for row in [edge, *(f"| {_filled(row)} |" for row in rows), edge])


def _wrapped(text: str) -> list[str]:
    # Half the room, because a letter of an East Asian script takes two columns.
    width = WIDTH - 4 - _NAME
    width = width if text.isascii() else width // 2
    return textwrap.wrap(text, width, max_lines=_MOST_ROWS, placeholder=" …") or [""]


def _filled(row: str) -> str:
    from rich.cells import set_cell_size

    return set_cell_size(row, WIDTH - 4)

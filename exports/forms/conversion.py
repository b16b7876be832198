"""A bundle written in another form, from its manifest and files alone, so that it can be made again years later.

The same bundle and the same version of goldenhour give the same bytes. What is written is derived from the evidence and
does not replace it: the bundle alone carries the seal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from exports.errors import ExportError

if TYPE_CHECKING:  # a command knows the forms before it loads what writes them
    from exports.bundle.opened_bundle import OpenedBundle
    from exports.forms.derived_file import ConvertedFile


@dataclass(frozen=True, slots=True)
class ExportForm:
    """A form that a bundle can be written in: the ending of its files, what it is, and what writes one."""

    ending: str
    what: str
    write: Callable[[OpenedBundle, Path], ConvertedFile]


def _write_csv(bundle: OpenedBundle, path: Path) -> ConvertedFile:
    from exports.forms.csv_file import csv_pieces
    from exports.forms.derived_file import write_derived

    return write_derived(path, csv_pieces(bundle))


def _write_wacz(bundle: OpenedBundle, path: Path) -> ConvertedFile:
    from exports.forms.wacz import write_wacz

    return write_wacz(bundle, path)


def _write_warc(bundle: OpenedBundle, path: Path) -> ConvertedFile:
    from exports.forms.derived_file import write_derived
    from exports.forms.warc import warc_pieces

    return write_derived(path, warc_pieces(bundle))


def _write_case_uco(bundle: OpenedBundle, path: Path) -> ConvertedFile:
    from exports.forms.case_uco import case_uco_pieces
    from exports.forms.derived_file import write_derived

    return write_derived(path, case_uco_pieces(bundle))


# Every form by the name that people type. A form loads its own code when it is asked for.
FORMS: Mapping[str, ExportForm] = {
    "wacz": ExportForm(".wacz", "its exchanges as a WACZ for replay", _write_wacz),
    "warc": ExportForm(".warc.gz", "its exchanges with their bodies as one WARC", _write_warc),
    "csv": ExportForm(".csv", "its items as a table for spreadsheets", _write_csv),
    "case-uco": ExportForm(".case.jsonld", "all of it in CASE/UCO for forensic tools", _write_case_uco),
}


def convert(
    bundle: Path,
    form: str,
    output: Path | None = None,
    *,
    verified: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> ConvertedFile:
    """Write a bundle, folder or zip, in another form: beside it, unless `output` names another place.

    With `verified` the caller has verified the bundle just now. The file appears whole or not at all, and never inside
    of the bundle. `progress` is told bytes verified.
    Raises NotWhole where the bundle does not match, NotCheckable, WouldOverwrite, ExportError, StorageFull, Unwritable.
    """
    from exports.bundle import beside_bundle
    from exports.bundle.opened_bundle import open_bundle
    from exports.format.outside import demand_outside

    path = output or beside_bundle(bundle.absolute(), FORMS[form].ending)
    try:
        # Before anything is verified, which can take minutes: a name from another system may hold bytes that no text
        # has.
        path.name.encode()
    except UnicodeEncodeError as error:
        raise ExportError(f"{path}: not a name in UTF-8", hint="choose another name with --output") from error
    # A file inside of the bundle would be one that its manifest does not name: the next verification would fail on it.
    demand_outside(path, bundle)
    with open_bundle(bundle, verified=verified, progress=progress) as opened:
        return FORMS[form].write(opened, path)

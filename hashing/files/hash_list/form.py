"""The forms in which a hash list can be written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from hashing.errors import BadFormat
from hashing.files.hash_list.coreutils import CoreutilsForm
from hashing.files.hash_list.hashdeep import HashdeepForm
from hashing.files.hash_list.json_lines import JsonForm
from hashing.files.read import FileDigests


class ListForm(Protocol):
    """Writes a list whose every file has the same algorithms."""

    def head(self) -> bytes:
        """Return what stands before the first line."""

    def line(self, name: bytes, file: FileDigests) -> bytes:
        """Return the line, or lines, of a file under a name. Raises BadFormat for one that the form cannot carry."""


FORMS: dict[str, Callable[[Sequence[str]], ListForm]] = {
    "sha256sum": CoreutilsForm,
    "hashdeep": HashdeepForm,
    "json": JsonForm,
}
"""Each form by its name on the command line."""


def form_named(name: str, algorithms: Sequence[str]) -> ListForm:
    """Return a form for lists with these algorithms. Raises BadFormat where it is unknown, or does not know them."""
    if name not in FORMS:
        raise BadFormat(f"{name!r} is not a form of hash list goldenhour knows: {', '.join(FORMS)}")
    return FORMS[name](algorithms)

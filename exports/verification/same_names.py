"""Names that two files can have on Linux, and that are one name, or none, on another system."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from itertools import chain

from exports.format.lookup import Lookup

# What Windows takes for a device, whatever ending follows.
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\..*)?", re.DOTALL)


# Names as nearly all items have them: in the plainest form, and no device's.
_ORDINARY = re.compile(r"[0-9][a-z0-9_-]*(?:\.[a-z0-9_-]+)*")


def name_faults(names: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield each path that cannot stand beside the others everywhere, and why.

    Two names are the same where they differ in case, in Unicode's normal form (NFC, NFKC), in invisible characters, in
    dots and spaces at the end, or in what follows a colon (a second stream of one file): macOS and Windows differ in
    which of these they tell apart. Folders count as well: `Data/` beside `data/` is one folder there.

    A look-up is made of the names that are not in the plainest form, not of all of them.
    """
    folders = _folders(names)
    folded: Lookup[str, str] = Lookup(str)
    for name in chain(folders, names):
        parent, slash, last = name.rpartition("/")
        if _ORDINARY.fullmatch(last):
            continue
        plain = fold(last)
        if _RESERVED.fullmatch(plain):
            yield name, "a name that Windows keeps for a device"
        if plain == last:
            continue  # a name that only the odd ones can be equal to
        key = f"{parent}{slash}{plain}"
        other = key if key in names or key in folders else folded.get(key, "")
        folded.setdefault(key, name)
        if other or not plain:
            yield name, f"the same name as {other} on some systems" if other else "no name on some systems"


def fold(name: str) -> str:
    """Return one form of all spellings that some system takes for the same name."""
    if name.isascii():
        folded = name.lower()
    else:
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
        folded = "".join(char for char in folded if unicodedata.category(char) != "Cf")
    return (folded.partition(":")[0] or folded).rstrip(". ")


def _folders(names: Collection[str]) -> Collection[str]:
    found, before = Lookup[str, str](str), ""
    for name in names:
        folder = name.rpartition("/")[0]
        if folder == before:
            continue
        before = folder
        while folder and folder not in found:
            found[folder] = ""
            folder = folder.rpartition("/")[0]
    return found

"""Reading a table of what the codes mean."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from hashing.case.events import Grade
from hashing.case.grade import PARTS, SCHEMES
from hashing.files.storage import read_named
from intelligence.errors import BadWording

_LARGEST = 1 << 16
_LONGEST = 300  # Characters of a meaning: a grade keeps three of them.


@dataclass(frozen=True, slots=True)
class Wording:
    """What the codes of the schemes mean, by scheme, part and code; whose words these are, and of when."""

    name: str
    date: str
    sources: Mapping[str, str]  # Where each scheme is described.
    meanings: Mapping[str, Mapping[str, Mapping[str, str]]]

    @property
    def title(self) -> str:
        """The table's name and date, as a grade keeps them."""
        return f"{self.name}, {self.date}"

    def worded(self, grade: Grade) -> Grade:
        """Return a grade with what its codes mean; as it is, where its scheme does not have them."""
        said = dict(zip(PARTS, (grade.source, grade.information, grade.handling), strict=True))
        meanings = self.meanings.get(grade.scheme, {})
        if any(code not in meanings.get(part, {}) for part, code in said.items()):
            return grade
        return replace(grade, means=tuple(meanings[part][code] for part, code in said.items()), wording=self.title)


def built_in_wording() -> Wording:
    """Return the table that goldenhour brings along."""
    place = files("intelligence.grading") / "schemes.toml"
    return _read(place.read_text("utf-8"), "schemes.toml")


def read_wording(path: Path) -> Wording:
    """Read a force's own table. Raises BadWording, Unreadable.

    It gives each scheme that it names all of its codes; what it does not name keeps the words of the built-in table.
    """
    try:
        text = read_named(path, _LARGEST).decode()
    except UnicodeDecodeError as error:
        raise BadWording(f"{path}: not in UTF-8") from error
    own, common = _read(text, str(path)), built_in_wording()
    return Wording(own.name, own.date, {**common.sources, **own.sources}, {**common.meanings, **own.meanings})


def _read(text: str, where: str) -> Wording:
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadWording(f"{where}: not TOML: {error}") from error
    name, date = (_text(table.pop(key, ""), where, key) for key in ("name", "date"))
    if strange := set(table) - set(SCHEMES):
        raise BadWording(
            f"{where}: {min(strange)[:100]}: no scheme of grading", hint=f"there are {' and '.join(SCHEMES)}"
        )
    sources, meanings = dict[str, str](), dict[str, Mapping[str, Mapping[str, str]]]()
    for scheme, columns in table.items():
        if not isinstance(columns, dict):
            raise BadWording(f"{where}: {scheme}: not a table")
        sources[scheme], meanings[scheme] = _scheme(columns, where, scheme)
    return Wording(name, date, sources, meanings)


def _scheme(said: dict[str, Any], where: str, scheme: str) -> tuple[str, dict[str, dict[str, str]]]:
    """Return where a scheme is described and what its codes mean. Raises BadWording."""
    described = _text(said.get("described", ""), where, f"{scheme}.described")
    meanings = dict[str, dict[str, str]]()
    for part in PARTS:
        codes = said.get(part)
        if not isinstance(codes, dict) or set(codes) != set(SCHEMES[scheme][part]):
            wanted = ", ".join(SCHEMES[scheme][part])
            raise BadWording(f"{where}: {scheme}.{part}: must say what each of {wanted} means, and nothing else")
        meanings[part] = {code: _text(codes[code], where, f"{scheme}.{part}.{code}") for code in SCHEMES[scheme][part]}
    return described, meanings


def _text(value: object, where: str, name: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST:
        raise BadWording(f"{where}: {name}: a text of at most {_LONGEST} characters is wanted")
    return value

"""What the page says, a file a language; a force may put its own beside them, or in their place.

A file is TOML, named for its language (BCP 47): `cy.toml`. One of a force's own gives what it changes, such as the
consent and its version; what it leaves out is as in the built-in file of that language, or in the English one.
"""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from pathlib import Path

import msgspec

from hashing.files.storage import read_named, reading
from intelligence.errors import BadWording

ENGLISH = "en"
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_LARGEST = 1 << 16
# RFC 9110, section 12.5.4 (Accept-Language), with its weights.
_PREFERENCE = re.compile(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]{1,30})?\s*(?:;\s*q=([01](?:\.[0-9]{0,3})?)\s*)?")


def built_in_texts() -> dict[str, dict[str, str]]:
    """Return the texts that goldenhour brings along, by language."""
    places = (files("intelligence.receiving") / "languages").iterdir()
    return {
        place.name.removesuffix(".toml"): tomllib.loads(place.read_text("utf-8"))
        for place in sorted(places, key=lambda place: place.name)
        if place.name.endswith(".toml")
    }


def read_texts(folder: Path) -> dict[str, dict[str, str]]:
    """Return the texts with a force's own over them. Raises BadWording, Unreadable."""
    texts = built_in_texts()
    known = texts[ENGLISH].keys()
    with reading(folder):
        paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise BadWording(f"{folder}: holds no file of texts", hint="name one for its language, such as en.toml")
    for path in paths:
        try:
            own = msgspec.convert(tomllib.loads(read_named(path, _LARGEST).decode()), dict[str, str])
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
            raise BadWording(f"{path}: not a file of texts: {error}") from error
        if unknown := own.keys() - known:
            raise BadWording(f"{path}: {min(unknown)}: no such text", hint=f"there are {', '.join(sorted(known))}")
        if not _LANGUAGE.fullmatch(path.stem):
            raise BadWording(f"{path}: not named for a language", hint="as en.toml, or de-CH.toml")
        # The version is what the ledger records of the consent: a changed text under the old version would be untrue.
        if "consent" in own and "consent_version" not in own:
            raise BadWording(f"{path}: a consent needs its consent_version", hint="such as 2026-11-30")
        texts[path.stem] = {**texts.get(path.stem, texts[ENGLISH]), **own}
    return texts


def preferred(accepted: str, languages: list[str]) -> str:
    """Return the language that a browser asks for first (RFC 9110, section 12.5.4) of those that there are."""
    found: list[tuple[float, int, str]] = []
    for place, part in enumerate(accepted[:500].split(",")[:20]):
        if (match := _PREFERENCE.fullmatch(part)) is None:
            continue
        same = [each for each in languages if each.partition("-")[0] == match[1].lower()]
        found += [(-float(match[2] or 1), place, each) for each in same]
    return min(found)[2] if found else ENGLISH

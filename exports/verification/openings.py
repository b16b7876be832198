"""Checking openings: what was withheld of a line is what the line, proven to be sealed, commits to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from exports.format.result import Opened
from hashing.case.redaction import open_form, read_disclosure
from hashing.errors import BadFormat

if TYPE_CHECKING:
    from exports.disclosure.openings import LineOpening, Openings
    from exports.verification.check import Check

_WHERE = "openings"


def check_openings(check: Check, openings: Openings, masked: Mapping[tuple[str, int], bytes]) -> None:
    """Check openings against the masked forms of a disclosure, by capture and index; note what they say."""
    for opening in openings.openings:
        form = masked.get((opening.capture, opening.line))
        if form is None:
            reason = f"line {opening.line} of {opening.capture[:80]} is not here, or nothing of it is withheld"
            check.problem(_WHERE, reason)
            continue
        for text in opening.withheld:
            _check(check, opening, form, text)


def _check(check: Check, opening: LineOpening, form: bytes, text: str) -> None:
    try:
        disclosure = text.encode()
        open_form(form, [disclosure])
        said = read_disclosure(disclosure)
    except (BadFormat, UnicodeEncodeError) as error:
        check.problem(_WHERE, f"line {opening.line} ({opening.of[:80]}): {error}")
        return
    values = {name: _text(value) for name, value in said.members.items()}
    check.findings.opened.append(Opened(opening.of, said.word, values))


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()

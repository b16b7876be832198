"""One thing that was checked: what was expected, what was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from validation.findings import Value


class ValidationCheck(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A check of a validation. `expected` or `found` is None where there is nothing of that name on that side."""

    part: str
    """Of what: a scene, `published vectors`, `alterations`."""
    name: str
    expected: Value | None
    found: Value | None
    passed: bool


def check(part: str, name: str, expected: Value | None, found: Value | None) -> ValidationCheck:
    """Compare one value."""
    return ValidationCheck(part=part, name=name, expected=expected, found=found, passed=expected == found)


def compare(part: str, expected: Mapping[str, Value], found: Mapping[str, Value]) -> Iterator[ValidationCheck]:
    """Compare all that was expected with all that was found; what is on one side alone is a failed check."""
    for name in dict.fromkeys([*expected, *found]):
        yield check(part, name, expected.get(name), found.get(name))

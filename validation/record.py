"""The record of a validation, as a laboratory files it."""

from __future__ import annotations

import msgspec

from validation.check import ValidationCheck

FORMAT = "goldenhour-validation/1"


class ValidationRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What was validated, where, when, and every check. Times are UTC, RFC 3339."""

    format: str
    tool: str
    started: str
    finished: str
    versions: dict[str, str]
    """Of Python, the system and every library that touches the bytes."""
    program: dict[str, str]
    """SHA-256 of each file of goldenhour, by its path."""
    checks: tuple[ValidationCheck, ...]

    @property
    def failed(self) -> tuple[ValidationCheck, ...]:
        """The checks that did not find what was expected."""
        return tuple(each for each in self.checks if not each.passed)

    def to_json(self) -> bytes:
        """Write the record as indented JSON, with its verdict in front."""
        verdict = "as expected" if not self.failed else "not as expected"
        head = {"format": self.format, "verdict": verdict, "passed": len(self.checks) - len(self.failed)}
        whole = {**head, "failed": len(self.failed), **msgspec.structs.asdict(self)}
        return msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n"

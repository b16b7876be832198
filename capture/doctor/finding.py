"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass

OK, WARNING, FAULT = "ok", "warning", "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the doctor's table: what was looked at, how it stands, and what to do where it is not well."""

    check: str
    state: str
    """`ok`, `warning` or `fault`."""
    says: str
    hint: str = ""
    seconds: float | None = None
    """How long the answer took, where somebody was asked."""

    def to_json(self) -> dict[str, str | float | None]:
        """Return the same as plain values, for `doctor --json`."""
        return {
            "check": self.check,
            "state": self.state,
            "says": self.says,
            "hint": self.hint or None,
            "seconds": self.seconds,
        }


def ok(check: str, says: str, *, seconds: float | None = None) -> Finding:
    """Return a finding of something that is as it should be."""
    return Finding(check=check, state=OK, says=says, seconds=seconds)


def warning(check: str, says: str, hint: str, *, seconds: float | None = None) -> Finding:
    """Return a finding of something that may keep captures from being whole, or makes them worth less."""
    return Finding(check=check, state=WARNING, says=says, hint=hint, seconds=seconds)


def fault(check: str, says: str, hint: str, *, seconds: float | None = None) -> Finding:
    """Return a finding of something that keeps captures from being whole."""
    return Finding(check=check, state=FAULT, says=says, hint=hint, seconds=seconds)

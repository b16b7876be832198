"""What can go wrong with what is handed in.

IntelligenceError
├── BadWording      a table of a force's own wording is not one
└── NotTakenIn      what was named cannot be handed in
"""


class IntelligenceError(Exception):
    """Root of every error that `intelligence` raises; `hint` says what to do next, or is ""."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class BadWording(IntelligenceError):
    """A table of a force's own wording of the schemes is not one."""


class NotTakenIn(IntelligenceError):
    """What was named cannot be handed in, such as a file of the case itself."""

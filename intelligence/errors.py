"""What can go wrong with what is handed in.

IntelligenceError
├── BadWording      a table of a force's own wording is not one
├── BadTrustList    a list of trusted signers is not one
├── NoSuchModel     a program that reads pictures or speech is not here, or its model is not
├── NotTakenIn      what was named cannot be handed in
├── NotShareable    no item may go to whom it is for
├── NoSuchSource    the case has no source of this pseudonym, or it is none
├── NotServed       a page for the public cannot be served as was asked
├── NoSuchAppeal    the case has no open appeal of this number, or what was said is none
├── BadUnitKey      no key or recipient of age, or nothing to encrypt with
└── NotOpened       an identity that this key does not open
"""


class IntelligenceError(Exception):
    """Root of every error that `intelligence` raises; `hint` says what to do next, or is ""."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class BadWording(IntelligenceError):
    """A table of a force's own wording of the schemes is not one."""


class BadTrustList(IntelligenceError):
    """A file is no list of trusted signers."""


class NoSuchModel(IntelligenceError):
    """A program that reads text in pictures, or speech, is not installed, or has not the model that was named."""


class NotTakenIn(IntelligenceError):
    """What was named cannot be handed in, such as a file of the case itself."""


class NotShareable(IntelligenceError):
    """The handling codes let nothing go to whom it is for, or what is asked for would tell who handed it in."""


class NoSuchSource(IntelligenceError):
    """The case has no source of this pseudonym, or what was given is no pseudonym."""


class NotServed(IntelligenceError):
    """A page for the public cannot be served: its address is taken, or would be safe for nobody."""


class NoSuchAppeal(IntelligenceError):
    """The case has no open appeal of this number, or what was said is no appeal."""


class BadUnitKey(IntelligenceError):
    """A file holds no key or recipient of age, or the library that encrypts is not installed."""


class NotOpened(IntelligenceError):
    """An identity is not encrypted to this key, or was altered."""

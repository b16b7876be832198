"""What can go wrong on the ground floor.

HashingError
├── Unreadable          a file could not be read to its end
├── Unwritable          a file or folder could not be written
│   └── StorageFull     the disk, or the user's share of it, has no room left
├── BadFormat           bytes are not what their format demands
│   ├── NewerFormat     made by a later goldenhour than this one
│   └── BadCoding       a body is not what its content coding demands
│       └── UnknownCoding   a content coding that goldenhour does not undo
├── BadKey              a key file is missing, unreadable or not an Ed25519 key
│   └── EncryptedKey    a private key that needs a passphrase
├── BadSignature        a signature does not belong to this text and key
├── Unauthenticated     what is not sealed yet was not written by the user's key
├── NotAsSigned         a case's ledger is not the one that was signed
├── NotRecordable       not something that the log of an exhibit can take
│   ├── NoSuchExhibit   the case has no exhibit or item of this reference
│   └── ForeignReceipt  a receipt speaks of seals that are not the case's
├── WouldOverwrite      a name is taken; evidence is never overwritten
└── InUse               another process holds the case or the capture
"""


class HashingError(Exception):
    """Root of every error that `hashing` raises.

    `hint` is a sentence that says what to do next, or "".
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class _Refusal(HashingError):
    """The system refused; `reason` is what it said, without the path."""

    def __init__(self, message: str, *, hint: str = "", reason: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason or message


class Unreadable(_Refusal):
    """A file could not be read to its end."""


class Unwritable(_Refusal):
    """A file or a folder could not be written."""


class StorageFull(Unwritable):
    """The disk, or the user's share of it, has no room left."""


class BadFormat(HashingError):
    """Bytes are not what their format demands."""


class NewerFormat(BadFormat):
    """Made by a later version of goldenhour, whose format this one does not know."""


class BadCoding(BadFormat):
    """A body is not what its content coding demands."""


class UnknownCoding(BadCoding):
    """A content coding that goldenhour does not undo."""


class BadKey(HashingError):
    """A key file is missing, unreadable or not an Ed25519 key."""


class EncryptedKey(BadKey):
    """A private key is encrypted, and nobody was asked for its passphrase."""


class BadSignature(HashingError):
    """A signature does not belong to this text and this key."""


class Unauthenticated(HashingError):
    """Something unsealed was written by others than this key's holder: it must not be signed with it."""


class NotAsSigned(HashingError):
    """A case's ledger is not the one that was signed last, and must not be signed anew."""


class NotRecordable(HashingError):
    """Not something that the log of an exhibit can take."""


class NoSuchExhibit(NotRecordable):
    """The case has no exhibit, or the exhibit no item, of this reference."""


class ForeignReceipt(NotRecordable):
    """A receipt of a verification speaks of seals that are not the case's."""


class WouldOverwrite(HashingError):
    """A name is taken, and evidence is never overwritten."""


class InUse(HashingError):
    """Another process holds the case or the capture."""

"""What can go wrong on the way out.

ExportError
├── NotCheckable        not a case, capture or bundle, or not one this version can check
│   ├── TooMuch         more files or lines than are checked at once
│   └── NotAnswered     a store could not be asked
│       └── StoreRefused    a store answered that it does not do it
├── NotWhole            what is to be handed over does not match its own records
├── NotMergeable        a capture cannot be taken into this case as it is
├── NothingToExport     no sealed capture answers to what was asked for
├── UnfitStore          a store that cannot be trusted to keep what it is given
├── BadBaseMap          a file that is no base map, or one that cannot be drawn
├── ShowsSource         originals of a protected source would be handed over
└── NotRedactable       what is to be withheld would still be handed over, or cannot be withheld with proof
"""


class ExportError(Exception):
    """Root of every error that `exports` raises; `hint` says what to do next, or is ""."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class NotCheckable(ExportError):
    """Not a case, a capture or a bundle, or not one that this version can check."""


class TooMuch(NotCheckable):
    """More files or lines than are checked at once: memory has a bound, whoever made them."""


class NotAnswered(NotCheckable):
    """A store could not be asked."""


class StoreRefused(NotAnswered):
    """A store answered that it does not do what it was asked for: S3's word for why, and the status of HTTP.

    `failed` says that it could not just then, which is no refusal.
    """

    def __init__(self, message: str, *, hint: str = "", code: str = "", status: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.failed = status >= 500 or status in {408, 429}  # noqa: PLR2004 - RFC 9110, section 15; RFC 6585


class UnfitStore(ExportError):
    """A store that cannot be trusted to keep what it is given: it has no locks, or does not hold to them."""


class NotWhole(ExportError):
    """What is to be handed over does not match its own records."""


class NotMergeable(ExportError):
    """A capture cannot be taken into this case as it is, such as where its exhibit reference is taken."""


class NothingToExport(ExportError):
    """No sealed capture answers to what was asked for."""


class BadBaseMap(ExportError):
    """A file that is no base map of raster tiles."""


class ShowsSource(ExportError):
    """Originals of a protected source would be handed over, whose bytes may say who that is."""


class NotRedactable(ExportError):
    """What is to be withheld would still be handed over, or cannot be withheld with proof."""

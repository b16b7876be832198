"""What can go wrong on the way out.

ExportError
├── NotCheckable        not a case, capture or bundle, or not one this version can check
│   └── TooMuch         more files or lines than are checked at once
├── NotWhole            what is to be handed over does not match its own records
├── NotMergeable        a capture cannot be taken into this case as it is
├── NothingToExport     no sealed capture answers to what was asked for
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

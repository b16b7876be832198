"""What can go wrong while capturing, beyond what is recorded as a failed item.

CaptureError
├── BadScene            what the user gave is not a scene any extractor knows
├── NotAsked            nothing of a scene was asked: no server of it has an address that may be connected to
├── NotSealed           a capture could be neither finished nor sealed
├── BadSettings         an option's value cannot be used (cookies file, proxy)
├── NotRendered         a page cannot be shown in a browser here, or no longer
│   └── BrowserSilent   the browser did not answer in time
└── NotFetched          one attempt to fetch failed; becomes a failed item with its reason
    ├── AddressRefused  a private, loopback or link-local address, or a scheme that is not the web's
    └── Stopped         the capture is being stopped
"""


class CaptureError(Exception):
    """Root of every error that `capture` raises; `hint` says what to do next, or is ""."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class BadScene(CaptureError):
    """What the user gave is not a scene that any extractor knows."""


class BadSettings(CaptureError):
    """The value of an option cannot be used."""


class NotRendered(CaptureError):
    """There is no browser that can show a page, or it has ended."""


class BrowserSilent(NotRendered):
    """The browser did not answer in time: a page's scripts may not let go of it."""


class NotAsked(CaptureError):
    """No request for a scene was sent; `refused`: because its address is one that goldenhour does not connect to."""

    def __init__(self, message: str, *, refused: bool) -> None:
        super().__init__(message)
        self.refused = refused


class NotSealed(CaptureError):
    """A capture could be neither finished nor sealed; what had arrived is kept in its folder."""


class NotFetched(CaptureError):
    """One attempt to fetch failed; `again` says whether another attempt may succeed."""

    def __init__(self, message: str, *, again: bool = False) -> None:
        super().__init__(message)
        self.again = again


class AddressRefused(NotFetched):
    """An address that goldenhour does not connect to unless it is told to."""


class Stopped(NotFetched):
    """The capture is being stopped by its user or by a full disk."""

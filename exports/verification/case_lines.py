"""Comparing what the case's own ledger says of a capture with what the capture's ledger and seal say."""

from __future__ import annotations

from typing import Protocol

from hashing.case.events import CaptureFinished, CaptureRegistered, CaptureSealed, CaptureStarted

_SAID_AT_THE_START = ("exhibit", "scene", "officer", "initials")


class SealSaid(Protocol):
    """What is known of a seal that holds."""

    @property
    def size(self) -> int:
        """Lines."""

    @property
    def root(self) -> str:
        """The root of their tree, in hexadecimal."""

    @property
    def fingerprint(self) -> str:
        """As people compare it."""


def registered_otherwise(said: CaptureRegistered, own: CaptureStarted) -> bool:
    """Whether the case says other things of a capture's beginning than the capture's first line."""
    return said.began != own.time or any(getattr(said, name) != getattr(own, name) for name in _SAID_AT_THE_START)


def sealed_otherwise(said: CaptureSealed, own: CaptureStarted, end: CaptureFinished, seal: SealSaid) -> bool:
    """Whether the case says other things of a capture's end than the capture's last line and its seal."""
    stated = (said.exhibit, said.status, said.size, said.root, said.fingerprint, said.at or end.time)
    return stated != (own.exhibit, end.status, seal.size, seal.root, seal.fingerprint, end.time)

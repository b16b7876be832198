"""What the doctor is told: the same paths and names that a capture would be given."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from capture.recorder.address_guard import AddressGuard
from capture.request.options import BlueskyServices
from hashing.times import Clock, system_clock

if TYPE_CHECKING:
    from capture.clock import TimeServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What is to be looked at: paths, and whom captures would ask, as typed or as the config file says."""

    folder: Path
    """The case, or the folder in which cases are made."""
    key: Path
    key_named: bool
    """Whether the officer named the key; else it is their own, which is made on first use."""
    files: tuple[Path, ...] = ()
    """The settings files that there are."""
    files_problem: str = ""
    """Why they cannot be used, and what they say was passed over; "" where they can."""
    ntp: TimeServer | None = None
    on: tuple[str, ...] = ()
    """Places in which hashtags are looked for."""
    authorities: tuple[str, ...] = ()
    """Addresses of time-stamping authorities."""
    bluesky: BlueskyServices = field(default_factory=BlueskyServices)
    proxy: str = ""
    guard: AddressGuard = field(default_factory=AddressGuard)
    timeout: float = 10.0
    """Seconds for which a service that is probed may be silent."""
    probe: bool = False
    clock: Clock = system_clock

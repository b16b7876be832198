"""What the value of a setting must be besides its type, so that a wrong one is told with the file it stands in.

Each takes one value and raises BadSettings.
"""

from __future__ import annotations

from collections.abc import Callable


def demand_kinds(value: str) -> None:
    """Refuse what names no kinds of media."""
    from capture.request.options import wanted_kinds

    wanted_kinds(value)


def demand_size(value: str) -> None:
    """Refuse what is no size to leave free."""
    from capture.request.sizes import size

    size(value, "--min-free")


def demand_initials(value: str) -> None:
    """Refuse what cannot stand in an exhibit reference."""
    from capture.request.options import checked_initials

    if value:
        checked_initials(value)


def demand_proxy(value: str) -> None:
    """Refuse what is no HTTP proxy."""
    from capture.recorder.settings import checked_proxy

    checked_proxy(value)


def demand_user_agent(value: str) -> None:
    """Refuse what cannot stand in a request."""
    from capture.recorder.settings import checked_user_agent

    checked_user_agent(value)


def demand_authority(value: str) -> None:
    """Refuse what is no address of a time-stamping authority."""
    from commands.stamping import checked_authority

    checked_authority(value)


def no_login_in(option: str) -> Callable[[str], None]:
    """Return what refuses an address with a login in it, which would be written down."""

    def _check(value: str) -> None:
        from capture.request.options import demand_no_login

        demand_no_login(option, value)

    return _check

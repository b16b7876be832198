"""All checks, one after the other."""

from __future__ import annotations

from collections.abc import Iterator

from capture.doctor.finding import Finding, Setup, fault
from capture.doctor.libraries import INSTALL_AGAIN, check_libraries


def examine(setup: Setup) -> Iterator[Finding]:
    """Yield what each check finds, as soon as it is over; last, where it is asked for, what services answer."""
    yield from check_libraries(setup)
    try:
        from capture.doctor.checks import CHECKS, probe

        for check in CHECKS:
            yield from check(setup)
        if setup.probe:
            yield from probe(setup)
    except ImportError as error:  # a library that is missing or broken; where it is missing it was named above
        yield fault("all else", f"could not be checked: {error}", INSTALL_AGAIN)

"""What holds the processes in which pages, feeds, photos and videos are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capture.doctor.finding import Finding, fault, ok, warning
from hashing.sandbox import NotRead, Readers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from capture.doctor.setup import Setup


def check_confinement(_: Setup) -> Iterator[Finding]:
    """Yield which confinement is in force, as a reader on this computer tells."""
    try:
        with Readers() as readers:
            confinement = readers.confinement()
    except NotRead as error:
        hint = "nothing that a server sends can be read here; install goldenhour again"
        yield fault("sandbox", f"no reader could be started: {error}", hint)
        return
    held_by = [f"Landlock {confinement.landlock}"] if confinement.landlock else []
    held_by += ["seccomp"] if confinement.seccomp else []
    if not confinement.wants:
        yield ok("sandbox", f"the kernel holds what reads hostile bytes ({', '.join(held_by)}); it starts no program")
        return
    says = f"held by {', '.join((*held_by, 'Python'))} alone ({confinement.wants})"
    hint = "capture strangers' pages on Linux 5.13 or later, where the kernel holds what reads them"
    yield warning("sandbox", says, hint)

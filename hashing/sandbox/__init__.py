"""The one place in which hostile bytes are read: a process that holds nothing and reaches nothing.

It has no key, no environment, no network, no other program, and no file but those that are handed to it, open; its
memory and its time are bounded. On Linux the kernel sees to that (Landlock, seccomp); what else is there, `Confinement`
says. A reader that hangs or dies costs the document that it read, which is said, and no other.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from hashing.sandbox.errors import NotRead, NotStarted
from hashing.sandbox.handed_over import descriptor_of, handed_over

if TYPE_CHECKING:
    from hashing.sandbox.confine import Confinement
    from hashing.sandbox.process import SandboxProcess
    from hashing.sandbox.program import confined
    from hashing.sandbox.readers import Readers

__all__ = [
    "Confinement",
    "NotRead",
    "NotStarted",
    "Readers",
    "SandboxProcess",
    "confined",
    "descriptor_of",
    "handed_over",
]

_MODULES = {"Confinement": "confine", "Readers": "readers", "SandboxProcess": "process", "confined": "program"}


def __getattr__(name: str) -> object:
    """Load what is asked for: a command that only confines itself starts no process, and needs no more than that."""
    if name not in _MODULES:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)

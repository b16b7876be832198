"""What a fault is: a path, a line that says what happens there, and the code that makes it happen."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from tests.servers.connection import Connection
    from tests.servers.seen import Seen


@dataclass(frozen=True)
class Ask:
    """One request for a fault. `times` says the how manyth it is for this very target (query included), from 1."""

    seen: Seen
    times: int
    rest: str
    """What follows the fault's path, where that ends in a slash."""

    @cached_property
    def query(self) -> dict[str, list[str]]:
        """The query's values by name."""
        return parse_qs(self.seen.path.partition("?")[2], keep_blank_values=True)

    def text(self, name: str, default: str) -> str:
        """Return a value of the query."""
        return self.query.get(name, [default])[-1]

    def number(self, name: str, default: float) -> float:
        """Return a number of the query; what is no finite number counts as absent."""
        try:
            number = float(self.text(name, ""))
        except ValueError:
            return default
        return number if math.isfinite(number) else default

    def size(self, default: int) -> int:
        """Return `bytes=` of the query."""
        return max(0, int(self.number("bytes", default)))

    @property
    def type(self) -> str:
        """The Content-Type that the answer claims: `type=` of the query."""
        return self.text("type", "application/octet-stream")


Serve = Callable[["Connection", Ask], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to misbehave. A path that ends in a slash stands for everything below it."""

    path: str
    says: str
    serve: Serve


class Faults(dict[str, Fault]):
    """Faults by their path."""

    def at(self, path: str) -> Callable[[Serve], Serve]:
        """Put a function at a path; the function's docstring is what the fault says."""

        def put(serve: Serve) -> Serve:
            self[path] = Fault(path, (serve.__doc__ or "").strip(), serve)
            return serve

        return put

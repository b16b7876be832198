"""Host names that resolve to whatever a test wants, without touching the system.

`socket.getaddrinfo` is replaced for the whole process while `resolving` is entered. Nothing else in these tests is
replaced: name servers are other people's machines, and there is no way to be one for this process without root.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING
from unittest import mock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PUBLIC = "192.31.196.1"
"""A public address where nobody serves anything: the sink for stray look-ups of RFC 7535. To connect there fails
at once on a machine without a way to the Internet, and is refused or times out on one with it."""


class NoAnswer(Enum):
    """Why a look-up gives no address."""

    NOT_FOUND = socket.EAI_NONAME
    NOT_NOW = socket.EAI_AGAIN


_SAYS = {NoAnswer.NOT_FOUND: "Name or service not known", NoAnswer.NOT_NOW: "Temporary failure in name resolution"}


@dataclass(frozen=True, slots=True)
class InTurn:
    """Other answers at each look-up (rebinding): the first, the second, …, and the last one from then on."""

    answers: tuple[Sequence[str], ...]


Addresses = Sequence[str] | InTurn | NoAnswer | None


def in_turn(*answers: Sequence[str]) -> InTurn:
    """Answer the first look-up with the first addresses, the next with the second: `in_turn([PUBLIC], ["::1"])`."""
    return InTurn(answers)


@contextlib.contextmanager
def resolving(names: Mapping[str, Addresses], *, at: int | None = None) -> Iterator[list[str]]:
    """Resolve host names to the addresses given, None meaning that there is no such host.

    Yields the names looked up, in order, as a list that grows. Addresses written in the dotted or colon form and
    `localhost` are still resolved by the system (as is `127.1`, which is an address to it); every other name does not
    exist, so that no test asks a real name server. With `at`, whoever connects to one of the names comes to this port,
    so that a server of ours can stand in for a site at its own address.
    """
    known = {_plain(name): answer for name, answer in names.items()}
    asked: list[str] = []
    lock = threading.Lock()
    real = socket.getaddrinfo

    def addresses(name: str) -> Sequence[str]:
        with lock:
            asked.append(name)
            times = asked.count(name)
        answer = known.get(name)
        if answer is None or isinstance(answer, NoAnswer):
            raise _failure(answer or NoAnswer.NOT_FOUND)
        return answer.answers[min(times, len(answer.answers)) - 1] if isinstance(answer, InTurn) else answer

    def getaddrinfo(
        host: bytes | str | None,
        port: bytes | str | int | None,
        family: int = 0,
        type: int = 0,  # noqa: A002 - the real one's name for it, and callers do name it
        proto: int = 0,
        flags: int = 0,
    ) -> list[object]:
        name = _plain(host)
        if name not in known and _is_for_the_system(name):
            return list(real(host, port, family, type, proto, flags))
        if flags & socket.AI_NUMERICHOST:
            raise _failure(NoAnswer.NOT_FOUND)
        found: list[object] = []
        for address in addresses(name):
            with contextlib.suppress(socket.gaierror):  # an address of another family than was asked for
                found += real(address, port if at is None else at, family, type, proto, flags | socket.AI_NUMERICHOST)
        if not found:
            raise _failure(NoAnswer.NOT_FOUND)
        return found

    with mock.patch.object(socket, "getaddrinfo", getaddrinfo):
        yield asked


def _failure(why: NoAnswer) -> socket.gaierror:
    return socket.gaierror(why.value, _SAYS[why])


def _plain(host: bytes | str | None) -> str:
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else host or ""
    return text.lower().removesuffix(".")


def _is_for_the_system(name: str) -> bool:
    if name in {"", "localhost"}:
        return True
    try:
        socket.inet_aton(name)  # 127.0.0.1, and 127.1, 0x7f000001 …
    except OSError:
        try:
            ipaddress.ip_address(name.partition("%")[0])
        except ValueError:
            return False
    return True

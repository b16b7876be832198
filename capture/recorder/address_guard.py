"""Keeps the recorder away from addresses that are not the public Internet's.

A scene is hostile: a link or a redirect may name `http://127.1/`, a router, a cloud's metadata service, or a host name
that resolves to one of them. So the name is resolved once, every address is checked, and the connection goes to that
very address: there is no second look-up that could answer differently.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from capture.errors import AddressRefused, BadSettings, NotFetched, Stopped
from capture.recorder.address_kinds import Network, Reach, judged_by, kind_of, may_be_opened, parsed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from capture.recorder.address_kinds import Address
    from capture.recorder.stopping import Stop

T = TypeVar("T")
_MOST_ADDRESSES = 6  # Addresses of one host that are tried: each may take the time allowed.


def checked_network(text: str) -> Network:
    """Return a network that the user opens by name. Raises BadSettings for what is none, or may not be opened."""
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise BadSettings(f"--allow-network {text}: not a network", hint="write it as 10.1.0.0/16") from error
    if not may_be_opened(network):
        raise BadSettings(
            f"--allow-network {text}: not within one private network", hint="name a private network, as 10.1.0.0/16"
        )
    return network


@dataclass(frozen=True, slots=True)
class AddressGuard:
    """Opens connections: to public addresses, and to others as far as the user opened them.

    `allow_private` opens loopback and private networks, `networks` these very networks. Neither opens metadata
    services or multicast, and neither holds for what a server at a public address named (`named_by_public`).
    """

    allow_private: bool = False
    networks: tuple[Network, ...] = ()

    def connect(
        self,
        host: str,
        port: int,
        timeout: float,
        *,
        named_by_public: bool = False,
        stop: Stop | None = None,
        opening: Callable[[socket.socket], None] = lambda _: None,
    ) -> socket.socket:
        """Resolve, check, connect; a `stop` ends the wait. Raises AddressRefused, NotFetched.

        `opening` is told of each socket before it waits for its connection.
        """
        problem: OSError | None = None
        allowed = self._allowed(host, port, socket.SOCK_STREAM, named_by_public=named_by_public, stop=stop)
        for family, kind, protocol, target in allowed[:_MOST_ADDRESSES]:
            connection = socket.socket(family, kind, protocol)
            try:
                opening(connection)
                connection.settimeout(timeout)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.connect(target)
            except OSError as error:
                connection.close()
                problem = error
            except Stopped:
                connection.close()
                raise
            else:
                return connection
        if stop is not None:
            stop.check()  # which shuts the socket under us: say that instead
        assert problem is not None  # noqa: S101 - tells the type: there is an address, and none that answered
        raise NotFetched(_connect_reason(host, port, problem), again=True) from problem

    def datagrams(self, host: str, port: int) -> Iterator[socket.socket]:
        """Resolve, check, and yield a UDP socket to each address in turn, which hears that address and port alone.

        The caller closes it. Raises AddressRefused, NotFetched.
        """
        problem: OSError | None = None
        opened = False
        for family, kind, protocol, target in self._allowed(host, port, socket.SOCK_DGRAM):
            connection = socket.socket(family, kind, protocol)
            try:
                connection.connect(target)
            except OSError as error:  # no way there, as with IPv6 in a network without it
                connection.close()
                problem = error
                continue
            opened = True
            yield connection
        if not opened and problem is not None:
            raise NotFetched(_connect_reason(host, port, problem), again=True) from problem

    def demand(self, host: str, addresses: Iterable[str], *, named_by_public: bool = False) -> list[str]:
        """Return those addresses of a host where we may go. Raises AddressRefused where there is none."""
        # All addresses of a name are judged, and only those that are allowed are connected to: a name with a public and
        # a private one (DNS rebinding) gets no further than its public one.
        allowed, refused = [], []
        for address in addresses:
            reason = self._refusal(parsed(address), named_by_public=named_by_public)
            refused.append(f"{address.partition('%')[0]} is {reason}") if reason else allowed.append(address)
        if not allowed:
            reason = refused[0] if refused else "no address; not fetched"
            raise AddressRefused(f"{host}: {reason}")
        return allowed

    def _refusal(self, address: Address, *, named_by_public: bool) -> str:
        """Say why we do not go to an address, or return ""."""
        # An IPv6 address may carry an IPv4 one (mapped, 6to4, NAT64): each that a packet could reach is judged, and one
        # that may not be reached is enough.
        for each in judged_by(address):
            kind = kind_of(each)
            if kind.reach is Reach.PUBLIC:
                continue
            named = any(each.version == network.version and each in network for network in self.networks)
            if kind.reach is Reach.NEVER:
                return f"{kind.words}; never fetched"
            if not (named or (self.allow_private and kind.reach is Reach.PRIVATE)):
                option = "--allow-private" if kind.reach is Reach.PRIVATE else "--allow-network"
                return f"{kind.words}; not fetched without {option}"
            # What the officer opened is open for what the officer typed, not for what a server on the internet points
            # at.
            if named_by_public:
                return f"{kind.words}, named by a server at a public address; not fetched"
        return ""

    def _allowed(
        self,
        host: str,
        port: int,
        kind: socket.SocketKind,
        *,
        named_by_public: bool = False,
        stop: Stop | None = None,
    ) -> list[tuple[socket.AddressFamily, socket.SocketKind, int, tuple[str | int | bytes, ...]]]:
        """Return where a host may be reached. Raises AddressRefused where it is nowhere we go, NotFetched."""
        found = self._resolve(host, port, kind) if stop is None else _until(stop, self._resolve, host, port, kind)
        allowed = set(self.demand(host, [str(target[0]) for *_, target in found], named_by_public=named_by_public))
        return [
            (family, each, protocol, target) for family, each, protocol, _, target in found if str(target[0]) in allowed
        ]

    def _resolve(
        self, host: str, port: int, kind: socket.SocketKind
    ) -> list[tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[str | int | bytes, ...]]]:
        try:
            # "idna" in getaddrinfo itself refuses empty and over-long labels with a UnicodeError.
            return list(socket.getaddrinfo(host.strip("[]"), port, type=kind))
        except (socket.gaierror, UnicodeError) as error:
            temporary = isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN
            what = "the name could not be looked up now" if temporary else "no such host (the name does not resolve)"
            raise NotFetched(f"{host}: {what}", again=temporary) from error

    def look_up(self, host: str, port: int, stop: Stop) -> None:
        """Find out whether a host has an address where we may go. Raises AddressRefused, NotFetched, Stopped."""
        self._allowed(host, port, socket.SOCK_STREAM, stop=stop)

    def check_name(self, host: str, *, named_by_public: bool = False) -> None:
        """Refuse a host that a proxy will resolve, as far as its name alone tells. Raises AddressRefused."""
        if address := literal_address(host):
            self.demand(host, [address], named_by_public=named_by_public)


def literal_address(host: str) -> str:
    """Return the address that a host's name itself is, in any spelling; "" for a name that is to be looked up."""
    try:
        return socket.inet_ntoa(socket.inet_aton(host))  # 127.1, 0x7f000001 …
    except (OSError, UnicodeError):
        try:
            return str(parsed(host.strip("[]")))
        except ValueError:
            return "127.0.0.1" if host.lower().rstrip(".").endswith("localhost") else ""


def _until(stop: Stop, look_up: Callable[..., T], *args: object) -> T:
    """Return what a look-up returns, which may take a minute and cannot be interrupted. Raises Stopped, NotFetched."""
    answers: queue.SimpleQueue[T | BaseException] = queue.SimpleQueue()

    def _look_up() -> None:
        try:
            answers.put(look_up(*args))
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            answers.put(error)

    with stop.heeded(lambda reason: answers.put(Stopped(f"{reason} before it was reached"))):
        threading.Thread(target=_look_up, name="name", daemon=True).start()
        answer = answers.get()
    if isinstance(answer, BaseException):
        raise answer
    return answer


def _connect_reason(host: str, port: int, error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return f"{host}: connection refused at port {port}"
    if isinstance(error, TimeoutError):
        return f"{host}: no connection within the time allowed"
    return f"{host}: could not connect ({(error.strerror or str(error)).lower()})"

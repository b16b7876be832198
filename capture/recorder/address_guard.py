"""Keeps the recorder away from addresses that are not the public Internet's.

A scene is hostile: a link or a redirect may name `http://127.1/`, a router, a cloud's metadata service, or a host name
that resolves to one of them. So the name is resolved once, every address is checked, and the connection goes to that
very address: there is no second look-up that could answer differently.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from capture.errors import AddressRefused, NotFetched

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last 32 bits

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _inner(address: Address) -> Address | None:
    """Return the IPv4 address that an IPv6 address carries inside, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


def is_public(text: str) -> bool:
    """Say whether an IP address is one of the public Internet's."""
    address = ipaddress.ip_address(text.partition("%")[0])
    inner = _inner(address)
    if inner is not None and not is_public(str(inner)):
        return False
    mapped = inner is not None and address.version == 6 and address.ipv4_mapped is not None  # noqa: PLR2004 - IPv6
    return mapped or (address.is_global and not address.is_multicast)


@dataclass(frozen=True, slots=True)
class AddressGuard:
    """Opens connections, to public addresses only unless `allow_private`."""

    allow_private: bool = False

    def connect(self, host: str, port: int, timeout: float) -> socket.socket:
        """Resolve, check, connect. Raises AddressRefused, NotFetched."""
        problem: OSError | None = None
        for family, kind, protocol, target in self._allowed(host, port, socket.SOCK_STREAM):
            connection = socket.socket(family, kind, protocol)
            try:
                connection.settimeout(timeout)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.connect(target)
            except OSError as error:
                connection.close()
                problem = error
            else:
                return connection
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

    def _allowed(
        self, host: str, port: int, kind: socket.SocketKind
    ) -> list[tuple[socket.AddressFamily, socket.SocketKind, int, tuple[str | int | bytes, ...]]]:
        """Return where a host may be reached. Raises AddressRefused where it is nowhere we go, NotFetched."""
        refused: list[str] = []
        allowed = []
        for family, each_kind, protocol, _, target in self._resolve(host, port, kind):
            address = str(target[0])
            if self.allow_private or is_public(address):
                allowed.append((family, each_kind, protocol, target))
            else:
                refused.append(address)
        if not allowed:
            raise AddressRefused(f"{host}: {_kind(refused)}; not fetched without --allow-private")
        return allowed

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

    def check_name(self, host: str) -> None:
        """Refuse a host that a proxy will resolve, as far as its name alone tells. Raises AddressRefused."""
        if self.allow_private:
            return
        try:
            addresses = [str(ipaddress.ip_address(socket.inet_ntoa(socket.inet_aton(host))))]  # 127.1, 0x7f000001 …
        except OSError:
            try:
                addresses = [str(ipaddress.ip_address(host.strip("[]").partition("%")[0]))]
            except ValueError:
                addresses = ["127.0.0.1"] if host.lower().rstrip(".").endswith("localhost") else []
        refused = [address for address in addresses if not is_public(address)]
        if refused:
            raise AddressRefused(f"{host}: {_kind(refused)}; not fetched without --allow-private")


def _kind(addresses: list[str]) -> str:
    first = ipaddress.ip_address(addresses[0].partition("%")[0]) if addresses else None
    if first is None:
        return "no address"
    if first.is_loopback or first.is_unspecified:
        name = "this computer itself"
    elif first.is_link_local:
        name = "a link-local address"
    elif first.is_multicast:
        name = "a multicast address"
    else:
        name = "a private or reserved address"
    return f"{first} is {name}"


def _connect_reason(host: str, port: int, error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return f"{host}: connection refused at port {port}"
    if isinstance(error, TimeoutError):
        return f"{host}: no connection within the time allowed"
    return f"{host}: could not connect ({(error.strerror or str(error)).lower()})"

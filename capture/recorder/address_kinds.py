"""What an IP address is: one of the public Internet's, a private network's, or one that nobody should be sent to.

The table follows IANA's registries of special-purpose addresses (RFC 6890) and what has been assigned since. An IPv6
address that carries an IPv4 address inside is judged by that address: a packet to it may well end there.
"""

from __future__ import annotations

import enum
import ipaddress
from functools import lru_cache

import msgspec

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Reach(enum.Enum):
    """Who may be sent to an address."""

    PUBLIC = "public"  # Anyone.
    PRIVATE = "private"  # Whoever says `--allow-private`, or names its network with `--allow-network`.
    NAMED = "named"  # Only whoever names its network with `--allow-network`.
    NEVER = "never"  # Nobody: to ask there is never what a capture is for.


class AddressKind(msgspec.Struct, frozen=True):
    """What an address is, in words that follow "is", and who may be sent there."""

    words: str
    reach: Reach


_PUBLIC = AddressKind("a public address", Reach.PUBLIC)
_LOOPBACK = AddressKind("this computer itself", Reach.PRIVATE)
_PRIVATE = AddressKind("a private or reserved address", Reach.PRIVATE)
_RESERVED = AddressKind("a private or reserved address", Reach.NAMED)
_LINK_LOCAL = AddressKind("a link-local address", Reach.NAMED)
_MULTICAST = AddressKind("a multicast address", Reach.NEVER)
_METADATA = AddressKind("a cloud's metadata service", Reach.NEVER)

_TABLE: tuple[tuple[Network, AddressKind], ...] = tuple(
    (ipaddress.ip_network(network), kind)
    for kind, networks in (
        # The most special first: the first row that holds an address decides. Metadata services hand out credentials.
        (_METADATA, "169.254.169.254/32 169.254.170.2/32 169.254.170.23/32 100.100.100.200/32 192.0.0.192/32"),
        (_METADATA, "168.63.129.16/32 fd00:ec2::/64 fd20:ce::254/128"),
        (_LOOPBACK, "127.0.0.0/8 ::1/128 0.0.0.0/32 ::/128"),  # systems take "unspecified" for themselves
        (_LINK_LOCAL, "169.254.0.0/16 fe80::/10"),
        (_MULTICAST, "224.0.0.0/4 255.255.255.255/32 ff00::/8"),
        (_PRIVATE, "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 fc00::/7"),
        # This network, IETF, documentation, 6to4 relays, benchmarks, class E.
        (_RESERVED, "0.0.0.0/8 192.0.0.0/24 192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 192.88.99.0/24"),
        (_RESERVED, "198.18.0.0/15 240.0.0.0/4"),
        # IETF (with benchmarks and ORCHID; Teredo is judged by what it carries), documentation.
        (_RESERVED, "2001::/23 2001:db8::/32 3fff::/20"),
        (_PUBLIC, "0.0.0.0/0 2000::/3"),
        # No global unicast (RFC 4291 section 2.4): IPv4-compatible, local NAT64, discard, segment routing, site-local …
        (_RESERVED, "::/0"),
    )
    for network in networks.split()
)

_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
_TRANSLATED = ipaddress.IPv6Network("::ffff:0:0:0/96")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")
_TEREDO = ipaddress.IPv6Network("2001::/32")
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})  # The upper half of the interface identifiers of RFC 5214 section 6.1.


def parsed(text: str) -> Address:
    """Return an address as the system writes it, with or without a zone (`fe80::1%eth0`). Raises ValueError."""
    return ipaddress.ip_address(text.partition("%")[0])


def judged_by(address: Address) -> tuple[Address, ...]:
    """Return the addresses that decide what `address` is: those that it carries inside, or itself. All must pass."""
    if isinstance(address, ipaddress.IPv4Address):
        return (address,)
    number = int(address)
    last = ipaddress.IPv4Address(number & 0xFFFFFFFF)
    if any(address in each for each in (_MAPPED, _TRANSLATED, _NAT64)):  # RFC 4291, RFC 2765, RFC 6052
        return (last,)
    if address in _SIX_TO_FOUR:  # RFC 3056
        return (ipaddress.IPv4Address(number >> 80 & 0xFFFFFFFF),)
    if address in _TEREDO:  # RFC 4380: the server, and the client with every bit turned
        return (ipaddress.IPv4Address(number >> 64 & 0xFFFFFFFF), ipaddress.IPv4Address(int(last) ^ 0xFFFFFFFF))
    if (number >> 32 & 0xFFFFFFFF) in _ISATAP:
        return (address, last)
    return (address,)


def kind_of(address: Address) -> AddressKind:
    """Return what an address is by itself, without what it may carry inside."""
    return next(kind for network, kind in _TABLE if network.version == address.version and address in network)


@lru_cache(maxsize=1024)  # asked of each exchange, and a scene has few servers
def is_public(text: str) -> bool:
    """Say whether an IP address, and what it carries inside, is one of the public Internet's. Raises ValueError."""
    return all(kind_of(each).reach is Reach.PUBLIC for each in judged_by(parsed(text)))


def may_be_opened(network: Network) -> bool:
    """Say whether `--allow-network` may name a network: it lies within one kind, neither public nor barred."""
    rows = [(each, kind) for each, kind in _TABLE if each.version == network.version and each.overlaps(network)]
    return all(kind.reach is not Reach.PUBLIC or not _within(each, network) for each, kind in rows) and next(
        (kind.reach in {Reach.PRIVATE, Reach.NAMED} for each, kind in rows if _within(network, each)), False
    )


def _within(inner: Network, outer: Network) -> bool:
    return inner.subnet_of(outer)  # type: ignore[arg-type]  # both of one version

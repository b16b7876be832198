"""A row for every kind of address: who may be sent there, with no option, `--allow-private`, or a network by name."""

from __future__ import annotations

import itertools

import pytest

from capture.errors import AddressRefused, BadSettings
from capture.recorder.address_guard import AddressGuard, checked_network
from capture.recorder.address_kinds import Reach, is_public, judged_by, kind_of, parsed

PUBLIC, PRIVATE, NAMED, NEVER = "public", "private", "named", "never"

ROWS = {
    "1.1.1.1": PUBLIC, "192.31.196.1": PUBLIC, "223.255.255.255": PUBLIC, "126.0.0.1": PUBLIC, "128.0.0.1": PUBLIC,
    "172.15.0.1": PUBLIC, "172.32.0.1": PUBLIC, "169.253.0.1": PUBLIC, "100.63.0.1": PUBLIC, "100.128.0.1": PUBLIC,
    "2606:4700::1111": PUBLIC, "2001:4860:4860::8888": PUBLIC, "2001:200::1": PUBLIC,
    # This computer and private networks (RFC 1122, RFC 1918, RFC 6598, RFC 4193).
    "127.0.0.1": PRIVATE, "127.255.255.254": PRIVATE, "0.0.0.0": PRIVATE, "10.0.0.1": PRIVATE, "172.16.0.1": PRIVATE,  # noqa: S104 - an address to judge
    "172.31.255.255": PRIVATE, "192.168.1.1": PRIVATE, "100.64.0.1": PRIVATE, "100.127.255.255": PRIVATE,
    "::1": PRIVATE, "::": PRIVATE, "fc00::1": PRIVATE, "fd12:3456::1": PRIVATE,
    # Link-local, site-local, documentation, benchmarks, relays, reserved.
    "169.254.1.1": NAMED, "fe80::1": NAMED, "fe80::1%eth0": NAMED, "febf::1": NAMED, "fec0::1": NAMED,
    "192.0.2.1": NAMED, "198.51.100.1": NAMED, "203.0.113.1": NAMED, "2001:db8::1": NAMED, "3fff::1": NAMED,
    "198.18.0.1": NAMED, "198.19.255.255": NAMED, "2001:2::1": NAMED, "192.88.99.1": NAMED, "192.0.0.1": NAMED,
    "240.0.0.1": NAMED, "0.1.2.3": NAMED, "100::1": NAMED, "5f00::1": NAMED, "2001:10::1": NAMED, "2001:20::1": NAMED,
    "64:ff9b:1::1": NAMED, "64:ff9b:1::7f00:1": NAMED, "4000::1": NAMED, "fe00::1": NAMED,
    # Metadata services, multicast, broadcast.
    "169.254.169.254": NEVER, "169.254.170.2": NEVER, "100.100.100.200": NEVER, "192.0.0.192": NEVER,
    "168.63.129.16": NEVER, "fd00:ec2::254": NEVER, "fd20:ce::254": NEVER, "224.0.0.1": NEVER, "239.1.1.1": NEVER,
    "255.255.255.255": NEVER, "ff02::1": NEVER, "ff0e::1": NEVER,
    # IPv4-mapped (RFC 4291), IPv4-compatible, IPv4-translated (RFC 2765), NAT64 (RFC 6052).
    "::ffff:1.1.1.1": PUBLIC, "::ffff:127.0.0.1": PRIVATE, "::ffff:10.0.0.1": PRIVATE, "::ffff:0.0.0.0": PRIVATE,
    "::ffff:169.254.169.254": NEVER, "::ffff:169.254.1.1": NAMED, "::ffff:224.0.0.1": NEVER,
    "::127.0.0.1": NAMED, "::10.0.0.1": NAMED, "::169.254.169.254": NAMED, "::1.1.1.1": NAMED,
    "::ffff:0:127.0.0.1": PRIVATE, "::ffff:0:169.254.169.254": NEVER, "::ffff:0:1.1.1.1": PUBLIC,
    "64:ff9b::101:101": PUBLIC, "64:ff9b::7f00:1": PRIVATE, "64:ff9b::a9fe:a9fe": NEVER,
    # 6to4 (RFC 3056), Teredo (RFC 4380): server 1.1.1.1 and a client, bits turned; ISATAP (RFC 5214).
    "2002:101:101::": PUBLIC, "2002:7f00:1::": PRIVATE, "2002:a00:1::1": PRIVATE, "2002:a9fe:a9fe::": NEVER,
    "2001:0:101:101::fefe:fefe": PUBLIC, "2001:0:101:101::80ff:fffe": PRIVATE, "2001:0:101:101::5601:5601": NEVER,
    "2001:0:7f00:1::fefe:fefe": PRIVATE,
    "2606:4700::5efe:127.0.0.1": PRIVATE, "2606:4700::200:5efe:10.0.0.1": PRIVATE, "2606:4700::5efe:1.1.1.1": PUBLIC,
    "2606:4700::5efe:169.254.169.254": NEVER, "fe80::5efe:1.1.1.1": NAMED,
}  # fmt: skip

CLOSED, OPENED = AddressGuard(), AddressGuard(allow_private=True)


def goes(guard: AddressGuard, address: str, *, named_by_public: bool = False) -> bool:
    """Say whether a guard lets a connection through."""
    try:
        guard.demand("host.example", [address], named_by_public=named_by_public)
    except AddressRefused:
        return False
    return True


@pytest.mark.parametrize(("address", "reach"), ROWS.items())
def test_each_kind_of_address(address: str, reach: str) -> None:
    """Public addresses are open, private ones with the flag, others by name alone, metadata and multicast never."""
    assert is_public(address) is (reach == PUBLIC)
    assert goes(CLOSED, address) is (reach == PUBLIC)
    assert goes(OPENED, address) is (reach in {PUBLIC, PRIVATE})
    # What a server at a public address names leads to public addresses alone, whatever the user opened.
    assert goes(OPENED, address, named_by_public=True) is (reach == PUBLIC)


@pytest.mark.parametrize("address", [row for row, reach in ROWS.items() if reach in {PRIVATE, NAMED}])
def test_a_network_by_name_opens_itself(address: str) -> None:
    """The network of one address opens that address, however it is wrapped, and nothing that a public server names."""
    named = [str(each) for each in judged_by(parsed(address)) if kind_of(each).reach is not Reach.PUBLIC]
    guard = AddressGuard(networks=tuple(map(checked_network, named)))
    assert goes(guard, address)
    assert not goes(guard, address, named_by_public=True)
    assert not any(goes(guard, other) for other, reach in ROWS.items() if reach == NEVER)


def test_a_network_opens_no_other() -> None:
    """With --allow-network 10.1.0.0/16 its first and last address are open, and their neighbours are not."""
    guard = AddressGuard(networks=(checked_network("10.1.0.0/16"),))
    assert all(goes(guard, each) for each in ("10.1.0.0", "10.1.255.255", "::ffff:10.1.2.3", "64:ff9b::a01:203"))
    assert not any(goes(guard, each) for each in ("10.0.255.255", "10.2.0.0", "127.0.0.1", "192.168.1.1", "::1"))


def test_several_networks_and_a_link() -> None:
    """Each named network is open; a link-local one, too, but never the metadata service in it."""
    guard = AddressGuard(networks=tuple(map(checked_network, ("169.254.0.0/16", "fe80::/64", "192.168.7.0/24"))))
    assert all(goes(guard, each) for each in ("169.254.10.1", "fe80::1%eth0", "192.168.7.9"))
    assert not any(goes(guard, each) for each in ("169.254.169.254", "fe80:0:0:1::1", "192.168.8.1"))


BAD = ["", "10.1.0.1/16", "ten", "0.0.0.0/0", "::/0", "8.8.8.0/24", "1.1.1.1", "224.0.0.0/24", "ff00::/8", "10.0.0.0/7",
       "169.254.169.254", "100.100.100.200/32", "128.0.0.0/1", "2000::/3", "10.0.0.0/33", "fd00:ec2::254"]  # fmt: skip


@pytest.mark.parametrize("text", BAD)
def test_what_no_network_is_opened_by(text: str) -> None:
    """What is no network, holds public addresses or a metadata service alone is refused, with how to write it."""
    with pytest.raises(BadSettings) as caught:
        checked_network(text)
    assert "10.1.0.0/16" in caught.value.hint


def test_one_refused_address_does_not_hide_an_open_one() -> None:
    """Of several addresses of a host only those are kept where we may go."""
    for order in itertools.permutations(["127.0.0.1", "1.1.1.1", "169.254.169.254"]):
        assert CLOSED.demand("host.example", order) == ["1.1.1.1"]
        assert set(OPENED.demand("host.example", order)) == {"127.0.0.1", "1.1.1.1"}

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from capture.errors import AddressRefused, NotFetched
from capture.recorder.address_guard import AddressGuard
from capture.recorder.address_kinds import is_public
from tests.servers import PUBLIC, ForwardProxy, MisbehavingServer, NoAnswer, SceneServer, in_turn, redirect, resolving

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.capture.recorder.conftest import Recording

NOT_PUBLIC = [
    "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::1", "::", "::ffff:0:0", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1",
]  # fmt: skip


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_addresses_that_are_not_the_internets_are_known(address: str) -> None:
    """Private, loopback, link-local, reserved and multicast addresses are not public, in whatever they are wrapped."""
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    """Ordinary addresses pass, wrapped ones too."""
    assert is_public(address)


SPELLINGS = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "0",
    "localhost", "LOCALHOST", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[0:0:0:0:0:0:0:1]",
]  # fmt: skip


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_this_computer_gets_through(host: str, recording: Callable[..., Recording]) -> None:
    """However loopback is written, the connection is refused and the server sees nothing."""
    with MisbehavingServer() as server:
        fetched = recording(allow_private=False, attempts=1).fetch(f"http://{host}:{server.port}/page")
        assert not fetched.whole
        assert fetched.refused, fetched.reason
        assert "--allow-private" in fetched.reason
        assert server.requests == []


def test_a_name_that_resolves_to_loopback_is_refused(recording: Callable[..., Recording]) -> None:
    """What counts is the address, not the name."""
    with MisbehavingServer() as server, resolving({"scene.example": ["127.0.0.1"]}):
        fetched = recording(allow_private=False).fetch(f"http://scene.example:{server.port}/page")
        assert fetched.reason == (
            "scene.example: 127.0.0.1 is this computer itself; not fetched without --allow-private"
        )
        assert fetched.refused
        assert server.requests == []


def test_a_redirect_to_a_private_address_is_refused(recording: Callable[..., Recording]) -> None:
    """Each hop is checked: a good host cannot send us to a bad one."""
    asked = {"good.example": in_turn(["127.0.0.1"])}
    with MisbehavingServer() as server, resolving(asked):
        taken = recording()
        fetched = taken.fetch(f"http://good.example:{server.port}/to?url=http://10.0.0.1/")
        assert len(taken.superseded) == 1
        assert not fetched.whole
    # With the guard up, the first hop must already be public; so the redirect itself is judged alone.
    guard = AddressGuard()
    with pytest.raises(AddressRefused, match=r"10\.0\.0\.1 is a private or reserved address"):
        guard.connect("10.0.0.1", 80, 1.0)


def test_of_several_addresses_only_public_ones_are_tried(recording: Callable[..., Recording]) -> None:
    """A name with a public and a private address never leads to the private one."""
    with MisbehavingServer() as server, resolving({"mixed.example": ["127.0.0.1", PUBLIC]}):
        fetched = recording(allow_private=False, attempts=1).fetch(f"http://mixed.example:{server.port}/page")
        assert not fetched.whole
        assert server.requests == []


def test_a_name_is_looked_up_once_a_connection(recording: Callable[..., Recording]) -> None:
    """There is no second look-up between the check and the connection that could answer otherwise (rebinding)."""
    names = {"rebound.example": in_turn([PUBLIC], ["127.0.0.1"])}
    with MisbehavingServer() as server, resolving(names) as asked:
        recording(allow_private=False, attempts=1).fetch(f"http://rebound.example:{server.port}/page")
        assert asked == ["rebound.example"]
        assert server.requests == []


@pytest.mark.parametrize(
    ("answer", "reason", "times"),
    [(NoAnswer.NOT_FOUND, "no such host", 1), (NoAnswer.NOT_NOW, "could not be looked up now", 3)],
)
def test_a_name_that_does_not_resolve_is_a_plain_sentence(
    answer: NoAnswer, reason: str, times: int, recording: Callable[..., Recording]
) -> None:
    """No such host is final; a name server that is busy is asked again."""
    with resolving({"missing.example": answer}) as asked:
        fetched = recording().fetch("http://missing.example/")
        assert reason in fetched.reason
        assert len(asked) == times


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "..", "%00.example", "xn--.example"])
def test_an_impossible_name_is_no_fault_of_ours(host: str, recording: Callable[..., Recording]) -> None:
    """Names that cannot be names end as a reason, never as an exception."""
    fetched = recording(attempts=1).fetch(f"http://{host}/")
    assert fetched.reason
    assert fetched.exchange is None


def test_a_refused_connection_says_so(recording: Callable[..., Recording]) -> None:
    """A port where nobody listens is a plain sentence with host and port."""
    with MisbehavingServer() as server:
        port = server.port
    fetched = recording().fetch(f"http://127.0.0.1:{port}/")
    assert fetched.reason == f"127.0.0.1: connection refused at port {port}"
    assert not fetched.refused


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "0x7f000001", "[::1]", "localhost", "api.localhost", "10.0.0.1"]
)
def test_a_proxy_is_not_a_way_round(host: str, recording: Callable[..., Recording]) -> None:
    """Through a proxy, which resolves names itself, literal private addresses are refused all the same."""
    with ForwardProxy() as proxy:
        fetched = recording(allow_private=False, proxy=proxy.url("")).fetch(f"http://{host}/")
        assert fetched.refused
        assert proxy.requests == []


def test_nobody_listening_is_not_a_refusal_of_ours() -> None:
    """A connection that fails is NotFetched and may be tried again."""
    with MisbehavingServer() as server:
        port = server.port
    with pytest.raises(NotFetched) as caught:
        AddressGuard(allow_private=True).connect("127.0.0.1", port, 1.0)
    assert caught.value.again
    assert not isinstance(caught.value, AddressRefused)


def test_what_a_public_server_named_opens_no_connection(recording: Callable[..., Recording]) -> None:
    """With --allow-private, too, nothing that a server at a public address named is asked of a private one."""
    with SceneServer({"/": b"x"}) as server:
        fetched = recording().recorder.fetch(server.url("/"), named_by_public=True)
        assert (fetched.refused, server.requests) == (True, [])
        assert fetched.reason == (
            "127.0.0.1: 127.0.0.1 is this computer itself, named by a server at a public address; not fetched"
        )


def test_an_open_connection_is_not_a_way_round(recording: Callable[..., Recording]) -> None:
    """A connection that is kept open is judged anew for each request, so that none rides on another's permission."""
    with SceneServer({"/": b"x", "/next": b"y"}) as server:
        recorder = recording().recorder
        assert recorder.fetch(server.url("/")).whole
        assert recorder.fetch(server.url("/next"), named_by_public=True).refused
        assert [seen.path for seen in server.requests] == ["/"]
        assert recorder.fetch(server.url("/next")).whole


def test_a_public_redirect_leads_to_no_private_address(recording: Callable[..., Recording]) -> None:
    """With --allow-private, a public host may redirect to public hosts, and a private one to private ones."""
    with SceneServer({"/end": b"x"}) as server:
        routes = {"good.example": server.address, "also.example": server.address}
        with ForwardProxy(routes=routes) as proxy:
            taken = recording(proxy=proxy.url(""))
            server.files["/"] = redirect(f"http://127.0.0.1:{server.port}/end")
            assert taken.fetch("http://good.example/").refused
            assert taken.fetch(server.url("/")).whole
            server.files["/"] = redirect("http://also.example/end")
            assert taken.fetch("http://good.example/").whole


def test_a_private_page_keeps_its_trust_only_until_a_public_hop(recording: Callable[..., Recording]) -> None:
    """A way that leads from a private server over a public one does not come back to a private one."""
    with SceneServer({"/end": b"x"}) as server, ForwardProxy(routes={"good.example": server.address}) as proxy:
        server.files |= {"/": redirect("http://good.example/back"), "/back": redirect(server.url("/end"))}
        fetched = recording(proxy=proxy.url("")).fetch(server.url("/"))
        assert fetched.refused
        assert fetched.public
        assert server.asked("/end") == 0

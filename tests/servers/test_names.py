"""Names that resolve to what a test says."""

from __future__ import annotations

import socket
import urllib.request

import pytest

from tests.servers import PUBLIC, NoAnswer, SceneServer, in_turn, resolving


def addresses(name: str | bytes, family: int = 0) -> list[str]:
    """Look a name up."""
    return [str(found[4][0]) for found in socket.getaddrinfo(name, 80, family, type=socket.SOCK_STREAM)]


def test_a_name_leads_to_a_server() -> None:
    """A client that looks up the name reaches the server at the address given, and the look-up is noted."""
    with SceneServer({"/": b"here"}) as server, resolving({"scene.example": ["127.0.0.1"]}) as asked:
        url = f"http://scene.example:{server.port}/"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url) as response:
            assert response.read() == b"here"
        assert server.requests[0].header("Host") == f"scene.example:{server.port}"
    assert asked == ["scene.example"]


def test_answers_may_be_many_none_or_late() -> None:
    """Mixed answers come in order and by family; a name without an answer, or unknown, fails as a real one does."""
    names = {"mixed.example": [PUBLIC, "127.0.0.1", "::1"], "none.example": None, "busy.example": NoAnswer.NOT_NOW}
    with resolving(names):
        assert addresses("MIXED.example.") == addresses(b"mixed.example") == [PUBLIC, "127.0.0.1", "::1"]
        assert addresses("mixed.example", socket.AF_INET6) == ["::1"]
        for name, number in (
            ("none.example", socket.EAI_NONAME),
            ("other.example", socket.EAI_NONAME),
            ("busy.example", socket.EAI_AGAIN),
        ):
            with pytest.raises(socket.gaierror) as caught:
                addresses(name)
            assert caught.value.errno == number
        with pytest.raises(socket.gaierror):
            socket.getaddrinfo("mixed.example", 80, flags=socket.AI_NUMERICHOST)


def test_an_answer_may_change() -> None:
    """Rebinding: the first look-up gives one answer, every later one another."""
    with resolving({"rebind.example": in_turn([PUBLIC], ["127.0.0.1"])}) as asked:
        assert [addresses("rebind.example") for _ in range(3)] == [[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]]
    assert asked == ["rebind.example"] * 3


def test_addresses_are_the_systems_business() -> None:
    """Addresses in all their forms, and localhost, resolve as ever, within and after."""
    real = socket.getaddrinfo
    with resolving({}) as asked:
        for name in ("127.0.0.1", "127.1", "0x7f000001", "2130706433", "localhost"):
            assert addresses(name, socket.AF_INET) == ["127.0.0.1"]
        assert addresses("::1") == ["::1"]
    assert asked == []
    assert socket.getaddrinfo is real

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from capture.doctor import FAULT, OK, WARNING
from capture.doctor.probe import probe
from capture.recorder.address_guard import AddressGuard
from capture.request.options import BlueskyServices
from tests.servers import Body, SceneServer
from tests.servers.time_authority import TimeAuthority

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from capture.doctor import Finding, Setup

JSON = "application/json"
SEARCH, TIMELINE = "/xrpc/app.bsky.feed.searchPosts", "/api/v1/timelines/tag/news"
FILES = {
    SEARCH: Body(data=b'{"posts":[{}]}', type=JSON),
    "/_health": Body(data=b'{"version":"0.0.1"}', type=JSON),
    TIMELINE: Body(data=b"[{}]", type=JSON, gzip=True),
}


@pytest.fixture
def server() -> Iterator[SceneServer]:
    """Return a server that is all services at once."""
    with SceneServer(FILES) as running:
        yield running


def _found(setup: Setup, server: SceneServer, **changed: object) -> dict[str, Finding]:
    services = BlueskyServices(appview=server.origin, plc=server.origin)
    named: dict[str, object] = {"bluesky": services, "on": ("bsky", server.origin), "probe": True, **changed}
    return {each.check: each for each in probe(replace(setup, **named))}  # type: ignore[arg-type]  # fields of a setup


def test_services_that_answer(setup: Setup, server: SceneServer) -> None:
    """Each says what it yields, and how long that took; each is asked once."""
    found = _found(setup, server)
    assert {name: (each.state, each.says) for name, each in found.items()} == {
        "bluesky": (OK, f"{server.host}:{server.port} answered: finds posts of #news"),
        "did directory": (OK, f"{server.host}:{server.port} answered: version 0.0.1"),
        "server": (OK, f"{server.host}:{server.port} answered: shows posts of #news"),
    }
    assert all(each.seconds is not None and 0 < each.seconds < 5 for each in found.values())
    assert len(server.requests) == 3


def test_services_that_refuse(setup: Setup, server: SceneServer) -> None:
    """Who wants a login is told from who is down: a token helps, and captures of other scenes are whole."""
    server.files |= {SEARCH: Body(status=403), TIMELINE: Body(status=401), "/_health": Body(status=429)}
    found = _found(setup, server)
    assert {each.state for each in found.values()} == {WARNING}
    assert "403" in found["bluesky"].says
    assert "--token" in found["bluesky"].hint
    assert "--token" in found["server"].hint
    assert found["did directory"].hint == "wait, and ask again"


def test_a_server_of_the_other_protocol(setup: Setup, server: SceneServer) -> None:
    """A place of --on that does not speak Mastodon's API is asked as an AppView."""
    del server.files[TIMELINE]
    assert _found(setup, server)["server"].says.endswith(" answered: finds posts of #news")


NONSENSE = {
    "a page": Body(data=b"<!doctype html><title>Welcome"),
    "nothing": Body(data=b"", type=JSON),
    "another type": Body(data=b"5", type=JSON),
    "too deep": Body(data=b"[" * 100_000, type=JSON),
    "no text": Body(data=b'{"version":"\xff"}', type=JSON),
    "a bomb": Body(data=b"[" + b" " * (40 << 20) + b"]", type=JSON, gzip=True),
}


@pytest.mark.parametrize("body", NONSENSE.values(), ids=NONSENSE)
def test_an_answer_that_is_none(setup: Setup, server: SceneServer, body: Body) -> None:
    """What a service answers is hostile like anything else, and a page of a captive portal is no answer."""
    server.files |= dict.fromkeys((SEARCH, TIMELINE, "/_health"), body)
    found = _found(setup, server)
    assert {each.state for each in found.values()} == {FAULT}


def test_services_that_are_down(setup: Setup, server: SceneServer) -> None:
    """Where nobody answers, it is a fault if the officer's own captures need it, and else a warning."""
    with SceneServer({}) as gone:
        pass
    found = _found(setup, gone)
    assert {each.state for each in found.values()} == {FAULT}
    assert "connection refused" in found["bluesky"].says
    found = _found(setup, gone, on=())
    assert {name: each.state for name, each in found.items()} == {"bluesky": WARNING, "did directory": WARNING}
    found = _found(setup, server, guard=AddressGuard())
    assert found["bluesky"].hint == "give --allow-private, if you mean it"
    assert server.requests == []


def test_an_authority_is_asked_for_a_real_stamp(setup: Setup, server: SceneServer, tmp_path: Path) -> None:
    """One that time-stamps is named with its time beside ours; one that does not is a fault."""
    found = _found(setup, server, authorities=(server.url("/tsr"),))["authority"]
    assert found.state == FAULT
    assert found.says == f"{server.url('/tsr')}: answered with HTTP status 405"
    if shutil.which("openssl") is None:
        pytest.skip("this system has no openssl")
    with TimeAuthority(tmp_path / "authority") as authority:
        found = _found(setup, server, authorities=(authority.url(),))["authority"]
    assert found.state == OK, found.says
    assert "time-stamped, by CN=Test Authority; this computer's clock is " in found.says

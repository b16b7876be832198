from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.hashing.atproto.repository import COLLECTION
from tests.servers import Body, ForwardProxy, SceneServer, TlsServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.capture.extractors.bluesky.conftest import Got
    from tests.capture.extractors.bluesky.documented import Documented

    Get = Callable[..., Got]
    Through = Callable[[bytes], AbstractContextManager[str]]

HANDLE = "ann.example.org"
RKEY = "3n346f5x2zk2j"
SCENE = f"at://{HANDLE}/{COLLECTION}/{RKEY}"
WELL_KNOWN = f"https://{HANDLE}/.well-known/atproto-did"


@pytest.fixture
def through(monkeypatch: pytest.MonkeyPatch) -> Through:
    """Return a context manager: the handle's own host answers, and is reached through the proxy that it yields."""

    @contextmanager
    def _through(answer: bytes) -> Iterator[str]:
        files = {"/.well-known/atproto-did": Body(data=answer, type="text/plain")}
        with TlsServer(SceneServer(files), names=(HANDLE,)) as host:
            monkeypatch.setenv("SSL_CERT_FILE", str(host.ca_file))
            with ForwardProxy(routes={HANDLE: host.inner.address}) as proxy:
                yield proxy.url("").rstrip("/")

    return _through


def test_a_handle_is_resolved_by_its_own_host(get: Get, documented: Documented, through: Through) -> None:
    """Where no AppView answers, the file that the handle's host serves leads to the account."""
    documented.post(RKEY, "Found by my name")
    documented.answer("com.atproto.identity.resolveHandle", Body(data=b"", status=503))
    with through(f"{documented.did}\n".encode()) as proxy:
        # What is typed may stand on this computer, although it is a public host that names it.
        typed = f"http://localhost:{documented.server.port}"
        got = get(SCENE, documented.origin, typed, proxy=proxy)
    assert [post.text for post in got.posts] == ["Found by my name"]
    assert got.failures == {}
    assert WELL_KNOWN in {entry.url for entry in got.items("identity")}


def test_a_host_that_names_another_account_is_said(get: Get, documented: Documented, through: Through) -> None:
    """Where the handle's host and the AppView name two accounts, the AppView's is captured, and that is said."""
    documented.post(RKEY, "Whose?")
    other = "did:plc:z72i7hdynmk6r22z27h6tvur"
    with through(other.encode()) as proxy:
        got = get(SCENE, documented.origin, proxy=proxy)
    assert [post.author.id for post in got.posts] == [documented.did]
    assert got.failures == {
        WELL_KNOWN: f"the handle's own host names {other}, and captured is {documented.did}, which the AppView names"
    }


@pytest.mark.parametrize("answer", [b"", b"<html>", b"did:key:z6Mk", b"\xff", b"did:plc:x" * 9999])
def test_a_host_that_names_no_account_is_passed_over(
    get: Get, documented: Documented, through: Through, answer: bytes
) -> None:
    """Anything but a DID says nothing about the handle."""
    documented.post(RKEY, "Here")
    with through(answer) as proxy:
        got = get(SCENE, documented.origin, proxy=proxy)
    assert [post.text for post in got.posts] == ["Here"]
    assert got.failures == {}

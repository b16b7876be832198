from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashing.atproto import Malformed, check_plc_did, did_web_url, is_handle


@pytest.mark.parametrize(
    ("did", "url"),
    [
        ("did:web:blueskyweb.xyz", "https://blueskyweb.xyz/.well-known/did.json"),
        ("did:web:a-b.c1.co.uk", "https://a-b.c1.co.uk/.well-known/did.json"),
        ("did:web:localhost", "http://localhost/.well-known/did.json"),
        ("did:web:localhost%3A2583", "http://localhost:2583/.well-known/did.json"),
    ],
)
def test_did_web(did: str, url: str) -> None:
    """The document of a did:web lies at the well-known place of its host."""
    assert did_web_url(did) == url


@pytest.mark.parametrize(
    "did",
    [
        "",
        "blueskyweb.xyz",
        "did:plc:z72i7hdynmk6r22z27h6tvur",
        "did:web:",
        "did:web:com",
        "did:web:BlueskyWeb.xyz",
        "did:web:a.test:user",
        "did:web:a.test/user",
        "did:web:a.test%2Fuser",
        "did:web:a.test%3A8443",
        "did:web:a.test#x",
        "did:web:a.test?x",
        "did:web:u@a.test",
        "did:web:127.0.0.1",
        "did:web:[::1]",
        "did:web:169.254.169.254",
        "did:web:0x7f.1",
        "did:web:localhost%3A0",
        "did:web:localhost%3A65536",
        "did:web:localhost%3A٣",
        "did:web:localhost%3a2583",
        "did:web:localhost:2583",
        "did:web:a..test",
        "did:web:.test",
        "did:web:-a.test",
        "did:web:a.test.",
        "did:web:a.test\n",
        "did:web:a.onion",
        "did:web:printer.local",
        "did:web:bücher.test",
        "did:web:" + "a" * 64 + ".test",
        "did:web:" + "a." * 127 + "test",
    ],
)
def test_other_names(did: str) -> None:
    """Paths, ports, addresses in numbers and whatever else is no host name of the internet are refused."""
    with pytest.raises(Malformed, match="did:web"):
        did_web_url(did)


@given(host=st.text(max_size=40))
def test_any_host(host: str) -> None:
    """Any text gives an address with that very host or an error of ours."""
    try:
        url = did_web_url(f"did:web:{host}")
    except Malformed:
        return
    assert url.partition("://")[2] == f"{host.replace('%3A', ':')}/.well-known/did.json"


@pytest.mark.parametrize(
    "did",
    [
        "",
        "did:plc:",
        "did:plc:z72i7hdynmk6r22z27h6tvu",
        "did:plc:z72i7hdynmk6r22z27h6tvurr",
        "did:plc:Z72I7HDYNMK6R22Z27H6TVUR",
        "did:plc:z72i7hdynmk6r22z27h6tvu1",
        "did:plc:z72i7hdynmk6r22z27h6tvur\n",
        "did:web:blueskyweb.xyz",
    ],
)
def test_no_did_plc(did: str) -> None:
    """A did:plc has 24 letters of base32, and no more."""
    check_plc_did("did:plc:z72i7hdynmk6r22z27h6tvur")
    with pytest.raises(Malformed, match="not a did:plc"):
        check_plc_did(did)


@pytest.mark.parametrize(
    ("text", "expected"), [("alice.test", True), ("8.cn", True), ("alice", False), ("a.1", False), ("a.invalid", False)]
)
def test_handle(text: str, expected: bool) -> None:
    """A handle is a host name of two labels or more that can exist on the internet."""
    assert is_handle(text) == expected

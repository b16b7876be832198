from __future__ import annotations

from base64 import b64encode

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from capture.errors import NotFetched
from capture.recorder.connection import basic_login
from capture.recorder.request_head import normal_address, request_head
from capture.recorder.urls import checked

_SERVERS = ["http://a.example", "https://A_b.example:8080", "http://127.1:80", "http://a.example:080"]
_PATHS = st.text(st.sampled_from("aZ0-._~!$&'()*+,;=:@/?%2Ee7fF \"<>[]{}|^`\\ü"), max_size=12)


@given(st.sampled_from(_SERVERS), _PATHS)
def test_an_address_is_asked_for_as_requests_would(server: str, path: str) -> None:
    """What is in its normal form already is told by its look, and is what requests would make of it."""
    url = f"{server}/{path}"
    try:
        asked_for = requests.Request("GET", url).prepare().url
    except ValueError:
        with pytest.raises(ValueError, match="URL"):
            normal_address(url)
    else:
        assert normal_address(url) == asked_for


@pytest.mark.parametrize(
    ("method", "target", "name", "value"),
    [
        ("GET", "/", "X-A", "1\r\nHost: evil.example"),
        ("GET", "/", "X-A", "1\0"),
        ("GET", "/", "X-A: 1\r\nX-B", "2"),
        ("GET", "/", "", "1"),
        ("GET", "/", "X-A", "1\u2028"),
        ("GET", "/ HTTP/1.1\r\nX-A: 1", "X-B", "1"),
        ("GET", "", "X-A", "1"),
        ("GET /", "/", "X-A", "1"),
    ],
)
def test_what_would_be_another_request_is_refused(method: str, target: str, name: str, value: str) -> None:
    """No method, address or header field can end its line and begin another."""
    with pytest.raises(ValueError, match=r"no header field|no method"):
        request_head(method, target, [("Host", "a.example"), (name, value)])


def test_a_value_that_no_field_can_hold_is_not_quoted() -> None:
    """It may be a token of the user's, and what is said of it stands in the ledger."""
    with pytest.raises(ValueError, match="no header field: 'Authorization'") as refused:
        request_head("GET", "/", [("Authorization", "Bearer s\u20accret")])
    assert "20ac" not in ascii(str(refused.value))


@pytest.mark.parametrize(("user", "sent"), [("m\xfc", b"m\xfc:p"), ("m\u20ac", b"m\xe2\x82\xac:p")])
def test_a_login_may_hold_any_character(user: str, sent: bytes) -> None:
    """Latin-1 as far as it goes, as ever, and UTF-8 as browsers send it for all else."""
    assert basic_login("Authorization", user, "p") == ("Authorization", f"Basic {b64encode(sent).decode()}")


def test_no_other_port_is_taken_for_port_0() -> None:
    """An address that names a port that cannot be asked is refused, instead of going to the scheme's own."""
    with pytest.raises(NotFetched, match="no port is 0"):
        checked("http://a.example:0/")

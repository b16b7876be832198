from __future__ import annotations

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from capture.recorder.request_head import normal_address, request_head

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
        ("GET", "/", "X-A", "\u2028"),
        ("GET", "/ HTTP/1.1\r\nX-A: 1", "X-B", "1"),
        ("GET", "", "X-A", "1"),
        ("GET /", "/", "X-A", "1"),
    ],
)
def test_what_would_be_another_request_is_refused(method: str, target: str, name: str, value: str) -> None:
    """No method, address or header field can end its line and begin another."""
    with pytest.raises(ValueError, match=r"no header field|no method|latin-1"):
        request_head(method, target, [("Host", "a.example"), (name, value)])

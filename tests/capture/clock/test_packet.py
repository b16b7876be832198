from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.clock.packet import LENGTH, SntpError, read_reply, request
from capture.clock.time_server import TimeServer, parse_time_server
from capture.errors import BadSettings
from tests.servers.time_server import FORM, Answer

COOKIES = st.integers(1, 2**64 - 1)


@given(st.binary(max_size=200), COOKIES)
def test_no_bytes_are_too_strange(data: bytes, cookie: int) -> None:
    """Whatever arrives is an answer to the request or an error of ours."""
    try:
        reply = read_reply(data, cookie)
    except SntpError:
        return
    assert FORM.unpack_from(data)[8] == cookie
    assert 1 <= reply.stratum <= 15


@given(COOKIES, st.binary(min_size=4, max_size=4), st.integers(1, 15), st.binary(max_size=40))
def test_what_a_server_says_of_itself_is_plain_text(cookie: int, reference: bytes, stratum: int, more: bytes) -> None:
    """A reference identifier of any bytes is printable; what stands behind the packet (extensions) is no matter."""
    packet = Answer(originate=cookie, receive=1, transmit=2, stratum=stratum, reference=reference).encode()
    reply = read_reply(packet + more, cookie)
    assert reply.reference == "" or (reply.reference.isascii() and reply.reference.isprintable())


def test_a_request_is_as_long_as_the_standard_says() -> None:
    """It has 48 bytes, and its number stands where a time would."""
    assert (len(request(5)), request(5)[40:]) == (LENGTH, (5).to_bytes(8, "big"))


NAMES = {
    "ntp.example": TimeServer("ntp.example"),
    " ntp.example ": TimeServer("ntp.example"),
    "ntp.example:1123": TimeServer("ntp.example", 1123),
    "192.0.2.1": TimeServer("192.0.2.1"),
    "2001:db8::1": TimeServer("2001:db8::1"),
    "[2001:db8::1]": TimeServer("2001:db8::1"),
    "[2001:db8::1]:1123": TimeServer("2001:db8::1", 1123),
}


@pytest.mark.parametrize(("text", "server"), NAMES.items())
def test_a_time_server_is_named_with_or_without_a_port(text: str, server: TimeServer) -> None:
    """A name, an address of either kind, a port; and it is written back so that it reads the same."""
    assert parse_time_server(text) == server
    assert parse_time_server(str(server)) == server


@pytest.mark.parametrize(
    "text",
    ["", ":", "ntp.example:", "ntp.example:0", "ntp.example:65536", "ntp.example:x", "ntp.example:1:2", "http://a.b/",
     "a b", "-a", ".", "[::1", "[::1]x", "[::1]:", "[ntp.example]", "ntp.example:१२३", "a" * 300, "a\0b", "@"],
)  # fmt: skip
def test_what_names_no_server_is_refused(text: str) -> None:
    """The option is named in the message, with what to do."""
    with pytest.raises(BadSettings, match="--ntp") as raised:
        parse_time_server(text)
    assert raised.value.hint

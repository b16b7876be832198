"""A time server as the officer names it: `HOST` or `HOST:PORT`."""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from dataclasses import dataclass

from capture.errors import BadSettings

NTP_PORT = 123
_HIGHEST_PORT = 65_535
_LONGEST_NAME = 253  # Characters of a host name (RFC 1035, section 2.3.4, without the root's dot).


@dataclass(frozen=True, slots=True)
class TimeServer:
    """Where a clock is asked: a host name or an IP address, and a UDP port."""

    host: str
    port: int = NTP_PORT

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == NTP_PORT else f"{host}:{self.port}"


def parse_time_server(text: str, option: str = "--ntp") -> TimeServer:
    """Read `HOST`, `HOST:PORT`, an IPv6 address, or one in brackets with a port. Raises BadSettings."""
    text = text.strip()
    # A bare IPv6 address first, whose colons would be taken for a port below.
    with suppress(ValueError):
        return TimeServer(str(ipaddress.IPv6Address(text)))
    bracketed, name, port = text.startswith("["), text, ""
    if bracketed:
        name, closed, port = text[1:].partition("]")
        usable = bool(closed) and (not port or port.startswith(":")) and _is_ipv6(name)
        port = port[1:] if port else ""
        given = text.rstrip().endswith(":")
    else:
        name, colon, port = text.partition(":")
        usable, given = _is_name(name), bool(colon) and not port
    number = int(port) if port.isascii() and port.isdigit() and len(port) <= len(str(_HIGHEST_PORT)) else 0
    if not usable or given or (port and not 0 < number <= _HIGHEST_PORT):
        raise BadSettings(f"{option} {text[:_LONGEST_NAME]}: not a time server", hint="name it as HOST or HOST:PORT")
    return TimeServer(name, number or NTP_PORT)


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _is_name(text: str) -> bool:
    """Say whether this can be looked up: letters, digits, hyphens and dots, in any script."""
    allowed = all(char.isalnum() or char in "-._" for char in text)
    return 0 < len(text) <= _LONGEST_NAME and allowed and text[0] not in "-."

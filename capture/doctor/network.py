"""The network as this computer has it set up. Nobody is asked: no packet leaves."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

from capture.doctor.finding import Finding, Setup, ok, warning
from capture.recorder.recorder import without_credentials

_RESOLVER = Path("/etc/resolv.conf")
_NAME_SERVER = re.compile(r"^\s*nameserver\s+(\S+)", re.MULTILINE)
# Addresses that are nobody's (RFC 5737, RFC 3849): only whether there is a way towards them is looked up.
_SOMEWHERE = ((socket.AF_INET, "198.51.100.1", "IPv4"), (socket.AF_INET6, "2001:db8::1", "IPv6"))
# RFC 863. A UDP socket that is connected sends nothing: only the route is asked for, and no port matters.
_DISCARD = 9
_PROXIES = ("https_proxy", "http_proxy", "all_proxy")


def check_network(setup: Setup) -> Iterator[Finding]:
    """Yield how names are looked up, whether there is a way out, and what is known of a proxy."""
    yield _names()
    ways = [name for family, address, name in _SOMEWHERE if _is_routed(family, address)]
    if ways or setup.proxy:
        yield ok("network", f"a route by {' and '.join(ways)}" if ways else "no route of its own; there is a proxy")
    else:
        yield warning("network", "no route to the Internet", "connect this computer to a network")
    yield _proxy(setup.proxy)


def _names() -> Finding:
    try:
        servers = _NAME_SERVER.findall(_RESOLVER.read_text("utf-8", "replace"))
    except OSError as error:
        says = f"{_RESOLVER}: {(error.strerror or str(error)).lower()}"
        return warning("names", says, "without a name server only numeric addresses can be captured")
    if not servers:
        hint = "without a name server only numeric addresses can be captured"
        return warning("names", f"{_RESOLVER}: names no name server", hint)
    return ok("names", f"looked up by {', '.join(servers)}")


def _is_routed(family: socket.AddressFamily, address: str) -> bool:
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as there:
            there.connect((address, _DISCARD))  # of UDP: sends nothing
    except OSError:
        return False
    return True


def _proxy(named: str) -> Finding:
    if named:
        return ok("proxy", f"captures go through {without_credentials(named)}, which looks up the names as well")
    ignored = [name for name in _PROXIES if os.environ.get(name) or os.environ.get(name.upper())]
    if ignored:
        says = f"{', '.join(ignored)} is set, and a capture does not go through it: only time-stamping does"
        return warning("proxy", says, "name the proxy with --proxy or GOLDENHOUR_PROXY")
    return ok("proxy", "none: captures go straight")

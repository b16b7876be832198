"""DIDs (https://atproto.com/specs/did): the names of accounts that stay when the handle changes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hashing.atproto.errors import Malformed

PDS_TYPE = "AtprotoPersonalDataServer"  # The type of the service that keeps an account, its personal data server.

# The identifier is 15 bytes of a SHA-256 in base32; handles as in https://atproto.com/specs/handle, did:web with a port
# for localhost alone (https://atproto.com/specs/did).
_PLC = re.compile(r"did:plc:[a-z2-7]{24}")
_WEB = "did:web:"
_HANDLE_SCHEME = "at://"
_HANDLE = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_LOCALHOST = re.compile(r"localhost(?:%3A([1-9][0-9]{0,4}))?", re.ASCII)
_LAST_PORT = 65535
_RESERVED = ("alt", "arpa", "example", "internal", "invalid", "local", "localhost", "onion")


def check_plc_did(did: str) -> None:
    """Raise Malformed for what is not a did:plc."""
    if not _PLC.fullmatch(did):
        raise Malformed(f"{did[:140]!r} is not a did:plc")


def is_handle(text: str) -> bool:
    """Whether a text is a handle: a host name of two labels or more, in lower case, that can exist on the internet."""
    return _HANDLE.fullmatch(text) is not None and text.rpartition(".")[2] not in _RESERVED


def claimed_handles(names: Iterable[object]) -> tuple[str, ...]:
    """Return the handles among the names that an account is also known by, in their order; others are passed over."""
    texts = [name for name in names if isinstance(name, str)]
    return tuple(text.removeprefix(_HANDLE_SCHEME) for text in texts if _is_handle_uri(text))


def did_web_url(did: str) -> str:
    """Return the address of the document of a did:web.

    The AT Protocol takes host names alone: a path is refused, and so is a port, but for `localhost` (as `%3A` and
    digits), which is also the one host that is asked over plain HTTP. The host is not looked up, so it can still turn
    out to be a private address. Raises Malformed.
    """
    host = did.removeprefix(_WEB)
    if host == did:
        raise Malformed(f"{did[:140]!r} is not a did:web")
    if local := _LOCALHOST.fullmatch(host):
        port = local[1]
        if port is None or int(port) <= _LAST_PORT:
            return f"http://localhost{f':{port}' if port else ''}/.well-known/did.json"
    if not is_handle(host):
        raise Malformed(f"{did[:140]!r} is not a did:web that the AT Protocol takes: a host name, without path or port")
    return f"https://{host}/.well-known/did.json"


def _is_handle_uri(text: str) -> bool:
    return text.startswith(_HANDLE_SCHEME) and is_handle(text.removeprefix(_HANDLE_SCHEME))

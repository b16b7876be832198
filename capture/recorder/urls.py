"""Web addresses as the recorder takes them."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urljoin, urlsplit, urlunsplit

from capture.errors import AddressRefused, NotFetched

_LONGEST = 8192


def checked(url: str) -> str:
    """Return a web address without fragment and credentials. Raises AddressRefused for any other scheme, NotFetched."""
    if len(url) > _LONGEST:
        raise NotFetched("the address is longer than 8,192 characters")
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise NotFetched(f"not a valid address ({error})") from error
    if parts.scheme.lower() not in {"http", "https"}:
        raise AddressRefused(f"{parts.scheme or 'no scheme'}: only http and https are fetched")
    if not host:
        raise NotFetched("not a valid address (no host)")
    return urlunsplit((parts.scheme.lower(), parts.netloc.rpartition("@")[2], parts.path or "/", parts.query, ""))


def credentials(url: str) -> tuple[str, tuple[str, str]] | None:
    """Return `host:port` and the user name and password that a URL holds, or None."""
    from urllib.parse import unquote

    parts = urlsplit(url.strip())
    if parts.username is None:
        return None
    return host_and_port(url), (unquote(parts.username), unquote(parts.password or ""))


def host_and_port(url: str) -> str:
    """Return `host:port` with the scheme's own port where none is named."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def redirect_target(url: str, location: str) -> str:
    """Return where a Location header leads from `url`. Raises as `checked`.

    Servers send Location in UTF-8 although http.client reads it as Latin-1 (RFC 9110 allows neither).
    """
    with suppress(UnicodeError):
        location = location.encode("latin-1").decode("utf-8")
    try:
        return checked(urljoin(url, location))
    except ValueError as error:
        raise NotFetched(f"not a valid address ({error})") from error

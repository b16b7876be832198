"""Web addresses as the recorder takes them."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from capture.errors import AddressRefused, NotFetched

_LONGEST = 8192
_NOT_PLAIN = re.compile(r"[^!-~]+")
_LOGIN = re.compile(r"^((?:[^/?#]*?//)?)[^/?#]*@")


def checked(url: str) -> str:
    """Return a web address without fragment and credentials. Raises AddressRefused for any other scheme, NotFetched."""
    if len(url) > _LONGEST:
        raise NotFetched("the address is longer than 8,192 characters")
    try:
        # `port` may raise a ValueError: urlsplit takes any text for one.
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise NotFetched(f"not a valid address ({error})") from error
    if parts.scheme.lower() not in {"http", "https"}:
        raise AddressRefused(f"{parts.scheme or 'no scheme'}: only http and https are fetched")
    if not host:
        raise NotFetched("not a valid address (no host)")
    if port == 0:  # what asks for it would take the scheme's own
        raise NotFetched("not a valid address (no port is 0)")
    return urlunsplit((parts.scheme.lower(), parts.netloc.rpartition("@")[2], parts.path or "/", parts.query, ""))


def credentials(url: str) -> tuple[str, tuple[str, str]] | None:
    """Return whom they are lent to, and the user name and password that a URL holds, or None."""
    from urllib.parse import unquote

    parts = urlsplit(url.strip())
    if parts.username is None:
        return None
    return lent_to(url), (unquote(parts.username), unquote(parts.password or ""))


@lru_cache(maxsize=256)  # of one request it is asked a dozen times
def host_and_port(url: str) -> str:
    """Return `host:port` with the scheme's own port where none is named."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def lent_to(url: str) -> str:
    """Return whom a login or token for a URL is lent to: `host:port`, or `http://host:port` without TLS.

    Over plain HTTP anyone on the way could read it, so what was lent for https is never sent there, whatever the port.
    """
    plain = "http://" if urlsplit(url).scheme.lower() == "http" else ""
    return f"{plain}{host_and_port(url)}"


def referrer(page: str, url: str) -> str:
    """Return what a request for `url` tells of the page that led to it, or "".

    As browsers do: its own site learns the page's address, others learn the site, and nobody does where TLS ends.
    https://www.w3.org/TR/referrer-policy/#referrer-policy-strict-origin-when-cross-origin
    """
    page = in_ascii(page.partition("#")[0])
    parts = urlsplit(page)
    if lent_to(page) == lent_to(url):
        return page
    if parts.scheme.lower() == "https" and urlsplit(url).scheme.lower() == "http":
        return ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/"


def without_login(text: str) -> str:
    """Return an address as it was typed, however wrong it may be, without the user name and password in it."""
    return _LOGIN.sub(r"\1", text, count=1)


def redirect_target(url: str, location: str) -> str:
    """Return where a Location header leads from `url`. Raises as `checked`.

    Servers send Location in UTF-8 although http.client reads it as Latin-1 (RFC 9110 allows neither).
    """
    with suppress(UnicodeError):
        location = location.encode("latin-1").decode("utf-8")
    try:
        return in_ascii(checked(urljoin(url, location)))
    except ValueError as error:
        raise NotFetched(f"not a valid address ({error})") from error


@lru_cache(maxsize=256)  # every photo of a page names the page
def in_ascii(url: str) -> str:
    """Return an address as it goes over the wire: host in IDNA, all else that is no printable ASCII in percent signs.

    Raises ValueError where the host's name cannot be written so.
    """
    parts = urlsplit(url)
    # IDNA 2008 with UTS 46's mapping, as browsers have it: two spellings of a name must lead to one host.
    host = parts.netloc
    if not host.isascii():
        import idna

        host = parts.hostname or ""
        host = idna.encode(host, uts46=True).decode() + (f":{parts.port}" if parts.port is not None else "")
    plain = urlunsplit((parts.scheme, host, parts.path, parts.query, parts.fragment))
    return _NOT_PLAIN.sub(lambda found: quote(found[0], safe="", errors="surrogatepass"), plain)

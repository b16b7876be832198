"""Addresses in a page, made absolute as browsers do it (URL Standard, https://url.spec.whatwg.org/)."""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from capture.page.errors import BadAddress

LONGEST = 8192  # Characters of an address; the recorder fetches no longer one.

# RFC 1035, section 2.3.4: labels of 63 bytes, names of 253 without the root's dot.
_LONGEST_HOST = 253
_LONGEST_LABEL = 63
_SHOWN = 100

# URL Standard, section 4.4: C0 controls and spaces around an address do not belong to it.
_ENDS = "".join(map(chr, range(0x21)))
_INSIDE = str.maketrans("", "", "\t\n\r")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_MORE_SLASHES = re.compile(r"((?:https?:)?//)/+", re.IGNORECASE)
_QUERY_OR_FRAGMENT = re.compile(r"[?#]")
_FORBIDDEN_IN_HOST = re.compile(r"[\x00-\x20#%/:<>?@\[\\\]^|\x7f]")
_DEFAULT_PORTS = {"http": 80, "https": 443}

# Everything printable in ASCII, but for what the standard's path and query sets percent-encode.
_PATH_SAFE = "!$%&'()*+,-./:;=@[\\]^_|~"
_QUERY_SAFE = "!$%&()*+,-./:;=?@[\\]^_`{|}~"


def tidy(raw: str) -> str:
    """Strip an address as browsers do: white space and controls at its ends, tabs and line ends anywhere."""
    return raw.strip(_ENDS).translate(_INSIDE)


def is_embedded(raw: str) -> bool:
    """Say whether this is a `data:` address, which holds the thing itself."""
    return tidy(raw[:_SHOWN]).lower().startswith("data:")


def shown(raw: str) -> str:
    """Return the beginning of an address for a message, on one line."""
    return repr(raw if len(raw) <= _SHOWN else f"{raw[:_SHOWN]}…")


class Addresses:
    """Makes the addresses of one page absolute, against the page's own and its <base href>."""

    def __init__(self, page: str, base: str = "") -> None:
        self._page = self._base = ""
        self._page = self._base = self._absolute_or_none(page) or ""
        self._base = self._absolute_or_none(base) or self._page

    def resolve(self, raw: str) -> str | None:
        """Return the http or https address without fragment and credentials, or None where nothing is to be fetched.

        That is: another scheme (mailto:, javascript:, blob: …), an empty address, or the page itself.
        Raises BadAddress for what no browser could fetch.
        """
        url = tidy(raw)
        scheme = _SCHEME.match(url)
        if not url or url.startswith("#") or (scheme and scheme[1].lower() not in _DEFAULT_PORTS):
            return None
        if len(url) > LONGEST:
            raise BadAddress(f"{shown(url)}: longer than {LONGEST:,} characters")
        try:
            absolute = _absolute(url, self._base)
        except ValueError as error:
            raise BadAddress(f"{shown(url)}: not a web address ({error})") from error
        return None if absolute == self._page else absolute

    def _absolute_or_none(self, raw: str) -> str | None:
        try:
            return self.resolve(raw)
        except BadAddress:
            return None


def _absolute(url: str, base: str) -> str:
    """Resolve an address that is tidy. Raises ValueError."""
    cut = match.start() if (match := _QUERY_OR_FRAGMENT.search(url)) else len(url)
    url = _MORE_SLASHES.sub(r"\1", url[:cut].replace("\\", "/"), count=1) + url[cut:]
    parts = urlsplit(urljoin(base, url))
    if parts.scheme not in _DEFAULT_PORTS:
        raise ValueError("the page has no web address that it could be relative to")
    path = quote(parts.path or "/", safe=_PATH_SAFE, errors="replace")
    query = quote(parts.query, safe=_QUERY_SAFE, errors="replace")
    host = _host(parts.hostname or "", in_brackets="[" in parts.netloc)
    port = parts.port  # raises ValueError where it is no number from 0 to 65535
    with_port = host if port in {None, _DEFAULT_PORTS[parts.scheme]} else f"{host}:{port}"
    return urlunsplit((parts.scheme, with_port, path, query, ""))


def _host(host: str, *, in_brackets: bool) -> str:
    """Check a host's name; one with letters beyond ASCII stays as it is, and requests turns it into IDNA."""
    if in_brackets:
        IPv6Address(host)
        return f"[{host}]"
    if _FORBIDDEN_IN_HOST.search(host):
        raise ValueError("a character that no host name can have")
    # What no resolver would take is refused here, with its reason, and not after a look-up.
    labels = host.removesuffix(".").split(".")
    if len(host) > _LONGEST_HOST or not all(0 < len(label) <= _LONGEST_LABEL for label in labels):
        raise ValueError("no host" if not host else "not a host name")
    return host

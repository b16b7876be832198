"""Sort-friendly URLs: the keys by which an index of web pages is sorted, `com,example)/path?query`.

The host is turned round, so that what belongs to one domain stands together; letter case, `www.`, a default port, the
order of the query and a slash at the end do not count (the common form of Heritrix, pywb and ReplayWeb.page).
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

_WWW = re.compile(r"www[0-9]*\.")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SAFE = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


def surt(url: str) -> str:
    """Return the key of an address. It holds no blank; what is no web address is its own key."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return _unbroken(url)
    if parts.scheme not in _DEFAULT_PORTS or not host:
        return _unbroken(url)
    host = _WWW.sub("", host.rstrip("."), count=1) if _WWW.match(host) else host.rstrip(".")
    turned = host if ":" in host or host.replace(".", "").isdecimal() else ",".join(reversed(host.split(".")))
    shown_port = f":{port}" if port is not None and port != _DEFAULT_PORTS[parts.scheme] else ""
    path = parts.path.lower() or "/"
    if len(path) > 1:
        path = path.removesuffix("/")
    query = "&".join(sorted(parts.query.lower().split("&"), key=lambda part: part.split("=", 1)))
    return _unbroken(f"{turned}{shown_port}){path}" + (f"?{query}" if query else ""))


def _unbroken(text: str) -> str:
    return quote(text, safe=_SAFE, errors="surrogatepass")

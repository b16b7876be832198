"""The user's cookies, from a file as browsers' export tools and curl write it."""

from __future__ import annotations

import warnings
from http.cookiejar import CookieJar, LoadError, MozillaCookieJar
from pathlib import Path

from capture.errors import BadSettings


def load_cookies(path: Path) -> CookieJar:
    """Read a Netscape cookies file; session cookies count. Raises BadSettings."""
    jar = MozillaCookieJar(str(path))
    try:
        path.read_text("utf-8")  # where this cannot be done, what `load` raises is no error but a fault of its own
        with warnings.catch_warnings(action="ignore"):  # it calls a torn line a bug of its own, with a traceback
            jar.load(ignore_discard=True, ignore_expires=True)
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path}: the cookies file cannot be read") from error
    except LoadError as error:
        hint = "export the cookies in Netscape format; its first line is `# Netscape HTTP Cookie File`"
        raise BadSettings(f"{path}: not a cookies file", hint=hint) from error
    for cookie in jar:
        if cookie.expires == 0:  # so browsers' export tools and curl write a cookie that ends with the session
            cookie.expires, cookie.discard = None, True
    return jar

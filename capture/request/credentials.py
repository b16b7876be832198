"""What the user lends to servers: cookies, and access tokens for one host each. None of it is stored."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from capture.errors import BadSettings
from capture.recorder.urls import lent_to, without_login

if TYPE_CHECKING:
    from http.cookiejar import CookieJar

_BSKY = "bsky"
_LONGEST = 8192


def load_tokens(given: Sequence[str], hosts: Sequence[str]) -> dict[str, str]:
    """Return tokens by whom they are lent to, from values such as `mastodon.example=token.txt` or `token.txt`.

    A file without a host before it goes to the only one of `hosts` (the addresses of the scenes, the places of `--on`).
    It is lent for https, unless one of these, or the value itself, names the host with http://.
    Raises BadSettings, which never shows what a file holds.
    """
    places = [host for host in hosts if host != _BSKY and not host.startswith("at://")] if given else []
    only = {_lent_to(host, "--on") for host in places}
    tokens: dict[str, str] = {}
    for value in given:
        host, separator, name = value.rpartition("=")
        if separator:
            bare = _lent_to(host, "--token")
            # Without encryption only where the scene itself is asked so: a token would be read on the way.
            tokens[f"http://{bare}" if f"http://{bare}" in only else bare] = _read(Path(name))
        elif len(only) == 1:
            tokens[next(iter(only))] = _read(Path(name))
        else:
            raise BadSettings(
                f"--token {name}: say for which host it is", hint=f"write --token mastodon.example={name}"
            )
    return tokens


def _lent_to(text: str, option: str) -> str:
    try:
        return lent_to(text if "://" in text else f"https://{text}")
    except ValueError as error:
        shown = without_login(text)
        raise BadSettings(f"{option} {shown}: not a host", hint="write it as mastodon.example or host:port") from error


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            # One word of printable ASCII: anything else is another file, named by mistake, and none of it may reach a
            # server.
            text = file.read(_LONGEST + 1).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a token"
        raise BadSettings(f"--token: {path}: {str(reason).lower()}") from error
    if not text or len(text) > _LONGEST or not text.isprintable() or " " in text:
        raise BadSettings(f"--token: {path}: not a token", hint="the file holds the access token and nothing else")
    return text


def load_cookies(path: Path) -> CookieJar:
    """Read a Netscape cookies file; session cookies count. Raises BadSettings."""
    from http.cookiejar import LoadError, MozillaCookieJar

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

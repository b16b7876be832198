"""Credentials of the user are left out of what is recorded, and that they were left out is recorded."""

from __future__ import annotations

import re

REPLACEMENT = b"[replaced: credential of the user]"

_ALWAYS = {b"authorization", b"proxy-authorization"}
_COOKIES = {b"cookie", b"set-cookie", b"set-cookie2"}

# Obsolete line folding (RFC 9112 section 5.2) carries a value on; it goes with the value.
_FIELD = re.compile(rb"(?m)^([!-9;-~]+)([ \t]*:[ \t]*)([^\r\n]*(?:\r?\n[ \t]+[^\r\n]*)*)")


def replace_credentials(head: bytes, *, cookies: bool) -> tuple[bytes, tuple[str, ...]]:
    """Replace the values of header fields that hold credentials; return the head and the fields' names.

    `cookies` says whether cookies are the user's own (a cookies file was given): a cookie that a server hands to an
    unknown visitor is no credential and stays as it is. What a server repeats in a body is not found by this.
    """
    secret = _ALWAYS | _COOKIES if cookies else _ALWAYS
    names: list[str] = []

    def _replace(match: re.Match[bytes]) -> bytes:
        name = match[1].lower()
        if name not in secret:
            return match[0]
        names.append(name.decode("ascii"))
        return match[1] + match[2] + REPLACEMENT

    start, newline, fields = head.partition(b"\n")
    replaced = start + newline + _FIELD.sub(_replace, fields)
    return replaced, tuple(dict.fromkeys(names))

"""Credentials of the user are left out of what is recorded, and that they were left out is recorded."""

from __future__ import annotations

REPLACEMENT = b"[replaced: credential of the user]"

_ALWAYS = {b"authorization", b"proxy-authorization"}
_COOKIES = {b"cookie", b"set-cookie", b"set-cookie2"}
# Fields by which sites' own scripts repeat a session's cookie, or a token that stands for it.
_OF_SESSION = {
    *(b"x-csrf-token", b"x-csrftoken", b"x-xsrf-token", b"x-guest-token", b"x-client-transaction-id"),
    *(b"x-fb-lsd", b"x-ig-www-claim", b"x-ig-set-www-claim"),
}


def replace_credentials(head: bytes, *, cookies: bool) -> tuple[bytes, tuple[str, ...]]:
    """Replace the values of header fields that hold credentials; return the head and the fields' names.

    `cookies` says whether cookies are the user's own (a cookies file was given): a cookie that a server hands to an
    unknown visitor is no credential and stays as it is. What a server repeats in a body is not found by this.
    """
    secret = _ALWAYS | _COOKIES | _OF_SESSION if cookies else _ALWAYS
    names: list[str] = []
    start, *lines = head.split(b"\n")
    kept, hiding = [start], False
    for line in lines:
        if line[:1] in {b" ", b"\t"} and line.strip():  # obsolete folding (RFC 9112 section 5.2) goes with its value
            if not hiding:
                kept.append(line)
            continue
        name, colon, value = line.partition(b":")
        hiding = bool(colon) and name.strip(b" \t").lower() in secret
        if hiding:
            names.append(name.strip(b" \t").lower().decode("ascii"))
            space = value[: len(value) - len(value.lstrip(b" \t"))]
            kept.append(name + colon + space + REPLACEMENT + (b"\r" if value.endswith(b"\r") else b""))
        else:
            kept.append(line)
    return b"\n".join(kept), tuple(dict.fromkeys(names))

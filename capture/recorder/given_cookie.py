"""A cookie that somebody gives, as Python's cookie jars take it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from http.cookiejar import Cookie


def given_cookie(
    *,
    name: str,
    value: str,
    domain: str,
    path: str,
    secure: bool,
    expires: int,
    rest: dict[str, str] | None = None,
) -> Cookie:
    """Return a cookie that goes to hosts below `domain` too where that begins with a dot (RFC 6265 section 5.2.3).

    `expires` is in seconds since 1970, 0 where it ends with the session; `rest` has further attributes by their names.
    """
    from http.cookiejar import Cookie

    dotted = domain.startswith(".")
    return Cookie(
        version=0,
        name=name,
        value=value,
        port=None,
        port_specified=False,
        domain=domain,
        domain_specified=dotted,
        domain_initial_dot=dotted,
        path=path,
        path_specified=bool(path),
        secure=secure,
        expires=expires or None,
        discard=not expires,
        comment=None,
        comment_url=None,
        rest=rest or {},
    )

"""Whose server a cookie goes to."""

from __future__ import annotations

from http.cookiejar import Cookie

import pytest

from capture.recorder.cookie_jar import BoundedCookieJar


def _cookie(domain: str) -> Cookie:
    dotted = domain.startswith(".")
    return Cookie(0, "a", "1", None, False, domain, dotted, dotted, "/", True, False, None, True, None, None, {})


@pytest.mark.parametrize(
    ("domain", "url", "sent"),
    [
        ("example.org", "http://example.org/", True),
        ("example.org", "http://files.example.org/", False),
        (".example.org", "http://files.example.org/", True),
        (".example.org", "http://example.org/", True),
        ("example.org", "http://badexample.org/", False),
        (".example.org", "http://example.org.evil.net/", False),
        ("127.0.0.1", "http://127.0.0.1:8080/", True),
        ("127.0.0.1", "http://127.0.0.2:8080/", False),
    ],
)
def test_a_cookie_goes_to_the_hosts_that_it_is_for(domain: str, url: str, sent: bool) -> None:
    """One without a domain goes to its host alone; one with a domain to the hosts below it as well; none further."""
    assert BoundedCookieJar([_cookie(domain)]).lent_to(url) == ("a=1" if sent else "")

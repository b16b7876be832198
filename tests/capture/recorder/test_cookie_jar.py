"""Whose server a cookie goes to."""

from __future__ import annotations

from http.cookiejar import Cookie

import pytest
import requests

from capture.recorder.cookie_jar import BoundedCookieJar


def _cookie(domain: str) -> Cookie:
    dotted = domain.startswith(".")
    return Cookie(0, "a", "1", None, False, domain, dotted, dotted, "/", True, False, None, True, None, None, {})


def _sent(jar: BoundedCookieJar, url: str, **headers: str) -> str:
    session = requests.Session()
    session.cookies = jar
    prepared = session.prepare_request(requests.Request("GET", url, headers=headers))
    jar.lend_to(prepared, given="Cookie" in headers)
    return str(prepared.headers.get("Cookie", ""))


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
    assert _sent(BoundedCookieJar([_cookie(domain)]), url) == ("a=1" if sent else "")


def test_cookies_that_were_given_with_a_request_stay() -> None:
    """Who asks with cookies of its own, as yt-dlp does, is not overruled."""
    assert _sent(BoundedCookieJar([_cookie("example.org")]), "http://example.org/", Cookie="b=2") == "b=2"

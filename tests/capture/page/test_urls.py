from __future__ import annotations

import pytest
import requests

from capture.page.errors import BadAddress
from capture.page.urls import Addresses, is_embedded

_PAGE = "https://example.org/a/b.html?q=1#top"


@pytest.mark.parametrize(
    ("raw", "absolute"),
    [
        ("c.jpg", "https://example.org/a/c.jpg"),
        ("/c.jpg", "https://example.org/c.jpg"),
        ("../../c.jpg", "https://example.org/c.jpg"),
        ("?p=2", "https://example.org/a/b.html?p=2"),
        ("//cdn.example/c.jpg", "https://cdn.example/c.jpg"),
        ("HTTP://CDN.Example:80/C.jpg#x", "http://cdn.example/C.jpg"),
        ("https://cdn.example:443", "https://cdn.example/"),
        ("https://cdn.example:8443/c.jpg", "https://cdn.example:8443/c.jpg"),
        (" \n\t c.jpg \r\n", "https://example.org/a/c.jpg"),
        ("c\n d\t.jpg", "https://example.org/a/c%20d.jpg"),
        ("ü ñ.jpg?q=ü x", "https://example.org/a/%C3%BC%20%C3%B1.jpg?q=%C3%BC%20x"),
        ("c%20d%zz.jpg?a=%2F&b='1'", "https://example.org/a/c%20d%zz.jpg?a=%2F&b=%271%27"),
        ("c<d>`e`{f}.jpg", "https://example.org/a/c%3Cd%3E%60e%60%7Bf%7D.jpg"),
        ("\\\\cdn.example\\c.jpg?a\\b", "https://cdn.example/c.jpg?a\\b"),
        ("https:///cdn.example/c.jpg", "https://cdn.example/c.jpg"),
        ("https://user:secret@cdn.example/c.jpg", "https://cdn.example/c.jpg"),
        ("http://[2001:DB8::1]:8080/c.jpg", "http://[2001:db8::1]:8080/c.jpg"),
        ("a,b,c.jpg", "https://example.org/a/a,b,c.jpg"),
        ("c\ud800.jpg", "https://example.org/a/c%3F.jpg"),
        ("https://bücher.example/c.jpg", "https://bücher.example/c.jpg"),
    ],
)
def test_an_address_is_made_absolute_as_browsers_do(raw: str, absolute: str) -> None:
    """Relative, with spaces and line ends, with back-slashes, with letters beyond ASCII."""
    assert Addresses(_PAGE).resolve(raw) == absolute


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "  \n",
        "//",
        "#",
        "#photo",
        "https://example.org/a/b.html?q=1",
        "b.html?q=1#x",
        "tel:+441234",
        "mailto:a@b.example",
        "javascript:void(0)",
        "JaVa\nScript:alert(1)",
        "blob:https://example.org/1",
        "about:blank",
        "file:///etc/passwd",
        "ftp://example.org/c.jpg",
        "ws://example.org/",
        "chrome-extension://x/y.png",
    ],
)
def test_what_is_no_web_address_is_not_to_be_fetched(raw: str) -> None:
    """Other schemes, nothing at all, and the page itself."""
    assert Addresses(_PAGE).resolve(raw) is None


@pytest.mark.parametrize(
    "raw",
    [
        "http://[::",
        "http://[::1",
        "http://[not-ip]/c.jpg",
        "http://[v1.x]/",
        "http://h:99999/c.jpg",
        "http://h:port/c.jpg",
        "http://h:-1/",
        "http://",
        "http://a b/c.jpg",
        "http://a%20b/c.jpg",
        "http://.example/c.jpg",
        "http://a..b/",
        f"http://{'a' * 64}.example/",
        f"http://{'a.' * 200}example/",
        "http://ex℀mple/",
        "http://a|b/",
        "x" * 8193,
        "http://h]/",
        "http://:80/c.jpg",
        "http://\ud800:x/",
    ],
)
def test_an_address_that_no_browser_could_fetch_is_refused_by_name(raw: str) -> None:
    """The message begins with the address, or with the beginning of a long one."""
    with pytest.raises(BadAddress) as caught:
        Addresses(_PAGE).resolve(raw)
    assert str(caught.value).startswith(repr(raw)[:50])
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("base", "absolute"),
    [
        ("/images/", "https://example.org/images/c.jpg"),
        ("https://cdn.example/x/y", "https://cdn.example/x/c.jpg"),
        ("//cdn.example", "https://cdn.example/c.jpg"),
        ("javascript:x", "https://example.org/a/c.jpg"),
        ("data:text/html,x", "https://example.org/a/c.jpg"),
        ("http://[::", "https://example.org/a/c.jpg"),
        ("", "https://example.org/a/c.jpg"),
    ],
)
def test_addresses_are_relative_to_the_base_where_the_page_has_a_usable_one(base: str, absolute: str) -> None:
    """A base that is no web address is passed over."""
    assert Addresses(_PAGE, base).resolve("c.jpg") == absolute


@pytest.mark.parametrize("page", ["", "file:///tmp/x.html", "not a url", "http://[::"])
def test_without_a_web_address_of_the_page_only_absolute_addresses_count(page: str) -> None:
    """A relative one cannot be resolved, and says so."""
    addresses = Addresses(page)
    assert addresses.resolve("https://cdn.example/c.jpg") == "https://cdn.example/c.jpg"
    with pytest.raises(BadAddress):
        addresses.resolve("c.jpg")


@pytest.mark.parametrize("host", ["bücher.example", "例え.example", "пример.example"])
def test_hosts_beyond_ascii_are_such_as_requests_can_fetch(host: str) -> None:
    """Requests turns them into IDNA itself."""
    url = Addresses(_PAGE).resolve(f"https://{host}/фото 1.jpg")
    prepared = requests.Request("GET", url).prepare().url
    assert prepared is not None
    assert prepared == f"https://{host.encode('idna').decode()}/%D1%84%D0%BE%D1%82%D0%BE%201.jpg"


def test_data_addresses_are_known_in_any_spelling() -> None:
    """They hold the thing itself."""
    assert is_embedded(" \nDA\nTA:image/png;base64,AA==")
    assert not is_embedded("data.jpg")

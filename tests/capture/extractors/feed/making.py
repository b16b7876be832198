"""Feeds for tests: the frame around entries, and entries that say little."""

from __future__ import annotations

FRAME = (
    '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:georss="http://www.georss.org/georss">'
    "<channel><title>Harbour Watch</title>"
)
END = "</channel></rss>"
URL = "https://example.org/news/feed.xml"


def item(number: int, inside: str = "") -> str:
    """Return an RSS item with a guid, a link and a title."""
    return (
        f"<item><guid>urn:entry:{number}</guid><link>/posts/{number}</link><title>Post {number}</title>{inside}</item>"
    )


def rss(*items: str) -> bytes:
    """Return a well-formed RSS feed in UTF-8."""
    return (FRAME + "\n".join(items) + END).encode()

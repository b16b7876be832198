from __future__ import annotations

import pytest

from capture.extractors.feed.entry import FeedEntry
from capture.extractors.feed.xml_feed import read_xml_feed
from capture.page.times import parse_time

URL = "https://tv.example/feed"


def _entry(xml: str) -> FeedEntry:
    [entry] = read_xml_feed(xml.encode(), url=URL, content_type="").entries
    assert isinstance(entry, FeedEntry)
    return entry


def test_the_parts_of_an_author_stand_apart() -> None:
    """The name of a feed's author is the author; its address and mail are facts of their own."""
    xml = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><author><name>Hill TV</name><uri>https://tv.example/c</uri>'
        "<email>a@example.org</email></author><entry><id>urn:1</id><title>One</title></entry></feed>"
    )
    feed = read_xml_feed(xml.encode(), url=URL, content_type="")
    facts = {fact.name: fact.value for fact in feed.facts}
    assert facts["author"] == "Hill TV"
    assert (facts["author address"], facts["author mail"]) == ("https://tv.example/c", "a@example.org")


@pytest.mark.parametrize(
    "said",
    [
        "<media:group><media:description>Filmed from the bank.</media:description></media:group>",
        "<media:description>Filmed from the bank.</media:description>",
        '<dc:description xmlns:dc="http://purl.org/dc/elements/1.1/">Filmed from the bank.</dc:description>',
    ],
)
def test_the_description_of_an_entry_is_its_text(said: str) -> None:
    """The text stands in the group of media, or in Dublin Core, where nothing else says it."""
    xml = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"><entry><id>urn:1</id>'
        f"<title>Fire</title>{said}</entry></feed>"
    )
    assert _entry(xml).post.text == "Filmed from the bank."


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("Fri, 20 Nov 26 10:00:00 GMT", "2026-11-20T10:00:00+00:00"),
        ("Fri, 20 Nov 99 10:00:00 GMT", "1999-11-20T10:00:00+00:00"),
        ("Fri, 20 Nov 2026 9:05:00 GMT", "2026-11-20T09:05:00+00:00"),
        ("Fri, 20 Nov 2026 10:00:00 +01:00", "2026-11-20T10:00:00+01:00"),
        ("Fri,20 Nov 2026 10:00:00 GMT", "2026-11-20T10:00:00+00:00"),
    ],
)
def test_times_are_read_as_feeds_write_them(written: str, iso: str) -> None:
    """Years of two digits, hours of one, a colon in the zone, no blank behind the comma: the time is read."""
    assert parse_time(written) == (iso, True)
    xml = f"<rss version='2.0'><channel><item><guid>1</guid><pubDate>{written}</pubDate></item></channel></rss>"
    assert _entry(xml).post.published == iso

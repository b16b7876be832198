from __future__ import annotations

import json

import pytest

from capture.extractors.feed.entry import FeedEntry
from capture.extractors.feed.json_feed import read_json_feed
from capture.extractors.feed.xml_feed import read_xml_feed
from capture.page.times import parse_time
from hashing.case.post import Account

URL = "https://tv.example/feed"
_DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'


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
    ("said", "author"),
    [
        ("<author>Ann Lee (a@x.example)</author>", Account(name="Ann Lee", handle="a@x.example")),
        ("<author>Lee, Ann &lt;a@x.example&gt;</author>", Account(name="Lee, Ann", handle="a@x.example")),
        ("<author>mailto:a@x.example(Ann)</author>", Account(name="Ann", handle="a@x.example")),
        ("<author>a@x.example (Ann), b@x.example (Bo)</author>", Account(name="Ann, Bo")),
        ("<author>Lee, Ann</author>", Account(name="Lee, Ann")),
        (f"<author>a@x.example</author><dc:creator {_DC}>Ann</dc:creator>", Account(name="Ann")),
        ("<author>a@x.example</author>", Account(handle="a@x.example")),
        (
            "<author><name>A</name><uri>https://a.example/</uri></author><author><name>B</name></author>",
            Account(name="A, B"),
        ),
        ("<source><author><name>Their own</name></author></source>", Account(name="Their own")),
        ("", Account(name="The feed's")),
    ],
)
def test_no_author_is_glued_from_parts_of_several(said: str, author: Account) -> None:
    """A mailbox is taken apart; the mail of one is not that of two; an entry of another feed has that one's author."""
    xml = (
        "<feed xmlns='http://www.w3.org/2005/Atom'><author><name>The feed's</name></author>"
        f"<entry><id>urn:1</id>{said}</entry></feed>"
    )
    assert _entry(xml).post.author == author


@pytest.mark.parametrize(
    ("said", "author"),
    [
        ({"authors": [{"name": "A", "url": "https://a.example/"}, {"name": "B"}]}, Account(name="A, B")),
        ({"authors": [{"name": "A"}], "author": {"name": "A", "url": "https://a.example/"}}, Account(name="A")),
        ({"authors": ["A", "B"]}, Account(name="A, B")),
        ({"author": "A"}, Account(name="A")),
        ({"authors": []}, Account(name="The feed's")),
    ],
)
def test_the_authors_of_a_json_feed_are_those_of_the_entry(said: dict[str, object], author: Account) -> None:
    """Mere names count, too: an entry that names somebody is never given to the feed's author."""
    feed = {"version": "https://jsonfeed.org/version/1.1", "authors": [{"name": "The feed's"}]}
    body = json.dumps({**feed, "items": [{"id": "1", "content_text": "x", **said}]}).encode()
    [entry] = read_json_feed(body, url=URL).entries
    assert isinstance(entry, FeedEntry)
    assert entry.post.author == author


@pytest.mark.parametrize(
    "said",
    [
        "<media:group><media:description>Filmed from the bank.</media:description></media:group>",
        "<media:description>Filmed from the bank.</media:description>",
        "<media:content url='/v'><media:description>Filmed from the bank.</media:description></media:content>",
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
        ("Fri , 20 Nov 2026 9:5:3 GMT (UTC)", "2026-11-20T09:05:03+00:00"),
        ("20 Nov 2026 10:00 GMT+1", "2026-11-20T10:00:00+01:00"),
        ("2026-11-20T10:00:00\N{MINUS SIGN}1:00", "2026-11-20T10:00:00-01:00"),
        ("Fri Nov 20 10:00:00 +0000 2026", "2026-11-20T10:00:00+00:00"),
        ("Fri Nov 20 2026 10:00:00 GMT+0100 (CET)", "2026-11-20T10:00:00+01:00"),
        ("November 20, 2026 10:00:00 EST", "2026-11-20T10:00:00-05:00"),
    ],
)
def test_times_are_read_as_feeds_write_them(written: str, iso: str) -> None:
    """Years of two digits, hours of one, a colon in the zone, no blank behind the comma: the time is read."""
    assert parse_time(written) == (iso, True)
    xml = f"<rss version='2.0'><channel><item><guid>1</guid><pubDate>{written}</pubDate></item></channel></rss>"
    assert _entry(xml).post.published == iso

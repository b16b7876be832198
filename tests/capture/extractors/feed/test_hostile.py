from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.errors import CaptureError
from capture.extractors.feed.entry import FeedEntry
from capture.extractors.feed.head import Feed
from capture.extractors.feed.json_feed import read_json_feed
from capture.extractors.feed.stored_feed import Chosen
from capture.extractors.feed.xml_feed import read_xml_feed
from hashing.case.events import ItemFacts
from hashing.ledger.canonical import canonical_json
from tests.capture.extractors.feed.making import END, FRAME, URL, item, rss

_BOMB = (
    '<!DOCTYPE rss [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    + "]>"
)


def _read(body: bytes, content_type: str = "") -> Feed:
    return read_xml_feed(body, url=URL, content_type=content_type)


def _entries(feed: Feed) -> list[FeedEntry]:
    return [entry for entry in feed.entries if isinstance(entry, FeedEntry)]


def test_entities_are_never_expanded() -> None:
    """A billion laughs are read as they are written, and the feed says why."""
    feed = _read(_BOMB.encode() + rss(item(1, "<description>&j;</description>")))
    [entry] = _entries(feed)
    assert entry.post.text == "&j;"
    assert any("are not expanded" in str(fact.value) for fact in feed.facts)


def test_no_file_is_read_for_an_entity() -> None:
    """An external entity stays a word."""
    doctype = b'<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY % y SYSTEM "http://127.0.0.1:1/"> %y;]>'
    [entry] = _entries(_read(doctype + rss(item(1, "<description>&x;</description>"))))
    assert entry.post.text == "&x;"


@pytest.mark.parametrize(
    "inside",
    [
        "<a>" * 3_000_000,
        "<a/>" * 3_000_000,
        "<item>" * 20_000,
        "<item/>" * 20_000,
        "<item>" + "x" * 12_000_000 + "</item>",
        "<item><description>" + "&lt;b&gt;" * 300_000 + "&lt;/i&gt;" * 300_000 + "</description></item>",
        "<item " + " ".join(f"a{number}='1'" for number in range(200_000)) + "/>",
        "<item><title>" + "&amp;" * 1_000_000 + "</title></item>",
    ],
    ids=["deep", "wide", "nested", "many", "long", "tangled", "attributes", "references"],
)
def test_floods_end(inside: str) -> None:
    """Whatever a feed of some megabytes is made of, it is read or told off, and what is kept of it is bounded."""
    sizes = [len(entry.post.text) for entry in _entries(_read((FRAME + inside + END).encode()))]
    assert max(sizes, default=0) <= 1 << 20


def test_an_address_is_not_repeated_without_end() -> None:
    """A long xml:base in front of many short links makes no mountain of a molehill."""
    links = "".join(f"&lt;a href='{number}'&gt;x&lt;/a&gt;" for number in range(400))
    body = rss(item(1, f"<description xml:base='/{'b' * 7000}/'>{links}</description>"))
    [entry] = _entries(_read(body))
    assert len(canonical_json(entry.post)) < 4 * len(body)


@pytest.mark.parametrize(
    "inside",
    [
        "<title>\u202egnp.exe\x1b[31m</title>".replace("\x1b", "&#27;"),
        "<title>&#xD800;&#0;&#x110000;&#99999999;</title>",
        "<link>http://[::1</link>",
        "<link>http://a:99999999/</link>",
        "<guid>" + "g" * 100_000 + "</guid>",
        "<pubDate>" + "9" * 100_000 + "</pubDate>",
        "<pubDate>Tue, 99 Nov 99999 99:99:99 +9999</pubDate>",
        "<author>" + "a@" * 50_000 + "</author>",
        "<category>" + "</category><category>".join(map(str, range(5000))) + "</category>",
    ],
)
def test_hostile_words_are_bounded(inside: str) -> None:
    """Whatever a field holds, the post can be written into the ledger, and is small."""
    [entry] = _entries(_read(rss(f"<item>{inside}</item>")))
    assert len(canonical_json(entry.post)) < 10_000


@pytest.mark.parametrize(
    ("declared", "encoding", "content_type", "read_as"),
    [
        ("utf-8", "utf-8", "", "UTF-8"),
        ("iso-8859-1", "iso-8859-1", "", "windows-1252"),
        ("utf-16", "utf-16", "", "UTF-16LE"),
        ("utf-16", "utf-16-be", "", "UTF-16BE"),
        ("utf-8", "windows-1252", "", "windows-1252"),
        ("iso-8859-1", "utf-8", "", "UTF-8"),
        ("utf-8", "utf-8", "text/xml; charset=iso-8859-1", "UTF-8"),
        ("windows-1251", "koi8-r", "text/xml; charset=koi8-r", "KOI8-R"),
        ("shift_jis", "shift_jis", "", "Shift_JIS"),
        ("no-such-thing", "utf-8", "", "UTF-8"),
    ],
)
def test_encodings_are_seen_through(declared: str, encoding: str, content_type: str, read_as: str) -> None:
    """A feed is read in the encoding that it is in, also where it says another; the excerpt is its bytes."""
    title = {"koi8-r": "\u041f\u043e\u0436\u0430\u0440", "shift_jis": "\u706b\u4e8b"}.get(encoding, "M\u00fcller")
    one = item(1).replace("Post 1", title)
    text = f'<?xml version="1.0" encoding="{declared}"?>{FRAME}{one}{END}'
    feed = _read(text.encode(encoding), content_type)
    [entry] = _entries(feed)
    assert entry.post.title == title
    assert (
        entry.excerpt.data.decode(encoding.replace("utf-16", "utf-16-le") if encoding == "utf-16" else encoding) == one
    )
    assert any(fact.name == "encoding" and str(fact.value).startswith(read_as) for fact in feed.facts)


def test_bytes_that_are_no_characters_are_said() -> None:
    """One bad byte in UTF-8 is shown as such and counted."""
    feed = _read(rss(item(1, "<description>M\u00fcller</description>")).replace(b"Post 1", b"Post \xff"))
    [entry] = _entries(feed)
    assert (entry.post.title, entry.post.text) == ("Post \ufffd", "M\u00fcller")
    assert any(str(fact.value).startswith("1 characters that are not valid UTF-8") for fact in feed.facts)


def test_entries_without_a_frame_are_read() -> None:
    """A declaration, a document type and entries, but no root: the entries are posts, and nothing else is acted on."""
    body = b'<?xml version="1.0" encoding="latin-1"?>' + _BOMB.encode() + item(1, "<a:b><x:y>hi</x:y></a:b>").encode()
    [entry] = _entries(_read(body))
    assert entry.post.title == "Post 1"


@pytest.mark.parametrize(
    "there", ["<x:y>there</x:y>", "<a:>there</a:>", "<a:b:c/>there", "<b xmlns='u:}'>there</b>", "<html:>there</html:>"]
)
def test_names_that_are_none_do_no_harm(there: str) -> None:
    """Prefixes that are not declared and names that are empty, in HTML that was not escaped: the text is read."""
    [entry] = _entries(_read(rss(item(1, f"<description><p>hi {there}</p></description>"))))
    assert entry.post.text == "hi there"


def test_the_first_and_the_last_moment_can_be_compared() -> None:
    """A time at the edge of the calendar is within or without the time asked for, and no fault of ours."""
    dates = ["<pubDate>0001-01-01T00:00:00+14:00</pubDate>", "<pubDate>9999-12-31T23:59:59-14:00</pubDate>"]
    now = datetime(2026, 11, 24, tzinfo=UTC)
    chosen = Chosen(
        _read(rss(*(item(number, date) for number, date in enumerate(dates)))), limit=0, since=now, until=now
    )
    assert list(chosen.entries()) == []
    assert [count for count, _ in chosen.left_out()] == [1, 1]


_BITS = st.sampled_from(
    [
        "<item>", "</item>", "<entry>", "</entry>", "<title>", "</title>", "<link>", "</link>", "<description>",
        "</description>", "<![CDATA[", "]]>", "<!--", "-->", "&amp;", "&", "&lt;", "&#x41;", "</rss>", "<a:entry>",
        "<media:content url='x'/>", "<dc:date>", "2026-11-24T10:15:00Z", "<author><name>", "xml:base='//['",
        "<category term='", "'/>", "<content type='xhtml'>", "<content type='html'>", "<img src=x>", "\0",
        "\N{FIRE}", "<x:y>", "</x:y>", "<a:>", "<:b>", "<a:b:c/>",
    ]
)  # fmt: skip


@given(st.lists(st.one_of(_BITS, st.text(max_size=5)), max_size=40))
def test_any_markup_is_read(bits: list[str]) -> None:
    """Every entry of any soup of tags is bytes of the feed and a post that can be written."""
    body = (FRAME + "".join(bits) + END).encode("utf-8", "replace")
    for entry in _entries(_read(body)):
        offset, data = entry.excerpt
        assert body[offset : offset + len(data)] == data
        canonical_json(entry.post)
        canonical_json(ItemFacts(time="", ref="", facts=entry.facts))


@given(st.binary(max_size=300), st.sampled_from(["", "text/xml; charset=utf-16", "x; charset=iso-2022-jp"]))
def test_any_bytes_are_read_or_told_off(body: bytes, content_type: str) -> None:
    """No bytes make it raise anything but its own error."""
    for whole in (body, rss(item(1)) + body, FRAME.encode() + b"<item>" + body + b"</item>"):
        try:
            feed = _read(whole, content_type)
        except CaptureError:
            continue
        for entry in _entries(feed):
            canonical_json(entry.post)


_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=10)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=8,
)
_FIELDS = st.sampled_from(
    ["id", "url", "title", "content_html", "content_text", "image", "authors", "author", "tags", "attachments",
     "date_published", "language"]
)  # fmt: skip


@given(st.lists(st.one_of(_JSON, st.dictionaries(_FIELDS, _JSON)), max_size=4), _JSON, _JSON)
def test_any_json_is_read_or_told_off(items: list[object], title: object, next_url: object) -> None:
    """Whatever types stand in a JSON Feed, its items are posts or are named as unread."""
    import json

    said = {"version": "https://jsonfeed.org/version/1.1", "items": items, "title": title, "next_url": next_url}
    body = json.dumps(said).encode()
    try:
        feed = read_json_feed(body, url=URL)
    except CaptureError:
        return
    assert feed.count == len(list(feed.entries)) == len(items)

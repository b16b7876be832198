from __future__ import annotations

import json

import pytest

from capture.extractors.feed.entry import FeedEntry
from capture.extractors.feed.head import Feed
from capture.extractors.feed.json_feed import read_json_feed
from capture.extractors.feed.xml_feed import read_xml_feed
from capture.page.mentions import MediaLink
from hashing.case.facts import Fact
from hashing.case.kinds import ItemKind
from hashing.case.post import Account, Post, PostMedia
from tests.capture.extractors.feed.making import URL, item, rss

_RICH = """<item><title>Fire at the harbour</title><link>/posts/1#top</link><guid isPermaLink="false">urn:1</guid>
<dc:creator>Ann Lee</dc:creator><pubDate>Tue, 24 Nov 2026 10:15:00 +0100</pubDate>
<category>fire</category><category>Harbour</category><georss:point>53.54 9.98</georss:point>
<description>short</description>
<content:encoded><![CDATA[<p>It was <b>dark</b>. <a href="more">More</a></p><img src="a.jpg"
alt="the quay">]]></content:encoded>
<enclosure url="v.mp4" type="video/mp4" length="3"/>
<media:group><media:content url="m?id=1" medium="image"/><media:title>Smoke</media:title></media:group>
<media:thumbnail url="/t.jpg"/></item>"""

_ATOM = """<a:feed xmlns:a="http://www.w3.org/2005/Atom" xml:base="/blog/" xml:lang="fr">
<a:title>Le port</a:title><a:author><a:name>Equipe</a:name><a:uri>/team</a:uri></a:author>
<a:entry xml:base="2026/"><a:id>tag:example.org,2026:1</a:id><a:title type="html">A &lt;i&gt;b&lt;/i&gt;</a:title>
<a:link rel="self" href="x.atom"/><a:link href="one"/>
<a:link rel="enclosure" href="clip" type="audio/mpeg" title="hear"/>
<a:published>2026-11-24T10:15:00.5+01:00</a:published><a:updated>2026-11-24T11:00:00Z</a:updated>
<a:category term="feu" label="Feu"/>
<a:content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Hi <img src="i.png"
alt="z"/> there</p><p>two</p></div></a:content></a:entry></a:feed>"""


def _entries(feed: Feed) -> list[FeedEntry]:
    entries = list(feed.entries)
    assert all(isinstance(entry, FeedEntry) for entry in entries)
    return [entry for entry in entries if isinstance(entry, FeedEntry)]


def _read(body: bytes | str) -> Feed:
    return read_xml_feed(body.encode() if isinstance(body, str) else body, url=URL, content_type="")


def _one(inside: str) -> FeedEntry:
    [entry] = _entries(_read(rss(f"<item>{inside}</item>")))
    return entry


def test_an_rss_item_is_a_post() -> None:
    """All that RSS and its modules say of an item stands in the post, addresses absolute, HTML as plain text."""
    [entry] = _entries(_read(rss(_RICH)))
    at = "https://example.org/"
    assert entry.post == Post(
        platform="feed",
        server="example.org",
        id="urn:1",
        permalink=f"{at}posts/1#top",
        author=Account(name="Ann Lee"),
        published="2026-11-24T10:15:00+01:00",
        title="Fire at the harbour",
        text="It was dark. More",
        tags=("fire", "Harbour"),
        links=(f"{at}news/more",),
        location="53.54 9.98",
        media=(
            PostMedia(url=f"{at}news/v.mp4", kind=ItemKind.VIDEO),
            PostMedia(url=f"{at}news/m?id=1", kind=ItemKind.PHOTO, alt="Smoke"),
            PostMedia(url=f"{at}t.jpg", kind=ItemKind.PHOTO),
            PostMedia(url=f"{at}news/a.jpg", kind=ItemKind.PHOTO, alt="the quay"),
        ),
    )
    assert entry.link == f"{at}posts/1"
    assert entry.excerpt.data == _RICH.encode()
    assert entry.facts == ()


def test_an_atom_entry_is_a_post() -> None:
    """Prefixes, xml:base, xml:lang and the feed's author hold for an entry as RFC 4287 says."""
    [entry] = _entries(_read(_ATOM))
    at = "https://example.org/blog/"
    assert entry.post == Post(
        platform="feed",
        server="example.org",
        id="tag:example.org,2026:1",
        permalink=f"{at}2026/one",
        author=Account(name="Equipe", url=f"{at}2026/team".replace("blog/2026/", "")),
        published="2026-11-24T10:15:00.500000+01:00",
        edited="2026-11-24T11:00:00+00:00",
        title="A b",
        text="Hi there\n\ntwo",
        language="fr",
        tags=("feu",),
        media=(
            PostMedia(url=f"{at}2026/clip", kind=ItemKind.AUDIO, alt="hear"),
            PostMedia(url=f"{at}2026/i.png", kind=ItemKind.PHOTO, alt="z"),
        ),
    )


@pytest.mark.parametrize(
    "frame",
    [
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">{}</rdf:RDF>',
        """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
        xmlns="http://my.netscape.com/rdf/simple/0.9/"><channel><title>T</title></channel>{}</rdf:RDF>""",
        """<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN"
        "http://my.netscape.com/publish/formats/rss-0.91.dtd"><rss version="0.91"><channel>{}</channel></rss>""",
        '<rss version="2.0" xmlns="http://backend.userland.com/rss2"><channel>{}</channel></rss>',
        '<rss version="2.0" xmlns="http://nobody.example/knows"><channel>{}</channel></rss>',
    ],
)
def test_older_formats_are_read_alike(frame: str) -> None:
    """RSS 0.90, 0.91, 1.0, and 2.0 in a namespace have the same words for an item."""
    [entry] = _entries(_read(frame.format("<item><title>Fire</title><link>https://example.org/1</link></item>")))
    assert (entry.post.title, entry.post.id) == ("Fire", "https://example.org/1")


def test_rss_1_names_an_item_by_its_rdf_about() -> None:
    """Where there is no guid, rdf:about is the lasting name."""
    rdf = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
        '<channel/><item rdf:about="urn:7"><title>Fire</title></item></rdf:RDF>'
    )
    [entry] = _entries(_read(rdf))
    assert entry.post.id == "urn:7"


def test_a_json_feed_item_is_a_post() -> None:
    """JSON Feed 1.1 is read as the others are, and an item is the bytes of its object."""
    said = {
        "id": 7,
        "url": "/posts/7",
        "title": "Fire",
        "content_html": '<p>Hot</p><img src="a.jpg" alt="flames">',
        "date_published": "2026-11-24T10:15:00Z",
        "date_modified": "2026-11-24T12:00:00",
        "authors": [{"name": "Ann", "url": "/ann"}, {"name": "Bob"}],
        "tags": ["fire", 3, None],
        "attachments": [{"url": "s.mp3", "mime_type": "audio/mpeg", "title": "siren"}],
    }
    body = json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "T",
            "language": "de",
            "items": [said],
            "next_url": "?2",
        }
    ).encode()
    feed = read_json_feed(body, url=URL)
    [entry] = _entries(feed)
    at = "https://example.org/"
    assert entry.post == Post(
        platform="feed",
        server="example.org",
        id="7",
        permalink=f"{at}posts/7",
        author=Account(name="Ann, Bob"),
        published="2026-11-24T10:15:00+00:00",
        title="Fire",
        text="Hot",
        language="de",
        tags=("fire", "3"),
        media=(
            PostMedia(url=f"{at}news/s.mp3", kind=ItemKind.AUDIO, alt="siren"),
            PostMedia(url=f"{at}news/a.jpg", kind=ItemKind.PHOTO, alt="flames"),
        ),
    )
    assert entry.facts == (
        Fact("updated as written", "2026-11-24T12:00:00", "entry 1"),
        Fact("updated zone", "not stated", "entry 1"),
    )
    offset, data = entry.excerpt
    assert json.loads(data) == said
    assert body[offset : offset + len(data)] == data
    assert feed.next_page == "https://example.org/news/feed.xml?2"


@pytest.mark.parametrize("written", ["Tue, 24 Nov 2026 10:15:00", "2026-11-24", "2026-11-24T10:15:00", "24. November"])
def test_a_time_without_a_zone_is_kept_as_written(written: str) -> None:
    """It is no claimed time of the post; what is written stands in a fact, marked as naive."""
    entry = _one(f"<pubDate>{written}</pubDate>")
    assert entry.post.published == ""
    assert entry.facts == (
        Fact("published as written", written, "entry 1"),
        Fact("published zone", "not stated", "entry 1"),
    )


def test_an_odd_date_with_a_zone_is_kept_as_written() -> None:
    """What cannot be read as a time is no time, and is not lost."""
    entry = _one("<pubDate>Mar, 24 Nvember 26 10:15 CET</pubDate>")
    assert entry.post.published == ""
    assert Fact("published zone", "stated", "entry 1") in entry.facts


@pytest.mark.parametrize(
    ("inside", "id_", "permalink"),
    [
        ("<guid>https://example.org/9</guid>", "https://example.org/9", "https://example.org/9"),
        ('<guid isPermaLink="false">https://example.org/9</guid>', "https://example.org/9", ""),
        ("<guid>9</guid>", "9", ""),
        ("<link>/9</link>", "https://example.org/9", "https://example.org/9"),
        ("<link>javascript:alert(1)</link><guid>9</guid>", "9", ""),
    ],
)
def test_the_name_and_the_address_of_an_entry(inside: str, id_: str, permalink: str) -> None:
    """A guid names an entry, else its link does; a guid is an address unless it says that it is none."""
    post = _one(inside).post
    assert (post.id, post.permalink) == (id_, permalink)


def test_an_entry_without_any_name_is_named_by_its_digest() -> None:
    """So that it is the same in the next round, and no other entry is taken for it."""
    one, other = _entries(_read(rss("<item><title>a</title></item>", "<item><title>b</title></item>")))
    assert one.post.id.startswith("sha256:")
    assert one.post.id != other.post.id


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Ann&amp;#8217;s dog", "Ann\u2019s dog"),
        ("Caf&eacute; &amp; bar", "Caf\u00e9 & bar"),
        ("a &lt; b", "a < b"),
        ("<![CDATA[<b>x</b>]]>", "<b>x</b>"),
        ("a\n\tb", "a b"),
        ("&unheard; of", "&unheard; of"),
    ],
)
def test_titles_of_rss_are_text(title: str, shown: str) -> None:
    """References in them are resolved, once more where they were written twice; tags stay as they are written."""
    assert _one(f"<title>{title}</title>").post.title == shown


def test_a_plain_description_keeps_its_lines() -> None:
    """Text without markup is not reflowed as HTML is."""
    assert _one("<description>one\ntwo</description>").post.text == "one\ntwo"


def test_an_element_of_another_vocabulary_is_no_entry() -> None:
    """What is called item in a namespace of its own is neither an entry nor a fault."""
    feed = _read(rss('<x:item xmlns:x="urn:x"/>', item(1)))
    assert [entry.post.title for entry in _entries(feed)] == ["Post 1"]
    assert feed.missing == ""


def test_an_item_of_a_json_feed_is_found_where_it_stands() -> None:
    """And not where the same bytes stand before the list of items."""
    body = b'{"_x": {"id": "a"}, "version": "https://jsonfeed.org/version/1.1", "items": [{"id": "a"}, {"id": "a"}]}'
    offsets = [entry.excerpt.offset for entry in _entries(read_json_feed(body, url=URL))]
    assert offsets == [body.rindex(b"[{") + 1, body.rindex(b"{")]


@pytest.mark.parametrize(
    ("namespace", "paragraph"),
    [
        ("urn:x", '<p>there <img src="/x.png" alt="a"/></p>'),
        ("http://www.w3.org/1999/xhtml", '<h:p>there <h:img src="/x.png" alt="a"/></h:p>'),
    ],
)
def test_html_that_stands_as_elements_is_read(namespace: str, paragraph: str) -> None:
    """Some feeds forget to escape their HTML; it is text with images all the same."""
    post = _one(f'<description xmlns:h="{namespace}">Hi {paragraph} &amp; more</description>').post
    assert post.text == "Hi\n\nthere\n\n& more"
    assert [media.url for media in post.media] == ["https://example.org/x.png"]


@pytest.mark.parametrize(
    ("inside", "kind"),
    [
        ('<enclosure url="/x" type="image/png"/>', "photo"),
        ('<enclosure url="/x" type="application/pdf"/>', "document"),
        ('<enclosure url="/x" type="application/x-unheard-of"/>', "document"),
        ('<enclosure url="/x#.mp3" type="Audio/mpeg "/>', "audio"),
        ('<enclosure url="/x"/>', "photo"),
        ('<media:content url="/x" medium="video"/>', "video"),
        ('<description>&lt;video src="/x"&gt;</description>', "video"),
    ],
)
def test_media_are_sorted_by_what_is_said_of_them(inside: str, kind: str) -> None:
    """By the type, the medium, or the address; what says nothing is sought as a photo and not passed over."""
    assert [(link.url, link.kind) for link in _one(inside).media] == [("https://example.org/x", kind)]


def test_a_medium_that_is_named_twice_is_one() -> None:
    """With the words that either place has for it."""
    entry = _one('<enclosure url="/x.jpg"/><description>&lt;img src="/x.jpg" alt="smoke"&gt;</description>')
    assert entry.media == (MediaLink("https://example.org/x.jpg", ItemKind.PHOTO, "enclosure", "smoke"),)


def test_authors_are_read_as_each_format_writes_them() -> None:
    """A mailbox with a name in RSS; several authors are one account that names them all."""
    assert _one("<author>bob@example.org (Bob)</author>").post.author == Account(handle="bob@example.org", name="Bob")
    assert _one("<dc:creator>Ann</dc:creator><dc:creator>Bob</dc:creator>").post.author == Account(name="Ann, Bob")


def test_the_feed_says_what_it_is() -> None:
    """Title, site, times, encoding and the number of entries stand among the facts of the feed's own item."""
    feed = _read(rss("<link>https://example.org/</link><lastBuildDate>24.11.2026</lastBuildDate>", item(1), item(2)))
    assert feed.facts == (
        Fact("title", "Harbour Watch", "title"),
        Fact("site address", "https://example.org/", "link"),
        Fact("updated", "24.11.2026", "lastBuildDate"),
        Fact("updated zone", "not stated", "lastBuildDate"),
        Fact("encoding", "UTF-8 (valid UTF-8)", "feed"),
        Fact("entries", 2, "feed"),
    )
    assert feed.missing == ""

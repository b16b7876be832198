"""Whatever a stranger's post holds, what a capture reads in it never differs from what verification compares."""

from __future__ import annotations

import json
from io import BytesIO

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from capture.extractors.fediverse.activity import read_activity
from capture.extractors.fediverse.errors import UnreadableAnswer
from capture.extractors.fediverse.server import Server
from capture.extractors.fediverse.stored_answer import post_in
from capture.extractors.feed.entry import FeedEntry
from capture.extractors.feed.json_feed import read_json_feed
from capture.extractors.feed.xml_feed import read_xml_feed
from exports.verification.feed_entry import plain_entry
from exports.verification.posts import _differing, _of_plain_entry

HOST = "https://social.example"
SERVER = Server(origin=HOST, domain="social.example", has_token=False)
PLAIN = (
    *("<p>", "</p>", "<br>", "<br/>", "<a href='https://x.example/?a=1&amp;b=2'>", "</a>", '<span class="invisible">'),
    *(
        "</span>",
        "<b>",
        "</b>",
        "<ul>",
        "<li>",
        "</li>",
        "<ol>",
        "<blockquote>",
        "<h1>",
        "<del>",
        "<code>",
        "<div hidden>",
    ),
    *(
        "</div>",
        "&amp;",
        "&lt;",
        "&gt;",
        "&nbsp;",
        "&#39;",
        "word",
        " two words ",
        "\n\n",
        "\r\n",
        "\t",
        "#tag",
        "\ufffd",
    ),
    *(
        "#tag",
        "\ufffd",
        "\xe9",
        "e\u0301",
        "\ufb01",
        "\u2460",
        "\uff11",
        "</p",
        "<p/>",
        "</br>",
        "</ul>",
        "<s>",
        "<i title='a'>",
        "<a >",
    ),
)
ODD = (
    *(
        "<script>",
        "</script>",
        "<style>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "&#0;",
        "&#x41;",
        "&copy",
        "&notit;",
        "&",
        "<",
    ),
    *(
        ">",
        "\0",
        "\x0b",
        "\u202e",
        "\u00ad",
        "\u200b",
        "<p title='>'>",
        "<pre>",
        "</pre>",
        "<textarea>",
        "<title>",
        "<svg>",
    ),
    *(
        "<table><td>",
        "<math>",
        "<plaintext>",
        "<p",
        "<P>",
        "<template>",
        '<a b="',
        '">',
        "<select><option>",
        "<iframe>",
    ),
    *(
        "<iframe>",
        "<noscript>",
        "<video>",
        '<p a="b>',
        "<i a='>",
        "<object>",
        "<frameset>",
        "<body>",
        "</body>",
        "</html>",
        "<base>",
        "<?xml",
    ),
)
html = st.lists(st.sampled_from(PLAIN), max_size=12).map("".join) | st.lists(
    st.sampled_from(PLAIN + ODD) | st.text(max_size=5), max_size=12
).map("".join)
odd = st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.lists(st.text(max_size=3), max_size=2)
address = st.sampled_from([
    f"{HOST}/a", f"{HOST}/users/ann", f"{HOST}:99/x", "https://[", "https://a:0x/", "https:///x", "HTTPS://Social.example/",
    "http://a.example/%zz", "https://..../", "https://-/", "tag:social.example,2026:1", f"{HOST}/é", f"{HOST}/a b", "",
]) | odd  # fmt: skip
time = st.sampled_from([
    "2026-11-24T10:15:02.000Z", "2026-11-24T10:15:02+01:00", "2026-13-24T10:15:02Z", "2026-11-24T24:00:00Z",
    "2026-11-24", "2026-11-24T10:15:60Z", "0000-11-24T10:15:02Z", "2026-11-24T10:15:02+99:99", "2026-11-24t10:15:02z",
    "", "2026-11-24T10:15:02.123456789Z", " 2026-11-24T10:15:02Z ", "2026-11-24T10:15:02-00:00",
]) | odd  # fmt: skip
name = st.sampled_from(["ann", "@ann", "ann@x.example", "", "@", "a" * 100, "an n", "@@ann", "ANN"]) | odd
poll = odd | st.just({"options": [{"title": "yes"}]})
account = st.fixed_dictionaries({}, optional={"acct": name, "username": name, "uri": address, "display_name": name})
STATUS = st.fixed_dictionaries(
    {"content": html | odd, "account": account | odd},
    optional={"id": odd, "uri": address, "url": address, "created_at": time, "edited_at": time, "poll": poll},
)
kind = st.sampled_from(["Note", "Question", "Article", "Create", ["Note"]])
choices = odd | st.just([{"name": "yes"}])
NOTE = st.fixed_dictionaries(
    {"type": kind, "id": address, "attributedTo": address},
    optional={"published": time, "updated": time, "content": html | odd, "oneOf": choices},
)
ENTRY = st.fixed_dictionaries(
    {"id": address}, optional={"content_html": html | odd, "content_text": html | odd, "url": address, "summary": odd}
)


@given(STATUS)
def test_a_status(said: dict[str, object]) -> None:
    """A status of Mastodon's API."""
    data = json.dumps(said).encode()
    read = post_in(BytesIO(data), "", SERVER.origin, SERVER.domain, False)
    if read.listed is not None:
        assert _differing(json.loads(data), read.listed.status.post) in ([], None)


@given(NOTE, st.booleans())
def test_a_note(said: dict[str, object], wrapped: bool) -> None:
    """A note of ActivityPub, alone or in the activity that made it."""
    whole: dict[str, object] = (
        {"type": "Create", "object": said, "attributedTo": f"{HOST}/users/eve"} if wrapped else said
    )
    try:
        post = read_activity(json.loads(json.dumps(whole)), f"{HOST}/a")
    except UnreadableAnswer:
        return
    assert _differing(json.loads(json.dumps(whole)), post) in ([], None)


@given(st.lists(ENTRY, max_size=3))
def test_an_entry(said: list[dict[str, object]]) -> None:
    """An entry of a JSON Feed."""
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": said}
    for entry, own in zip(read_json_feed(json.dumps(feed).encode(), url=f"{HOST}/feed").entries, said, strict=True):
        if isinstance(entry, FeedEntry):
            assert _differing(json.loads(json.dumps(own)), entry.post) in ([], None)


TAGS = (
    *("guid", "id", "title", "link", "description", "summary", "content:encoded", "content", "media:title", "dc:title"),
    *("source", "author", "media:group", "media:description", "x:description", "x:title", "x:id", "pubDate", "a"),
)
WORDS = st.sampled_from([
    f"{HOST}/a", f" {HOST}/b ", "Fire", "two  words", "\n", "&amp;", "&#65;", "&lt;b&gt;", "é", "", "]]", '"',
    "a" * 400, "<![CDATA[<guid>x</guid>]]>", "<!-- <title>no</title> -->", "<?x?>", "<b>bold</b>",
    f"{HOST}/a?b=1&amp;c=2",
])  # fmt: skip
ATTRIBUTES = st.sampled_from(["", " ", ' type="html"', ' x="a>b"', ' about="y"'])


def _element(said: tuple[str, str, str]) -> str:
    tag, attributes, inside = said
    return f"<{tag}{attributes}>{inside}</{tag}>"


SAID = st.recursive(
    st.lists(WORDS, max_size=2).map("".join),
    lambda inner: st.lists(st.tuples(st.sampled_from(TAGS), ATTRIBUTES, inner).map(_element), max_size=5).map("".join),
    max_leaves=8,
)
NAMESPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:media="http://search.yahoo.com/mrss/"'
)
FRAMES = {
    "rss": (f'<rss version="2.0" xmlns:x="urn:x" {NAMESPACES}><channel><title>t</title>', "item", "</channel></rss>"),
    "atom": (f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:x="urn:x" {NAMESPACES}>', "entry", "</feed>"),
    "odd": (f'<feed xmlns="urn:other" xmlns:x="http://www.w3.org/2005/Atom" {NAMESPACES}>', "entry", "</feed>"),
}


@given(st.sampled_from(sorted(FRAMES)), st.lists(SAID, min_size=1, max_size=2))
def test_an_entry_in_xml(frame: str, said: list[str]) -> None:
    """An entry of RSS or Atom, in whatever namespaces, with whatever nested in it."""
    begin, tag, end = FRAMES[frame]
    feed = begin + "".join(f"<{tag}>{each}</{tag}>" for each in said) + end
    for entry in read_xml_feed(feed.encode(), url=f"{HOST}/feed", content_type="application/xml").entries:
        if isinstance(entry, FeedEntry):
            assert not list(_of_plain_entry(plain_entry(entry.excerpt.data), entry.post)), entry.excerpt.data


def test_plain_entries_are_compared() -> None:
    """Of an ordinary entry identifier, title and text are read again, and each that is another one is told."""
    [begin, tag, end] = FRAMES["rss"]
    inside = f"<guid>{HOST}/a</guid><title>Fire</title><link>{HOST}/a</link><description>It was dark.</description>"
    feed = f"{begin}<{tag}>{inside}</{tag}>{end}".encode()
    [entry] = read_xml_feed(feed, url=f"{HOST}/feed", content_type="application/rss+xml").entries
    assert isinstance(entry, FeedEntry)
    plain = plain_entry(entry.excerpt.data)
    assert plain == {"id": f"{HOST}/a", "title": "Fire", "text": "It was dark."}
    for name, value in (("id", f"{HOST}/b"), ("title", "Water"), ("text", "It was light.")):
        assert list(_of_plain_entry(plain, msgspec.structs.replace(entry.post, **{name: value}))) == [name]

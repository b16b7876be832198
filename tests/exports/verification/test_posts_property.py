"""Whatever a stranger's post holds, what a capture reads in it never differs from what verification compares."""

from __future__ import annotations

import json
from io import BytesIO

from hypothesis import given
from hypothesis import strategies as st

from capture.extractors.fediverse.activity import read_activity
from capture.extractors.fediverse.errors import UnreadableAnswer
from capture.extractors.fediverse.server import Server
from capture.extractors.fediverse.stored_answer import post_in
from capture.extractors.feed.entry import FeedEntry
from capture.extractors.feed.json_feed import read_json_feed
from exports.verification.posts import _differing

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

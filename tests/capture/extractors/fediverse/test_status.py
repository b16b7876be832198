from __future__ import annotations

from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.extractors.fediverse.account import account_facts, read_account
from capture.extractors.fediverse.activity import read_activity
from capture.extractors.fediverse.attachment import MOST, found_media, read_attachments
from capture.extractors.fediverse.content import LONGEST, read_content
from capture.extractors.fediverse.errors import UnreadableAnswer
from capture.extractors.fediverse.server import Server
from capture.extractors.fediverse.status import read_status
from capture.extractors.served_json import ServedJson
from capture.request.extractor import FetchRequest, NotFollowed
from hashing.case.events import ItemFacts, PostRead, encode
from hashing.ledger.ledger import LONGEST_LINE
from tests.capture.extractors.fediverse.documented import account, photo, status, tagged

SERVER = Server(origin="https://host.example", domain="example.org", has_token=False)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
NAMES = (*status("1"), "url", "place", "geo", "location", "quote", "pleroma", "application", "quotes_count")
STATUSES = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, ANYTHING))
NEARLY = st.builds(lambda changed: status("1") | changed, STATUSES)
ACTIVITIES = st.fixed_dictionaries(
    {"id": st.just("https://host.example/1"), "type": st.just("Note")},
    optional=dict.fromkeys(
        (
            "content",
            "contentMap",
            "tag",
            "attachment",
            "attributedTo",
            "to",
            "cc",
            "published",
            "url",
            "oneOf",
            "replies",
        ),
        ANYTHING,
    ),
)


def _line(ref: str, value: object) -> bytes:
    read = read_status(value, SERVER)
    encode(ItemFacts(time="2026-03-01T12:00:00Z", ref=ref, facts=read.facts))
    return encode(PostRead(time="2026-03-01T12:00:00Z", ref=ref, post=read.post))


@given(ANYTHING | STATUSES | NEARLY)
def test_any_json_is_a_post_or_unreadable(value: object) -> None:
    """Whatever a server gives for a post becomes a line that a ledger can hold, or is said to be no post."""
    with suppress(UnreadableAnswer):
        assert _line("MP/1-0001", value)


@given(ANYTHING | ACTIVITIES, ANYTHING)
def test_any_activity_is_a_post_or_unreadable(value: object, author: object) -> None:
    """The same holds for ActivityPub, whatever its author's actor is."""
    with suppress(UnreadableAnswer):
        post = read_activity(value, "https://host.example/1", author)
        assert encode(PostRead(time="2026-03-01T12:00:00Z", ref="MP/1-0001", post=post))


@given(ANYTHING)
def test_any_json_is_an_account(value: object) -> None:
    """Whatever a server gives for an account becomes facts that a ledger can hold."""
    assert read_account(value, SERVER).handle == read_account(value, SERVER).handle.strip()
    assert encode(ItemFacts(time="2026-03-01T12:00:00Z", ref="MP/1-0001", facts=account_facts(value, SERVER)))


def test_the_largest_post_still_fits_a_line() -> None:
    """A post whose every field is as long as a hostile server likes becomes a line that the ledger reads back."""
    long = "\N{FIRE}" * 2_000_000
    names = [str(number) + "\N{FIRE}" * 1000 for number in range(5000)]
    many = [{"name": name, "acct": name, "title": name, "votes_count": 1 << 200} for name in names]
    media = [photo(f"https://host.example/{n}{'x' * 8000}", remote_url=f"https://h.example/{n}{'y' * 8000}",
                   description=long) for n in range(500)]  # fmt: skip
    line = _line(
        "MP/1-0001",
        status(
            "1", content=long, spoiler_text=long, tags=many, mentions=many, poll={"options": many}, language=long,
            media_attachments=media, replies_count=1 << 90, account={"acct": long, "display_name": long},
        ),
    )  # fmt: skip
    assert len(line) < LONGEST_LINE


def test_a_post_says_what_the_documentation_says() -> None:
    """Author, times, text, links, tags as spelled, mentions, counts, card, poll and place are read."""
    html = (
        '<p><span class="h-card"><a href="https://other.example/@bob" class="u-url mention">@<span>bob</span></a>'
        '</span> at the market<br>again <a href="https://host.example/t/firewatch" class="mention hashtag" rel="tag">'
        '#<span>FireWatch</span></a></p><p><a href="https://news.example/fire"><span class="invisible">https://</span>'
        "<span>news.example/fire</span></a></p>"
    )
    read = read_status(
        status(
            "opaque-1",
            content=html,
            edited_at="2026-03-01T13:00:00+01:00",
            tags=tagged("firewatch"),
            mentions=[{"id": "2", "username": "bob", "acct": "bob@other.example", "url": "https://other.example/@bob"}],
            card={"url": "https://news.example/fire", "title": "Fire"},
            poll={
                "options": [{"title": "Yes", "votes_count": 3}, {"title": "No", "votes_count": None}],
                "votes_count": 3,
            },
            place={"name": "Market", "country": "UK"},
            application={"name": "Web"},
        ),
        SERVER,
    )
    post = read.post
    assert post.text == "@bob at the market\nagain #FireWatch\n\nhttps://news.example/fire\n\n( ) Yes\n( ) No"
    assert post.author.handle == "alice@example.org"
    assert post.author.id == "http://home.example/users/alice"
    assert (post.published, post.edited) == ("2026-03-01T12:00:00.000Z", "2026-03-01T13:00:00+01:00")
    assert (post.tags, post.mentions) == (("FireWatch",), ("bob@other.example",))
    assert post.links == ("https://news.example/fire",)
    assert post.counts == {"replies": 0, "reposts": 2, "likes": 5, "votes": 3, "votes for Yes": 3}
    assert (post.location, post.visibility, post.language) == ("Market, UK", "public", "en")
    assert {(fact.name, fact.value) for fact in read.facts} == {("link preview", "Fire"), ("posted with", "Web")}


@pytest.mark.parametrize(
    ("attachment", "url", "kind", "origin"),
    [
        (photo("https://h.example/1.jpg"), "https://h.example/1.jpg", "photo", ""),
        (photo("https://h.example/1", remote_url="https://o.example/1"), "https://h.example/1", "photo", "https://o.example/1"),
        (photo("https://h.example/1.mp4", type="gifv"), "https://h.example/1.mp4", "video", ""),
        (photo("https://h.example/1.mp3", type="audio"), "https://h.example/1.mp3", "audio", ""),
        ({"url": None, "remote_url": "https://o.example/a.ogv"}, "https://o.example/a.ogv", "video", ""),
        ({"type": "unknown", "remote_url": "https://o.example/1?.mp3"}, "https://o.example/1?.mp3", "photo", ""),
        ({"preview_url": "https://h.example/small.jpg"}, "https://h.example/small.jpg", "photo", ""),
    ],
)  # fmt: skip
def test_media_of_every_type_have_an_address(attachment: dict[str, Any], url: str, kind: str, origin: str) -> None:
    """What a server keeps itself is fetched there; what it does not keep, where it came from."""
    [media] = read_status(status("1", media_attachments=[attachment, {"url": "javascript:x"}, 7]), SERVER).post.media
    assert (media.url, media.kind, media.origin) == (url, kind, origin)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ({"place": {"name": "Market", "lat": "51.24170", "long": "-0.5691"}}, "Market, 51.24170, -0.5691"),
        ({"geo": {"type": "Point", "coordinates": [51.2417, -0.5691]}}, "51.2417, -0.5691"),
        (
            {"location": {"type": "Place", "name": "Market", "latitude": 151.24171, "longitude": 0}},
            "Market, 151.24171, 0",
        ),
        ({"location": "Market"}, "Market"),
        ({"geo": {"coordinates": [1e300, True]}}, ""),
        ({"place": []}, ""),
    ],
)
def test_a_place_is_read_where_it_is_given(place: dict[str, Any], said: str) -> None:
    """The places of Pixelfed, GNU social and ActivityPub are read; coordinates that are none are not."""
    assert read_status(status("1") | place, SERVER).post.location == said


@pytest.mark.parametrize(
    ("quote", "name"),
    [
        ({"state": "accepted", "quoted_status": status("2")}, "http://home.example/users/alice/statuses/2"),
        ({"state": "accepted", "quoted_status_id": "2"}, "2"),
        ({"state": "deleted", "quoted_status": None}, ""),
        (status("2"), "http://home.example/users/alice/statuses/2"),
        ("2", ""),
        (None, ""),
    ],
)
def test_a_quote_is_named(quote: object, name: str) -> None:
    """Mastodon's quotes, shallow or whole, and those of servers that put the post itself there are named."""
    assert read_status(status("1", quote=quote), SERVER).post.quotes == name


def test_times_without_a_zone_are_no_times() -> None:
    """A time without its zone or of no calendar is left out and said, and never taken for UTC."""
    read = read_status(status("1", created_at="2026-03-01T12:00:00", edited_at="2026-02-30T12:00:00Z"), SERVER)
    assert (read.post.published, read.post.edited) == ("", "")
    assert [fact.name for fact in read.facts] == ["could not be read", "could not be read"]


def test_numbers_are_names_too() -> None:
    """A server whose ids are numbers, and one without `uri`, still have posts that can be told apart."""
    read = read_status({"id": 17, "account": account("alice")}, SERVER)
    assert (read.number, read.post.id) == ("17", "https://host.example/api/v1/statuses/17")


@given(st.text(st.characters(exclude_categories=())))
def test_any_content_is_text(html: str) -> None:
    """Whatever the content is, its text is clean enough to be written as UTF-8."""
    assert read_content(html).text.encode() is not None


def test_a_text_without_end_is_cut_and_says_so() -> None:
    """Ten megabytes of text are kept as far as a record goes, and the record says that they go on."""
    text = read_content("<p>" + "fire " * 2_000_000).text
    assert len(text) <= LONGEST
    assert text.endswith("[The text goes on; it was cut here.]")


def test_an_activity_is_a_post_of_its_own_host_alone() -> None:
    """ActivityPub JSON that says it is at home elsewhere is not believed; a Create is read as what it creates."""
    note = {"type": "Note", "id": "https://host.example/1", "content": "<p>Fire</p>", "to": ["as:Public"]}
    assert read_activity(note, "https://host.example/x").text == "Fire"
    assert read_activity({"type": "Create", "object": note}, "https://host.example/x").visibility == "public"
    with pytest.raises(UnreadableAnswer, match="another host's post"):
        read_activity(note, "https://evil.example/1")
    with pytest.raises(UnreadableAnswer):
        read_activity(ServedJson(b"[]").whole().value, "https://host.example/1")


def test_an_activity_says_what_a_status_says() -> None:
    """Author, addressees, times, tags, mentions, media with alt text, poll and place of a Question are read."""
    post = read_activity(
        {
            "type": ["Question"],
            "id": "https://host.example/1",
            "attributedTo": "https://host.example/users/alice",
            "to": "https://host.example/users/alice/followers",
            "content": '<p>Fire? <a class="mention hashtag" href="https://host.example/t">#Fire</a></p>',
            "published": "2026-03-01T12:00:00Z",
            "inReplyTo": "https://other.example/9",
            "tag": [{"type": "Hashtag", "name": "#fire"}, {"type": "Mention", "name": "@bob@other.example"}],
            "attachment": {
                "type": "Document",
                "mediaType": "image/png",
                "url": "https://host.example/1.png",
                "name": "roof",
            },
            "oneOf": [{"type": "Note", "name": "Yes", "replies": {"type": "Collection", "totalItems": 4}}],
            "location": {"type": "Place", "name": "Market"},
        },
        "https://host.example/1",
        {"id": "https://host.example/users/alice", "preferredUsername": "alice", "name": "Alice"},
    )
    assert msgspec.to_builtins(post) == {
        "platform": "fediverse",
        "server": "host.example",
        "id": "https://host.example/1",
        "permalink": "https://host.example/1",
        "author": {
            "handle": "alice@host.example",
            "name": "Alice",
            "id": "https://host.example/users/alice",
            "url": "https://host.example/users/alice",
        },
        "published": "2026-03-01T12:00:00Z",
        "text": "Fire? #Fire\n\n( ) Yes",
        "tags": ("Fire",),
        "mentions": ("bob@other.example",),
        "reply_to": "https://other.example/9",
        "visibility": "private",
        "counts": {"votes for Yes": 4},
        "location": "Market",
        "media": ({"url": "https://host.example/1.png", "kind": "photo", "alt": "roof"},),
    }


def test_what_an_account_says_of_itself_is_no_fact_of_the_server() -> None:
    """The fields of a profile have names of their owner's choosing, and are never taken for what the server states."""
    fields = [{"name": "handle", "value": "chief@police.example"}, {"name": "", "value": "x"}]
    facts = account_facts({"id": "1", "acct": "eve", "fields": fields}, SERVER)
    assert [(fact.name, fact.value) for fact in facts if fact.tag == "fields"] == [
        ("profile field: handle", "chief@police.example")
    ]


def test_media_beyond_those_that_are_read_are_not_passed_over_in_silence() -> None:
    """A post with more photos than any server allows is said to have more than were sought."""
    many = [{"type": "image", "url": f"https://host.example/{number}.jpg"} for number in range(MOST + 1)]
    found = list(found_media(read_attachments(many), "post 1"))
    assert len([each for each in found if isinstance(each, FetchRequest)]) == MOST
    assert [each.reason for each in found if isinstance(each, NotFollowed)] == [
        f"post 1 names {MOST} photos and videos or more: no further ones were sought"
    ]
    assert not [each for each in found_media(read_attachments(many[:3]), "post 1") if isinstance(each, NotFollowed)]

"""Lists of posts: paging, filters, and servers that lead nowhere."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.capture.conftest import jpeg
from tests.capture.extractors.fediverse.documented import (
    GONE,
    LOGIN,
    account,
    answer,
    instance,
    photo,
    refusal,
    status,
    tagged,
)
from tests.servers import Body, SceneServer
from tests.servers.names import resolving

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.capture.extractors.fediverse.documented import Held, Json
    from tests.servers.seen import Seen

    Capture = Callable[..., tuple[str, Held]]

TAG = "/api/v1/timelines/tag/fire"
FIRST = f"{TAG}?limit=40"


def _fire(number: str, **fields: object) -> Json:
    return status(number, tags=tagged("fire")) | fields


def _page(posts: list[Json], following: str = "") -> Body:
    return answer(posts, link=f'<{following}>; rel="next", <http://x.example/>; rel="prev"' if following else "")


def test_opaque_names_page_by_the_link_alone(held: Capture) -> None:
    """Pages are followed as the server names them, whatever its names look like, on the host that was asked."""
    with SceneServer(instance()) as server:
        server.files |= {
            FIRST: _page([_fire("zeta"), _fire("~a")], server.url(f"{TAG}?cursor=b%2Fc%3D&limit=40")),
            f"{TAG}?cursor=b%2Fc%3D&limit=40": _page([_fire("-1"), _fire("ÿ")], f"{TAG}?cursor=!"),
            f"{TAG}?cursor=!": _page([_fire("0")]),
        }
        result, case = held("#fire", on=(server.origin,))
    assert result == "complete"
    assert case.texts == ["Post zeta", "Post ~a", "Post -1", "Post ÿ", "Post 0"]
    assert not case.failed
    assert not case.skipped


def test_posts_are_there_before_the_next_page(held: Capture) -> None:
    """Texts first: the posts of a page are items before the page that follows, and photos come behind all lists."""
    with SceneServer({**instance(), "/one.jpg": jpeg()}) as server:
        first = _fire("1", media_attachments=[photo(server.url("/one.jpg"))])
        server.files |= {FIRST: _page([first], server.url(f"{TAG}?p=2")), f"{TAG}?p=2": _page([_fire("2")])}
        _, case = held("#fire", on=(server.origin,), jobs=1)
    assert [item.kind for item in case.items] == ["data", "listing", "post", "listing", "post", "photo"]


def test_what_does_not_match_is_counted_and_left(held: Capture) -> None:
    """Whether a post has the hashtag is looked at again: full width and capitals match, a mere text does not."""
    posts = [
        status("1", tags=tagged("FIRE")),
        status("2", tags=tagged("\N{FULLWIDTH LATIN SMALL LETTER F}ire")),
        status("3", content='<p><a class="mention hashtag" href="/">#<span>Fire</span></a>'),
        status("4", content="<p>fire without a hashtag", tags=tagged("fireworks")),
        status("5", content="<p>#fire written, not tagged"),
    ]
    with SceneServer({**instance(), FIRST: _page(posts)}) as server:
        _, case = held("#fire", on=(server.origin,))
    assert case.texts == ["Post 1", "Post 2", "#Fire"]
    [skipped] = case.skipped
    assert (skipped.count, "without this hashtag" in skipped.reason) == (2, True)


def test_since_and_until_bound_the_claimed_time(held: Capture) -> None:
    """Posts outside of the span are counted and left; a list that is past `--since` is not paged to its end."""
    times = [f"2026-03-{day:02}T12:00:00+00:00" for day in range(20, 0, -1)]
    with SceneServer(instance()) as server:
        for number, time in enumerate(times):
            server.files[f"{TAG}?p={number}"] = _page(
                [_fire(str(number), created_at=time)], server.url(f"{TAG}?p={number + 1}")
            )
        server.files[FIRST] = server.files[f"{TAG}?p=0"]
        since, until = datetime(2026, 3, 10, tzinfo=UTC), datetime(2026, 3, 15, 18, tzinfo=UTC)
        result, case = held("#fire", on=(server.origin,), since=since, until=until)
        asked = sum(seen.path.startswith(TAG) for seen in server.requests)
    assert result == "complete"
    assert {post.published[:10] for post in case.posts.values()} == {f"2026-03-{day}" for day in range(10, 16)}
    assert asked == 13
    assert "older than --since" in case.reasons
    assert sum(each.count for each in case.skipped if "between --since" in each.reason) == 7


def test_one_older_post_does_not_end_a_list(held: Capture) -> None:
    """The order of a list is not relied on: a page of older posts is followed by one more."""
    with SceneServer(instance()) as server:
        server.files |= {
            FIRST: _page([_fire("1", created_at="2020-01-01T00:00:00Z")], server.url(f"{TAG}?p=2")),
            f"{TAG}?p=2": _page([_fire("2"), _fire("3", created_at="not a time")]),
        }
        _, case = held("#fire", on=(server.origin,), since=datetime(2026, 1, 1, tzinfo=UTC))
    assert case.texts == ["Post 2", "Post 3"]


def test_a_list_is_not_followed_to_another_host(held: Capture) -> None:
    """A next page on another host is not asked for, and the capture says so."""
    with SceneServer({TAG: _page([_fire("secret")])}) as other, SceneServer(instance()) as server:
        server.files[FIRST] = _page([_fire("1")], other.url(TAG))
        result, case = held("#fire", on=(server.origin,))
        assert not other.requests
    assert (result, case.texts) == ("partial", ["Post 1"])
    assert "on another host" in case.reasons


@pytest.mark.parametrize("posts", [[], [_fire("1")]], ids=["nothing", "the same"])
def test_a_list_without_end_ends(posts: list[Json], held: Capture) -> None:
    """Pages that name a next page for ever and bring nothing new are left after a few."""
    pages = iter(range(10_000))

    def _again(_: Seen) -> Body:
        return _page(posts, f"{TAG}?p={next(pages)}")

    with SceneServer({**instance(), TAG: _again}) as server:
        result, case = held("#fire", on=(server.origin,))
        assert sum(seen.path.startswith(TAG) for seen in server.requests) <= 4
    assert result == ("partial" if posts else "nothing")
    assert "brought nothing new" in case.reasons
    assert len(case.posts) == len(posts)


def test_a_list_in_a_circle_ends(held: Capture) -> None:
    """A next page that was asked for before is not asked for again."""
    with SceneServer(instance()) as server:
        server.files |= {FIRST: _page([_fire("1")], f"{TAG}?p=2"), f"{TAG}?p=2": _page([_fire("2")], FIRST)}
        _, case = held("#fire", on=(server.origin,))
        assert server.asked(FIRST) == 1
    assert case.texts == ["Post 1", "Post 2"]
    assert "round in a circle" in case.reasons


def test_a_full_page_without_a_next_one_is_said(held: Capture) -> None:
    """A server that gives as many posts as were asked for and names no further page may have more."""
    with SceneServer({**instance(), FIRST: _page([_fire(str(number)) for number in range(40)])}) as server:
        result, case = held("#fire", on=(server.origin,))
    assert (result, len(case.posts)) == ("complete", 40)
    assert "the list may go on" in case.reasons


@pytest.mark.parametrize("bad", [7, None, [], {}, {"content": "x"}, {"id": [], "uri": 5}])
def test_one_bad_post_costs_no_other(bad: object, held: Capture) -> None:
    """What is no post stands in the stored list and is said; the posts around it are captured."""
    with SceneServer({**instance(), FIRST: answer([_fire("1"), bad, _fire("2")])}) as server:
        result, case = held("#fire", on=(server.origin,))
    assert (result, case.texts) == ("partial", ["Post 1", "Post 2"])
    assert "1 of 3 posts in the list are stored, but could not be read" in case.reasons


def test_hostile_text_is_captured_as_served(held: Capture) -> None:
    """An unpaired surrogate, controls and markup in a post harm neither it nor its neighbours; its bytes stay."""
    posts = json.dumps([_fire("1", content="\ud800\x00\x1b[2J<p>fire<script>alert(1)</script>"), _fire("2")]).encode()
    with SceneServer({**instance(), FIRST: Body(data=posts, type="application/json")}) as server:
        result, case = held("#fire", on=(server.origin,))
    assert result == "complete"
    assert len(case.posts) == 2
    item = case.item_of("fire")
    assert b"\\ud800\\u0000\\u001b[2J" in case.bytes_of(item)
    assert not {"\x00", "\x1b", "\ud800"} & set(case.post("fire").text)


@pytest.mark.parametrize(
    ("body", "status", "texts"),
    [
        (b"[", "nothing", []),
        (b"{}", "nothing", []),
        (b'"x"', "nothing", []),
        (b"<!doctype html><p>log in", "partial", []),
        (b"[" + json.dumps(_fire("1")).encode() + b', {"id": "2", "content', "partial", ["Post 1"]),
    ],
)
def test_a_broken_list_is_kept_and_read_as_far_as_it_goes(
    body: bytes, status: str, texts: list[str], held: Capture
) -> None:
    """A list that is cut, or none, is an item all the same; what stands before the break is captured."""
    with SceneServer({**instance(), FIRST: Body(data=body, type="application/json")}) as server:
        result, case = held("#fire", on=(server.origin,))
    assert (result, case.texts) == (status, texts)
    [listing] = [item for item in case.items if item.url.endswith(FIRST)]
    assert case.bytes_of(listing) == body


@pytest.mark.parametrize(
    "wall", [LOGIN, refusal(403, "no"), refusal(422, "This method requires an authenticated user")]
)
def test_a_closed_timeline_says_what_to_do(wall: Body, held: Capture) -> None:
    """A server that shows hashtags only to those who log in is named, with the option that gives a token."""
    with SceneServer({**instance(), FIRST: wall}) as server:
        result, case = held("#fire", on=(server.origin,))
    assert result != "complete"
    assert "only to those who log in: give an access token with --token" in case.reasons


def test_a_place_that_is_no_server_is_said(held: Capture) -> None:
    """A host that was named for a hashtag and speaks no API is a failure in words."""
    with SceneServer({"/": b"<!doctype html><p>hello"}) as server:
        result, case = held("#fire", on=(server.origin,))
    assert result == "nothing"
    assert "does not speak Mastodon's API" in case.reasons


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("http://missing.example", "missing.example: no such host (the name does not resolve)"),
        ("http://127.0.0.1:1", "127.0.0.1: connection refused at port 1"),
        ("http://[::1]:1", "::1: connection refused at port 1"),
    ],
)
def test_a_place_that_cannot_be_reached_is_named_once(place: str, reason: str, held: Capture) -> None:
    """That a host is not there is said in one sentence, and not that it speaks another protocol."""
    with resolving({}):
        _, case = held("#fire", on=(place,), attempts=1)
    assert [each.reason for each in case.failed] == [reason]


def test_an_account_with_boosts_quotes_and_pinned_posts(held: Capture) -> None:
    """Of a boost the boosted post is captured, and who boosted it when is said; a pinned post is captured once."""
    shared = status("s1", author="carol@other.example", content="<p>Shared")
    posts = [
        status("b1", content="", reblog=shared, created_at="2026-03-02T09:00:00.000Z"),
        status("2", in_reply_to_id="s1"),
        status("3", quote={"state": "accepted", "quoted_status": status("q1", author="dave")}),
    ]
    files = {
        **instance(),
        "/api/v1/accounts/lookup?acct=alice": answer(account("alice")),
        "/api/v1/accounts/acc-alice/statuses?limit=40": answer(posts),
        "/api/v1/accounts/acc-alice/statuses?pinned=true&limit=40": answer([status("old"), posts[1]]),
    }
    with SceneServer(files) as server:
        result, case = held(server.url("/@alice"))
    assert result == "complete"
    assert case.texts == ["Shared", "Post 2", "Post 3", "Post q1", "Post old"]
    boost = case.item_of("Shared")
    assert boost.found_in == "boosted by @alice@home.example at 2026-03-02T09:00:00.000Z, timeline of @alice"
    assert json.loads(case.bytes_of(boost)) == shared
    assert case.post("Post 2").reply_to == case.post("Shared").id


def test_a_server_that_knows_no_pinned_posts_is_asked_once(held: Capture) -> None:
    """A server that answers the question for pinned posts with all of them brings no post twice and no failure."""
    statuses = "/api/v1/accounts/acc-alice/statuses"
    first = _page([status("1"), status("2")], f"{statuses}?p=2")
    files = {
        **instance(),
        "/api/v1/accounts/lookup": answer(account("alice")),
        f"{statuses}?limit=40": first,
        f"{statuses}?p=2": _page([status("3")]),
        f"{statuses}?pinned=true&limit=40": first,
    }
    with SceneServer(files) as server:
        result, case = held(server.url("/@alice"))
        assert server.asked(f"{statuses}?p=2") == 1
    assert (result, case.texts) == ("complete", ["Post 1", "Post 2", "Post 3"])


def test_an_account_that_cannot_be_looked_up_is_searched_for(held: Capture) -> None:
    """A server without a look-up of accounts is asked in other ways; an account of another name is not taken."""
    search = "/api/v2/search?q=%40alice&type=accounts&resolve=true"
    files = {
        **instance(),
        "/api/v1/accounts/lookup": GONE,
        "/api/v1/accounts/alice": answer(account("alicia")),
        search: answer({"accounts": [account("alice_two"), account("Alice")]}),
        "/api/v1/accounts/acc-Alice": answer(account("Alice")),
        "/api/v1/accounts/acc-Alice/statuses": answer([status("1")]),
    }
    with SceneServer(files) as server:
        _, case = held(server.url("/@alice"))
    assert case.texts == ["Post 1"]
    assert [case.facts[item.ref]["handle"] for item in case.of_kind("account") if item.ref in case.facts] == [
        "Alice@home.example"
    ]


def test_the_thread_of_each_listed_post_is_captured_once(held: Capture) -> None:
    """With `--thread`, posts of a list bring their threads; posts of one thread ask for it once."""
    one, two = _fire("1", replies_count=1), _fire("2", in_reply_to_id="1")
    three = status("3", in_reply_to_id="2")
    files = {
        **instance(),
        FIRST: answer([two, one]),
        "/api/v1/statuses/2/context": answer({"ancestors": [one], "descendants": [three]}),
    }
    with SceneServer(files) as server:
        result, case = held("#fire", on=(server.origin,), thread=True)
        assert sum(seen.path.endswith("/context") for seen in server.requests) == 1
    assert result == "complete"
    assert case.texts == ["Post 2", "Post 1", "Post 3"]


def test_earlier_wordings_of_listed_posts_are_captured(held: Capture) -> None:
    """An edited post in a list has its history fetched; the earlier wording is a fact of that item."""
    versions = [
        {"content": "<p>Before", "created_at": "2026-03-01T12:00:00.000Z"},
        {"content": "<p>Post 1", "created_at": "2026-03-01T13:00:00.000Z"},
    ]
    files = {
        **instance(),
        FIRST: answer([_fire("1", edited_at="2026-03-01T13:00:00.000Z")]),
        "/api/v1/statuses/1/history": answer(versions),
    }
    with SceneServer(files) as server:
        result, case = held("#fire", on=(server.origin,))
    assert result == "complete"
    [history] = case.of_kind("history")
    assert case.facts[history.ref] == {"wording of 2026-03-01T12:00:00.000Z": "Before"}


def test_a_post_that_is_not_public_is_named_and_not_taken(held: Capture) -> None:
    """A server that lists a post for followers without login: it and its photo are left, and that is said."""
    with SceneServer({**instance(), "/one.jpg": jpeg()}) as server:
        hidden = _fire("1", visibility="private", media_attachments=[photo(server.url("/one.jpg"))])
        server.files[FIRST] = answer([hidden, _fire("2", reblog=hidden), _fire("3")])
        result, case = held("#fire", on=(server.origin,))
        assert not server.asked("/one.jpg")
    assert (result, case.texts) == ("complete", ["Post 3"])
    [skipped] = case.skipped
    assert (skipped.count, "shown to us without login" in skipped.reason) == (2, True)


def test_a_server_that_asks_for_patience_gets_it(held: Capture) -> None:
    """A page that is refused for now, without Retry-After, is asked for again when the server counts anew."""
    reset = (datetime.now(UTC) + timedelta(seconds=1.5)).isoformat().replace("+00:00", "Z")
    slow_down = Body(status=429, headers=(("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", reset)))
    answers = iter([slow_down, _page([_fire("2")])])
    with SceneServer(instance()) as server:
        server.files |= {FIRST: _page([_fire("1")], f"{TAG}?p=2"), f"{TAG}?p=2": lambda _: next(answers)}
        result, case = held("#fire", on=(server.origin,))
    assert (result, case.texts) == ("complete", ["Post 1", "Post 2"])


def test_two_posts_of_one_name_are_both_kept(held: Capture) -> None:
    """A server that gives two posts the same lasting name hides neither; the same post twice is one."""
    one, two = _fire("1", content="<p>One"), _fire("1", content="<p>Two")
    with SceneServer({**instance(), FIRST: answer([one, two, one | {"replies_count": 5}])}) as server:
        _, case = held("#fire", on=(server.origin,))
    assert case.texts == ["One", "Two"]


def test_a_list_without_a_link_is_paged_by_ids(held: Capture) -> None:
    """A server that sends no Link field and caps its pages is asked for what is older, until nothing more comes."""

    def _four(seen: Seen) -> Body:
        query = dict(parse_qsl(urlsplit(seen.path).query))
        newest = int(query.get("max_id", 12)) - 1
        return answer([_fire(str(number)) for number in range(newest, max(newest - 4, 0), -1)])

    with SceneServer({**instance(), TAG: _four}) as server:
        result, case = held("#fire", on=(server.origin,))
    assert result == "complete"
    assert len(case.texts) == 11


def test_a_server_that_heeds_no_id_is_asked_once_more_alone(held: Capture) -> None:
    """A server that answers the same whatever it is asked for is left after the page that brought nothing new."""
    with SceneServer({**instance(), TAG: answer([_fire("7"), _fire("6")])}) as server:
        result, case = held("#fire", on=(server.origin,))
        asked = [seen.path for seen in server.requests if seen.path.startswith(TAG)]
    assert (result, case.texts) == ("complete", ["Post 7", "Post 6"])
    assert asked == [FIRST, f"{FIRST}&max_id=6"]


def test_an_empty_hashtag_is_told(held: Capture) -> None:
    """A hashtag that nobody used is no capture: no post was found under it, and where."""
    with SceneServer({**instance(), TAG: answer([])}) as server:
        result, case = held("#fire", on=(server.origin,))
    assert result == "nothing"
    [failed] = case.failed
    assert failed.reason.startswith("no post found under #fire at 127.0.0.1")


@pytest.mark.parametrize(
    ("attachments", "reasons", "photos"),
    [
        ([{"type": "unknown", "url": None, "preview_url": None, "remote_url": None}], ["no address for them"], 0),
        ([None], ["no address for them"], 0),
        ("none", ["no address for them"], 0),
        ([{"type": "image", "url": None, "preview_url": "/small.jpg"}], ["a preview of them alone"], 1),
        ([{"type": "image", "url": "/small.jpg"}], [], 1),
        (None, [], 0),
    ],
)
def test_media_without_an_address_of_their_own_are_told(
    held: Capture, attachments: object, reasons: list[str], photos: int
) -> None:
    """An attachment whose address is null is not got; its preview is taken, and is not taken for it."""
    page = _page([_fire("1", media_attachments=attachments)])
    with SceneServer({**instance(), FIRST: page, "/small.jpg": jpeg()}) as server:
        result, case = held("#fire", on=(server.origin,))
    assert result == ("partial" if reasons else "complete")
    begins = "1 of its 1 photos and videos: the server gives "
    assert [failed.reason for failed in case.failed] == [begins + reason for reason in reasons]
    assert len(case.of_kind("photo")) == photos

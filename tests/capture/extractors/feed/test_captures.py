from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from capture.run.earlier import Earlier
from exports.verification import verify
from hashing.case.capture_folder import capture_events
from hashing.case.events import PostRead
from hashing.case.facts import Fact
from tests.capture.conftest import jpeg
from tests.capture.extractors.feed.making import FRAME, item, rss
from tests.servers import Body, MisbehavingServer, SceneServer
from tests.servers.head import head
from tests.servers.raw import RawServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from capture.run.run import CaptureResult
    from exports.format.capture_view import CaptureView
    from exports.format.manifest import ListedItem
    from tests.servers.connection import Connection
    from tests.servers.scene import Answer
    from tests.servers.seen import Seen

    Captured = Callable[..., tuple[CaptureResult, CaptureView]]

PAGE = b'<!doctype html><title>Post</title><p>All of it.<img src="/page.jpg" alt="from the page">'
ITEM = """<item><guid>urn:1</guid><link>/posts/1</link><title>Fire</title>
<pubDate>Tue, 24 Nov 2026 10:15:00 +0100</pubDate>
<description>&lt;p&gt;Hot &lt;img src="/one.jpg" alt="flames"&gt;</description></item>"""


def _kind(view: CaptureView, kind: str) -> list[ListedItem]:
    return [entry for entry in view.items if entry.kind == kind]


def _posts(view: CaptureView) -> list[str]:
    return [entry.post.title for entry in view.items if entry.post]


@pytest.mark.parametrize("type_", ["application/rss+xml", "text/xml", "text/html", "text/plain", "image/jpeg"])
def test_a_feed_is_told_by_its_bytes(type_: str, captured: Captured) -> None:
    """Whatever its type says, it is an item of kind feed, its entry is a post of its own, and its photo is there."""
    body = rss(ITEM)
    with SceneServer({"/feed": Body(data=body, type=type_), "/one.jpg": jpeg()}) as server:
        result, view = captured(server.url("/feed"))
        url = server.url("")
    assert result.status == "complete"
    [feed], [post], [photo] = _kind(view, "feed"), _kind(view, "post"), _kind(view, "photo")
    assert (result.path / feed.path).read_bytes() == body
    assert (result.path / post.path).read_bytes() == ITEM.encode()
    assert post.excerpt is not None
    assert post.excerpt.of == feed.ref
    assert body[post.excerpt.offset :].startswith(ITEM.encode())
    assert post.found_in == f"feed {url.rstrip('/')}/feed"
    assert post.post is not None
    assert (post.post.id, post.post.text) == ("urn:1", "Hot")
    assert (photo.alt, photo.found_in) == ("flames", f"post {url.rstrip('/')}/posts/1")
    assert verify(result.path).verdict == "ok"


def test_a_coded_feed_is_read(captured: Captured) -> None:
    """Excerpts count the bytes of the feed without its coding, which stands beside it as a working copy."""
    with SceneServer({"/feed": Body(data=rss(item(1), item(2)), gzip=True)}) as server:
        result, view = captured(server.url("/feed"))
    assert _posts(view) == ["Post 1", "Post 2"]
    [feed] = _kind(view, "feed")
    [copy] = feed.working_copies
    assert (result.path / copy.path).read_bytes() == rss(item(1), item(2))
    assert verify(result.path).verdict == "ok"


def test_a_json_feed_is_a_scene(captured: Captured) -> None:
    """Its items are posts, byte for byte."""
    items = [{"id": "a", "title": "Fire", "image": "/one.jpg"}, {"id": "b", "title": "Ash"}]
    body = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}, indent=1).encode()
    with SceneServer({"/feed.json": body, "/one.jpg": jpeg()}) as server:
        result, view = captured(server.url("/feed.json"))
    assert _posts(view) == ["Fire", "Ash"]
    assert [json.loads((result.path / entry.path).read_bytes()) for entry in _kind(view, "post")] == items
    assert verify(result.path).verdict == "ok"


def test_the_limit_counts_entries(captured: Captured) -> None:
    """The newest are taken, as the feed has them, and the others are named as left out."""
    with SceneServer({"/feed": rss(*map(item, range(9)))}) as server:
        result, view = captured(server.url("/feed"), limit=4)
    assert _posts(view) == ["Post 0", "Post 1", "Post 2", "Post 3"]
    assert [(skipped.reason, skipped.count) for skipped in view.skipped] == [
        ("entries: over the limit (--limit 4)", 5),
    ]
    assert result.status == "complete"


def test_entries_of_another_time_are_left_out(captured: Captured) -> None:
    """The claimed time decides; an entry whose time is not known may be the one that is sought."""
    dates = [f"<pubDate>Tue, 24 Nov 2026 {hour}:00:00 +0100</pubDate>" for hour in ("14", "12", "10")]
    entries = [*(item(number, date) for number, date in enumerate(dates)), item(3), item(4, "<pubDate>now</pubDate>")]
    since, until = datetime(2026, 11, 24, 10, tzinfo=UTC), datetime(2026, 11, 24, 12, tzinfo=UTC)
    with SceneServer({"/feed": rss(*entries)}) as server:
        _, view = captured(server.url("/feed"), since=since, until=until)
    assert _posts(view) == ["Post 1", "Post 3", "Post 4"]
    assert {(skipped.reason, skipped.count) for skipped in view.skipped} == {
        ("entries: earlier than asked for (--since)", 1),
        ("entries: later than asked for (--until)", 1),
    }
    assert Fact("published as written", "now", "entry 5") in _kind(view, "post")[-1].facts


def test_what_entries_link_to_is_followed(captured: Captured) -> None:
    """Each page is taken once, with its media; one that fails is a failed item and ends nothing."""
    entries = [item(1), item(2), item(3).replace("/posts/3", "/posts/1#again"), item(4)]
    files = {"/feed": rss(*entries), "/posts/1": PAGE, "/posts/4": PAGE, "/page.jpg": jpeg()}
    with SceneServer(files) as server:
        result, view = captured(server.url("/feed"), follow=True)
        asked = [seen.path for seen in server.requests]
    assert sorted(asked) == ["/feed", "/page.jpg", "/posts/1", "/posts/2", "/posts/4"]
    assert result.status == "partial"
    [failure] = view.failed
    assert failure.reason == "the server answered 404 Not Found"
    pages = _kind(view, "page")
    assert [page.found_in.partition(" ")[0] for page in pages] == ["post", "post"]
    assert all("All of it." in (result.path / page.working_copies[0].path).read_text() for page in pages)
    assert [photo.alt for photo in _kind(view, "photo")] == ["from the page"]


def test_only_the_entries_within_the_limit_are_followed(captured: Captured) -> None:
    """The limit bounds what is followed, too."""
    with SceneServer({"/feed": rss(*map(item, range(9))), "/posts/0": PAGE.replace(b"img", b"hr")}) as server:
        _, view = captured(server.url("/feed"), follow=True, limit=1)
        assert len(server.requests) == 2
    assert len(_kind(view, "page")) == 1


def test_a_later_round_follows_what_is_new(captured: Captured) -> None:
    """A page that an earlier round has is not asked for again while its entry says the same; one that failed is."""
    files: dict[str, Answer] = {"/feed": rss(item(1), item(2)), "/posts/1": b"<!doctype html><p>one"}
    with SceneServer(files) as server:
        scene = server.url("/feed")
        first, _ = captured(scene, follow=True)
        earlier = Earlier(scene)
        earlier.add(list(capture_events(first.path)))
        server.files |= {"/feed": rss(item(3), item(1), item(2)), "/posts/2": b"<!doctype html><p>two"}
        before = len(server.requests)
        _, view = captured(scene, follow=True, known=earlier.known)
        asked = [seen.path for seen in server.requests][before:]
    assert sorted(asked) == ["/feed", "/posts/2", "/posts/3"]
    assert _posts(view) == ["Post 3"]


def test_an_entry_without_an_address_has_one_in_its_feed(captured: Captured) -> None:
    """So that it is not mistaken for the feed itself."""
    with SceneServer({"/feed": rss("<item><guid>urn:a b</guid></item>")}) as server:
        _, view = captured(server.url("/feed"))
        expected = server.url("/feed") + "#urn:a%20b"
    assert [post.url for post in _kind(view, "post")] == [expected]


def test_without_follow_no_page_is_asked_for(captured: Captured) -> None:
    """What an entry links to is not the feed."""
    with SceneServer({"/feed": rss(item(1))}) as server:
        captured(server.url("/feed"))
        assert [seen.path for seen in server.requests] == ["/feed"]


def test_a_page_that_names_feeds_is_a_page(captured: Captured) -> None:
    """A link to a feed makes no feed."""
    page = b'<!doctype html><title>x</title><link rel="alternate" type="application/rss+xml" href="/feed"><p>Hi'
    with SceneServer({"/": page, "/feed": rss(item(1))}) as server:
        result, view = captured(server.url("/"))
    assert [entry.kind for entry in view.items] == ["page"]
    assert result.status == "complete"


def test_a_wall_instead_of_a_feed_is_said(captured: Captured) -> None:
    """Where the server says feed and sends a page, that is a failure; the page is there to be read."""
    with SceneServer({"/feed": Body(data=PAGE.replace(b"img", b"hr"), type="application/rss+xml")}) as server:
        result, view = captured(server.url("/feed"))
    assert result.status == "partial"
    assert [failure.reason for failure in view.failed] == [
        "the server says that this is a feed, and what it sent is none (page)"
    ]
    assert len(_kind(view, "page")) == 1


def test_a_page_cannot_be_followed(captured: Captured) -> None:
    """With --follow it is said that what came has no entries; the page is captured as ever."""
    with SceneServer(
        {"/": b"<!doctype html><title>Fire</title><h1>Fire</h1><p>The mill burns since nine, police say."}
    ) as server:
        result, view = captured(server.url("/"), follow=True)
    assert [skipped.reason for skipped in view.skipped] == ["no feed (page): there are no entries to follow (--follow)"]
    assert result.status == "complete"


@pytest.mark.parametrize("path", ["/404", "/500"])
def test_a_feed_that_is_down_is_a_clear_answer(path: str, captured: Captured) -> None:
    """The reason names the server's answer, and nothing is captured."""
    with MisbehavingServer() as server:
        result, view = captured(server.url(path), attempts=1, follow=True)
    assert result.status == "nothing"
    assert view.failed[0].reason.startswith(f"the server answered {path[1:]}")


def test_a_server_that_refuses_is_a_clear_answer(captured: Captured) -> None:
    """Where no connection comes about, that is the reason."""
    with SceneServer({}) as server:
        gone = server.url("/feed")
    result, view = captured(gone, attempts=1)
    assert result.status == "nothing"
    assert "refused" in view.failed[0].reason


def test_a_feed_without_entries_is_whole(captured: Captured) -> None:
    """There is nothing in it, and nothing is missing."""
    with SceneServer({"/feed": rss()}) as server:
        result, view = captured(server.url("/feed"))
    assert result.status == "complete"
    [feed] = view.items
    assert Fact("entries", 0, "feed") in feed.facts


_WHOLE = rss(item(1), item(2))


@pytest.mark.parametrize(
    ("body", "posts", "reason"),
    [
        (_WHOLE[: _WHOLE.index(b"</title></item>\n") + 60], ["Post 1", ""], "the feed breaks off before its end"),
        (_WHOLE[:-3], ["Post 1", "Post 2"], "the feed breaks off before its end"),
        (b"not XML at all", [], "there is no feed in it (syntax error: line 1, column 0)"),
        (b"<?xml version='1.0'?><note/>", [], "there is no feed in it (its root element is none of a feed)"),
        (b"", [], "it is empty"),
        (b" \n", [], "it is empty"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": [{]}', [], "it is not JSON that could be read"),
    ],
)
def test_a_broken_feed_is_a_clear_answer(body: bytes, posts: list[str], reason: str, captured: Captured) -> None:
    """What could be read is there, the feed as served too, and what is missing is said with its reason."""
    with SceneServer({"/feed": Body(data=body, type="application/rss+xml")}) as server:
        result, view = captured(server.url("/feed"))
    assert result.status == "partial"
    [failure] = view.failed
    assert reason in failure.reason
    assert _posts(view) == posts
    [feed] = _kind(view, "feed")
    assert (result.path / feed.path).read_bytes() == body
    assert verify(result.path).verdict == "ok"


def test_a_feed_that_was_cut_on_the_way_is_read_as_far_as_it_came(captured: Captured) -> None:
    """The connection's end is the one failure; the entries that came are posts."""

    def _cut(connection: Connection, _: Seen) -> None:
        connection.send(head(200, [("Content-Type", "application/rss+xml"), ("Content-Length", str(len(_WHOLE)))]))
        connection.send(_WHOLE[:-31])
        connection.close()

    with RawServer(_cut) as server:
        result, view = captured(server.url("/feed"), attempts=1)
    assert result.status == "partial"
    assert [failure.reason.partition(" after")[0] for failure in view.failed] == ["the connection ended"]
    assert _posts(view) == ["Post 1", "Post 2"]
    assert verify(result.path).verdict == "ok"


@pytest.mark.parametrize(
    ("data", "coding", "reason"),
    [
        (gzip.compress(rss() + b" " * (33 << 20)), "gzip", "larger than 32 MiB when decoded: not read further"),
        (rss() + b" " * (33 << 20), "", "larger than 32 MiB when decoded: not read further"),
        (_WHOLE, "zstd", "coded as zstd, which goldenhour does not decode"),
    ],
)
def test_a_feed_that_is_not_read_is_kept(data: bytes, coding: str, reason: str, captured: Captured) -> None:
    """A bomb, a giant, and a coding that is not known: the feed is stored as it came, and it is said why no more."""
    headers = (("Content-Encoding", coding),) if coding else ()
    with SceneServer({"/feed": Body(data=data, type="application/rss+xml", headers=headers)}) as server:
        _, view = captured(server.url("/feed"))
    assert [failure.reason for failure in view.failed] == [
        f"the feed is stored but its entries could not be read: {reason}"
    ]
    [entry] = view.items
    assert entry.size == len(data)


def test_one_bad_entry_costs_no_other(captured: Captured) -> None:
    """Tags that do not match, stray ampersands, controls and a missing end tag: each is read as far as it goes."""
    bad = [
        item(1, "<description>a & b &nbsp; <b>c</description>"),
        item(2).removesuffix("</item>"),
        item(3, "\x08<dc:creator>x"),
        item(4),
    ]
    with SceneServer({"/feed": rss(*bad)}) as server:
        result, view = captured(server.url("/feed"))
    assert _posts(view) == ["Post 1", "Post 2", "Post 3", "Post 4"]
    assert result.status == "complete"
    [feed] = _kind(view, "feed")
    faults = [
        (fact.tag, str(fact.value))
        for post in _kind(view, "post")
        for fact in post.facts
        if fact.name == "could not be read"
    ]
    assert [tag for tag, _ in faults] == ["entry 1", "entry 2", "entry 3"]
    assert faults[1][1] == "its end tag is missing"
    assert any(fact.name == "not well-formed" for fact in feed.facts)


def test_an_item_of_a_json_feed_that_is_none_is_named(captured: Captured) -> None:
    """The others are posts, and which could not be read is said; half a character costs no more than itself."""
    body = b'{"version": "https://jsonfeed.org/version/1", "items": [3, {"id": "a"},'
    body += b' {"id": "\\ud800\\\\"}, "x", {"id": 1e999, "title": "x"}]}'
    with SceneServer({"/feed": body}) as server:
        result, view = captured(server.url("/feed"))
    assert [entry.post.id for entry in view.items if entry.post][:2] == ["a", "\ufffd\\"]
    assert [entry.post.title for entry in view.items if entry.post][2:] == ["x"]
    assert [failure.reason.partition(" could")[0] for failure in view.failed] == [
        "entry 1 is in the feed that is stored but",
        "entry 4 is in the feed that is stored but",
    ]
    assert result.status == "partial"


def test_posts_stand_in_the_ledger_before_what_they_lead_to(captured: Captured) -> None:
    """Texts first: no photo and no page is asked for before every entry is found."""
    files = {"/feed": FRAME.encode() + b"".join([ITEM.encode(), b"</channel></rss>"]), "/one.jpg": jpeg()}
    with SceneServer(files) as server:
        result, _ = captured(server.url("/feed"))
    kinds = [event.kind if hasattr(event, "kind") else "" for event in capture_events(result.path)]
    assert [kind for kind in kinds if kind] == ["feed", "post", "photo"]
    assert any(isinstance(event, PostRead) for event in capture_events(result.path))


def _paged(software: str, pages: int, *, each: int = 2) -> dict[str, Answer]:
    """Return a feed that shows so many entries, and more behind `paged=N`, as WordPress does."""
    generator = f"<generator>{software}</generator>"
    shown = {
        number: rss(generator, *(item(entry) for entry in range(each * number, each * (number - 1), -1)))
        for number in range(1, pages + 1)
    }
    behind = {f"/feed?paged={pages - number + 1}": body for number, body in shown.items()}
    return {"/feed": shown[pages], **behind, f"/feed?paged={pages + 1}": Body(status=404)}


def test_a_feed_of_known_software_is_paged_on(captured: Captured) -> None:
    """WordPress shows a window and offers what is behind it: all is taken, and the 404 at the end is no loss."""
    with SceneServer(_paged("https://wordpress.org/?v=6.4.2", 4)) as server:
        result, view = captured(server.url("/feed"))
        assert [seen.path for seen in server.requests] == [
            "/feed",
            *(f"/feed?paged={number}" for number in (2, 3, 4, 5)),
        ]
    assert result.status == "complete"
    assert _posts(view) == [f"Post {number}" for number in range(8, 0, -1)]
    assert len(_kind(view, "feed")) == 4
    assert verify(result.path).verdict == "ok"


def test_a_feed_that_says_where_it_goes_on_is_followed(captured: Captured) -> None:
    """`rel=next` and `rel=prev-archive` (RFC 5005) lead on, and an entry that moved on meanwhile is taken once."""

    def _link(rel: str, href: str) -> str:
        return f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="{rel}" href="{href}"/>'

    files = {
        "/feed": rss(_link("next", "?page=2"), item(5), item(4)),
        "/feed?page=2": rss(_link("prev-archive", "/2025"), item(4), item(3)),
        "/2025": rss(_link("next", "/feed"), item(2), item(1)),
    }
    with SceneServer(files) as server:
        result, view = captured(server.url("/feed"))
    assert _posts(view) == [f"Post {number}" for number in range(5, 0, -1)]
    assert result.status == "complete"


def test_paging_ends_with_the_limit_and_with_the_time_asked_for(captured: Captured) -> None:
    """Of a feed's pages no more are asked for than the limit, or the time asked for, has use for."""
    with SceneServer(_paged("https://wordpress.org/?v=6.4.2", 4)) as server:
        _, view = captured(server.url("/feed"), limit=3)
        assert _posts(view) == ["Post 8", "Post 7", "Post 6"]
        assert len(server.requests) == 2
    dated = [item(n, f"<pubDate>Tue, {n:02d} Nov 2026 10:15:00 GMT</pubDate>") for n in range(8, 0, -1)]
    generator = "<generator>https://wordpress.org/</generator>"
    files = {f"/feed?paged={n}": rss(generator, *dated[2 * n - 2 : 2 * n]) for n in (2, 3, 4)}
    with SceneServer({"/feed": rss(generator, *dated[:2]), **files}) as server:
        _, view = captured(server.url("/feed"), since=datetime(2026, 11, 6, tzinfo=UTC))
        assert _posts(view) == ["Post 8", "Post 7", "Post 6"]
        assert len(server.requests) == 2


def test_a_page_of_a_feed_that_is_not_there_is_said(captured: Captured) -> None:
    """Where a feed says that it goes on and the page is not to be had, that is not got; a circle ends."""
    more = '<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="next" href="?page=2"/>'
    with SceneServer({"/feed": rss(more, item(1)), "/feed?page=2": Body(status=404)}) as server:
        result, view = captured(server.url("/feed"))
        assert [failure.url for failure in view.failed] == [server.url("/feed?page=2")]
    assert result.status == "partial"
    with SceneServer({"/feed": rss(more, item(1)), "/feed?page=2": rss(more, item(2))}) as server:
        assert _posts(captured(server.url("/feed"))[1]) == ["Post 1", "Post 2"]
        assert len(server.requests) == 2


def test_a_watch_looks_at_what_is_new(captured: Captured) -> None:
    """A watch does not page on, and says how much of the feed was read and where it goes on."""
    more = '<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="next" href="?page=2"/>'
    with SceneServer({"/feed": rss(more, item(1)), "/feed?page=2": rss(item(2))}) as server:
        _, view = captured(server.url("/feed"), whole_feed=False)
        assert [(skipped.url, skipped.reason) for skipped in view.skipped] == [
            (server.url("/feed?page=2"), "the feed goes on there, 1 entry of it was read; not asked for")
        ]

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from capture.extractors import search_targets
from capture.extractors.telegram.stored_preview import preview_in
from capture.request.scene import parse_scene
from exports.verification import verify
from hashing.case.capture_folder import capture_events
from hashing.case.events import PostChanged
from hashing.case.facts import Fact
from tests.capture.conftest import OPTIONS
from tests.servers.telegram import CHANNEL, TelegramSite, photo, tag, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from capture.run.run import CaptureResult
    from capture.run.watch import WatchRound
    from exports.format.capture_view import CaptureView
    from exports.format.manifest import ListedItem
    from hashing.case.post import Post

    Captured = Callable[..., tuple[CaptureResult, CaptureView]]


def _posts(view: CaptureView) -> list[ListedItem]:
    return [entry for entry in view.items if entry.post is not None and entry.kind == "post"]


def _numbers(view: CaptureView) -> list[int]:
    return [int(post.id.rpartition("/")[2]) for entry in _posts(view) if (post := entry.post)]


def _post(view: CaptureView) -> tuple[Post, dict[str, object]]:
    [entry] = _posts(view)
    assert entry.post is not None
    return entry.post, {fact.name: fact.value for fact in entry.facts}


@pytest.mark.parametrize(
    ("scene", "takes"),
    [
        ("https://t.me/s/durov", True),
        ("t.me/durov/12", True),
        ("https://telegram.me/durov", True),
        ("https://t.me/joinchat/AAAA", False),
        ("https://t.me/+AbCdEf", False),
        ("https://t.me/c/1234567/5", False),
        ("https://t.me.example/s/durov", False),
        ("https://t.me/addstickers", False),
    ],
)
def test_what_is_a_channel(scene: str, takes: bool) -> None:
    """Channels and posts of any of the three hosts; no invitations, private posts, words of Telegram's own."""
    [target] = search_targets(parse_scene(scene), OPTIONS)
    assert ("telegram" in [source.name for source in target.extractors]) is takes


def test_a_channel_is_paged_to_its_beginning(captured: Captured) -> None:
    """Each post is an item, byte for byte as it stands in its page, newest page first; the case verifies."""
    with TelegramSite() as site:
        result, view = captured(site.url(f"/{CHANNEL}"))
        served = dict(site.posts)
        assert site.asked == [f"/s/{CHANNEL}", f"/s/{CHANNEL}?before=26", f"/s/{CHANNEL}?before=6"]
    assert result.status == "complete"
    assert _numbers(view) == list(range(45, 0, -1))
    for entry, number in zip(_posts(view), range(45, 0, -1), strict=True):
        assert (result.path / entry.path).read_bytes() == served[number].encode()
        assert entry.excerpt is not None
    first = next(entry for entry in view.items if entry.kind == "page")
    assert Fact("counter", "1.02K subscribers", "preview") in first.facts
    assert verify(result.path).verdict == "ok"


def test_what_a_post_says(captured: Captured) -> None:
    """Time, text, tags, links, views as written, edited mark, forward, answer, and the channel's lasting number."""
    with TelegramSite(0) as site:
        answered = (
            f'<a class="tgme_widget_message_reply" href="https://t.me/{CHANNEL}/7"><div class="tgme_widget_message_text'
            ' js-message_reply_text">not this</div></a>'
        )
        forwarded = (
            '<div class="tgme_widget_message_forwarded_from accent_color">Forwarded from&nbsp;<a class="tgme_widget'
            '_message_forwarded_from_name" href="https://t.me/halden_news/55"><span>Halden News</span></a></div>'
        )
        words = text(
            f'Smoke<br/>over <b>the market</b> {tag("FireWatch")} <a href="https://t.me/amira_n">@amira_n</a> '
            '<a href="https://example.org/a?q=%23no">#no</a>'
        )
        site.add(9, forwarded + answered + words, meta="edited ", views="842")
        result, view = captured(site.url(f"/{CHANNEL}/9"))
    assert result.status == "complete"
    post, facts = _post(view)
    assert (post.id, post.published) == (f"https://t.me/{CHANNEL}/9", "2026-11-24T00:09:00+00:00")
    assert (post.author.handle, post.author.name, post.author.id) == (CHANNEL, "Market Watch", "-1001234567890")
    assert post.text == "Smoke\nover the market #FireWatch @amira_n #no"
    assert (post.tags, post.mentions, post.links) == (("FireWatch",), ("@amira_n",), ("https://example.org/a?q=%23no",))
    assert (post.reply_to, post.quotes) == (f"https://t.me/{CHANNEL}/7", "https://t.me/halden_news/55")
    assert (post.counts, facts["views as written"]) == ({"views": 842}, "842")
    assert facts["forwarded from"] == "Halden News"
    assert "edited" in facts


def test_media_as_far_as_they_are_served(captured: Captured) -> None:
    """The photos of an album are items; a video that is too big and a file without address are told as missing."""
    with TelegramSite(0) as site:
        big = (
            '<a class="tgme_widget_message_video_player not_supported js-message_video_player"><i class="tgme_widget_'
            f'message_video_thumb" style="background-image:url(\'{site.photo(1)}\')"></i><time class='
            '"message_video_duration js-message_video_duration">12:05</time></a>'
        )
        file = (
            '<a class="tgme_widget_message_document_wrap">'
            '<div class="tgme_widget_message_document_title">plan.pdf</div>'
            '<div class="tgme_widget_message_document_extra">2.1 MB</div></a>'
        )
        site.add(1, photo(site.photo(0), 1) + photo(site.photo(1), 1) + text("Two"))
        site.add(2, big + file + text("Clip"), views="4.2K")
        result, view = captured(site.url(f"/s/{CHANNEL}"))
        photos = site.photos
    assert result.status == "partial"
    assert sorted((result.path / each.path).read_bytes() for each in view.items if each.kind == "photo") == (
        sorted(photos)
    )
    [failed] = view.failed
    assert failed.reason.startswith("a video (12:05): the preview on the web does not give it")
    [skipped] = [each for each in view.skipped if "plan.pdf" in each.reason]
    assert skipped.reason == "the file plan.pdf (2.1 MB): not asked for (--media photos,videos)"


def test_a_hashtag_in_a_channel(captured: Captured) -> None:
    """`--on t.me/NAME` searches the channel, looks at each hashtag again, and says that a search may know less."""
    with TelegramSite() as site:
        place = site.url(f"/{CHANNEL}").removeprefix("http://")
        result, view = captured("#firewatch", on=(f"http://{place}",))
    assert result.status == "complete"
    assert _numbers(view) == [45, 30, 15]
    assert any("search shows the newest posts alone" in each.reason for each in view.skipped)


def test_a_limit_takes_the_newest(captured: Captured) -> None:
    """`--limit 3` takes the three newest, and says that the list goes on."""
    with TelegramSite() as site:
        result, view = captured(site.url(f"/s/{CHANNEL}"), limit=3)
    assert result.status == "complete"
    assert _numbers(view) == [45, 44, 43]
    assert any(each.reason == "further posts: over the limit (--limit 3)" for each in view.skipped)


def test_a_rate_limit_is_not_the_end(captured: Captured) -> None:
    """Where the server refuses a further page, what came is kept and the capture is partial, with the number."""
    with TelegramSite() as site:
        site.refuse_after = 1
        result, view = captured(site.url(f"/s/{CHANNEL}"), attempts=1)
    assert result.status == "partial"
    assert _numbers(view) == list(range(45, 25, -1))
    [failed] = view.failed
    assert failed.reason == f"posts of @{CHANNEL} before number 26: the server answered 429 Too Many Requests"


def test_a_page_that_leads_nowhere_is_not_the_end(captured: Captured) -> None:
    """Where no page leads to the next and the first post has not come, what is before the oldest is asked for."""
    with TelegramSite() as site:
        site.linked = False
        result, view = captured(site.url(f"/s/{CHANNEL}"))
    assert (result.status, _numbers(view)) == ("complete", list(range(45, 0, -1)))


def test_a_page_in_which_no_post_is_seen(captured: Captured) -> None:
    """A list without posts that does not say that there are none is told as one that may have changed."""
    with TelegramSite() as site:
        for number in range(1, 26):
            site.posts[number] = site.posts[number].replace("data-post", "data-name")
        result, view = captured(site.url(f"/s/{CHANNEL}"))
    assert (result.status, _numbers(view)) == ("partial", list(range(45, 25, -1)))
    assert "a page shows none, and does not say so" in view.failed[0].reason


def test_no_such_channel(captured: Captured) -> None:
    """A group, a person or nobody: the page is kept, and it is told that there is no preview."""
    with TelegramSite() as site:
        result, view = captured(site.url("/s/nobody"))
    assert result.status == "partial"
    assert any("@nobody shows no posts to the public" in each.reason for each in view.failed)


def test_a_deleted_post(captured: Captured) -> None:
    """A post that is not there is told in Telegram's own words."""
    with TelegramSite() as site:
        site.delete(7)
        result, view = captured(site.url(f"/{CHANNEL}/7"))
    assert result.status == "partial"
    assert [each.reason for each in view.failed] == ["Telegram shows no such post (Post not found)"]


def test_a_watch_sees_what_is_deleted_and_what_is_only_not_listed(rounds: Callable[..., Iterator[WatchRound]]) -> None:
    """A post that is gone is asked for by itself; one that is merely not listed is not called gone."""
    with TelegramSite(5) as site:
        watching = rounds(site.url(f"/s/{CHANNEL}"))
        next(watching)
        site.delete(3)
        site.unlisted.add(4)
        site.add(6, text("new"))
        second = next(watching)
    changes = [event for event in capture_events(second.path) if isinstance(event, PostChanged)]
    assert [(event.id, event.change, event.reason) for event in changes] == [
        (f"https://t.me/{CHANNEL}/3", "gone", "Post not found")
    ]
    assert second.posts == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<div data-post=",
        b'<div data-post="a/1">' * 3000,
        b'<div data-post="a/1"><div data-post="b/\xff">',
        b'<div class="tgme_widget_message" data-post="' + b"x" * 100_000 + b'/1"></div>',
        b'<a class="tme_messages_more" data-before="9999999999999999999999"></a>',
        b'<div data-post="c/1" data-view="' + b"W" * 99_999 + b'"><time datetime="99999-99"></time></div>',
        b"<div>" * 50_000 + b'<div data-post="d/2"></div>',
    ],
)
def test_hostile_pages(body: bytes, tmp_path: Path) -> None:
    """Whatever comes in a page's place is read to an end, and every excerpt stands where it is said to."""
    file = tmp_path / "page"
    file.write_bytes(body)
    with file.open("rb") as opened:
        page = preview_in(opened, "", "https://t.me/s/abcd")
    assert all(body[post.offset :].startswith(post.data) for post in page.posts)
    assert len(page.before) <= 15

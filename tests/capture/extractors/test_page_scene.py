from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

import pytest

from exports.format.capture_summary import capture_summary
from hashing.case import verdict
from hashing.case.kinds import ItemKind
from tests.capture.conftest import jpeg
from tests.servers import Body, SceneServer, redirect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from capture.run.run import CaptureResult
    from exports.format.capture_view import CaptureView
    from hashing.case.events import PageJudged
    from tests.servers.scene import Answer

    Captured = Callable[..., tuple[CaptureResult, CaptureView]]

LOGIN = b"<title>Log in</title><form action=/login><input name=u><input type=password><button>Log in</button></form>"
STORY = b"<title>Fire</title><h1>Fire on Market Street</h1><p>The mill burns since nine.</p><img src=/one.jpg>"


def _verdicts(view: CaptureView) -> list[tuple[str, str]]:
    return [(each.url.partition("//")[2].partition("/")[2], each.verdict) for each in view.verdicts]


def _judged(view: CaptureView) -> PageJudged:
    [judged] = view.verdicts
    return judged


def test_a_page_is_content_and_complete(captured: Captured) -> None:
    """A page that is what was asked for gets the verdict content, and the capture is complete."""
    with SceneServer({"/story": STORY, "/one.jpg": jpeg()}) as server:
        result, view = captured(server.url("/story"))
    judged = _judged(view)
    assert (judged.verdict, judged.title, judged.final_url, judged.ref) == (
        verdict.CONTENT, "Fire", "", "MP/1-0001"
    )  # fmt: skip
    assert result.status == "complete"


def test_a_redirect_to_a_log_in_is_partial_with_title_and_address(captured: Captured) -> None:
    """A log-in form at status 200 in a page's place is kept, and told with its title and final address."""
    files: dict[str, Answer] = {"/post/1": redirect("/login?next=/post/1"), "/login": LOGIN}
    with SceneServer(files) as server:
        result, view = captured(server.url("/post/1"))
    judged = _judged(view)
    assert result.status == "partial"
    assert (judged.verdict, judged.title) == (verdict.LOGIN, "Log in")
    assert judged.final_url == server.url("/login?next=/post/1")
    [failed] = view.failed
    assert failed.reason.startswith("login wall: a log-in or a subscription was asked for in the page's place")
    assert [entry.kind for entry in view.items] == ["page"]


@pytest.mark.parametrize(
    ("status", "word"), [(403, verdict.CHALLENGE), (404, verdict.GONE), (429, verdict.LIMITED), (401, verdict.LOGIN)]
)
def test_a_refusal_is_told_once_and_nothing_was_captured(captured: Captured, status: int, word: str) -> None:
    """A refusal by its status gets a verdict as well; one line says that nothing was got."""
    page = b"<title>Sorry</title><p>No.</p>"
    with SceneServer({"/x": Body(data=page, type="text/html", status=status)}) as server:
        result, view = captured(server.url("/x"), attempts=1)
    assert result.status == "nothing"
    assert (_judged(view).verdict, _judged(view).title) == (word, "Sorry")
    assert len(view.failed) == 1


def test_a_soft_404_is_gone(captured: Captured) -> None:
    """A page that says at status 200 that there is nothing is no content."""
    page = b"<title>Page not found</title><h1>Page not found</h1>"
    with SceneServer({"/x": page}) as server:
        result, view = captured(server.url("/x"))
    assert (result.status, _judged(view).verdict) == ("partial", verdict.GONE)


@pytest.mark.parametrize(
    "stub",
    [
        Body(data=b'<head><meta http-equiv="refresh" content="0; url=/story"></head>moving', type="text/html"),
        Body(data=b"<p>moving</p>", type="text/html", headers=(("Refresh", "0; url=/story"),)),
        Body(data=b'<head><noscript><META http-equiv="refresh" content="0;URL=/story"></noscript></head>'
                  b'<script>location.replace("/story")</script>', type="text/html"),
        Body(data=b'<script>window.location.href = "\\/story";</script>', type="text/html"),
    ],
    ids=["meta", "header", "shortener", "script"],
)  # fmt: skip
def test_a_stub_is_told_and_followed(captured: Captured, stub: Body) -> None:
    """A page that only leads on is kept, told as a stub, and what it leads to is captured with its media."""
    with SceneServer({"/x": stub, "/story": STORY, "/one.jpg": jpeg()}) as server:
        result, view = captured(server.url("/x"))
    assert result.status == "complete"
    assert _verdicts(view) == [("x", verdict.STUB), ("x", verdict.CONTENT)]
    assert view.verdicts[0].leads_to == view.verdicts[1].final_url == server.url("/story")
    assert [entry.kind for entry in view.items] == ["page", "page", "photo"]


def test_a_stub_that_leads_to_a_wall_is_a_wall(captured: Captured) -> None:
    """What counts is the page at the end."""
    files: dict[str, Answer] = {"/x": b'<meta http-equiv=refresh content="0; url=/login">', "/login": LOGIN}
    with SceneServer(files) as server:
        result, view = captured(server.url("/x"))
    assert result.status == "partial"
    assert [word for _, word in _verdicts(view)] == [verdict.STUB, verdict.LOGIN]


def test_a_stub_that_leads_where_we_do_not_connect_is_refused(captured: Captured) -> None:
    """A stub is followed within the guard: an address on the private network is not asked, and that is said."""
    stub = b'<meta http-equiv=refresh content="0; url=http://[::1]:9/secret">'
    with SceneServer({"/x": stub}) as server:
        result, view = captured(server.url("/x").replace("127.0.0.1", "localhost"), allow_private=True)
    assert result.status == "partial"
    assert [failed.url for failed in view.failed] == ["http://[::1]:9/secret"]


def test_stubs_without_end_are_left(captured: Captured) -> None:
    """Stubs that lead round in a circle, or on and on, end with a reason."""
    on = {f"/{n}": f'<meta http-equiv=refresh content="0; url=/{n + 1}">'.encode() for n in range(20)}
    round_about = {
        "/a": b'<meta http-equiv=refresh content="0; url=/b">',
        "/b": b'<meta http-equiv=refresh content="0; url=/a">',
    }
    with SceneServer({**on, **round_about}) as server:
        far, view = captured(server.url("/0"))
        circle, circled = captured(server.url("/a"))
    assert (far.status, circle.status) == ("partial", "partial")
    assert "more than 5 pages in a row" in view.failed[0].reason
    assert "round in a circle" in circled.failed[0].reason


@pytest.mark.parametrize(
    "page",
    [
        b'<meta http-equiv=refresh content="300"><title>Live</title><p>Water level 3 m.</p>',
        b'<meta http-equiv=refresh content="600; url=/other"><title>Live</title><p>Water level 3 m.</p>',
        b'<noscript><meta http-equiv=refresh content="0; url=/?nojs=1"></noscript><title>Live</title><h1>Water</h1><p>'
        + b"The river stands at three metres at the bridge. " * 5,
    ],
)
def test_a_page_that_reloads_itself_is_content(captured: Captured, page: bytes) -> None:
    """A page to be read that loads itself anew, or another one for browsers without scripts, is no stub."""
    with SceneServer({"/": page}) as server:
        result, view = captured(server.url("/"))
    assert (result.status, _verdicts(view)) == ("complete", [("", verdict.CONTENT)])


def _part(number: int, onward: str) -> bytes:
    said = f"Part {number} of what we know. " * 20
    text = f"<title>The fire</title><h1>The fire</h1><p>{said}</p><img src=/{number}.jpg>"
    return f"<link rel=next href='{onward}'>{text}".encode() if onward else text.encode()


def test_one_part_of_several_is_told_and_pages_follows(captured: Captured) -> None:
    """A text on three pages is told as one part of several; with --pages they are taken, and it is complete."""
    files: dict[str, Answer] = {
        "/story": _part(1, "/story/2"), "/story/2": _part(2, "/story/3"), "/story/3": _part(3, ""),
        **{f"/{n}.jpg": jpeg(n) for n in (1, 2, 3)},
    }  # fmt: skip
    with SceneServer(files) as server:
        alone, first = captured(server.url("/story"))
        some, two = captured(server.url("/story"), pages=2)
        whole, three = captured(server.url("/story"), pages=5)
    assert (alone.status, some.status, whole.status) == ("partial", "partial", "complete")
    assert (_judged(first).verdict, _judged(first).leads_to) == (verdict.PART, server.url("/story/2"))
    assert "--pages" in first.failed[0].reason
    assert two.verdicts[-1].leads_to == server.url("/story/3")
    assert [entry.kind for entry in three.items].count(ItemKind.PHOTO) == 3
    assert _judged_words(three) == [verdict.CONTENT] * 3


def _judged_words(view: CaptureView) -> list[str]:
    return [each.verdict for each in view.verdicts]


@pytest.mark.parametrize(
    ("path", "onward"),
    [("/", "/page/2/"), ("/2026/11/fire", "/2026/11/flood"), ("/post/7", "/post/8"), ("/t/5-fire", "/t/6-flood")],
)
def test_a_link_to_another_post_is_a_note(captured: Captured, path: str, onward: str) -> None:
    """Where rel=next leads to older or other posts, that is a note, and the capture is complete."""
    with SceneServer({path: _part(1, onward), "/1.jpg": jpeg()}) as server:
        result, view = captured(server.url(path))
    assert (result.status, _judged(view).verdict) == ("complete", verdict.CONTENT)
    assert onward in _judged(view).reasons[0]


def test_of_a_page_with_little_text_it_is_said_how_little(captured: Captured) -> None:
    """Content with little to read is complete, with a word to look at it; a longer text needs none."""
    report = "Smoke came from the east window of the market hall at ten past ten, and two people ran to the tram. "
    page = "<article><h1>Smoke over the market hall</h1><p>{}</p></article>"
    with SceneServer({"/short": page.format(report).encode(), "/long": page.format(report * 6).encode()}) as server:
        short, long = (captured(server.url(path)) for path in ("/short", "/long"))
    assert (short[0].status, long[0].status) == ("complete", "complete")
    assert (_judged(short[1]).verdict, _judged(long[1]).verdict) == (verdict.CONTENT, verdict.CONTENT)
    [said] = _judged(short[1]).reasons
    assert said.startswith("only 101 characters of text of its own")
    assert not _judged(long[1]).reasons


@pytest.mark.parametrize("onward", ["?page=2", "/threads/fire.12/page-2", "/threads/fire.12?start=20"])
def test_a_thread_that_goes_on_is_a_part(captured: Captured, onward: str) -> None:
    """A thread goes on by the number of a page in its query or at the end of its path."""
    with SceneServer({"/threads/fire.12": Body(data=_part(1, onward), type="text/html"), "/1.jpg": jpeg()}) as server:
        result, view = captured(server.url("/threads/fire.12"))
    assert (result.status, _judged(view).verdict) == ("partial", verdict.PART)


def _coded(data: bytes, coding: str) -> Body:
    return Body(data=data, type="text/html", headers=(("Content-Encoding", coding),))


def test_two_members_of_gzip_and_raw_deflate_are_read(captured: Captured) -> None:
    """A body of several gzip members is one body, and deflate without the zlib format is read: media are sought."""
    half = len(STORY) // 2
    raw = zlib.compressobj(wbits=-15)
    files: dict[str, Answer] = {
        "/gz": _coded(gzip.compress(STORY[:half]) + gzip.compress(STORY[half:]), "gzip"),
        "/raw": _coded(raw.compress(STORY) + raw.flush(), "deflate"),
        "/one.jpg": jpeg(),
    }
    with SceneServer(files) as server:
        for path in ("/gz", "/raw"):
            result, view = captured(server.url(path))
            assert (result.status, _judged(view).verdict) == ("complete", verdict.CONTENT)
            assert [entry.kind for entry in view.items] == ["page", "photo"]


@pytest.mark.parametrize(
    ("coding", "data"),
    [
        ("gzip", gzip.compress(gzip.compress(STORY))),
        ("", gzip.compress(STORY)),
        ("deflate", gzip.compress(STORY)),
        ("gzip", zlib.compress(STORY)),
        ('"gzip"', gzip.compress(STORY)),
        ("aws-chunked, gzip", gzip.compress(STORY)),
        ("utf-8", STORY),
    ],
)
def test_a_page_whose_coding_is_misnamed_is_read(captured: Captured, coding: str, data: bytes) -> None:
    """Packed once more than its head says, as the other of two codings, or a charset for a coding: it is read."""
    with SceneServer({"/": _coded(data, coding), "/one.jpg": jpeg()}) as server:
        result, view = captured(server.url("/"))
    assert (result.status, _judged(view).verdict) == ("complete", verdict.CONTENT)
    assert [entry.kind for entry in view.items] == ["page", "photo"]


def test_what_cannot_be_decoded_is_not_readable(captured: Captured) -> None:
    """An unknown or broken coding, and one that ends inside, is kept and told as not readable."""
    files: dict[str, Answer] = {
        "/br": _coded(b"\x8b\x02\x80hello\x03", "br"),
        "/broken": _coded(b"no gzip at all", "gzip"),
        "/cut": _coded(gzip.compress(STORY * 50)[:-12], "gzip"),
        "/sum": _coded(gzip.compress(STORY)[:-8] + bytes(8), "gzip"),
        "/inner": _coded(gzip.compress(b"\x8b\x02\x80hello\x03"), "br, gzip"),
        "/other": _coded(gzip.compress(STORY), "br"),
        "/empty": Body(data=b"", type="text/html"),
        "/one.jpg": jpeg(),
    }
    with SceneServer(files) as server:
        for path in ("/br", "/broken", "/cut", "/sum", "/inner", "/other"):
            result, view = captured(server.url(path))
            assert (path, result.status, _judged(view).verdict) == (path, "partial", verdict.UNREADABLE)
            assert view.items[0].kind in {"page", "file"}


def test_what_is_no_photo_is_not_taken_for_one(captured: Captured) -> None:
    """JSON, plain text and nothing at all in a photo's place are not got; what came is kept and marked."""
    files: dict[str, Answer] = {
        "/": b'<h1>Fire</h1><img src="/limited.jpg"><img src="/denied.jpg"><img src="/empty.jpg"><img src="/good.jpg">',
        "/limited.jpg": Body(data=b'{"error":"rate limited"}', type="application/json"),
        "/denied.jpg": Body(data=b"Access denied", type="text/plain"),
        "/empty.jpg": Body(data=b"", type="image/jpeg"),
        "/good.jpg": jpeg(),
    }
    with SceneServer(files) as server:
        result, view = captured(server.url("/"))
    assert result.status == "partial"
    reasons = {failed.url.rpartition("/")[2]: failed.reason for failed in view.failed}
    assert reasons == {
        "limited.jpg": "the server sent JSON instead of a photo",
        "denied.jpg": "the server sent plain text instead of a photo",
        "empty.jpg": "the server sent an empty answer (0 bytes) instead of a photo",
    }
    marked = {entry.url.rpartition("/")[2]: entry.error_page for entry in view.items if entry.error_page}
    assert marked == reasons
    assert [entry.url for entry in view.items if entry.kind == "photo"] == [server.url("/good.jpg")]
    assert capture_summary(view.path).items == 2


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Body(data=bytes(999), type="image/jpeg"), "the server sent bytes that are no image/jpeg instead of a photo"),
        (Body(data=b"%PDF-1.4 x", type="image/jpeg"), "the server sent application/pdf instead of a photo"),
        (Body(data=b"\0asm\1", type="application/wasm"), "the server sent application/wasm instead of a photo"),
        (jpeg()[:200], "it came and is kept, and is no whole photo: "),
        (jpeg()[:-2], "it came and is kept, and is no whole photo: it ends without its end marker"),
        (
            Body(data=jpeg(), type="image/jpeg", headers=(("Content-Encoding", "br"),)),
            "it came and is kept, and cannot be read (coded as br",
        ),
        (
            Body(data=jpeg(), type="image/jpeg", status=206, headers=(("Content-Range", "bytes 0-9/99"),)),
            "the server sent a part of it unasked (bytes 0-9/99)",
        ),
    ],
)
def test_what_is_not_a_whole_photo_is_not_complete(captured: Captured, answer: Answer, reason: str) -> None:
    """Other bytes, a photo cut by whoever sent it and a part that nobody asked for are kept, and told once."""
    with SceneServer({"/": STORY, "/one.jpg": answer}) as server:
        result, view = captured(server.url("/"))
    [failed] = view.failed
    assert (result.status, failed.reason[: len(reason)]) == ("partial", reason)
    assert len(view.items) == 2


@pytest.mark.parametrize(
    ("first", "link", "second"),
    [
        ("/2026/fire/", "<a class='post-page-numbers' href='/2026/fire/2/'>2</a>", "/2026/fire/2/"),
        ("/fire", "<a href='/fire/comment-page-2/#comments'>Newer comments</a>", "/fire/comment-page-2/"),
        ("/?p=5", "<a href='/?p=5&amp;cpage=1#comments'>Older comments</a>", "/?p=5&cpage=1"),
    ],
)
def test_a_text_of_wordpress_on_several_pages_is_one_part(
    captured: Captured, first: str, link: str, second: str
) -> None:
    """Further pages of a post, and of its comments, that WordPress links without `rel=next` are told and followed."""
    files: dict[str, Answer] = {
        first: f"<title>Fire</title><h1>Fire</h1><p>Three crews came.</p>{link}".encode(),
        second: b"<title>Fire</title><h1>Fire</h1><p>Nobody was hurt.</p><a class='post-page-numbers' href='/'>1</a>",
    }
    with SceneServer(files) as server:
        in_part, _ = captured(server.url(first))
        whole, view = captured(server.url(first), pages=9)
    assert (in_part.status, whole.status, len(view.items)) == ("partial", "complete", 2)


@pytest.mark.parametrize(
    ("linked", "asked_for"),
    [
        ((1, 2), ["/fire", "/fire/comment-page-1/", "/fire/comment-page-2/"]),
        ((2, 3), ["/fire", "/fire/comment-page-2/", "/fire/comment-page-3/"]),
    ],
    ids=["the newest first", "the oldest first"],
)
def test_a_page_of_comments_is_fetched_once(captured: Captured, linked: tuple[int, ...], asked_for: list[str]) -> None:
    """The page of comments that WordPress shows at a post's own address is not asked for under its number too."""

    def _page(numbers: Iterable[int]) -> bytes:
        links = "".join(f"<a href='/fire/comment-page-{each}/#comments'>{each}</a>" for each in numbers)
        return f"<title>Fire</title><h1>Fire</h1><p>Three crews came.</p>{links}".encode()

    files: dict[str, Answer] = {"/fire": _page(linked)}
    files |= {f"/fire/comment-page-{each}/": _page({1, 2, 3} - {each}) for each in (1, 2, 3)}
    with SceneServer(files) as server:
        outcome, view = captured(server.url("/fire"), pages=9)
        assert [entry.url for entry in view.items] == [server.url(path) for path in asked_for]
    assert outcome.status == "complete"

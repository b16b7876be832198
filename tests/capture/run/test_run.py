from __future__ import annotations

import hashlib
import json
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from capture.errors import BadScene, BadSettings
from capture.recorder.settings import NetworkSettings
from capture.request.options import CaptureOptions
from capture.run.run import capture
from exports.format.capture_view import read_capture
from exports.verification import verify
from hashing.case.case import Case
from tests.capture.conftest import jpeg
from tests.servers import Body, ForwardProxy, MisbehavingServer, SceneServer, redirect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from capture.run.run import CaptureResult
    from exports.format.capture_view import CaptureView
    from hashing.case.events import Failed, Item
    from hashing.ledger.keys import SigningKey
    from tests.sampling import Sample

    Captured = Callable[..., tuple[CaptureResult, CaptureView]]

PAGE = b"""<!doctype html><html lang="en"><head><title>Fire on Market Street</title>
<meta property="article:published_time" content="2026-03-01T12:00:00+01:00"><meta name="author" content="Ann Lee">
<link rel="icon" href="/icon.png"></head>
<body><p>It was dark.</p><img src="/one.jpg" alt="the front">
<img src="/small.jpg" srcset="/large.jpg 1200w, /small.jpg 300w">
<img data-src="/lazy.jpg"><a href="/report.pdf">report</a><video><source src="/clip.mp4"></video>
<p>It was loud.</p></body></html>"""

FILES: dict[str, Body | bytes] = {
    "/": PAGE,
    "/one.jpg": jpeg(10),
    "/large.jpg": jpeg(20),
    "/lazy.jpg": jpeg(30),
    "/report.pdf": b"%PDF-1.4 report",
    "/clip.mp4": b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(1000),
}


def _items(view: CaptureView) -> dict[str, Item]:
    from urllib.parse import urlsplit

    return {urlsplit(entry.url).path: entry for entry in view.items}


def _failed(view: CaptureView) -> dict[str, Failed]:
    from urllib.parse import urlsplit

    return {urlsplit(failure.url).path: failure for failure in view.failed}


def test_a_page_is_captured_with_what_it_shows(captured: Captured) -> None:
    """The page comes first, then its photos and its video, each as served, numbered in the order of the page."""
    with SceneServer(FILES) as server:
        result, view = captured(server.url("/"))
    items = _items(view)
    assert result.status == "complete"
    assert {path: item.kind for path, item in items.items()} == {
        "/": "page",
        "/one.jpg": "photo",
        "/large.jpg": "photo",
        "/lazy.jpg": "photo",
        "/clip.mp4": "video",
    }
    assert [items[path].ref for path in ("/", "/one.jpg", "/large.jpg", "/lazy.jpg", "/clip.mp4")] == [
        f"MP/1-000{number}" for number in range(1, 6)
    ]
    for path, item in items.items():
        data = FILES[path]
        stored = (result.path / item.path).read_bytes()
        assert stored == data
        assert item.sha256 == hashlib.sha256(stored).hexdigest()
    assert items["/one.jpg"].alt == "the front"
    assert verify(result.path).verdict == "ok"


def test_the_page_says_what_it_says(captured: Captured) -> None:
    """Title, author and claimed time stand among the facts with the tags they came from; the text is a working copy."""
    with SceneServer(FILES) as server:
        result, view = captured(server.url("/"))
    [page] = [entry for entry in view.items if entry.kind == "page"]
    facts = {(fact.name, fact.value) for fact in page.facts}
    assert {("title", "Fire on Market Street"), ("author", "Ann Lee"), ("published zone", "stated")} <= facts
    [copy] = page.working_copies
    text = (result.path / copy.path).read_text()
    assert "It was dark." in text
    assert "It was loud." in text


def test_a_file_by_its_address_is_one_item(captured: Captured) -> None:
    """A URL of a file yields that file and nothing else."""
    with SceneServer(FILES) as server:
        result, view = captured(server.url("/one.jpg"))
        assert len(server.requests) == 1
    assert [entry.kind for entry in view.items] == ["photo"]
    assert result.status == "complete"


def test_media_are_fetched_as_asked(captured: Captured) -> None:
    """`documents` brings the PDF, `none` brings the page alone, and what was left out is said."""
    with SceneServer(FILES) as server:
        _, documents = captured(server.url("/"), media="documents")
        _, none = captured(server.url("/"), media="none")
    assert _items(documents).keys() == {"/", "/report.pdf"}
    assert _items(none).keys() == {"/"}
    assert sum(skipped.count for skipped in none.skipped) == 5
    assert {skipped.reason for skipped in none.skipped} >= {"photo: not asked for (--media none)"}


def test_a_limit_is_kept_and_said(captured: Captured) -> None:
    """A page with 10,000 images yields as many as asked for, and the rest are named as left out."""
    with MisbehavingServer() as server:
        result, view = captured(server.url("/many-images"), limit=7)
    assert len(view.items) == 8
    assert sum(skipped.count for skipped in view.skipped) == 9_993
    assert result.status == "complete"


def test_a_page_with_very_many_images_is_taken_whole(captured: Captured, sample: Sample) -> None:
    """Without a limit, all of them are: ten thousand in a whole run."""
    count = 10_000 if sample.whole else 400
    with MisbehavingServer(keep=0) as server:
        result, view = captured(server.url(f"/many-images?count={count}"))
    assert len(view.items) == count + 1
    assert result.status == "complete"


def test_a_missing_picture_makes_it_partial(captured: Captured) -> None:
    """What fails is named with its reason, the rest is there, and the status says partial."""
    with MisbehavingServer() as server:
        url = server.url("/page?img=/photos/a.png&img=/404&img=/truncated&img=/500")
        result, view = captured(url)
    assert result.status == "partial"
    failed = _failed(view)
    assert failed["/404"].reason == "the server answered 404 Not Found"
    assert failed["/500"].reason == "the server answered 500 Internal Server Error"
    assert failed["/truncated"].reason == "the connection ended after 300000 of 1000000 bytes"
    items = _items(view)
    assert items.keys() == {"/page", "/photos/a.png", "/truncated"}
    assert items["/truncated"].partial == failed["/truncated"].reason
    assert items["/truncated"].size == 300_000
    assert verify(result.path).verdict == "ok"


@pytest.mark.parametrize("path", ["/404", "/403", "/500"])
def test_an_error_page_is_kept_and_marked(path: str, captured: Captured) -> None:
    """Where the scene itself is refused, nothing is captured, and the server's page is there to be read."""
    with MisbehavingServer() as server:
        result, view = captured(server.url(path), attempts=1)
    assert result.status == "nothing"
    [entry] = view.items
    assert entry.kind == "error page"
    assert entry.error_page == view.failed[0].reason
    assert (result.path / entry.path).stat().st_size == entry.size > 0


def test_a_page_instead_of_a_photo_is_not_a_photo(captured: Captured) -> None:
    """A link to a photo that answers with a page (a login wall) is said to have failed, and the page is kept."""
    with MisbehavingServer() as server:
        result, view = captured(server.url("/page?img=/lying-type"))
    assert result.status == "partial"
    assert _failed(view)["/lying-type"].reason == "the server sent a page instead of a photo"
    assert _items(view)["/lying-type"].kind == "page"
    assert _items(view)["/lying-type"].error_page == "the server sent a page instead of a photo"


def test_a_page_in_disguise_is_read_as_a_page(captured: Captured) -> None:
    """What counts is what the bytes are: a page that calls itself a picture is searched for media."""
    with SceneServer(
        {"/": Body(data=PAGE, type="image/jpeg"), **{k: v for k, v in FILES.items() if k != "/"}}
    ) as server:
        _, view = captured(server.url("/"))
    assert len(view.items) == 5


def test_a_coded_page_is_kept_coded_and_readable(captured: Captured) -> None:
    """A page that comes compressed all the same is kept as served, with a decoded working copy beside it."""
    with SceneServer({**FILES, "/": Body(data=PAGE, gzip=True)}) as server:
        result, view = captured(server.url("/"))
    [page] = [entry for entry in view.items if entry.kind == "page"]
    assert page.content_encoding == "gzip"
    copies = {copy.how: (result.path / copy.path).read_bytes() for copy in page.working_copies}
    assert copies["the item without its content coding"] == PAGE
    assert len(view.items) == 5


def test_a_bomb_of_a_page_is_kept_and_not_searched(captured: Captured) -> None:
    """A page that unpacks to 256 MiB is stored as it came, and it is said that it was not searched."""
    with MisbehavingServer() as server:
        result, view = captured(server.url("/gzip-bomb?type=text/html"))
    assert len(view.items) == 1
    assert result.status == "partial"
    [failed] = view.failed
    assert "larger than 32 MiB" in failed.reason


def test_hostile_names_stay_inside(captured: Captured) -> None:
    """Whatever a server calls its files, names on disk are harmless, and the ledger keeps what it called them."""
    with MisbehavingServer() as server:
        result, view = captured(server.url("/names"))
    assert len(view.items) > 3
    for entry in view.items:
        name = entry.path.removeprefix("items/")
        assert name.isascii()
        assert len(name) < 100
        assert "/" not in name
        assert name[:4].isdigit()
        assert (result.path / entry.path).is_file()
    assert sorted(path.name for path in result.path.parent.iterdir()) == [result.capture]


def test_redirects_of_the_scene_are_followed_and_told(captured: Captured) -> None:
    """The item names both addresses, and media are sought relative to where the page really was."""
    files = {f"/deep{path}" if path != "/" else "/deep/": data for path, data in FILES.items()}
    page = PAGE.replace(b'"/', b'"')
    with SceneServer({**files, "/deep/": page, "/short": redirect("/deep/")}) as server:
        _, view = captured(server.url("/short"))
    items = _items(view)
    assert items["/short"].final_url.endswith("/deep/")
    assert "/deep/one.jpg" in items


def test_a_large_body_of_a_redirect_is_not_lost(captured: Captured) -> None:
    """A redirect whose body is too large for the WARC leaves its body as an item of its own."""
    files: dict[str, Body | bytes] = {
        "/go": Body(data=bytes(3000), status=302, headers=(("Location", "/one.jpg"),)),
        "/one.jpg": jpeg(),
    }
    with SceneServer(files) as server:
        result, view = captured(server.url("/go"), largest_in_warc=1000)
    assert sorted(entry.kind for entry in view.items) == ["photo", "superseded body"]
    assert verify(result.path).verdict == "ok"


def test_nothing_is_captured_from_a_private_address_by_default(captured: Captured) -> None:
    """The guard's refusal ends as a sealed capture that says so."""
    with SceneServer(FILES) as server:
        result, view = captured(server.url("/"), allow_private=False)
        assert server.requests == []
    assert (result.status, result.refused) == ("nothing", True)
    assert "--allow-private" in view.failed[0].reason


def test_a_redirect_to_a_private_address_is_refused_and_told(captured: Captured) -> None:
    """A scene on a public host that sends us to this computer is not followed, and its redirect is kept."""
    with MisbehavingServer() as server, ForwardProxy(routes={"good.example": server.address}) as proxy:
        target = f"http%3A%2F%2F127.0.0.1%3A{server.port}%2Fpage"
        result, view = captured(
            f"http://good.example/to?url={target}", allow_private=False, proxy=proxy.url(""), attempts=1
        )
        assert [seen.path.partition("?")[0] for seen in server.requests] == ["/to"], view.failed
    assert (result.status, result.refused) == ("nothing", True)
    assert "127.0.0.1 is this computer itself" in view.failed[0].reason
    assert verify(result.path).verdict == "ok"


def test_a_host_that_does_not_answer_is_given_up(captured: Captured) -> None:
    """A host that takes no connection and refuses none, as one that is switched off, ends with a plain sentence."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        try:
            for each in waiting:  # they fill the queue, so that the next one gets no answer at all
                each.setblocking(False)
                each.connect_ex(deaf.getsockname())
            result, view = captured(f"http://127.0.0.1:{deaf.getsockname()[1]}/", timeout=2.0, attempts=1)
        finally:
            for each in waiting:
                each.close()
    assert result.status == "nothing"
    assert view.failed[0].reason == "127.0.0.1: no connection within the time allowed"


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/stall-head", "the server fell silent for 5 s"), ("/drip-head", "no complete answer within 5 s")],
)
def test_a_server_that_keeps_us_waiting_for_its_head(path: str, reason: str, captured: Captured) -> None:
    """A server that takes the question and gives no answer, or one letter at a time, is given up."""
    with MisbehavingServer() as server:
        result, view = captured(server.url(path), timeout=5.0, attempts=1)
    assert result.status == "nothing"
    assert view.failed[0].reason.startswith(reason)
    assert verify(result.path).verdict == "ok"


def test_a_page_of_200_mb_is_kept_whole_and_not_searched(captured: Captured) -> None:
    """A page too large to be searched is an item like any large file, and it is said what was not done."""
    with MisbehavingServer(keep=0) as server:
        result, view = captured(server.url("/huge-page"))
    [entry] = view.items
    assert entry.size > 200_000_000
    assert (result.path / entry.path).stat().st_size == entry.size
    [failed] = view.failed
    assert "larger than 32 MiB" in failed.reason
    assert result.status == "partial"


def test_credentials_are_nowhere_in_the_case(captured: Captured, case: Case) -> None:
    """A password in the scene's address opens the page and is in no file of the case."""
    import base64

    secret = base64.b64encode(b"mary:s3cret-word").decode()
    with SceneServer(
        {
            "/": Body(
                data=b"<h1>Smoke over the hall</h1><p>Seen at ten past ten, from the north bank.",
                needs_authorization=f"Basic {secret}",
            )
        }
    ) as server:
        result, view = captured(server.url("/").replace("http://", "http://mary:s3cret-word@"))
    assert result.status == "complete"
    assert view.started.settings["login"] == "given by the user; not stored"
    for path in case.path.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            if path.name.endswith(".gz"):
                import gzip

                data += gzip.decompress(data)
            assert b"s3cret-word" not in data
            assert secret.encode() not in data


def test_settings_and_versions_are_on_record(captured: Captured) -> None:
    """The first line says with what and how it was captured, and that TLS was not verified where it was not."""
    with SceneServer(FILES) as server:
        _, view = captured(server.url("/"), insecure=True, user_agent="Example/1", note="from the tip line")
    started = view.started
    assert started.settings["tls_verified"] is False
    assert started.settings["user_agent"] == "Example/1"
    assert started.note == "from the tip line"
    assert {"python", "openssl", "requests", "urllib3", "pillow", "exifread"} <= started.versions.keys()


def test_every_warc_passes_the_fields_own_checker(captured: Captured, case: Case) -> None:
    """`warcio check` accepts what was written of good and bad servers alike."""
    with MisbehavingServer() as server:
        captured(
            server.url(
                "/page?img=/truncated&img=/chunk-cut&img=/429-seconds&img=/garbage&img=/gzip-302&img=/odd-headers"
            )
        )
        captured(server.url("/big?bytes=20000000"))
    files = [str(path) for path in case.path.rglob("*.warc.gz")]
    assert len(files) == 2
    command = [sys.executable, "-m", "warcio.cli", "check", "-v", *files]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    assert "digest pass" in checked.stdout


def test_two_captures_at_once_in_one_case(case: Case, key: SigningKey) -> None:
    """Captures that run at the same time get their own references, and the case verifies."""
    options = CaptureOptions(officer="M", initials="MP", network=NetworkSettings(allow_private=True))
    results: list[CaptureResult] = []
    with SceneServer(FILES, latency=0.05) as server:
        threads = [
            threading.Thread(target=lambda: results.append(capture(server.url("/"), case, options, key=key)))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert {result.exhibit for result in results} == {"MP/1", "MP/2", "MP/3", "MP/4"}
    assert {result.status for result in results} == {"complete"}
    assert verify(case.path).verdict == "ok"


def test_a_full_disk_loses_nothing_that_had_arrived(small_disk: Path, key: SigningKey) -> None:
    """When the disk fills up in a body, what is on it is sealed, the reason is told, and the case verifies."""
    case = Case.open_or_create(small_disk / "OP", key=key, officer="M")
    network = NetworkSettings(allow_private=True, timeout=60, backoff=0.01)
    with MisbehavingServer() as server:
        url = server.url("/page?img=/photos/a.png&img=/photos/b.png&img=/big?bytes=9000000")
        result = capture(url, case, CaptureOptions(officer="M", initials="MP", network=network), key=key)
    view = read_capture(result.path)
    assert result.status == "partial"
    assert view.finished is not None
    assert view.finished.reason == "the disk is full"
    assert any("the disk is full" in failure.reason for failure in view.failed)
    partial = [entry for entry in view.items if entry.partial]
    assert partial
    assert partial[0].size > 1 << 20
    assert verify(case.path).verdict == "ok"


def test_a_disk_that_fills_up_in_a_list_of_posts_is_sealed(small_disk: Path, key: SigningKey) -> None:
    """Posts for which there is no room are said to stand in their list alone, and the list not to be looked through.

    How much was read of the list when the disk was full differs from run to run; that something is missing does not.
    """
    case = Case.open_or_create(small_disk / "OP", key=key, officer="M")
    network = NetworkSettings(allow_private=True, timeout=60, backoff=0.01)
    feed = b'<rss version="2.0"><channel>' + b"".join(
        b"<item><guid>%d</guid><description>%b</description></item>" % (number, b"x" * 30_000) for number in range(80)
    )
    with SceneServer({"/feed.xml": feed + b"</channel></rss>"}) as server:
        options = CaptureOptions(officer="M", initials="MP", network=network)
        result = capture(server.url("/feed.xml"), case, options, key=key)
    view = read_capture(result.path)
    assert view.finished is not None
    assert (result.status, view.finished.reason) == ("partial", "the disk is full")
    assert view.failed
    assert {failed.reason for failed in view.failed} <= {
        "the disk is full: it stands in MP/1-0001 alone",
        "not looked through to its end: the disk is full",
        "the feed is stored but its entries could not be read: the reading was stopped",
    }
    assert len([entry for entry in view.items if entry.post is not None]) > 5
    assert verify(case.path).verdict == "ok"


@pytest.mark.parametrize(
    "scene", ["", "#FireWatch", "file:///etc/passwd", "ftp://example.org/", "mailto:a@b.c", "http://[::", "https://"]
)
def test_what_is_no_scene_is_refused_before_anything_is_made(scene: str, captured: Captured, case: Case) -> None:
    """A scene that cannot be captured is a plain error with a hint or a reason, and leaves no capture behind."""
    with pytest.raises(BadScene):
        captured(scene)
    assert case.captures() == []


@pytest.mark.parametrize("media", ["pictures", "", "photos,none", "photos;videos"])
def test_unknown_media_are_refused(media: str, captured: Captured) -> None:
    """A misspelt `--media` is refused with the words that are known."""
    with pytest.raises(BadSettings) as caught:
        captured("http://example.org/", media=media)
    assert "photos, videos, documents" in caught.value.hint


def test_the_ledger_speaks_only_of_what_is_on_disk(captured: Captured) -> None:
    """At every moment of a capture, each item that a ledger line names is there, whole."""
    with SceneServer(FILES) as server:
        result, _ = captured(server.url("/"))
    for line in (result.path / "ledger.jsonl").read_bytes().splitlines():
        event = json.loads(line)
        if event["event"] in {"item", "working-copy", "warc"}:
            data = (result.path / event["path"]).read_bytes()
            assert (len(data), hashlib.sha256(data).hexdigest()) == (event["size"], event["sha256"])


def test_a_public_page_names_no_private_address(captured: Captured) -> None:
    """With --allow-private, a public page brings what is public; a private page brings both."""
    with SceneServer({"/a.jpg": jpeg(1)}) as server:
        private, public = server.url("/a.jpg"), "http://good.example/a.jpg"
        page = f'<!doctype html><title>t</title><img src="{private}"><img src="{public}?b">'.encode()
        server.files |= {"/page": page, "/a.jpg?b": jpeg(2)}
        with ForwardProxy(routes={"good.example": server.address}) as proxy:
            _, view = captured("http://good.example/page", proxy=proxy.url(""), attempts=1)
            assert [entry.url for entry in view.items] == ["http://good.example/page", f"{public}?b"]
            assert [failed.url for failed in view.failed] == [private]
            assert "named by a server at a public address" in view.failed[0].reason
            _, view = captured(server.url("/page"), proxy=proxy.url(""), attempts=1)
            assert {entry.url for entry in view.items} == {server.url("/page"), private, f"{public}?b"}


def test_entries_of_a_private_feed_stay_open(captured: Captured) -> None:
    """A private feed leads to private pages although a public page was read before; that page leads to none."""
    with SceneServer({}) as server:
        entries = ["http://good.example/one", server.url("/two")]
        feed = "".join(f"<item><title>t</title><link>{url}</link></item>" for url in entries)
        server.files |= {
            "/feed": Body(data=f"<rss><channel><title>f</title>{feed}</channel></rss>".encode(), type="text/xml"),
            "/one": f'<!doctype html><title>1</title><img src="{server.url("/x.jpg")}">'.encode(),
            "/two": f'<!doctype html><title>2</title><img src="{server.url("/y.jpg")}">'.encode(),
            "/x.jpg": jpeg(1),
            "/y.jpg": jpeg(2),
        }
        with ForwardProxy(routes={"good.example": server.address}) as proxy:
            _, view = captured(server.url("/feed"), proxy=proxy.url(""), attempts=1, follow=True)
        urls = {entry.url for entry in view.items}
        assert {"http://good.example/one", server.url("/two"), server.url("/y.jpg")} <= urls
        assert [failed.url for failed in view.failed] == [server.url("/x.jpg")]

"""What a server sent is read in the sandbox: what its readers take, and what becomes of a capture when one fails."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest

from capture.page.stored_page import read_stored_page
from capture.recorder.reading import capture_readers
from hashing.sandbox import Readers
from tests.capture.conftest import jpeg
from tests.patience import PATIENCE
from tests.servers import Body, SceneServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from capture.run.run import CaptureResult
    from exports.format.capture_view import CaptureView

    Captured = Callable[..., tuple[CaptureResult, CaptureView]]

pytestmark = pytest.mark.own_readers  # what a reader takes is measured, and some are made to die

_CAPTURE = """
import sys
from pathlib import Path
from capture.run.run import capture
from hashing.case.case import Case
from hashing.ledger.keys import load_or_create_signing_key
from tests.capture.conftest import OPTIONS

folder, scene, *readers = sys.argv[1:]
started = []
sys.addaudithook(lambda event, said: started.append(said[1]) if event == "subprocess.Popen" else None)
key, _ = load_or_create_signing_key(Path(folder) / "key.pem")
case = Case.open_or_create(Path(folder) / "OP-ALDER", key=key, officer="Mary Price")
status = capture(scene, case, OPTIONS, key=key).status
print(status, len(started), *(name for name in readers if name in sys.modules))
"""
_PARSERS = (
    *("lxml", "PIL", "exifread", "yt_dlp", "capture.page.read_page", "capture.extractors.feed", "capture.batch"),
    *("chardet.detector", "charset_normalizer.api"),
)
"""What reads hostile bytes, and what a page needs for nothing: it would be loaded at each start."""
_HAS_PROC = Path("/proc/self/stat").exists()
_MOST = 300 << 20


def test_the_process_that_holds_the_key_loads_no_parser(tmp_path: Path) -> None:
    """After a page and its photo were captured, what parses either was loaded in the sandbox alone: the one program."""
    page = b"<!doctype html><title>Front page</title><p>It was dark.</p><img src=a.jpg>"
    with SceneServer({"/page.html": page, "/a.jpg": jpeg()}) as server:
        command = [sys.executable, "-c", _CAPTURE, str(tmp_path), server.url("/page.html"), *_PARSERS]
        root = Path(__file__).parents[3]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True, cwd=root)
    assert ran.stdout.split() == ["complete", "1"]


class _Peak:
    """The most memory that any process below this one has had, in bytes, while it is asked."""

    def __init__(self) -> None:
        self.bytes = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._look_once()
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._done.wait(0.02):
            self._look_once()

    def _look_once(self) -> None:
        ours = Path("/proc/self/cmdline").read_bytes()
        for process in Path("/proc").iterdir():
            try:
                if process.name.isdigit() and (process / "cmdline").read_bytes() == ours:
                    continue  # it is about to become another program, and still has the memory of this one
                status = (process / "status").read_text() if process.name.isdigit() else ""
            except OSError:  # it has ended meanwhile
                continue
            if f"\nPPid:\t{os.getpid()}\n" in status and "VmHWM:" in status:
                self.bytes = max(self.bytes, 1024 * int(status.partition("VmHWM:")[2].split()[0]))


def _many(form: bytes, count: int) -> bytes:
    return b"".join(form % number for number in range(count))


_HOSTILE: dict[str, Callable[[], bytes]] = {
    "one tag": lambda: b"<html><p>hi<img src=a.jpg><img " + _many(b"a%d=1 ", 2_300_000) + b">",
    "one tag, quoted": lambda: b"<p>hi<img src=a.jpg><b " + _many(b"a%d='>' ", 2_000_000) + b">",
    "tags without end": lambda: b"<img src=a.jpg>" + b"<a " * 8_000_000,
    "one attribute": lambda: b"<img src=a.jpg><img alt='" + b"x" * 24_000_000 + b"'>",
    "a wide character": lambda: b"<img src=a.jpg><p>" + b"x" * 24_000_000 + "\U0001f525".encode(),
    "candidates": lambda: b"<img src=a.jpg><img srcset='" + b"a 1w," * 5_000_000 + b"'>",
    "linked data": lambda: (
        b"<img src=a.jpg>" + (b"<script type=application/ld+json>[" + b"[]," * 600_000 + b"1]</script>") * 10
    ),
}


@pytest.mark.skipif(not _HAS_PROC, reason="this system has no /proc to look into")
@pytest.mark.sample(4)
@pytest.mark.parametrize("name", _HOSTILE)
def test_no_page_takes_300_mib_to_read(tmp_path: Path, name: str) -> None:
    """What stands before the flood is found, and what is not read behind it is said."""
    path = tmp_path / "page.html"
    path.write_bytes(_HOSTILE[name]() + b"<img src=behind.jpg>")
    with capture_readers() as readers, _Peak() as peak:
        page = read_stored_page(readers, path, coding="", url="https://example.org/", content_type="").page
    assert peak.bytes < _MOST
    assert page is not None
    urls = {link.url for link in page.media}
    assert "https://example.org/a.jpg" in urls
    assert "https://example.org/behind.jpg" in urls or page.unread or "linked data" in name


_RSS = b"<?xml version='1.0'?><rss><channel>%b</channel></rss>"
_FEEDS: dict[str, Callable[[], bytes]] = {
    "one tag": lambda: _RSS % (b"<item " + _many(b"a%d='1' ", 2_000_000) + b"><title>x</title></item>"),
    "deep": lambda: _RSS % (b"<item>" + b"<a>" * 7_000_000),
    "wide characters": lambda: _RSS % b"<item><title>%b</title></item>" % ("\U0001f525" * 6_000_000).encode(),
    "values": lambda: b'{"version":"https://jsonfeed.org/version/1.1","items":[' + b"{}," * 3_900_000 + b"{}]}",
}


@pytest.mark.skipif(not _HAS_PROC, reason="this system has no /proc to look into")
@pytest.mark.sample(2)
@pytest.mark.parametrize("name", _FEEDS)
def test_no_feed_takes_300_mib_to_read(captured: Captured, name: str) -> None:
    """What is not read of it is a failure of the capture, which is sealed all the same."""
    with SceneServer({"/feed.xml": _FEEDS[name]()}) as server, _Peak() as peak:
        result, view = captured(server.url("/feed.xml"))
    assert peak.bytes < _MOST
    assert [entry.kind for entry in view.items][:1] == ["feed"]
    assert result.status == "partial"
    assert view.failed[0].reason.startswith(("the feed is stored but", "1 entries are stored and were not read to"))


def test_a_page_is_decoded_in_the_sandbox(captured: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that was served in a coding is read, and kept without it; where the key is held, nothing is decoded."""
    monkeypatch.setattr("hashing.warc.content_coding.unpacked", None)
    html = b"<title>Fire</title><img src=/one.jpg>"
    page = Body(data=gzip.compress(html), headers=(("Content-Encoding", "gzip"),))
    with SceneServer({"/": page, "/one.jpg": jpeg()}) as server:
        result, view = captured(server.url("/"))
    assert result.status == "complete"
    assert [entry.kind for entry in view.items] == ["page", "photo"]
    assert (result.path / "working" / "0001-decoded.html").read_bytes() == html


def _broken(monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    """Have readers die of one kind of document."""
    ask = Readers.ask

    def _ask(readers: Readers, asked: str, *arguments: Any, **named: Any) -> object:  # noqa: ANN401 - as in `ask`
        if asked == function:
            return ask(readers, "os:abort", answer=int)
        return ask(readers, asked, *arguments, **named)

    monkeypatch.setattr(Readers, "ask", _ask)


def test_a_page_whose_reader_dies_is_stored_and_the_capture_is_not_complete(
    captured: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows what else it shows, and the ledger says so."""
    _broken(monkeypatch, "capture.page.read_page:page_in")
    with SceneServer({"/": b"<img src=/one.jpg>", "/one.jpg": jpeg()}) as server:
        result, view = captured(server.url("/"))
    assert result.status == "partial"
    assert [entry.kind for entry in view.items] == ["page"]
    [failure] = view.failed
    assert failure.reason == (
        "not readable: it came and is kept, and cannot be read (the reader stopped: killed by SIGABRT)"
    )


def test_photos_whose_reader_dies_are_stored_and_the_capture_is_not_complete(
    captured: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each says why nothing is known of it, and the last line counts them."""
    _broken(monkeypatch, "capture.photo.examine:facts_in")
    with SceneServer({"/": b"<img src=/1.jpg><img src=/2.jpg>", "/1.jpg": jpeg(1), "/2.jpg": jpeg(2)}) as server:
        result, view = captured(server.url("/"))
    assert result.status == "partial"
    photos = [entry for entry in view.items if entry.kind == "photo"]
    assert [[fact.name for fact in entry.facts] for entry in photos] == [["photo"], ["photo"]]
    assert all(str(entry.facts[0].value).endswith("the reader stopped: killed by SIGABRT") for entry in photos)
    assert view.finished is not None
    assert view.finished.reason == "2 photos were not examined, as their facts say"


def test_a_feed_whose_reader_dies_is_stored_and_the_capture_is_not_complete(
    captured: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows which entries it has, and the ledger says so."""
    stream = Readers.stream
    monkeypatch.setattr(Readers, "stream", lambda self, _, *__, answer, **___: stream(self, "os:abort", answer=answer))
    feed = b"<?xml version='1.0'?><rss version='2.0'><channel><item><title>1</title></item></channel></rss>"
    with SceneServer({"/feed.xml": feed}) as server:
        result, view = captured(server.url("/feed.xml"))
    assert result.status == "partial"
    [failure] = view.failed
    why = "the reader stopped: killed by SIGABRT"
    assert failure.reason == f"the feed is stored but its entries could not be read: {why}"

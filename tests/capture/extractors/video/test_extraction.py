from __future__ import annotations

import json
import signal
import subprocess
import sys
from concurrent.futures import CancelledError
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.extractors.child.messages import Ended, ExtractionTrouble, FetchAnswer, FetchQuestion, Remark
from capture.extractors.video import answering, extraction
from capture.extractors.video.described import described
from capture.extractors.video.describing import facts_of, post_of
from capture.extractors.video.extraction import Extraction
from capture.extractors.video.messages import FoundVideo, Said, Task
from exports.format.capture_view import read_capture
from exports.verification import verify
from hashing.ledger.canonical import canonical_json
from tests.capture.extractors.video import stand_ins
from tests.patience import PATIENCE, wait_until
from tests.servers import Body, SceneServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from capture.run.run import CaptureResult
    from exports.format.capture_view import CaptureView
    from tests.servers.media_site import MediaSite
    from tests.servers.seen import Seen

    Captured = Callable[..., tuple[CaptureResult, CaptureView]]

TASK = Task(url="https://example.org/video", extractor="Generic", most=1)


def _said(
    function: str, monkeypatch: pytest.MonkeyPatch, *, patience: float = PATIENCE, answered: FetchAnswer | None = None
) -> list[Said]:
    """Return what a function says that stands in the place of yt-dlp; what it asks is answered with `answered`."""
    if function:
        monkeypatch.setattr(extraction, "_CHILD", f"{stand_ins.__name__}:{function}")
    heard = []
    with Extraction(TASK, patience=patience) as process:
        for said in process.said():
            heard.append(said)
            if isinstance(said, FetchQuestion):
                process.tell(answered or FetchAnswer(url=said.url, reason="nothing"))
    return heard


def _words(said: Said) -> Any:  # noqa: ANN401 - what a stand-in found
    assert isinstance(said, Remark)
    return json.loads(said.words)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("wait", "given up after 3 s"),
        ("spin", "given up after 3 s"),
        ("leave", "yt-dlp stopped: exit status 3"),
        ("abort", "yt-dlp stopped: killed by SIGABRT"),
        ("hello", "what yt-dlp said is not understood"),
        ("nested", "what yt-dlp said is not understood"),
        ("lie", "what yt-dlp said is not understood"),
    ],
)
def test_a_process_that_hangs_dies_or_lies_is_in_trouble(
    function: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever becomes of the process that runs yt-dlp: it is said, once, and that is the end."""
    monkeypatch.setattr(extraction, "_LOAD", ())  # that it hangs shows sooner
    patience = 3.0 if "3 s" in words else PATIENCE
    assert _said(function, monkeypatch, patience=patience) == [ExtractionTrouble(url=TASK.url, words=words), Ended()]


def test_what_it_asks_is_answered_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real process asks for the page first; when that is refused, it says so in yt-dlp's words."""
    asked, *troubles, ended = _said("", monkeypatch)
    assert isinstance(asked, FetchQuestion)
    assert (asked.url, asked.method) == (TASK.url, "GET")
    [trouble] = troubles
    assert isinstance(trouble, ExtractionTrouble)
    assert "nothing" in trouble.words
    assert ended == Ended()


def test_an_answer_is_handed_over_open_and_without_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the capture's folder the process learns nothing; a file that is none is no answer."""
    body = tmp_path / "0001-page.html"
    body.write_bytes(b"<video>")
    _, said, _ = _said(
        "ask_and_open", monkeypatch, answered=FetchAnswer(url="http://127.0.0.1:9/", status=200, body=str(body))
    )
    answered, *files = _words(said)
    assert files == ["<video>"]
    assert str(tmp_path) not in answered
    body.unlink()
    _, said, _ = _said(
        "ask_and_open", monkeypatch, answered=FetchAnswer(url="http://127.0.0.1:9/", status=200, body=str(body))
    )
    [answered] = _words(said)
    assert "No such file" in answered


def test_yt_dlp_starts_nothing_and_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """What extractors may try past the door is refused in words that say so."""
    said, _ = _said("ffmpeg", monkeypatch)
    program, web = _words(said)
    assert "refused: no other program is started here" in program
    assert "refused: a way past the recorder" in web


def test_it_asks_no_more_than_so_often(captured: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """An extraction that would ask for ever is refused further answers, and ends."""
    monkeypatch.setattr(answering, "_MOST", 3)
    monkeypatch.setattr(extraction, "_CHILD", f"{stand_ins.__name__}:ask_nine_times")
    with SceneServer({"/": b"<!doctype html><title>t</title><p>.m3u8"}) as server:
        result, view = captured(server.url("/"), attempts=1)
    assert result.status == "complete"
    assert len([skipped for skipped in view.skipped if "not there, and not needed" in skipped.reason]) == 3


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
_KEYS = st.sampled_from(
    ["id", "title", "description", "uploader", "tags", "timestamp", "thumbnails", "thumbnail", "formats",
     "requested_formats", "subtitles", "url", "protocol", "ext", "http_headers", "fragments", "view_count", "duration",
     "is_live", "extractor", "extractor_key", "webpage_url", "automatic_captions", "fragment_base_url", "cookies"]
)  # fmt: skip


@given(st.dictionaries(_KEYS, _VALUES | st.just([{"url": "http://x/", "fragments": [{"path": "\ud800"}]}])))
def test_any_description_becomes_a_record(info: dict[str, Any]) -> None:
    """Whatever an extractor returns: the message can be sent and read, and what is made of it stands in a ledger."""
    stand_in = SimpleNamespace(
        _ies={},
        cookiejar=SimpleNamespace(get_cookie_header=lambda _: None),
        sanitize_info=lambda info, **_: info,
    )
    sent = msgspec.json.encode(described(info, stand_in))
    video = msgspec.json.decode(sent, type=Said)
    assert isinstance(video, FoundVideo)
    canonical_json(post_of(video))
    for fact in facts_of(video):
        canonical_json(fact)
    json.loads(video.info)


def test_ctrl_c_ends_it_soon(media_site: MediaSite, tmp_path: Path) -> None:
    """A stop in the middle of a stream seals what had come, and the process that runs yt-dlp is gone with it."""
    asked = []

    def _stuck(seen: Seen) -> Body:
        asked.append(seen)
        return Body(data=b"x", latency=PATIENCE)

    with SceneServer({**media_site.files, "/hls/hi_002.ts": _stuck}) as server:
        words = ["--case", str(tmp_path / "case"), "--officer", "Mary Price", "--initials", "MP", "--allow-private"]
        command = [sys.executable, "-m", "cli", "capture", server.url("/hls/hi.m3u8"), *words]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            wait_until(lambda: asked and _stored(tmp_path) >= {"/hls/hi_000.ts", "/hls/hi_001.ts"})
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
            process.wait()
    assert process.returncode == 130, output
    [folder] = (tmp_path / "case" / "captures").iterdir()
    view = read_capture(folder)
    assert {urlsplit(entry.url).path for entry in view.items} >= {"/hls/hi_000.ts", "/hls/hi_001.ts"}
    assert verify(folder).verdict == "ok"


def _stored(folder: Path) -> set[str]:
    """Return the paths of the items that the ledger of a running capture speaks of."""
    ledgers = [path.read_bytes() for path in folder.glob("case/captures/*/ledger.jsonl")]
    events = [json.loads(line) for ledger in ledgers for line in ledger.split(b"\n")[:-1]]  # the last may be torn
    return {urlsplit(event["url"]).path for event in events if event["event"] == "item"}


def test_a_stop_ends_it_while_it_thinks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for yt-dlp to come to a result that nobody wants any more."""
    monkeypatch.setattr(extraction, "_CHILD", f"{stand_ins.__name__}:spin")

    def _stopped(_: float) -> None:
        raise CancelledError

    with Extraction(TASK, pause=_stopped) as process:
        assert list(process.said()) == [ExtractionTrouble(url=TASK.url, words="the capture was stopped"), Ended()]


@pytest.mark.skipif(not hasattr(signal, "alarm"), reason="this system has no alarm")
def test_it_does_not_think_on_for_ever_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where its parent was killed and ends it no more, the system does, though it be lost in a regular expression."""
    [trouble, _] = _said("lost", monkeypatch)
    assert trouble == ExtractionTrouble(url=TASK.url, words="yt-dlp stopped: killed by SIGALRM")


def test_the_process_sees_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the environment it gets no more than it needs to start."""
    monkeypatch.setenv("GOLDENHOUR_TOKEN", "of-the-user")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    said, _ = _said("environment", monkeypatch)
    assert set(_words(said)) <= {"YTDLP_NO_PLUGINS", "LC_CTYPE", "LD_LIBRARY_PATH"}

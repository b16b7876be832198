from __future__ import annotations

import hashlib
import json
from http.cookiejar import CookieJar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capture.extractors.child.process import ExtractionProcess
from capture.recorder.given_cookie import given_cookie
from exports.verification import verify
from tests.servers.material import clip
from tests.servers.youtube import CHANNEL, VIDEO, YouTubeSite, chat_message

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from capture.extractors.child.messages import FetchAnswer

SCENE = f"https://www.youtube.com/watch?v={VIDEO}"


def test_a_video_with_its_comments_and_its_chat(captured: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The video and its post; comments and chat page by page as served, and as yt-dlp reads them in working copies."""
    with YouTubeSite() as site:
        monkeypatch.setenv("SSL_CERT_FILE", str(site.ca_file))
        result, view = captured(SCENE, comments=True)
    assert result.status == "complete", [each.reason for each in view.failed]
    [post] = [entry.post for entry in view.items if entry.post]
    assert (post.author.id, post.text) == (CHANNEL, "Smoke over the market #FireWatch")
    assert clip() in [(result.path / entry.path).read_bytes() for entry in view.items]
    copies = {
        copy.path.rpartition("-")[2]: (result.path / copy.path).read_bytes()
        for entry in view.items
        for copy in entry.working_copies
    }
    assert [each["text"] for each in json.loads(copies["info.json"])["comments"]] == ["I was there"]
    assert list(map(json.loads, copies["chat.jsonl"].splitlines())) == [chat_message(number) for number in (1, 2, 3)]
    served = [(result.path / entry.path).read_bytes() for entry in view.items if entry.kind in {"data", "page"}]
    assert any(b"I see it 3" in body for body in served)
    assert any(b"I was there" in body for body in served)
    assert verify(result.path).verdict == "ok"


def test_a_chat_that_was_not_asked_for(captured: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told that there is one, and with what option it comes."""
    with YouTubeSite() as site:
        monkeypatch.setenv("SSL_CERT_FILE", str(site.ca_file))
        _, view = captured(SCENE)
    assert "its live chat: not asked for (--comments)" in [each.reason for each in view.skipped]


def _memory_of(process: int) -> bytes:
    """Return all that a process has in its memory and may write to."""
    found = []
    with Path(f"/proc/{process}/mem").open("rb", 0) as memory:
        for line in Path(f"/proc/{process}/maps").read_text().splitlines():
            where, may, *_ = line.split()
            if may.startswith("rw"):
                start, end = (int(each, 16) for each in where.split("-"))
                memory.seek(start)
                found.append(memory.read(end - start))
    return b"".join(found)


def test_a_session_is_lent_by_placeholders(captured: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """No cookie is in the memory of the process that runs yt-dlp; the site gets each, signed too, and no other host."""
    secrets = {name: f"C4nary{name}Aaaaaaaaaa/C4naryBbbbbbbbbb" for name in ("SAPISID", "LOGIN_INFO", "SID")}
    jar, looked = CookieJar(), []
    for name, value in secrets.items():
        cookie = given_cookie(name=name, value=value, domain=".youtube.com", path="/", secure=True, expires=0)
        jar.set_cookie(cookie)
    tell = ExtractionProcess.tell

    def _tell(self: Any, answered: FetchAnswer) -> None:  # noqa: ANN401 - of whatever it says
        memory = _memory_of(self._process._process.pid)
        looked.append((b"c4nary" in memory.lower(), VIDEO.encode() in memory, b"SAPISID" in memory))
        tell(self, answered)

    monkeypatch.setattr(ExtractionProcess, "tell", _tell)
    with YouTubeSite() as site:
        monkeypatch.setenv("SSL_CERT_FILE", str(site.ca_file))
        result, _ = captured(SCENE, cookies=jar)
    assert result.status == "complete"
    assert {*looked} == {(False, True, True)}
    own = [seen for host, seen in site.asked if host == "www.youtube.com"]
    assert all(value in own[0].header("Cookie") for value in secrets.values())
    signed = [seen.header("Authorization") for seen in own if seen.header("Authorization")]
    assert signed
    for words in signed:
        now, digest = words.removeprefix("SAPISIDHASH ").split("_")
        meant = f"{now} {secrets['SAPISID']} https://www.youtube.com"
        assert digest == hashlib.sha1(meant.encode()).hexdigest()  # noqa: S324 - as the site wants it
    others = [(host, seen.raw) for host, seen in site.asked if host != "www.youtube.com"]
    assert {host for host, _ in others} >= {"rr1.googlevideo.com"}
    assert not [host for host, raw in others if b"c4nary" in raw.lower()]

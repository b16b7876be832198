from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from exports.verification import verify
from tests.servers.material import clip
from tests.servers.youtube import CHANNEL, VIDEO, YouTubeSite, chat_message

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

SCENE = f"https://www.youtube.com/watch?v={VIDEO}"


def test_a_video_with_its_comments_and_its_chat(captured: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The video and its post; comments and chat page by page as served, and as yt-dlp reads them in working copies."""
    with YouTubeSite() as site:
        monkeypatch.setenv("SSL_CERT_FILE", str(site.ca_file))
        result, view = captured(SCENE, comments=True)
    assert result.status == "complete", [each.reason for each in view.failed]
    [post] = [entry.post for entry in view.items if entry.post]
    assert (post.author.id, post.text) == (CHANNEL, "Smoke over the market #FireWatch")
    assert clip() in [(result.path / entry.item.path).read_bytes() for entry in view.items]
    copies = {
        copy.path.rpartition("-")[2]: (result.path / copy.path).read_bytes()
        for entry in view.items
        for copy in entry.working_copies
    }
    assert [each["text"] for each in json.loads(copies["info.json"])["comments"]] == ["I was there"]
    assert list(map(json.loads, copies["chat.jsonl"].splitlines())) == [chat_message(number) for number in (1, 2, 3)]
    served = [
        (result.path / entry.item.path).read_bytes() for entry in view.items if entry.item.kind in {"data", "page"}
    ]
    assert any(b"I see it 3" in body for body in served)
    assert any(b"I was there" in body for body in served)
    assert verify(result.path).verdict == "ok"


def test_a_chat_that_was_not_asked_for(captured: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told that there is one, and with what option it comes."""
    with YouTubeSite() as site:
        monkeypatch.setenv("SSL_CERT_FILE", str(site.ca_file))
        _, view = captured(SCENE)
    assert "its live chat: not asked for (--comments)" in [each.reason for each in view.skipped]

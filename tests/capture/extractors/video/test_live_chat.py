from __future__ import annotations

import io

import pytest

from capture.extractors.video import live_chat


def test_a_chat_that_goes_on_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that each name a next one come to an end, which is told as one."""
    yt_dlp = pytest.importorskip("yt_dlp")
    monkeypatch.setattr(live_chat, "_MOST_PAGES", 2)
    asked = list[str]()

    def _urlopen(request: object) -> io.BytesIO:
        asked.append(str(request))
        return io.BytesIO(b"{}")

    with yt_dlp.YoutubeDL({"quiet": True}) as ydl:
        monkeypatch.setattr(ydl, "urlopen", _urlopen)
        chat = live_chat._reader(ydl)
        for _ in range(2):
            chat._download_fragment({}, "https://video.example/chat", {}, {}, None)
        with pytest.raises(ValueError, match="more than 2 pages"):
            chat._download_fragment({}, "https://video.example/chat", {}, {}, None)
    assert len(asked) == 2

"""The live chat beside a video that is over, asked for page by page as yt-dlp does; in the process that runs yt-dlp.

Each page is an item as it was served, as whatever is asked there. Nothing is written here: the lines that yt-dlp makes
of them go to the parent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from yt_dlp import YoutubeDL  # type: ignore[import-untyped]  # it ships no types

_LARGEST, _MOST_PAGES = 16 << 20, 20_000
_REPLAY = "youtube_live_chat_replay"


def has_chat(info: dict[str, Any]) -> bool:
    """Say whether yt-dlp names a live chat that goes with a video."""
    return isinstance(info.get("subtitles"), dict) and bool(info["subtitles"].get("live_chat"))


def read_chat(ydl: YoutubeDL, info: dict[str, Any]) -> tuple[bytes, str]:
    """Return the chat, a message a line, and why it is not all of it; "" where it is."""
    track = info["subtitles"]["live_chat"][0]
    if track.get("protocol") != _REPLAY:
        return b"", "the stream goes on: capture it again when it is over"
    chat = _reader(ydl)
    try:
        whole = chat.real_download("", track)
    except Exception as error:  # noqa: BLE001 - extractors raise whatever they like, and what was read stays
        return bytes(chat.lines), f"{type(error).__name__}: {error}"[:1000]
    return bytes(chat.lines), "" if whole else "YouTube's answer has no chat in it"


def _reader(ydl: YoutubeDL) -> Any:  # noqa: ANN401 - yt-dlp ships no types
    """Return yt-dlp's own reader of chats, which keeps what it reads instead of writing it to a file."""
    from yt_dlp.downloader.youtube_live_chat import YoutubeLiveChatFD  # type: ignore[import-untyped]  # as above
    from yt_dlp.networking import Request  # type: ignore[import-untyped]  # as above

    # yt-dlp's downloader writes fragments to a file. Overridden are only its steps that touch the disk; which page
    # comes next stays its own affair.
    class _Chat(YoutubeLiveChatFD):  # type: ignore[misc]  # as above
        def __init__(self) -> None:
            super().__init__(ydl, ydl.params)
            self.lines = bytearray()
            self._page = b""
            self._pages = 0

        def _prepare_and_start_frag_download(self, *_: object) -> None:
            pass

        def _download_fragment(self, _: object, url: str, __: object, headers: Any, data: bytes | None) -> bool:  # noqa: ANN401 - as above
            self._pages += 1
            if self._pages > _MOST_PAGES:  # each names the next: that may go on without an end
                raise ValueError(f"more than {_MOST_PAGES:,} pages of chat")
            with ydl.urlopen(Request(url, data=data, headers=dict(headers or {}))) as answer:
                self._page = answer.read()
            return True

        def _read_fragment(self, _: object) -> bytes:
            return self._page

        def _append_fragment(self, _: object, lines: bytes) -> None:
            if len(self.lines) + len(lines) > _LARGEST:
                raise ValueError(f"more than {_LARGEST >> 20} MiB of chat")
            self.lines += lines

        def _finish_frag_download(self, *_: object) -> bool:
            return True

    return _Chat()

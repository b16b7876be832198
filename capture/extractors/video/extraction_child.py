"""The process that runs yt-dlp: it finds out which streams a video has, and fetches nothing itself."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from capture.extractors.child.lent_session import to_sign
from capture.extractors.child.messages import LARGEST, Ended, ExtractionTrouble, Remark
from capture.extractors.child.talk import Talk, end_after
from capture.extractors.video.messages import ListedVideo, Task

if TYPE_CHECKING:
    import socket

    from yt_dlp import YoutubeDL  # type: ignore[import-untyped]  # it ships no types

# yt-dlp's own choice of the best quality: streams of video and audio apart where that is better.
_BEST = "bestvideo*+bestaudio/best"
# What goldenhour takes apart itself.
_PROTOCOLS = frozenset({"http", "https", "m3u8", "m3u8_native", "http_dash_segments"})
_DEEPEST = 4  # Lists in lists: a channel has tabs, a tab has playlists, and they have videos.
_MOST_REMARKS = 20
# yt-dlp has one class of error for "there is no video" and for "there is, and I could not": only its words tell.
_NONE_THERE = re.compile(
    r"unsupported url|no (?:video|media|audio|playable|suitable|downloadable)|(?:unable to|can(?:no|')t) find .*video"
    r"|does not (?:contain|have) (?:a |any )?(?:video|media)|there(?:'s| is) no (?:video|media)|no .{0,20}found in",
    re.IGNORECASE,
)
_USUAL = "generic information extractor"  # yt-dlp warns of this whenever it is asked for it.
_LIVE_SUFFIX = re.compile(r" \d{4}-\d\d-\d\d \d\d:\d\d$")


def extract(talk: socket.socket) -> None:
    """Do the one task that the parent gives, in the sandbox."""
    parent = Talk(talk)
    end_after()
    task = parent.task(Task)
    try:
        _Looking(task, parent).look()
    except MemoryError:
        parent.say(ExtractionTrouble(url=_words(task.url), words="it takes more memory to read than is allowed"))
    except Exception as error:  # noqa: BLE001 - 1,800 extractors by as many authors raise whatever they like
        parent.say(_trouble(task.url, error))
    parent.say(Ended())
    sys.exit(0)


class _Logger:
    """Hears what yt-dlp would print."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._heard: set[str] = set()

    def debug(self, _message: str) -> None:
        """Hear of progress; nobody needs it."""

    def info(self, _message: str) -> None:
        """Hear of progress; nobody needs it."""

    def error(self, _message: str) -> None:
        """Hear of an error, which is raised as well."""

    def warning(self, message: str) -> None:
        """Hear of something that may explain what is missing."""
        if message not in self._heard and _USUAL not in message and len(self._heard) < _MOST_REMARKS:
            self._heard.add(message)
            self._talk.say(Remark(words=_words(message)))


class _Looking:
    """One task."""

    def __init__(self, task: Task, talk: Talk) -> None:
        self._task = task
        self._talk = talk
        self._left = task.most
        self._ydl = _youtube_dl(task, talk)

    def look(self) -> None:
        """Say which videos there are. Raises whatever yt-dlp does."""
        task = self._task
        extractors = self._ydl._ies  # noqa: SLF001 - yt-dlp has no question for this
        if not task.extractor and not any(
            extractor.suitable(task.url) for key, extractor in extractors.items() if key != "Generic"
        ):
            self._talk.say(
                ExtractionTrouble(url=task.url, words="no extractor is made for this address", none_there=True)
            )
            return
        found = self._ydl.extract_info(task.url, download=False, process=False, ie_key=task.extractor or None)
        self._describe(found, 0)

    def _describe(self, found: dict[str, Any] | None, depth: int) -> None:
        """Describe what an extractor returned: a video, a list, or another address to look at."""
        kind = (found or {}).get("_type", "video")
        if not found:
            return
        # Lists that name lists come from the site: a ring of them would never end.
        if depth > _DEEPEST:
            words = f"a list within {_DEEPEST} others: not looked into"
            self._talk.say(ExtractionTrouble(url=_words(str(found.get("url") or self._task.url)), words=words))
            return
        if kind in {"playlist", "multi_video"}:
            self._describe_list(found, depth)
        elif kind == "url":
            url, extractor = found["url"], found.get("ie_key")
            self._describe(self._ydl.extract_info(url, download=False, process=False, ie_key=extractor), depth + 1)
        else:
            self._describe_video(self._ydl.process_ie_result(found, download=False))

    def _describe_list(self, found: dict[str, Any], depth: int) -> None:
        """Describe the videos of a list one after the other; one that fails does not cost the others."""
        # A video in a list is often described without its extractor: the list's is its.
        shared = {key: found[key] for key in ("extractor", "extractor_key", "webpage_url") if found.get(key)}
        for entry in _entries(self._ydl, found):
            if not isinstance(entry, dict):
                continue
            if not self._left:
                url = str(found.get("webpage_url") or self._task.url)
                self._talk.say(ListedVideo(url=_words(url), title=_words(str(found.get("title") or ""))))
                return
            is_video = entry.get("_type", "video") == "video"
            try:
                if is_video:
                    self._ydl.add_extra_info(entry, shared)
                self._describe(entry, depth + 1)
            except Exception as error:  # noqa: BLE001 - as in main: the next one may be better made
                url = entry.get("webpage_url" if is_video else "url") or self._task.url
                self._talk.say(_trouble(str(url), error))

    def _describe_video(self, info: dict[str, Any] | None) -> None:
        from capture.extractors.video.described import described

        if info is None:
            return
        if info.get("_type") in {"playlist", "multi_video"}:  # what url_transparent may lead to
            for entry in info.get("entries") or ():
                self._describe_video(entry)
            return
        self._left -= 1
        if info.get("is_live"):
            info["title"] = _LIVE_SUFFIX.sub("", str(info.get("title") or ""))  # yt-dlp adds the time of day
        video = described(info, self._ydl)
        if video.live_chat and self._task.comments:
            from capture.extractors.video.live_chat import read_chat

            chat, missing = read_chat(self._ydl, info)
            video = msgspec.structs.replace(video, chat=chat, chat_missing=_words(missing))
        if len(msgspec.json.encode(video)) >= LARGEST:
            raise ValueError(f"what is said of it is larger than {LARGEST >> 20} MiB")
        self._talk.say(video)


def _entries(ydl: YoutubeDL, found: dict[str, Any]) -> Iterator[object]:
    """Yield the entries of a list as they come, page by page."""
    from yt_dlp.utils import PlaylistEntries  # type: ignore[import-untyped]  # it ships no types

    for _, entry in PlaylistEntries(ydl, found).get_requested_items():
        yield entry


def _youtube_dl(task: Task, talk: Talk) -> YoutubeDL:
    """Return a yt-dlp that has one door, no settings of the user's, and no programs."""
    import yt_dlp
    from yt_dlp.globals import plugin_dirs  # type: ignore[import-untyped]  # it ships no types

    from capture.extractors.video.door import DoorRH, jar_of

    # Nothing of the user's own yt-dlp: no plugins, no configuration, no cache, no .netrc. What is captured must not
    # depend on whose computer it is.
    plugin_dirs.value = []
    DoorRH.ask = talk.ask
    if any(cookie.name.endswith("APISID") for cookie in task.cookies):
        _leave_signing()

    class _OneDoor(yt_dlp.YoutubeDL):  # type: ignore[misc]  # as above
        cookiejar = jar_of(task.cookies)

        def build_request_director(self, _handlers: object, _preferences: object = None) -> Any:  # noqa: ANN401 - yt-dlp ships no types
            return super().build_request_director([DoorRH], ())

    ydl = _OneDoor(
        {
            "logger": _Logger(talk),
            "quiet": True,
            "noprogress": True,
            "color": "never",
            "simulate": True,
            "cachedir": False,
            "usenetrc": False,
            "proxy": "",
            # No invented X-Forwarded-For: what a site is told about who asks must be true.
            "geo_bypass": False,
            # yt-dlp starts no ffmpeg, not even to ask for its version.
            "ffmpeg_location": os.devnull,
            "extractor_retries": 0,
            "noplaylist": True,
            "lazy_playlist": True,
            "getcomments": task.comments,
            "remote_components": (),
            # No other program is started in a sandbox, not even to run a site's own scripts.
            "js_runtimes": {},
        }
    )
    best = ydl.build_format_selector(_BEST)
    ydl.format_selector = lambda context: _choose(best, context)
    return ydl


def _leave_signing() -> None:
    """Have the parent compute what YouTube's code makes of a session's cookies, which stand here by placeholders."""
    from yt_dlp.extractor.youtube._base import YoutubeBaseInfoExtractor  # type: ignore[import-untyped]  # as above

    def _unsigned(scheme: str, sid: str, origin: str, more: dict[str, str] | None) -> str:
        now, also = str(round(time.time())), [":".join(more.values())] if more else []
        return f"{scheme} {now}_{to_sign(' '.join([*also, now, sid, origin]))}" + (f"_{''.join(more)}" if more else "")

    YoutubeBaseInfoExtractor._make_sid_authorization = staticmethod(_unsigned)  # noqa: SLF001 - it has no other place


def _choose(best: Callable[[dict[str, Any]], Iterator[Any]], context: dict[str, Any]) -> Iterator[Any]:
    """Yield the best of the streams that goldenhour can take apart; of the others only where there is no such."""
    able = [stream for stream in context["formats"] if stream.get("protocol") in _PROTOCOLS]
    yield from best({**context, "formats": able or context["formats"]})


def _trouble(url: str, error: Exception) -> ExtractionTrouble:
    """Return what went wrong, in yt-dlp's words."""
    from yt_dlp.utils import ExtractorError, UnsupportedError, YoutubeDLError

    # The words of whatever lies below: yt-dlp wraps an error several times, each time with advice for its own users.
    cause: object = error
    information = getattr(error, "exc_info", None)  # a DownloadError hides what it was made of here
    if isinstance(information, tuple) and len(information) > 1 and information[1] is not None:
        cause = information[1]
    if isinstance(cause, ExtractorError):
        words = cause.orig_msg
        if cause.cause is not None and str(cause.cause) not in words:
            words = f"{words} ({cause.cause})"
    elif isinstance(cause, YoutubeDLError):
        words = str(cause)
    else:
        words = f"yt-dlp could not read what the site sent ({type(cause).__name__}: {cause})"
    none_there = isinstance(cause, UnsupportedError) or _NONE_THERE.search(words) is not None
    return ExtractionTrouble(url=_words(url), words=_words(words), none_there=none_there)


def _words(text: str) -> str:
    """Return text that can be sent: bounded, without lone surrogates."""
    return text[:4000].encode("utf-8", "replace").decode()

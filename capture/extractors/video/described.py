"""A video as yt-dlp describes it, taken over field by field: each may be missing, wrong or hostile."""

from __future__ import annotations

import math
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import msgspec

from capture.extractors.video.door import DoorRH
from capture.extractors.video.live_chat import has_chat
from capture.extractors.video.messages import FoundVideo, Stream, Subtitle, VideoFact

if TYPE_CHECKING:
    from yt_dlp import YoutubeDL  # type: ignore[import-untyped]  # it ships no types

_COUNTS = {
    "views": "view_count",
    "likes": "like_count",
    "dislikes": "dislike_count",
    "comments": "comment_count",
    "reposts": "repost_count",
    "followers of the channel": "channel_follower_count",
}
_FACTS = {
    "duration in seconds": "duration",
    "resolution": "resolution",
    "format": "format",
    "availability": "availability",
    "live status": "live_status",
    "age limit": "age_limit",
    "location": "location",
    "license": "license",
    "uploaded on (date without zone)": "upload_date",
    "channel": "channel",
    "series": "series",
}
_SECRET = frozenset({"cookies", "http_headers", "filepath", "_filename", "filename", "requested_downloads"})
_BRIEF = frozenset({"id", "title", "description", "uploader", "webpage_url", "extractor", "duration", "_version"})
_LARGEST_INFO = 16 << 20
_BULKY = frozenset({"fragments", "hls_media_playlist_data"})
# Beyond it JSON numbers are not exact (RFC 8259, section 6; RFC 8785).
_LARGEST = (1 << 53) - 1
_LONGEST_TEXT, _LONGEST_LINE = 1 << 19, 4000
_MOST_SEGMENTS, _MOST_TAGS, _MOST_SUBTITLES = 100_000, 200, 200
_DEEPEST = 30
_HTTP = ("http://", "https://")


def described(info: dict[str, Any], ydl: YoutubeDL) -> FoundVideo:
    """Return what a site says about a video, and the streams that yt-dlp chose."""
    # Where sound and picture are apart, yt-dlp names two streams; else the video is its own stream.
    chosen = info.get("requested_formats") or [info]
    of_platform = _is_named(info, ydl)
    thumbnails = [line(each.get("url")) for each in dicts(info.get("thumbnails"))] or [line(info.get("thumbnail"))]
    return FoundVideo(
        extractor=line(info.get("extractor")) or "yt-dlp",
        of_platform=of_platform,
        version=version("yt-dlp"),
        id=line(info.get("id")),
        url=line(info.get("webpage_url")),
        title=text(info.get("title")),
        description=text(info.get("description")),
        author=line(info.get("uploader") or info.get("creator") or info.get("channel")),
        author_handle=line(info.get("uploader_id")),
        author_id=line(info.get("channel_id")),
        author_url=line(info.get("uploader_url") or info.get("channel_url")),
        published=_moment(info) if of_platform else None,
        language=line(info.get("language")),
        tags=tuple(line(tag) for tag in items(info.get("tags"))[:_MOST_TAGS] if line(tag)),
        counts={name: count for name, key in _COUNTS.items() if (count := whole(info.get(key))) is not None},
        facts=tuple(_facts(info)),
        live=info.get("is_live") is True,
        thumbnail=thumbnails[-1] if thumbnails[-1].startswith(_HTTP) else "",
        subtitles=tuple(_subtitles(info)),
        automatic=len(info["automatic_captions"]) if isinstance(info.get("automatic_captions"), dict) else 0,
        live_chat=has_chat(info),
        streams=tuple(_stream(each, ydl) for each in dicts(chosen)[:4]),
        container=line(info.get("ext")) or "mp4",
        info=_as_json(info, ydl),
    )


def _is_named(info: dict[str, Any], ydl: YoutubeDL) -> bool:
    """Say whether the extractor is made for a site: one without a pattern for URLs finds videos in any page."""
    extractor = ydl._ies.get(str(info.get("extractor_key")))  # noqa: SLF001 - yt-dlp has no question for this
    return extractor is not None and info.get("extractor_key") != "Generic" and bool(extractor._VALID_URL)  # noqa: SLF001 - as above


def text(value: object, longest: int = _LONGEST_TEXT) -> str:
    """Return a text, bounded and without lone surrogates; "" for anything else."""
    if not isinstance(value, str):
        return ""
    return value[:longest].encode("utf-8", "replace").decode()


def line(value: object) -> str:
    """Return a short text; a number is one too."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST:
        return str(value)
    return text(value, _LONGEST_LINE)


def whole(value: object) -> int | None:
    """Return a count, bounded; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return min(max(int(value), 0), _LARGEST)


def items(value: object) -> list[object]:
    """Return a list's members, and none of anything else."""
    return list(value) if isinstance(value, list | tuple) else []


def dicts(value: object) -> list[dict[str, Any]]:
    """Return those members of a list that are objects."""
    return [each for each in items(value) if isinstance(each, dict)]


def _moment(info: dict[str, Any]) -> float | None:
    """Return when it was published. Of a page of any site it is the time of a file, which says nothing of a post."""
    moment = info.get("timestamp") or info.get("release_timestamp")
    if isinstance(moment, bool) or not isinstance(moment, int | float) or not math.isfinite(moment):
        return None
    return float(moment)


def _facts(info: dict[str, Any]) -> list[VideoFact]:
    facts = []
    for name, key in _FACTS.items():
        value = info.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LARGEST:
            facts.append(VideoFact(name=name, value=value))
        elif said := text(value, _LONGEST_LINE):
            facts.append(VideoFact(name=name, value=said))
    return facts


def _stream(stream: dict[str, Any], ydl: YoutubeDL) -> Stream:
    url = text(stream.get("url"), 8192)
    segments = []
    fragments = dicts(stream.get("fragments"))
    for each in fragments[:_MOST_SEGMENTS]:
        # DASH gives a fragment's whole address, or its path below a common one.
        own, path = text(each.get("url"), 8192), text(each.get("path"), 8192)
        segments.append(own or f"{text(stream.get('fragment_base_url'), 8192)}{path}")
    return Stream(
        url=url,
        protocol=line(stream.get("protocol")),
        name=line(stream.get("format")),
        extension=line(stream.get("ext")),
        video=stream.get("vcodec") != "none",
        headers=_headers(stream),
        cookie=text(ydl.cookiejar.get_cookie_header(url)) if url.startswith(_HTTP) else "",
        segments=tuple(segments),
        left_out=max(len(fragments) - _MOST_SEGMENTS, 0),
        variables=DoorRH.defined.get(text(stream.get("manifest_url"), 8192), {}),
    )


def _headers(stream: dict[str, Any]) -> dict[str, str]:
    headers = stream.get("http_headers")
    pairs = headers.items() if isinstance(headers, dict) else ()
    return {line(name): line(value) for name, value in pairs if line(name).lower() not in {"cookie", "accept-encoding"}}


def _subtitles(info: dict[str, Any]) -> list[Subtitle]:
    """Return the subtitles that people wrote: of each language the form that yt-dlp holds for the best."""
    offered = info.get("subtitles")
    found = []
    for language, forms in offered.items() if isinstance(offered, dict) else ():
        usable = [form for form in dicts(forms) if text(form.get("url")).startswith(_HTTP)]
        usable = [form for form in usable if form.get("protocol") in {None, "http", "https", "m3u8_native"}]
        # yt-dlp gives the live chat among the subtitles; it is no text of the video.
        if usable and language != "live_chat":
            # yt-dlp sorts each list from worst to best.
            best = usable[-1]
            protocol, url = line(best.get("protocol")) or "https", text(best["url"], 8192)
            found.append(Subtitle(language=line(language), url=url, protocol=protocol, headers=_headers(best)))
    return found[:_MOST_SUBTITLES]


def _as_json(info: dict[str, Any], ydl: YoutubeDL) -> bytes:
    """Return all that yt-dlp found out, without credentials, paths, and lists of segments."""
    clean = _clean(ydl.sanitize_info(info, remove_private_keys=True))
    data = msgspec.json.format(msgspec.json.encode(clean), indent=1)
    if len(data) > _LARGEST_INFO:  # comments by the hundred thousand; as served they are kept anyway
        clean = {key: value for key, value in clean.items() if key in _BRIEF}
        data = msgspec.json.format(msgspec.json.encode(clean), indent=1)
    return data


def _clean(value: Any, depth: int = 0) -> Any:  # noqa: ANN401 - any JSON
    # What yt-dlp read goes into a file that is handed over: without cookies and tokens, without what repeats the
    # playlists, and with numbers that any JSON reader takes.
    if isinstance(value, dict) and depth < _DEEPEST:
        return {
            text(key): _clean(each, depth + 1)
            for key, each in value.items()
            if key not in _SECRET and key not in _BULKY
        }
    if isinstance(value, list) and depth < _DEEPEST:
        return [_clean(each, depth + 1) for each in value]
    if isinstance(value, str):
        return text(value, _LARGEST)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int):
        return value if abs(value) <= _LARGEST else str(value)
    return None

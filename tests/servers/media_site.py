"""A small site of videos: streams in every common form, and pages that name them in every common way."""

from __future__ import annotations

import hashlib
import json
import posixpath
from typing import TYPE_CHECKING, Self

from tests.servers.media import SECONDS, media_files
from tests.servers.scene import Body, SceneServer

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACES: Mapping[str, str] = {
    "/clip.mp4": "a progressive MP4, H.264 and AAC, six seconds",
    "/thumb.jpg": "its first frame",
    "/hls/master.m3u8": "HLS: a master playlist of two renditions",
    "/hls/hi.m3u8": "HLS: the larger rendition, three MPEG-TS segments",
    "/hls/lo.m3u8": "HLS: the smaller rendition, three MPEG-TS segments",
    "/fmp4/index.m3u8": "HLS: fragmented MP4, an init.mp4 and three segments",
    "/aes/index.m3u8": "HLS: three MPEG-TS segments, encrypted with AES-128",
    "/aes/key.bin": "their key",
    "/dash/manifest.mpd": "DASH: two representations of video, one of audio",
    "/json-ld": "a page whose VideoObject (JSON-LD) names /clip.mp4 and /thumb.jpg",
    "/open-graph": "a page whose og:video is /clip.mp4 and og:image /thumb.jpg",
    "/twitter-card": "a page whose twitter:player:stream is /clip.mp4",
    "/video-element": "a page with one <video>: poster, an HLS and an MP4 source",
    "/two-videos": "a page with two <video>: /clip.mp4 and /fmp4/index.m3u8",
    "/no-video": "a page of text",
    "/feed.xml": "an RSS feed: an item that links to /json-ld, an item with /clip.mp4 enclosed",
}
_TYPES = {
    ".m3u8": "application/vnd.apple.mpegurl",
    ".mpd": "application/dash+xml",
    ".m4s": "video/iso.segment",
    ".ts": "video/mp2t",
    ".bin": "application/octet-stream",
}


class MediaSite(SceneServer):
    """A SceneServer with everything in `PLACES`, and the segments that its playlists name.

    Its pages and its feed name the files by absolute URLs, as their standards demand. Answers are whole (200): there
    are no byte ranges here. Raises ToolMissing where there is no ffmpeg.
    """

    def __init__(self) -> None:
        self._data = media_files()
        super().__init__({})

    def __enter__(self) -> Self:
        super().__enter__()
        pages = {path: page.encode() for path, page in _pages(self.origin, len(self._data["/clip.mp4"])).items()}
        self._data = {**self._data, **pages}
        self.files = {path: Body(data=data, type=_type(path)) for path, data in self._data.items()}
        return self

    @property
    def data(self) -> Mapping[str, bytes]:
        """Every file by its path, as it is served."""
        return self._data

    @property
    def sha256(self) -> Mapping[str, str]:
        """By path: the SHA-256 of the file as it is served, in hex."""
        return {path: hashlib.sha256(data).hexdigest() for path, data in self._data.items()}


def _type(path: str) -> str:
    """Return the Content-Type that SceneServer does not know; empty where it does."""
    return _TYPES.get(posixpath.splitext(path)[1], "")


def _pages(origin: str, clip_size: int) -> dict[str, str]:
    clip, thumb = f"{origin}/clip.mp4", f"{origin}/thumb.jpg"
    video = {
        "@context": "https://schema.org",
        "@type": "VideoObject",
        "name": "Market scene",
        "description": "The market, seen from the bridge",
        "uploadDate": "2026-03-01T12:00:00Z",
        "duration": f"PT{SECONDS}S",
        "contentUrl": clip,
        "thumbnailUrl": [thumb],
        "author": {"@type": "Person", "name": "alice"},
    }
    return {
        "/json-ld": _page("Market scene", f'<script type="application/ld+json">{json.dumps(video)}</script>'),
        "/open-graph": _page(
            "Market scene",
            '<meta property="og:title" content="Market scene"><meta property="og:type" content="video.other">'
            f'<meta property="og:video" content="{clip}"><meta property="og:video:type" content="video/mp4">'
            f'<meta property="og:image" content="{thumb}">',
        ),
        "/twitter-card": _page(
            "Market scene",
            '<meta name="twitter:card" content="player">'
            f'<meta name="twitter:player:stream" content="{clip}">'
            '<meta name="twitter:player:stream:content_type" content="video/mp4">',
        ),
        "/video-element": _page(
            "Market scene",
            body='<video controls poster="/thumb.jpg"><source src="/hls/master.m3u8" type="application/x-mpegURL">'
            '<source src="/clip.mp4" type="video/mp4"></video>',
        ),
        "/two-videos": _page(
            "Two videos",
            body='<video src="/clip.mp4"></video><video src="/fmp4/index.m3u8" type="application/x-mpegURL"></video>',
        ),
        "/no-video": _page("No video", body="<p>The market was quiet.</p>"),
        "/feed.xml": '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel><title>#FireWatch</title>'
        f"<link>{origin}/</link><description>What people saw</description>"
        f"<item><title>A page</title><link>{origin}/json-ld</link><guid>{origin}/json-ld</guid>"
        "<pubDate>Sun, 01 Mar 2026 12:00:00 GMT</pubDate></item>"
        f'<item><title>A video</title><guid isPermaLink="false">clip-1</guid>'
        f'<enclosure url="{clip}" type="video/mp4" length="{clip_size}"/></item></channel></rss>\n',
    }


def _page(title: str, head: str = "", body: str = "<p>The market, seen from the bridge.</p>") -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{head}</head>'
        f"<body><h1>{title}</h1>{body}</body></html>\n"
    )

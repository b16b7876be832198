"""What a site says about a video, as a post and as facts; all of it is claimed by the site."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hashing.case.facts import Fact
from hashing.case.kinds import ItemKind
from hashing.case.post import Account, Post, PostMedia

if TYPE_CHECKING:
    from capture.extractors.video.messages import FoundVideo

_LATEST = 253402300799  # 31 December 9999, in seconds since 1970.


def lasting_name(video: FoundVideo) -> str:
    """Return what a video is known by: the platform's own name of it, where there is a platform."""
    return video.id if video.of_platform else f"{video.url}#{video.id}"


def post_of(video: FoundVideo) -> Post:
    """Return a video as the post that it is."""
    return Post(
        platform=video.extractor,
        server=_host(video.url),
        id=lasting_name(video),
        permalink=video.url,
        author=Account(handle=video.author_handle, name=video.author, id=video.author_id, url=video.author_url),
        published=published(video),
        title=video.title,
        text=video.description,
        language=video.language,
        tags=video.tags,
        counts=dict(video.counts),
        media=tuple(
            PostMedia(url=stream.url, kind=ItemKind.VIDEO if stream.video else ItemKind.AUDIO)
            for stream in video.streams
        ),
    )


def facts_of(video: FoundVideo) -> tuple[Fact, ...]:
    """Return what a site says of a video beyond the post."""
    where = f"yt-dlp: {video.extractor}"
    facts = [Fact(fact.name, fact.value, where) for fact in video.facts]
    facts += [Fact("title", video.title, where)] if video.title else []
    if published(video):
        facts.append(Fact("published zone", "as yt-dlp reads it, to whom a time without a zone is one of UTC", where))
    if video.automatic:
        facts.append(Fact("subtitles made by a machine", video.automatic, where))
    return tuple(facts)


def published(video: FoundVideo) -> str:
    """Return the claimed time of publication in RFC 3339, or "" where there is none that a calendar holds."""
    moment = moment_of(video)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z") if moment is not None else ""


def moment_of(video: FoundVideo) -> datetime | None:
    """Return the claimed time of publication."""
    if video.published is None or not math.isfinite(video.published) or not 0 <= video.published <= _LATEST:
        return None
    return datetime.fromtimestamp(video.published, UTC)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""

"""What belongs to a video beside its streams: thumbnail, subtitles, and the working copies that are made of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from capture.extractors.video.messages import FoundVideo, Stream
from capture.extractors.video.streams import FILES, HLS, Joined
from capture.request.extractor import DerivedFile, FetchRequest, Finding, NotFollowed, Unavailable
from capture.request.item_name import item_name
from hashing.case.kinds import ItemKind


def alone(video: FoundVideo) -> Stream | None:
    """Return the stream of a video that is a single file."""
    only = video.streams[0] if len(video.streams) == 1 else None
    return only if only is not None and only.protocol in FILES else None


def beside(video: FoundVideo, where: str) -> Iterator[Finding]:
    """Yield the thumbnail and the subtitles that people wrote, where each is a file."""
    if video.thumbnail:
        yield FetchRequest(url=video.thumbnail, kind=ItemKind.PHOTO, found_in=f"thumbnail of {where}", optional=True)
    for subtitle in video.subtitles:
        if subtitle.protocol in HLS:
            continue
        found_in = f"subtitles of {where}: {subtitle.language}"
        yield FetchRequest(url=subtitle.url, kind=ItemKind.SUBTITLES, found_in=found_in, headers=subtitle.headers)
    if video.chat_missing:
        reason = f"its live chat: not captured, or not to its end ({video.chat_missing})"
        yield Unavailable(url=video.url, reason=reason, found_in=where)
    elif video.live_chat and not video.chat:
        yield NotFollowed(url=video.url, reason="its live chat: not asked for (--comments)")
    if video.automatic:
        reason = "subtitles made by a machine: not fetched, in"
        yield NotFollowed(url=video.url, reason=f"{reason} {video.automatic} languages", count=video.automatic)


def copies_of_streams(video: FoundVideo, ref: str, number: int, joined: Sequence[Joined]) -> Iterator[DerivedFile]:
    """Yield the files that were made of the streams; `number` tells the videos of one item apart."""
    for count, copy in enumerate(joined):
        part = f"-{count + 1}" if len(joined) > 1 else ""
        name = f"{_stem(video, ref, number)}{part}{copy.extension}"
        how = f"{copy.how} (streams found by yt-dlp {video.version})"
        yield DerivedFile(ref=ref, file=copy.file, name=name, how=how)


def copies_of_words(video: FoundVideo, ref: str, number: int, folder: Path) -> Iterator[DerivedFile | NotFollowed]:
    """Yield what yt-dlp read of the site's answers: everything, as JSON, and the description, as text."""
    # From the process to a file, and by the writer into the capture: derived, so marked with what made it.
    texts = {"-info.json": video.info, "-description.txt": video.description.encode(), "-live-chat.jsonl": video.chat}
    hows = {
        "-info.json": f"what yt-dlp {video.version} read in the site's answers, without cookies and request headers",
        "-description.txt": "the video's description, in UTF-8",
        "-live-chat.jsonl": f"the live chat as yt-dlp {video.version} read it, a message a line",
    }
    for ending, data in texts.items():
        if data:
            file = folder / f"words{ending}"
            try:
                file.write_bytes(data)
            except OSError as error:
                reason = f"video: {hows[ending]}: it cannot be written ({(error.strerror or str(error)).lower()})"
                yield NotFollowed(url=video.url, reason=reason)
                continue
            yield DerivedFile(ref=ref, file=file, name=f"{_stem(video, ref, number)}{ending}", how=hows[ending])


def _stem(video: FoundVideo, ref: str, number: int) -> str:
    """Return `0003-video-1-market-scene`: harmless on every file system, whatever the title."""
    title = quote(video.title[:200], safe="", errors="replace")
    slug = item_name(0, f"https://title/{title}.", "video", "").partition("-")[2]
    return f"{ref.rpartition('-')[2]}-video-{number}" + ("" if slug == "video" else f"-{slug}")

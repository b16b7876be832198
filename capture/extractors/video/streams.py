"""The streams of one video: fetched as they are served, and joined to a working copy that plays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from capture.extractors.video.ffmpeg import GivenUp, ffmpeg_version, find_ffmpeg, merge
from capture.extractors.video.live import Follower
from capture.extractors.video.messages import FoundVideo, Stream
from capture.extractors.video.playlist import MediaPlaylist, NoPlaylist, Segment, playlist_of
from capture.extractors.video.segments import NotJoined, SegmentFetch, join
from capture.request.extractor import Fetch, FetchRequest, StoredItem
from capture.request.media_type import HEAD, sniff
from hashing.case.kinds import ItemKind

if TYPE_CHECKING:
    from capture.extractors.video.answering import Answering

HLS = frozenset({"m3u8", "m3u8_native"})
DASH = "http_dash_segments"
FILES = frozenset({"http", "https"})
_MOST_REFS = 20
_CONTAINERS = frozenset({"mp4", "webm", "mkv", "mov", "m4a", "mp3", "ogg"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A working copy of a video, and how it was made."""

    file: Path
    extension: str
    how: str


class Streams:
    """What a video is to be taken from. After `take`, everything that could be had is an item."""

    def __init__(self, fetch: Fetch, video: FoundVideo, found_in: str, folder: Path) -> None:
        self._fetch = fetch
        self._video = video
        self._found_in = found_in
        self._folder = folder
        self._parts: list[_Part] = []
        # The first item of the video: its playlist, or else its first file or segment.
        self.first: StoredItem | None = None
        self.gone: list[str] = []  # What belongs to the video and was not to be had.
        self.notes: list[str] = []  # What was not done with what is kept, and why.

    def fetch_streams(self, answering: Answering) -> None:
        """Fetch every stream."""
        lives = []
        # Streams that are over come first. Live ones are followed together at the end: one after the other, the second
        # would have lost what ran while the first was followed.
        for stream in self._video.streams:
            headers = request_headers(stream)
            segments = SegmentFetch(self._fetch, self._found_in, stream.url, headers)
            part = _Part(stream, segments)
            if stream.protocol in FILES:
                self._fetch_file(part, answering, headers)
            elif stream.protocol == DASH and not self._video.live:
                segments.fetch_segments([Segment(url, number=number) for number, url in enumerate(stream.segments)])
                self._say_left_out(stream.left_out)
            elif stream.protocol in HLS:
                if (playlist := self._playlist(part, answering)) is not None and not playlist.ended:
                    lives.append((part, playlist))
                elif playlist is not None:
                    segments.fetch_segments(playlist.segments)
            else:
                live = "a live stream" if self._video.live else "a stream"
                self.gone.append(f"{live} by {stream.protocol[:60]}, which goldenhour does not take apart")
            self._parts.append(part)
        self._follow(lives)
        for part in self._parts:
            self._say_gaps(part)
        self.first = next((first for part in self._parts if (first := part.first) is not None), None)

    def fetch_subtitles(self) -> None:
        """Fetch subtitles that come in segments; they are kept as served, and not joined."""
        for subtitle in self._video.subtitles:
            if subtitle.protocol in HLS:
                found_in = f"subtitles of {self._found_in}: {subtitle.language}"
                segments = SegmentFetch(self._fetch, found_in, subtitle.url, subtitle.headers, kind=ItemKind.SUBTITLES)
                part = _Part(Stream(url=subtitle.url, protocol=subtitle.protocol), segments)
                if (playlist := self._playlist(part)) is not None and playlist.ended:
                    segments.fetch_segments(playlist.segments)
                    self._say_gaps(part)

    def join(self) -> list[Joined]:
        """Make working copies: one of everything where that is possible, or else one of each stream."""
        # 1. Each stream to one file that plays, 2. all of these into one container, where ffmpeg is there. Whatever
        # fails leaves what was made before it: originals are items already.
        parts = [part for part in self._parts if part.segments.pieces or part.file is not None]
        made = [made for part in parts if (made := self._joined(part)) is not None]
        alone = len(made) == 1 and len(parts) == 1
        if not made or (alone and parts[0].file is not None):
            return []  # a file that was served whole is its own best copy
        ffmpeg = find_ffmpeg()
        extension = _container(self._video.container)
        if not ffmpeg or (alone and made[0].extension == extension):
            if len(made) > 1:
                self.notes.append("the streams are kept; install ffmpeg to have them joined")
            return [each for each in made if each.file.parent == self._folder]
        merged = self._folder / f"merged{extension}"
        try:
            merge(ffmpeg, [each.file for each in made], merged, self._fetch.wait)
        except NotJoined as error:
            where = self.gone if isinstance(error, GivenUp) else self.notes
            where.append(f"the streams are kept and were not joined: {error}")
            return [each for each in made if each.file.parent == self._folder]
        for each in made:
            if each.file.parent == self._folder:
                each.file.unlink()  # what it holds is in the merged file, and in the segments
        how = "; ".join(each.how for each in made)
        how = f"{how}; put into one file without encoding anew by {ffmpeg_version(ffmpeg)}"
        return [Joined(file=merged, extension=extension, how=how)]

    def _fetch_file(self, part: _Part, answering: Answering, headers: dict[str, str]) -> None:
        stream = part.stream
        part.file = answering.stored(stream.url)
        if part.file is None:
            kind = ItemKind.VIDEO if stream.video else ItemKind.AUDIO
            found = FetchRequest(url=stream.url, kind=kind, found_in=self._found_in, headers=headers)
            answer = self._fetch.get(found)
            part.file = answer.stored if not answer.reason else None

    def _playlist(self, part: _Part, answering: Answering | None = None) -> MediaPlaylist | None:
        url = part.stream.url
        stored = (answering and answering.stored(url)) or part.segments.get(url, ItemKind.PLAYLIST).stored
        if stored is None:
            return None
        part.playlist = stored
        try:
            playlist = playlist_of(stored, self._fetch.readers, part.stream.variables)
        except NoPlaylist as error:
            self.gone.append(f"the playlist is kept and was not followed: {error}")
            return None
        self._say_left_out(playlist.left_out)
        if playlist.cut and playlist.ended:
            self.gone.append(f"the playlist {stored.item.ref} breaks off where it announces a segment")
        return playlist

    def _say_left_out(self, count: int) -> None:
        if count:
            self.gone.append(f"{count:,} segments beyond the first 100,000 were not fetched")

    def _say_gaps(self, part: _Part) -> None:
        if gaps := part.segments.gaps:
            segments = "1 segment is" if gaps == 1 else f"{gaps:,} segments are"
            self.gone.append(f"by the site's own playlist {segments} missing there (EXT-X-GAP)")

    def _follow(self, lives: list[tuple[_Part, MediaPlaylist]]) -> None:
        if not lives:
            return
        seconds = self._fetch.options.live
        if not seconds:
            self.notes.append("a live stream; it was not followed (say for how long, such as --for 10m)")
            return
        # All at once, not one after the other: while one were followed, the segments of the other would be gone.
        followers = [Follower(part.segments, part.stream, playlist, self._fetch.readers) for part, playlist in lives]
        Follower.follow(followers, seconds, self._fetch.wait)
        self.gone += [gone for follower in followers for gone in follower.gone]

    def _joined(self, part: _Part) -> Joined | None:
        """Join the segments of one stream; a file that was served whole stays where it is."""
        stream = part.stream
        what = stream.name[:100] or "the stream"
        if part.file is not None:
            ending = f".{part.file.body.name.rpartition('.')[2]}"
            return Joined(file=part.file.body, extension=ending, how=f"{what}: {part.file.item.ref}")
        pieces, fetched = part.segments.pieces, part.segments
        file = self._folder / f"stream-{self._parts.index(part)}"
        try:
            join(pieces, fetched.keys, file, self._fetch.wait)
        except NotJoined as error:
            self.notes.append(f"the segments are kept and were not joined: {error}")
            return None
        how = f"{what}: joined of {runs([piece.stored.item.ref for piece in pieces])}"
        if part.playlist is not None:
            how += f", in the order of the playlist {part.playlist.item.ref}"
        if fetched.key_refs:
            how += f", decrypted (AES-128) with the key {runs(fetched.key_refs)}"
        if fetched.missing:
            how += f"; {fetched.missing} of its segments are missing"
        if fetched.gaps:
            how += f"; its playlist leaves out {fetched.gaps} itself"
        return Joined(file=file, extension=_extension(file, stream), how=how)


@dataclass(slots=True, eq=False)
class _Part:
    """One stream, and what was got of it."""

    stream: Stream
    segments: SegmentFetch
    playlist: StoredItem | None = None
    file: StoredItem | None = None

    @property
    def first(self) -> StoredItem | None:
        pieces = self.segments.pieces
        return self.playlist or self.file or (pieces[0].stored if pieces else None)


def request_headers(stream: Stream) -> dict[str, str]:
    """Return the header fields that a site expects of who asks for a stream."""
    return {**stream.headers, "Cookie": stream.cookie} if stream.cookie else dict(stream.headers)


def runs(refs: Sequence[str]) -> str:
    """Return references in short: `MP/1-0004 to MP/1-0009, MP/1-0012`."""
    numbers = sorted({int(number) for ref in refs if (number := ref.rpartition("-")[2]).isdigit()})
    exhibit = refs[0].rpartition("-")[0]
    spans: list[tuple[int, int]] = []
    for each in numbers:
        if spans and spans[-1][1] == each - 1:
            spans[-1] = (spans[-1][0], each)
        else:
            spans.append((each, each))
    named = [
        f"{exhibit}-{first:04d}" if first == last else f"{exhibit}-{first:04d} to {exhibit}-{last:04d}"
        for first, last in spans[:_MOST_REFS]
    ]
    return ", ".join([*named, *([f"and {len(spans) - _MOST_REFS} further runs"] if len(spans) > _MOST_REFS else [])])


def _container(extension: str) -> str:
    """Return the extension of the file to put streams into; Matroska takes whatever is no usual container."""
    return f".{extension}" if extension in _CONTAINERS else ".mkv"


def _extension(file: Path, stream: Stream) -> str:
    """Return the extension that fits what a joined file begins with."""
    with file.open("rb") as opened:
        shown = sniff(opened.read(HEAD))
    return shown.extension if shown is not None else _container(stream.extension)

"""Looking for the videos at an address: yt-dlp says which there are, the recorder fetches them."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from capture.extractors.child.cookies import lent_cookies
from capture.extractors.child.lent_session import LentSession
from capture.extractors.child.messages import ExtractionTrouble, FetchQuestion, Remark
from capture.extractors.gallery.sites import is_own, site_of
from capture.extractors.video.answering import Answering
from capture.extractors.video.beside import alone, beside, copies_of_streams, copies_of_words
from capture.extractors.video.describing import facts_of, lasting_name, moment_of, post_of
from capture.extractors.video.extraction import Extraction
from capture.extractors.video.messages import FoundVideo, ListedVideo, Task
from capture.extractors.video.streams import Streams, request_headers
from capture.request.extractor import Fetch, FetchRequest, Finding, ItemReading, NotFollowed, StoredItem, Unavailable
from hashing.case.kinds import ItemKind

MOST = 5000  # Videos of one list; `--limit` sets it lower.

_LONGEST = 500
# yt-dlp's advice is for whoever typed its options. It is taken off, and ours put in its place (_HINTS).
_ADVICE = re.compile(
    r"[;,.]?\s*(?:please report this issue on .*|confirm you are on the latest version.*|see\s+https?://\S+.*"
    r"|use --(?:cookies|username|netrc|list|verbose|impersonate|proxy)\S*.*|you (?:might|may) want to use a vpn.*"
    r"|try again with\s+--.*|add --\S+.*|set --\S+.*)$",
    re.IGNORECASE | re.DOTALL,
)
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_PREFIX = re.compile(r"^(?:ERROR|WARNING):\s*|^\[[\w:+.-]+\]\s*")
_HINTS = (
    (
        re.compile(r"javascript runtime|js runtime|\bejs\b|challenge solv", re.IGNORECASE),
        "goldenhour runs no scripts of a site, which this one asks for; record the screen",
    ),
    (
        re.compile(
            r"log ?in|logged|sign in|account|registered|subscri|members|cookies|private|age.restricted|your age",
            re.IGNORECASE,
        ),
        "give cookies of an account that may see it (--cookies)",
    ),
    (
        re.compile(r"geo.?restrict|not available (?:in|from) your (?:country|location|region)", re.IGNORECASE),
        "capture it from a country where it is shown (--proxy)",
    ),
    (re.compile(r"\bdrm\b", re.IGNORECASE), "it cannot be captured as a file; record the screen"),
    (re.compile(r"impersonat|cloudflare|captcha|bot\b", re.IGNORECASE), "open it in a browser and give its cookies"),
)


@dataclass(slots=True)
class VideoSearch:
    """What one extractor finds with yt-dlp's help. Where that is nothing, `none` or `refused` says why."""

    fetch: Fetch
    found: int = 0
    none: str = ""  # Why there is no video, in plain words.
    refused: bool = False  # Whether there is something that the site, or yt-dlp, would not give.
    shown: set[str] = field(default_factory=set)  # Every address that yt-dlp was shown, or named as a stream.
    page: StoredItem | None = None  # The page at the address, where yt-dlp looked at it.
    _seen: set[str] = field(default_factory=set)
    _remarks: list[str] = field(default_factory=list)

    def look(self, url: str, extractor: str = "", page: StoredItem | None = None) -> Iterator[Finding]:
        """Yield what there is at an address; nothing where there is no video. `page` is what was fetched already."""
        options = self.fetch.options
        # A file of cookies may hold sessions with many sites: the process is told of none but this one's, and of that
        # by placeholders.
        session = LentSession(lent_cookies(self.fetch), lambda host: is_own(host, site_of(url), url))
        task = Task(
            url=url,
            extractor=extractor,
            most=min(options.limit or MOST, MOST),
            comments=options.comments,
            cookies=session.cookies,
        )
        answering = Answering(self.fetch, url, session, page)
        try:
            extraction = Extraction(task, pause=self.fetch.wait)
        except OSError as error:
            yield from self._trouble(
                ExtractionTrouble(url=url, words=f"it could not be started ({error.strerror})"), answering
            )
            return
        # The child asks, and this process fetches and yields in between: findings reach the run while yt-dlp still
        # looks.
        with extraction:
            # yt-dlp asks for each address, and the recorder fetches it: an answer goes back as an open file without a
            # name.
            for message in extraction.said():
                match message:
                    case FetchQuestion():
                        answered = answering.answer(message)
                        if answered.body:
                            self.shown.add(session.meant(message).url)
                        extraction.tell(answered)
                    case FoundVideo():
                        yield from self._video(_meant(message, session), answering, page)
                    case ListedVideo():
                        limit = f"--limit {options.limit}" if options.limit else f"{MOST:,} videos"
                        reason = f"further videos of this list: over the limit ({limit})"
                        yield NotFollowed(url=message.url, reason=reason)
                    case Remark():
                        self._remarks.append(with_hint(message.words))
                    case ExtractionTrouble():
                        yield from self._trouble(message, answering)
        self.page = self.page or answering.page
        if self.found or self.refused:
            yield from (NotFollowed(url=url, reason=f"yt-dlp: {remark}") for remark in self._remarks)
        self._remarks.clear()

    def _trouble(self, trouble: ExtractionTrouble, answering: Answering) -> Iterator[Finding]:
        url = trouble.url or answering.url
        if answering.unchanged:
            yield NotFollowed(url=url, reason="a video page: as it was captured before")
        elif trouble.none_there and not self.found:
            self.none = plain(trouble.words)
        else:
            self.refused = True
            yield Unavailable(url=url, reason=with_hint(trouble.words), found_in=f"video at {answering.url}")

    def _video(self, video: FoundVideo, answering: Answering, page: StoredItem | None) -> Iterator[Finding]:
        """Yield one video: what is said of it first, then what it is made of."""
        self.found += 1
        self.shown |= {stream.url for stream in video.streams}
        # 1. What the site says of it belongs to the answer that it was read from.
        anchor, name = answering.first, lasting_name(video)
        answering.next_video()
        if f"{video.extractor} {name}" in self._seen:
            return
        self._seen.add(f"{video.extractor} {name}")
        if video.of_platform and anchor is not None:
            yield ItemReading(ref=anchor.item.ref, facts=facts_of(video), post=post_of(video))
        if reason := self._not_wanted(video, name):
            yield NotFollowed(url=video.url or answering.url, reason=f"video: {reason}")
            return
        # 2. What it is made of, unless it is not wanted or is here already.
        where = f"video {video.url or answering.url}"
        yield from beside(video, where)
        try:
            folder = Path(tempfile.mkdtemp(dir=self.fetch.scratch, prefix="video-"))
        except OSError as error:
            yield Unavailable(url=video.url, reason=f"video: no room to work in ({error.strerror})", found_in=where)
            return
        stream = alone(video)
        if stream is not None and answering.stored(stream.url) is None:
            # A file of its own: fetched in its turn, and a page may show it as well.
            kind = ItemKind.VIDEO if stream.video else ItemKind.AUDIO
            yield FetchRequest(url=stream.url, kind=kind, found_in=where, headers=request_headers(stream))
            holder = anchor if video.of_platform else page or anchor
        else:
            streams = Streams(self.fetch, video, where, folder)
            streams.fetch_subtitles()
            streams.fetch_streams(answering)
            holder = streams.first or anchor or page
            yield from self._made_of(streams, video, holder, where)
        if holder is not None:
            yield from copies_of_words(video, holder.item.ref, self.found, folder)

    def _made_of(self, streams: Streams, video: FoundVideo, holder: StoredItem | None, where: str) -> Iterator[Finding]:
        """Yield what was made of the streams, and what is to be said of them."""
        if not video.of_platform and holder is not None:
            yield ItemReading(ref=holder.item.ref, facts=facts_of(video), post=post_of(video))
        joined = streams.join()
        yield from (Unavailable(url=video.url, reason=f"video: {gone}", found_in=where) for gone in streams.gone)
        yield from (NotFollowed(url=video.url, reason=f"video: {note}") for note in streams.notes)
        if holder is not None:
            yield from copies_of_streams(video, holder.item.ref, self.found, joined)

    def _not_wanted(self, video: FoundVideo, name: str) -> str:
        """Return why the video itself is not fetched, or ""."""
        options = self.fetch.options
        moment, known = moment_of(video), options.known.posts.get(name)
        # The description is stored in any case; these are reasons to leave the video itself, the plainest wish first.
        if "video" not in options.wanted_kinds():
            return f"not asked for (--media {options.media})"
        if known is not None:
            return f"captured before, as {known.ref}"
        if moment is not None and options.since is not None and moment < options.since:
            return "published before --since"
        if moment is not None and options.until is not None and moment > options.until:
            return "published after --until"
        return ""


def _meant(video: FoundVideo, session: LentSession) -> FoundVideo:
    """Return a video with the addresses and header fields of its files as they are meant."""
    if not session:
        return video

    def _url(url: str) -> str:
        return session.meant(FetchQuestion(url=url)).url

    streams = tuple(
        msgspec.structs.replace(
            each,
            url=_url(each.url),
            headers=session.headers(each.url, each.headers),
            cookie=session.headers(each.url, {"Cookie": each.cookie})["Cookie"],
            segments=tuple(map(_url, each.segments)),
        )
        for each in video.streams
    )
    subtitles = tuple(
        msgspec.structs.replace(each, url=_url(each.url), headers=session.headers(each.url, each.headers))
        for each in video.subtitles
    )
    thumbnail = _url(video.thumbnail)
    return msgspec.structs.replace(video, streams=streams, subtitles=subtitles, thumbnail=thumbnail)


def plain(words: str) -> str:
    """Return a message of yt-dlp on one line, without its advice on bug reports and its own options."""
    words = _COLOURS.sub("", words)
    while (rest := _PREFIX.sub("", words)) != words:
        words = rest
    words = _ADVICE.sub("", " ".join(words.split())).strip(" .;,")
    return words[:_LONGEST] or "yt-dlp gave no reason"


def with_hint(words: str) -> str:
    """Return a message of yt-dlp in plain words, and what to do about it where that is known."""
    hint = next((hint for sign, hint in _HINTS if sign.search(words)), "")
    return f"{plain(words)} ({hint})" if hint else plain(words)

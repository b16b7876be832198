"""Looking for the posts at an address: gallery-dl says which there are, and we take them as they were served."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import msgspec

from capture.extractors.child.cookies import lent_cookies
from capture.extractors.child.messages import Cookie, ExtractionTrouble, FetchAnswer, FetchQuestion
from capture.extractors.gallery.answering import GalleryAnswering, is_web
from capture.extractors.gallery.extraction import GalleryExtraction
from capture.extractors.gallery.messages import (
    FoundPost,
    GalleryRemark,
    GalleryTask,
    GalleryTrouble,
    PauseQuestion,
    PostFile,
)
from capture.extractors.gallery.sites import MODULE_OPTIONS, Site
from capture.extractors.video.video_search import VideoSearch
from capture.extractors.wanted_posts import WantedPosts
from capture.page.kinds import kind_of_address
from capture.request.extractor import (
    DerivedFile,
    Fetch,
    FetchRequest,
    Finding,
    ItemReading,
    NotFollowed,
    PostExcerpt,
    Unavailable,
)
from hashing.case.facts import Fact
from hashing.case.kinds import ItemKind
from hashing.case.post import Post, PostMedia
from hashing.sandbox import NotRead

_OLD_POSTS = 40
"""Posts in a row before `--since`, after which a list is past it: some show pinned or boosted ones first."""
_LARGEST_INFO = 64 << 20
_VIDEO = "ytdl:"
"""How gallery-dl names what yt-dlp is to fetch."""


@dataclass(slots=True)
class GallerySearch:
    """What is found with gallery-dl's help at one address; `none` says why there is nothing, if there is nothing."""

    fetch: Fetch
    modules: tuple[str, ...]
    site: Site | None = None
    wanted: WantedPosts | None = None
    found: int = 0
    """Posts and files that gallery-dl named."""
    trouble: GalleryTrouble | None = None
    """Why it ended before the end."""
    _url: str = ""
    _videos: list[tuple[str, str]] = field(default_factory=list)
    _old: int = 0
    _infos: list[bytes] = field(default_factory=list)
    _info_size: int = 0
    _read: set[str] = field(default_factory=set)
    """Items that a post was read in."""
    _remarks: list[GalleryRemark] = field(default_factory=list)

    def look(self, url: str) -> Iterator[Finding]:
        """Yield what there is at an address; nothing where gallery-dl knows of nothing there (`trouble` says why)."""
        options, self._url = self.fetch.options, url
        self.wanted = self.wanted or WantedPosts(options)
        default = self.site.delay if self.site is not None else 1.0
        answering = GalleryAnswering(self.fetch, url, default if options.site_delay is None else options.site_delay)
        try:
            extraction = GalleryExtraction(self._task(url), pause=self.fetch.wait)
        except OSError as error:
            self.trouble = GalleryTrouble(kind="", words=f"it could not be started ({error.strerror})")
            return
        with extraction:
            ended = yield from self._listen(extraction, answering)
        yield from self.wanted.notes(url)
        if ended and self.trouble is None and answering.refused and self.found:
            self.trouble = GalleryTrouble(kind="limit", words=answering.refused)
        if self.trouble is not None and not self.trouble.kind and self.trouble.version and not answering.refused:
            # The site has answered, and gallery-dl makes nothing of it.
            self.trouble = msgspec.structs.replace(self.trouble, kind="unreadable")
        if self.trouble is None and not self.found:  # some say what is wrong, and go on to their end
            said = next((remark.words for remark in self._remarks if remark.failed), "")
            self.trouble = GalleryTrouble(kind="", words=said) if said else None
        yield from self._after(answering)

    def reason(self) -> str:
        """Say why gallery-dl ended before the end, and what to do about it."""
        trouble, host = self.trouble, self.site.name if self.site is not None else "the site"
        if trouble is None:
            return ""
        words, lent = f" ({' '.join(trouble.words.split())[:300]})", self.has_session
        match trouble.kind:
            case "unreadable":
                told = f"the site's answer could not be read (gallery-dl {trouble.version}): {trouble.words[:300]}"
                return f"{told}; the answer itself is kept, and a newer gallery-dl may read it"
            case "login" if lent:
                return f"{host}: the session has ended, or may not see this{words}: lend a new one (--cookies)"
            case "login":
                return f"{host} shows this only to who is logged in{words}: lend a session with --cookies"
            case "challenge":
                return f"{host} wants proof of a person{words}: open it in a browser, and lend its --cookies"
            case "limit":
                return f"{host} refuses further requests for now{words}: capture it again later"
            case "gone":
                return f"{host} says that there is nothing here, or no longer{words}"
            case _:
                return f"{host}: gallery-dl could go no further{words}"

    @property
    def has_session(self) -> bool:
        """Whether a session with the site was lent."""
        names = {cookie.name for cookie in self._cookies()}
        return bool(names & set(self.site.session)) if self.site is not None and self.site.session else bool(names)

    def _task(self, url: str) -> GalleryTask:
        options = {module: dict(MODULE_OPTIONS.get(module, {})) for module in self.modules}
        if self.site is not None:
            options[self.site.module] = dict(self.site.options)
        if self.fetch.options.comments and "reddit" in options:
            options["reddit"]["comments"] = 500
        return GalleryTask(
            url=url,
            modules=self.modules,
            options=options,
            longest_pause=self.fetch.options.network.longest_pause,
            cookies=tuple(self._cookies()),
        )

    def _cookies(self) -> Iterator[Cookie]:
        """Yield the cookies of the site's own hosts, and no others."""
        for cookie in lent_cookies(self.fetch):
            if self.site is None or self.site.owns(cookie.domain):  # one capture may look in several sites
                yield cookie

    def _listen(self, extraction: GalleryExtraction, answering: GalleryAnswering) -> Generator[Finding, None, bool]:
        """Yield what is said until its end; return whether that was the list's own end."""
        for said in extraction.said():
            match said:
                case FetchQuestion():
                    extraction.tell(answering.answer(said))
                case PauseQuestion():
                    self.fetch.wait(said.seconds)
                    extraction.tell(FetchAnswer(url=""))
                case FoundPost():
                    if reason := self._past(said.post):
                        yield NotFollowed(url=self._url, reason=f"further posts: {reason}")
                        return False
                    yield from self._post(said, answering)
                case GalleryRemark():
                    self._remarks.append(said)
                case GalleryTrouble():
                    self.trouble = said
                case ExtractionTrouble():
                    self.trouble = GalleryTrouble(kind="", words=said.words)
        return True

    def _past(self, post: Post | None) -> str:
        """Return why no further post is wanted, now that this one has come."""
        assert self.wanted is not None  # noqa: S101 - tells the type: `look` has made it
        if post is None or self.wanted.knows(post):
            return ""
        self._old = self._old + 1 if self.wanted.is_too_early(post) else 0
        return "older than --since" if self._old > _OLD_POSTS else self.wanted.full

    def _post(self, said: FoundPost, answering: GalleryAnswering) -> Iterator[Finding]:
        """Yield a post as it was served, and what it shows."""
        self.found += 1
        assert self.wanted is not None  # noqa: S101 - as above
        if said.info and self._info_size < _LARGEST_INFO:
            self._infos.append(said.info)
            self._info_size += len(said.info)
        files = [file for file in said.files if is_web(file.url)]
        if said.post is not None and self.wanted.left_out(said.post):
            return
        place = f"gallery-dl at {self._url}"
        if said.post is not None:
            media = tuple(PostMedia(url=file.url, kind=_kind(file.url), alt=file.alt) for file in files)
            post = msgspec.structs.replace(said.post, media=media)
            place = f"post {post.permalink or post.id}"
            yield from self._excerpt(said, post, answering)
        yield from self._files(said, files, place)

    def _excerpt(self, said: FoundPost, post: Post, answering: GalleryAnswering) -> Iterator[Finding]:
        facts = (*said.facts, Fact("read by", f"gallery-dl {version('gallery-dl')}", "as served: the item itself"))
        try:
            located = answering.located(said.names)
        except NotRead:
            located = None
        if located is not None:
            stored, offset, data = located
            found_in = f"gallery-dl at {self._url}"
            yield PostExcerpt(
                of=stored, offset=offset, data=data, url=post.permalink, found_in=found_in, post=post, facts=facts
            )
        elif answering.last is not None and answering.last.item.ref not in self._read:
            self._read.add(answering.last.item.ref)
            yield ItemReading(ref=answering.last.item.ref, facts=facts, post=post)
        else:
            reason = "it stands in a stored answer and was not found there: what gallery-dl read is a working copy"
            yield Unavailable(url=post.permalink or post.id, reason=reason, found_in=self._url)

    def _files(self, said: FoundPost, files: list[PostFile], place: str) -> Iterator[Finding]:
        for file in files:
            kind = _kind(file.url)
            yield FetchRequest(url=file.url, kind=kind, found_in=place, alt=file.alt, headers=file.headers)
        for file in said.files:
            if file.url.startswith(_VIDEO) and is_web(file.url.removeprefix(_VIDEO)):
                self._videos.append((file.url.removeprefix(_VIDEO), place))
            elif not is_web(file.url) and not file.url.startswith("text:"):
                yield NotFollowed(url=self._url, reason=f"{place}: a file that is not on the web ({file.url[:100]})")
        if said.left_out:
            yield NotFollowed(url=self._url, reason=f"{place}: further files", count=said.left_out)

    def _after(self, answering: GalleryAnswering) -> Iterator[Finding]:
        """Yield the videos that yt-dlp is to fetch, and what is to be said of the whole."""
        if "video" in self.fetch.options.wanted_kinds():
            for url, _ in self._videos:
                yield from VideoSearch(self.fetch).look(url)
        elif self._videos:
            reason = f"videos: not asked for (--media {self.fetch.options.media})"
            yield NotFollowed(url=self._url, reason=reason, count=len(self._videos))
        if not (self.found or (self.trouble is not None and self.trouble.kind == "unreadable")):
            return
        for remark in self._remarks:
            words = f"gallery-dl: {' '.join(remark.words.split())[:500]}"
            if remark.failed:
                yield Unavailable(url=self._url, reason=words, found_in=self._url)
            else:
                yield NotFollowed(url=self._url, reason=words)
        if self._infos and answering.last is not None:
            yield from self._working_copy(answering.last.item.ref)

    def _working_copy(self, ref: str) -> Iterator[Finding]:
        """Yield what gallery-dl read of all the posts, as JSON Lines: the posts as served are items of their own."""
        file = Path(self.fetch.scratch) / f"gallery-{ref.rpartition('-')[2]}.jsonl"
        try:
            file.write_bytes(b"\n".join([*self._infos, b""]))
        except OSError as error:
            reason = f"what gallery-dl read cannot be written ({(error.strerror or str(error)).lower()})"
            yield NotFollowed(url=self._url, reason=reason)
            return
        how = f"what gallery-dl {version('gallery-dl')} read in the site's answers, a post a line"
        yield DerivedFile(ref=ref, file=file, name=f"{ref.rpartition('-')[2]}-gallery.jsonl", how=how)


def _kind(url: str) -> ItemKind:
    """Return what a file is expected to be; sites that name no extension give photos."""
    return kind_of_address(url) or ItemKind.PHOTO

"""Looking for the posts at an address: gallery-dl says which there are, and we take them as they were served."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path

import msgspec

from capture.extractors.child.cookies import lent_cookies
from capture.extractors.child.lent_session import LentSession
from capture.extractors.child.messages import Cookie, Ended, ExtractionTrouble, FetchAnswer, FetchQuestion
from capture.extractors.gallery.answering import GalleryAnswering, ServedPost, is_web
from capture.extractors.gallery.compared import claims_of
from capture.extractors.gallery.extraction import GalleryExtraction, started
from capture.extractors.gallery.messages import (
    FoundPost,
    GalleryRemark,
    GalleryTask,
    GalleryTrouble,
    PauseQuestion,
    PostFile,
    Said,
    TroubleKind,
)
from capture.extractors.gallery.reddit_comments import ThreadPart, post_of, read_comments
from capture.extractors.gallery.sites import ALL, MODULE_OPTIONS, Site, is_own
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
    StoredItem,
    Unavailable,
)
from hashing.case.facts import Fact
from hashing.case.kinds import ItemKind
from hashing.case.post import Post, PostMedia
from hashing.case.verdict import SESSION_ENDED
from hashing.sandbox import NotRead, SandboxProcess

_TOGETHER = 50  # Posts that are looked for together in what was served.
# Posts in a row before `--since`, after which a list is past it: some show pinned or boosted ones first.
_OLD_POSTS = 40
_LARGEST_INFO, _LARGEST_POST = 64 << 20, 1 << 20
# What one scene may say, and pauses between two requests: a process that was taken over says what it likes.
_MOST_POSTS, _MOST_REMARKS, _MOST_PAUSES = 100_000, 100, 10
# Requests, and answers of nothing but known posts, after which a list has no end; questions that are refused then.
_MOST_FRUITLESS, _MOST_REPEATS, _PATIENCE = 300, 10, 50
_OF_FILES = frozenset({"referer", "user-agent", "accept"})  # Fields that the request of a file may be given.
_COMMENTS = 500  # Comments that Reddit is asked for at once, the most that it gives.
# Why gallery-dl ended before the end, by the kind of its trouble.
_REASONS = {
    "login": "{host} shows this only to who is logged in{words}: lend a session (--session, --cookies)",
    "forbidden": "{host} does not show this to everybody{words}: lend a session that may see it (--session, --cookies)",
    "challenge": "{host} wants proof of a person{words}: open it in a browser, and lend its --cookies",
    "limit": "{host} refuses further requests for now{words}: capture it again later",
    "gone": "{host} says that there is nothing here, or no longer{words}",
    "": "{host}: gallery-dl could go no further{words}",
}
_WITH_SESSION = {
    "login": f"{{host}}: {SESSION_ENDED}{{words}}: lend a new one (--session, --cookies) and run this again",
    "forbidden": "{host} does not show this to the session that was lent{words}",
}
# Kinds of trouble of which the site's own last answer, where that was a refusal, says more.
_VAGUE = frozenset({"", "unreadable", "limit"})
# How gallery-dl says that an answer does not have the form that it expects.
_NOT_UNDERSTOOD = re.compile(r"\((?:Key|Type|Value|Index|Attribute|JSONDecode|Lookup)Error\b")
_WORDS = "in gallery-dl's words"
_VIDEO = "ytdl:"  # How gallery-dl names what yt-dlp is to fetch.


@dataclass(slots=True)
class GallerySearch:
    """What is found with gallery-dl's help at one address; `none` says why there is nothing, if there is nothing."""

    fetch: Fetch
    modules: tuple[str, ...]
    site: Site | None = None
    wanted: WantedPosts | None = None
    process: SandboxProcess | OSError | None = None  # Where one was started before, as `started` returns it.
    found: int = 0  # Posts and files that gallery-dl named.
    trouble: GalleryTrouble | None = None  # Why it ended before the end.
    _url: str = ""
    _videos: list[tuple[str, str]] = field(default_factory=list)
    _old: int = 0
    _pauses: int = 0  # Since the last request.
    _infos: list[bytes] = field(default_factory=list)
    _info_size: int = 0
    # Answers of Reddit with comments, by the number of the post.
    _threads: dict[str, StoredItem] = field(default_factory=dict)
    _fruitless: int = 0  # Requests since something new came.
    _repeats: int = 0  # Answers in a row in which nothing stood but posts that had come before.
    _repeated: bool = False  # Whether such a post came since the last request.
    _timed: bool = False  # Whether a post had a time.
    _unnamed: int = 0  # What reads like a post and has no name.
    _read: set[str] = field(default_factory=set)  # Items that a post was read in.
    _remarks: list[GalleryRemark] = field(default_factory=list)

    def look(self, url: str) -> Iterator[Finding]:
        """Yield what there is at an address; nothing where gallery-dl knows of nothing there (`trouble` says why)."""
        options, self._url = self.fetch.options, url
        self.wanted = self.wanted or WantedPosts(options)
        default = self.site.delay if self.site is not None else 1.0
        delay = default if options.site_delay is None else options.site_delay
        session = LentSession(self._cookies(), self._is_own)
        answering = GalleryAnswering(self.fetch, url, delay, session)
        process = self.process or started(self.modules)
        if isinstance(process, OSError):
            self.trouble = GalleryTrouble(kind="", words=f"it could not be started ({process.strerror})")
            return
        with GalleryExtraction(process, self._task(url, session), pause=self.fetch.wait) as extraction:
            ended = yield from self._listen(extraction, answering)
        yield from self.wanted.notes(url)
        self._judge(answering, ended=ended)
        yield from self._after(answering)

    def _judge(self, answering: GalleryAnswering, *, ended: bool) -> None:
        """Find out what went wrong, from what gallery-dl says and from what the site last answered."""
        trouble = self.trouble
        if trouble is None and not self.found:  # some say what is wrong, and go on to their end
            said = next((remark.words for remark in self._remarks if remark.failed), "")
            kind: TroubleKind = "unreadable" if _NOT_UNDERSTOOD.search(said) else ""
            trouble = GalleryTrouble(kind=kind, words=said, version=_version()) if said else None
        elif trouble is None and ended and answering.refused:
            trouble = GalleryTrouble(kind=answering.refusal or "limit", words=answering.refused)
        elif trouble is None and ended and (unread := answering.unread()):
            trouble = GalleryTrouble(kind="unreadable", words=unread, version=_version())
        elif trouble is not None and trouble.version and trouble.kind in {"", "unreadable"} and answering.failed:
            trouble = msgspec.structs.replace(trouble, kind="", words=answering.failed)
        elif trouble is not None and not trouble.kind and trouble.version and not answering.refused:
            # The site has answered, and gallery-dl makes nothing of it.
            trouble = msgspec.structs.replace(trouble, kind="unreadable")
        if trouble is not None and trouble.kind in _VAGUE and answering.refusal:
            trouble = msgspec.structs.replace(trouble, kind=answering.refusal, words=answering.refused)
        self.trouble = trouble

    def reason(self) -> str:
        """Say why gallery-dl ended before the end, and what to do about it."""
        trouble = self.trouble
        if trouble is None:
            return ""
        if trouble.kind == "unreadable":
            told = f"the site's answer could not be read (gallery-dl {trouble.version}): {trouble.words[:300]}"
            return f"{told}; the answer itself is kept, and a newer gallery-dl may read it"
        words = f" ({' '.join(trouble.words.split())[:300]})"
        told = _WITH_SESSION.get(trouble.kind, "") if self.has_session else ""
        told = told or _REASONS.get(trouble.kind, _REASONS[""])
        return told.format(host=self.site.name if self.site is not None else "the site", words=words)

    @property
    def leaves_alone(self) -> bool:
        """Whether the site wants to be left alone, or a session has ended: it is not asked for the page instead."""
        kind = self.trouble.kind if self.trouble is not None else ""
        return kind in {"challenge", "limit"} or (kind == "login" and self.has_session)

    @property
    def has_session(self) -> bool:
        """Whether a session with the site was lent."""
        names = {cookie.name for cookie in self._cookies()}
        return bool(names & set(self.site.session)) if self.site is not None and self.site.session else bool(names)

    def _task(self, url: str, session: LentSession) -> GalleryTask:
        options = {module: dict(MODULE_OPTIONS.get(module, {})) for module in self.modules}
        if self.site is not None:
            options[self.site.module] = dict(self.site.options)
        if self._wants_comments:
            options.setdefault("reddit", {})["comments"] = _COMMENTS
            # X shows answers to a session alone; asked without one, it would not show the post either.
            options.setdefault("twitter", {})["conversations"] = self.has_session
        return GalleryTask(
            url=url,
            modules=self.modules,
            options=options,
            longest_pause=self.fetch.options.network.longest_pause,
            cookies=session.cookies,
        )

    @property
    def _wants_comments(self) -> bool:
        return self.fetch.options.comments or self.fetch.options.thread

    def _cookies(self) -> Iterator[Cookie]:
        """Yield the cookies of the site's own hosts, and no others."""
        yield from (cookie for cookie in lent_cookies(self.fetch) if self._is_own(cookie.domain))

    def _is_own(self, host: str) -> bool:
        return is_own(host, self.site, self._url)

    def _listen(self, extraction: GalleryExtraction, answering: GalleryAnswering) -> Generator[Finding, None, bool]:
        """Yield what is said until its end; return whether that was the list's own end."""
        for said in _grouped(extraction.said()):
            match said:
                case list():
                    if not (yield from self._posts(said, answering)):
                        return False
                case FetchQuestion() | PauseQuestion():
                    if not (yield from self._answer(said, extraction, answering)):
                        return False
                case GalleryRemark():
                    self._remarks += [said] if len(self._remarks) < _MOST_REMARKS else []
                case GalleryTrouble():
                    self.trouble = said
                case ExtractionTrouble():
                    self.trouble = GalleryTrouble(kind="", words=said.words)
        return True

    def _answer(
        self, ask: FetchQuestion | PauseQuestion, extraction: GalleryExtraction, answering: GalleryAnswering
    ) -> Generator[Finding, None, bool]:
        """Answer a question; return whether it was, for nothing more is asked once all that is wanted has come."""
        assert self.wanted is not None  # noqa: S101 - tells the type: `look` has made it
        if self.wanted.full:
            yield NotFollowed(url=self._url, reason=f"further posts, if there are any: {self.wanted.full}")
            return False
        if isinstance(ask, PauseQuestion):
            self._pauses += 1
            if self._pauses > _MOST_PAUSES:
                extraction.tell(FetchAnswer(url="", reason=f"the site wants a pause again and again ({ask.reason})"))
                return self._pauses < _MOST_PAUSES + _PATIENCE
            self.fetch.wait(min(ask.seconds, self.fetch.options.network.longest_pause))
            extraction.tell(FetchAnswer(url=""))
            return True
        self._pauses = 0
        if endless := self._endless():
            answering.give_up(endless)
        extraction.tell(answered := answering.answer(ask))
        if self._wants_comments and answered.body and (post := post_of(ask.url)) and answering.last:
            self._threads[post] = answering.last
        return self._fruitless < _MOST_FRUITLESS + _PATIENCE

    def _endless(self) -> str:
        """Return why a list has no end, as far as can be told before its next request; "" where it may have one."""
        self._fruitless += 1
        self._repeats = self._repeats + 1 if self._repeated and self._fruitless > 1 else 0
        self._repeated = False
        if self._repeats >= _MOST_REPEATS:
            return f"{_MOST_REPEATS} answers in a row had nothing but what had come before: the list goes round"
        if self._fruitless > _MOST_FRUITLESS:
            return f"{_MOST_FRUITLESS} requests in a row brought nothing new"
        return ""

    def _past(self, post: Post | None) -> str:
        """Return why no further post is wanted, now that this one has come."""
        assert self.wanted is not None  # noqa: S101 - tells the type: `look` has made it
        if post is None or self.wanted.knows(post):
            return ""
        self._old = self._old + 1 if self.wanted.is_too_early(post) else 0
        return "older than --since" if self._old > _OLD_POSTS else self.wanted.full

    def _posts(self, posts: list[FoundPost], answering: GalleryAnswering) -> Generator[Finding, None, bool]:
        """Yield posts as they were served, and what they show; return whether further ones are wanted."""
        taken, reason = list[FoundPost](), ""
        for said in posts:
            if reason := self._past(said.post):
                break
            if unfit := self._unfit(said):
                yield Unavailable(url=self._url, reason=unfit, found_in=f"gallery-dl at {self._url}")
                continue
            answering.hear(said.names)
            if self._takes(said):
                taken.append(said)
        named = [(said.names, said.asked, claims_of(said.post, said.facts)) for said in taken if said.post is not None]
        served = iter(answering.located(named) if named else [])
        for said in taken:
            yield from self._post(said, next(served) if said.post is not None else None, answering)
        if reason:
            yield NotFollowed(url=self._url, reason=f"further posts: {reason}")
        elif self.found >= _MOST_POSTS:
            self.trouble = GalleryTrouble(kind="limit", words="it goes on without an end")
        return not reason and self.found < _MOST_POSTS

    def _takes(self, said: FoundPost) -> bool:
        """Say whether a post, or an album's head, is wanted; what was read of it is kept."""
        self.found += 1
        assert self.wanted is not None  # noqa: S101 - tells the type: `look` has made it
        self._unnamed += said.unnamed
        if said.post is not None and self.wanted.knows(said.post):
            self._repeated = True
        else:
            self._fruitless = 0
        if said.info and self._info_size < _LARGEST_INFO:
            self._infos.append(said.info)
            self._info_size += len(said.info)
        return said.post is None or not self.wanted.left_out(said.post)

    def _post(self, said: FoundPost, served: ServedPost | None, answering: GalleryAnswering) -> Iterator[Finding]:
        """Yield a post as it was served, and what it shows."""
        files = [file for file in said.files if is_web(file.url)]
        place = f"gallery-dl at {self._url}"
        if said.post is not None:
            media = tuple(PostMedia(url=file.url, kind=_kind(file.url), alt=file.alt) for file in files)
            post = msgspec.structs.replace(said.post, media=media)
            place = f"post {post.permalink or post.id}"
            yield from self._excerpt(said, post, served, answering)
            self._timed = self._timed or bool(post.published)
            # One post of a list without a time, where those before it had one, has changed as well.
            if unread := {*said.unread, *(["time"] if self._timed and not post.published else [])}:
                parts = " and ".join(sorted(unread))
                reason = f"its {parts} could not be read (another form than expected): see the post as served"
                yield Unavailable(url=post.permalink or post.id, reason=reason, found_in=self._url)
        yield from self._files(said, files, place)
        for name in said.names:
            if (thread := self._threads.pop(name, None)) is not None:
                yield from self._comments(thread, place)

    def _unfit(self, said: FoundPost) -> str:
        """Return why nothing is told of what a process says that may have been taken over; "" where it is fit."""
        post, names = said.post, {self.site.name.lower()} if self.site is not None else set(self.modules)
        if post is not None and (post.platform not in names or not post.id.startswith(f"{post.platform}:")):
            return f"gallery-dl tells a post of another site here: {post.id[:200]}"
        if len(msgspec.json.encode((post, said.facts, said.names))) > _LARGEST_POST:
            return f"what gallery-dl says of a post is larger than {_LARGEST_POST >> 20} MiB"
        return ""

    def _excerpt(
        self, said: FoundPost, post: Post, served: ServedPost | None, answering: GalleryAnswering
    ) -> Iterator[Finding]:
        facts = (*said.facts, Fact("read by", f"gallery-dl {_version()}", "as served: the item itself"))
        if served is not None and served.data:
            if served.made_up:
                facts = (*facts, Fact(_WORDS, ", ".join(served.made_up), "not in the post as served"))
            yield PostExcerpt(
                of=served.stored,
                offset=served.offset,
                data=served.data,
                url=post.permalink,
                found_in=f"gallery-dl at {self._url}",
                post=post,
                facts=facts,
            )
        elif answering.last is not None and answering.last.item.ref not in self._read:
            self._read.add(answering.last.item.ref)
            facts = (*facts, Fact(_WORDS, "all of it", "the post was not found in a stored answer"))
            yield ItemReading(ref=answering.last.item.ref, facts=facts, post=post)
        else:
            reason = "it stands in a stored answer and was not found there: what gallery-dl read is a working copy"
            yield Unavailable(url=post.permalink or post.id, reason=reason, found_in=self._url)

    def _comments(self, thread: StoredItem, place: str) -> Iterator[Finding]:
        """Yield the comments that stand in the answer with the post, and how many it only names."""
        try:
            parts = read_comments(self.fetch.readers, thread)
        except NotRead as error:
            parts = [ThreadPart(problem=str(error))]
        for part in parts:
            if part.problem:
                reason = f"its comments are stored, and could not be read: {part.problem}"
                yield Unavailable(url=thread.url, reason=reason, found_in=place)
            elif part.post is None:
                named = "comments: Reddit only names them here, and says nothing of them (`more`)"
                unread = "comments: they stand in the stored answer, and were not read out of it"
                for reason, left_out in ((named, part.only_named), (unread, part.unread)):
                    if left_out:
                        yield NotFollowed(url=thread.url, reason=reason, count=left_out)
            else:
                yield PostExcerpt(
                    of=thread, offset=part.offset, data=part.data, url=part.post.permalink or thread.url,
                    found_in=f"below {place}", post=part.post,
                )  # fmt: skip
                for media in part.post.media:
                    found_in = f"comment {part.post.permalink}"
                    yield FetchRequest(url=media.url, kind=media.kind, found_in=found_in, counted=False)

    def _files(self, said: FoundPost, files: list[PostFile], place: str) -> Iterator[Finding]:
        for file in files:
            kind = _kind(file.url)
            headers = {name: value for name, value in file.headers.items() if name.lower() in _OF_FILES}
            yield FetchRequest(url=file.url, kind=kind, found_in=place, alt=file.alt, headers=headers)
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
        if self._unnamed:
            reason = (
                f"{self._unnamed:,} posts without the name that the site gives each (gallery-dl {_version()}): "
                "what they show is taken, what they say stands in the stored answers alone"
            )
            yield Unavailable(url=self._url, reason=reason, found_in=self._url)
        if self.site is not None and self.site.post != ALL and self.found:
            reason = f"posts of {self.site.name}: gallery-dl names {self.site.post}; the answers are stored whole"
            yield NotFollowed(url=self._url, reason=reason)
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
        how = f"what gallery-dl {_version()} read in the site's answers, a post a line"
        yield DerivedFile(ref=ref, file=file, name=f"{ref.rpartition('-')[2]}-gallery.jsonl", how=how)


def _grouped(messages: Iterator[Said | ExtractionTrouble | Ended]) -> Iterator[list[FoundPost] | Said]:
    """Yield messages, and posts that come one after the other together: of a page they are one question to a reader."""
    posts = list[FoundPost]()
    for said in messages:
        if isinstance(said, FoundPost):
            posts.append(said)
        if posts and (not isinstance(said, FoundPost) or len(posts) == _TOGETHER):
            yield posts
            posts = []
        if not isinstance(said, FoundPost):
            yield said
    if posts:
        yield posts


@cache
def _version() -> str:
    return version("gallery-dl")


def _kind(url: str) -> ItemKind:
    """Return what a file is expected to be; sites that name no extension give photos."""
    return kind_of_address(url) or ItemKind.PHOTO

"""A page that was asked for: judged, followed where it is a stub that leads on, and where it is one part of several."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from capture.extractors.web_page import StoredPage, found_in, read_stored_page
from capture.page import ReadPage
from capture.request.extractor import Answer, Fetch, FetchRequest, Finding, ItemReading, StoredItem, Unavailable
from capture.request.scene import INVISIBLE
from hashing.case import verdict
from hashing.case.events import PageJudged, PostChanged
from hashing.case.kinds import ItemKind

if TYPE_CHECKING:
    from capture.verdict import Evidence, Verdict

_MOST_STUBS = 5  # Pages that only lead on to another one, in a row.
_LONGEST_TITLE = 300
# Verdicts that say too little without their reasons, which stand in the verdict of the others alone.
_WITH_REASONS = frozenset({verdict.PART, verdict.UNREADABLE})
_OK = 200


class PageScene:
    """Reads the answer for one page that was asked for, says what it is, and goes on where it leads."""

    def __init__(self, asked: str, fetch: Fetch) -> None:
        self._asked = asked
        self._fetch = fetch
        self._seen: dict[str, None] = {asked: None}

    def of_answer(self, answer: Answer) -> Iterator[Finding]:
        """Yield what a page says and shows, and a verdict on it; what is no page is only stored."""
        for _ in range(_MOST_STUBS + 1):
            if answer.stored is None:
                yield from self._not_given(answer)
                return
            if answer.stored.item.kind != ItemKind.PAGE:
                return
            # 1. A stub leads on and shows nothing (a redirect by <meta>, a consent page): follow it, a few times, never
            # round.
            read = read_stored_page(answer.stored, self._fetch.readers)
            target, how = self._stub_target(read, answer)
            if not target:
                yield from self._page(read, answer)
                return
            yield from found_in(read, self._fetch)
            yield _judged(self._asked, answer, read.page, verdict.STUB, [f"a {how} leads on"], leads_to=target)
            if target in self._seen:
                yield Unavailable(url=target, reason="the pages lead round in a circle", found_in=answer.url)
                return
            if len(self._seen) > _MOST_STUBS:
                reason = f"more than {_MOST_STUBS} pages in a row that only lead on: not followed further"
                yield Unavailable(url=target, reason=reason, found_in=answer.url)
                return
            self._seen[target] = None
            place = f"{how} of {answer.stored.item.ref}"
            answer = self._fetch.get(
                FetchRequest(url=target, kind=ItemKind.PAGE, found_in=place, referer=answer.url, named_by=answer.stored)
            )

    def of_stored(self, stored: StoredItem) -> Iterator[Finding]:
        """Yield the same of a page that is stored already."""
        return self.of_answer(Answer(url=stored.url, status=_OK, stored=stored, public=stored.public))

    def _stub_target(self, read: StoredPage, answer: Answer) -> tuple[str, str]:
        from capture.verdict import stub_target

        if read.page is None:
            return "", ""
        if self._judgement(answer, read.page).word not in {verdict.CONTENT, verdict.THIN, verdict.SHELL}:
            return "", ""
        return stub_target(self._evidence(answer, read.page))

    def _not_given(self, answer: Answer) -> Iterator[Finding]:
        """Judge what came in the place of the page; the recorder has told already that it was not got."""
        if answer.status == 0 or not answer.reason:
            return
        read = read_stored_page(answer.kept, self._fetch.readers) if answer.kept is not None else None
        page = read.page if read is not None else None
        found = self._judgement(answer, page)
        if found.word != verdict.CONTENT:
            yield _judged(self._asked, answer, page, found.word, found.reasons)

    def _page(self, read: StoredPage, answer: Answer) -> Iterator[Finding]:
        """Yield what is on a page, the verdict on it, and of several parts those that were asked for."""
        from capture.verdict import little_to_read, next_part, shown_already

        yield from self._changed(read)
        if read.page is not None:
            yield from found_in(read, self._fetch)
        if read.page is None or read.problem:
            yield from self._missed(answer, read.page, verdict.UNREADABLE, [read.problem])
            return
        # What it shows is taken in any case; the verdict says whether it is what was asked for.
        judgement = self._judgement(answer, read.page)
        if judgement.word != verdict.CONTENT:
            yield from self._missed(answer, read.page, judgement.word, judgement.reasons)
            return
        evidence = self._evidence(answer, read.page)
        self._seen[shown_already(evidence)] = None
        onward = next_part(evidence, self._seen)
        if onward is None or not onward.same:
            notes = [f"its rel=next leads to another page, which is no part of it: {onward.url}"] if onward else []
            yield _judged(self._asked, answer, read.page, verdict.CONTENT, [*little_to_read(evidence), *notes])
            return
        yield from self._parts(answer, read.page, onward.url)

    def _changed(self, read: StoredPage) -> Iterator[Finding]:
        """Say of a watched page whose bytes are not those of an earlier round whether it shows anything else."""
        item = read.stored.item
        known = self._fetch.options.known.items.get(item.url)
        if known is None or known.sha256 == item.sha256:
            return
        same = read.page is not None and known.shows == _shows(read.page)
        change = "served differently" if same else "edited"
        reason = "the same text and media, in other bytes" if same else ""
        event = PostChanged(time="", id=item.url, change=change, before=known.ref, after=item.ref, reason=reason)
        yield ItemReading(ref=item.ref, events=(event,))

    def _parts(self, first: Answer, first_page: ReadPage, url: str) -> Iterator[Finding]:
        """Fetch the parts that follow the first, as many as were asked for, and say whether any is left."""
        from capture.verdict import next_part

        # The verdict on the whole comes last and stands on the first part: only then is it known whether all parts
        # came.
        answer, number, most = first, 1, self._fetch.options.pages
        while url and number < most and url not in self._seen:
            number += 1
            self._seen[url] = None
            place = f"rel=next: part {number}"
            answer = self._fetch.get(FetchRequest(url=url, kind=ItemKind.PAGE, found_in=place, named_by=answer.stored))
            if answer.stored is None or answer.stored.item.kind != ItemKind.PAGE:
                yield from self._not_given(answer)
                break
            read = read_stored_page(answer.stored, self._fetch.readers)
            if read.page is not None:
                yield from found_in(read, self._fetch)
            judgement = self._judgement(answer, read.page)
            if read.page is None or read.problem or judgement.word not in {verdict.CONTENT, verdict.THIN}:
                word = judgement.word if read.page is not None and not read.problem else verdict.UNREADABLE
                yield from self._missed(answer, read.page, word, judgement.reasons or [read.problem])
                break
            yield _judged(url, answer, read.page, verdict.CONTENT, [f"part {number}"])
            onward = next_part(self._evidence(answer, read.page), self._seen)
            url = onward.url if onward is not None and onward.same and onward.url not in self._seen else ""
        if not url:
            reasons = [f"all {number} parts of it were captured"] if number > 1 else []
            yield _judged(self._asked, first, first_page, verdict.CONTENT, reasons)
            return
        reasons = [f"{number} captured, and it goes on at {url}"]
        yield from self._missed(first, first_page, verdict.PART, reasons, leads_to=url)

    def _missed(
        self, answer: Answer, page: ReadPage | None, word: str, reasons: Sequence[str], *, leads_to: str = ""
    ) -> Iterator[Finding]:
        """Yield a verdict by which what was asked for was not got, or not all of it."""
        yield _judged(self._asked, answer, page, word, reasons, leads_to=leads_to)
        because = f" ({'; '.join(reasons)})" if word in _WITH_REASONS else ""
        session = self._fetch.options.session if word == verdict.LOGIN else None
        reason = f"{word}: {verdict.MEANING[word] if session is None else session.ended}{because}"
        yield Unavailable(url=leads_to or self._asked, reason=reason, found_in="scene", verdict=word)

    def _judgement(self, answer: Answer, page: ReadPage | None) -> Verdict:
        from capture.verdict import judge

        return judge(self._evidence(answer, page))

    def _evidence(self, answer: Answer, page: ReadPage | None) -> Evidence:
        from capture.verdict import Evidence

        return Evidence(asked=self._asked, final=answer.url, status=answer.status, headers=answer.headers, page=page)


def _judged(
    asked: str, answer: Answer, page: ReadPage | None, word: str, reasons: Sequence[str], *, leads_to: str = ""
) -> ItemReading:
    # An error page has no item and is kept all the same: the verdict names whichever there is.
    came = answer.stored or answer.kept
    ref = came.item.ref if came is not None else ""
    event = PageJudged(
        time="",
        ref=ref,
        url=asked,
        verdict=word,
        reasons=tuple(reasons),
        title=page.title[:_LONGEST_TITLE] if page is not None else "",
        final_url=answer.url if answer.url != asked else "",
        leads_to=leads_to,
        shows=_shows(page) if page is not None else "",
    )
    return ItemReading(ref=ref, events=(event,))


def _shows(page: ReadPage) -> str:
    """Return a digest of what a page shows: its text, and of its media the paths.

    Hosts and queries are left out: random servers, sizes, signatures change with each request. So is what nobody sees.
    """
    paths = sorted({f"{link.kind} {urlsplit(link.url).path}" for link in page.media})
    words = INVISIBLE.sub("", page.text).split()
    return hashlib.sha256("\n".join([*words, "", *paths]).encode("utf-8", "backslashreplace")).hexdigest()

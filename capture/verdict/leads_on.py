"""Where a page leads on to: a stub to the page that it stands for, one part of a text or thread to the next."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from itertools import islice
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import msgspec

from capture.verdict.evidence import Evidence
from capture.verdict.words import parts

_REFRESH = re.compile(
    r"\s*([0-9]{1,6})?(?:\.[0-9.]*)?\s*[;,\s]\s*(?:url\s*=\s*)?(?:\"([^\"]*)\"?|'([^']*)'?|(.*))\Z",
    re.IGNORECASE | re.DOTALL,
)
_SCRIPT = re.compile(
    r"\blocation(?:[\"']\])?(?:\.href)?\s*(?:=|\.(?:replace|assign)\s*\()\s*([\"'`])([^\"'`\s$]{1,2000})\1"
)
# As strings of scripts write a character (ECMAScript, section 12.9.4).
_ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))")
# Seconds before a refresh: a page that leaves at once is read by nobody, a page to read reloads later.
_AT_ONCE, _SOON = 1, 30
_THIN, _NEARLY_NOTHING = 600, 150
_MOST_FIELDS = 50  # Fields of an address that are looked at.
_MOST_SCRIPTS = 3

_POST_IN_QUERY = re.compile(r"(?:^|&)(?:p|page_id|id|t|topic|post)=[0-9]")
_PAGE_KEY = re.compile(parts("page key"), re.IGNORECASE)
_COMMENTS = re.compile(r"(?<=/comment-page-)[0-9]{1,5}(?=/?\Z)|(?<=[?&]cpage=)[0-9]{1,5}\Z")
_NUMBERED = re.compile(
    rf"(?P<base>.*?)(?:[/_-](?P<word>{parts('page word')})[-_/=]?|[/_-])(?P<number>\d{{1,5}})(?P<end>\.\w{{2,5}})?/?\Z",
    re.IGNORECASE,
)


class Next(msgspec.Struct, frozen=True):
    """Where `rel=next` leads: to a further part of the same text or thread, or merely to another page."""

    url: str
    same: bool


def stub_target(evidence: Evidence) -> tuple[str, str]:
    """Return the address that a stub leads on to and how, or "" twice for a page that is none."""
    for how, raw in _ways_on(evidence):
        if url := evidence.resolved(raw):
            return url, how
    return "", ""


def next_part(evidence: Evidence, seen: Container[str] = ()) -> Next | None:
    """Return where a page goes on, or else where `rel=next` leads; None where there is neither.

    A list of posts has no parts, but older posts. What was `seen` is no further part.
    """
    onward: Next | None = None
    for raw in (*evidence.outline.following, *evidence.outline.numbered):
        url = evidence.resolved(raw)
        same = any(is_next_part(before, url) for before in (evidence.final, evidence.asked)) and not _is_list(evidence)
        if url and same and url not in seen:
            return Next(url, same=True)
        if url and raw in evidence.outline.following:
            onward = onward or Next(url, same=same)
    return onward


def shown_already(evidence: Evidence) -> str:
    """Return the address of the page of comments that a text of WordPress shows itself, or "".

    It shows one of them, the newest or the first, and links to the others by their numbers.
    """
    found = [_COMMENTS.search(url) for url in map(evidence.resolved, evidence.outline.numbered)]
    numbers = {int(match[0]): match for match in found if match}
    if not numbers or (1 not in numbers and len(numbers) == 1):
        return ""  # a mere "older" or "newer" says nothing of where it stands
    own = max(numbers) + 1 if 1 in numbers else 1
    match = numbers[max(numbers)]
    return f"{match.string[: match.start()]}{own}{match.string[match.end() :]}"


def is_next_part(before: str, after: str) -> bool:
    """Say whether one address is that of a further page of what the other shows."""
    this, that = urlsplit(before), urlsplit(after)
    if this.hostname != that.hostname:
        return False
    if _path(this) == _path(that):
        return _is_paged(this, that)
    return this.query == that.query and _is_numbered(_path(this), _path(that))


def _is_paged(this: SplitResult, that: SplitResult) -> bool:
    """Say whether only the number of a page differs between two queries."""
    old, new = dict(parse_qsl(this.query)), dict(parse_qsl(that.query))
    differing = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    return bool(differing) and all(_PAGE_KEY.fullmatch(name) and new.get(name, "").isdecimal() for name in differing)


def _is_numbered(this: str, that: str) -> bool:
    """Say whether a path is another with the number of a page at its end: `/story/2` of `/story`, and no `/post/8`."""
    after = _NUMBERED.match(that)
    if after is None:
        return False
    if this in {after["base"], after["base"] + (after["end"] or "")}:
        return True
    before = _NUMBERED.match(this)
    return (
        before is not None
        and before["word"] is not None
        and before["base"] == after["base"]
        and int(after["number"]) == int(before["number"]) + 1
    )


def _path(parts: SplitResult) -> str:
    return unquote(parts.path).rstrip("/")


def _is_list(evidence: Evidence) -> bool:
    """Say whether a page is a list of others: a front page, the threads of a forum, the results of a search."""
    outline = evidence.outline
    many_links = outline.links >= 8 and outline.linked > outline.words  # noqa: PLR2004 - fewer are no list
    address = urlsplit(evidence.final)
    front = _path(address) == "" and _POST_IN_QUERY.search(address.query) is None
    return front or outline.linked_headings > 1 or many_links


def _out_of_the_site(evidence: Evidence) -> Iterator[str]:
    """Yield the address in the query of a page that asks whether one wants to leave the site, and names where to."""
    here = urlsplit(evidence.final)
    said = " ".join(evidence.outline.blocks)
    for _, value in islice(parse_qsl(here.query), _MOST_FIELDS):
        url = evidence.resolved(value) if "//" in value[:8] else ""
        host = urlsplit(url).hostname
        if host and host != here.hostname and host.removeprefix("www.") in said:
            yield url


def _ways_on(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Yield how a page leads on and the address as it is written, where it leaves next to nothing to read."""
    outline = evidence.outline
    text = outline.words + outline.linked
    thin = outline.words < _THIN and outline.linked_headings == 0
    for how, raw in (
        ("Refresh header", evidence.headers.get("refresh", "")),
        *(("meta refresh", content) for content in outline.refreshes),
    ):
        if (match := _REFRESH.match(raw)) and int(match[1] or 0) <= (_SOON if thin else _AT_ONCE):
            yield how, match[2] or match[3] or match[4] or ""
    if thin and not (outline.posts or evidence.published):
        for raw in _out_of_the_site(evidence):
            yield "page that asks whether to leave the site", raw
    if text < _NEARLY_NOTHING and outline.shown <= len(outline.frames):
        yield from _of_a_bare_page(evidence)


def _of_a_bare_page(evidence: Evidence) -> Iterator[tuple[str, str]]:
    outline = evidence.outline
    for raw in outline.later_refreshes:
        if (match := _REFRESH.match(raw)) and int(match[1] or 0) <= _SOON:
            yield "meta refresh for browsers without scripts", match[2] or match[3] or match[4] or ""
    if len(outline.frames) == outline.shown == 1 and not outline.words + outline.linked:
        yield "frame that is all of it", outline.frames[0]
    if len(outline.inline) <= _MOST_SCRIPTS and not outline.scripts:
        for script in outline.inline:
            if match := _SCRIPT.search(script):
                written = _ESCAPED.sub(lambda each: each[3] or chr(int(each[1] or each[2], 16)), match[2])
                # Two escapes may be one character; half of one is none.
                written = written.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
                yield "script that changes the address", written

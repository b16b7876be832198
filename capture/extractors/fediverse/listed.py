"""Posts in a list that is stored: what each says, where it stands, and who passed it on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import msgspec

from capture.extractors.fediverse.account import read_account
from capture.extractors.fediverse.errors import UnreadableAnswer
from capture.extractors.fediverse.server import Server
from capture.extractors.fediverse.status import Status, quoted_status, read_status
from capture.extractors.json_value import mapping, name_of, time, web_url
from capture.extractors.served_json import JsonSpan, NotJson, ServedJson

_MOST = 10_000  # Posts of one list that are read; servers give 40, and whole threads of a few thousand.

_MOST_NAMES = 100_000
_LONGEST_NAME = 1000  # Names beyond this are not remembered: a list without end must not fill the memory.


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedStatus:
    """A post in a list. Of a boost it is the boosted post, and who boosted it when."""

    status: Status
    offset: int  # Where it begins in the list's body.
    data: bytes  # It as it was served.
    listed_as: str  # The number under which the list has it: of a boost, the boost's own.
    time: str  # When it came into the list, as claimed: of a boost, the time of the boost.
    public: bool  # Whether anyone may see it; a boost is, where the boost and what it shares are.
    boosted_by: str = ""
    quoted: tuple[ListedStatus, ...] = ()  # The post that it quotes, where the server shows it.


@dataclass(slots=True)
class StatusPage:
    """One list as far as it can be read."""

    found: bool = True  # Whether there is a list at all.
    posts: list[ListedStatus] = field(default_factory=list)
    size: int = 0  # Elements, readable or not.
    unreadable: list[str] = field(default_factory=list)  # Of each element that is no post, why.
    problem: str = ""  # Why the list could not be read to its end.


def read_page(
    served: ServedJson, lists: Iterable[JsonSpan | None], server: Server, names: dict[str, str]
) -> StatusPage:
    """Read the posts in arrays of a body; `names`, of posts that are known by number, grow by those in them."""
    page, pieces = StatusPage(), list[JsonSpan]()
    try:
        # All names first: an answer may stand in the list before the post that it answers, and refers to it by number.
        for piece in _elements(served, lists):
            if len(pieces) >= _MOST:
                page.problem = f"more than {_MOST:,} posts: the rest is stored and was not read"
                break
            pieces.append(piece)
            _note_names(piece.value, names)
    except NotJson as error:
        page.problem = str(error)
    for piece in pieces:
        try:
            page.posts.append(read_listed(served, piece, server, names))
        except UnreadableAnswer as error:
            page.unreadable.append(str(error))
    page.size = len(pieces)
    return page


def read_listed(served: ServedJson, piece: JsonSpan, server: Server, names: dict[str, str]) -> ListedStatus:
    """Read one post, at its place in a body. Raises Unreadable."""
    fields = mapping(piece.value)
    # A boost is a post of its own, around the post that it passes on; what is kept as an item is the inner one's bytes.
    outer = read_status(fields, server, names)
    shared = served.member(piece, "reblog") if mapping(fields.get("reblog")) else None
    inner = read_status(shared.value, server, names) if shared is not None else outer
    at = shared if shared is not None else piece
    offset, data = served.served(at)
    return ListedStatus(
        status=inner,
        offset=offset,
        data=data,
        listed_as=outer.number,
        time=time(fields.get("created_at")),
        public=outer.public and inner.public,
        boosted_by=read_account(fields.get("account"), server).handle or outer.author if shared is not None else "",
        quoted=_quoted(served, at, server, names),
    )


def _quoted(served: ServedJson, piece: JsonSpan, server: Server, names: dict[str, str]) -> tuple[ListedStatus, ...]:
    if not mapping(quoted_status(mapping(piece.value))):
        return ()
    # Mastodon 4.4 has `quote.quoted_status`, forks `quote` itself, Pleroma `pleroma.quote`.
    wrapper = served.member(piece, "quote")
    if wrapper is None or not mapping(wrapper.value):
        extension = served.member(piece, "pleroma")
        wrapper = served.member(extension, "quote") if extension is not None else None
    if wrapper is None:
        return ()
    at = served.member(wrapper, "quoted_status") if "quoted_status" in mapping(wrapper.value) else wrapper
    if at is None:
        return ()
    try:
        status = read_status(at.value, server, names)
    except UnreadableAnswer:
        return ()
    offset, data = served.served(at)
    return (
        ListedStatus(
            status=status,
            offset=offset,
            data=data,
            listed_as=status.number,
            time=status.post.published,
            public=status.public,
        ),
    )


def note_names(found: Mapping[str, str], names: dict[str, str]) -> None:
    """Remember the lasting names of posts by their number, up to a bound."""
    for number, name in found.items():
        if len(name) <= _LONGEST_NAME and len(names) < _MOST_NAMES:
            names[number] = name


def with_names(listed: ListedStatus, names: Mapping[str, str]) -> ListedStatus:
    """Return a post that names what it answers by its lasting name, where that is known."""
    status, quoted = listed.status, tuple(with_names(each, names) for each in listed.quoted)
    if (name := names.get(status.answers)) is not None and status.post.reply_to == status.answers:
        status = replace(status, post=msgspec.structs.replace(status.post, reply_to=name))
    return replace(listed, status=status, quoted=quoted)


def _elements(served: ServedJson, lists: Iterable[JsonSpan | None]) -> Iterable[JsonSpan]:
    for each in lists:
        if each is not None:
            yield from served.elements(each)


def _note_names(value: object, names: dict[str, str]) -> None:
    for fields in (mapping(value), mapping(mapping(value).get("reblog"))):
        number, uri = name_of(fields.get("id")), web_url(fields.get("uri"))
        if number and uri and len(uri) <= _LONGEST_NAME and len(names) < _MOST_NAMES:
            names[number] = uri

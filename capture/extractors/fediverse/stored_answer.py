"""What a server answered, read in the sandbox: lists, posts, accounts, edit histories, ActivityPub."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import BinaryIO, TypeVar

import msgspec

from capture.extractors.fediverse.account import AccountRead, read_accounts
from capture.extractors.fediverse.activity import author_of, read_activity
from capture.extractors.fediverse.errors import UnreadableAnswer
from capture.extractors.fediverse.history import EditHistory, history_of
from capture.extractors.fediverse.listed import ListedStatus, StatusPage, note_names, read_listed, read_page, with_names
from capture.extractors.fediverse.server import Server
from capture.extractors.json_value import line, mapping
from capture.extractors.served_json import NotJson, NotReadable, ServedJson
from capture.recorder.decoding import NotDecoded, decoded_body
from capture.request.extractor import Answer, NotFollowed, StoredItem, Unavailable
from hashing.case.post import Post
from hashing.sandbox import NotRead, Readers

_LONGEST_MEMBER = 1000

T = TypeVar("T")


class StoredReply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was read of an answer, or why nothing could be: it is no JSON, or not what it should be."""

    page: StatusPage | None = None
    listed: ListedStatus | None = None
    names: dict[str, str] = {}  # The lasting names of the posts in it, by the server's number.
    members: dict[str, str] = {}
    accounts: tuple[AccountRead, ...] = ()
    history: EditHistory | None = None
    activity: Post | None = None
    author: str = ""  # The address of an activity's author.
    not_json: str = ""
    unreadable: str = ""


def list_of(readers: Readers, stored: StoredItem, server: Server, names: dict[str, str], *members: str) -> StatusPage:
    """Return the posts of a stored list, or of the lists that are members of it; `names` grow by those in them.

    Raises NotJson, NotReadable.
    """
    reply = _ask(readers, "list_in", [stored], *_as_arguments(server), ",".join(members))
    page = _got(reply.page)
    note_names(reply.names, names)
    page.posts = [with_names(listed, names) for listed in page.posts]
    return page


def post_of(readers: Readers, stored: StoredItem, server: Server, names: dict[str, str]) -> ListedStatus:
    """Return a post that is stored by itself. Raises NotJson, NotReadable, Unreadable."""
    return with_names(_got(_ask(readers, "post_in", [stored], *_as_arguments(server)).listed), names)


def members_of(readers: Readers, stored: StoredItem) -> dict[str, str]:
    """Return the members of a stored object that are strings. Raises NotJson, NotReadable."""
    return _ask(readers, "members_in", [stored]).members


def accounts_of(readers: Readers, stored: StoredItem, server: Server, *, searched: bool) -> tuple[AccountRead, ...]:
    """Return the stored account, or those that a search found. Raises NotJson, NotReadable."""
    return _ask(readers, "accounts_in", [stored], *_as_arguments(server), searched).accounts


def accounts_in_sample(readers: Readers, answer: Answer, server: Server, *, searched: bool) -> tuple[AccountRead, ...]:
    """Return the same of the first bytes of an answer of which no item was made, without facts. Raises NotReadable."""
    try:
        named = f"{__name__}:accounts_of_sample"
        return readers.ask(named, answer.sample, *_as_arguments(server), searched, answer=StoredReply).accounts
    except NotRead as error:
        raise NotReadable(str(error)) from error


def members_in_sample(readers: Readers, answer: Answer) -> dict[str, str]:
    """Return the members of an object that are strings, as far as the first bytes of an answer show them."""
    if b"{" not in answer.sample:
        return {}
    with suppress(NotRead):  # whoever asks has a refusal to tell of, whatever its words
        return readers.ask(f"{__name__}:members_of_sample", answer.sample, answer=StoredReply).members
    return {}


def refusal(readers: Readers, server: Server, answer: Answer, what: str) -> str:
    """Say in a sentence why an answer is not what was asked for, in the server's own words as well."""
    return server.refusal(answer, what, line(members_in_sample(readers, answer).get("error"), 200))


def read_history(readers: Readers, stored: StoredItem, post: Post) -> EditHistory:
    """Read a stored edit history; the wording that the post has now is left out. Raises NotReadable."""
    try:
        return _got(_ask(readers, "history_in", [stored], post.edited, post.text, post.warning).history)
    except NotReadable:
        raise
    except NotJson as error:
        return EditHistory((), (), str(error))


def activity_of(readers: Readers, stored: StoredItem, url: str, actor: StoredItem | None = None) -> tuple[Post, str]:
    """Return a post as ActivityPub states it, and the address of its author.

    Raises NotJson, NotReadable, Unreadable.
    """
    if actor is None:
        reply = _ask(readers, "activity_in", [stored], url)
    else:
        reply = _ask(readers, "activity_and_actor_in", [stored, actor], url)
    return _got(reply.activity), reply.author


def _ask(readers: Readers, function: str, stored: list[StoredItem], *arguments: str | bool) -> StoredReply:
    """Have one answer read, or two that belong together. Raises NotJson, NotReadable, Unreadable."""
    codings, files = [each.item.content_encoding for each in stored], [each.body for each in stored]
    try:
        reply = readers.ask(f"{__name__}:{function}", *codings, *arguments, files=files, answer=StoredReply)
    except NotRead as error:
        raise NotReadable(str(error)) from error
    if reply.not_json:
        raise NotJson(reply.not_json)
    if reply.unreadable:
        raise UnreadableAnswer(reply.unreadable)
    return reply


def _as_arguments(server: Server) -> tuple[str, str, bool]:
    return server.origin, server.domain, server.has_token


def _got(value: T | None) -> T:
    if value is None:
        raise NotReadable("the reader's answer is not understood")
    return value


def not_read(url: str, answer: Answer, error: Exception) -> NotFollowed | Unavailable:
    """Say that an answer is stored and could not be read; a failure of its reader is one of the capture."""
    reason = f"stored, but could not be read: {answer.reason or error}"
    return (
        Unavailable(url=url, reason=reason) if isinstance(error, NotReadable) else NotFollowed(url=url, reason=reason)
    )


# What follows runs in the sandbox.


def list_in(file: BinaryIO, coding: str, origin: str, domain: str, has_token: bool, members: str) -> StoredReply:
    """Read the posts of a list, or of lists that are members of an object."""

    def _read(served: ServedJson) -> StoredReply:
        names: dict[str, str] = {}
        lists = [served.member(served.root, name) for name in members.split(",")] if members else [served.root]
        page = read_page(served, lists, Server(origin=origin, domain=domain, has_token=has_token), names)
        page.found = any(lists)
        return StoredReply(page=page, names=names)

    return _reply(file, coding, _read)


def post_in(file: BinaryIO, coding: str, origin: str, domain: str, has_token: bool) -> StoredReply:
    """Read a post."""
    server = Server(origin=origin, domain=domain, has_token=has_token)
    return _reply(file, coding, lambda served: StoredReply(listed=read_listed(served, served.whole(), server, {})))


def members_in(file: BinaryIO, coding: str) -> StoredReply:
    """Read the members of an object that are strings."""
    return _reply(file, coding, lambda served: _members(mapping(served.whole().value)))


def members_of_sample(sample: bytes) -> StoredReply:
    """Read the same of the first bytes of an answer."""
    return _members(_first_members(sample))


def accounts_of_sample(sample: bytes, origin: str, domain: str, has_token: bool, searched: bool) -> StoredReply:
    """Read an account, or those that a search found, in the first bytes of an answer."""
    server = Server(origin=origin, domain=domain, has_token=has_token)
    return StoredReply(accounts=read_accounts(_first_members(sample), server, searched=searched, facts=False))


def _first_members(sample: bytes) -> dict[str, object]:
    """Return the members of an object as far as the first bytes of a body show them."""
    found: dict[str, object] = {}
    served = ServedJson(sample)
    with suppress(NotJson):  # as a rule it breaks off
        for name, piece in served.members(served.root):
            found[name] = piece.value
    return found


def _members(said: Mapping[str, object]) -> StoredReply:
    strings = ((name, value) for name, value in said.items() if isinstance(value, str))
    short = ((name, value[:_LONGEST_MEMBER]) for name, value in strings if len(name) < _LONGEST_MEMBER)
    return StoredReply(members={_clean(name): _clean(value) for name, value in short})


def accounts_in(file: BinaryIO, coding: str, origin: str, domain: str, has_token: bool, searched: bool) -> StoredReply:
    """Read an account, or those that a search found."""
    server = Server(origin=origin, domain=domain, has_token=has_token)

    def _read(served: ServedJson) -> StoredReply:
        return StoredReply(accounts=read_accounts(served.whole().value, server, searched=searched))

    return _reply(file, coding, _read)


def history_in(file: BinaryIO, coding: str, edited: str, text: str, warning: str) -> StoredReply:
    """Read an edit history."""
    return _reply(file, coding, lambda served: StoredReply(history=history_of(served, edited, text, warning)))


def activity_in(file: BinaryIO, coding: str, url: str) -> StoredReply:
    """Read a post as ActivityPub states it."""

    def _read(served: ServedJson) -> StoredReply:
        value = served.whole().value
        return StoredReply(activity=read_activity(value, url), author=author_of(value))

    return _reply(file, coding, _read)


def activity_and_actor_in(file: BinaryIO, actor: BinaryIO, coding: str, actor_coding: str, url: str) -> StoredReply:
    """Read a post as ActivityPub states it, and its author."""

    def _read(served: ServedJson) -> StoredReply:
        try:
            author = ServedJson(decoded_body(actor, actor_coding)).whole().value
        except (NotDecoded, NotJson):
            author = None
        return StoredReply(activity=read_activity(served.whole().value, url, author))

    return _reply(file, coding, _read)


def _reply(file: BinaryIO, coding: str, read: Callable[[ServedJson], StoredReply]) -> StoredReply:
    try:
        return read(ServedJson(decoded_body(file, coding)))
    except (NotDecoded, NotJson) as error:
        return StoredReply(not_json=str(error))
    except UnreadableAnswer as error:
        return StoredReply(unreadable=_clean(str(error)))


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()

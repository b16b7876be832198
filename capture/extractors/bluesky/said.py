"""What records and answers say, as the sandbox hands it over: plain values, to be trusted no more than the bytes."""

from __future__ import annotations

import msgspec

from capture.extractors.bluesky.at_uri import is_did
from hashing.case.facts import Fact
from hashing.case.post import Account, Post

MOST_BLOBS = 100  # Photos and videos that are followed of one record; a post shows four.


class _Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of an answer. What has nothing to say is left out."""


class Said(_Answer, frozen=True, kw_only=True):
    """What a record says. Of its author the post has the DID alone, and of its media no address."""

    post: Post
    facts: tuple[Fact, ...] = ()


class Shown(_Answer, frozen=True, kw_only=True):
    """What an AppView says about a post beside the record."""

    author: Account
    counts: dict[str, int] = {}
    # Addresses of photos that it made smaller: all there is, where the account's own server does not answer.
    pictures: tuple[str, ...] = ()
    post: Post | None = None  # The whole post as it is shown, to be held against the one that is signed.


class Element(_Answer, frozen=True, kw_only=True):
    """A record in a list or a thread, and the bytes in which it was served."""

    uri: str
    said: Said
    offset: int
    data: bytes
    shown: Shown | None = None  # Of a list that an AppView made.


class ListPage(_Answer, frozen=True, kw_only=True):
    """One page of a list: its elements, how many had no form that could be read, and why no more were."""

    elements: tuple[Element, ...] = ()
    unreadable: int = 0
    cursor: str = ""
    problem: str = ""


class ThreadNode(_Answer, frozen=True, kw_only=True):
    """One node of a thread, in the order in which they stand in the answer."""

    element: Element | None = None  # The post; None where the AppView shows none, or none that can be read.
    unreadable: bool = False  # Whether there is a post that has not the form of one.
    uri: str = ""  # What the node, or a post that cannot be read, is called.
    blocked: bool = False
    is_above: bool = False  # Whether it is a post that is replied to, and not a reply.
    has_parent: bool = False
    replies: int = 0  # How many are shown below it.


class Thread(_Answer, frozen=True, kw_only=True):
    """The nodes of one answer; if it is not `whole`, those before the fault."""

    nodes: tuple[ThreadNode, ...] = ()
    whole: bool = True


class Document(_Answer, frozen=True, kw_only=True):
    """What a DID document names, or why it is none."""

    pds: str = ""
    handles: tuple[str, ...] = ()
    key: str = ""
    problem: str = ""


class LogKey(_Answer, frozen=True, kw_only=True):
    """The key that the log of a did:plc proves, or why it proves none."""

    key: str = ""
    handles: tuple[str, ...] = ()
    problem: str = ""
    ended: bool = False  # Whether it proves that the owner has ended the account.


class Proven(_Answer, frozen=True, kw_only=True):
    """What a proof came to."""

    holds: bool = False  # Whether it proves the record, or that there is none.
    rev: str = ""
    record_cid: str = ""  # "" where it is proven that there is no such record.
    problem: str = ""  # Why it does not hold, or is not the proof of the record as served.
    signed: Said | None = None  # What the account signed; None where there is nothing to be read.
    served: Said | None = None  # What the server's own JSON says, where that is not what is proven.


class InRepository(_Answer, frozen=True, kw_only=True):
    """A record of a whole repository, or why no further one can be read."""

    name: str = ""  # Its collection and key.
    published: str = ""
    problem: str = ""


class Reply(_Answer, frozen=True, kw_only=True):
    """What was read of an answer, by what it was asked for, or why nothing could be."""

    read: tuple[str, ...] = ()  # The SHA-256, in hexadecimal, of the stored bytes that it was read from.
    not_decoded: bool = False
    members: dict[str, str] = {}  # Those members of the object that are texts.
    inactive: bool = False  # Whether a member says that the account is not active.
    did: str = ""
    record: Said | None = None
    page: ListPage | None = None
    thread: Thread | None = None
    document: Document | None = None
    log_key: LogKey | None = None
    proven: Proven | None = None


def account_of(did: str, handle: str = "", name: str = "") -> Account:
    """Return who an account is."""
    return Account(handle=handle, name=name, id=did, url=f"https://bsky.app/profile/{did}" if is_did(did) else "")

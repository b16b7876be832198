"""The nodes of a thread as `app.bsky.feed.getPostThread` serves it: posts within posts, as deep as people answer.

A thread of a thousand answers to answers is nested deeper than any JSON reader goes, so it is walked without recursion.
What is nested too deeply in one post is left out of that post alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from capture.extractors.bluesky.at_uri import read_at_uri
from capture.extractors.bluesky.said import Thread, ThreadNode
from capture.extractors.bluesky.view import listed_view
from capture.extractors.json_value import line, mapping
from capture.extractors.served_json import JsonSpan, NotJson, ServedJson

_SPACE = re.compile(r"[ \t\r\n]*")
_MOST_NODES = 100_000  # Of one answer; servers give some hundreds.
_BELOW = frozenset({"thread", "parent", "replies"})  # Members that hold further nodes.


@dataclass(slots=True)
class OpenNode:
    """One node: its members, but for those that hold further nodes."""

    is_above: bool  # Whether it is a post that is replied to, and not a reply.
    members: dict[str, JsonSpan] = field(default_factory=dict)
    has_parent: bool = False
    replies: int = 0  # How many are shown below it.

    def value(self, name: str) -> object:
        """Return what a member says; None where there is none."""
        piece = self.members.get(name)
        return piece.value if piece is not None else None


def read_thread(body: bytes) -> Thread:
    """Return the nodes of a thread with the posts in them."""
    read = ThreadNodes(body)
    return Thread(nodes=tuple(_said(node, read) for node in read.nodes), whole=read.whole)


def _said(node: OpenNode, read: ThreadNodes) -> ThreadNode:
    piece = node.members.get("post")
    element = listed_view(read.json, piece) if piece is not None else None
    named = node.value("uri") if piece is None else mapping(piece.value).get("uri")
    return ThreadNode(
        element=element,
        unreadable=piece is not None and element is None,
        uri=line(named, 3000) if element is None and read_at_uri(named) is not None else "",
        blocked=node.value("blocked") is True,
        is_above=node.is_above,
        has_parent=node.has_parent,
        replies=node.replies,
    )


class ThreadNodes:
    """The nodes of one answer, in the order in which they stand in it."""

    def __init__(self, body: bytes) -> None:
        self._text = body.decode("utf-8", "surrogateescape")
        self.json = ServedJson(body)
        self.nodes: list[OpenNode] = []
        self.whole = True  # Whether all of it could be read; if not, `nodes` are those before the fault.
        try:
            self._walk()
        except (NotJson, IndexError):
            self.whole = False

    def _walk(self) -> None:
        """Read the body from its first brace on. Raises NotJson, IndexError where it breaks off."""
        # A stack of open objects and arrays, each with the character that ends it.
        open_: list[tuple[OpenNode, str]] = []
        at = self._open(open_, self._past(0), is_above=False)
        while open_:
            node, end = open_[-1]
            at = self._past(at)
            if self._text[at] == ",":
                at += 1
            elif self._text[at] == end:
                open_.pop()
                at += 1
            elif end == "}":
                at = self._member(open_, node, at)
            else:
                at = self._element(open_, node, at)

    def _member(self, open_: list[tuple[OpenNode, str]], node: OpenNode, at: int) -> int:
        key = self.json.piece(at)
        name, at = key.value, self._past(key.end)
        if self._text[at] != ":" or not isinstance(name, str):
            raise NotJson(f"a member was expected at character {at:,}")
        at = self._past(at + 1)
        # Nodes below are walked by `_walk`, with a stack of its own: a thread can be nested deeper than a parser can
        # go.
        if name in _BELOW and self._text[at] == "{":
            node.has_parent |= name == "parent"
            return self._open(open_, at, is_above=name == "parent")
        if name in _BELOW and self._text[at] == "[":
            open_.append((node, "]"))
            return at + 1
        # All else is read whole; the last of two members with one name counts, as in most readers (RFC 8259, section
        # 4).
        node.members[name] = self.json.piece(at)
        return node.members[name].end

    def _element(self, open_: list[tuple[OpenNode, str]], node: OpenNode, at: int) -> int:
        if self._text[at] == "{":
            node.replies += 1
            return self._open(open_, at, is_above=False)
        return self.json.piece(at).end

    def _open(self, open_: list[tuple[OpenNode, str]], at: int, *, is_above: bool) -> int:
        if self._text[at] != "{":
            raise NotJson(f"an object was expected at character {at:,}")
        if len(self.nodes) == _MOST_NODES:
            raise NotJson(f"more than {_MOST_NODES:,} posts in one answer")
        self.nodes.append(OpenNode(is_above=is_above))
        open_.append((self.nodes[-1], "}"))
        return at + 1

    def _past(self, at: int) -> int:
        match = _SPACE.match(self._text, at)
        return match.end() if match else at

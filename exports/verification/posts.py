"""Checking what is said of posts against the items that they were read from, where that can be read again.

A record of the AT Protocol (Bluesky) stands in its item as JSON, and its text is shown as it stands there. A post of
the fediverse, as Mastodon's API or as ActivityPub states it, and an entry of a JSON Feed stand in theirs as JSON with
HTML in it: names, addresses and times are compared as they stand, the text by its letters and digits, where the HTML
is so plain that no two readers take it differently. Of an entry of an XML feed so much is compared as stands there
plainly. What was read out of a page is not read again here; nor is what only who knows the server can tell, such as the
host in a handle. How many posts that are, is said.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from exports.errors import NotCheckable
from exports.format.manifest import Listed, ListedItem
from exports.format.unpacked import unpacked
from exports.verification.feed_entry import plain_entry
from hashing.case.events import Item
from hashing.case.post import Post
from hashing.warc.content_coding import PIECE

if TYPE_CHECKING:
    from exports.verification.check import Check

    Json = Mapping[str, Any]

_LARGEST = 4 << 20  # Bytes of a post, unpacked, that are read.
_LONGEST_TEXT = 100_000  # Characters of a text that are shown, or compared.
# Stands for each character that is not shown as it is, such as one that would move a cursor.
_UNCLEAN = "\N{REPLACEMENT CHARACTER}"
# Of attributes only what has both its quotation marks: otherwise more than the tag may be one value.
_PLAIN_TAG = re.compile(
    r"</?(?:p|br|a|span|strong|em|b|i|u|s|del|code|blockquote|ul|ol|li|h[1-6]|sub|sup|div)"
    r"""(?: +[a-z-]{1,50}(?:="[^"<>]*"|='[^'<>]*')?)* ?/?>""",
    re.IGNORECASE,
)
_MOST_TAGS = 500
_API = re.compile(r"https?://[^/?#]+/api/v1/")  # How the address of whatever Mastodon's API gave begins.
_PLAIN_REFERENCE = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#39|#34);")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]{1,200}(?::[0-9]{1,4})?/[A-Za-z0-9._~/@%?=&#+-]{0,1000}", re.ASCII)
_TIME = re.compile(
    r"[0-9]{4}(?:-[0-9]{2}){2}T[0-9]{2}(?::[0-9]{2}){2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})", re.ASCII
)
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}", re.ASCII)


class _Ambiguous(ValueError):
    """JSON in which a name stands twice: two readers may take it differently."""


class PostCheck(msgspec.Struct):
    """Compares posts with their items, one at a time."""

    check: Check
    compared: int = 0
    not_compared: int = 0

    def compare_listed(self, entry: Listed) -> None:
        """Compare what a bundle lists, if it is a post; note what differs."""
        if isinstance(entry, ListedItem) and entry.post is not None and not entry.withheld:
            self.compare(entry, entry.path, entry.post)

    def compare(self, item: Item | ListedItem, path: str, post: Post) -> None:
        """Compare a post with the item at a path, if that can be read again; note what differs."""
        if item.partial or not self.check.is_file(path):
            return
        data = self._data(item, path)
        if post.platform == "feed" and item.excerpt is not None and (plain := plain_entry(data)):
            self._tell(item, path, _of_plain_entry(plain, post))
            return
        served = _json(data)
        of_the_api = item.excerpt is not None or _API.match(item.url) is not None
        if of_the_api and item.excerpt is None and isinstance(served, dict) and isinstance(served.get("reblog"), dict):
            served = served["reblog"] or served  # a boost is read as the post that it shares
        differing = _differing(served, post, of_the_api=of_the_api) if isinstance(served, dict) else None
        if differing is None:
            self.not_compared += 1
            return
        self._tell(item, path, differing)

    def _tell(self, item: Item | ListedItem, path: str, differing: Iterable[str]) -> None:
        self.compared += 1
        for each in differing:
            what = f"{each} is not {'the one' if each == 'author' else 'what stands'} in the item"
            self.check.problem(path, f"{item.ref}: the post's {what}")

    def note(self) -> None:
        """Say how many posts were compared."""
        if self.compared:
            self.check.findings.notes.append(f"posts compared with what stands in their items: {self.compared:,}")
        if self.not_compared:
            self.check.findings.notes.append(
                f"posts of which no second reading was made: {self.not_compared:,} (read out of a page, of XML that is "
                "not plain or of a form that is not read here); their items are as they were sealed"
            )

    def _data(self, item: Item | ListedItem, path: str) -> bytes:
        """Return an item's bytes without their coding; b"" for what is too large for a post, or cannot be read."""
        data = bytearray()
        try:
            with self.check.tree.open(path) as file:
                for piece in unpacked(iter(lambda: file.read(PIECE), b""), item.content_encoding):
                    data += piece
                    if len(data) > _LARGEST:
                        return b""
        except (NotCheckable, OSError, ValueError):
            return b""  # that it cannot be read, or is not as it was sealed, is said elsewhere
        return bytes(data)


def _json(data: bytes) -> Any:  # noqa: ANN401 - whatever a server sent
    """Return what bytes say as JSON; None for what is none, or could be read in two ways."""
    try:
        return json.loads(data, object_pairs_hook=_named_once)
    except (ValueError, RecursionError):
        return None


def _differing(served: Json, post: Post, *, of_the_api: bool = False) -> list[str] | None:
    """Return the names of what differs; None where the item is of a form that is not read here, or of another post.

    A stranger may put the names of one form into another. What Mastodon's API gave (`of_the_api`) was never read as an
    activity, and what has a type or an object was read as one elsewhere.
    """
    match served:
        case {"uri": str(uri), "value": {"text": str(text)}} if post.platform == "bluesky":
            return list(_of_record(uri, text, post)) if uri == post.id and "record" not in served else None
        case {"type": "Note" | "Article" | "Question"} if post.platform == "fediverse" and not of_the_api:
            return list(_of_activity(served, post))
        case {"type": "Create", "object": {"type": "Note" | "Article" | "Question"} as inner} if (
            post.platform == "fediverse" and not of_the_api
        ):
            return list(_of_activity(inner, post))
        case {"account": {}, "content": str()} if post.platform == "fediverse":
            return list(_of_status(served, post)) if of_the_api or not {"type", "object"} & served.keys() else None
        case {"id": str()} if post.platform == "feed":
            return list(_of_entry(served, post))
        case _:
            return None  # read from elsewhere, such as from its signed proof


def _of_record(uri: str, text: str, post: Post) -> Iterator[str]:
    if not _shown_as(text, post.text):
        yield "text"
    if post.author.id and f"at://{post.author.id}/" != uri[: len(post.author.id) + 6]:
        yield "author"


def _of_status(said: Json, post: Post) -> Iterator[str]:
    account = said["account"]
    yield from _plainly(
        ("id", said.get("uri"), post.id, _ADDRESS),
        ("address", said.get("url"), post.permalink, _ADDRESS),
        ("author", account.get("uri"), post.author.id, _ADDRESS),
        ("author", _user(account.get("acct")), _user(post.author.handle), _NAME),
        ("author", account.get("display_name"), post.author.name, _NAME),
        ("time", said.get("created_at"), post.published, _TIME),
        ("time", said.get("edited_at"), post.edited, _TIME),
    )
    if not _says(said["content"], post.text, more=bool(said.get("poll"))):
        yield "text"


def _of_activity(said: Json, post: Post) -> Iterator[str]:
    yield from _plainly(
        ("id", said.get("id"), post.id, _ADDRESS),
        ("author", said.get("attributedTo"), post.author.id, _ADDRESS),
        ("time", said.get("published"), post.published, _TIME),
        ("time", said.get("updated"), post.edited, _TIME),
    )
    more = "oneOf" in said or "anyOf" in said
    if isinstance(content := said.get("content"), str) and content and not _says(content, post.text, more=more):
        yield "text"


def _of_entry(said: Json, post: Post) -> Iterator[str]:
    yield from _plainly(("id", said.get("id"), post.id, _ADDRESS))
    html, text = said.get("content_html"), said.get("content_text")
    # Of a feed that is very large, not all is read: what is shown may be a part of what is said.
    same = True
    if isinstance(html, str) and html:
        same = _says(html, post.text, cut=True)
    elif (html is None or html == "") and isinstance(text, str) and text:
        same = _same_letters(text, post.text, cut=True)
    if not same:
        yield "text"


def _of_plain_entry(said: Mapping[str, str], post: Post) -> Iterator[str]:
    """Compare an entry of an XML feed; what a post does not have at all was read as something else."""
    if post.id and _ADDRESS.fullmatch(said.get("id", "")) and said["id"] != post.id:
        yield "id"
    if post.title and said.get("title") and not _same_letters(said["title"], post.title, cut=True):
        yield "title"
    if post.text and said.get("text") and not _same_letters(said["text"], post.text, cut=True):
        yield "text"


def _plainly(*pairs: tuple[str, object, str | None, re.Pattern[str]]) -> Iterator[str]:
    """Yield the name of each value that is said and shown otherwise, where it is so plain that all read it alike."""
    named = dict.fromkeys(
        name
        for name, said, shown, plain in pairs
        if isinstance(said, str) and plain.fullmatch(said) and said != shown and (plain is not _TIME or _is_time(said))
    )
    yield from named


def _user(name: object) -> str | None:
    return name.lstrip("@").partition("@")[0] if isinstance(name, str) else None


def _is_time(written: str) -> bool:
    try:
        datetime.fromisoformat(written)
    except ValueError:
        return False
    return True


def _says(html: str, shown: str, *, more: bool = False, cut: bool = False) -> bool:
    """Say whether a text says what plain HTML does, as `_same_letters`; any other HTML passes."""
    text, tags = _PLAIN_TAG.subn("", html)
    if tags > _MOST_TAGS or "<" in text or ">" in text or "&" in _PLAIN_REFERENCE.sub("", text):
        return True
    from html import unescape

    return _same_letters(unescape(text), shown, more=more, cut=cut)


def _same_letters(said: str, shown: str, *, more: bool = False, cut: bool = False) -> bool:
    """Compare letters and digits, for each reader sets white space in its own way.

    With `more`, something may follow in what is shown; with `cut`, something may be missing there at the end. A text
    that is very long, or has characters that cannot be printed, passes.
    """
    if len(said) > _LONGEST_TEXT or not all(each.isprintable() or each in "\n\r\t" for each in said):
        return True
    one, other = ("".join(filter(str.isalnum, each)) for each in (said, shown))
    return one == other or (more and other.startswith(one)) or (cut and one.startswith(other))


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Ambiguous
    return found


def _shown_as(said: str, shown: str) -> bool:
    """Say whether a text is shown as it was said: as far as it is shown, and but for characters that are not."""
    said = said[:_LONGEST_TEXT]
    return len(said) == len(shown) and all(one in {other, _UNCLEAN} for one, other in zip(shown, said, strict=True))

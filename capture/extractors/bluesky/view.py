"""Posts as an AppView shows them (https://docs.bsky.app/docs/api/app-bsky-feed-get-posts): another server's copy.

It adds what no signed record holds: how often a post was liked, shared and answered, and pictures made smaller.
"""

from __future__ import annotations

from capture.extractors.bluesky.at_uri import AtUri, read_at_uri
from capture.extractors.bluesky.post import read_post, read_record, record_facts
from capture.extractors.bluesky.said import Element, Said, Shown, account_of
from capture.extractors.json_value import count, line, mapping, sequence, web_url
from capture.extractors.served_json import JsonSpan, ServedJson
from hashing.case.facts import Fact

_COUNTS = {
    "replyCount": "replies",
    "repostCount": "reposts",
    "likeCount": "likes",
    "quoteCount": "quotes",
    "bookmarkCount": "bookmarks",
}
_NO_HANDLE = "handle.invalid"  # What AppViews show in the place of a handle that does not lead to the account.
_MOST_PICTURES = 100
_MOST_LABELS = 20


def listed_record(served: ServedJson, piece: JsonSpan) -> Element | None:
    """Return an element of an account's own list of records, or None where it names none."""
    said = mapping(piece.value)
    uri = read_at_uri(said.get("uri"))
    record = read_record(said.get("value"), str(uri), line(said.get("cid"), 100))
    if uri is None or record is None:
        return None
    offset, data = served.served(piece)
    return Element(uri=str(uri), said=record, offset=offset, data=data)


def listed_view(served: ServedJson, piece: JsonSpan) -> Element | None:
    """Return a post as an AppView shows it, or None where a value has not that form."""
    view = read_view(piece.value)
    if view is None:
        return None
    uri, said, shown = view
    offset, data = served.served(piece)
    return Element(uri=str(uri), said=said, shown=shown, offset=offset, data=data)


def read_view(value: object) -> tuple[AtUri, Said, Shown] | None:
    """Return which post is shown, what its record says, and what the AppView says beside; None for another form.

    Among the facts is when the AppView first saw it, by its own clock.
    """
    fields = mapping(value)
    uri, author = read_at_uri(fields.get("uri")), mapping(fields.get("author"))
    if uri is None or not isinstance(fields.get("record"), dict):
        return None
    counts = {name: found for key, name in _COUNTS.items() if (found := count(fields.get(key))) is not None}
    embed = mapping(fields.get("embed"))
    # An embed is images, or a quoted record with media beside it.
    images = sequence(embed.get("images") or mapping(embed.get("media")).get("images"), _MOST_PICTURES)
    pictures = [url for each in images if (url := web_url(mapping(each).get("fullsize")))]
    handle = line(author.get("handle"), 253).replace(_NO_HANDLE, "")
    who = account_of(uri.did, handle, line(author.get("displayName"), 640))
    shown = Shown(author=who, counts=counts, pictures=tuple(pictures))
    facts = record_facts(fields.get("record"), line(fields.get("cid"), 100))
    indexed = line(fields.get("indexedAt"), 64)
    facts += (Fact("first seen by the AppView", indexed, "indexedAt"),) if indexed else ()
    labels = [line(mapping(each).get("val"), 128) for each in sequence(fields.get("labels"), _MOST_LABELS)]
    facts += tuple(Fact("label", label, "labels") for label in labels if label)
    return uri, Said(post=read_post(fields.get("record"), uri), facts=facts), shown

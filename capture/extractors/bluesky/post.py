"""A record as a post (https://atproto.com/lexicons/app-bsky-feed#appbskyfeedpost)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from capture.extractors.bluesky.at_uri import AtUri, read_at_uri
from capture.extractors.bluesky.said import MOST_BLOBS, Said, account_of
from capture.extractors.json_value import Json, line, mapping, sequence, text, time
from capture.request.hashtag import same_for_all
from hashing.atproto import AtprotoError, Cid
from hashing.case.facts import Fact
from hashing.case.kinds import ItemKind
from hashing.case.post import Post, PostMedia

_MOST_VALUES = 200_000
_LONGEST_ALT = 10_000
_KINDS = {"image": ItemKind.PHOTO, "video": ItemKind.VIDEO, "audio": ItemKind.AUDIO}
_LEGACY = {"cid", "mimeType"}  # What a blob was in records of before 2023.


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """A blob (https://atproto.com/specs/blob) that a record names by the hash of its bytes, with what it says of it."""

    cid: str
    kind: ItemKind
    alt: str


def read_blobs(record: object) -> list[Blob]:
    """Return the blobs of a record, each once, in the order of the record, wherever in it they stand.

    So those of embeds are found that did not exist when this was written.
    """
    found: dict[str, Blob] = {}
    for value, alt in _objects(record):
        if (blob := _blob(value, alt)) is not None:
            found.setdefault(blob.cid, blob)
        if len(found) == MOST_BLOBS:
            break
    return list(found.values())


def _objects(record: object) -> Iterator[tuple[dict[str, object], str]]:
    """Yield every object in a value with the alternative text beside it, without recursion."""
    waiting: list[tuple[object, str]] = [(record, "")]
    for _ in range(_MOST_VALUES):
        if not waiting:
            return
        value, alt = waiting.pop()
        if isinstance(value, dict):
            yield value, alt
            below = text(value.get("alt"), _LONGEST_ALT)
            # Backwards onto the stack, so that they come off in the record's own order: that of the pictures as they
            # are shown.
            waiting += [(each, below) for each in reversed(value.values())]
        elif isinstance(value, list):
            waiting += [(each, "") for each in reversed(value)]


def _blob(value: dict[str, object], alt: str) -> Blob | None:
    match value:
        case {"$type": "blob", "ref": {"$link": str(cid)}}:
            pass
        # The form of before the lexicon had blobs (https://atproto.com/specs/data-model#blob-type), told apart by
        # having these two members and no others; it still stands in old records.
        case {"cid": str(cid)} if value.keys() == _LEGACY:
            pass
        case _:
            return None
    try:
        # What is no content identifier could name no bytes, and would go into an address as it is.
        Cid.parse(cid)
    except AtprotoError:
        return None
    return Blob(cid=cid, kind=_kind(line(value.get("mimeType"), 200)), alt=alt)


def _kind(mime: str) -> ItemKind:
    other = ItemKind.SUBTITLES if mime.lower().startswith("text/vtt") else ItemKind.DOCUMENT
    return _KINDS.get(mime.partition("/")[0].lower(), other)


PLATFORM = "bluesky"

# Characters. The lexicon allows 3,000 bytes of a text; a server of anyone's may send more.
_LONGEST_TEXT = 100_000
_LONGEST_URI = 2048
_MOST = 20
_EXTERNAL = "app.bsky.embed.external"
_RECORD = "app.bsky.embed.record"
_RECORD_WITH_MEDIA = "app.bsky.embed.recordWithMedia"
_MOST_MARKS = 200
# Bytes of a tag, as in the lexicon (app.bsky.feed.post).
_LONGEST_TAG = 640
_LONGEST_LINK = 2048
_FACET = "app.bsky.richtext.facet"


def read_record(record: object, uri: str, cid: str) -> Said | None:
    """Return what the record of that name and content identifier says; None where the name is none."""
    named = read_at_uri(uri)
    return Said(post=read_post(record, named), facts=record_facts(record, cid)) if named is not None else None


def read_post(record: object, uri: AtUri) -> Post:
    """Return what a record says. Never fails: a field that is not of the form that it must have says nothing.

    Of its author it has the DID alone, and of its media no address: a record names neither. The text is bounded; the
    record as served is not.
    """
    fields = mapping(record)
    embed = mapping(fields.get("embed"))
    marks = read_marks(fields)
    # A link card is a link even where the text does not hold it.
    card = line(mapping(_embedded(embed, _EXTERNAL).get("external")).get("uri"), _LONGEST_URI)
    return Post(
        platform=PLATFORM,
        server="",
        id=str(uri),
        permalink=uri.permalink,
        author=account_of(uri.did),
        published=time(fields.get("createdAt")),
        text=text(fields.get("text"), _LONGEST_TEXT),
        warning=", ".join(_self_labels(fields)),
        language=", ".join(line(each, 35) for each in sequence(fields.get("langs"), _MOST) if line(each, 35)),
        tags=marks.tags,
        mentions=marks.mentions,
        links=tuple(dict.fromkeys([*marks.links, *([card] if card else [])])),
        reply_to=line(mapping(mapping(fields.get("reply")).get("parent")).get("uri"), _LONGEST_URI),
        quotes=_quoted(embed),
        media=tuple(PostMedia(url="", kind=blob.kind, alt=blob.alt, cid=blob.cid) for blob in read_blobs(record)),
    )


def record_facts(record: object, cid: str) -> tuple[Fact, ...]:
    """Return what a record states that no field of a post has room for."""
    said = mapping(record)
    facts = [Fact("content identifier", cid, "cid")] if cid else []
    created = said.get("createdAt")
    if not isinstance(record, dict):
        facts.append(Fact("could not be read", "the record is not a JSON object", "value"))
    elif created is not None and not time(created):
        facts.append(Fact("published as written", line(created, 200) or "not a text", "createdAt"))
    root = line(mapping(mapping(said.get("reply")).get("root")).get("uri"), _LONGEST_URI)
    if root:
        facts.append(Fact("thread", root, "reply.root"))
    return tuple(facts)


def _embedded(embed: Json, kind: str) -> Json:
    """Return an embed of some kind, by itself or beside a quoted record; an empty one where there is none."""
    media = mapping(embed.get("media"))
    if embed.get("$type") == kind:
        return embed
    return media if embed.get("$type") == _RECORD_WITH_MEDIA and media.get("$type") == kind else {}


def _quoted(embed: Json) -> str:
    record = mapping(embed.get("record"))
    if embed.get("$type") == _RECORD_WITH_MEDIA:
        record = mapping(record.get("record"))
    elif embed.get("$type") != _RECORD:
        return ""
    return line(record.get("uri"), _LONGEST_URI)


def _self_labels(record: Json) -> list[str]:
    """Return the warnings that the author put in front of a post."""
    values = sequence(mapping(record.get("labels")).get("values"), _MOST)
    return [label for each in values if (label := line(mapping(each).get("val"), 128))]


@dataclass(frozen=True, slots=True, kw_only=True)
class RichTextMarks:
    """What a post's text is marked with, each once, in the order of the record."""

    # Those of the text and those of the `tags` field, without the sign, in the author's spelling.
    tags: tuple[str, ...]
    mentions: tuple[str, ...]  # DIDs.
    links: tuple[str, ...]


def read_marks(record: Json) -> RichTextMarks:
    """Return what facets mark in the text of a record (https://atproto.com/lexicons/app-bsky-richtext).

    Servers act on a facet's feature; where the text shows something else, the facet lies, and what it leads to is what
    counts. Never fails: what is not of the form that it must have is passed over.
    """
    features = [
        mapping(feature)
        for facet in sequence(record.get("facets"), _MOST_MARKS)
        for feature in sequence(mapping(facet).get("features"), _MOST_MARKS)
    ][:_MOST_MARKS]
    tags = [*_of(features, "tag", "tag", _LONGEST_TAG)]
    tags += [line(tag, _LONGEST_TAG) for tag in sequence(record.get("tags"), _MOST_MARKS)]
    by_spelling = {same_for_all(tag): tag for tag in reversed(tags) if tag}
    return RichTextMarks(
        tags=tuple(reversed(by_spelling.values())),
        mentions=tuple(dict.fromkeys(_of(features, "mention", "did", _LONGEST_LINK))),
        links=tuple(dict.fromkeys(_of(features, "link", "uri", _LONGEST_LINK))),
    )


def _of(features: list[Json], kind: str, field: str, longest: int) -> list[str]:
    found = [line(each.get(field), longest) for each in features if each.get("$type") == f"{_FACET}#{kind}"]
    return [each for each in found if each]

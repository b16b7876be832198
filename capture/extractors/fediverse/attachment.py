"""The photos, videos and sounds of a post (https://docs.joinmastodon.org/entities/MediaAttachment/)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from capture.extractors.json_value import Json, mapping, sequence, text, web_url
from capture.request.extractor import FetchRequest, NotFollowed, Unavailable
from hashing.case.kinds import ItemKind
from hashing.case.post import PostMedia

MOST = 24  # Media of one post that are named in its record; the largest number that servers are known to allow is 20.
_LONGEST_ALT = 10_000

_VIDEO, _AUDIO, _DOCUMENT = ItemKind.VIDEO, ItemKind.AUDIO, ItemKind.DOCUMENT
_KINDS = {"image": ItemKind.PHOTO, "video": _VIDEO, "gifv": _VIDEO, "audio": _AUDIO}
_FAMILIES = {"image": ItemKind.PHOTO, "video": _VIDEO, "audio": _AUDIO, "text": _DOCUMENT, "application": _DOCUMENT}
_EXTENSIONS = {
    **dict.fromkeys(("mp4", "m4v", "webm", "mov", "mkv", "ogv", "avi"), _VIDEO),
    **dict.fromkeys(("mp3", "m4a", "ogg", "oga", "opus", "wav", "flac", "aac"), _AUDIO),
    **dict.fromkeys(("pdf", "txt", "csv"), _DOCUMENT),
}


class MissingMedia(NamedTuple):
    """Of how many media of a post its server gives no address at all, and of how many that of a preview alone."""

    addresses: int = 0
    previews: int = 0


NONE_MISSING = MissingMedia()


def read_attachments(value: object, base: str = "") -> tuple[PostMedia, ...]:
    """Return the media of a post's `media_attachments`; one without any address is left out.

    Addresses may be relative to `base`.
    """
    return tuple(filter(None, (_attachment(mapping(each), base) for each in sequence(value, MOST))))


def missing_media(value: object, base: str = "") -> MissingMedia:
    """Return for how many of a post's `media_attachments` its server gives no address, or none but a preview's."""
    if value and not isinstance(value, list):
        return MissingMedia(addresses=1)
    fields = [mapping(each) for each in sequence(value, MOST)]
    previews = sum(not _full(each, base) and bool(_address(each.get("preview_url"), base)) for each in fields)
    return MissingMedia(sum(_attachment(each, base) is None for each in fields), previews)


def kind_of(named: str, mime: str, url: str) -> ItemKind:
    """Return what a thing is expected to be: by the platform's word, its MIME type, or its name; a photo in doubt."""
    return (
        _KINDS.get(named)
        or _FAMILIES.get(mime.partition("/")[0])
        or _EXTENSIONS.get(urlsplit(url).path.rpartition(".")[2].lower())
        or ItemKind.PHOTO
    )


def found_media(
    media: tuple[PostMedia, ...], found_in: str, missing: MissingMedia = NONE_MISSING
) -> Iterator[FetchRequest | NotFollowed | Unavailable]:
    """Yield what is to be fetched, and for how many media the server gives no address, or a preview alone."""
    for each in media:
        yield FetchRequest(url=each.url, kind=each.kind, found_in=found_in, alt=each.alt)
    if len(media) >= MOST:
        reason = f"{found_in} names {MOST} photos and videos or more: no further ones were sought"
        yield NotFollowed(url=media[-1].url, reason=reason)
    for count, what in ((missing.addresses, "no address for them"), (missing.previews, "a preview of them alone")):
        if count:
            reason = f"{count} of its {missing.addresses + len(media)} photos and videos: the server gives {what}"
            yield Unavailable(url=found_in.removeprefix("post "), reason=reason, found_in=found_in)


def _attachment(fields: Json, base: str) -> PostMedia | None:
    origin = _address(fields.get("remote_url"), base)
    # A server that keeps no copy of another's photo may have a small one all the same.
    url = _full(fields, base) or _address(fields.get("preview_url"), base)
    if not url:
        return None
    pleroma = mapping(fields.get("pleroma"))
    mime = text(pleroma.get("mime_type") or fields.get("mime"), 100)
    return PostMedia(
        url=url,
        kind=kind_of(text(fields.get("type"), 20), mime, url),
        alt=text(fields.get("description"), _LONGEST_ALT),
        origin=origin if origin != url else "",
    )


def _full(fields: Json, base: str) -> str:
    return _address(fields.get("url"), base) or _address(fields.get("remote_url"), base)


def _address(value: object, base: str) -> str:
    relative = isinstance(value, str) and value.startswith("/") and not value.startswith("//")
    return web_url(urljoin(base, value) if relative and isinstance(value, str) and base else value)

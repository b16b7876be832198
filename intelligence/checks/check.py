"""All checks over the items of a case or a bundle, in the order in which they are told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from heapq import nsmallest
from operator import itemgetter
from urllib.parse import urlsplit

from capture.photo import names
from capture.request.known import same_words
from exports.report.words import counted
from intelligence.checks.finding import ACCOUNT, ADDRESS, CAMERA, EDITED, SAME_BYTES, SOFTWARE, VERSIONS, CheckFinding
from intelligence.checks.groups import grouped
from intelligence.checks.material import CheckedItem, Material
from intelligence.checks.near_pictures import near_pictures
from intelligence.checks.near_texts import near_texts
from intelligence.checks.places import place_findings
from intelligence.checks.shown_pictures import shown_pictures
from intelligence.checks.signatures import signature_findings
from intelligence.checks.times import claimed_first, time_claimed, time_findings
from intelligence.checks.trust_list import TrustList

# How WhatsApp names what it hands on, which it encodes anew.
_WHATSAPP = re.compile(r"(?:IMG|VID)-[0-9]{8}-WA[0-9]{4}|-(?:PHOTO|VIDEO)-[0-9]{4}-", re.IGNORECASE)
_NAMED = 50  # Items of a group that are named one by one.
_QUOTED = 200  # Characters of a post that are told.
_SOFTWARE = (names.SOFTWARE, names.HOST_COMPUTER, "X-Mailer", "User-Agent", "generator")
# Kinds that are captured for themselves, and may be captured again.
_HAS_ADDRESS = {"page", "photo", "video", "document", "post", "mail", "saved page"}


def check_material(
    material: Material,
    *,
    trust: TrustList | None = None,
    done: Callable[[int, int], None] = lambda _done, _of: None,
) -> Iterator[CheckFinding]:
    """Yield what is found. Each is a fact with the items that it rests on; what it means is for a person to say.

    `trust` is the list by which signers of content credentials are judged; `done` is told how many pictures are read.
    """
    items = material.items
    # From what is certain to what is only likely: the same bytes, the same picture, then what is compared of claims.
    yield from _same_bytes(items)
    shown = shown_pictures(items, done)
    yield from near_pictures(items, shown)
    yield from signature_findings(items, trust, shown.bare)
    yield from near_texts(items)
    yield from time_findings(items)
    yield from place_findings(items)
    yield from _thumbnails(items)
    yield from _addresses(items)
    yield from _versions(items)
    yield from _accounts(items)
    yield from _makers(items)


def _same_bytes(items: Sequence[CheckedItem]) -> Iterator[CheckFinding]:
    for sha256, group in grouped(items, lambda item: item.sha256 if item.size else ""):
        # The one that claims to be the earliest first: copies are judged by it, not by which was captured first.
        told = tuple(
            (item.ref, f"{time_claimed(item) or 'claims no time'}; captured {item.captured}; {item.url}")
            for item in nsmallest(_NAMED, group, claimed_first)
        )
        yield CheckFinding(SAME_BYTES, f"{len(group):,} items have the same bytes, SHA-256 {sha256[:16]}…", told)


def _addresses(items: Sequence[CheckedItem]) -> Iterator[CheckFinding]:
    """Yield the pages, posts and files that were captured more than once from one address, and whether they changed."""

    def _address(item: CheckedItem) -> str:
        return item.url if item.kind in _HAS_ADDRESS and item.post is None else ""

    for url, group in grouped(items, _address):
        exhibit = _exhibit(group[0])
        if all(_exhibit(item) == exhibit for item in group):
            continue
        told, before = list[tuple[str, str]](), None
        for item in nsmallest(_NAMED, group, _captured):
            told.append((item.ref, f"captured {item.captured}; {item.size:,} bytes{_changed(before, item)}"))
            before = item
        versions = len({item.sha256 for item in group})
        said = "always the same bytes" if versions == 1 else f"{versions:,} versions"
        yield CheckFinding(ADDRESS, f"{url} was captured {len(group):,} times: {said}", tuple(told))


def _exhibit(item: CheckedItem) -> str:
    return item.ref.rpartition("-")[0]


def _captured(item: CheckedItem) -> str:
    return item.captured


def _changed(before: CheckedItem | None, item: CheckedItem) -> str:
    if before is None:
        return ""
    if before.sha256 == item.sha256:
        return "; the same bytes as before"
    if before.shows and before.shows == item.shows:
        return "; other bytes, and the same text and media"
    return f"; other bytes, {item.size - before.size:+,} of them" + ("; shows something else" if item.shows else "")


def _versions(items: Sequence[CheckedItem]) -> Iterator[CheckFinding]:
    """Yield the posts that one server showed more than once, and not with the same words: an edit, or another post."""

    def _name(item: CheckedItem) -> str:
        return f"{item.post.id} on {item.post.server}" if item.post is not None and not item.protected else ""

    for name, group in grouped(items, _name):
        told, before = list[tuple[str, str]](), group[0].post
        for number in sorted(range(len(group)), key=[item.captured for item in group].__getitem__):
            item = group[number]
            if item.post is not None and before is not None and (not told or not same_words(before, item.post)):
                told.append((item.ref, f"captured {item.captured}: {item.post.text[:_QUOTED]}"))
                before = item.post
        if len(told) > 1:
            yield CheckFinding(VERSIONS, f"{name}: {len(told):,} versions", tuple(told[:_NAMED]))


def _accounts(items: Sequence[CheckedItem]) -> Iterator[CheckFinding]:
    """Yield accounts whose lasting id stands with several handles."""
    for lasting, group in grouped(items, lambda item: item.post.author.id if item.post else ""):
        handles = dict[str, str]()
        for item in group:
            if item.post is not None:
                handles.setdefault(item.post.author.handle or item.post.author.name, item.ref)
        if len(handles) > 1:
            told = tuple((ref, f"as {handle}") for handle, ref in handles.items())
            yield CheckFinding(ACCOUNT, f"one account, {lasting}, under {len(handles)} names", told[:_NAMED])


def _makers(items: Sequence[CheckedItem]) -> Iterator[CheckFinding]:
    """Yield which items name the same camera or the same program."""
    makers: list[tuple[str, str, Callable[[CheckedItem], str]]] = [(CAMERA, "", _camera)]
    makers += [(SOFTWARE, f"{name} ", partial(_fact, name)) for name in _SOFTWARE]
    for kind, field, key in makers:
        for named, group in grouped(items, key, 1):
            told = tuple((item.ref, time_claimed(item)) for item in group[:_NAMED])
            yield CheckFinding(kind, f"{field}{named}: {counted(len(group), 'item')}", told)
    yield from _bare(items)


def _bare(items: Sequence[CheckedItem]) -> Iterator[CheckFinding]:
    """Yield how many photos state nothing of how they were made, by where they are from: most platforms strip that."""
    photos = grouped(items, lambda item: _given_out_by(item) if item.kind == "photo" else "", 1)
    for place, group in sorted(photos, key=itemgetter(0)):
        count, bare = 0, list[tuple[str, str]]()
        for item in group:
            if not _camera(item) and names.ORIGINAL_TIME not in item.facts:
                count += 1
                bare += [(item.ref, "")] if count <= _NAMED else []
        if bare:
            said = f"{count:,} of {counted(len(group), 'photo')} {place} name neither camera nor time"
            why = "made so, or stripped on the way"
            yield CheckFinding(CAMERA, f"{said}: {why}", tuple(bare))


def _given_out_by(item: CheckedItem) -> str:
    """Return where a photo is from: the host that gave it out, the chat or the files that it was handed in with."""
    try:
        host = urlsplit(item.url).netloc
    except ValueError:
        host = ""
    if host:
        return f"from {host}"
    return "named as WhatsApp names them" if _WHATSAPP.search(item.url) else "that were handed in"


def _thumbnails(items: Sequence[CheckedItem]) -> Iterator[CheckFinding]:
    """Yield photos whose EXIF thumbnail has not the photo's shape."""
    for item in items:
        if (shape := item.facts.get(names.THUMBNAIL_SHAPE, "")).startswith("differs"):
            yield CheckFinding(EDITED, f"{item.ref}: its thumbnail's shape {shape}", ((item.ref, _thumbnail(item)),))


def _thumbnail(item: CheckedItem) -> str:
    size = f"{item.facts.get(names.WIDTH, '?')} by {item.facts.get(names.HEIGHT, '?')} pixels"
    return f"{size}, thumbnail {item.facts.get(names.THUMBNAIL, '')}"


def _fact(name: str, item: CheckedItem) -> str:
    return item.facts.get(name, "")


def _camera(item: CheckedItem) -> str:
    told = (item.facts.get(name, "") for name in (names.CAMERA_MAKE, names.CAMERA_MODEL))
    serial = item.facts.get(names.SERIAL_NUMBER, "")
    return " ".join(filter(None, (*told, f"serial number {serial}" if serial else "")))

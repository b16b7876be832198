"""Finding the heads in a store, and reading them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from exports.errors import NotCheckable, NotWhole
from exports.store.connection import ObjectStore, StoredObject
from exports.store.head import HEADS, LARGEST_HEAD, HeadInfo, StoreHead, decode_head, decode_info, head_sha256
from hashing.files.digest import Digest

_FIRST_LINE = 1 << 14
_HEAD_PAGES = 200  # Pages of a list of heads: 200,000 versions of them.


@dataclass(frozen=True, slots=True)
class HeadSeen:
    """A head as a list of a store shows it: its first line, which nothing vouches for, and its object.

    `fault` says why it is no head, where `info` is None.
    """

    place: str
    name: str
    info: HeadInfo | None
    stored: StoredObject
    fault: str = ""


def _heads(store: ObjectStore) -> dict[str, list[str]]:
    """Return the versions of each head by its name, the newest state last; what has another name is no head."""
    prefix = store.location.key(HEADS, "")
    heads = dict[str, list[str]]()
    for key, versions in store.versions(prefix, _HEAD_PAGES):
        if key.startswith(prefix) and head_sha256(name := key.removeprefix(prefix)):
            heads.setdefault(name, [])[:0] = versions
    return {name: heads[name] for name in sorted(heads)}


def newest_head(store: ObjectStore) -> StoreHead | None:
    """Return the head of the newest state, also where something hides it; None where there is none.

    Raises NotWhole where no version has the bytes of its name; NotCheckable, NotAnswered.
    """
    heads = _heads(store)
    if not heads:
        return None
    name, versions = heads.popitem()
    key = store.location.key(HEADS, name)
    where = store.location.named(key)
    for version in filter(None, versions):
        data = _read(store, key, version)
        if Digest.of_bytes(data).hex == head_sha256(name):
            head = decode_head(name, data, where)
            return replace(head, hidden=version != versions[-1])
    raise NotWhole(f"{where}: holds other bytes than its name says", hint="find out who put them there")


def _read(store: ObjectStore, key: str, version: str) -> bytes:
    data = bytearray()
    for piece in store.read(key, version):
        data += piece
        if len(data) > LARGEST_HEAD:
            raise NotCheckable(f"{store.location.named(key)}: larger than any head")
    return bytes(data)


def heads_seen(store: ObjectStore) -> Iterator[HeadSeen]:
    """Yield all heads of a prefix, the newest last; where it has none, those of the prefixes one level below it.

    Raises NotAnswered.
    """
    if names := _heads(store):
        yield from _seen(store, names)
        return
    for folder in store.folders(store.location.key("")):
        deeper = store.at(store.location.below(folder))
        yield from _seen(deeper, _heads(deeper))


def _seen(store: ObjectStore, heads: Mapping[str, list[str]]) -> Iterator[HeadSeen]:
    for name, versions in heads.items():
        key, data = store.location.key(HEADS, name), b""
        version = next(filter(None, versions), "")
        stored = store.found(key, version) if version else None
        if stored is None:
            continue
        for piece in store.read(key, version):
            data += piece
            if b"\n" in piece or len(data) > _FIRST_LINE:
                break
        try:
            info, fault = decode_info(data, store.location.named(key)), ""
        except NotCheckable as error:
            info, fault = None, str(error)
        yield HeadSeen(str(store.location), name, info, stored, fault)

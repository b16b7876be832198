"""What earlier pushes have left in a store beside its newest state: heads, and bodies that only they list."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from exports.store.connection import ObjectStore, StoredObject
from exports.store.head import BODIES, HEADS, head_sha256

_BODY = re.compile(r"[0-9a-f]{64}")


def earlier_objects(store: ObjectStore, newest: Collection[str]) -> Iterator[tuple[str, StoredObject]]:
    """Yield the key, below the prefix, and each version of every object but of the `newest`; hidden ones as well.

    Raises StoreRefused, NotAnswered.
    """
    for kind in (HEADS, BODIES):
        prefix = store.location.key(kind, "")
        for key, versions in store.versions(prefix):
            name = key.removeprefix(prefix)
            ours = head_sha256(name) if kind == HEADS else _BODY.fullmatch(name)
            if not ours or not key.startswith(prefix) or f"{kind}/{name}" in newest:
                continue
            for version in filter(None, versions):
                if (found := store.found(key, version)) is not None:
                    yield f"{kind}/{name}", found

"""Keeping cases and bundles in object storage that nobody can delete from: S3 with object lock and versions.

Only `connection.py` speaks with the store, and nothing that it answers is believed without a digest.
"""

from exports.store.check import StoreCheck, check_store
from exports.store.connection import ObjectStore
from exports.store.head import HeadInfo
from exports.store.heads import HeadSeen, heads_seen
from exports.store.location import Location
from exports.store.locks import Lock
from exports.store.proof import store_verification
from exports.store.pull import pull
from exports.store.push import Pushed, push, record_copies
from exports.store.vouched import Vouched, vouched

__all__ = [
    "HeadInfo", "HeadSeen", "Location", "Lock", "ObjectStore", "Pushed",
    "StoreCheck", "Vouched", "check_store", "heads_seen", "pull", "push", "record_copies", "store_verification",
    "vouched",
]  # fmt: skip

"""The offline proof of AT Protocol (Bluesky) records: what an account's key signed, checked without any server.

A record is proven present in, or absent from, a repository that a key signed; a blob by the hash that the record names;
a key by the log of its did:plc. All that is read counts as hostile: it gives a result, or an error of `errors`. Nothing
here proves a time, or who held a key.

Names are at hand in the package; what reads documents is imported by its module, where hostile bytes may be read.
"""

from hashing.atproto.cid import Cid, blob_cid
from hashing.atproto.did import check_plc_did, did_web_url, is_handle
from hashing.atproto.errors import AccountEnded, AtprotoError, Malformed, NotProven

__all__ = [
    "AccountEnded",
    "AtprotoError",
    "Cid",
    "Malformed",
    "NotProven",
    "blob_cid",
    "check_plc_did",
    "did_web_url",
    "is_handle",
]

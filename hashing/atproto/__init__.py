"""The offline proof of AT Protocol (Bluesky) records: what an account's key signed, checked without any server.

A record is proven present in, or absent from, a repository that a key signed; a blob by the hash that the record names;
a key by the log of its did:plc. All that is read counts as hostile: it gives a result, or an error of `errors`. Nothing
here proves a time, or who held a key.
"""

from hashing.atproto.cid import Cid, blob_cid
from hashing.atproto.did import check_plc_did, did_web_url, is_handle
from hashing.atproto.did_document import DidDocument, read_did_document
from hashing.atproto.errors import AccountEnded, AtprotoError, Malformed, NotProven
from hashing.atproto.multikey import AtprotoKey
from hashing.atproto.plc_log import PlcLog, PlcOperation, verify_plc_log
from hashing.atproto.record_json import record_as_json
from hashing.atproto.record_proof import RecordProof, verify_record
from hashing.atproto.verification_method import VerificationMethod

__all__ = [
    "AccountEnded",
    "AtprotoError",
    "AtprotoKey",
    "Cid",
    "DidDocument",
    "Malformed",
    "NotProven",
    "PlcLog",
    "PlcOperation",
    "RecordProof",
    "VerificationMethod",
    "blob_cid",
    "check_plc_did",
    "did_web_url",
    "is_handle",
    "read_did_document",
    "record_as_json",
    "verify_plc_log",
    "verify_record",
]

"""What servers say of a record and of its account, held against the signed proof.

The same when it is captured and in `goldenhour verify`.
"""

from __future__ import annotations

from dataclasses import dataclass

from hashing.atproto.dag_cbor import DEEPEST
from hashing.atproto.did import check_plc_did
from hashing.atproto.did_document import read_did_document
from hashing.atproto.errors import AccountEnded, Malformed, NotProven
from hashing.atproto.plc_log import verify_plc_log
from hashing.atproto.record_json import read_record
from hashing.atproto.record_proof import RecordProof
from hashing.atproto.strict_json import read_json

LARGEST_SERVED = 32 << 20  # Bytes of JSON; a list of a hundred records has some hundred thousand.

_PLC = "did:plc:"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountKey:
    """The key that signs an account's repository, as did:key."""

    key: str
    proven: bool  # Whether the log of a did:plc leads to it. If not, it is the word of whoever served the DID document.
    handles: tuple[str, ...]  # As claimed there, the main one first.


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedRecord:
    """A record as a server's JSON has it."""

    uri: str
    cid: str  # "" where the server names none.
    value: object


def read_account_key(identity: bytes, *, did: str) -> AccountKey:
    """Return the signing key of an account, from the audit log of a did:plc, or from a DID document.

    Raises Malformed for what is neither, NotProven where the log does not hold together or the account has no signing
    key, Ended where the DID was ended.
    """
    # A log proves itself. A document of a did:plc is the directory's word alone, which `proven` says.
    if did.startswith(_PLC):
        check_plc_did(did)
    is_log = did.startswith(_PLC) and identity.lstrip()[:1] == b"["
    if is_log:
        log = verify_plc_log(identity, did=did)
        if log.tombstoned:
            raise AccountEnded(f"{did}: its owner has ended it")
        key, handles = log.signing_key, log.operations[-1].handles
    else:
        document = read_did_document(identity, did=did)
        key, handles = document.signing_key, document.handles
    if not key:
        raise NotProven(f"{did}: it names no signing key")
    return AccountKey(key=key, proven=is_log, handles=handles)


def read_served(data: bytes, what: str) -> ServedRecord:
    """Return the record in an answer of `com.atproto.repo.getRecord`, or in one element of a `listRecords`.

    The three fields are those of the object itself, whatever else stands in it. Raises Malformed where the JSON is not
    sound, so that two readers could take it differently, and where it has not the form of a record.
    """
    match read_json(data, what, largest=LARGEST_SERVED):
        case {"uri": str(uri), "value": value, **more}:
            cid = more.get("cid")
            return ServedRecord(uri=uri, cid=cid if isinstance(cid, str) else "", value=value)
    raise Malformed(f"{what}: the server's JSON has not the form of a record")


def check_served(proof: RecordProof, data: bytes) -> None:
    """Check that a server's JSON of one record says what the account signed: the same when captured and verified.

    Raises NotProven where it says something else, Malformed where either cannot be read.
    """
    uri = f"at://{proof.did}/{proof.collection}/{proof.rkey}"
    if proof.record is None:
        raise NotProven(f"{uri}: the signed repository holds no such record")
    served = read_served(data, uri)
    if served.uri != uri:
        raise NotProven(f"{uri}: the server's JSON is not of this record")
    # The CID first, since it is cheap; then field by field, since a server may name the right CID beside another text.
    # Some lists name none.
    if served.cid not in ("", proof.record_cid):
        raise NotProven(f"{uri}: the server names {served.cid[:140]!r}, and signed is {proof.record_cid}")
    signed = read_record(proof.record)
    if not signed.whole:
        raise NotProven(
            f"{uri}: the record is nested deeper than {DEEPEST}: the server's JSON was not compared with it"
        )
    if not _same(signed.value, served.value):
        raise NotProven(f"{uri}: the record that the server shows is not the one that is signed")


def _same(signed: object, served: object) -> bool:
    """Compare two values as JSON has them, where 1, 1.0 and true are three; as deep as the signed one goes."""
    match signed, served:
        case {"$bytes": str(ours), **more}, {"$bytes": str(theirs), **others} if not (more or others):
            return ours == theirs.rstrip("=")  # servers may pad
        case dict(), dict():
            return signed.keys() == served.keys() and all(_same(each, served[name]) for name, each in signed.items())
        case float(), int() if not isinstance(served, bool):
            return signed == served  # JSON writes a number that is not finer than an integer as one
        case list(), list():
            return len(signed) == len(served) and all(map(_same, signed, served))
        case _:
            return type(signed) is type(served) and signed == served

"""What servers say of a record and of its account, held against the signed proof.

The same when it is captured and in `goldenhour verify`.
"""

from __future__ import annotations

from dataclasses import dataclass

from hashing.atproto.did import check_plc_did
from hashing.atproto.did_document import read_did_document
from hashing.atproto.errors import NotProven
from hashing.atproto.plc_log import verify_plc_log
from hashing.atproto.record_json import record_as_json
from hashing.atproto.record_proof import RecordProof
from hashing.atproto.strict_json import read_json

LARGEST_SERVED = 32 << 20
"""Bytes of JSON; a list of a hundred records has some hundred thousand."""

_PLC = "did:plc:"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountKey:
    """The key that signs an account's repository, as did:key."""

    key: str
    proven: bool
    """Whether the log of a did:plc leads to it. If not, it is the word of whoever served the DID document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedRecord:
    """A record as a server's JSON has it."""

    uri: str
    cid: str
    """"" where the server names none."""
    value: object


def read_account_key(identity: bytes, *, did: str) -> AccountKey:
    """Return the signing key of an account, from the audit log of a did:plc, or from a DID document.

    Raises Malformed for what is neither, NotProven where the log does not hold together, the DID was ended, or the
    account has no signing key.
    """
    if did.startswith(_PLC):
        check_plc_did(did)
    is_log = did.startswith(_PLC) and identity.lstrip()[:1] == b"["
    if is_log:
        log = verify_plc_log(identity, did=did)
        if log.tombstoned:
            raise NotProven(f"{did}: its owner has ended it")
        key = log.signing_key
    else:
        key = read_did_document(identity, did=did).signing_key
    if not key:
        raise NotProven(f"{did}: it names no signing key")
    return AccountKey(key=key, proven=is_log)


def read_served(data: bytes, what: str) -> dict[str, ServedRecord]:
    """Return records by their URI, from an answer of `com.atproto.repo.getRecord` or `listRecords`.

    An element that has not the form of a record is left out. Raises Malformed where the JSON is not sound, so that
    two readers could take it differently.
    """
    body = read_json(data, what, largest=LARGEST_SERVED)
    listed = body.get("records") if isinstance(body, dict) else None
    found: dict[str, ServedRecord] = {}
    for each in listed if isinstance(listed, list) else [body]:
        match each:
            case {"uri": str(uri), "value": value, **more}:
                cid = more.get("cid")
                found[uri] = ServedRecord(uri=uri, cid=cid if isinstance(cid, str) else "", value=value)
    return found


def check_served(proof: RecordProof, served: ServedRecord | None) -> None:
    """Check that a server's JSON says what the account signed. Raises NotProven where it does not."""
    uri = f"at://{proof.did}/{proof.collection}/{proof.rkey}"
    if proof.record is None:
        raise NotProven(f"{uri}: the signed repository holds no such record")
    if served is None or served.uri != uri:
        raise NotProven(f"{uri}: the server's JSON is not of this record")
    if served.cid not in ("", proof.record_cid):
        raise NotProven(f"{uri}: the server names {served.cid[:140]!r}, and signed is {proof.record_cid}")
    if not _same(record_as_json(proof.record), served.value):
        raise NotProven(f"{uri}: the record that the server shows is not the one that is signed")


def _same(signed: object, served: object) -> bool:
    """Compare two values as JSON has them, where 1, 1.0 and true are three; as deep as the signed one goes."""
    match signed, served:
        case {"$bytes": str(ours), **more}, {"$bytes": str(theirs), **others} if not (more or others):
            return ours == theirs.rstrip("=")  # servers may pad
        case dict(), dict():
            return signed.keys() == served.keys() and all(_same(each, served[name]) for name, each in signed.items())
        case list(), list():
            return len(signed) == len(served) and all(map(_same, signed, served))
        case _:
            return type(signed) is type(served) and signed == served

"""The recorded proofs in `vectors/`: a server of Bluesky's own software on loopback, with two accounts.

`images` and `reply` are posts, `deleted` is one that was there and is gone; the `.car` files are the answers of
`com.atproto.sync.getRecord`, `*.repo.car` those of `getRepo`, `*.getRecord.json` those of `com.atproto.repo.getRecord`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from hashing.atproto.did_document import read_did_document
from hashing.atproto.record_proof import RecordProof, verify_record

FOLDER = Path(__file__).parent / "vectors"
_META = json.loads((FOLDER / "meta.json").read_text())
DIDS: dict[str, str] = {"alice": _META["alice"], "bob": _META["bob"]}
RECORDS = ("images", "reply", "deleted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """One record, with the names that its proof is checked against."""

    did: str
    collection: str
    rkey: str
    cid: str
    car: bytes

    def verify(self, car: bytes) -> RecordProof:
        """Check a proof under this record's names."""
        return verify_record(car, did=self.did, key=key_of(self.did), collection=self.collection, rkey=self.rkey)


def vector(name: str) -> Vector:
    """Read the record called `name`."""
    fields = {field: _META[name][field] for field in ("did", "collection", "rkey", "cid")}
    return Vector(**fields, car=(FOLDER / f"{name}.car").read_bytes())


def owner_of(did: str) -> str:
    """Return the name of an account."""
    return next(name for name, owned in DIDS.items() if owned == did)


def key_of(did: str) -> str:
    """Return an account's key, as its recorded DID document states it."""
    return read_did_document((FOLDER / f"{owner_of(did)}.did.json").read_bytes(), did=did).signing_key

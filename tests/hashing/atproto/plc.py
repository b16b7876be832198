"""A small writer of did:plc logs, right and wrong, which shares no code with what it tests."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import libipld

from tests.hashing.atproto.signer import Signer

START = datetime(2026, 11, 24, 10, 15, 2, 123000, UTC)


def sign(fields: dict[str, Any], signer: Signer) -> dict[str, Any]:
    """Sign an operation."""
    signature = signer.sign(libipld.encode_dag_cbor(fields))
    return fields | {"sig": base64.urlsafe_b64encode(signature).decode().rstrip("=")}


def cid_of(operation: dict[str, Any]) -> str:
    """Return the CID of a signed operation."""
    return libipld.encode_cid(b"\x01\x71\x12\x20" + hashlib.sha256(libipld.encode_dag_cbor(operation)).digest())


def regular(prev: str | None, rotation: list[Signer], key: Signer, handle: str = "alice.test") -> dict[str, Any]:
    """Write an operation of the present form, unsigned."""
    return {
        "type": "plc_operation",
        "rotationKeys": [signer.did_key for signer in rotation],
        "verificationMethods": {"atproto": key.did_key},
        "alsoKnownAs": [f"at://{handle}"],
        "services": {"atproto_pds": {"type": "AtprotoPersonalDataServer", "endpoint": "https://pds.test"}},
        "prev": prev,
    }


def create(signing: Signer, recovery: Signer) -> dict[str, Any]:
    """Write the older form of a first operation, unsigned."""
    return {
        "type": "create",
        "signingKey": signing.did_key,
        "recoveryKey": recovery.did_key,
        "handle": "alice.test",
        "service": "https://pds.test",
        "prev": None,
    }


def tombstone(prev: str) -> dict[str, Any]:
    """Write the operation that ends a DID, unsigned."""
    return {"type": "plc_tombstone", "prev": prev}


@dataclass
class Log:
    """A log in the making; its DID is that of its first operation."""

    entries: list[dict[str, Any]] = field(default_factory=list)

    @property
    def did(self) -> str:
        """The DID that the first operation hashes to."""
        data = libipld.encode_dag_cbor(self.entries[0]["operation"])
        return "did:plc:" + base64.b32encode(hashlib.sha256(data).digest()).decode().lower()[:24]

    def add(self, fields: dict[str, Any], signer: Signer, *, hours: float = 0, nullified: bool = False) -> str:
        """Sign an operation, take it `hours` after the start, and return its CID."""
        operation = sign(fields, signer)
        moment = (START + timedelta(hours=hours)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.entries.append(
            {"operation": operation, "cid": cid_of(operation), "nullified": nullified, "createdAt": moment}
        )
        for entry in self.entries:
            entry["did"] = self.did
        return cid_of(operation)

    def json(self) -> bytes:
        """Write the log as the directory serves it."""
        return json.dumps(self.entries).encode()

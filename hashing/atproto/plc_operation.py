"""Operations of a did:plc (https://web.plc.directory/spec/v0.1/did-plc), as the directory serves them in JSON."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec

from hashing.atproto.cid import Cid
from hashing.atproto.dag_cbor import encode
from hashing.atproto.errors import Malformed, NotProven
from hashing.atproto.multikey import AtprotoKey

MOST_ROTATION_KEYS = 10  # The directory takes five, and took ten at first.


class Service(msgspec.Struct, frozen=True):
    """A service of an account, such as its server."""

    type: str
    endpoint: str


class _Shape(msgspec.Struct, frozen=True, tag_field="type", rename="camel"):
    """An operation of some type; fields beyond those named are hashed and signed like the others."""


class _Operation(_Shape, frozen=True, tag="plc_operation"):
    """States all that the DID stands for from then on."""

    rotation_keys: list[str]
    verification_methods: dict[str, str]
    also_known_as: list[str]
    services: dict[str, Service]
    prev: str | None
    sig: str


class _Create(_Shape, frozen=True, tag="create"):
    """How DIDs were created until 2023."""

    signing_key: str
    recovery_key: str
    handle: str
    service: str
    prev: None
    sig: str


class _Tombstone(_Shape, frozen=True, tag="plc_tombstone"):
    """Ends a DID."""

    prev: str
    sig: str


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation, the older forms brought to the present one; not to be trusted before `signed_by` has returned."""

    type: str
    cid: Cid
    prev: str | None  # The CID of the operation that it follows; None for the first.
    # Who may sign the next operation, the highest authority first, as did:key; none after a tombstone.
    rotation_keys: tuple[str, ...]
    verification_methods: dict[str, str]
    also_known_as: tuple[str, ...]
    services: dict[str, Service]
    signature: bytes
    signed: bytes

    @property
    def is_tombstone(self) -> bool:
        """Whether it ends the DID."""
        return self.type == "plc_tombstone"

    def signed_by(self, keys: tuple[str, ...]) -> str:
        """Return the first of the keys, as did:key, that made the signature. Raises NotProven where none did."""
        for key in dict.fromkeys(keys):
            try:
                AtprotoKey.parse(key).verify(self.signature, self.signed, str(self.cid))
            except (Malformed, NotProven):
                continue  # a key that cannot be read cannot have signed
            return key
        raise NotProven(f"operation {self.cid} is not signed by any key that may sign it, or was altered since")


def read_operation(fields: dict[str, Any]) -> Operation:
    """Read an operation from its JSON. Raises Malformed for one of unknown type or with fields of other types."""
    try:
        shape = msgspec.convert(fields, _Operation | _Create | _Tombstone)
    except msgspec.ValidationError as error:
        raise Malformed(f"not an operation of a did:plc: {str(error)[:140]!r}") from error
    # 1. Hash and signature are over DAG-CBOR: over all fields, and over all but the signature.
    cid = Cid.of_dag_cbor(encode(fields))
    signed = encode({name: value for name, value in fields.items() if name != "sig"})
    signature = _read_signature(shape.sig)
    # 2. Bring the three forms to one; the oldest names its keys, its handle and its server each in a field.
    if isinstance(shape, _Tombstone):
        return Operation(
            type="plc_tombstone",
            cid=cid,
            prev=shape.prev,
            rotation_keys=(),
            verification_methods={},
            also_known_as=(),
            services={},
            signature=signature,
            signed=signed,
        )
    if isinstance(shape, _Create):
        return Operation(
            type="create",
            cid=cid,
            prev=None,
            rotation_keys=(shape.recovery_key, shape.signing_key),
            verification_methods={"atproto": shape.signing_key},
            also_known_as=(f"at://{shape.handle.removeprefix('at://')}",),
            services={"atproto_pds": Service("AtprotoPersonalDataServer", shape.service)},
            signature=signature,
            signed=signed,
        )
    if len(shape.rotation_keys) > MOST_ROTATION_KEYS:
        raise Malformed(f"operation {cid} has {len(shape.rotation_keys)} rotation keys, more than {MOST_ROTATION_KEYS}")
    return Operation(
        type="plc_operation",
        cid=cid,
        prev=shape.prev,
        rotation_keys=tuple(shape.rotation_keys),
        verification_methods=shape.verification_methods,
        also_known_as=tuple(shape.also_known_as),
        services=shape.services,
        signature=signature,
        signed=signed,
    )


def _read_signature(text: str) -> bytes:
    """Read base64url without padding in its one canonical form."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed(f"the signature {text[:140]!r} is not base64url") from error
    if base64.urlsafe_b64encode(data).decode().rstrip("=") != text:
        raise Malformed(f"the signature {text[:140]!r} is not base64url in its canonical form")
    return data

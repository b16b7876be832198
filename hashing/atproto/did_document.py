"""DID documents, as far as the AT Protocol uses them (https://atproto.com/specs/did#did-documents)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hashing.atproto.did import PDS_TYPE, claimed_handles
from hashing.atproto.errors import Malformed, NotProven
from hashing.atproto.multikey import AtprotoKey, Curve, read_multibase
from hashing.atproto.strict_json import read_json

MULTIKEY = "Multikey"
_LEGACY: dict[str, Curve] = {"EcdsaSecp256k1VerificationKey2019": "k256", "EcdsaSecp256r1VerificationKey2019": "p256"}
# SEC 1, section 2.3.3: 0x04, x, y. The legacy key types hold points in this form.
_UNCOMPRESSED = 65

LARGEST_DOCUMENT = 256 << 10  # Bytes.

_SIGNING_KEY = "#atproto"
_PDS = "#atproto_pds"
_ORIGIN = re.compile(r"(https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::([1-9][0-9]{0,4}))?)/?", re.ASCII | re.IGNORECASE)
_LAST_PORT = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class DidDocument:
    """What a DID document says of an account at the moment when it was served."""

    did: str
    # As claimed, the main one first. A handle is the account's only if it leads back to this DID.
    handles: tuple[str, ...]
    pds: str  # The address of the server that keeps the account, without a path; "" where the document names none.
    signing_key: str  # As did:key; "" where the document has none that is valid.


def read_did_document(data: bytes, *, did: str) -> DidDocument:
    """Read the document of `did` as it was served, for a did:plc by its directory, for a did:web by the host.

    Nothing in it is signed: it is the word of whoever served it. The log of a did:plc proves its keys
    (`verify_plc_log`); for a did:web there is only the connection that it came by. Of several keys or servers the first
    valid one counts.

    Raises Malformed for what is no such document, and for a server's address with more than scheme, host and port;
    NotProven for the document of another DID.
    """
    document = read_json(data, did, largest=LARGEST_DOCUMENT)
    if not isinstance(document, dict) or not isinstance(document.get("id"), str):
        raise Malformed(f"{did}: not a DID document")
    # A host may serve any account's document in the place of another's.
    if document["id"] != did:
        raise NotProven(f"{did}: the document is that of {document['id'][:140]!r}")
    return DidDocument(
        did=did,
        handles=claimed_handles(_entries(document, "alsoKnownAs", did)),
        pds=_pds(document, did),
        signing_key=_signing_key(document, did),
    )


def stated_key(type_: str, multibase: str) -> AtprotoKey:
    """Read a key of a DID document: a Multikey, or one of the two older types, whose point stands bare, uncompressed.

    Raises Malformed for another type, and for what is no key of its type.
    """
    if type_ == MULTIKEY:
        return AtprotoKey.parse(multibase)
    if type_ not in _LEGACY:
        raise Malformed(f"{type_[:140]!r} is not a type of key that the AT Protocol uses")
    point = read_multibase(multibase)
    if len(point) != _UNCOMPRESSED:
        raise Malformed(f"{multibase[:140]!r} is not a key with an uncompressed point")
    return AtprotoKey.from_point(_LEGACY[type_], point)


def _entries(document: dict[str, object], name: str, did: str) -> list[object]:
    entries = document.get(name, [])
    if not isinstance(entries, list):
        raise Malformed(f"{did}: {name} in the DID document is not a list")
    return entries


def _signing_key(document: dict[str, object], did: str) -> str:
    for entry in _entries(document, "verificationMethod", did):
        match entry:
            case {
                "id": str(id_),
                "type": str(type_),
                "controller": str(controller),
                "publicKeyMultibase": str(key),
            } if id_ in (_SIGNING_KEY, did + _SIGNING_KEY) and controller == did:
                try:
                    return stated_key(type_, key).did_key
                except Malformed:
                    continue  # the protocol takes the first that is valid
    return ""


def _pds(document: dict[str, object], did: str) -> str:
    for entry in _entries(document, "service", did):
        match entry:
            case {"id": str(id_), "type": str(type_), "serviceEndpoint": str(endpoint)} if (
                id_ in (_PDS, did + _PDS) and type_ == PDS_TYPE
            ):
                return _origin(endpoint, did)
    return ""


def _origin(endpoint: str, did: str) -> str:
    match = _ORIGIN.fullmatch(endpoint)
    if match is None or int(match[2] or 0) > _LAST_PORT:
        raise Malformed(f"{did}: {endpoint[:140]!r} is not the address of a server: scheme, host and port")
    return match[1].lower()

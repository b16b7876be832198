from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashing.atproto import AtprotoError, Malformed, NotProven
from hashing.atproto.did_document import LARGEST_DOCUMENT, read_did_document
from tests.hashing.atproto.signer import Signer
from tests.hashing.atproto.test_multikey import LEGACY, MULTIKEY
from tests.hashing.atproto.vectors import DIDS, FOLDER

DID = "did:web:alice.test"
METHOD = {"id": f"{DID}#atproto", "type": "Multikey", "controller": DID, "publicKeyMultibase": MULTIKEY}
SERVICE = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": "https://pds.test"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*METHOD, *SERVICE]), inner, max_size=4)
    ),
    max_leaves=20,
)


def _document(**changes: Any) -> bytes:  # noqa: ANN401 (any fault)
    fields = {"id": DID, "alsoKnownAs": ["at://alice.test"], "verificationMethod": [METHOD], "service": [SERVICE]}
    return json.dumps(fields | changes).encode()


@pytest.mark.parametrize("name", DIDS)
def test_recorded_documents(name: str) -> None:
    """A recorded document states its account's handle, server and key."""
    document = read_did_document((FOLDER / f"{name}.did.json").read_bytes(), did=DIDS[name])
    assert (document.did, document.handles) == (DIDS[name], (f"{name}.test",))
    assert document.pds == "http://localhost:2583"
    log = json.loads((FOLDER / f"{name}.plc-audit.json").read_bytes())
    assert document.signing_key == log[-1]["operation"]["verificationMethods"]["atproto"]


@pytest.mark.parametrize(
    ("type_", "key"), [("Multikey", MULTIKEY), ("EcdsaSecp256k1VerificationKey2019", LEGACY)], ids=["new", "old"]
)
@pytest.mark.parametrize("id_", ["#atproto", f"{DID}#atproto"])
def test_key_in_either_form(id_: str, type_: str, key: str) -> None:
    """The key is read from either form, under its short or its full name."""
    document = read_did_document(
        _document(verificationMethod=[METHOD | {"id": id_, "type": type_, "publicKeyMultibase": key}]), did=DID
    )
    assert document.signing_key == f"did:key:{MULTIKEY}"


def test_first_valid_key() -> None:
    """Of several keys the first valid one counts: what is of another name, another owner or no key is passed over."""
    others = [
        7,
        METHOD | {"id": "#atproto_label"},
        METHOD | {"id": "did:web:mallory.test#atproto"},
        METHOD | {"controller": "did:web:mallory.test"},
        METHOD | {"type": "JsonWebKey2020"},
        METHOD | {"publicKeyMultibase": "zzz"},
        METHOD | {"publicKeyMultibase": None},
    ]
    second = METHOD | {"publicKeyMultibase": Signer("p256", 3).did_key.removeprefix("did:key:")}
    document = read_did_document(_document(verificationMethod=[*others, METHOD, second]), did=DID)
    assert document.signing_key == f"did:key:{MULTIKEY}"
    without = read_did_document(_document(verificationMethod=others), did=DID)
    assert without.signing_key == ""


def test_what_is_not_stated() -> None:
    """A document that states nothing but its DID is read as that."""
    document = read_did_document(json.dumps({"id": DID}).encode(), did=DID)
    assert (document.handles, document.pds, document.signing_key) == ((), "", "")


def test_handles() -> None:
    """Names that are no handles are passed over, the others kept in order."""
    names = ["https://a.test", "at://b.test", 1, "at://c.test/x", "at://", "at://d", "at://e.test"]
    assert read_did_document(_document(alsoKnownAs=names), did=DID).handles == ("b.test", "e.test")


@pytest.mark.parametrize(
    ("endpoint", "pds"),
    [
        ("https://pds.test", "https://pds.test"),
        ("https://PDS.test/", "https://pds.test"),
        ("http://localhost:2583", "http://localhost:2583"),
        ("http://[::1]:2583", "http://[::1]:2583"),
    ],
)
def test_server(endpoint: str, pds: str) -> None:
    """The server is read as scheme, host and port."""
    assert read_did_document(_document(service=[SERVICE | {"serviceEndpoint": endpoint}]), did=DID).pds == pds


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "pds.test",
        "ftp://pds.test",
        "https://",
        "https://u:p@pds.test",
        "https://pds.test/x",
        "https://pds.test//",
        "https://pds.test?x",
        "https://pds.test#x",
        "https://pds.test:0",
        "https://pds.test:65536",
        "https://pds.test\n",
        "https://p\tds.test",
        "https://pds test",
        "https://[::1",
        "https://bücher.test",
        "https://\u212aelvin.test",
    ],
)
def test_address_with_more_than_a_server(endpoint: str) -> None:
    """An address with a path, a user, or anything else that is no server's is refused."""
    with pytest.raises(Malformed, match="not the address of a server"):
        read_did_document(_document(service=[SERVICE | {"serviceEndpoint": endpoint}]), did=DID)


def test_other_services() -> None:
    """Services of other names and types are passed over; of several servers the first counts."""
    others = [
        SERVICE | {"id": "#bsky_notif"},
        SERVICE | {"type": ["X"]},
        SERVICE | {"type": "X"},
        SERVICE | {"serviceEndpoint": {}},
        None,
    ]
    last = SERVICE | {"serviceEndpoint": "https://second.test"}
    assert read_did_document(_document(service=[*others, SERVICE, last]), did=DID).pds == "https://pds.test"


def test_document_of_another() -> None:
    """The document of another DID proves nothing of this one."""
    with pytest.raises(NotProven, match="the document is that of"):
        read_did_document(_document(id="did:web:mallory.test"), did=DID)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff", "not valid UTF-8"),
        (b"[]", "not a DID document"),
        (b'{"id": 1}', "not a DID document"),
        (b"{}", "not a DID document"),
        (_document(verificationMethod={}), "verificationMethod in the DID document is not a list"),
        (_document(service="x"), "service in the DID document is not a list"),
        (_document(alsoKnownAs=None), "alsoKnownAs in the DID document is not a list"),
        (f'{{"id": "{DID}", "id": "{DID}"}}'.encode(), "stands twice"),
        (f'{{"id": "{DID}", "x": NaN}}'.encode(), "not a number"),
        (f'{{"id": "{DID}", "x": {"9" * 5000}}}'.encode(), "not JSON"),
        (b"[" * 100_000, "nested deeper than 100"),
        (b" " * (LARGEST_DOCUMENT + 1), "are more than"),
    ],
)
def test_no_document(data: bytes, reason: str) -> None:
    """What is no DID document in JSON that means one thing only is refused, and the DID named."""
    with pytest.raises(Malformed, match=rf"^{DID}: .*{reason}"):
        read_did_document(data, did=DID)


@given(
    data=st.binary(max_size=60)
    | st.builds(_document, alsoKnownAs=JSON, verificationMethod=JSON, service=JSON)
    | st.builds(_document, verificationMethod=st.lists(JSON), service=st.lists(JSON))
)
def test_hostile_documents(data: bytes) -> None:
    """Any bytes and any JSON give a document of the DID that was asked for, or an error of ours."""
    try:
        assert read_did_document(data, did=DID).did == DID
    except AtprotoError:
        return

"""A server of the AT Protocol as its documents have it: account, repository and AppView on one port of loopback.

It answers what a test puts there, so that it can lie, be closed, or page for ever, which the real servers do not.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

import libipld

from hashing.atproto import blob_cid
from hashing.atproto.base58 import decode_base58
from hashing.files.digest import Digest
from tests.hashing.atproto.repository import COLLECTION, REV, Repository, cid_of, grow, write_commit
from tests.hashing.atproto.signer import Signer
from tests.servers import Body, SceneServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from tests.servers.seen import Seen

    Json = dict[str, Any]

REFUSED = Body(data=b'{"error":"AuthMissing","message":"Authentication Required"}', type="application/json", status=401)


@dataclass
class Documented:
    """The server, as a context manager; its one account is a did:web. What is changed shows in the next answer."""

    records: dict[str, Json] = field(default_factory=dict)
    """Posts by their record key, as JSON."""
    shown: dict[str, Json] = field(default_factory=dict)
    """Posts that `getRecord` shows otherwise than they are signed."""
    blobs: dict[str, bytes] = field(default_factory=dict)
    """By CID."""
    handle: str = "ann.example.org"
    name: str = "Ann"
    rev: str = REV
    """The repository's revision."""
    signer: Signer = field(default_factory=lambda: Signer("k256", 7))

    def __enter__(self) -> Self:
        self.server = SceneServer({}).__enter__()
        self.server.files |= {
            "/.well-known/did.json": lambda _: _json(self.document()),
            "/xrpc/_health": lambda _: _json({"version": "1.0"}),
            "/xrpc/com.atproto.repo.getRecord": self._get_record,
            "/xrpc/com.atproto.repo.listRecords": self._list_records,
            "/xrpc/com.atproto.sync.getRecord": self._get_proof,
            "/xrpc/com.atproto.sync.getRepo": lambda _: Body(
                data=self.repository().car(), type="application/vnd.ipld.car"
            ),
            "/xrpc/com.atproto.sync.getBlob": lambda seen: Body(data=self.blobs[asked(seen)["cid"]], type="image/jpeg"),
            "/xrpc/com.atproto.identity.resolveHandle": lambda _: _json({"did": self.did}),
        }
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.__exit__(kind, error, trace)

    @property
    def did(self) -> str:
        """The account's."""
        return f"did:web:localhost%3A{self.server.port}"

    @property
    def origin(self) -> str:
        """Where the AppView is."""
        return self.server.url("").rstrip("/")

    def uri(self, rkey: str) -> str:
        """Name a post."""
        return f"at://{self.did}/{COLLECTION}/{rkey}"

    def post(self, rkey: str, text: str, **fields: Any) -> str:  # noqa: ANN401 - any field of a record
        """Put a post there, and return its URI."""
        self.records[rkey] = {"$type": COLLECTION, "text": text, "createdAt": "2026-03-01T12:00:00+01:00"} | fields
        return self.uri(rkey)

    def upload(self, data: bytes) -> Json:
        """Keep a blob, and return what a record names it by."""
        cid = blob_cid(Digest.of_bytes(data).hex)
        self.blobs[cid] = data
        return {"$type": "blob", "ref": {"$link": cid}, "mimeType": "image/jpeg", "size": len(data)}

    def document(self) -> Json:
        """Return the DID document."""
        key = {"id": f"{self.did}#atproto", "type": "Multikey", "controller": self.did}
        return {
            "id": self.did,
            "alsoKnownAs": [f"at://{self.handle}"],
            "verificationMethod": [key | {"publicKeyMultibase": self.signer.did_key.removeprefix("did:key:")}],
            "service": [
                {
                    "id": "#atproto_pds",
                    "type": "AtprotoPersonalDataServer",
                    "serviceEndpoint": f"http://localhost:{self.server.port}",
                }
            ],
        }

    def repository(self) -> Repository:
        """Sign what is there."""
        blocks = {f"{COLLECTION}/{rkey}".encode(): encoded(record) for rkey, record in self.records.items()}
        tree = grow({key: cid_of(block) for key, block in blocks.items()})
        return Repository(blocks, tree, write_commit(self.signer, tree.cid, did=self.did, rev=self.rev))

    def view(self, rkey: str, **fields: Any) -> Json:  # noqa: ANN401 - any field of a view
        """Return a post as an AppView shows it."""
        author = {"did": self.did, "handle": self.handle, "displayName": self.name}
        return {"uri": self.uri(rkey), "cid": "bafy", "author": author, "record": self.records[rkey]} | fields

    def answer(self, method: str, what: Json | Body | bytes | Callable[[Seen], Body]) -> None:
        """Answer a query with JSON, a body, or what a function says."""
        self.server.files[f"/xrpc/{method}"] = _json(what) if isinstance(what, dict) else what

    def asked(self, method: str) -> list[dict[str, str]]:
        """Return the parameters of each time that a query was made."""
        return [asked(seen) for seen in self.server.requests if urlsplit(seen.path).path == f"/xrpc/{method}"]

    def _get_record(self, seen: Seen) -> Body:
        where = asked(seen)
        if where["collection"] == "app.bsky.actor.profile":
            return _json({"uri": "at://…", "value": {"displayName": self.name}})
        record = self.shown.get(where["rkey"], self.records.get(where["rkey"]))
        if record is None:
            return _refusal("RecordNotFound")
        return _json(self._element(where["rkey"], record))

    def _list_records(self, seen: Seen) -> Body:
        after = asked(seen).get("cursor", "~")
        rkeys = [rkey for rkey in sorted(self.records, reverse=True) if rkey < after][: int(asked(seen)["limit"])]
        page: Json = {"records": [self._element(rkey, self.shown.get(rkey, self.records[rkey])) for rkey in rkeys]}
        return _json(page | ({"cursor": rkeys[-1]} if rkeys else {}))

    def _element(self, rkey: str, record: Json) -> Json:
        cid = "b" + base64.b32encode(cid_of(encoded(self.records[rkey]))).decode().rstrip("=").lower()
        return {"uri": self.uri(rkey), "cid": cid, "value": record}

    def _get_proof(self, seen: Seen) -> Body:
        car = self.repository().proof(f"{COLLECTION}/{asked(seen)['rkey']}".encode())
        return Body(data=car, type="application/vnd.ipld.car")


def asked(seen: Seen) -> dict[str, str]:
    """Return the parameters of a query."""
    return {name: values[-1] for name, values in parse_qs(urlsplit(seen.path).query).items()}


def encoded(record: Json) -> bytes:
    """Return a record's block."""
    return libipld.encode_dag_cbor(_dag(record))


def _dag(value: Any) -> Any:  # noqa: ANN401 - any JSON
    match value:
        case {"$link": str(cid)}:
            return decode_base58(cid) if cid.startswith("Qm") else libipld.decode_multibase(cid)[1]
        case dict():
            return {name: _dag(each) for name, each in value.items()}
        case list():
            return [_dag(each) for each in value]
        case _:
            return value


def _json(value: object, status: int = 200) -> Body:
    return Body(data=json.dumps(value, ensure_ascii=False).encode(), type="application/json", status=status)


def _refusal(error: str) -> Body:
    return _json({"error": error, "message": "Could not locate record"}, status=400)

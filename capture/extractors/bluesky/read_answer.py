"""Reads what servers of the AT Protocol answer. Runs in the sandbox: no other process imports this."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from msgspec.structs import replace

from capture.extractors.bluesky.post import read_record
from capture.extractors.bluesky.said import Document, InRepository, ListPage, LogKey, Proven, Reply, Said
from capture.extractors.bluesky.thread_nodes import read_thread
from capture.extractors.bluesky.view import listed_record, listed_view
from capture.extractors.json_value import Json, line, mapping, text, time
from capture.extractors.served_json import NotJson, ServedJson
from capture.recorder.decoding import NotDecoded, decoded_body
from hashing.atproto import AccountEnded, AtprotoError
from hashing.atproto.did_document import read_did_document
from hashing.atproto.record_json import record_as_json
from hashing.atproto.record_proof import verify_record
from hashing.atproto.repository import Repository
from hashing.atproto.served import check_served, read_account_key

# https://atproto.com/specs/handle: /.well-known/atproto-did holds a DID and nothing else.
_WELL_KNOWN = re.compile(rb"\s*(did:[\x21-\x7e]{1,2048})\s*", re.ASCII)
_LONGEST_MEMBER = 3000
_MOST_MEMBERS = 100
_LONGEST_CURSOR = 4096
_PIECE = 1 << 20
_MOST_ELEMENTS = 1000  # Taken of one page; asked for are a hundred.


def members_in(file: BinaryIO, coding: str, inside: str) -> Reply:
    """Read an object, or the object that is the member `inside` of it."""

    def _read(body: bytes) -> Reply:
        said = object_of(body)
        return _members(mapping(said.get(inside)) if inside else said)

    return _reply(file, coding, _read)


def members_of_sample(sample: bytes) -> Reply:
    """Read the first bytes of a refusal, which as a rule are all of it."""
    return _members(object_of(sample))


def did_in(file: BinaryIO, coding: str) -> Reply:
    """Read the DID that a handle leads to: a text, or a member of an object."""

    def _read(body: bytes) -> Reply:
        match = _WELL_KNOWN.fullmatch(body)
        return Reply(did=match[1].decode("ascii") if match else line(object_of(body).get("did"), 2100))

    return _reply(file, coding, _read)


def record_in(file: BinaryIO, coding: str, uri: str) -> Reply:
    """Read what `com.atproto.repo.getRecord` answers."""
    return _reply(file, coding, lambda body: Reply(record=_served_record(body, uri)))


def page_in(file: BinaryIO, coding: str, name: str, views: bool) -> Reply:
    """Read a page of the list `name`: records of an account's own server, or an AppView's views of posts."""
    return _reply(file, coding, lambda body: Reply(page=read_page(body, name, views=views)))


def thread_in(file: BinaryIO, coding: str) -> Reply:
    """Read a thread."""
    return _reply(file, coding, lambda body: Reply(thread=read_thread(body)))


def document_in(file: BinaryIO, coding: str, did: str) -> Reply:
    """Read a DID document."""

    def _read(body: bytes) -> Reply:
        try:
            document = read_did_document(body, did=did)
        except AtprotoError as error:
            return Reply(document=Document(problem=_clean(error)))
        return Reply(document=Document(pds=document.pds, handles=document.handles, key=document.signing_key))

    return _reply(file, coding, _read)


def log_key_in(file: BinaryIO, coding: str, did: str) -> Reply:
    """Read the key that the log of a did:plc proves."""

    def _read(body: bytes) -> Reply:
        try:
            proven = read_account_key(body, did=did)
        except AtprotoError as error:
            return Reply(log_key=LogKey(problem=_clean(error), ended=isinstance(error, AccountEnded)))
        return Reply(log_key=LogKey(key=proven.key, handles=proven.handles))

    return _reply(file, coding, _read)


def proof_in(file: BinaryIO, coding: str, key: str, uri: str, served: bytes | None) -> Reply:
    """Check the proof of a record, and that it is the one which a list, or nothing, shows as served."""
    return _reply(file, coding, lambda body: Reply(proven=_prove(body, key, uri, served)))


def proof_and_record_in(file: BinaryIO, record: BinaryIO, coding: str, record_coding: str, key: str, uri: str) -> Reply:
    """Check the proof of a record, and that it is the one which another answer shows."""

    def _read(body: bytes) -> Reply:
        served = decoded_body(record, record_coding)
        proven = _prove(body, key, uri, served)
        if proven.problem or proven.signed is None:
            return Reply(proven=replace(proven, served=_served_record(served, uri)))
        return Reply(proven=proven)

    return _reply(file, coding, _read, record)


def repository_in(file: BinaryIO, collection: str) -> Iterator[InRepository]:
    """Yield the records of one collection in a whole repository, with the time that each claims."""
    repository = Repository(file)
    try:
        for name, cid in repository.records():
            if name.startswith(f"{collection}/"):
                try:
                    record = repository.record(cid)
                except AtprotoError:
                    record = None  # what is wrong with it, its proof will show
                yield InRepository(name=_clean(name), published=time(mapping(record).get("createdAt")))
    except (AtprotoError, OSError) as error:
        yield InRepository(problem=_clean(error))


def read_page(body: bytes, name: str, *, views: bool) -> ListPage:
    """Return a page of the list `name`, and the cursor of the next."""
    served = ServedJson(body)
    cursor, elements, unreadable, problem = "", [], 0, ""
    try:
        # The cursor may stand before or behind the list, and is worth having even where the list breaks off.
        for member, piece in served.members(served.root):
            if member == "cursor" and isinstance(piece.value, str):
                cursor = _clean(piece.value[:_LONGEST_CURSOR])
            if member == name:
                for count, each in enumerate(served.elements(piece)):
                    if count == _MOST_ELEMENTS:
                        problem = f"it has more than {_MOST_ELEMENTS:,} elements"
                        break
                    element = listed_view(served, each) if views else listed_record(served, each)
                    unreadable += element is None
                    elements += [element] if element is not None else []
    except NotJson as error:
        problem = _clean(error)
    return ListPage(elements=tuple(elements), unreadable=unreadable, cursor=cursor, problem=problem)


def object_of(data: bytes) -> Json:
    """Return the object that an answer is; an empty one for anything else."""
    try:
        return mapping(ServedJson(data).whole().value)
    except NotJson:
        return {}


def _members(said: Json) -> Reply:
    texts = [(name, value) for name, value in said.items() if isinstance(value, str)][:_MOST_MEMBERS]
    members = {line(name, 100): text(value, _LONGEST_MEMBER) for name, value in texts}
    return Reply(members=members, inactive=said.get("active") is False)


def _prove(car: bytes, key: str, uri: str, served: bytes | None) -> Proven:
    did, collection, rkey = uri.removeprefix("at://").split("/")
    if not key:
        return Proven(problem=f"{did}: nothing names its key")
    try:
        # Two questions, answered apart: does the proof hold, and is the served JSON what it proves?
        proof = verify_record(car, did=did, key=key, collection=collection, rkey=rkey)
    except AtprotoError as error:
        return Proven(problem=_clean(error))
    problem = ""
    if served is not None:
        try:
            check_served(proof, served)
        except AtprotoError as error:
            problem = _clean(error)
    cid = proof.record_cid or ""
    return Proven(holds=True, rev=proof.rev, record_cid=cid, problem=problem, signed=_signed(proof.record, uri, cid))


def _signed(block: bytes | None, uri: str, cid: str) -> Said | None:
    """Read what the account signed, from the very bytes."""
    try:
        record = record_as_json(block) if block is not None else None
    except AtprotoError:
        return None
    return read_record(record, uri, cid) if record is not None else None


def _served_record(body: bytes, uri: str) -> Said | None:
    """Read the record in an answer, with the content identifier that the server names."""
    said = object_of(body)
    return read_record(said.get("value"), uri, line(said.get("cid"), 100))


def _reply(file: BinaryIO, coding: str, read: Callable[[bytes], Reply], other: BinaryIO | None = None) -> Reply:
    """Return what `read` makes of a body, with the digests of all that was handed over."""
    files = [file, other] if other is not None else [file]
    digests = tuple(_sha256(each) for each in files)
    try:
        return replace(read(decoded_body(file, coding)), read=digests)
    except NotDecoded:
        return Reply(read=digests, not_decoded=True)


def _sha256(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    for piece in iter(lambda: file.read(_PIECE), b""):
        digest.update(piece)
    return digest.hexdigest()


def _clean(said: object) -> str:
    return str(said).encode("utf-8", "replace").decode()

"""The log of a did:plc: every key that an account ever had, each signed for by the one before.

The identifier is the hash of the first operation, so the log proves itself, but for its times and its end.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from hashing.atproto.did import PDS_TYPE, check_plc_did, claimed_handles
from hashing.atproto.errors import AtprotoError, Malformed, NotProven
from hashing.atproto.plc_operation import Operation, read_operation
from hashing.atproto.strict_json import read_json

LARGEST_LOG = 2 << 20  # Bytes; an operation has some 700.
RECOVERY_WINDOW = timedelta(hours=72)  # How long an operation can be nullified by a key of higher authority.

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", re.ASCII)
# https://web.plc.directory/spec/v0.1/did-plc: the first 24 letters in base32 of the SHA-256 of the first operation.
_DID_LETTERS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class PlcOperation:
    """One operation whose signature is checked."""

    cid: str
    created_at: str  # When the directory says that it took it; not signed.
    type: str  # `plc_operation`, `create` (the older form of the first one) or `plc_tombstone`.
    signed_by: str  # The rotation key that signed it, as did:key.
    # The keys that may sign the next one, the highest authority first; none after a tombstone.
    rotation_keys: tuple[str, ...]
    signing_key: str  # The key that signs the account's repository from then on, as did:key; "" where there is none.
    handles: tuple[str, ...]  # As claimed; a handle is the account's only if it leads back to this DID.
    pds: str  # The address of the server that keeps the account, as stated; "" where there is none.


@dataclass(frozen=True, slots=True, kw_only=True)
class PlcLog:
    """A log that holds together: the operations that stand, and those that were nullified, each in order of time."""

    did: str
    operations: tuple[PlcOperation, ...]
    # What a key of higher authority undid. Until then their keys were taken for the account's: compare the times.
    nullified: tuple[PlcOperation, ...]

    @property
    def tombstoned(self) -> bool:
        """Whether the last operation ended the DID."""
        return self.operations[-1].type == "plc_tombstone"

    @property
    def signing_key(self) -> str:
        """The signing key at the end of the log, as did:key; "" where there is none."""
        return self.operations[-1].signing_key


class _Entry(msgspec.Struct, frozen=True, rename="camel"):
    """One line of the log as served."""

    did: str
    operation: dict[str, Any]
    cid: str
    nullified: bool
    created_at: str


@dataclass(frozen=True, slots=True)
class _Step:
    """An operation in its place, with the key that signed it and the time the directory gives it."""

    operation: Operation
    created_at: str
    moment: datetime
    signed_by: str


def verify_plc_log(log: bytes, *, did: str) -> PlcLog:
    """Check the log of a did:plc, as the directory serves it at `/{did}/log/audit`.

    The log is played through as its directory must have done: the first operation hashes to the DID; each one hashes to
    its CID, names the one it follows and is signed by one of that one's rotation keys; nothing follows a tombstone. One
    that names an earlier operation nullifies all those after it, and may do so only if it is signed by a key of higher
    authority than the first of them, within 72 hours. What the directory marks as nullified must be just that.

    The times are not signed: that an operation was taken within 72 hours, and which came first, is the directory's
    word. A directory can keep the newest operations back, and the log cannot show it. Who holds the keys it does not
    say: as a rule the account's server.

    Raises Malformed for bytes that are no such log, and for one over LARGEST_LOG; NotProven where it does not hold
    together.
    """
    check_plc_did(did)
    entries = _read_entries(log, did)
    try:
        return _play(entries, did)
    except AtprotoError as error:
        raise type(error)(f"{did}: {error}") from error


def _play(entries: list[_Entry], did: str) -> PlcLog:
    # `standing` is the chain as it is in force; an operation that names an earlier one than its end takes the place of
    # all behind that one, which are nullified.
    standing: list[_Step] = []
    undone: dict[str, _Step] = {}
    last = datetime.min.replace(tzinfo=UTC)
    for entry in entries:
        # In order of time and hashing to its CID; behind an operation that stands; signed with a rotation key of that
        # one, of higher authority than what it nullifies, and within 72 hours of it.
        operation, last = _read_operation(entry, did, last)
        kept = _place(operation, standing, did)
        step = _Step(operation, entry.created_at, last, _signer(operation, standing[:kept], standing[kept:], last))
        undone |= {str(item.operation.cid): item for item in standing[kept:]}
        standing[kept:] = [step]
    # The directory marks what it nullified. The marks follow from the operations, so one that does not is a lie or a
    # fault.
    for entry in entries:
        if entry.nullified != (entry.cid in undone):
            raise NotProven(f"the mark on operation {entry.cid}, nullified or not, does not follow from the log")
    return PlcLog(
        did=did,
        operations=tuple(map(_proven, standing)),
        nullified=tuple(_proven(undone[entry.cid]) for entry in entries if entry.nullified),
    )


def _read_entries(log: bytes, did: str) -> list[_Entry]:
    try:
        entries = msgspec.convert(read_json(log, did, largest=LARGEST_LOG), list[_Entry])
    except msgspec.ValidationError as error:
        raise Malformed(f"{did}: not the log of a did:plc: {str(error)[:140]!r}") from error
    if not entries:
        raise Malformed(f"{did}: the log is empty")
    return entries


def _read_operation(entry: _Entry, did: str, last: datetime) -> tuple[Operation, datetime]:
    """Return the operation of a line and the line's time, which is not before `last`."""
    operation = read_operation(entry.operation)
    if entry.did != did:
        raise NotProven(f"the log holds an operation of {entry.did[:140]!r}")
    if entry.cid != str(operation.cid):
        raise NotProven(f"operation {entry.cid[:140]!r} does not hash to its CID")
    moment = _read_time(entry.created_at)
    if moment < last:
        raise NotProven(f"operation {entry.cid} is older than the one before it in the log")
    return operation, moment


def _read_time(text: str) -> datetime:
    if not _TIME.fullmatch(text):
        raise Malformed(f"{text[:140]!r} is not a time in UTC")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Malformed(f"{text[:140]!r} is not a time") from error


def _place(operation: Operation, standing: list[_Step], did: str) -> int:
    """Return how many of the operations that stand come before this one; those after are nullified by it."""
    if not standing:
        if operation.prev is not None or did != _did_of(operation):
            raise NotProven("the first operation does not hash to the DID")
        return 0
    # From the end, where nearly every operation follows. One that follows further back takes the place of what is
    # behind.
    for index in reversed(range(len(standing))):
        before = standing[index].operation
        if operation.prev == str(before.cid):
            if before.is_tombstone:
                raise NotProven(f"operation {operation.cid} follows a tombstone")
            return index + 1
    raise NotProven(f"operation {operation.cid} does not follow one that stands")


def _signer(operation: Operation, before: list[_Step], disputed: list[_Step], moment: datetime) -> str:
    """Return the key that signed the operation, of those that may."""
    keys = before[-1].operation.rotation_keys if before else operation.rotation_keys
    if disputed:
        if moment - disputed[0].moment > RECOVERY_WINDOW:
            raise NotProven(f"operation {operation.cid} nullifies one that had stood for more than {RECOVERY_WINDOW}")
        # Earlier in the list is higher: only a key above the one that signed may undo what it signed.
        keys = keys[: keys.index(disputed[0].signed_by)]
    return operation.signed_by(keys)


def _did_of(operation: Operation) -> str:
    return f"did:plc:{base64.b32encode(operation.cid.digest).decode().lower()[:_DID_LETTERS]}"


def _proven(step: _Step) -> PlcOperation:
    operation = step.operation
    service = operation.services.get("atproto_pds")
    return PlcOperation(
        cid=str(operation.cid),
        created_at=step.created_at,
        type=operation.type,
        signed_by=step.signed_by,
        rotation_keys=operation.rotation_keys,
        signing_key=operation.verification_methods.get("atproto", ""),
        handles=claimed_handles(operation.also_known_as),
        pds=service.endpoint if service is not None and service.type == PDS_TYPE else "",
    )

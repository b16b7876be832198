"""Object locks: what is asked of a store for each object, and whether a store can be trusted to hold to it.

A store is asked before anything is trusted to it: whatever it promises, each forbidden thing is tried on a scratch
object. Amazon S3, "How S3 Object Lock works", says what must be refused.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from exports.errors import StoreRefused, UnfitStore
from exports.store.connection import COMPLIANCE, GOVERNANCE, ObjectStore, StoredObject, encoded
from exports.store.head import PROBES
from hashing.files.digest import Digest
from hashing.times import Clock, system_clock

_PROBE_HOURS = 1
_ONE, _OTHER = b"goldenhour: a scratch object, to see whether a lock holds\n", b"goldenhour: other bytes\n"


@dataclass(frozen=True, slots=True)
class Lock:
    """What is asked for: a retention until a time, a legal hold, or what the bucket gives by itself (neither)."""

    mode: str = ""
    until: datetime | None = None
    hold: bool = False

    def parameters(self) -> dict[str, Any]:
        """Return what S3's operations that make an object take."""
        asked: dict[str, Any] = (
            {"ObjectLockMode": self.mode, "ObjectLockRetainUntilDate": self.until} if self.mode else {}
        )
        return asked | ({"ObjectLockLegalHoldStatus": "ON"} if self.hold else {})

    def met_by(self, found: StoredObject) -> bool:
        """Say whether an object is locked as strictly, and for as long, as is asked."""
        return (found.hold or not self.hold) and (self._retained(found) if self.mode else found.locked)

    def _retained(self, found: StoredObject) -> bool:
        strict = found.mode in {COMPLIANCE, self.mode}
        return strict and found.until is not None and self.until is not None and found.until >= self.until

    def tighten(self, store: ObjectStore, key: str, found: StoredObject) -> None:
        """Lock an object as strictly and for as long as is asked, and no less than it is. Raises StoreRefused."""
        which = {"Key": key, **({"VersionId": found.version} if found.version else {})}
        if self.hold and not found.hold:
            store.call("put_object_legal_hold", **which, LegalHold={"Status": "ON"})
        if self.mode and not self._retained(found):
            mode = COMPLIANCE if COMPLIANCE in {self.mode, found.mode} else GOVERNANCE
            until = max(filter(None, (self.until, found.until)))
            store.call("put_object_retention", **which, Retention={"Mode": mode, "RetainUntilDate": until})

    def __str__(self) -> str:
        said = [f"{self.mode.lower()} until {self.until:%Y-%m-%dT%H:%M:%SZ}"] if self.until else []
        return " and ".join([*said, *(["legal hold"] if self.hold else [])]) or "as the bucket locks by itself"


def demand_fit(store: ObjectStore, lock: Lock, clock: Clock = system_clock) -> None:
    """Demand versions and object lock of the bucket, and that the lock holds on scratch objects.

    These stay until their lock of an hour is over; a later probe clears them away. Raises UnfitStore, which names each
    thing that the store let happen; StoreRefused, NotAnswered.
    """
    faults = _bucket_faults(store, lock)
    if not faults:
        _clear_old_probes(store)
        faults = _Probe(store, lock, clock).faults()
    if faults:
        raise UnfitStore(
            f"s3://{store.location.bucket}: unfit to keep evidence:\n" + "\n".join(faults),
            hint="nothing of the case was put there; use a bucket made with object lock, or another store",
        )


def _bucket_faults(store: ObjectStore, lock: Lock) -> list[str]:
    faults = []
    try:
        locks = store.call("get_object_lock_configuration").get("ObjectLockConfiguration", {})
    except StoreRefused as error:
        if error.code not in {"ObjectLockConfigurationNotFoundError", "NotImplemented", "MethodNotAllowed"}:
            raise
        locks = {}
    if locks.get("ObjectLockEnabled") != "Enabled":
        faults.append("it has no object lock")
    elif lock == Lock() and not locks.get("Rule", {}).get("DefaultRetention"):
        faults.append("it locks nothing by itself: say --lock and --retain-until, or --legal-hold")
    if store.call("get_bucket_versioning").get("Status") != "Enabled":
        faults.append("it keeps no versions")
    return faults


def _clear_old_probes(store: ObjectStore) -> None:
    """Delete what earlier probes have left, as far as the store lets it go: the rest is locked still."""
    prefix = store.location.key(PROBES, "")
    listed = store.call("list_object_versions", Prefix=prefix)
    for each in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]:
        key, version = str(each.get("Key", "")), str(each.get("VersionId", ""))
        if key.startswith(prefix) and version:
            with suppress(StoreRefused):
                store.call("delete_object", Key=key, VersionId=version)


class _Probe:
    """Two scratch objects, one put whole and one in parts, and everything that must be refused of them."""

    def __init__(self, store: ObjectStore, lock: Lock, clock: Clock) -> None:
        self._store = store
        self._until = clock().replace(microsecond=0) + timedelta(hours=_PROBE_HOURS)
        self._lock = Lock(lock.mode, self._until if lock.mode else None, lock.hold)
        self._key = store.location.key(PROBES, os.urandom(8).hex())
        self._faults: list[str] = []

    def faults(self) -> list[str]:
        """Try everything; return what was not refused."""
        whole, parts = f"{self._key}-whole", f"{self._key}-parts"
        checksum = encoded(Digest.of_bytes(_ONE).hex)
        self._refused(
            "it took bytes that are not of the SHA-256 sent with them",
            lambda: self._put(f"{self._key}-other", _OTHER, checksum),
        )
        self._try(whole, "an object", self._put(whole, _ONE, checksum))
        self._try(parts, "an object in parts", self._put_in_parts(parts))
        return self._faults

    def _try(self, key: str, what: str, version: str) -> None:
        call, named = self._store.call, {"Key": key, "VersionId": version}
        found = self._store.found(key)
        if found is None or not version or not self._lock.met_by(found):
            self._faults.append(f"it did not lock {what} as it was asked to")
            return
        other = encoded(Digest.of_bytes(_OTHER).hex)
        self._refused(
            f"it put {what} in the place of one that was there (If-None-Match is not heeded)",
            lambda: self._put_in_parts(key) if "parts" in key else self._put(key, _OTHER, other),
        )
        if found.mode == COMPLIANCE or found.hold:
            self._refused(
                f"it deleted the locked version of {what}, for whoever may pass governance",
                lambda: call("delete_object", **named, BypassGovernanceRetention=True),
            )
        self._refused(f"it deleted the locked version of {what}", lambda: call("delete_object", **named))
        if found.mode:
            sooner = self._until - timedelta(hours=_PROBE_HOURS) / 2
            retention = {"Mode": found.mode, "RetainUntilDate": sooner}
            self._refused(
                f"it shortened the lock of {what}", lambda: call("put_object_retention", **named, Retention=retention)
            )
        if found.mode == COMPLIANCE:
            weaker = {"Mode": GOVERNANCE, "RetainUntilDate": self._until}
            self._refused(
                f"it turned compliance into governance for {what}",
                lambda: call("put_object_retention", **named, Retention=weaker, BypassGovernanceRetention=True),
            )
        with suppress(StoreRefused):  # who may delete nothing at all is the best of writers
            call("delete_object", Key=key)  # makes a delete marker; what is locked stays
        if not self._still(key, version):
            self._faults.append(f"it lost the locked version of {what}")
        if found.hold:
            with suppress(StoreRefused):
                call("put_object_legal_hold", **named, LegalHold={"Status": "OFF"})

    def _still(self, key: str, version: str) -> bool:
        try:
            return b"".join(self._store.read(key, version)) == _ONE
        except StoreRefused:
            return False

    def _refused(self, fault: str, attempt: Callable[[], object]) -> None:
        try:
            attempt()
        except StoreRefused as error:
            if error.failed:  # it might do it another time
                raise
            return
        self._faults.append(fault)

    def _put(self, key: str, data: bytes, checksum: str) -> str:
        answer = self._store.call(
            "put_object", Key=key, Body=data, ChecksumSHA256=checksum, IfNoneMatch="*", **self._lock.parameters()
        )
        return str(answer.get("VersionId", ""))

    def _put_in_parts(self, key: str) -> str:
        begun = self._store.call(
            "create_multipart_upload", Key=key, ChecksumAlgorithm="SHA256", **self._lock.parameters()
        )
        upload, checksum = {"Key": key, "UploadId": str(begun.get("UploadId", ""))}, encoded(Digest.of_bytes(_ONE).hex)
        part = self._store.call("upload_part", **upload, PartNumber=1, Body=_ONE, ChecksumSHA256=checksum)
        parts = [{"PartNumber": 1, "ETag": part.get("ETag", ""), "ChecksumSHA256": checksum}]
        try:
            answer = self._store.call(
                "complete_multipart_upload", **upload, MultipartUpload={"Parts": parts}, IfNoneMatch="*"
            )
        except StoreRefused:
            with suppress(StoreRefused):
                self._store.call("abort_multipart_upload", **upload)
            raise
        return str(answer.get("VersionId", ""))

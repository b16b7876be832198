"""Sending one file to a store under its SHA-256: in one piece, or in parts side by side, of which those stay that came.

Nothing there is ever overwritten (`If-None-Match: *`), and the store compares what it gets with the SHA-256 sent along.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from exports.errors import NotWhole, StoreRefused
from exports.format.section import FileSection
from exports.store.connection import WORKERS, ObjectStore, encoded
from exports.store.locks import Lock
from hashing.files import inside
from hashing.files.storage import reading

# Bytes of a part. A file that is no larger goes in one piece, of which the store gives the SHA-256 as a whole.
PART = 64 << 20
_MOST_PARTS = 10_000  # Amazon S3, "Amazon S3 multipart upload limits"
_PIECE = 1 << 20
_TAKEN = {"PreconditionFailed", "412", "ConditionalRequestConflict", "409"}
_CHANGED = {"BadDigest", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch", "IncompleteBody"}
_GONE = {"NoSuchUpload", "404"}


def in_parts(size: int) -> bool:
    """Say whether a file of this size is sent in parts."""
    return size > PART


def part_size(size: int) -> int:
    """Return how large the parts of a file are: 64 MiB, or as many whole MiB as make 10,000 parts enough."""
    return max(PART, -(-size // (_MOST_PARTS << 20)) << 20)


@contextmanager
def opened(path: Path, root: Path | None) -> Iterator[int]:
    """Open a file to read parts of it; below `root`, if given, through no link. Raises Unreadable."""
    with reading(path):
        descriptor = inside.open_file(path, root=root) if root else os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def composite(descriptor: int, size: int) -> str:
    """Return the checksum that a store gives of a file that came in parts. Raises OSError."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        digests = list(pool.map(lambda part: _digests(part, ("sha256",))[0].digest(), _sections(descriptor, size)))
    return _composite(digests)


def _composite(digests: Sequence[bytes]) -> str:
    return f"{base64.b64encode(hashlib.sha256(b''.join(digests)).digest()).decode()}-{len(digests)}"


class Sender:
    """Sends files under one lock; `progress` is told bytes as they are done, in any thread."""

    def __init__(self, store: ObjectStore, lock: Lock, progress: Callable[[int], None]) -> None:
        self._store = store
        self._lock = lock
        self._progress = progress

    def send(self, key: str, descriptor: int, size: int, sha256: str) -> str | None:
        """Send a file unless its key is taken; what came of it before stays.

        Returns the checksum that the store should give of its parts, "" of a file in one piece, and None where the key
        was taken. Raises NotWhole, StoreRefused, NotAnswered.
        """
        try:
            if in_parts(size):
                return self._send_parts(key, descriptor, size)
            self.put(key, FileSection(descriptor, 0, size), size, sha256)
        except StoreRefused as error:
            if error.code in _CHANGED:
                where = self._store.location.named(key)
                raise NotWhole(f"{where}: the file is not what its record says, or changed on the way") from error
            if error.code not in _TAKEN:
                raise
            return None
        self._progress(size)
        return ""

    def put(self, key: str, body: FileSection | bytes, size: int, sha256: str) -> None:
        """Put an object in one piece. Raises StoreRefused, also where the key is taken; NotAnswered."""
        self._store.call(
            "put_object",
            Key=key,
            Body=body,
            ContentLength=size,
            ContentType="application/octet-stream",
            ChecksumSHA256=encoded(sha256),
            IfNoneMatch="*",
            **self._lock.parameters(),
        )

    def _send_parts(self, key: str, descriptor: int, size: int) -> str:
        for upload in self._begun(key):
            try:
                return self._send_into(upload, key, descriptor, size)
            except StoreRefused as error:
                if error.code not in _GONE:  # else somebody gave it up meanwhile
                    raise
        return self._send_into(self._begin(key), key, descriptor, size)

    def _begin(self, key: str) -> str:
        begun = self._store.call(
            "create_multipart_upload",
            Key=key,
            ContentType="application/octet-stream",
            ChecksumAlgorithm="SHA256",
            **self._lock.parameters(),
        )
        return str(begun.get("UploadId", ""))

    def _begun(self, key: str) -> list[str]:
        """Return an upload of this object that was cut, if there is one."""
        with suppress(StoreRefused):  # a store need not let everybody look
            listed = self._store.call("list_multipart_uploads", Prefix=key).get("Uploads", [])
            return [str(each.get("UploadId", "")) for each in listed if each.get("Key") == key][:1]
        return []

    def _send_into(self, upload: str, key: str, descriptor: int, size: int) -> str:
        which = {"Key": key, "UploadId": upload}
        there = self._parts_of(which)
        sections = enumerate(_sections(descriptor, size), 1)
        pool = ThreadPoolExecutor(WORKERS)
        try:
            parts = list(
                pool.map(lambda each: self._send_part(which, each[0], each[1], there.get(each[0], [])), sections)
            )
        finally:
            pool.shutdown(cancel_futures=True)
        try:
            self._store.call("complete_multipart_upload", **which, MultipartUpload={"Parts": parts}, IfNoneMatch="*")
        except StoreRefused as error:
            if error.code in _TAKEN:
                with suppress(StoreRefused):
                    self._store.call("abort_multipart_upload", **which)
            raise
        return _composite([base64.b64decode(part["ChecksumSHA256"]) for part in parts])

    def _parts_of(self, which: dict[str, str]) -> dict[int, list[dict[str, Any]]]:
        """Return what the store has of an upload, by the number of the part; some list each that came under one."""
        parts: dict[int, list[dict[str, Any]]] = {}
        after, more = 0, True
        while more:
            page = self._store.call("list_parts", **which, PartNumberMarker=after)
            came = [each for each in page.get("Parts", []) if after < each.get("PartNumber", 0) <= _MOST_PARTS]
            for each in came:
                parts.setdefault(each["PartNumber"], []).append(each)
            after, more = max(parts, default=0), bool(page.get("IsTruncated")) and bool(came)
        return parts

    def _send_part(
        self, which: dict[str, str], number: int, section: FileSection, there: list[dict[str, Any]]
    ) -> dict[str, Any]:
        """Send a part, unless the very same is there; return what the store is told of it when all have come."""
        size = section.seek(0, os.SEEK_END)
        # A store that gives no SHA-256 of a part gives its MD5 as a rule, and is asked once more at the end.
        sha256, *more = _digests(section, ("sha256", "md5") if there else ("sha256",))
        checksum, tags = encoded(sha256.hexdigest()), {f'"{md5.hexdigest()}"' for md5 in more}
        for each in there:
            stated = each.get("ChecksumSHA256")
            if each.get("Size") == size and (stated == checksum if stated else each.get("ETag") in tags):
                tag = each.get("ETag", "")
                break
        else:
            section.seek(0)
            sent = self._store.call(
                "upload_part", **which, PartNumber=number, Body=section, ContentLength=size, ChecksumSHA256=checksum
            )
            tag = sent.get("ETag", "")
        self._progress(size)
        return {"PartNumber": number, "ETag": tag, "ChecksumSHA256": checksum}


def _sections(descriptor: int, size: int) -> Iterator[FileSection]:
    length = part_size(size)
    return (FileSection(descriptor, begin, min(length, size - begin)) for begin in range(0, size, length))


def _digests(section: FileSection, algorithms: tuple[str, ...]) -> list[Any]:
    hashes = [hashlib.new(name, usedforsecurity=False) for name in algorithms]
    section.seek(0)
    buffer = memoryview(bytearray(_PIECE))
    while count := section.readinto(buffer):
        for each in hashes:
            each.update(buffer[:count])
    return hashes

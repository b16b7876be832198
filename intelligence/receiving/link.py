"""What a link lets one browser do: agree once, send files, take one back, hand in. Each step is on disk on return."""

from __future__ import annotations

import hmac
import os
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hashing.errors import HashingError
from hashing.files import inside
from hashing.files.digest import Hasher, new_hash
from hashing.files.storage import OWNER_WRITES, close_synced, storing
from hashing.times import Clock, time_text
from intelligence.receiving.hand_in import HandInFolder, Upload, hashed

_ROOM = 16 << 20  # Bytes of the disk that stay free: the state of every hand-in must still be written.
_PIECE = 1 << 20


class LinkRefused(Exception):
    """What the link does not allow; `text` is a name in the texts of the page, `status` of HTTP."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.text, self.status = text, status


class Link:
    """One link while it is served. Safe for several threads; `changed` is told of each step."""

    def __init__(self, folder: HandInFolder, changed: Callable[[str], None], clock: Clock) -> None:
        self.folder = folder
        self.state = folder.state()
        self._changed = changed
        self._clock = clock
        self._lock = threading.RLock()
        self._arrivals: dict[int, Arrival] = {}
        self._closing = False

    @property
    def over(self) -> bool:
        """Whether its time is over."""
        return time_text(self._clock()) > self.state.until

    def holds(self, session: str) -> bool:
        """Say whether this is the browser that began."""
        return bool(self.state.session) and hmac.compare_digest(self.state.session, hashed(session))

    def begin(self, language: str, consent: str, contact: bytes | None) -> str:
        """Bind the link to one browser; return what that is to show from now on. Raises LinkRefused, Unwritable."""
        with self._lock:
            if self.over:
                raise LinkRefused("expired", 410)
            if self.state.session:
                raise LinkRefused("used" if self.state.finished else "in_use", 409)
            # The browser gets the secret, the disk its hash alone: who reads the inbox cannot act as the sender. It is
            # bound only once that is on disk.
            session = secrets.token_urlsafe(32)
            if contact:
                self.folder.save_contact(contact)
            self.state.session, self.state.language = hashed(session), language
            self.state.consent, self.state.agreed = consent, time_text(self._clock())
            try:
                self._save()
            except HashingError:
                self.state.session = ""
                raise
            return session

    def add(self, name: str, size: int, changed: str) -> Upload:
        """Announce a file of `size` bytes, -1 where nobody says; return it. Raises LinkRefused, Unwritable."""
        with self._lock:
            self._demand_open()
            # Counted before the first byte: files that are kept, and all that were ever announced, since taking files
            # back must not make room for announcing for ever.
            if len(self.state.kept()) >= self.state.most_files or len(self.state.uploads) >= 4 * self.state.most_files:
                raise LinkRefused("too_many_files", 413)
            if max(size, 0) > self._left():
                raise LinkRefused("too_many_bytes", 413)
            self.demand_room(max(size, 0))
            upload = Upload(number=len(self.state.uploads) + 1, name=name, size=size, changed=changed)
            self.state.uploads.append(upload)
            try:
                self._save()
            except HashingError:
                self.state.uploads.pop()
                raise
            return upload

    def upload(self, number: int) -> Upload:
        """Return a file that is on its way or has arrived. Raises LinkRefused."""
        with self._lock:
            for upload in self.state.kept():
                if upload.number == number:
                    return upload
        raise LinkRefused("not_understood", 404)

    def demand_room(self, size: int) -> None:
        """Raise LinkRefused where the disk has no room for so many bytes more."""
        if shutil.disk_usage(self.folder.path).free < size + _ROOM:
            raise LinkRefused("disk_full", 507)

    def describe(self, captions: dict[int, str]) -> None:
        """Keep what the sender says of the files. Raises LinkRefused, Unwritable."""
        with self._lock:
            self._demand_open()
            for upload in self.state.kept():
                upload.caption = captions.get(upload.number, upload.caption)
            self._save()

    def remove(self, number: int) -> None:
        """Let go of a file that the sender takes back before handing in. Raises LinkRefused, Unwritable."""
        upload = self.upload(number)
        with self.arrival(upload, _nothing), self._lock:
            self._demand_open()
            with storing(self.folder.file(upload)):  # first: on a full disk it makes room for the state
                inside.unlink(self.folder.file(upload), self.folder.path, missing_ok=True)
            upload.removed = True
            self._save()

    def finish(self) -> None:
        """Hand in: nothing is added afterwards. Raises LinkRefused, Unwritable."""
        with self._lock:
            self._demand_open()
            if not any(upload.sha256 or self.folder.arrived(upload) for upload in self.state.kept()):
                raise LinkRefused("nothing_yet", 422)
            # 1. Under the lock: no new file, and no new piece, from here on.
            self._closing, arrivals = True, list(self._arrivals.values())
        try:
            # 2. Outside of it: pieces that are being written end, each under its own lock.
            for arrival in arrivals:
                with arrival.held(_nothing):  # the page ends nothing while it sends: it is a line that broke
                    pass
            with self._lock:
                self.state.finished = time_text(self._clock())
                self._save()
        except HashingError:
            self.state.finished = ""
            raise
        finally:
            self._closing = False

    @contextmanager
    def arrival(self, upload: Upload, cut: Callable[[], object]) -> Iterator[Arrival]:
        """Yield a file to be written to; `cut` ends that from outside.

        Whoever wrote to it until now, over a line that broke, is cut off first. Raises LinkRefused, Unwritable.
        """
        with self._lock:
            arrival = self._arrivals.setdefault(upload.number, Arrival(self.folder, upload))
        # One writer at a time. The new one ends the old, which may hang on a line that died.
        with arrival.held(cut):
            with self._lock:
                self._demand_open()
            try:
                yield arrival
            finally:
                arrival.close()
                if arrival.offset == upload.size and not upload.sha256 and not upload.removed:
                    upload.sha256 = arrival.digest()
                    with self._lock:
                        self._save()

    def demand_below(self, size: int) -> None:
        """Raise LinkRefused where so many bytes more, of a file of a length that nobody said, pass the bounds."""
        with self._lock:
            if size > self._left():
                raise LinkRefused("too_many_bytes", 413)

    def _left(self) -> int:
        sizes = (upload.size if upload.size >= 0 else self.folder.arrived(upload) for upload in self.state.kept())
        return self.state.most_bytes - sum(sizes)

    def _demand_open(self) -> None:
        if self.state.finished or self._closing:
            raise LinkRefused("used", 410)
        if self.over:
            raise LinkRefused("expired", 410)

    def _save(self) -> None:
        self.folder.save(self.state)
        self._changed(self.state.number)


class Arrival:
    """A file that bytes are added to by one connection at a time; hashed as they come."""

    def __init__(self, folder: HandInFolder, upload: Upload) -> None:
        self._folder = folder
        self._path = folder.file(upload)
        self._lock = threading.Lock()
        self._cut: Callable[[], object] = _nothing
        self._descriptor = -1
        self._hash: Hasher | None = None
        self.offset = folder.arrived(upload)  # How many bytes are here.

    @contextmanager
    def held(self, cut: Callable[[], object]) -> Iterator[None]:
        """Hold it, and cut off whoever held it."""
        self._cut()
        with self._lock:
            self._cut = cut
            try:
                yield
            finally:
                self._cut = _nothing

    def write(self, data: memoryview) -> None:
        """Add bytes. Raises StorageFull, Unwritable; what was written until then counts."""
        self._demand_begun()
        assert self._hash is not None  # noqa: S101 - tells the type
        with storing(self._path):
            while data:
                count = os.write(self._descriptor, data)
                self._hash.update(data[:count])
                self.offset += count
                data = data[count:]

    def close(self) -> None:
        """Wait until what came is on disk. Raises Unwritable."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            close_synced(descriptor, self._path)

    def digest(self) -> str:
        """Return the SHA-256 of all that is here. Raises Unwritable."""
        # Hashed again from the disk after a restart: the digest on the receipt is of what is there, not of what was
        # sent.
        if self._hash is None or self._hash.size != self.offset:
            self._demand_begun()
            self.close()
        assert self._hash is not None  # noqa: S101 - tells the type
        return self._hash.hexdigest()

    def _demand_begun(self) -> None:
        """Open the file; hash what stands in it already, where another process has written that."""
        if self._descriptor >= 0:
            return
        with storing(self._path):
            flags = os.O_RDWR | os.O_APPEND
            if inside.is_file(self._path, self._folder.path):
                self._descriptor = inside.open_file(self._path, flags, self._folder.path, alone=True)
            else:
                self._descriptor = inside.create_file(self._path, flags, OWNER_WRITES, self._folder.path)
            if self._hash is None or self._hash.size != self.offset:
                self._hash = new_hash()
                while piece := os.pread(self._descriptor, _PIECE, self._hash.size):
                    self._hash.update(piece)
                self.offset = self._hash.size


def _nothing() -> None:
    """Cut off nobody."""

"""Storing what is handed in as items: bytes on disk under a name first, then the lines that speak of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

from msgspec.structs import replace

from capture.photo import photo_facts
from capture.request.item_name import item_name
from capture.request.media_type import HEAD, MediaType, media_type
from exports.report.small_copy import SmallCopy
from hashing.case.capture_folder import ITEMS, CaptureFolder
from hashing.case.events import Event, Excerpt, Failed, Item, ItemFacts, PostRead, Skipped
from hashing.case.facts import Fact
from hashing.case.kinds import ItemKind
from hashing.case.post import Post
from hashing.errors import StorageFull
from hashing.files import inside
from hashing.files.digest import new_hash
from hashing.files.storage import close_synced, create, storing, write_all
from hashing.sandbox import NotRead, Readers
from hashing.times import Clock, time_text
from intelligence.intake.pieces import HeldFile, plain
from intelligence.intake.protection import Protection
from intelligence.intake.redacted_text import HOW, PHOTO_HOW

SOURCE = "intake"
_GROUP = 64  # Items whose lines are written together: a group costs one wait for the disk.
_PART = "handed-in"
_EDGE, _QUALITY = 2048, 90  # Pixels of the longer side of a photo's redacted copy, and its quality as JPEG.
_PHOTO_COPY = "exports.report.small_copy:small_copy"
# Kinds that are told by more than their first bytes.
_FORMS = {
    "mail": MediaType(ItemKind.FILE, "message/rfc822", ".eml"),
    "mailbox": MediaType(ItemKind.FILE, "application/mbox", ".mbox"),
    "saved page": MediaType(ItemKind.FILE, "multipart/related", ".mhtml"),
    "web archive": MediaType(ItemKind.FILE, "application/warc", ".warc"),
}


class IntakeStore:
    """The items of one intake. `known` has the first item of the case with each SHA-256."""

    def __init__(
        self,
        folder: CaptureFolder,
        exhibit: str,
        readers: Readers,
        known: Mapping[str, str],
        clock: Clock,
        protection: Protection | None = None,
    ) -> None:
        self._folder = folder
        self._exhibit = exhibit
        self._readers = readers
        self._known = dict(known)
        self._clock = clock
        self._protection = protection
        self._pool = ThreadPoolExecutor(max(2, min(os.cpu_count() or 2, 4)))
        self._waiting: list[Event] = []
        self._photos: list[tuple[Item, Future[tuple[Fact, ...]]]] = []
        self._copies: list[tuple[Item, Future[SmallCopy]]] = []
        self._number = 0
        self.items = self.failed = self.skipped = self.bytes = 0

    def arriving(self) -> ArrivingFile:
        """Begin a file. Raises Unwritable."""
        return ArrivingFile(self._folder.scratch / _PART, self._folder.root)

    def store(self, file: ArrivingFile, address: str, member: HeldFile, of: Item | None) -> Item:
        """Store a file that has arrived whole, which `member` tells of; return its item. Raises Unwritable."""
        file.close()
        self._number += 1
        ref = f"{self._exhibit}-{self._number:04d}"
        # 1. What it is: by the reader of its archive where that knows, else by its first bytes. Of a protected source
        # no claimed name or type is kept.
        claimed = (member.mime or None) if self._protection is None else None
        recognised = _FORMS.get(member.kind) or media_type(file.head, claimed)
        kind = ItemKind(member.kind) if member.kind else recognised.kind
        name = item_name(self._number, address if self._protection is None else "", kind, recognised.extension)
        # 2. Into the items first; its line is written with the next group.
        self._folder.settle_item(file.path, name)
        item = Item(
            time=time_text(self._clock()),
            ref=ref,
            kind=kind,
            url=address,
            path=f"{ITEMS}/{name}",
            size=file.size,
            sha256=file.sha256,
            mime=recognised.mime,
            exchange=0,
            found_in=of.ref if of is not None else "",
            extractor=SOURCE,
            claimed_name=member.name if self._protection is None else "",
            excerpt=Excerpt(of=of.ref, offset=member.offset) if of is not None and member.offset >= 0 else None,
            protected=self._protection is not None,
        )
        # 3. What is said of it follows its line; photos are read meanwhile.
        self._waiting.append(item)
        self._add_facts(item, member.facts)
        if member.post is not None:
            self._add_post(item, member.post, of.ref if of is not None else ref)
        if member.text:
            self._keep_text(item, member.text)
        if recognised.kind == "photo":
            path = self._folder.path / item.path
            self._photos.append((item, self._pool.submit(photo_facts, self._readers, path)))
            if self._protection is not None:
                self._copies.append((item, self._pool.submit(redacted_photo, self._readers, path)))
        self.items += 1
        self.bytes += item.size
        self._known.setdefault(item.sha256, ref)
        if len(self._waiting) >= _GROUP:
            self.flush()
        return item

    def describe(self, item: Item, facts: Iterable[Fact], text: str) -> None:
        """Record what a file that was opened says of itself. Raises Unwritable."""
        self._tell(item, facts)
        if text:
            self._keep_text(item, text)

    def fail(self, address: str, reason: str, found_in: str = "") -> None:
        """Record what could not be taken in, and why."""
        self.failed += 1
        self._waiting.append(Failed(time=time_text(self._clock()), url=address, reason=reason, found_in=found_in))

    def skip(self, address: str, reason: str, found_in: str = "") -> None:
        """Record what is no file of its own."""
        self.skipped += 1
        self._waiting.append(Skipped(time=time_text(self._clock()), url=address, reason=reason, found_in=found_in))

    def flush(self) -> None:
        """Write what is waiting; it is on disk on return. Raises Unwritable."""
        # 1. What was read meanwhile: its lines belong behind their item's, and into the same group.
        for photo, future in self._photos:
            try:
                facts = future.result()
            except NotRead as error:
                facts = (Fact("photo", f"could not be read: {error}", "examination"),)
            self._tell(photo, facts)
        self._photos.clear()
        for photo, copied in self._copies:
            if (made := copied.result()).data:
                self._keep_copy(photo, "redacted.jpg", made.data, PHOTO_HOW)
        self._copies.clear()
        if self._protection is not None:
            # 2. Claims that name the source go to the register before the case speaks of the item: they exist nowhere
            # else.
            self._protection.flush()
        if self._waiting:
            # 3. Items on disk, then the lines. A full disk is met once more with the reserve, which is held for this.
            self._folder.sync_items()
            try:
                self._folder.append(self._waiting)
            except StorageFull:
                self._folder.release_reserve()
                self._folder.append(self._waiting)
            self._waiting = []

    def close(self) -> None:
        """End the threads that wait for readers."""
        self._pool.shutdown(cancel_futures=True)

    def _add_facts(self, item: Item, facts: tuple[Fact, ...]) -> None:
        if (before := self._known.get(item.sha256)) is not None:
            facts = (*facts, Fact("same bytes as", before, "SHA-256"))
        self._tell(item, facts)

    def _tell(self, item: Item, facts: Iterable[Fact]) -> None:
        """Record facts of an item; of a protected source, those that name nobody."""
        facts = tuple(facts)
        if self._protection is not None:
            facts = self._protection.facts(item.url, item.ref, facts)
        if facts:
            self._waiting.append(ItemFacts(time=time_text(self._clock()), ref=item.ref, facts=facts))

    def _add_post(self, item: Item, said: Post, chat: str) -> None:
        if self._protection is not None:
            said, text = self._protection.post(said)
            self._keep_copy(item, "redacted-text.txt", text.encode("utf-8", "backslashreplace"), HOW)
        answered = f"{chat}#{said.reply_to}" if said.reply_to else ""
        post = replace(said, id=f"{chat}#{said.id or self._number}", reply_to=answered)
        self._waiting.append(PostRead(time=item.time, ref=item.ref, post=post))

    def _keep_text(self, item: Item, text: str) -> None:
        if self._protection is None:
            how = "what a person reads in it, in UTF-8"
            self._keep_copy(item, "text.txt", text.encode("utf-8", "backslashreplace"), how)
        else:
            data = self._protection.text(text).encode("utf-8", "backslashreplace")
            self._keep_copy(item, "redacted-text.txt", data, HOW)

    def _keep_copy(self, item: Item, ending: str, data: bytes, how: str) -> None:
        name, time = f"{item.ref.rpartition('-')[2]}-{ending}", time_text(self._clock())
        protected = self._protection is not None
        self._waiting.append(self._folder.add_working_copy(time, item.ref, name, data, how, redacted=protected))


class ArrivingFile:
    """A file on its way in: hashed while it is written, on disk once it is closed."""

    def __init__(self, path: Path, root: Path) -> None:
        with storing(path):
            inside.unlink(path, root, missing_ok=True)  # of a file that could not be read to its end
        self.path = path
        self._descriptor = create(path, root=root)
        self._hash = new_hash()
        self.head = b""  # What it begins with, as far as its kind is told by it.

    def write(self, data: bytes) -> None:
        """Add bytes. Raises Unwritable."""
        with storing(self.path):
            write_all(self._descriptor, data)
        self._hash.update(data)
        if len(self.head) < HEAD:
            self.head = (self.head + data)[:HEAD]

    def close(self) -> None:
        """Wait until it is on disk. Raises Unwritable."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            close_synced(descriptor, self.path)

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self._hash.size

    @property
    def sha256(self) -> str:
        """Their digest, in hexadecimal."""
        return self._hash.hexdigest()


def redacted_photo(readers: Readers, path: Path) -> SmallCopy:
    """Return a photo decoded and encoded anew, without metadata; or why it cannot be."""
    try:
        return readers.ask(_PHOTO_COPY, _EDGE, _QUALITY, files=[path], answer=SmallCopy)
    except (NotRead, OSError) as error:
        return SmallCopy(reason=str(error))


def address_of(*names: str) -> str:
    """Return the address of something that was handed in: `intake:/phone.zip/DCIM/1.jpg`."""
    return "intake:/" + "/".join(quote(os.fsencode(plain(name))) for name in names)

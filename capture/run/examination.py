"""Reading what items say about themselves, once they are safe, beside the fetching and not before it."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

from msgspec.structs import replace

from capture.recorder.reading import capture_readers
from hashing.case.events import Event, Item, ItemFacts, PostRead
from hashing.case.facts import Fact
from hashing.sandbox import NotRead, Readers
from hashing.times import Clock, time_text

if TYPE_CHECKING:
    from capture.extractors import DerivedFile, ItemReading
    from capture.recorder.stopping import Stop
    from capture.run.writer import Writer
    from hashing.case.capture_folder import CaptureFolder


class Examination:
    """Has photos examined in the sandbox, one after the other, and records what came of it.

    `readers` are those that the capture shares with others.
    """

    def __init__(
        self, folder: CaptureFolder, writer: Writer, clock: Clock, stop: Stop, readers: Readers | None = None
    ) -> None:
        self._stop = stop
        self._shares_readers = readers is not None
        self._readers = readers or capture_readers()
        self._folder = folder
        self._writer = writer
        self._clock = clock
        self._photos: queue.Queue[Item | None] = queue.Queue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._not_read = 0

    @property
    def failed(self) -> str:
        """What is not known because a reader hung or died; "" where all that could be read was."""
        return f"{self._not_read:,} photos were not examined, as their facts say" if self._not_read else ""

    def examine(self, photo: Item) -> None:
        """Queue a photo that is stored."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="examination", daemon=True)
                self._thread.start()
        self._photos.put(photo)

    def record(self, read: ItemReading) -> None:
        """Record what a source read in an item, with the text as a working copy. Raises Unwritable."""
        moment = time_text(self._clock())
        number = read.ref.rpartition("-")[2]
        events: list[Event] = [ItemFacts(time=moment, ref=read.ref, facts=read.facts)] if read.facts else []
        if read.post is not None:
            events.append(PostRead(time=moment, ref=read.ref, post=read.post))
        events += [replace(event, time=moment) for event in read.events]
        if read.text:
            data = read.text.encode("utf-8", "backslashreplace")
            how = "the page's visible text, in UTF-8"
            events.append(self._folder.add_working_copy(moment, read.ref, f"{number}-text.txt", data, how))
        if read.plain:
            how, name = "the item without its content coding", f"{number}-decoded{read.plain_suffix}"
            events.append(self._folder.add_working_copy(moment, read.ref, name, read.plain, how))
        if events:
            self._writer.record(*events)

    def keep(self, made: DerivedFile) -> None:
        """Store a file that was made of items as a working copy. Raises Unwritable, Unreadable."""
        moment = time_text(self._clock())
        self._writer.record(self._folder.add_working_file(moment, made.ref, made.name, made.file, made.how))

    def close(self) -> None:
        """Wait until every photo that was queued is examined. Flush the writer first: it queues what it stored."""
        with self._lock:
            thread = self._thread
        if thread is not None:
            self._photos.put(None)
            thread.join()
        if not self._shares_readers:
            self._readers.close()

    def _run(self) -> None:
        try:
            self._examine_all()
        except BaseException as error:  # noqa: BLE001 - whatever it is, it ends the capture
            self._stop.fail(error)

    def _examine_all(self) -> None:
        while (photo := self._photos.get()) is not None:
            if self._stop.error is not None:
                continue  # the capture is being given up
            facts = _coded(photo) or self._facts(photo)
            if facts:
                self._writer.record(ItemFacts(time=time_text(self._clock()), ref=photo.ref, facts=facts))

    def _facts(self, photo: Item) -> tuple[Fact, ...]:
        from capture.photo import photo_facts

        try:
            return photo_facts(self._readers, self._folder.path / photo.path)
        except NotRead as error:
            self._not_read += 1
            return (Fact("photo", f"could not be read: {error}", "examination"),)


def _coded(photo: Item) -> tuple[Fact, ...]:
    """Say of a photo that is stored in a content coding, as it was served, that it was not looked into."""
    if not photo.content_encoding:
        return ()
    value = f"could not be read: stored as served, in {photo.content_encoding} coding"
    return (Fact("photo", value, "Content-Encoding"),)

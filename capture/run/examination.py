"""Reading what items say about themselves, once they are safe, beside the fetching and not before it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from capture.extractors import DerivedFile, ItemReading
from capture.extractors.video.ffmpeg import GivenUp, ffmpeg_version, find_ffmpeg, take_frame
from capture.extractors.video.segments import NotJoined
from capture.recorder.reading import capture_readers
from hashing.case.events import Event, Item, ItemFacts, PostRead
from hashing.case.facts import Fact
from hashing.case.kinds import ItemKind
from hashing.files import inside
from hashing.sandbox import NotRead, Readers
from hashing.times import Clock, time_text

if TYPE_CHECKING:
    from capture.recorder.stopping import Stop
    from capture.run.writer import Writer
    from hashing.case.capture_folder import CaptureFolder


# What stands in the first eight bytes of a file that a frame can be taken of (MP4, Matroska and WebM, Ogg, FLV).
_CONTAINERS = (b"ftyp", b"\x1a\x45\xdf\xa3", b"OggS", b"FLV\x01")
FRAME = "one of the first frames of"  # How a frame says what it is; its bytes are those of this computer's ffmpeg.
_FILMS = {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".ogv", ".flv"}


class _Film(NamedTuple):
    """A video that a frame is to be taken of: of which item, the file, what it is called, and the frame's name."""

    ref: str
    path: str
    said: str
    name: str


class Examination:
    """Has photos examined in the sandbox, one after the other, and beside that frames of videos taken.

    It records what came of it. `readers` are those that the capture shares with others.
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
        self._lock = threading.Lock()
        # Photos and videos, each with a thread of its own.
        self._queues: dict[type, queue.Queue[Item | _Film | None]] = {}
        self._threads: list[threading.Thread] = []
        self._not_read = 0
        # Told of a photo that ends early, or is none, once its facts are recorded.
        self.not_whole: Callable[[Item, str], None] = lambda _item, _reason: None

    @cached_property
    def _ffmpeg(self) -> str:
        return find_ffmpeg()

    @cached_property
    def _ffmpeg_version(self) -> str:
        return ffmpeg_version(self._ffmpeg)

    @property
    def failed(self) -> str:
        """What is not known because a reader hung or died; "" where all that could be read was."""
        return f"{self._not_read:,} photos were not examined, as their facts say" if self._not_read else ""

    def examine(self, item: Item) -> None:
        """Queue a photo or a video that is stored."""
        if item.kind == ItemKind.PHOTO:
            self._add(item)
        elif self._ffmpeg and not (item.partial or item.content_encoding):
            self._add(_Film(item.ref, item.path, item.ref, f"{item.ref.rpartition('-')[2]}-frame.jpg"))

    def _add(self, wanted: Item | _Film) -> None:
        with self._lock:
            if type(wanted) not in self._queues:
                waiting = self._queues[type(wanted)] = queue.Queue()
                thread = threading.Thread(target=self._run, args=(waiting,), name="examination", daemon=True)
                self._threads.append(thread)
                thread.start()
        self._queues[type(wanted)].put(wanted)

    def record(self, read: ItemReading) -> None:
        """Record what an extractor read in an item, with the text as a working copy. Raises Unwritable."""
        moment = time_text(self._clock())
        number = read.ref.rpartition("-")[2]
        # Facts, then the post, then what was judged of both; working copies last, since they are not evidence.
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
        copy = self._folder.add_working_file(moment, made.ref, made.name, made.file, made.how)
        self._writer.record(copy)
        name = Path(made.name)
        if self._ffmpeg and name.suffix in _FILMS:
            self._add(_Film(made.ref, copy.path, f"the working copy {name}", f"{name.stem}-frame.jpg"))

    def close(self) -> None:
        """Wait until all that was queued is examined. Flush the writer first: it queues what it stored."""
        with self._lock:
            for waiting in self._queues.values():
                waiting.put(None)
        for thread in self._threads:
            thread.join()
        if not self._shares_readers:
            self._readers.close()

    def _run(self, waiting: queue.Queue[Item | _Film | None]) -> None:
        try:
            self._examine_all(waiting)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it ends the capture
            self._stop.fail(error)

    def _examine_all(self, waiting: queue.Queue[Item | _Film | None]) -> None:
        from capture.photo import not_whole

        while (wanted := waiting.get()) is not None:
            if self._stop.error is not None:
                continue  # the capture is being given up
            if isinstance(wanted, _Film):
                self._take_frame(wanted)
            elif facts := _coded(wanted) or self._facts(wanted):
                self._writer.record(ItemFacts(time=time_text(self._clock()), ref=wanted.ref, facts=facts))
                if not wanted.partial and (reason := not_whole(facts)):
                    self.not_whole(wanted, reason)

    def _take_frame(self, film: _Film) -> None:
        """Keep a frame of a video as a working copy: what is seen of it where there is no poster."""
        path = self._folder.path / film.path
        with open(inside.open_file(path, root=self._folder.root), "rb") as file:  # noqa: PTH123 - a descriptor
            # By its first bytes: ffmpeg is started for nothing that it cannot read, and never told a name or a type by
            # a server.
            head = file.read(8)
        if not any(mark in head for mark in _CONTAINERS):
            return
        picture = self._folder.scratch / film.name
        moment = time_text(self._clock())
        try:
            take_frame(self._ffmpeg, path, picture, self._demand_time)
        except NotJoined as error:
            fact = Fact("frame", f"none was taken to be looked at: {error}", "ffmpeg")
            self._writer.record(ItemFacts(time=moment, ref=film.ref, facts=(fact,)))
            return
        how = f"{FRAME} {film.said}, to be looked at, by {self._ffmpeg_version}"
        self._writer.record(self._folder.add_working_file(moment, film.ref, film.name, picture, how))

    def _demand_time(self, _seconds: float) -> None:
        """Give a frame up once the capture is stopped. Raises GivenUp."""
        if self._stop.reason:
            raise GivenUp(self._stop.reason)

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

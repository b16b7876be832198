"""Fetching the segments of a stream, each an item of its own, and joining them to a file that plays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from capture.extractors.video.playlist import Key, Segment
from capture.recorder.urls import lent_to
from capture.request.extractor import Answer, Fetch, FetchRequest, StoredItem
from hashing.case.kinds import ItemKind
from hashing.files import inside
from hashing.files.storage import read_small

_PIECE = 1 << 20
# AES-128 in CBC with PKCS7 padding (RFC 8216, section 5.2).
_BLOCK_BITS = 128
_KEY_BYTES = 16
_OF_ITS_HOST = frozenset({"cookie", "authorization"})


@dataclass(frozen=True, slots=True)
class FetchedSegment:
    """A segment that is stored: `length` bytes of the item's body from `start` on, or all of it where that is 0."""

    segment: Segment
    stored: StoredItem
    start: int = 0
    length: int = 0


@dataclass(slots=True)
class SegmentFetch:
    """Fetches segments of one stream, side by side, each once: a live stream may use a name again for another one."""

    fetch: Fetch
    found_in: str
    url: str  # The stream's own, whose host alone gets its credentials.
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: ItemKind = ItemKind.SEGMENT
    pieces: list[FetchedSegment] = field(default_factory=list)  # What was got, in order.
    missing: int = 0
    gaps: int = 0  # Segments at whose place the playlist says that there is nothing: not asked for.
    keys: dict[str, bytes] = field(default_factory=dict)
    key_refs: list[str] = field(default_factory=list)
    _got: dict[Segment, StoredItem | None] = field(default_factory=dict)
    _whole: dict[str, StoredItem] = field(default_factory=dict)  # Files that came whole although a range was asked for.

    def fetch_segments(self, segments: Sequence[Segment]) -> None:
        """Fetch segments but gaps. What fails is recorded by the recorder, with its reason."""
        self.gaps += sum(segment.gap for segment in segments)
        segments = [segment for segment in segments if not segment.gap]
        # 1. Keys first: they are small, and often bound to a session that ends.
        self._fetch_keys(segments)
        # 2. Each segment once. A live playlist names most of them again.
        new = [segment for segment in dict.fromkeys(segments) if segment not in self._got]
        if new and new[0].length:
            # Whether the server knows ranges, the first answer shows: a file is not fetched whole once a range.
            self._note(new[0], self.fetch.get(self._found(new[0])))
        asked = [segment for segment in new if segment.url not in self._whole and segment not in self._got]
        for segment, (_, answer) in zip(asked, self.fetch.get_all(map(self._found, asked)), strict=True):
            self._note(segment, answer)
        # 3. In the playlist's order, with those that failed counted, for whoever joins them.
        for segment in segments:
            stored, start, length = self._place_of(segment)
            if stored is None:
                self.missing += 1
            else:
                self.pieces.append(FetchedSegment(segment, stored, start, length))

    def get(self, url: str, kind: ItemKind) -> Answer:
        """Fetch something else that belongs to the stream, such as its playlist."""
        return self.fetch.get(FetchRequest(url=url, kind=kind, found_in=self.found_in, headers=self._headers(url)))

    def _fetch_keys(self, segments: Sequence[Segment]) -> None:
        for key in dict.fromkeys(segment.key for segment in segments):
            if key is None or key.method != "AES-128" or key.url in self.keys:
                continue
            stored = self.get(key.url, ItemKind.DATA).stored
            data = read_small(stored.body) if stored is not None and stored.item.size == _KEY_BYTES else b""
            self.keys[key.url] = data
            if stored is not None:
                self.key_refs.append(stored.item.ref)

    def _found(self, segment: Segment) -> FetchRequest:
        headers = dict(self._headers(segment.url))
        if segment.length:
            headers["Range"] = f"bytes={segment.start}-{segment.start + segment.length - 1}"
        return FetchRequest(url=segment.url, kind=self.kind, found_in=self.found_in, headers=headers)

    def _headers(self, url: str) -> Mapping[str, str]:
        if _host(url) == _host(self.url):
            return self.headers
        return {name: value for name, value in self.headers.items() if name.lower() not in _OF_ITS_HOST}

    def _note(self, segment: Segment, answer: Answer) -> None:
        stored = answer.stored if not answer.reason else None
        if stored is not None and segment.length and answer.status == 200:  # noqa: PLR2004 - OK, and no Partial Content
            self._whole[segment.url] = stored
        else:
            self._got[segment] = stored

    def _place_of(self, segment: Segment) -> tuple[StoredItem | None, int, int]:
        """Return the item that holds a segment, and the part of it that the segment is."""
        if (whole := self._whole.get(segment.url)) is not None:
            return whole, segment.start, segment.length
        return self._got.get(segment), 0, 0


class NotJoined(Exception):
    """The segments are there, and a file that plays cannot be made of them; the message says why."""


def join(
    pieces: Sequence[FetchedSegment], keys: Mapping[str, bytes], file: Path, pause: Callable[[float], None]
) -> None:
    """Write segments one after the other, decrypted.

    Raises NotJoined, and what `pause` raises where the capture is stopped.
    """
    try:
        # `x`: never over a file that is there already, a link among them.
        with file.open("xb") as out:
            for piece in pieces:
                pause(0)
                for data in _plain(piece, keys):
                    out.write(data)
    except (OSError, NotJoined) as error:
        # A file that breaks off without saying so would pass for the whole video.
        file.unlink(missing_ok=True)
        if isinstance(error, NotJoined):
            raise
        raise NotJoined(f"the joined file cannot be written ({(error.strerror or str(error)).lower()})") from error


def _plain(piece: FetchedSegment, keys: Mapping[str, bytes]) -> Iterator[bytes]:
    """Yield the bytes of a segment, its encryption undone. Raises NotJoined."""
    key = piece.segment.key
    # Asked before the key: compressed bytes are not what was encrypted or cut.
    if piece.stored.item.content_encoding:
        raise NotJoined(f"{piece.stored.item.ref} is stored as served, in {piece.stored.item.content_encoding} coding")
    if key is None:
        yield from _bytes(piece)
    elif key.method != "AES-128":
        raise NotJoined(f"it is encrypted by {key.method[:100]}, which goldenhour does not undo")
    elif not keys.get(key.url):
        raise NotJoined("it is encrypted, and its key was not to be had")
    else:
        yield from _decrypted(piece, keys[key.url], key)


def _decrypted(piece: FetchedSegment, secret: bytes, key: Key) -> Iterator[bytes]:
    """Undo AES-128 in CBC mode with PKCS #7 padding (RFC 8216, section 4.3.2.4)."""
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC
    from cryptography.hazmat.primitives.padding import PKCS7

    # Without an IV the segment's number in the list is it, big-endian (RFC 8216, section 5.2).
    iv = key.iv or max(piece.segment.number, 0).to_bytes(16, "big")
    undo, unpad = Cipher(AES(secret), CBC(iv)).decryptor(), PKCS7(_BLOCK_BITS).unpadder()
    try:
        for data in _bytes(piece):
            yield unpad.update(undo.update(data))
        yield unpad.update(undo.finalize()) + unpad.finalize()
    except ValueError as error:
        raise NotJoined(f"{piece.stored.item.ref} cannot be decrypted with the key that was served") from error


def _bytes(piece: FetchedSegment) -> Iterator[bytes]:
    left = piece.length or piece.stored.item.size
    with inside.opened(piece.stored.body) as file:
        file.seek(piece.start)
        while left and (data := file.read(min(_PIECE, left))):
            left -= len(data)
            yield data


def _host(url: str) -> str:
    try:
        return lent_to(url)
    except ValueError:
        return ""

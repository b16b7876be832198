"""Media playlists of HTTP Live Streaming (RFC 8216): which segments there are, and how they are encrypted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import BinaryIO
from urllib.parse import parse_qsl, urljoin, urlsplit

import msgspec

from capture.extractors.video.playlist import Key, MediaPlaylist, NoPlaylist, PlaylistRead, Segment
from capture.recorder.decoding import NotDecoded, decoded_body

_MOST_SEGMENTS = 100_000
# RFC 8216, section 4.2: attribute lists; a quoted string holds no quotation mark, and commas part what is not quoted.
_ATTRIBUTE = re.compile(r'([A-Z0-9-]{1,40})=("[^"]*"|[^",]*)')
_NUMBER = re.compile(r"\d{1,15}")
_SECONDS = re.compile(r"\d{1,6}(?:\.\d{1,6})?")
# An AES-128 key's IV has 128 bits.
_HEX = re.compile(r"0[xX]([0-9A-Fa-f]{1,32})")
_BEGINNING = "#EXTM3U"
_PLAIN = "identity"  # The format of a key that is the key itself.
_DEFINE = "#EXT-X-DEFINE:"
# EXT-X-DEFINE (draft-pantos-hls-rfc8216bis, section 4.3): `{$name}` in addresses and attributes.
_VARIABLE = re.compile(r"\{\$([A-Za-z0-9_-]{1,100})\}")
_MOST_VARIABLES = 1000
_LONGEST_LINE = 1 << 16
_LARGEST_LIST = 16 << 20


def playlist_in(file: BinaryIO, coding: str, url: str, imported: bytes) -> PlaylistRead:
    """Read a stored media playlist that was served from `url`; `imported` is JSON. Runs in the sandbox."""
    try:
        text = decoded_body(file, coding).decode("utf-8", "replace")
        return PlaylistRead(playlist=read_playlist(text, url, msgspec.json.decode(imported, type=dict[str, str])))
    except (NotDecoded, NoPlaylist) as error:
        return PlaylistRead(problem=str(error).encode("utf-8", "replace").decode())


def read_playlist(text: str, url: str, imported: Mapping[str, str] = {}) -> MediaPlaylist:
    """Read a media playlist that was served from `url`; `imported` is what the list that names it defines.

    Raises NoPlaylist.
    """
    lines = [line.strip() for line in text.removeprefix("\ufeff").splitlines()]
    if not lines or not lines[0].startswith(_BEGINNING):
        raise NoPlaylist(f"{url}: not a playlist")
    if any(line.startswith("#EXT-X-STREAM-INF") for line in lines):
        raise NoPlaylist(f"{url}: a list of playlists, and none of segments")
    return _PlaylistReading(url, imported).read(lines)


def defined_in(text: str, url: str) -> tuple[str, dict[str, str]]:
    """Return a list of playlists with the values of its variables put in, and the variables. Raises NoPlaylist."""
    reading, lines, room = _PlaylistReading(url, {}), list[str](), _LARGEST_LIST
    for written in text.splitlines():
        lines.append(reading.put_in(written))
        if (room := room - len(lines[-1])) < 0:
            raise NoPlaylist(f"{url}: more than {_LARGEST_LIST >> 20} MiB with its variables put in")
    return "\n".join(lines), reading.variables


class _PlaylistReading:
    """The state that tags set for the segments after them."""

    def __init__(self, url: str, imported: Mapping[str, str]) -> None:
        self._url = url
        self._imported = imported
        self.variables: dict[str, str] = {}
        self._segments: list[Segment] = []
        # By the format of their key: one segment may be opened by several systems, each with a key of its own.
        self._keys: dict[str, Key] = {}
        self._gap = self._announced = False  # Whether the next segment is a gap, and whether there is to be one.
        self._range = (0, 0)
        self._next_start: dict[str, int] = {}
        self._number = 0
        self._target = 10.0
        self._ended = False
        self._left_out = 0

    def read(self, lines: list[str]) -> MediaPlaylist:
        for written in lines:
            line = self.put_in(written)
            if line and not line.startswith("#"):
                self._add_segment(Segment(self._absolute(line), number=self._number, gap=self._gap))
                self._number += 1
                self._gap = self._announced = False
            else:
                self._tag(*line.partition(":")[::2])
        return MediaPlaylist(tuple(self._segments), self._ended, self._target, self._left_out, cut=self._announced)

    def put_in(self, written: str) -> str:
        """Return a line with values in the place of variables; "" for one that defines some. Raises NoPlaylist."""
        if written.startswith(_DEFINE):
            self._define(_attributes(written.removeprefix(_DEFINE)))
            return ""
        return self._filled_in(written)

    def _filled_in(self, written: str) -> str:
        line = _VARIABLE.sub(self._value_of, written)
        if len(line) > _LONGEST_LINE:
            raise NoPlaylist(f"{self._url}: a line of more than {_LONGEST_LINE:,} characters")
        return line

    def _define(self, attributes: dict[str, str]) -> None:
        """Take a variable (RFC 8216bis, section 4.4.2.3): its value, or what the query says, or the list that names it.

        Raises NoPlaylist where its value stands elsewhere.
        """
        name = attributes.get("IMPORT", "")
        # IMPORT unless one of the other two stands there: the draft allows exactly one of the three.
        value = self._imported.get(name)
        if "NAME" in attributes:
            name, value = attributes["NAME"], self._filled_in(attributes.get("VALUE", ""))
        elif "QUERYPARAM" in attributes:
            name = attributes["QUERYPARAM"]
            value = dict(parse_qsl(urlsplit(self._url).query, keep_blank_values=True)).get(name)
        if value is None:
            raise NoPlaylist(f"{self._url}: the value of its variable {name[:100]!r} stands elsewhere")
        if len(self.variables) < _MOST_VARIABLES:
            self.variables[name] = value

    def _value_of(self, match: re.Match[str]) -> str:
        value = self.variables.get(match[1])
        if value is None:
            raise NoPlaylist(f"{self._url}: it uses the variable {match[1]!r} and does not define it")
        return value

    def _tag(self, name: str, value: str) -> None:
        # Tags of RFC 8216, section 4.3, that change which bytes a segment is; all others say how to play it. A byte
        # range, a key and a map hold for the segments behind them. GAP and SKIP are of its second edition (8216bis).
        match name:
            case "#EXT-X-TARGETDURATION":
                self._target = _seconds(value, self._target)
            case "#EXT-X-MEDIA-SEQUENCE":
                self._number = _number(value)
            case "#EXT-X-BYTERANGE":
                self._range = self._bytes(value, unsaid=-1)
            case "#EXTINF":
                self._announced = True
            case "#EXT-X-GAP":
                self._gap = True
            case "#EXT-X-SKIP":
                self._number += _number(_attributes(value).get("SKIPPED-SEGMENTS", ""))
            case "#EXT-X-KEY":
                self._set_key(_attributes(value))
            case "#EXT-X-MAP":
                self._map(_attributes(value))
            case "#EXT-X-ENDLIST" | "#EXT-X-PLAYLIST-TYPE":
                self._ended |= name == "#EXT-X-ENDLIST" or value.strip() == "VOD"

    def _add_segment(self, segment: Segment) -> None:
        """Add a segment, at its place in the file that it is a part of."""
        start, length = self._range
        self._range = (0, 0)
        if length:
            start = self._next_start.get(segment.url, 0) if start < 0 else start
            self._next_start[segment.url] = start + length
            segment = replace(segment, start=start, length=length)
        self._keep(replace(segment, key=self._key))

    @property
    def _key(self) -> Key | None:
        """The key that needs no system of rights management where there is one, else the one told first."""
        return self._keys.get(_PLAIN, next(iter(self._keys.values()), None))

    def _keep(self, segment: Segment) -> None:
        if len(self._segments) < _MOST_SEGMENTS:
            self._segments.append(segment)
        else:
            self._left_out += 1

    def _map(self, attributes: dict[str, str]) -> None:
        start, length = self._bytes(attributes.get("BYTERANGE", ""), unsaid=0)
        self._keep(Segment(self._absolute(attributes.get("URI", "")), start, length, key=self._key))

    def _set_key(self, attributes: dict[str, str]) -> None:
        """Take a key: it replaces that of the same format alone (RFC 8216, section 4.3.2.4)."""
        method, form = attributes.get("METHOD", "NONE"), attributes.get("KEYFORMAT", _PLAIN)
        if method == "NONE":
            self._keys.clear()
            return
        iv = _HEX.fullmatch(attributes.get("IV", ""))
        self._keys[form] = Key(
            method if form == _PLAIN else f"{method} ({form})",
            self._absolute(attributes.get("URI", "")),
            # Of 128 bits, filled from the left where a list leaves the zeros away; none means the segment's number.
            bytes.fromhex(iv[1].zfill(32)) if iv else b"",
        )

    def _bytes(self, value: str, *, unsaid: int) -> tuple[int, int]:
        """Return start and length of a byte range; a start that is not said is `unsaid`."""
        length, _, start = value.strip().partition("@")
        return (_number(start) if start else unsaid, _number(length))

    def _absolute(self, address: str) -> str:
        try:
            return urljoin(self._url, address)
        except ValueError:
            return address  # the recorder says what is wrong with it


def _attributes(value: str) -> dict[str, str]:
    return {name: written.strip('"') for name, written in _ATTRIBUTE.findall(value)}


def _number(value: str) -> int:
    match = _NUMBER.match(value.strip())
    return int(match[0]) if match else 0


def _seconds(value: str, otherwise: float) -> float:
    match = _SECONDS.match(value.strip())
    return float(match[0]) if match else otherwise

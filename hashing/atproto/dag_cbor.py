"""DAG-CBOR, the one way in which the AT Protocol writes what it hashes and signs.

https://ipld.io/specs/codecs/dag-cbor/spec/

Reading is strict: every value has exactly one form, so that what is read and written again gives the same bytes, and a
signature over a part of a block can be checked from what was read. A link and a byte string stay apart (libraries that
hand both on as bytes cannot tell a signature from a link).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import TypeAlias

from hashing.atproto.cid import Cid
from hashing.atproto.errors import Malformed

# What a block can hold. Integers have 64 bits and a sign; a link is a Cid.
Value: TypeAlias = "bool | int | float | str | bytes | Cid | list[Value] | dict[str, Value] | None"

LARGEST_BLOCK = 2 << 20  # Bytes; servers accept records of 1 MB.
DEEPEST = 64  # Lists and maps within each other; a post has six or so.

# Major types, in the upper three bits of the first byte (RFC 8949 section 3.1); 7 holds the simple values and floats.
_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _LIST, _MAP, _TAG = range(7)
# Major type 7; of its values DAG-CBOR allows false, true, null and the float of 64 bits.
_OTHERS = 0xE0
_FALSE, _TRUE, _NULL, _FLOAT = 0xF4, 0xF5, 0xF6, 0xFB
# The one tag of DAG-CBOR: a byte string with a CID behind a zero byte.
_LINK = 42
_IN_HEAD = 24  # Arguments below it stand in the first byte; 24 to 27 announce one, two, four or eight bytes.
_LEAST = (24, 1 << 8, 1 << 16, 1 << 32)  # The least argument that may take one, two, four or eight bytes.
_ARGUMENT_END = 1 << 64


class TooDeep(Malformed):
    """A block holds lists and maps nested deeper than DEEPEST."""


def decode(data: bytes) -> Value:
    """Read one block.

    Raises Malformed for whatever is not its one canonical form: integers or lengths that are longer than need be,
    lengths left open, map keys that are not text, out of order or there twice, tags other than links, numbers that are
    not finite, text that is not UTF-8, trailing bytes; and for blocks over LARGEST_BLOCK. Raises TooDeep, which is such
    an error as well, for those nested deeper than DEEPEST.
    """
    if len(data) > LARGEST_BLOCK:
        raise Malformed(f"a block of {len(data)} bytes is larger than {LARGEST_BLOCK}")
    value, end = _read(data, 0, 0)
    if end != len(data):
        raise Malformed(f"{len(data) - end} bytes too many at the end of a block")
    return value


def encode(value: Value) -> bytes:
    """Write a block in its canonical form.

    Raises Malformed for what it cannot carry: integers over 64 bits, numbers that are not finite, unpaired surrogates,
    and lists and maps nested deeper than DEEPEST.
    """
    out = bytearray()
    _write(value, out, 0)
    return bytes(out)


def without_deep_parts(data: bytes, deepest: int) -> bytes:
    """Return a block with null in the place of every list and map that is nested deeper than `deepest`.

    Without recursion, each byte read once; what is left out is not judged. Raises Malformed where the block ends early,
    has a length left open or is larger than LARGEST_BLOCK.
    """
    if len(data) > LARGEST_BLOCK:
        raise Malformed(f"a block of {len(data)} bytes is larger than {LARGEST_BLOCK}")
    kept, at = bytearray(), 0
    open_ = [1]  # how many values are still to come in each list or map that is open; the block is a list of one
    left_out = 0  # how many were open where a part began that is left out; 0 outside of such a part
    while open_:
        # 1. A list or map is at its end; if it was where the left-out part began, what follows is kept again.
        if not open_[-1]:
            open_.pop()
            left_out = 0 if len(open_) == left_out else left_out
            continue
        if at >= len(data):
            raise Malformed("a block ends too early")
        # 2. One value, or as much of it as comes before its members. A tag counts as none: the value that it marks
        # follows.
        open_[-1] -= 1
        start, major = at, data[at] >> 5
        if major == _OTHERS >> 5:
            at += 9 if data[at] == _FLOAT else 1
        else:
            argument, at = _read_argument(data, at)
            at += len(_bytes_at(data, at, argument)) if major in (_BYTES, _TEXT) else 0
            open_[-1] += major == _TAG
        # 3. Members follow: as many as stated, and twice as many for a map. A stated number costs no memory here,
        # however large.
        if major in (_LIST, _MAP):
            if not left_out and len(open_) > deepest:
                left_out = len(open_)
                kept.append(_NULL)
            open_.append(argument << (major == _MAP))
            if left_out:
                continue
        if not left_out:
            kept += data[start:at]
    return bytes(kept + data[at:])


def _read(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    if at >= len(data):
        raise Malformed("a block ends too early")
    first = data[at]
    if first >= _OTHERS:
        return _read_other(data, at)
    argument, at = _read_argument(data, at)
    return _READERS[first >> 5](data, at, argument, depth)


def _read_argument(data: bytes, at: int) -> tuple[int, int]:
    size = (data[at] & 0x1F) - _IN_HEAD
    at += 1
    if size < 0:
        return size + _IN_HEAD, at
    if size >= len(_LEAST):
        raise Malformed(f"a length left open at byte {at} of a block")
    argument, at = int.from_bytes(_bytes_at(data, at, 1 << size)), at + (1 << size)
    # The shortest form only; and no lengths left open (RFC 8949, section 3.2.1), which have many forms.
    if argument < _LEAST[size]:
        raise Malformed(f"a number at byte {at} of a block is longer than it need be")
    return argument, at


def _bytes_at(data: bytes, at: int, size: int) -> bytes:
    if size > len(data) - at:
        raise Malformed("a block ends too early")
    return data[at : at + size]


def _read_unsigned(_data: bytes, at: int, argument: int, _depth: int) -> tuple[Value, int]:
    return argument, at


def _read_negative(_data: bytes, at: int, argument: int, _depth: int) -> tuple[Value, int]:
    return -1 - argument, at


def _read_bytes(data: bytes, at: int, argument: int, _depth: int) -> tuple[Value, int]:
    return _bytes_at(data, at, argument), at + argument


def _read_text(data: bytes, at: int, argument: int, _depth: int) -> tuple[str, int]:
    try:
        return _bytes_at(data, at, argument).decode(), at + argument
    except UnicodeDecodeError as error:
        raise Malformed(f"a text at byte {at} of a block is not UTF-8") from error


def _read_list(data: bytes, at: int, argument: int, depth: int) -> tuple[Value, int]:
    _check_depth(depth)
    items: list[Value] = []
    for _ in range(argument):
        item, at = _read(data, at, depth + 1)
        items.append(item)
    return items, at


def _read_map(data: bytes, at: int, argument: int, depth: int) -> tuple[Value, int]:
    _check_depth(depth)
    fields: dict[str, Value] = {}
    last = (-1, b"")
    for _ in range(argument):
        if at >= len(data) or data[at] >> 5 != _TEXT:
            raise Malformed(f"a map key at byte {at} of a block is not text")
        size, start = _read_argument(data, at)
        key, at = _read_text(data, start, size, depth)
        # DAG-CBOR orders keys by length and then by bytes (RFC 7049 section 3.9), so one comparison finds both disorder
        # and doubles.
        order = (size, data[start:at])
        if order <= last:
            raise Malformed(f"a map key before byte {at} of a block is out of order, or there twice")
        last = order
        fields[key], at = _read(data, at, depth + 1)
    return fields, at


def _read_link(data: bytes, at: int, argument: int, depth: int) -> tuple[Value, int]:
    if argument != _LINK:
        raise Malformed(f"a tag at byte {at} of a block that is not a link")
    if at >= len(data) or data[at] >> 5 != _BYTES:
        raise Malformed(f"a link at byte {at} of a block holds no bytes")
    value, at = _read(data, at, depth)
    if not isinstance(value, bytes) or not value.startswith(b"\0"):
        raise Malformed(f"a link before byte {at} of a block is not a CID in binary")
    return Cid(value[1:]), at


_READERS: tuple[Callable[[bytes, int, int, int], tuple[Value, int]], ...] = (
    _read_unsigned,
    _read_negative,
    _read_bytes,
    _read_text,
    _read_list,
    _read_map,
    _read_link,
)


def _read_other(data: bytes, at: int) -> tuple[Value, int]:
    first, at = data[at], at + 1
    if first in (_FALSE, _TRUE):
        return first == _TRUE, at
    if first == _NULL:
        return None, at
    if first != _FLOAT:
        raise Malformed(f"byte {at - 1} of a block starts no value that DAG-CBOR knows")
    (number,) = struct.unpack(">d", _bytes_at(data, at, 8))
    if not math.isfinite(number):
        raise Malformed(f"a number at byte {at} of a block is not finite")
    return float(number), at + 8


def _check_depth(depth: int) -> None:
    if depth >= DEEPEST:
        raise TooDeep(f"lists and maps nested deeper than {DEEPEST}")


def _write(value: Value, out: bytearray, depth: int) -> None:
    # bool before int: in Python True is an int.
    match value:
        case None:
            out.append(_NULL)
        case bool():
            out.append(_TRUE if value else _FALSE)
        case int():
            # -1 - n is what is written of a negative number (RFC 8949, section 3.1).
            _write_head(out, _NEGATIVE if value < 0 else _UNSIGNED, -1 - value if value < 0 else value)
        case float():
            if not math.isfinite(value):
                raise Malformed("a number that is not finite cannot be written")
            out.append(_FLOAT)
            out += struct.pack(">d", value)
        case Cid():
            _write_head(out, _TAG, _LINK)
            # The zero is the prefix of multibase "identity", which DAG-CBOR demands before a binary CID.
            _write(b"\0" + value.raw, out, depth)
        case bytes():
            _write_head(out, _BYTES, len(value))
            out += value
        case str():
            text = _utf8(value)
            _write_head(out, _TEXT, len(text))
            out += text
        case _:
            _check_depth(depth)
            _write_members(value, out, depth + 1)


def _write_members(value: list[Value] | dict[str, Value], out: bytearray, depth: int) -> None:
    if isinstance(value, list):
        _write_head(out, _LIST, len(value))
        for item in value:
            _write(item, out, depth)
        return
    _write_head(out, _MAP, len(value))
    for key, field in sorted(
        ((_utf8(key), field) for key, field in value.items()), key=lambda pair: (len(pair[0]), pair[0])
    ):
        _write_head(out, _TEXT, len(key))
        out += key
        _write(field, out, depth)


def _write_head(out: bytearray, major: int, argument: int) -> None:
    if argument >= _ARGUMENT_END:
        raise Malformed("an integer of more than 64 bits cannot be written")
    if argument < _IN_HEAD:
        out.append(major << 5 | argument)
        return
    size = sum(argument >= least for least in _LEAST) - 1
    out.append(major << 5 | _IN_HEAD + size)
    out += argument.to_bytes(1 << size)


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise Malformed("a text with an unpaired surrogate cannot be written") from error

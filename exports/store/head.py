"""The head of what is in a store: the list of its files, which is put there last and names a whole state.

    PREFIX/sha256/<SHA-256>                               a file's bytes
    PREFIX/heads/<lines>-<time>-<SHA-256 of the head>     JSON Lines: what it is, then a line a file

A head is not signed. What it lists is compared with the case's or the bundle's own sealed records, or verified when it
has been pulled: a head that leaves something out, adds or changes it is found out by these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec

from exports.errors import NotCheckable
from exports.format.bag import is_portable
from exports.format.tree import demand_inside

FORMAT = "goldenhour-store/1"
HEADS, BODIES, PROBES = "heads", "sha256", "probe"
LARGEST_HEAD = 256 << 20  # Bytes, of some million files.
_KEY = re.compile(r"(\d{12})-(\d{8}T\d{6}Z)-([0-9a-f]{64})")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LARGEST_FILE = 1 << 45
_DEEPEST, _LONGEST = 100, 255  # Folders below one another, and bytes of a name, that every system has.


class HeadInfo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first line of a head: what was pushed, in which state, when."""

    format: str
    what: Annotated[str, msgspec.Meta(pattern=r"\A(case|bundle|bundle \(zip\))\Z")]
    name: Annotated[str, msgspec.Meta(max_length=1_000)]
    id: str
    lines: int
    files: int
    bytes: Annotated[int, msgspec.Meta(ge=0, le=1 << 62)]
    pushed: str
    tool: str


class HeadFile(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A further line: a file, and the version of its object that was checked when it was pushed."""

    path: str
    size: int
    sha256: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class StoreHead:
    """A head as it was read."""

    name: str  # The last part of its key.
    info: HeadInfo
    files: tuple[HeadFile, ...]
    hidden: bool = False  # Whether a delete marker or another version hides it.


def encode_head(info: HeadInfo, files: Sequence[HeadFile]) -> bytes:
    """Return the bytes of a head."""
    encoder = msgspec.json.Encoder()
    return b"".join(encoder.encode(line) + b"\n" for line in (info, *files))


def head_name(info: HeadInfo, sha256: str) -> str:
    """Return the last part of a head's key; the newest state has the last name in their order."""
    time = re.sub(r"[-:]|\.\d+", "", info.pushed)
    return f"{info.lines:012d}-{time}-{sha256}"


def head_sha256(name: str) -> str:
    """Return the SHA-256 that a head's name says it has; "" for a name that goldenhour does not give."""
    found = _KEY.fullmatch(name)
    return found[3] if found else ""


def decode_info(data: bytes, where: str) -> HeadInfo:
    """Read the first line of a head. Raises NotCheckable."""
    try:
        info = msgspec.json.decode(data.partition(b"\n")[0], type=HeadInfo)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotCheckable(f"{where}: not the head of anything that goldenhour pushed: {error}") from error
    if info.format != FORMAT:
        raise NotCheckable(f"{where}: form {info.format[:40]!r}, which this goldenhour does not know")
    return info


def decode_head(name: str, data: bytes, where: str) -> StoreHead:
    """Read a head. Raises NotCheckable, also for paths that lead out of a folder, and for two files of one name."""
    info = decode_info(data, where)
    decoder = msgspec.json.Decoder(HeadFile)
    try:
        files = tuple(decoder.decode(line) for line in data.splitlines()[1:])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotCheckable(f"{where}: a line that lists no file: {error}") from error
    for file in files:
        demand_inside(file.path)
        fair = _SHA256.fullmatch(file.sha256) and 0 <= file.size <= _LARGEST_FILE and len(file.version) <= 1 << 10
        parts = file.path.split("/")
        fair = fair and len(parts) <= _DEEPEST and max(len(part.encode()) for part in parts) <= _LONGEST
        if not fair or not is_portable(file.path):
            raise NotCheckable(f"{where}: lists what goldenhour never pushes: {file.path[:200]!r}")
    paths = {file.path for file in files}
    if info.what == "case" and "ledger.jsonl" not in paths:
        raise NotCheckable(f"{where}: lists no ledger of a case")
    if folder := next((path for path in paths for each in _above(path) if each in paths), ""):
        raise NotCheckable(f"{where}: lists a file as a folder: {folder[:200]!r}")
    if len(paths) != len(files) or len(files) != info.files or sum(file.size for file in files) != info.bytes:
        raise NotCheckable(f"{where}: does not list what its first line says")
    return StoreHead(name, info, files)


def _above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path

"""CDXJ: an index of WARC files, a line for each capture of an address: its key, its time, and where the record stands.

As WACZ 1.1.1 (section 5.2) and the tools that read it have it: `com,example)/ 20261124101502 {"url": …}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import quote, urlsplit

import msgspec

from hashing.errors import BadFormat

# Bytes; addresses of many thousand characters exist, and a longer line is told as broken.
LONGEST_LINE = 1 << 16
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?Z", re.ASCII)
_CDX_TIME = re.compile(r"[0-9]{14}", re.ASCII)
# Heritrix strips it ("www1.", too), and an index of ours must be found by the same key.
_WWW = re.compile(r"www[0-9]*\.")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SAFE = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


class CdxjPlace(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What a line says of a record. Numbers are strings, as other tools write them; `length` is of the gzip member."""

    url: str
    mime: str = ""
    status: str = ""
    digest: str = ""  # Of the payload, as `sha256:<hex>`.
    length: str | int
    offset: str | int
    filename: str
    method: str = ""  # How it was asked for, where that was not by GET.
    asked: str = msgspec.field(name="requestBody", default="")  # What was sent along, as a query.


class CdxjEntry(msgspec.Struct, frozen=True, gc=False):
    """A line of an index; `time` has 14 digits."""

    key: str
    time: str
    place: CdxjPlace


def cdx_time(date: str) -> str:
    """Return a WARC-Date as 14 digits; "" where it is none."""
    match = _DATE.fullmatch(date)
    return "".join(match.groups()) if match else ""


def encode_entry(time: str, place: CdxjPlace) -> bytes:
    """Write a line of an index, with its newline."""
    asked = f"{'&' if '?' in place.url else '?'}__wb_method={place.method}&{place.asked}" if place.method else ""
    return f"{surt(place.url + asked)} {time} ".encode() + msgspec.json.encode(place) + b"\n"


def read_entries(file: BinaryIO) -> Iterator[CdxjEntry]:
    """Yield every line of an index. Raises BadFormat at the first that is none, or that is out of order."""
    before = b""
    for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), 1):
        if line < before:
            raise BadFormat(f"line {number} is out of order")
        before = line
        yield _entry(line, number)


def _entry(line: bytes, number: int) -> CdxjEntry:
    key, _, rest = line.partition(b" ")
    time, _, said = rest.partition(b" ")
    try:
        found = CdxjEntry(key.decode(), time.decode(), msgspec.json.decode(said, type=CdxjPlace))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadFormat(f"line {number} is not a line of an index: {error}") from error
    if not _CDX_TIME.fullmatch(found.time) or not (is_count(found.place.offset) and is_count(found.place.length)):
        raise BadFormat(f"line {number} is not a line of an index: no time, offset or length")
    return found


def is_count(value: str | int) -> bool:
    """Say whether a value is a number of bytes."""
    text = str(value)
    return text.isascii() and text.isdigit() and len(text) < 19  # noqa: PLR2004 - of 64 bits


def surt(url: str) -> str:
    """Return the key by which an index sorts an address: `com,example)/path?query`. What is no web address is its own.

    The host is turned round, so that what belongs to one domain stands together, an IPv4 address too; letter case,
    `www.`, a default port, the order of the query and a slash at the end do not count (as in Heritrix, pywb and
    ReplayWeb.page).
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return _unbroken(url)
    if parts.scheme not in _DEFAULT_PORTS or not host:
        return _unbroken(url)
    host = _WWW.sub("", host.rstrip("."), count=1) if _WWW.match(host) else host.rstrip(".")
    turned = host if ":" in host else ",".join(reversed(host.split(".")))
    shown_port = f":{port}" if port is not None and port != _DEFAULT_PORTS[parts.scheme] else ""
    path = parts.path.lower() or "/"
    if len(path) > 1:
        path = path.removesuffix("/")
    query = "&".join(sorted(parts.query.lower().split("&"), key=lambda part: part.split("=", 1)))
    return _unbroken(f"{turned}{shown_port}){path}" + (f"?{query}" if query else ""))


def _unbroken(text: str) -> str:
    return quote(text, safe=_SAFE, errors="surrogatepass")

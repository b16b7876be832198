"""pywb, the player of the Wayback Machine's kind, as a program that the user has installed beside us.

https://github.com/webrecorder/pywb is under the GPL: it is called as it is, and no part of goldenhour.
"""

from __future__ import annotations

import gzip
import re
import secrets
import shutil
import socket
import subprocess
import time
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote
from urllib.request import ProxyHandler, build_opener

import msgspec

from exports.errors import ExportError
from exports.format.cdxj import cdx_time
from exports.replay.kept_program import KeptProgram
from hashing.files.run_folder import RunFolder

PROGRAM = "wayback"
_VERSION = re.compile(r"pywb [0-9][0-9a-z.]{0,40}")
_WARC = re.compile(r"archive/[^/]+\.warc(\.gz)?")
_INDEX = re.compile(r"indexes/[^/]+\.cdxj?(\.gz)?")
_PAGES = "pages/pages.jsonl"
_START = 60.0
_LONGEST = 1 << 16  # Bytes of a line in a list of pages or an index that are looked at; the text of a page is in it.
# Anyone on this computer can ask pywb for the names of its collections, and the name is what keeps others out.
_SILENT = ("index.html", "collinfo.json")


class _Page(msgspec.Struct, frozen=True):
    url: str = ""
    ts: str = ""


class _Place(msgspec.Struct, frozen=True, gc=False):
    filename: str = ""
    offset: str | int = ""


@dataclass(frozen=True, slots=True)
class Pywb:
    """pywb's programs."""

    program: Path
    version: str

    def serve(self, archive: Path, *, name: str, url: str = "") -> PywbServer:  # noqa: ARG002 - as the other player
        """Return what shows an archive."""
        return PywbServer(self.program, archive, url)


def pywb_at(program: Path) -> Pywb:
    """Ask a program whether it is pywb. Raises ExportError."""
    try:
        ran = subprocess.run(  # noqa: S603 - a program that the user has or named
            [program, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_START,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ExportError(f"{program}: cannot be started ({error})") from error
    if (found := _VERSION.search(ran.stdout)) is None:
        raise ExportError(f"{program}: is not pywb", hint="name its program `wayback`, or a folder of ReplayWeb.page")
    return Pywb(program, found[0])


class PywbServer:
    """Has pywb serve an archive while it is entered: `address` shows the page `url`, or the first of the archive."""

    def __init__(self, program: Path, archive: Path, url: str) -> None:
        self._program, self._archive, self._url = program, archive, url
        self._folder = RunFolder(large=True)
        self._collection, self._known = (secrets.token_hex(32) for _ in range(2))
        self.host = self.address = ""

    def __enter__(self) -> Self:
        """Lay the archive out as pywb wants it, and start it. Raises ExportError, OSError."""
        try:
            self._lay_out()
            self._start()
        except BaseException:
            self._folder.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.end()
        self._folder.close()

    def _lay_out(self) -> None:
        """Unpack the WARCs, whose records pywb reads and lists by itself."""
        root = self._folder.path
        home = root / "collections" / self._collection
        for each in ("archive", "indexes"):
            (home / each).mkdir(parents=True)
        for each in ("static", "templates"):
            (root / each).mkdir()
        for each in _SILENT:
            (root / "templates" / each).write_text("nothing of this name is here\n", "utf-8")
        (root / "static" / "known").write_text(self._known, "utf-8")
        try:
            with zipfile.ZipFile(self._archive) as packed:
                names = _unpack(packed, home / "archive", self._archive)
                page, listed = _page(packed, self._url), _listed(packed, names)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            raise ExportError(f"{self._archive}: cannot be read as a WACZ ({error})") from error
        self._path = f"/{self._collection}/" + (f"{cdx_time(page.ts)}/".lstrip("/") + _asked(page.url))
        manager = str(self._program.with_name("wb-manager"))
        indexing = KeptProgram([manager, "reindex", self._collection], folder=root, told=root / "told")
        try:
            if indexing.wait(None):
                raise ExportError(f"{manager}: could not list the records ({self._last_word()})")
        finally:
            indexing.end()
        _keep(home / "indexes" / "index.cdxj", listed)

    def _start(self) -> None:
        """Start it, and wait until it is really this one that answers."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.host = f"127.0.0.1:{port}"
        self.address = f"http://{self.host}{self._path}"
        command = [str(self._program), "--bind", "127.0.0.1", "--port", str(port)]
        self._running = KeptProgram(command, folder=self._folder.path, told=self._folder.path / "told")
        deadline = time.monotonic() + _START
        try:
            while not self._answers():
                if self._running.wait(0.1) is not None or time.monotonic() > deadline:
                    raise ExportError(f"{self._program}: did not start ({self._last_word()})")
        except BaseException:
            self._running.end()
            raise

    def _answers(self) -> bool:
        """Say whether what answers has our folder: another program may have taken the port meanwhile."""
        with (
            suppress(OSError),
            build_opener(ProxyHandler({})).open(f"http://{self.host}/static/known", timeout=5) as got,
        ):
            return bool(got.read(len(self._known) + 1) == self._known.encode())
        return False

    def _last_word(self) -> str:
        with suppress(OSError), (self._folder.path / "told").open("rb") as file:
            file.seek(max(file.seek(0, 2) - _LONGEST, 0))
            lines = file.read().decode("utf-8", "replace").strip().splitlines()
            return lines[-1][:300] if lines else "it said nothing"
        return "it said nothing"


def _unpack(packed: zipfile.ZipFile, folder: Path, archive: Path) -> dict[str, str]:
    """Copy the WARCs out; return their new names. They stand in it as they are (WACZ 1.1.1, section 4)."""
    warcs = [each for each in packed.infolist() if _WARC.fullmatch(each.filename)]
    if not warcs:
        raise ExportError(f"{archive}: holds no WARC")
    compressed = any(each.compress_type != zipfile.ZIP_STORED for each in warcs)
    if compressed or sum(each.file_size for each in warcs) > archive.stat().st_size:
        raise ExportError(f"{archive}: its WARCs are packed once more, which no WACZ does")
    names = {}
    for number, each in enumerate(warcs):
        name = f"{number}.warc" + (".gz" if each.filename.endswith(".gz") else "")
        with packed.open(each) as source, (folder / name).open("xb") as target:
            shutil.copyfileobj(source, target)
        names[each.filename.rpartition("/")[2]] = name
    return names


def _listed(packed: zipfile.ZipFile, names: dict[str, str]) -> set[tuple[str, str]]:
    """Return which records the archive's own indexes lead to: heads without their bodies, and parts, are none."""
    found = set()
    for index in packed.namelist():
        if _INDEX.fullmatch(index):
            with packed.open(index) as file:
                lines = gzip.GzipFile(fileobj=file) if index.endswith(".gz") else file
                for line in iter(partial(lines.readline, _LONGEST), b""):
                    place = _place(line)
                    if place.filename in names:
                        found.add((names[place.filename], str(place.offset)))
    return found


def _keep(index: Path, listed: set[tuple[str, str]]) -> None:
    """Leave what the archive lists in pywb's list of all records, which has its own keys."""
    lines = index.read_bytes().splitlines(keepends=True)
    places = [_place(line) for line in lines]
    kept = [line for line, at in zip(lines, places, strict=True) if (at.filename, str(at.offset)) in listed]
    index.write_bytes(b"".join(kept or lines))


def _place(line: bytes) -> _Place:
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.json.decode(line.split(b" ", 2)[-1], type=_Place)
    return _Place()


def _page(packed: zipfile.ZipFile, url: str) -> _Page:
    """Return the page of this address in the archive's list of pages, or the first that the list has."""
    with suppress(KeyError), packed.open(_PAGES) as lines:
        for line in iter(lambda: lines.readline(_LONGEST), b""):
            with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                page = msgspec.json.decode(line, type=_Page)
                if page.url and page.url == (url or page.url):
                    return page
    return _Page(url)


def _asked(url: str) -> str:
    return quote(url, safe="!$&'()*+,/:;=?@[]~%#", errors="surrogatepass")

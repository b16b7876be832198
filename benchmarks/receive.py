"""A file sent to the public's page by curl, beside `curl -T` of the same file to a plain server that keeps it."""

from __future__ import annotations

import http.client
import os
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.table import Row
from hashing.case.case import Case
from hashing.ledger.keys import load_or_create_signing_key
from intelligence.receiving.receive import ReceiveRequest, Receiving
from intelligence.sources import SourceRegister

if TYPE_CHECKING:
    from intelligence.receiving.receive import GivenLink

_ROUNDS = 3
_NOISE = os.urandom(16 << 20)


class _Plain(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder: Path

    def do_PUT(self) -> None:
        """Keep what is sent, on disk before it is answered; hash nothing."""
        left, buffer = int(self.headers["Content-Length"]), memoryview(bytearray(1 << 20))
        with (self.folder / "plain").open("wb") as file:
            while left:
                count = self.rfile.readinto1(buffer[: min(left, len(buffer))])
                file.write(buffer[:count])
                left -= count
            file.flush()
            os.fsync(file.fileno())
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def rows(folder: Path, *, quick: bool) -> list[Row]:
    """Measure each in turn, the best of each."""
    folder.mkdir(parents=True, exist_ok=True)
    size = (256 if quick else 1024) << 20
    path = folder / "film.mp4"
    with path.open("wb") as file:
        for _ in range(size // len(_NOISE)):
            file.write(_NOISE)
    key, _ = load_or_create_signing_key(folder / "key.pem")
    case = Case.open_or_create(folder / "CASE", key=key, officer="Bench")
    request = ReceiveRequest(listen="127.0.0.1:0", links=1, most_bytes=size * (_ROUNDS + 1))
    _Plain.folder = folder
    plain = ThreadingHTTPServer(("127.0.0.1", 0), _Plain)
    threading.Thread(target=plain.serve_forever, daemon=True).start()
    ours = theirs = 0.0
    with Receiving(request, case, folder / "inbox", SourceRegister(folder / "sources", case)) as receiving:
        sender = _Sender(receiving.links[0], receiving.port)
        for _ in range(_ROUNDS):
            theirs = max(theirs, size / _seconds("-T", str(path), f"http://127.0.0.1:{plain.server_port}/plain"))
            ours = max(ours, size / _seconds(*sender.begun(size), "-T", str(path)))
            assert sender.arrived == size
    plain.shutdown()
    plain.server_close()
    return [
        Row(
            what="a large file sent to the page of `receive`, hashed and on disk, against `curl -T` to a plain server",
            ours=f"{size >> 20} MiB: {ours / 1e6:,.0f} MB/s",
            peer=f"`curl -T` {theirs / 1e6:,.0f} MB/s",
            ratio=ours / theirs,
            goal=0.5,
            at_least=True,
        )
    ]


class _Sender:
    """Somebody with a link, who has agreed."""

    def __init__(self, link: GivenLink, port: int) -> None:
        self._path, self._port, self._cookie = link.url.partition(f":{port}")[2], port, ""
        answer = self._ask("POST", "en/begin", b"agree=yes")
        self._cookie = str(answer.getheader("Set-Cookie")).partition(";")[0]
        self._place = ""

    def begun(self, size: int) -> list[str]:
        """Announce a file; return what curl needs to send it."""
        answer = self._ask("POST", "en/files", **{"Upload-Length": str(size), "Upload-Metadata": "filename Zg=="})
        self._place = str(answer.getheader("Location")).removeprefix(self._path)
        head = ("Upload-Offset: 0", f"Cookie: {self._cookie}", "Content-Type: application/offset+octet-stream")
        fields = [word for field in head for word in ("-H", field)]
        return ["-X", "PATCH", *fields, f"http://127.0.0.1:{self._port}{self._path}{self._place}"]

    @property
    def arrived(self) -> int:
        """How much of the file is there."""
        return int(self._ask("HEAD", self._place).getheader("Upload-Offset") or 0)

    def _ask(self, method: str, place: str, body: bytes = b"", /, **fields: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self._port)
        connection.request(method, self._path + place, body, {"Cookie": self._cookie, **fields})
        answer = connection.getresponse()
        answer.read()
        return answer


def _seconds(*words: str) -> float:
    began = time.perf_counter()
    subprocess.run(["curl", "--silent", "--fail", "--show-error", *words], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began

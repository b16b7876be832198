"""A page that is served, and people at the other end of it: what a browser, a script or a broken line sends."""

from __future__ import annotations

import base64
import http.client
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from capture.recorder.stopping import Stop
from hashing.case.case import Case
from hashing.ledger.keys import load_or_create_signing_key
from hashing.times import system_clock
from intelligence.receiving.receive import ReceiveRequest, Receiving
from intelligence.sources import SourceRegister
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from capture.run.run import CaptureResult

OFFICER = "Mary Price"


class Answer(NamedTuple):
    """What the page answers."""

    status: int
    fields: dict[str, str]
    text: str


class Witness:
    """Somebody with a link, and the cookie that the page gave."""

    def __init__(self, url: str, port: int = 0) -> None:
        parts = urlsplit(url)
        self.url, self.host, self.path = url, parts.netloc, parts.path
        self.port = port or parts.port or 0
        self.cookie = ""

    def ask(self, method: str, place: str = "en/", body: bytes = b"", /, **fields: str) -> Answer:
        """Ask for something of the link; `fields` are header fields, which replace those of a browser."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        sent = {"Host": self.host, "Cookie": self.cookie, "Content-Length": str(len(body))}
        sent |= {name.replace("_", "-"): value for name, value in fields.items()}
        connection.putrequest(method, self.path + place, skip_host=True, skip_accept_encoding=True)
        for name, value in sent.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        named = {name.lower(): value for name, value in answer.getheaders()}
        if "set-cookie" in named:
            self.cookie = named["set-cookie"].partition(";")[0]
        return Answer(answer.status, named, text)

    def begin(self, **said: str) -> Answer:
        """Agree, and say how to be reached."""
        body = "&".join(f"{name}={value}" for name, value in {"agree": "yes", **said}.items()).encode()
        return self.ask("POST", "en/begin", body, Content_Type="application/x-www-form-urlencoded")

    def create(self, name: str, size: int) -> Answer:
        """Announce a file as tus does."""
        claims = f"filename {base64.b64encode(name.encode()).decode()}"
        return self.ask("POST", "en/files", Upload_Length=str(size), Upload_Metadata=claims, Tus_Resumable="1.0.0")

    def patch(self, number: int, offset: int, data: bytes) -> Answer:
        """Send a piece of a file."""
        kind = "application/offset+octet-stream"
        fields = {"Content_Type": kind, "Upload_Offset": str(offset), "Tus_Resumable": "1.0.0"}
        return self.ask("PATCH", f"en/files/{number}", data, **fields)

    def send(self, name: str, data: bytes) -> None:
        """Send a file whole."""
        number = int(self.create(name, len(data)).fields["location"].rpartition("/")[2])
        if data:
            assert self.patch(number, 0, data).status == 204

    def form(self, *files: tuple[str, bytes], **said: str) -> Answer:
        """Send the plain form, as a browser without scripts does."""
        body, border = b"", "------WebKitFormBoundaryx1"
        for name, text in said.items():
            head = f'Content-Disposition: form-data; name="{name.replace("_", "-")}"'
            body += f"--{border}\r\n{head}\r\n\r\n{text}\r\n".encode()
        for name, data in files or [("", b"")]:
            head = f'Content-Disposition: form-data; name="file"; filename="{name}"'
            body += f"--{border}\r\n{head}\r\nContent-Type: application/octet-stream\r\n\r\n".encode() + data + b"\r\n"
        body += f"--{border}--\r\n".encode()
        return self.ask("POST", "en/", body, Content_Type=f"multipart/form-data; boundary={border}")


class Desk:
    """The officer's side: a case, its key, and what was received."""

    def __init__(self, folder: Path, *, inbox: Path | None = None) -> None:
        self.key_path = folder / "key/signing-key.pem"
        self.key, _ = load_or_create_signing_key(self.key_path)
        self.clock = system_clock
        self.port = 0
        """Of the run that goes on, or was last."""
        self.case = Case.open_or_create(folder / "OP-ALDER", key=self.key, officer=OFFICER)
        self.inbox = inbox or folder / "inbox"
        self.register = SourceRegister(folder / "sources", self.case)
        self.results: list[CaptureResult] = []

    @contextmanager
    def receiving(self, **asked: object) -> Iterator[list[Witness]]:
        """Serve links, and take in what is handed in, as the command does; yield whoever got them."""
        request = ReceiveRequest(**{"listen": "127.0.0.1:0", **asked})  # type: ignore[arg-type]
        stop = Stop()
        with Receiving(request, self.case, self.inbox, self.register, self.clock) as receiving:
            self.port = receiving.port
            thread = threading.Thread(target=self._take_in, args=(receiving, stop))
            thread.start()
            try:
                yield [Witness(link.url) for link in receiving.links]
            finally:
                stop.ask("the test is over")
                thread.join()

    def _take_in(self, receiving: Receiving, stop: Stop) -> None:
        for state in receiving.changes(stop):
            if receiving.ready(state):
                result = receiving.take_in(state, key=self.key, officer=OFFICER, initials="MP", stop=Stop())
                if result is not None:
                    self.results.append(result)

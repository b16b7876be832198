from __future__ import annotations

import gzip
import io
import json
import os
import re
import socket
import subprocess
import sys
import zipfile
import zlib
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from exports.bundle import export_bundle
from exports.errors import ShowsSource
from exports.format.capture_view import read_capture
from hashing.case.capture_folder import capture_events
from hashing.case.events import Failed, IntakeBegun, Item
from hashing.errors import InUse
from intelligence.errors import BadWording, NoSuchSource, NotServed
from intelligence.receiving.hand_in import hand_ins
from intelligence.receiving.texts import built_in_texts, preferred, read_texts
from intelligence.sources import make_unit_key, opened, read_unit_key
from tests.exports.small_case import photo
from tests.intelligence.receiving.witness import OFFICER, Desk, Witness
from tests.patience import PATIENCE, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.sampling import Sample

pytest.importorskip("pyrage", reason="the extra `receive` is not installed")
pytest.importorskip("multipart", reason="the extra `receive` is not installed")

CANARY, AGENT, FORWARDED = "Zoe Canary", "CanaryBrowser/1", "203.0.113.77"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Make a case at which the public's uploads arrive."""
    return Desk(tmp_path)


def _until(desk: Desk, count: int) -> None:
    """Wait until so many hand-ins are sealed."""
    wait_until(lambda: len(desk.results) >= count)


def _items(desk: Desk, number: int = 0) -> list[Item]:
    return [event for event in capture_events(desk.results[number].path) if isinstance(event, Item)]


def test_what_is_handed_in_becomes_an_exhibit(desk: Desk) -> None:
    """Files with their names and captions are sealed as an intake, with the consent and its version, and no name."""
    data = photo(3)
    with desk.receiving() as [witness]:
        assert CONSENT in witness.ask("GET").text
        assert witness.begin().status == 303
        witness.send("the bridge.jpg", data)
        witness.send("empty.txt", b"")
        assert witness.form(do="finish", caption_1="From the north, at nine").status == 303
        _until(desk, 1)
        receipt = witness.ask("GET", "en/receipt.txt").text
    assert f"{sha256(data).hexdigest()}  the bridge.jpg\n" in receipt
    begun = next(event for event in capture_events(desk.results[0].path) if isinstance(event, IntakeBegun))
    assert begun.given == ("the bridge.jpg", "empty.txt")
    assert begun.consent.startswith(CONSENT)
    assert begun.consent.endswith("(2026-11-30, en)")
    assert re.fullmatch(r"W-[0-9A-F]{8}", begun.received_from)
    view = read_capture(desk.results[0].path)
    assert [entry.sha256 for entry in view.items] == [sha256(data).hexdigest(), sha256(b"").hexdigest()]
    facts = {(fact.name, fact.value) for entry in view.items for fact in entry.facts}
    assert ("caption", "From the north, at nine") in facts
    [folder] = hand_ins(desk.inbox)
    assert folder.sealed == "MP/1"
    assert not (folder.path / "files").exists()
    made = export_bundle(desk.case, key=desk.key, officer=OFFICER, output=desk.case.path.parent / "out")
    assert "From the north, at nine" in (made.path / "data/items.jsonl").read_text("utf-8")


CONSENT = built_in_texts()["en"]["consent"]


def test_a_link_is_used_once(desk: Desk, tmp_path: Path) -> None:
    """After it was handed in, and in another browser or another case, a link lets nobody send anything."""
    other = Desk(tmp_path / "other")
    with desk.receiving() as [witness], other.receiving() as [elsewhere]:
        assert witness.ask("POST", "en/files", Upload_Length="3").status == 403, "before the consent"
        witness.begin()
        witness.send("1.txt", b"one")
        second = Witness(witness.url)
        assert "another browser" in second.ask("GET").text
        assert second.begin().status == 409
        assert second.create("2.txt", 3).status == 403
        assert second.patch(1, 3, b"x").status == 403
        assert witness.form(do="finish").status == 303
        _until(desk, 1)
        for answer in (
            second.ask("GET"),
            second.begin(),
            witness.create("2.txt", 3),
            witness.patch(1, 3, b"x"),
            witness.ask("DELETE", "en/files/1"),
            witness.form(("3.txt", b"three"), do="finish"),
        ):
            assert answer.status in {403, 409, 410}, answer
        strange = Witness(elsewhere.url)
        strange.path = witness.path
        strange.cookie = witness.cookie
        assert strange.ask("GET").status == 404
        assert [item.sha256 for item in _items(desk)] == [sha256(b"one").hexdigest()]
    with desk.receiving(links=0, listen=witness.host):
        assert witness.ask("GET", "en/receipt.txt").status == 200
        assert Witness(witness.url).ask("GET").status == 410
    assert desk.case.captures() == [desk.results[0].path]


def test_no_consent_no_file(desk: Desk) -> None:
    """Without the tick nothing begins, and the page says why."""
    with desk.receiving() as [witness]:
        answer = witness.ask("POST", "en/begin", b"agree=no")
        assert (answer.status, built_in_texts()["en"]["must_agree"] in answer.text) == (422, True)
        assert witness.cookie == ""
        assert witness.ask("POST", "en/begin").status == 422


def test_who_it_was_stands_nowhere(desk: Desk, tmp_path: Path) -> None:
    """Name, contact, address and browser of a sender are in no byte of case, inbox, sources or bundle.

    Who left a contact is a protected source: what they sent goes out as they sent it only where somebody says so.
    """
    recipient = make_unit_key(tmp_path / "unit.key")
    with desk.receiving(recipients=(recipient,)) as [witness]:
        fields = {"User_Agent": AGENT, "X_Forwarded_For": FORWARDED, "Forwarded": f"for={FORWARDED}"}
        assert "How can we reach you" in witness.ask("GET", **fields).text
        witness.ask("POST", "en/begin", f"agree=yes&contact={CANARY}, 07700 900123".encode(), **fields)
        witness.ask("POST", "en/begin", f"agree=yes&contact={CANARY}".encode(), **fields)
        witness.send("1.jpg", photo(1))
        witness.form(do="finish")
        _until(desk, 1)
        token, cookie = witness.path.strip("/"), witness.cookie.partition("=")[2]
    given_away: dict[str, Any] = {"key": desk.key, "officer": OFFICER, "output": tmp_path / "out.zip", "zipped": True}
    with pytest.raises(ShowsSource):
        export_bundle(desk.case, **given_away)
    assert export_bundle(desk.case, **given_away, source_material=True).path.exists()
    [pseudonym] = desk.register.pseudonyms()
    told = opened(desk.register.sealed(pseudonym), read_unit_key(tmp_path / "unit.key"), pseudonym)
    assert told == f"{CANARY}, 07700 900123".encode()
    seen = 0
    for name, data in _every_byte(tmp_path):
        seen += 1
        for word in (CANARY, "07700", AGENT, FORWARDED, "127.0.0.1", token, cookie):
            assert word.encode() not in data, (name, word)
    assert seen > 20
    (tmp_path / "packed.gz").write_bytes(gzip.compress(CANARY.encode()))
    assert any(CANARY.encode() in data for _, data in _every_byte(tmp_path)), "packed bytes are looked at"


def _every_byte(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield each file, and what is packed in it: members of zips, gzip and PNG."""
    waiting = [(str(path), path.read_bytes()) for path in folder.rglob("*") if path.is_file()]
    while waiting:
        name, data = waiting.pop()
        yield name, data
        if data.startswith(b"PK\3\4"):
            with zipfile.ZipFile(io.BytesIO(data)) as packed:
                waiting += [(f"{name}/{each}", packed.read(each)) for each in packed.namelist()]
        elif data.startswith(b"\x1f\x8b"):
            waiting.append((f"{name}.plain", gzip.decompress(data)))
        elif data.startswith(b"\x89PNG"):
            for start in [match.end() for match in re.finditer(b"IDAT", data)]:
                waiting.append((f"{name}.idat", zlib.decompressobj().decompress(data[start:])))


def test_two_witnesses_at_once(desk: Desk) -> None:
    """Two people send at the same time, piece by piece; each gets an exhibit and a receipt of their own."""
    datas = [os.urandom(300_000), os.urandom(300_000)]
    with desk.receiving(links=2) as witnesses:
        for witness in witnesses:
            witness.begin()
            assert witness.create("same name.bin", 300_000).status == 201
        for offset in range(0, 300_000, 100_000):
            for witness, data in zip(witnesses, datas, strict=True):
                assert witness.patch(1, offset, data[offset : offset + 100_000]).status == 204
        for witness in witnesses:
            assert witness.form(do="finish").status == 303
        _until(desk, 2)
        receipts = [witness.ask("GET", "en/receipt.txt").text for witness in witnesses]
    digests = [sha256(data).hexdigest() for data in datas]
    assert [digest in receipt for digest in digests for receipt in receipts] == [True, False, False, True]
    assert {item.sha256 for number in (0, 1) for item in _items(desk, number)} == set(digests)
    assert len({result.exhibit for result in desk.results}) == 2


class Film:
    """A large file of blocks of which no two are the same, made as it is read."""

    _BLOCK = 1 << 20

    def __init__(self, size: int) -> None:
        self.size = size
        self._noise = os.urandom(self._BLOCK - 8)

    def pieces(self, start: int, end: int) -> Iterator[bytes]:
        """Yield its bytes from one place to another."""
        while start < end:
            number, within = divmod(start, self._BLOCK)
            block = number.to_bytes(8, "big") + self._noise
            yield block[within : within + end - start]
            start += min(self._BLOCK - within, end - start)

    def digest(self) -> str:
        """Return its SHA-256."""
        found = sha256()
        for piece in self.pieces(0, self.size):
            found.update(piece)
        return found.hexdigest()


def _open(witness: Witness, number: int, offset: int, length: int) -> socket.socket:
    """Begin to send a piece of `length` bytes."""
    line = socket.create_connection(("127.0.0.1", witness.port), PATIENCE)
    line.sendall(
        f"PATCH {witness.path}en/files/{number} HTTP/1.1\r\nHost: {witness.host}\r\nCookie: {witness.cookie}\r\n"
        f"Upload-Offset: {offset}\r\nContent-Type: application/offset+octet-stream\r\n"
        f"Content-Length: {length}\r\n\r\n".encode()
    )
    return line


def _cut(witness: Witness, number: int, offset: int, length: int, pieces: Iterable[bytes]) -> None:
    """Begin to send so many bytes, send these alone, and break the line."""
    with _open(witness, number, offset, length) as line:
        for piece in pieces:
            line.sendall(piece)


def _sent(witness: Witness, number: int, offset: int, length: int, pieces: Iterable[bytes]) -> bytes:
    """Send a piece whole; return the beginning of the answer."""
    with _open(witness, number, offset, length) as line:
        for piece in pieces:
            line.sendall(piece)
        return line.recv(100)[:12]


def _offset(desk: Desk, witness: Witness, number: int, at_least: int) -> int:
    """Return how much of a file is there, once so much of it is."""
    [folder] = hand_ins(desk.inbox)
    path = folder.path / f"files/{number}"
    wait_until(lambda: at_least == 0 or (path.exists() and path.stat().st_size >= at_least))
    return int(witness.ask("HEAD", f"en/files/{number}", Tus_Resumable="1.0.0").fields["upload-offset"])


def test_a_large_upload_is_cut_three_times(desk: Desk, sample: Sample) -> None:
    """A file whose line breaks three times goes on where it was, and arrives as it is."""
    film = Film((2 << 30) if sample.whole else (64 << 20))
    with desk.receiving() as [witness]:
        witness.begin()
        assert witness.create("long film.mp4", film.size).status == 201
        offset = 0
        for part in range(1, 4):
            until = film.size * part // 4 - 12_345
            _cut(witness, 1, offset, film.size - offset, film.pieces(offset, until))
            assert _offset(desk, witness, 1, until) == until
            offset = until
        assert _sent(witness, 1, offset, film.size - offset, film.pieces(offset, film.size)) == b"HTTP/1.1 204"
        assert witness.patch(1, 0, b"x").status == 409, "a piece in a wrong place"
        assert witness.patch(1, film.size, b"x").status == 413, "more than was announced"
        witness.form(do="finish")
        _until(desk, 1)
    assert [(item.size, item.sha256) for item in _items(desk)] == [(film.size, film.digest())]


def test_a_line_that_hangs_is_cut_off_by_its_successor(desk: Desk) -> None:
    """A connection that says nothing more does not keep the same sender from going on over another one."""
    with desk.receiving() as [witness]:
        witness.begin()
        witness.create("1.bin", 100)
        with _open(witness, 1, 0, 100) as line:
            line.sendall(b"0123456789")
            offset = _offset(desk, witness, 1, 10)
            assert witness.patch(1, offset, b"x" * (100 - offset)).status == 204
            assert line.recv(100) == b""


def test_killed_in_the_middle(desk: Desk, tmp_path: Path) -> None:
    """After kill -9 of all of it the same link goes on with the next run, from the byte that had arrived."""
    data = os.urandom(3 << 20)
    with _typed(tmp_path, "--links", "1") as (process, lines):
        witness = Witness(next(line.split()[1] for line in lines if line.startswith("link")))
        witness.begin()
        assert witness.create("film.mp4", len(data)).status == 201
        _cut(witness, 1, 0, len(data), [data[: 1 << 20]])
        _offset(desk, witness, 1, 1 << 20)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert children
        for pid in [*map(int, children), process.pid]:
            os.kill(pid, 9)
        process.wait()
    wait_until(lambda: not _listens(witness.port))
    with _typed(tmp_path, "--links", "0", "--listen", witness.host) as (process, lines):
        assert next(line for line in lines if line.startswith("Ctrl-C"))
        assert _offset(desk, witness, 1, 0) == 1 << 20
        assert witness.patch(1, 1 << 20, data[1 << 20 :]).status == 204
        assert witness.form(do="finish").status == 303
        assert next(line for line in lines if "complete: 1 stored" in line)
        assert sha256(data).hexdigest() in witness.ask("GET", "en/receipt.txt").text
        process.terminate()
        assert process.wait() == 0
    found = [event for path in desk.case.captures() for event in capture_events(path) if isinstance(event, Item)]
    assert [item.sha256 for item in found] == [sha256(data).hexdigest()]


def _listens(port: int) -> bool:
    """Say whether somebody takes connections."""
    try:
        socket.create_connection(("127.0.0.1", port), PATIENCE).close()
    except ConnectionError:
        return False
    return True


@contextmanager
def _typed(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], Iterator[str]]]:
    """Run the command as typed; yield it, and the lines that it prints."""
    key = folder / "key/signing-key.pem"
    where = ("--inbox", str(folder / "inbox"), "--sources", str(folder / "sources"), "--key", str(key))
    if "--listen" not in words:
        words = (*words, "--listen", "127.0.0.1:0")
    command = ["receive", "--case", str(folder / "OP-ALDER"), "--officer", OFFICER, *where, *words]
    with subprocess.Popen(
        [sys.executable, "-m", "cli", *command],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=Path(__file__).parents[3],
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            yield process, iter(process.stdout.readline, "")
        finally:
            process.kill()


def test_the_plain_form_of_a_browser_without_scripts(desk: Desk) -> None:
    """Several files and captions come as one form; a file is taken back; an empty hand-in is refused in words."""
    with desk.receiving() as [witness]:
        witness.begin()
        answer = witness.form(do="finish")
        assert (answer.status, built_in_texts()["en"]["nothing_yet"] in answer.text) == (422, True)
        assert witness.form(("a.txt", b"aaa"), ("b.txt", b"bbb\r\n--x"), do="send").status == 303
        assert witness.form(remove="1", caption_2="kept <b>words</b>").status == 303
        page = witness.ask("GET").text
        assert ("a.txt" in page, "b.txt" in page, "kept &lt;b&gt;words" in page) == (False, True, True)
        assert not (hand_ins(desk.inbox)[0].path / "files/1").exists()
        for broken in (b"", b"nonsense", b"------x\r\nContent-Disposition: form-data; name=a\r\n\r\n"):
            kind = "multipart/form-data; boundary=----x"
            assert witness.ask("POST", "en/", broken, Content_Type=kind).status == 400
        assert witness.form(do="finish").status == 303
        _until(desk, 1)
    assert [(item.claimed_name, item.sha256) for item in _items(desk)] == [("b.txt", sha256(b"bbb\r\n--x").hexdigest())]


def test_a_form_whose_line_broke(desk: Desk) -> None:
    """What arrived of a plain form is kept, and is handed in as not whole, which receipt and ledger say."""
    with desk.receiving() as [witness]:
        witness.begin()
        with socket.create_connection(("127.0.0.1", witness.port), PATIENCE) as line:
            line.sendall(
                f"POST {witness.path}en/ HTTP/1.1\r\nHost: {witness.host}\r\nCookie: {witness.cookie}\r\n"
                "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 9000000\r\n\r\n--x\r\n"
                'Content-Disposition: form-data; name="file"; filename="film.mp4"\r\n\r\n'.encode()
                + b"f" * 500_000
            )
        wait_until(lambda: "film.mp4" in witness.ask("GET").text)
        wait_until(lambda: witness.form(do="finish").status == 303)
        _until(desk, 1)
        assert "film.mp4: did not arrive whole" in witness.ask("GET", "en/receipt.txt").text
    assert desk.results[0].status == "partial"
    [failed] = [event for event in capture_events(desk.results[0].path) if isinstance(event, Failed)]
    assert failed.reason.startswith("did not arrive whole: ")
    assert [item.claimed_name for item in _items(desk)] == ["film.mp4"]


def test_bounds(desk: Desk) -> None:
    """More files, or more bytes, than a link is good for are refused in words, and cost nothing that has arrived."""
    texts = built_in_texts()["en"]
    with desk.receiving(most_files=2, most_bytes=1000) as [witness]:
        witness.begin()
        answer = witness.create("large.bin", 1001)
        assert (answer.status, answer.text) == (413, texts["too_many_bytes"])
        assert witness.create("1.bin", 600).status == 201
        assert witness.create("2.bin", 600).status == 413
        assert texts["too_many_bytes"] in witness.form(("2.bin", b"x" * 500)).text
        answer = witness.create("3.bin", 1)
        assert (answer.status, answer.text) == (413, texts["too_many_files"])
        assert witness.patch(1, 0, b"x" * 601).status == 413
        assert witness.patch(1, 0, b"x" * 600).status == 204
        assert witness.create("x", 10**16).status == 400
        assert witness.ask("POST", "en/", b"", Content_Length=str(10**14)).status == 413
        assert witness.ask("POST", "en/", Transfer_Encoding="chunked").status == 411
        long = "n" * 5000 + ".jpg"
        witness.ask("DELETE", "en/files/2")
        assert witness.create(long, 1).status == 201
        assert witness.form(caption_1="c" * 100_000).status == 303
        state = hand_ins(desk.inbox)[0].state()
        assert len(state.uploads[0].caption) == 2000
        assert len(state.uploads[2].name) <= 1001


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone may mount")
def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """A sender hears in words that there is no room, before and while sending; what arrived is kept and goes on."""
    inbox, texts = tmp_path / "inbox", built_in_texts()["en"]
    inbox.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", inbox], check=False).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        desk = Desk(tmp_path, inbox=inbox)
        with desk.receiving() as [witness]:
            witness.begin()
            answer = witness.create("large.bin", 30 << 20)
            assert (answer.status, answer.text) == (507, texts["disk_full"])
            assert texts["disk_full"] in witness.form(("large.bin", b"x" * (45 << 20)), do="send").text
            witness.ask("DELETE", "en/files/1")
            assert witness.create("film.bin", 18 << 20).status == 201
            assert witness.patch(1 + 1, 0, b"a" * (8 << 20)).status == 204
            (inbox / "filler").write_bytes(b"f" * (20 << 20))
            answer = witness.patch(2, 8 << 20, b"b" * (8 << 20))
            assert (answer.status, answer.text) == (507, texts["disk_full"])
            (inbox / "filler").unlink()
            offset = _offset(desk, witness, 2, 8 << 20)
            assert witness.patch(2, offset, b"b" * ((18 << 20) - offset)).status == 204
            assert witness.form(do="finish").status == 303
            _until(desk, 1)
        data = b"a" * (8 << 20) + b"b" * (10 << 20)
        assert [item.sha256 for item in _items(desk)] == [sha256(data).hexdigest()]
    finally:
        subprocess.run(["umount", "-l", inbox], check=True)


def test_who_is_answered(desk: Desk) -> None:
    """Another host's name, another page, a guessed token, and paths that lead elsewhere are refused without a word."""
    with desk.receiving(address="https://hand-in.police.example/x") as [witness]:
        assert witness.url.startswith("https://hand-in.police.example/x/")
        outside = Witness(witness.url, port=desk.port)
        stripped = Witness(witness.url.replace("/x/", "/"), port=desk.port)
        assert stripped.ask("GET").status == 200
        assert outside.ask("GET").status == 200
        assert outside.begin().status == 303
        assert outside.cookie
        fields = outside.ask("GET").fields
        assert fields["content-security-policy"].startswith("default-src 'none'")
        assert not re.search(r"unsafe|https?:|\*", fields["content-security-policy"])
        assert (fields["cache-control"], fields["x-frame-options"]) == ("no-store", "DENY")
        assert "python" not in fields.get("server", "").lower()
        for answer in (
            outside.ask("GET", Host="attacker.example"),
            outside.ask("POST", "en/files", Upload_Length="1", Origin="https://attacker.example"),
            outside.ask("POST", "en/files", Upload_Length="1", Origin="null"),
            outside.ask("POST", "en/files", Upload_Length="1", Sec_Fetch_Site="cross-site"),
            outside.ask("GET", "../x/en/"),
            outside.ask("GET", "en/../../state.json"),
            outside.ask("GET", "zz/"),
            outside.ask("PUT"),
        ):
            assert answer.status in {403, 404, 421, 501}, answer
        mine = {"Origin": "https://hand-in.police.example", "Sec_Fetch_Site": "same-origin"}
        assert outside.ask("POST", "en/files", Upload_Length="1", **mine).status == 201
        assert len(outside.path.strip("/").rpartition("/")[2]) >= 43
        strange = Witness(witness.url.replace(outside.path[3:20], "A" * 17), port=outside.port)
        assert strange.ask("GET").status == 404


def test_what_follows_a_request_of_no_sure_length_is_no_request(desk: Desk) -> None:
    """Behind a proxy that reads it otherwise, a second request within a body would be answered to somebody else."""
    two, hidden = "Content-Length: 0\r\nContent-Length: 9", "no field\r\nContent-Length: 9"
    lengths = ("Content-Length: +9", "Content-Length: 9, 9", "Content-Length:\r\n 9", "Content-Length : 9", two, hidden)
    with desk.receiving() as [witness]:
        host = f"Host: 127.0.0.1:{desk.port}\r\n"
        inner = f"GET {witness.path}page.css HTTP/1.1\r\n{host}\r\n"
        no_names = (" Content-Length: 9", "X: y\r\n Content-Length: 9", ": x\r\nContent-Length: 0")
        ends = ("X: y\rContent-Length: 9", "X: y\0", "X: y\nContent-Length: 0", "X: y\r\r\nContent-Length: 0")
        for framing in ("Transfer-Encoding: chunked", "Transfer-Encoding : chunked", *lengths, *no_names, *ends):
            with socket.create_connection(("127.0.0.1", desk.port), PATIENCE) as talk:
                talk.sendall(f"POST {witness.path}en/ HTTP/1.1\r\n{framing}\r\n{host}\r\n{inner}".encode())
                with talk.makefile("rb") as answers:
                    answered = answers.read()
            assert answered.count(b"HTTP/1.1 ") == 1, framing
            assert answered.split()[1] in {b"400", b"411"}


def test_the_cookie_goes_to_nobody_else(desk: Desk) -> None:
    """What the browser holds is of this link alone, out of reach of scripts, and behind TLS sent over TLS only."""
    with desk.receiving(address="https://hand-in.police.example") as [witness]:
        witness.port = desk.port
        cookie = witness.begin().fields["set-cookie"]
        assert cookie.split("; ")[1:] == [f"Path={witness.path}", "HttpOnly", "SameSite=Lax", "Secure"]


def test_where_it_is_not_served(desk: Desk, tmp_path: Path) -> None:
    """Others on the network could read along, a port is taken, another run serves the case: each ends in a sentence."""
    with pytest.raises(NotServed, match="others could read"), desk.receiving(listen="0.0.0.0:0"):
        pass
    with pytest.raises(NotServed, match="no address and port"), desk.receiving(listen="example.org:80"):
        pass
    desk.inbox = desk.case.path / "inbox"
    with pytest.raises(NotServed, match="inside the case"), desk.receiving():
        pass
    desk.inbox = tmp_path / "inbox"
    with pytest.raises(NoSuchSource, match="not a pseudonym"), desk.receiving(pseudonym="../x"):
        pass
    with desk.receiving() as [witness]:
        with pytest.raises(InUse, match="another goldenhour receive"), desk.receiving():
            pass
        other = Desk(tmp_path / "other")
        with pytest.raises(NotServed, match="address already in use"), other.receiving(listen=witness.host):
            pass
    with desk.receiving():
        pass


def test_the_time_of_a_link(desk: Desk) -> None:
    """After its time nothing is taken; what had arrived becomes an exhibit that says so, and an unused link goes."""
    now = [datetime(2026, 11, 30, 10, tzinfo=UTC)]
    desk.clock = lambda: now[0]
    with desk.receiving(links=2, seconds=365 * 86_400) as [witness, _]:
        witness.begin()
        witness.send("1.txt", b"one")
        assert witness.create("2.txt", 10).status == 201
        now[0] += timedelta(days=366)
        _until(desk, 1)
    view = read_capture(desk.results[0].path)
    assert next(iter(capture_events(desk.results[0].path))).note.endswith("over before it was handed in")  # type: ignore[union-attr]
    assert [entry.claimed_name for entry in view.items] == ["1.txt"]
    with desk.receiving(links=0):
        pass
    assert hand_ins(desk.inbox) == []


def test_a_run_that_died_after_the_seal(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the case has already is not taken in a second time, and only then leaves the inbox."""
    from intelligence.receiving.hand_in import HandInFolder

    with desk.receiving() as [witness]:
        witness.begin()
        witness.send("1.txt", b"one")
        monkeypatch.setattr(HandInFolder, "mark_sealed", lambda *_: None)
        witness.form(do="finish")
        _until(desk, 1)
    assert (hand_ins(desk.inbox)[0].path / "files/1").exists()
    monkeypatch.undo()
    with desk.receiving(links=0):
        wait_until(lambda: bool(hand_ins(desk.inbox)[0].sealed))
    assert len(desk.case.captures()) == 1
    assert not (hand_ins(desk.inbox)[0].path / "files").exists()


def test_what_serves_holds_nothing(desk: Desk) -> None:
    """The process that reads what strangers send opens no file but in the inbox, no connection and no program."""
    from hashing.sandbox import SandboxProcess

    desk.inbox.mkdir()
    probe = SandboxProcess("tests.intelligence.receiving.probe:probe", "it", memory=1 << 30, below=str(desk.inbox))
    try:
        held = probe.receive(1 << 16)
        assert b"landlock" in held
        probe.send(json.dumps([str(desk.key_path), str(desk.case.path / "case.json"), str(desk.inbox)]).encode())
        said = json.loads(probe.receive(1 << 16))
    finally:
        probe.close()
    assert said == {"key": "PermissionError", "case": "PermissionError", "socket": "PermissionError",
                    "program": "PermissionError", "inbox": "written", "link": "PermissionError"}  # fmt: skip


def test_texts_of_a_force(tmp_path: Path) -> None:
    """A force's own consent stands over the built-in one; a mistyped name, or a consent without a version, is told."""
    (tmp_path / "en.toml").write_text('consent = "Ours."\nconsent_version = "7"\n')
    (tmp_path / "ga.toml").write_text('language = "Gaeilge"\n')
    texts = read_texts(tmp_path)
    assert (texts["en"]["consent"], texts["en"]["agree"], texts["ga"]["agree"]) == ("Ours.", "I agree.", "I agree.")
    for wrong, told in (
        ('consnt = "x"', "no such text"),
        ('consent = "x"', "consent_version"),
        ("consent = 1", "not a file of texts"),
        ("=", "not a file of texts"),
    ):
        (tmp_path / "en.toml").write_text(wrong)
        with pytest.raises(BadWording, match=told):
            read_texts(tmp_path)


def test_every_language_says_everything() -> None:
    """Each language has every text, its places for values, and a direction; a browser gets the one that it asks for."""
    texts = built_in_texts()
    assert {"en", "fr", "de", "pl", "ar", "cy"} <= texts.keys()
    for language, own in texts.items():
        assert own.keys() == texts["en"].keys(), language
        for name, text in own.items():
            assert text.strip(), (language, name)
            assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", texts["en"][name])), (language, name)
    assert {language for language, own in texts.items() if own["direction"] == "rtl"} == {"ar"}
    known = list(texts)
    assert preferred("fr-CH, fr;q=0.9, en;q=0.8", known) == "fr"
    assert preferred("xx, cy;q=0.3, de;q=0.7", known) == "de"
    assert preferred("", known) == preferred(";;;q=,*" * 1000, known) == "en"


def test_a_client_of_tus_made_elsewhere(desk: Desk, tmp_path: Path) -> None:
    """tuspy, a client of tus 1.0, sends a file in pieces."""
    client = pytest.importorskip("tusclient.client", reason="tuspy is not installed")
    data = os.urandom(1 << 20)
    (tmp_path / "film.mp4").write_bytes(data)
    with desk.receiving() as [witness]:
        witness.begin()
        sender = client.TusClient(f"{witness.url}en/files", headers={"Cookie": witness.cookie})
        with (tmp_path / "film.mp4").open("rb") as file:
            sender.uploader(file_stream=file, chunk_size=200_000, metadata={"filename": "film.mp4"}).upload()
        witness.form(do="finish")
        _until(desk, 1)
    assert [(item.claimed_name, item.sha256) for item in _items(desk)] == [("film.mp4", sha256(data).hexdigest())]

from __future__ import annotations

import gzip
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import zipfile
import zlib
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exports.bundle import export_bundle
from exports.format.capture_view import read_capture
from hashing.case.capture_folder import capture_events
from hashing.case.events import Failed, IntakeBegun, Item
from hashing.errors import InUse
from intelligence.errors import BadWording, NotServed
from intelligence.receiving.hand_in import hand_ins
from intelligence.receiving.receive import Receiving, ReceiveRequest
from intelligence.receiving.texts import built_in_texts, preferred, read_texts
from intelligence.sources import make_unit_key, opened, read_unit_key
from tests.exports.small_case import photo
from tests.intelligence.receiving.witness import OFFICER, Desk, Witness
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytest.importorskip("pyrage", reason="the extra `receive` is not installed")
pytest.importorskip("multipart", reason="the extra `receive` is not installed")
CANARY, AGENT, FORWARDED = "Zoe Canary", "CanaryBrowser/1", "203.0.113.77"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Make a case at which the public's uploads arrive."""
    return Desk(tmp_path)


def _until(desk: Desk, count: int) -> None:
    """Wait until so many hand-ins are sealed."""
    import time

    while len(desk.results) < count:
        time.sleep(0.05)


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
    assert [entry.item.sha256 for entry in view.items] == [sha256(data).hexdigest(), sha256(b"").hexdigest()]
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
    with desk.receiving(links=0):
        again = Witness(witness.url, desk.port)
        assert again.ask("GET").status == 410
    assert desk.case.captures() == [desk.results[0].path]


def test_no_consent_no_file(desk: Desk) -> None:
    """Without the tick nothing begins, and the page says why."""
    with desk.receiving() as [witness]:
        answer = witness.ask("POST", "en/begin", b"agree=no")
        assert (answer.status, built_in_texts()["en"]["must_agree"] in answer.text) == (422, True)
        assert witness.cookie == ""
        assert witness.ask("POST", "en/begin").status == 422


def test_who_it_was_stands_nowhere(desk: Desk, tmp_path: Path) -> None:
    """Name, contact, address and browser of a sender are in no byte of case, inbox, sources or bundle, packed or not."""
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
    made = export_bundle(desk.case, key=desk.key, officer=OFFICER, output=tmp_path / "out.zip", zipped=True)
    assert made.path.exists()
    [pseudonym] = desk.register.pseudonyms()
    told = opened(desk.register.sealed(pseudonym), read_unit_key(tmp_path / "unit.key"), pseudonym)
    assert told == f"{CANARY}, 07700 900123".encode()
    seen = 0
    for name, data in _every_byte(tmp_path):
        seen += 1
        for word in (CANARY, "07700", AGENT, FORWARDED, "127.0.0.1", token, cookie):
            assert word.encode() not in data, (name, word)
    assert seen > 20
    with pytest.raises(AssertionError, match="canary"):
        (tmp_path / "packed.gz").write_bytes(gzip.compress(CANARY.encode()))
        assert not any(CANARY.encode() in data for _, data in _every_byte(tmp_path)), "canary"


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


def _cut(witness: Witness, number: int, offset: int, length: int, data: bytes) -> None:
    """Begin to send a piece of `length` bytes, send `data`, and break the line."""
    with socket.create_connection(("127.0.0.1", witness.port), PATIENCE) as line:
        head = (
            f"PATCH {witness.path}en/files/{number} HTTP/1.1\r\nHost: {witness.host}\r\nCookie: {witness.cookie}\r\n"
            f"Upload-Offset: {offset}\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: {length}\r\n\r\n"
        )
        line.sendall(head.encode() + data)


def _offset(witness: Witness, number: int, at_least: int) -> int:
    """Return how much of a file is there, once the page has seen the end of a broken line."""
    import time

    while True:
        offset = int(witness.ask("HEAD", f"en/files/{number}", Tus_Resumable="1.0.0").fields["upload-offset"])
        if offset >= at_least:
            return offset
        time.sleep(0.05)


def test_a_large_upload_is_cut_three_times(desk: Desk, whole: bool) -> None:
    """A file whose line breaks three times goes on where it was, and arrives as it is."""
    size = (2 << 30) if whole else (64 << 20)
    block = os.urandom(1 << 20)
    blocks = [number.to_bytes(8, "big") + block[8:] for number in range(size >> 20)]
    digest = sha256(b"".join(blocks)).hexdigest() if not whole else _digest(blocks)
    with desk.receiving() as [witness]:
        witness.begin()
        assert witness.create("long film.mp4", size).status == 201
        offset = 0
        for part in range(4):
            until = size if part == 3 else size * (part + 1) // 4 - 12_345
            data = b"".join(blocks)[offset:until] if not whole else _slice(blocks, offset, until)
            if part < 3:
                _cut(witness, 1, offset, size - offset, data)
                assert _offset(witness, 1, until) == until
            else:
                assert witness.patch(1, offset, data).status == 204
            offset = until
        assert witness.patch(1, 0, b"x").status == 409, "a piece in a wrong place"
        assert witness.patch(1, size, b"x").status == 413, "more than was announced"
        witness.form(do="finish")
        _until(desk, 1)
    assert [(item.size, item.sha256) for item in _items(desk)] == [(size, digest)]


def _digest(blocks: list[bytes]) -> str:
    found = sha256()
    for block in blocks:
        found.update(block)
    return found.hexdigest()


def _slice(blocks: list[bytes], start: int, end: int) -> bytes:
    first, last = start >> 20, (end + (1 << 20) - 1) >> 20
    return b"".join(blocks[first:last])[start - (first << 20) : end - (first << 20)]


def test_a_line_that_hangs_is_cut_off_by_its_successor(desk: Desk) -> None:
    """A connection that says nothing more does not keep the same sender from going on over another one."""
    with desk.receiving() as [witness]:
        witness.begin()
        witness.create("1.bin", 100)
        with socket.create_connection(("127.0.0.1", witness.port), PATIENCE) as line:
            line.sendall(
                f"PATCH {witness.path}en/files/1 HTTP/1.1\r\nHost: {witness.host}\r\nCookie: {witness.cookie}\r\n"
                "Upload-Offset: 0\r\nContent-Length: 100\r\n\r\n0123456789".encode()
            )
            offset = _offset(witness, 1, 0)
            assert witness.patch(1, offset, b"x" * (100 - offset)).status == 204
            assert line.recv(100) == b""


def test_killed_in_the_middle(desk: Desk, tmp_path: Path) -> None:
    """After kill -9 of all of it the same link goes on with the next run, from the byte that had arrived."""
    data = os.urandom(3 << 20)
    with _typed(tmp_path, "--links", "1") as (process, lines):
        witness = Witness(next(line.split()[1] for line in lines if line.startswith("link")))
        witness.begin()
        assert witness.create("film.mp4", len(data)).status == 201
        _cut(witness, 1, 0, len(data), data[: 1 << 20])
        _offset(witness, 1, 1 << 20)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert children
        for pid in [*map(int, children), process.pid]:
            os.kill(pid, 9)
        process.wait()
    with _typed(tmp_path, "--links", "0", "--listen", witness.host) as (process, lines):
        assert _offset(witness, 1, 0) == 1 << 20
        assert witness.patch(1, 1 << 20, data[1 << 20 :]).status == 204
        assert witness.form(do="finish").status == 303
        assert next(line for line in lines if "complete: 1 stored" in line)
        assert sha256(data).hexdigest() in witness.ask("GET", "en/receipt.txt").text
        process.terminate()
        assert process.wait() == 0
    found = [event for path in desk.case.captures() for event in capture_events(path) if isinstance(event, Item)]
    assert [item.sha256 for item in found] == [sha256(data).hexdigest()]

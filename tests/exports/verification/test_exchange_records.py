"""What an exchange file holds is compared with the ledger, record by record, whoever sealed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from exports.verification import verify
from exports.verification.exchange_records import RecordsSaid
from hashing.case.events import Exchange, WarcPlace
from hashing.files.digest import Digest
from hashing.warc.record import BODY_DIGEST, BODY_FILE, STORED, encode_record, new_record_id
from tests.exports.bundles import bundle_of
from tests.exports.small_case import Thing, make_case, photo

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.exports.small_case import CaptureMaker, CaseMaker

FORGED = b"<p>forged"


class _Writing:
    """A capture whose sealer writes something else into the exchange file than the ledger says."""

    def __init__(self, maker: CaptureMaker) -> None:
        self.maker = maker
        self.body = b"<p>It was dark."
        self.said = self.body
        self.record = new_record_id()
        self.url = self.named = "https://news.example/dark.html"
        self.date = "2026-11-24T10:15:02.000Z"
        self.kind = "response"
        self.status = "200 OK"
        self.head = ""
        self.extra: list[tuple[str, str]] = []
        self.close_delimited = False
        self.cut = ""
        self.request = b"GET /dark.html HTTP/1.1\r\n\r\n"
        self.behind = b""
        self.times = 1

    def write(self) -> None:
        """Write the records, and the line of the ledger."""
        head = self.head or f"Content-Length: {len(self.body)}\r\n"
        block = f"HTTP/1.1 {self.status}\r\n{head}\r\n".encode() + self.body
        answer = self._append(self.kind, self.record, block)
        request = self._append("request", new_record_id(), self.request)
        self.maker.events.append(
            Exchange(
                time=self.date,
                exchange=99,
                url=self.url,
                method="GET",
                started=self.date,
                seconds=0.1,
                status=200,
                size=len(self.said),
                sha256=Digest.of_bytes(self.said).hex,
                warc=answer,
                request_warc=request,
                close_delimited=self.close_delimited,
                cut=self.cut,
            )
        )

    def _append(self, kind: str, record: str, block: bytes) -> WarcPlace:
        fields = [("WARC-Type", kind), ("WARC-Record-ID", record), ("WARC-Target-URI", self.named)]
        fields += [("WARC-Date", "2026-11-24T10:15:02.000Z"), *self.extra]
        for _ in range(self.times if kind == self.kind else 1):
            file, offset = self.maker.folder.warc.append(encode_record(fields, [block], STORED) + self.behind)
        return WarcPlace(file=file, offset=offset, record=record, block_sha256=Digest.of_bytes(block).hex)


def _sealed(maker: CaseMaker, change: Callable[[_Writing], None]) -> None:
    begun = maker.begin()
    begun.add(Thing("one.jpg", photo(1)))
    writing = _Writing(begun)
    change(writing)
    writing.write()
    begun.seal()


def _set(**values: object) -> Callable[[_Writing], None]:
    def change(writing: _Writing) -> None:
        for name, value in values.items():
            setattr(writing, name, value)

    return change


LIES: dict[str, tuple[Callable[[_Writing], None], str]] = {
    "another body": (_set(body=FORGED), "does not hold the body that exchange 99 brought"),
    "less of the body": (_set(said=b"<p>It was dark, and cold."), "does not hold the body"),
    "more behind a body that ends with the connection": (
        _set(said=b"<p>It", head="Server: x\r\n", close_delimited=True),
        "does not hold the body",
    ),
    "another body in chunks": (
        _set(body=b"6\r\nforged\r\n0\r\n\r\n", head="Transfer-Encoding: chunked\r\n"),
        "does not hold the body",
    ),
    "a body that stands elsewhere as well": (
        _set(extra=[("WARC-Truncated", "length")]),
        "holds a body, and says that it is elsewhere",
    ),
    "a body that is nowhere": (
        _set(body=b"", extra=[("WARC-Truncated", "length")]),
        "has no body, and no item has the one that exchange 99 brought",
    ),
    "a body in a file that has none": (
        _set(body=b"", extra=[(BODY_FILE, "items/0001-one.jpg"), (BODY_DIGEST, f"sha256:{'0' * 64}")]),
        "says that its body is in items/0001-one.jpg, the ledger: in no file",
    ),
    "another address": (_set(named="https://news.example/other.html"), "names another address"),
    "another time": (_set(date="2026-11-25T10:15:02.000Z"), "names another time"),
    "another status": (_set(status="404 Not Found"), "has the status 404, and exchange 99 has 200"),
    "another payload digest": (_set(extra=[("WARC-Payload-Digest", f"sha256:{'0' * 64}")]), "states another payload"),
    "another kind of record": (_set(kind="metadata"), "is not the answer of exchange 99"),
    "another request": (_set(request=b"POST / HTTP/1.1\r\n\r\n"), "is not the request of exchange 99"),
    "the same record twice": (_set(times=2), "is of no exchange in the ledger"),
}


@pytest.mark.parametrize("lie", LIES)
def test_an_exchange_file_that_says_something_else(lie: str, tmp_path: Path) -> None:
    """What a record says otherwise than its ledger is named, though the officer's own key sealed both."""
    change, reason = LIES[lie]
    maker = make_case(tmp_path)
    _sealed(maker, change)
    found = verify(maker.path)
    assert found.verdict == "mismatch"
    assert not found.altered
    assert any(reason in each.reason for each in found.problems), found.problems


@pytest.mark.parametrize(
    "change",
    [
        _set(),
        _set(body=b"d\r\n<p>It was dar\r\n2\r\nk.\r\n0\r\nTrailer: x\r\n\r\n", head="Transfer-Encoding: chunked\r\n"),
        _set(body=b"d\r\n<p>It was dar\r\n2\r\nk.\r\n5\r\n", head="Transfer-Encoding: chunked\r\n", cut="broke"),
        _set(head="Server: x\r\n", close_delimited=True),
        _set(head="Server: x\r\n", close_delimited=True, said=b"<p>It", cut="stopped"),
        _set(head="Content-Length: 5\r\n", said=b"<p>It"),
        _set(said=b"", status="204 No Content", head="Server: x\r\n", body=b""),
        _set(said=b"", body=b"", head="Content-Length: 9000000\r\n", cut="x", extra=[("WARC-Truncated", "length")]),
    ],
)
def test_what_a_recorder_writes_passes(change: Callable[[_Writing], None], tmp_path: Path) -> None:
    """Chunks, a body without a length, one that was cut off, bytes behind the length: each is what came."""
    maker = make_case(tmp_path)
    _sealed(maker, change)
    found = verify(maker.path)
    assert [each.reason for each in found.problems if "status 204" not in each.reason] == []


@pytest.mark.parametrize("kind", ["response", "metadata", "warcinfo", "request"])
def test_a_record_that_no_exchange_names(kind: str, tmp_path: Path) -> None:
    """A record more in a sealed exchange file is a fault, of whatever kind it is."""
    maker = make_case(tmp_path)
    begun = maker.begin()
    begun.add(Thing("one.jpg", photo(1)))
    chain = b"-----BEGIN CERTIFICATE-----\nYQ==\n-----END CERTIFICATE-----\n"
    fields = [
        ("WARC-Type", kind),
        ("WARC-Record-ID", new_record_id()),
        ("Content-Type", "application/pem-certificate-chain" if kind == "metadata" else "application/http"),
    ]
    begun.folder.warc.append(encode_record(fields, [chain], STORED))
    begun.add(Thing("two.jpg", photo(2)))
    begun.seal()
    found = verify(maker.path)
    assert ["is of no exchange in the ledger" in each.reason for each in found.problems] == [True]


def test_a_chain_that_an_exchange_names(tmp_path: Path) -> None:
    """The certificates of a connection stand in a record of their own; one with other text in it does not pass."""
    for number, preamble in enumerate((b"", b"Signed by the Chief Constable\n")):
        maker = make_case(tmp_path / str(number))
        begun = maker.begin()
        begun.add(Thing("one.jpg", photo(1)))
        chain = preamble + b"-----BEGIN CERTIFICATE-----\nY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n"
        fields = [("WARC-Type", "metadata"), ("WARC-Record-ID", new_record_id())]
        fields.append(("Content-Type", "application/pem-certificate-chain"))
        begun.folder.warc.append(encode_record(fields, [chain], STORED))
        begun.seal()
        assert verify(maker.path).verdict == ("mismatch" if preamble else "ok")


def test_a_record_that_the_ledger_names_and_the_file_lacks(tmp_path: Path) -> None:
    """An exchange without its record is named, in a bundle as in a case."""
    maker = make_case(tmp_path)
    begun = maker.begin()
    begun.add(Thing("one.jpg", photo(1)))
    exchange = begun.events[0]
    assert isinstance(exchange, Exchange)
    assert exchange.warc is not None
    place = msgspec.structs.replace(exchange.warc, record=new_record_id())
    begun.events[0] = msgspec.structs.replace(exchange, warc=place)
    begun.seal()
    told = [each.reason for each in verify(maker.path).problems]
    assert told == ["the record at offset 0 is of no exchange in the ledger", "holds no record of exchange 1 (answer)"]


@pytest.mark.parametrize(
    ("file", "digest", "reason"),
    [
        ("items/0002-two.jpg", "", "says that its body is in items/0002-two.jpg, the ledger: in items/0001-one.jpg"),
        ("", "", "says that its body is in no file, the ledger: in items/0001-one.jpg"),
        ("items/0001-one.jpg", "0" * 64, "states another body than exchange 1"),
    ],
)
def test_a_record_that_names_another_file_for_its_body(file: str, digest: str, reason: str, tmp_path: Path) -> None:
    """A response whose body is an item's names that item's file and digest, and no other."""
    maker = make_case(tmp_path)
    begun = maker.begin()
    item = begun.add(Thing("one.jpg", photo(1)))
    exchange = begun.events[0]
    assert isinstance(exchange, Exchange)
    fields = [("WARC-Type", "response"), ("WARC-Record-ID", record := new_record_id())]
    fields += [("WARC-Target-URI", exchange.url), ("WARC-Date", exchange.started)]
    fields += [(BODY_FILE, file), (BODY_DIGEST, f"sha256:{digest or item.sha256}")] if file else []
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    name, offset = begun.folder.warc.append(encode_record(fields, [head], STORED))
    place = WarcPlace(file=name, offset=offset, record=record, block_sha256=Digest.of_bytes(head).hex)
    begun.events[0] = msgspec.structs.replace(exchange, warc=place)
    begun.seal()
    assert reason in [each.reason.partition(" at offset ")[2].partition(" ")[2] for each in verify(maker.path).problems]


def test_a_capture_that_ends_between_an_exchange_and_its_item_is_unfinished(tmp_path: Path) -> None:
    """A power cut may leave the line of an exchange without that of the item with its body: nothing is altered."""
    maker = make_case(tmp_path)
    begun = maker.begin()
    begun.add(Thing("one.jpg", photo(1)))
    begun.folder.append(begun.events[:1])
    begun.folder.close()
    found = verify(maker.path)
    assert (found.verdict, found.problems) == ("unchecked", ())
    assert any("not sealed" in each.reason for each in found.unchecked)


def test_the_ledger_counts_the_records(maker: CaseMaker, tmp_path: Path) -> None:
    """A whole bundle, folder and zip, holds exactly the records that its ledgers count."""
    for name in ("bundle", "bundle.zip"):
        assert verify(bundle_of(maker, tmp_path / name)).verdict == "ok"


def test_a_files_records_are_its_own_whatever_another_is_called() -> None:
    """A file whose name goes on as another's key does, with a zero byte or a colon, lends it no record."""
    said = RecordsSaid()
    for number, (file, record) in enumerate([("a", "r"), ("a\0b", "r"), ("a\0b", "s"), ("a:b", "r"), ("1", "a:r")]):
        place = WarcPlace(file=file, offset=0, record=record, block_sha256="00")
        said.add(
            Exchange(
                time="", exchange=number, url="", method="GET", started="", seconds=0.0, status=200, size=0,
                sha256="00", warc=place,
            )
        )  # fmt: skip
    assert [each.exchange for each in said.places("a")] == [0]
    assert [each.exchange for each in said.places("a\0b")] == [1, 2]
    assert said.place("a", "b\0r") is None

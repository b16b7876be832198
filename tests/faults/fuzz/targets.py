"""The parsers of foreign bytes, each with bytes to begin with: a result, or an error of ours; never anything else."""

from __future__ import annotations

import gzip
import io
import json
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from capture.extractors.feed.json_feed import read_json_feed
from capture.extractors.feed.xml_feed import read_xml_feed
from capture.extractors.gallery.located import objects_in
from capture.extractors.telegram.stored_preview import preview_in
from capture.extractors.video.hls import read_playlist
from capture.page.read_page import read_page
from capture.request.credentials import load_cookies
from exports.bundle import export_bundle
from exports.custody.receipt import FORMAT, open_receipt
from exports.verification import verify
from hashing.atproto.plc_log import verify_plc_log
from hashing.case.capture_folder import capture_events
from hashing.files.hash_list.read_list import read_list
from hashing.ledger.checkpoint import Checkpoint, parse_checkpoint, sign_checkpoint
from hashing.ledger.keys import load_or_create_signing_key
from hashing.ledger.note import sign_note
from hashing.ledger.trusted_time.authority import ask
from hashing.ledger.trusted_time.token import read_token
from hashing.warc.record import read_records
from tests.capture.photo.making import camera_exif, encoded, examine
from tests.exports.small_case import OFFICER, CaseMaker, Thing, photo
from tests.hashing.atproto.vectors import DIDS, FOLDER, vector
from tests.servers.telegram import TelegramSite
from tests.servers.telegram import photo as telegram_photo
from tests.servers.telegram import text as telegram_text
from tests.servers.time_authority import TimeAuthority
from validation.scenes import known_scenes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_URL = "https://a.example/"


@dataclass(frozen=True, slots=True)
class Target:
    """What is fed, and with what it begins."""

    feed: Callable[[bytes], object]
    seeds: Callable[[], Sequence[bytes]]


@cache
def _room() -> Path:
    return Path(tempfile.mkdtemp(prefix="goldenhour-fuzz-"))


def _stored(data: bytes, name: str) -> Path:
    path = _room() / name
    path.write_bytes(data)
    return path


@cache
def _case() -> CaseMaker:
    key, _ = load_or_create_signing_key(_room() / "key.pem")
    maker = CaseMaker(_room() / "case", key)
    maker.capture([Thing("one.jpg", photo(1, (32, 24)))])
    return maker


@cache
def _bundle(name: str) -> Path:
    maker = _case()
    zipped = name.endswith(".zip")
    return export_bundle(maker.case, key=maker.key, officer=OFFICER, output=_room() / name, zipped=zipped).path


def _ledger(data: bytes) -> None:
    path = _room() / "capture"
    path.mkdir(exist_ok=True)
    (path / "ledger.jsonl").write_bytes(data)
    list(capture_events(path))


def _in_bundle(data: bytes) -> None:
    """Put bytes in the place of one file of a bundle, which the first byte chooses, and verify it."""
    bundle = _bundle("bundle")
    files = sorted(path for path in bundle.rglob("*") if path.is_file())
    victim = files[data[0] % len(files)] if data else files[0]
    whole = victim.read_bytes()
    victim.chmod(0o600)
    try:
        victim.write_bytes(data[1:])
        verify(bundle)
    finally:
        victim.write_bytes(whole)


def _bundle_files() -> list[bytes]:
    files = sorted(path for path in _bundle("bundle").rglob("*") if path.is_file())
    return [bytes([number]) + path.read_bytes() for number, path in enumerate(files)]


def _served(name: str) -> bytes:
    answers = [each for scene in known_scenes() for each in scene.answers.items()]
    return next(answer.body for url, answer in answers if url.endswith(name))


def _page() -> bytes:
    return gzip.decompress(_served("market-street-fire.html"))


def _json_feed() -> bytes:
    entry = {
        "id": "1",
        "url": "https://news.example/1",
        "content_html": "<p>fire",
        "date_published": "2026-03-01T18:00Z",
    }
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "t", "items": [entry]}).encode()


def _checkpoint() -> bytes:
    return sign_checkpoint(Checkpoint("goldenhour/00", 3, bytes(32)), _case().key).encode()


def _tokens() -> list[bytes]:
    with TimeAuthority(_room() / "authority") as authority:
        return [ask(authority.url(), _checkpoint()).data]


def _hash_list(data: bytes) -> None:
    list(read_list(io.BytesIO(data)))


def _records(data: bytes) -> None:
    for record in read_records(io.BytesIO(data)):
        assert record is not None


def _preview() -> bytes:
    site = TelegramSite()
    site.add(7, telegram_text("Smoke") + telegram_photo("https://cdn4.telesco.pe/file/1.jpg", 7), meta="edited ")
    return site.posts[7].encode()


TARGETS = {
    "ledger": Target(_ledger, lambda: [next(_case().path.glob("captures/*/ledger.jsonl")).read_bytes()]),
    "checkpoint": Target(parse_checkpoint, lambda: [_checkpoint()]),
    "receipt": Target(open_receipt, lambda: [sign_note("{}\n", FORMAT, _case().key).encode()]),
    "hash list": Target(
        _hash_list,
        lambda: [
            b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  empty\n",
            b"SHA256 (a) = e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n",
            b"%%%% HASHDEEP-1.0\n%%%% size,md5,sha256,filename\n## \n",
        ],
    ),
    "bundle": Target(_in_bundle, _bundle_files),
    "zip": Target(lambda data: verify(_stored(data, "fuzzed.zip")), lambda: [_bundle("bundle.zip").read_bytes()]),
    "warc": Target(_records, lambda: [next(_case().path.rglob("*.warc.gz")).read_bytes()]),
    "token": Target(read_token, _tokens),
    "car": Target(vector("reply").verify, lambda: [vector("reply").car]),
    "identity log": Target(
        lambda data: verify_plc_log(data, did=DIDS["alice"]), lambda: [(FOLDER / "alice.plc-audit.json").read_bytes()]
    ),
    "feed in XML": Target(
        lambda data: list(read_xml_feed(data, url=_URL, content_type="").entries), lambda: [_served("feed.xml")]
    ),
    "feed in JSON": Target(lambda data: list(read_json_feed(data, url=_URL).entries), lambda: [_json_feed()]),
    "page": Target(lambda data: read_page(data, url=_URL), lambda: [_page()]),
    "photo": Target(
        lambda data: examine(_stored(data, "photo")),
        lambda: [encoded(name, exif=camera_exif()) for name in ("JPEG", "PNG", "WEBP", "TIFF", "GIF")],
    ),
    "playlist": Target(
        lambda data: read_playlist(data.decode("utf-8", "replace"), _URL),
        lambda: [b"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\none.ts\n#EXT-X-ENDLIST\n"],
    ),
    "preview of Telegram": Target(lambda data: preview_in(io.BytesIO(data), "", _URL), lambda: [_preview()]),
    "posts in an answer": Target(
        lambda data: objects_in(io.BytesIO(data), ""),
        lambda: [
            b'[{"id": 7, "user": {"pk": "u7"}}]',
            b'<p><script type="application/json">{"id": "7\\u0041"}</script>',
        ],
    ),
    "cookies": Target(
        lambda data: load_cookies(_stored(data, "cookies")),
        lambda: [b"# Netscape HTTP Cookie File\n.a.example\tTRUE\t/\tTRUE\t0\tname\tvalue\n"],
    ),
}

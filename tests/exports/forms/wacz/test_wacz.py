from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from exports.format.cdxj import surt
from exports.forms.conversion import convert
from tests.exports.bundles import bundle_of
from tests.exports.forms.csv_file.formulas import FORMULAS
from tests.exports.forms.wacz.site import FILES, LARGE, captured_site
from tests.exports.small_case import Thing, make_case, photo
from tests.patience import PATIENCE

Json = dict[str, str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """Capture the site; return its bundle, the WACZ of it, and the address that it had."""
    bundle, url = captured_site(tmp_path_factory.mktemp("site"))
    return bundle, convert(bundle, "wacz").path, url


def judged(wacz: Path) -> subprocess.CompletedProcess[str]:
    """Have py-wacz, the reference implementation, judge a WACZ."""
    command = [str(Path(sys.executable).with_name("wacz")), "validate", "-f", str(wacz)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)


def read_index(archive: zipfile.ZipFile) -> list[Json]:
    """Return what each line of the index says, with the line's key."""
    lines = archive.read("indexes/index.cdxj").decode().splitlines()
    assert lines == sorted(lines)
    return [{**json.loads(line.split(" ", 2)[2]), "key": line.split(" ")[0]} for line in lines]


def payload(archive: zipfile.ZipFile, place: Json) -> bytes:
    """Return the body that warcio, the reference implementation, finds where the index points to."""
    start = int(place["offset"])
    member = archive.read(f"archive/{place['filename']}")[start : start + int(place["length"])]
    record = next(iter(ArchiveIterator(io.BytesIO(member))))
    assert record.rec_headers.get_header("WARC-Target-URI") == place["url"].replace(" ", "%20")  # as warcio mends it
    body: bytes = record.content_stream().read()
    return body


def test_outside_judges_accept_it(made: tuple[Path, Path, str], tmp_path: Path) -> None:
    """py-wacz finds the WACZ valid, and warcio every WARC in it."""
    _, wacz, _ = made
    verdict = judged(wacz)
    assert "the passed WACZ is valid" in verdict.stdout, verdict.stdout + verdict.stderr
    with zipfile.ZipFile(wacz) as archive:
        warcs = [name for name in archive.namelist() if name.startswith("archive/")]
        archive.extractall(tmp_path, warcs)
    assert len(warcs) == 2
    for name in warcs:
        command = [str(Path(sys.executable).with_name("warcio")), "check", "-v", str(tmp_path / name)]
        checked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
        assert checked.returncode == 0, checked.stdout
        assert "digest pass" in checked.stdout


def test_every_answer_is_found_where_the_index_points(made: tuple[Path, Path, str]) -> None:
    """Page, photos, redirect, and bodies that were too large for the captured WARC are all there, byte for byte."""
    _, wacz, url = made
    with zipfile.ZipFile(wacz) as archive:
        places = {place["url"].removeprefix(url): place for place in read_index(archive)}
        assert places.keys() == {*FILES, "/moved"}
        assert places["/moved"]["status"] == "302"
        for path, body in FILES.items():
            assert payload(archive, places[path]) == body
            assert places[path]["digest"] == f"sha256:{hashlib.sha256(body).hexdigest()}"
        assert places["/plain.mp4"]["mime"] == "video/mp4"
        assert not [info for info in archive.infolist() if info.compress_type != zipfile.ZIP_STORED]


def test_no_file_has_the_head_of_a_zip64(made: tuple[Path, Path, str]) -> None:
    """No file's head in the zip has an extra field that its entry in the directory lacks: replay tools expect none."""
    _, wacz, _ = made
    data = wacz.read_bytes()
    with zipfile.ZipFile(wacz) as archive:
        for info in archive.infolist():
            assert data[info.header_offset + 28 : info.header_offset + 30] == b"\0\0"


def test_the_captured_file_stays_as_it_was_sealed(made: tuple[Path, Path, str]) -> None:
    """The captured WARC goes in byte for byte; the list of all leads to the bundle's seal."""
    bundle, wacz, url = made
    with zipfile.ZipFile(bundle) as sealed, zipfile.ZipFile(wacz) as archive:
        (captured,) = [name for name in sealed.namelist() if name.endswith("exchanges-00001.warc.gz")]
        (copied,) = [name for name in archive.namelist() if name.endswith("-00001.warc.gz")]
        assert sealed.read(captured) == archive.read(copied)
        package = json.loads(archive.read("datapackage.json"))
        manifest = sealed.read("site/data/manifest.json")
        assert package["evidence"]["manifest"] == f"sha256:{hashlib.sha256(manifest).hexdigest()}"
        (page,) = map(json.loads, archive.read("pages/pages.jsonl").splitlines()[1:])
    assert (page["title"], page["url"]) == ("Fire on Market Street", package["mainPageUrl"])
    assert page["url"].startswith(url)
    assert "It was dark." in page["text"]


def test_credentials_are_not_in_it(made: tuple[Path, Path, str]) -> None:
    """Nothing but what the bundle's own files hold goes in, so what was replaced there is replaced here."""
    bundle, wacz, _ = made
    with zipfile.ZipFile(bundle) as sealed, zipfile.ZipFile(wacz) as archive:
        requests = [
            record.http_headers.to_str()
            for name in archive.namelist()
            if name.startswith("archive/")
            for record in ArchiveIterator(io.BytesIO(archive.read(name)))
            if record.rec_type == "request"
        ]
        assert sealed.testzip() is None
    assert requests
    assert not [each for each in requests if "authorization" in each.lower() or "cookie" in each.lower()]


def test_hostile_names_make_a_valid_one(tmp_path: Path) -> None:
    """Titles, names and addresses of every kind are data: the WACZ is valid, and each answer is found."""
    maker = make_case(tmp_path)
    scene = "https://news.example/a b\u202e/\x00?q= \n|"
    things = [Thing(f"{n}.jpg", photo(n), url=f"{scene}{text}", claimed_name=text) for n, text in enumerate(FORMULAS)]
    maker.capture(things, scene, title="\x1b[2J" * 99)
    wacz = convert(bundle_of(maker, tmp_path / "bundle"), "wacz").path
    assert "the passed WACZ is valid" in judged(wacz).stdout
    with zipfile.ZipFile(wacz) as archive:
        assert {payload(archive, place) for place in read_index(archive)} == {thing.body for thing in things}


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://www.Example.COM/", "com,example)/"),
        ("http://www2.a.example.org:80/A/b/", "org,example,a)/a/b"),
        ("https://example.org:8443/x?b=2&a=1&A=0", "org,example:8443)/x?a=0&a=1&b=2"),
        ("http://127.0.0.1:8080/x", "1,0,0,127:8080)/x"),
        ("http://[::1]/x", "::1)/x"),
        ("https://example.org", "org,example)/"),
        ("at://did:plc:abc/app.bsky.feed.post/1", "at://did:plc:abc/app.bsky.feed.post/1"),
        ("https://example.org:port/ x", "https://example.org:port/%20x"),
        ("http://[::1", "http://[::1"),
        ("https://example.org/\ud800", "org,example)/%ED%A0%80"),
    ],
)
def test_keys_of_addresses(url: str, key: str) -> None:
    """Keys are as other tools make them, and whatever an address holds its key has no blank."""
    assert surt(url) == key


def test_bodies_are_as_large_as_they_should_be() -> None:
    """The site's large bodies are indeed too large for a captured WARC."""
    assert len(LARGE) > 8 << 20

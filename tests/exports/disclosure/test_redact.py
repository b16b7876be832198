from __future__ import annotations

import base64
import json
import re
import stat
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from exports.bundle import Bundle, export_bundle
from exports.disclosure.making.request import DisclosureRequest
from exports.disclosure.openings import load_openings
from exports.errors import NotRedactable
from exports.format.disclosure_form import EXCHANGES, MASKED, MASKED_PROOFS, SHOWN
from exports.verification import verify
from hashing.case.custody import Handling, record_custody
from hashing.case.events import Custody, PostRead
from hashing.case.facts import Fact
from hashing.case.post import Account, Post
from hashing.case.redaction import WORDS
from hashing.errors import BadFormat, WouldOverwrite
from hashing.times import system_clock, time_text
from tests.exports.disclosure.opened import where
from tests.exports.disclosure.test_only import change, folder, reasons
from tests.exports.format.test_readme import commands, run
from tests.exports.listed import entries_of, head_of
from tests.exports.small_case import OFFICER, CaseMaker, Thing, make_case, photo

if TYPE_CHECKING:
    from collections.abc import Callable

POST = Post(
    platform="fediverse",
    server="social.example",
    id="https://social.example/@ann/1",
    author=Account(handle="ann_lee_1", name="Ann Lee"),
    text="Smoke over the market",
    location="Harbour Street",
)
FACTS = (
    Fact("camera make", "Leica Testing", "EXIF Make"),
    Fact("GPS latitude", 51.24178, "EXIF GPSLatitude"),
    Fact("author", "Jo Fotograf", "EXIF Artist"),
)
SECRETS = {
    "url": ["news.example", "front.jpg", "social.example/@ann/1"],
    "author": ["Ann Lee", "ann_lee_1", "Jo Fotograf"],
    "text": ["Smoke over the market"],
    "description": ["The front of the shop"],
    "facts": ["Leica Testing", "51.24178", "Harbour Street"],
    "place": ["51.24178", "Harbour Street"],
    "network": ["203.0.113.7", "24 Nov 2026 10:15:02"],
    "officer": ["Mary Price"],
    "content": [],
}
"""What of the first two items each word withholds."""


@pytest.fixture
def maker(tmp_path: Path) -> CaseMaker:
    """Make a case of a photo with facts, a post, and one more photo."""
    return made(tmp_path)


def made(tmp_path: Path, *, commits: bool = True) -> CaseMaker:
    """Make that case, as this goldenhour or as the first one made it."""
    maker = make_case(tmp_path)
    capture = maker.begin()
    capture.commits = commits
    capture.add(Thing("front.jpg", photo(1), alt="The front of the shop", facts=FACTS))
    post = capture.add(Thing("post.json", b'{"id":1}', "post", "application/json"))
    capture.events.append(PostRead(time=time_text(system_clock()), ref=post.ref, post=POST))
    capture.add(Thing("crowd.jpg", photo(2)))
    capture.seal()
    return maker


def redacted(maker: CaseMaker, output: Path, *words: str, refs: tuple[str, ...] = (), **options: object) -> Bundle:
    """Disclose the first two items without these words, as an officer under a number."""
    request = DisclosureRequest(items=refs or ("MP/1-0001", "MP/1-0002"), redact=words)
    return export_bundle(maker.case, key=maker.key, officer="Officer 4711", output=output, only=request, **options)  # type: ignore[arg-type] # options are those of export_bundle


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("ending", ["", ".zip"])
def test_each_word_withholds_what_it_says(maker: CaseMaker, tmp_path: Path, word: str, ending: str) -> None:
    """Nothing of what a word withholds stands anywhere in the bundle, which verifies; its openings give it all back."""
    handed = Handling(action="opened", reason="seen")
    record_custody(maker.case, ["MP/1"], handed, key=maker.key, officer=OFFICER)
    words = {word, *(["content"] if word in {"author", "text", "facts", "place"} else [])}
    bundle = redacted(maker, tmp_path / f"out{ending}", *words, zipped=bool(ending))
    assert where(bundle.path, *SECRETS[word]) == []
    openings = load_openings(bundle.openings) if bundle.openings else None
    found = verify(bundle.path, openings=openings)
    assert (found.verdict, found.problems) == ("ok", ())
    assert set(found.disclosed[0].redacted) == set(bundle.redacted) >= words
    told = json.dumps([opened.values for opened in found.opened])
    assert all(secret in told for secret in SECRETS[word])


def test_what_is_not_withheld_is_shown(maker: CaseMaker, tmp_path: Path) -> None:
    """The manifest says what is shown, and that the rest is withheld."""
    bundle = redacted(maker, tmp_path / "out", "place", "content")
    assert where(bundle.path, "Leica Testing")
    assert where(bundle.path, "Smoke over the market")
    item = entries_of(bundle.path)[0]
    assert (item["withheld"], item["sha256"]) == (True, sha256(photo(1)).hexdigest())
    assert not (bundle.path / item["path"]).exists()
    url = redacted(maker, tmp_path / "url", "url", refs=("MP/1-0001",))
    [capture] = head_of(url.path)["captures"]
    [item] = entries_of(url.path)
    assert (capture["started"]["scene"], item["url"]) == ("[withheld]", "[withheld]")
    assert (url.path / item["path"]).read_bytes() == photo(1)
    assert not (folder(url.path) / EXCHANGES).exists()


def test_other_tools_accept_it(maker: CaseMaker, tmp_path: Path) -> None:
    """Bagit accepts a redacted bundle, and every command of its README works."""
    bundle = redacted(maker, tmp_path / "out", "url", "officer", "content").path
    done = run(bundle, commands(bundle), tmp_path)
    assert done.returncode == 0, done.stderr
    assert "is valid" in done.stderr


def test_by_hand(maker: CaseMaker, tmp_path: Path) -> None:
    """Who follows RFC 9901 with standard tools finds an opening's digest in the masked form."""
    bundle = redacted(maker, tmp_path / "out", "description")
    assert bundle.openings is not None
    opening = load_openings(bundle.openings).openings[0].withheld[0]
    digest = base64.urlsafe_b64encode(sha256(opening.encode()).digest()).rstrip(b"=")
    assert digest in (folder(bundle.path) / MASKED).read_bytes()
    salt, word, members = json.loads(base64.urlsafe_b64decode(opening + "=="))
    assert (word, members) == ("description", {"alt": "The front of the shop"})
    assert where(bundle.path, salt) == []


def test_no_salt_of_a_masked_line_is_handed_over(maker: CaseMaker, tmp_path: Path) -> None:
    """The salts of the lines of which parts are withheld stand nowhere in the bundle, nor in the openings."""
    bundle = redacted(maker, tmp_path / "out", "url")
    [ledger] = maker.path.glob("captures/*/ledger.jsonl")
    masked = [json.loads(line) for line in (folder(bundle.path) / MASKED).read_bytes().splitlines()]
    withheld = {(line["event"], line.get("ref"), line.get("exchange")) for line in masked}
    lines = [json.loads(line) for line in ledger.read_bytes().splitlines()]
    salts = [line["salt"] for line in lines if (line["event"], line.get("ref"), line.get("exchange")) in withheld]
    assert len(salts) >= 5
    assert where(bundle.path, *salts) == []
    assert bundle.openings is not None
    assert not any(salt in bundle.openings.read_text() for salt in salts)


def test_the_openings_are_the_owners_alone(maker: CaseMaker, tmp_path: Path) -> None:
    """The openings stand beside the bundle, for their owner alone, and nothing is overwritten by them."""
    bundle = redacted(maker, tmp_path / "out", "url")
    assert bundle.openings == tmp_path / "out.openings.json"
    assert stat.S_IMODE(bundle.openings.stat().st_mode) == 0o600
    (tmp_path / "other.openings.json").write_text("mine")
    with pytest.raises(WouldOverwrite):
        redacted(maker, tmp_path / "other", "url")


def test_the_log_names_the_words_and_not_the_values(maker: CaseMaker, tmp_path: Path) -> None:
    """The custody log says what was withheld by its name."""
    redacted(maker, tmp_path / "out", "description", "network")
    told = [event for event in maker.case.events() if isinstance(event, Custody)]
    assert {event.redacted for event in told} == {("description", "network")}
    assert b"The front of" not in (maker.path / "ledger.jsonl").read_bytes()
    assert verify(maker.path).verdict == "ok"


@pytest.mark.parametrize("word", ["author", "text", "facts", "place"])
def test_what_the_bytes_say_is_not_withheld_in_vain(maker: CaseMaker, tmp_path: Path, word: str) -> None:
    """What stands in the bytes of an item is not withheld while the bytes are handed over, and nothing is recorded."""
    before = (maker.path / "ledger.jsonl").read_bytes()
    with pytest.raises(NotRedactable, match="its bytes say what is to be withheld"):
        redacted(maker, tmp_path / "out", word)
    assert (maker.path / "ledger.jsonl").read_bytes() == before
    assert not list(tmp_path.glob("*out*"))


@pytest.mark.parametrize(
    ("body", "kind", "mime"),
    [
        (b'<a href="https://news.example/page.html">', "page", "text/html"),
        (b'{"url":"https:\\/\\/x","u":"news.example/page.html"}', "data", "application/json"),
        (b'{"alt":"Fl\\u00e4mmchen \\"hier\\""}', "data", "application/json"),
        ("<p>Flämmchen &quot;hier&quot;".encode(), "page", "text/html"),
    ],
)
def test_a_value_that_still_stands_elsewhere(tmp_path: Path, body: bytes, kind: str, mime: str) -> None:
    """A value that another file of the bundle still tells, however written, is found before anything is handed over."""
    maker = make_case(tmp_path)
    capture = maker.begin()
    capture.add(Thing("page.html", body, kind, mime, alt='Flämmchen "hier"'))
    capture.seal()
    before = (maker.path / "ledger.jsonl").read_bytes()
    with pytest.raises(NotRedactable, match="would still be told") as refused:
        redacted(maker, tmp_path / "out", "url", "description", refs=("MP/1-0001",))
    assert "/items/" in str(refused.value)
    assert (maker.path / "ledger.jsonl").read_bytes() == before
    assert not list(tmp_path.glob("*out*"))


def test_an_officer_who_hands_over_under_the_name_that_is_withheld(maker: CaseMaker, tmp_path: Path) -> None:
    """The officer's name is found where the officer who hands over bears it."""
    request = DisclosureRequest(items=("MP/1-0001",), redact=("officer",))
    with pytest.raises(NotRedactable, match="'Mary Price'"):
        export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "out", only=request)


def test_a_capture_of_the_first_goldenhour(tmp_path: Path) -> None:
    """A capture that commits to nothing is disclosed whole or without its bytes; to withhold more is refused."""
    maker = made(tmp_path, commits=False)
    with pytest.raises(NotRedactable, match="sealed before goldenhour could withhold"):
        redacted(maker, tmp_path / "out", "url")
    assert verify(redacted(maker, tmp_path / "whole").path).verdict == "ok"
    assert verify(redacted(maker, tmp_path / "content", "content").path).verdict == "ok"


def test_an_unknown_word() -> None:
    """A word that names nothing is refused, not ignored."""
    with pytest.raises(NotRedactable, match="faces: not a word"):
        DisclosureRequest(items=("MP/1-0001",), redact=("faces",))


def _first(edit: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    return lambda data: b"\n".join([edit(data.splitlines()[0]), *data.splitlines()[1:], b""])


def _without_a_digest(line: bytes) -> bytes:
    form = json.loads(line)
    form["_sd"] = form["_sd"][1:]
    return json.dumps(form, separators=(",", ":"), sort_keys=True).encode()


@pytest.mark.parametrize(
    ("file", "edit", "reason"),
    [
        (MASKED, _first(_without_a_digest), "not proven to stand in the sealed ledger|does not commit to"),
        (MASKED, _first(lambda line: line.replace(b"GET", b"PUT").replace(b"MP/1", b"MP/2")), "is not proven to stand"),
        (MASKED_PROOFS, _first(lambda line: line.rpartition(b" ")[0]), "is not proven to stand"),
        (MASKED_PROOFS, lambda data: b"".join(data.splitlines(keepends=True)[1:]), "not every line has a proof"),
        (SHOWN, lambda data: b"\n".join([*reversed(data.splitlines()), b""]), "does not commit to"),
        (SHOWN, lambda data: b"".join(data.splitlines(keepends=True)[1:]), "does not commit to|has its disclosures"),
        (SHOWN, _first(lambda line: line + b" !!"), "not a disclosure"),
    ],
)
def test_a_masked_line_that_was_changed(
    maker: CaseMaker, tmp_path: Path, file: str, edit: Callable[[bytes], bytes], reason: str
) -> None:
    """A masked form with one digest less, a false proof, or a disclosure of another line is named."""
    bundle = redacted(maker, tmp_path / "out", "description", "network").path
    change(folder(bundle) / file, edit)
    assert re.search(reason, reasons(verify(bundle)))


def _opened(maker: CaseMaker, tmp_path: Path, edit: Callable[[str], str]) -> str:
    bundle = redacted(maker, tmp_path / "out", "description")
    assert bundle.openings is not None
    openings = load_openings(bundle.openings)
    changed = [msgspec.structs.replace(o, withheld=tuple(map(edit, o.withheld))) for o in openings.openings]
    return reasons(verify(bundle.path, openings=msgspec.structs.replace(openings, openings=tuple(changed))))


def test_a_false_opening(maker: CaseMaker, tmp_path: Path) -> None:
    """An opening that says something else than what was sealed is refused."""
    false = (
        base64.urlsafe_b64encode(b'["AAAAAAAAAAAAAAAAAAAAAA","description",{"alt":"Another"}]').rstrip(b"=").decode()
    )
    assert "does not commit to" in _opened(maker, tmp_path, lambda _: false)


@pytest.mark.parametrize("text", ["", "é", "x" * 9, "\ud800"])
def test_hostile_openings(maker: CaseMaker, tmp_path: Path, text: str) -> None:
    """What is no disclosure at all is said to be none."""
    assert "openings" not in _opened(maker, tmp_path, lambda _: text)


def test_openings_of_another_bundle(maker: CaseMaker, tmp_path: Path) -> None:
    """Openings of lines that are not here, or are whole, are named; so are openings where nothing is withheld."""
    first = redacted(maker, tmp_path / "first", "url", refs=("MP/1-0003",))
    second = redacted(maker, tmp_path / "second", "description", refs=("MP/1-0001",))
    assert first.openings is not None
    openings = load_openings(first.openings)
    assert "is not here, or nothing of it is withheld" in reasons(verify(second.path, openings=openings))
    assert "of a disclosure, and this is none" in reasons(verify(maker.path, openings=openings))


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"format":"x","case":"","bundle":"","openings":[]}', b"[" * 9999]
)
def test_no_file_of_openings(tmp_path: Path, data: bytes) -> None:
    """What is no file of openings is refused with a sentence."""
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(BadFormat, match="not a file of openings"):
        load_openings(tmp_path / "file")


def test_bagit_judges_the_zip(maker: CaseMaker, tmp_path: Path) -> None:
    """A redacted zip, unpacked, is a valid bag."""
    bundle = redacted(maker, tmp_path / "out.zip", "url", zipped=True)
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(bundle.path), str(tmp_path / "unpacked")], check=True)
    [top] = (tmp_path / "unpacked").iterdir()
    command = [sys.executable, str(Path(sys.executable).with_name("bagit.py")), "--validate", str(top)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0

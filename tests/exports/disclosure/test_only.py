from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.bundle import Bundle, export_bundle
from exports.disclosure.making.request import DisclosureRequest, parse_items
from exports.errors import NothingToExport, NotWhole
from exports.format.disclosure_form import EXCHANGES, LINES, PROOFS, Inclusion
from exports.verification import verify
from hashing.case.custody import Handling, record_custody
from hashing.case.events import CaptureResumed, CaptureSealed, Custody
from hashing.errors import BadFormat
from hashing.ledger.keys import load_or_create_signing_key
from hashing.ledger.merkle import leaf_hash
from hashing.times import system_clock, time_text
from tests.exports.disclosure.opened import where
from tests.exports.format.test_readme import commands, run
from tests.exports.small_case import OFFICER, CaseMaker, Thing, make_case, photo
from tests.exports.social_case import social_case

if TYPE_CHECKING:
    from collections.abc import Callable

    from exports.verification import Verification


@pytest.fixture
def maker(tmp_path: Path) -> CaseMaker:
    """Make a case with two captures: of a page, three photos and one that failed; and of another photo."""
    maker = make_case(tmp_path)
    capture = maker.begin()
    capture.add(Thing("page.html", b"<p>hi", "page", "text/html", text="hi"))
    capture.add(Thing("front.jpg", photo(1), alt="The front"))
    capture.add(Thing("crowd.jpg", photo(2), alt="Bystanders"))
    capture.add(Thing("child.jpg", photo(3), alt="A child", partial="the connection ended"))
    capture.fail("https://news.example/gone.jpg", "the server answered 404 Not Found")
    capture.skip("https://news.example/film.mp4", "video: not asked for")
    capture.seal()
    maker.capture([Thing("roof.jpg", photo(4))], "https://other.example/roof.html")
    return maker


def captured(maker: CaseMaker, exhibit: str = "MP/1") -> Path:
    """Return the folder of a capture in the case."""
    [name] = (
        each.capture for each in maker.case.events() if isinstance(each, CaptureSealed) and each.exhibit == exhibit
    )
    return maker.path / "captures" / name


def disclose(maker: CaseMaker, output: Path, *refs: str, **options: object) -> Bundle:
    """Disclose items with the case's own key."""
    request = DisclosureRequest(items=refs, receiver="Ada Cole")
    return export_bundle(maker.case, key=maker.key, officer=OFFICER, output=output, only=request, **options)  # type: ignore[arg-type] # options are those of export_bundle


def folder(bundle: Path) -> Path:
    """Return the folder of the one capture in a bundle."""
    [capture] = (bundle / "data" / "captures").iterdir()
    return capture


def change(file: Path, edit: Callable[[bytes], bytes]) -> None:
    """Change a file of a bundle."""
    file.chmod(0o600)
    before = file.read_bytes()
    file.write_bytes(edit(before))
    assert file.read_bytes() != before


def reasons(found: Verification) -> str:
    """Return what is wrong, but for the digests that every change breaks."""
    assert found.verdict == "mismatch"
    return "\n".join(problem.reason for problem in found.problems)


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_items_are_proven_without_the_rest(maker: CaseMaker, tmp_path: Path, name: str) -> None:
    """A disclosure verifies, as a folder and as a zip, and says how many items are withheld."""
    bundle = disclose(maker, tmp_path / name, "MP/1-0002", "MP/1-0004", zipped=name.endswith("zip"))
    found = verify(bundle.path)
    assert found.verdict == "ok"
    assert [(each.exhibit, each.items, each.withheld) for each in found.disclosed] == [("MP/1", 2, 2)]
    assert (bundle.only, bundle.items, bundle.withheld) == (("MP/1-0002", "MP/1-0004"), 2, 2)
    assert [seal.exhibit for seal in found.seals] == ["", "MP/1"]


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_nothing_tells_of_what_is_withheld(maker: CaseMaker, tmp_path: Path, name: str) -> None:
    """No reference, name, address, description or hash of a withheld item stands in any file of the bundle."""
    record_custody(maker.case, ["MP/1-0003"], Handling(action="opened", reason="see x"), key=maker.key, officer="M")
    record_custody(maker.case, ["MP/2"], Handling(action="opened", reason="see y"), key=maker.key, officer="M")
    record_custody(maker.case, ["MP/1"], Handling(action="opened", reason="see z"), key=maker.key, officer="M")
    bundle = disclose(maker, tmp_path / name, "MP/1-0002", zipped=name.endswith("zip"))
    others = [
        "MP/1-0001",
        "MP/1-0003",
        "MP/1-0004",
        "MP/1-0005",
        "MP/2",
        "crowd",
        "child.jpg",
        "roof.jpg",
        "Bystanders",
    ]
    others += ["gone.jpg", "film.mp4", "0001-text", "see x", "see y", "the connection ended", "other.example"]
    ledger = [json.loads(line) for line in (captured(maker) / "ledger.jsonl").read_bytes().splitlines()]
    rest = [line for line in ledger if line.get("ref") != "MP/1-0002" and line.get("exchange") != 2]
    others += [line["sha256"] for line in rest if "sha256" in line]
    others += [line["warc"]["record"] for line in ledger if "warc" in line and line["exchange"] != 2]
    assert where(bundle.path, *others) == []
    assert where(bundle.path, "see z")


def test_other_tools_accept_it(maker: CaseMaker, tmp_path: Path) -> None:
    """bagit, sha256sum and warcio accept a disclosure, and every command of its README works."""
    bundle = disclose(maker, tmp_path / "out", "MP/1-0002", "MP/1-0001").path
    done = run(bundle, commands(bundle), tmp_path)
    assert done.returncode == 0, done.stderr
    assert "is valid" in done.stderr
    assert "Signature Verified Successfully" in done.stdout
    assert '"event":"capture-finished"' in done.stdout
    first = (folder(bundle) / LINES).read_bytes().splitlines()[0]
    assert leaf_hash(first).hex() in done.stdout
    warcio = [str(Path(sys.executable).with_name("warcio")), "check", str(folder(bundle) / EXCHANGES)]
    assert subprocess.run(warcio, check=False).returncode == 0


def test_items_of_two_captures(maker: CaseMaker, tmp_path: Path) -> None:
    """Items of several exhibits go into one disclosure, each proven under its own seal."""
    bundle = disclose(maker, tmp_path / "out", "MP/2-0001", "MP/1-0003")
    found = verify(bundle.path)
    assert found.verdict == "ok"
    assert [(each.exhibit, each.items, each.withheld) for each in found.disclosed] == [("MP/1", 1, 3), ("MP/2", 1, 0)]


def test_two_officers_disclose_from_one_capture(maker: CaseMaker, tmp_path: Path) -> None:
    """Two officers disclose different items of one capture; both disclosures lead to the same seal of the capture."""
    first = disclose(maker, tmp_path / "first", "MP/1-0002")
    key, _ = load_or_create_signing_key(tmp_path / "hill.pem")
    request = DisclosureRequest(items=("MP/1-0003",))
    second = export_bundle(maker.case, key=key, officer="John Hill", output=tmp_path / "second", only=request)
    found = [verify(first.path), verify(second.path)]
    assert [each.verdict for each in found] == ["ok", "ok"]
    assert len({each.seals[1].root for each in found}) == 1
    assert where(second.path, "MP/1-0002", "front.jpg") == []


def test_the_log_says_to_whom_items_were_disclosed(maker: CaseMaker, tmp_path: Path) -> None:
    """Each item's disclosure is recorded in the case's ledger, which stays whole."""
    disclose(maker, tmp_path / "out", "MP/1-0002", "MP/1-0003")
    told = [event for event in maker.case.events() if isinstance(event, Custody)]
    assert [(event.ref, event.action, event.receiver) for event in told] == [
        ("MP/1-0002", "disclosed", "Ada Cole"),
        ("MP/1-0003", "disclosed", "Ada Cole"),
    ]
    assert verify(maker.path).verdict == "ok"


def test_bytes_of_another_item(maker: CaseMaker, tmp_path: Path) -> None:
    """The bytes of another photo in the place of an item's are found."""
    bundle = disclose(maker, tmp_path / "out", "MP/1-0002").path
    change(folder(bundle) / "items" / "0002-front.jpg", lambda _: photo(2))
    found = verify(bundle)
    assert [fault.path.rpartition("/")[2] for fault in found.altered] == ["0002-front.jpg"]


def test_a_changed_line(maker: CaseMaker, tmp_path: Path) -> None:
    """A line that is not the sealed one is not proven."""
    bundle = disclose(maker, tmp_path / "out", "MP/1-0002").path
    change(folder(bundle) / LINES, lambda data: data.replace(b"The front", b"The rear!"))
    assert "is not proven to stand in the sealed ledger" in reasons(verify(bundle))


def _proofs(edit: Callable[[list[bytes]], list[bytes]]) -> Callable[[bytes], bytes]:
    return lambda data: b"".join(line + b"\n" for line in edit(data.splitlines()))


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], "is not proven to stand"),
        (lambda lines: [lines[0].rpartition(b" ")[0], *lines[1:]], "line 0 is not proven"),
        (lambda lines: [lines[0].replace(b"0 ", b"1 ", 1), *lines[1:]], "does not begin with the line"),
        (lambda lines: lines[:-1], "not every line has a proof"),
        (lambda lines: [*lines, lines[0]], "more proofs than lines"),
        (lambda lines: [b"0 x", *lines[1:]], "not an inclusion proof"),
        (lambda lines: [b"\xff", *lines[1:]], "not an inclusion proof"),
        (lambda lines: [lines[0] + b" " + b"A" * 5000, *lines[1:]], "longer than any"),
    ],
    ids=["of another line", "cut short", "another place", "too few", "too many", "no number", "no text", "too long"],
)
def test_a_wrong_proof(
    maker: CaseMaker, tmp_path: Path, edit: Callable[[list[bytes]], list[bytes]], reason: str
) -> None:
    """A proof that is not of its line, or none at all, is named."""
    bundle = disclose(maker, tmp_path / "out", "MP/1-0002").path
    change(folder(bundle) / PROOFS, _proofs(edit))
    assert reason in reasons(verify(bundle))


def test_a_line_left_out(maker: CaseMaker, tmp_path: Path) -> None:
    """Without the last line, which counts the items, a disclosure does not verify."""
    bundle = disclose(maker, tmp_path / "out", "MP/1-0002").path
    for name in (LINES, PROOFS):
        change(folder(bundle) / name, _proofs(lambda lines: lines[:-1]))
    assert "how many items are withheld is not proven" in reasons(verify(bundle))


def test_a_line_twice(maker: CaseMaker, tmp_path: Path) -> None:
    """A line that stands there twice, with its proof, is named."""
    bundle = disclose(maker, tmp_path / "out", "MP/1-0002").path
    for name in (LINES, PROOFS):
        change(folder(bundle) / name, _proofs(lambda lines: [*lines[:3], lines[2], *lines[3:]]))
    assert "stands there twice" in reasons(verify(bundle))


@pytest.mark.parametrize(
    "edit",
    [
        lambda said: said.pop("disclosure"),
        lambda said: said["disclosure"]["captures"][0].update(items=1, withheld=0),
        lambda said: said["disclosure"].update(only=["MP/1-0002", "MP/1-0003"]),
    ],
    ids=["says nothing", "none withheld", "more items"],
)
def test_a_part_that_claims_to_be_the_whole(
    maker: CaseMaker, tmp_path: Path, edit: Callable[[dict[str, object]], object]
) -> None:
    """A manifest that says that nothing, or less, is withheld is named, whatever the digests say."""
    bundle = disclose(maker, tmp_path / "out", "MP/1-0002").path

    def _edited(data: bytes) -> bytes:
        said = json.loads(data)
        edit(said)
        return json.dumps(said).encode()

    change(bundle / "data" / "manifest.json", _edited)
    assert "disclosure" in reasons(verify(bundle))


def test_a_disclosure_under_the_seal_of_a_whole(maker: CaseMaker, tmp_path: Path) -> None:
    """Single lines in a bundle that was sealed as holding the whole capture are found."""
    whole = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "whole", exhibits=["MP/1"])
    part = disclose(maker, tmp_path / "part", "MP/1-0002").path
    ledger = folder(whole.path) / "ledger.jsonl"
    ledger.chmod(0o600)
    folder(whole.path).chmod(0o700)
    ledger.unlink()
    for name in (LINES, PROOFS):
        (folder(whole.path) / name).write_bytes((folder(part) / name).read_bytes())
    assert "names other items than those that are disclosed here" in reasons(verify(whole.path))


def test_a_record_of_another_exchange(maker: CaseMaker, tmp_path: Path) -> None:
    """Records of an exchange that is not disclosed are found, and those of one that is are missed."""
    first = disclose(maker, tmp_path / "first", "MP/1-0002").path
    second = disclose(maker, tmp_path / "second", "MP/1-0003").path
    change(folder(first) / EXCHANGES, lambda _: (folder(second) / EXCHANGES).read_bytes())
    said = reasons(verify(first))
    assert "is of no exchange disclosed" in said
    assert "holds no record of exchange 2" in said


def test_a_file_more(maker: CaseMaker, tmp_path: Path) -> None:
    """A file that no line disclosed speaks of is named."""
    bundle = disclose(maker, tmp_path / "out", "MP/1-0002").path
    (folder(bundle) / "items").chmod(0o700)
    (folder(bundle) / "items" / "0009-more.jpg").write_bytes(photo(9))
    [added] = verify(bundle).added
    assert added.path.endswith("items/0009-more.jpg")


def test_a_post_without_its_list(tmp_path: Path) -> None:
    """A post that was cut out of a list is disclosed without the list, and it is said that the cut was not checked."""
    maker = social_case(tmp_path)
    bundle = disclose(maker, tmp_path / "out", "MP/1-0002")
    found = verify(bundle.path)
    assert found.verdict == "ok"
    assert any("cut out of MP/1-0001" in note for note in found.notes)
    assert any("cut out of MP/1-0001" in remark for remark in bundle.remarks)
    assert where(bundle.path, "tag.json") == []
    with_list = verify(disclose(maker, tmp_path / "both", "MP/1-0002", "MP/1-0001").path)
    assert (with_list.verdict, [n for n in with_list.notes if "cut out" in n]) == ("ok", [])


def test_a_signed_proof_alone(tmp_path: Path) -> None:
    """A signed proof is checked where what it needs is disclosed too, and said to be unchecked where not."""
    maker = social_case(tmp_path)
    alone = verify(disclose(maker, tmp_path / "alone", "MP/1-0006").path)
    assert alone.verdict == "ok"
    assert any("MP/1-0006 is a signed proof of what is withheld in part" in note for note in alone.notes)
    whole = verify(disclose(maker, tmp_path / "whole", "MP/1-0004", "MP/1-0005", "MP/1-0006").path)
    assert whole.verdict == "ok"
    assert any("records proven: 1" in note for note in whole.notes)


@pytest.mark.parametrize(
    ("refs", "message"),
    [
        (["MP/1-0099"], "MP/1 has no such item"),
        (["MP/1-0005"], r"was not captured \(the server answered 404 Not Found\)"),
        (["MP/9-0001"], "no exhibit MP/9"),
        (["MP/1-2"], "MP/1 has no such item"),
    ],
)
def test_an_item_that_is_not_there(maker: CaseMaker, tmp_path: Path, refs: list[str], message: str) -> None:
    """An item that was never captured cannot be disclosed, and the sentence says why; nothing is left behind."""
    with pytest.raises(NothingToExport, match=message):
        disclose(maker, tmp_path / "out", "MP/1-0002", *refs)
    assert not list(tmp_path.glob("*out*"))


@pytest.mark.parametrize("text", ["", ",", "MP/1", "x", "MP/1-0003.5"])
def test_no_reference_of_an_item(text: str) -> None:
    """What is no item's reference is refused before the case is opened."""
    with pytest.raises(NothingToExport):
        parse_items([text])


def test_a_capture_that_is_not_sealed(maker: CaseMaker, tmp_path: Path) -> None:
    """An item of a capture that still runs cannot be disclosed."""
    capture = maker.begin()
    capture.add(Thing("p.jpg", photo()))
    with pytest.raises(NothingToExport, match="not sealed"):
        disclose(maker, tmp_path / "out", "MP/3-0001")


@pytest.mark.parametrize("file", ["items/0002-front.jpg", "exchanges-00001.warc.gz", "ledger.jsonl"])
def test_a_case_that_was_altered(maker: CaseMaker, tmp_path: Path, file: str) -> None:
    """Nothing is disclosed of a file, an exchange or a ledger that is not as it was sealed."""
    path = captured(maker) / file
    if file == "ledger.jsonl":
        change(path, lambda data: data.replace(b"news.example/front", b"news.example/rear!"))
    else:
        change(path, lambda data: data[:-40] + bytes(40))
    with pytest.raises((NotWhole, BadFormat)):
        disclose(maker, tmp_path / "out", *(["MP/1-0004"] if "warc" in file else ["MP/1-0002"]))
    assert not list(tmp_path.glob("*out*"))


@given(st.binary(max_size=200))
def test_any_proof_line(line: bytes) -> None:
    """Any bytes are a proof in its one form, or not one."""
    try:
        read = Inclusion.parse(line)
    except BadFormat:
        return
    assert read.write() == line


@given(st.integers(0, 1 << 60), st.integers(0, 1 << 60), st.lists(st.binary(min_size=32, max_size=32), max_size=64))
def test_proof_line_round_trip(index: int, size: int, proof: list[bytes]) -> None:
    """A proof is read as it was written."""
    made = Inclusion(index, size, tuple(proof))
    assert Inclusion.parse(made.write()) == made
    assert base64.b64encode(proof[0]) in made.write() if proof else True


def test_a_line_that_names_another_item(tmp_path: Path) -> None:
    """A joined video is disclosed without its parts, and it is said that its line names them."""
    maker = make_case(tmp_path)
    capture = maker.begin()
    capture.add(Thing("part.ts", b"\x00", "segment", "video/mp2t"))
    playlist = capture.add(Thing("hi.m3u8", b"#EXTM3U\n", "playlist", "application/vnd.apple.mpegurl"))
    how = "joined by ffmpeg: MP/1-0001"
    capture.events.append(capture.folder.add_working_copy("2026-11-24T10:15:02Z", playlist.ref, "v.mp4", b"\x01", how))
    capture.seal()
    bundle = disclose(maker, tmp_path / "out", "MP/1-0002")
    assert bundle.remarks == ("MP/1-0002: its line names MP/1-0001, which is withheld",)
    assert verify(bundle.path).verdict == "ok"
    assert disclose(maker, tmp_path / "both", "MP/1-0001", "MP/1-0002").remarks == ()


def test_a_capture_that_another_officer_finished_off(tmp_path: Path) -> None:
    """Items of a capture that was begun under one key and sealed under another are proven under both, not under one."""
    maker = make_case(tmp_path)
    begun_with = maker.key.public
    capture = maker.begin()
    capture.add(Thing("front.jpg", photo()))
    maker.key, _ = load_or_create_signing_key(tmp_path / "hill.pem")
    capture.events.append(
        CaptureResumed(
            time=time_text(system_clock()),
            officer="John Hill",
            signer=maker.key.public.raw.hex(),
            tool="goldenhour",
            found=("https://news.example/secret.jpg: 3 bytes had arrived",),
        )
    )
    capture.seal()
    bundle = disclose(maker, tmp_path / "out", "MP/1-0001")
    assert verify(bundle.path, signers=[begun_with, maker.key.public]).verdict == "ok"
    assert verify(bundle.path, signers=[maker.key.public]).verdict == "unchecked"
    assert where(bundle.path, "secret.jpg") == []

from __future__ import annotations

import json
import shutil
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cli import main
from exports.bundle import export_bundle
from exports.custody.receipt import open_receipt, write_receipt
from exports.verification import verify
from exports.verification.summary import verification_lines
from hashing.case.custody import Handling, record_custody
from hashing.ledger.checkpoint import Checkpoint, sign_checkpoint
from hashing.ledger.keys import SigningKey, load_or_create_signing_key
from hashing.ledger.merkle import MerkleTree
from tests.exports.small_case import CaseMaker, Thing, make_case, photo
from tests.exports.tampering import sign_again

if TYPE_CHECKING:
    from exports.verification import Verification

PHOTO = Thing("one.jpg", photo(1))
OTHER = Thing("two.jpg", photo(2))


@pytest.fixture
def maker(tmp_path: Path) -> CaseMaker:
    """Return a case with a capture and what was done with it."""
    made = make_case(tmp_path)
    made.capture([PHOTO])
    record_custody(made.case, ["MP/1"], Handling(action="opened", reason="to look"), key=made.key, officer="Mary Price")
    return made


@pytest.fixture
def old(maker: CaseMaker, tmp_path: Path) -> Path:
    """Return a bundle of that case; a second capture is made after it."""
    bundle = _export(maker, tmp_path / "old")
    maker.capture([OTHER], scene="https://news.example/later.html")
    return bundle


def _export(maker: CaseMaker, output: Path, *exhibits: str, key: SigningKey | None = None) -> Path:
    zipped = output.suffix == ".zip"
    return export_bundle(
        maker.case, key=key or maker.key, officer="M", output=output, exhibits=exhibits, zipped=zipped
    ).path


def _first(maker: CaseMaker) -> Path:
    """Return the folder of the capture that was made first; names of one second do not tell."""
    return next(maker.path.glob("captures/*/items/*one.jpg")).parents[1]


def _rewrite(path: Path, data: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(data)


def _list_again(bundle: Path) -> None:
    """Write the list of a bag's own files anew, as someone would who wants to hide a change."""
    names = sorted(str(path.relative_to(bundle)) for path in bundle.rglob("*") if path.is_file())
    tags = [name for name in names if not name.startswith(("data/", "tagmanifest"))]
    listed = "".join(f"{sha256((bundle / name).read_bytes()).hexdigest()}  {name}\n" for name in tags)
    _rewrite(bundle / "tagmanifest-sha256.txt", listed.encode())


def _faults(found: Verification) -> list[str]:
    return [each.reason for each in found.problems] + [each.reason for each in found.unchecked]


@pytest.mark.parametrize("name", ["new", "new.zip"])
def test_later_bundle_holds_the_earlier_one(maker: CaseMaker, old: Path, tmp_path: Path, name: str) -> None:
    """A bundle made later, folder or zip, is proven to hold all that the earlier one has, though other things came."""
    assert verify(_export(maker, tmp_path / "between", "MP/2")).verdict == "ok"
    found = verify(_export(maker, tmp_path / name), since=old)
    assert (found.verdict, _faults(found)) == ("ok", [])
    assert found.since is not None
    assert (found.since.holds, found.since.captures, found.since.items, found.since.absent) == (True, 1, 1, ())
    assert found.since.fingerprint == verify(old).seals[0].fingerprint
    assert any("nothing of it removed or changed" in line for line in verification_lines(found))


def test_case_holds_every_earlier_state(maker: CaseMaker, old: Path, tmp_path: Path) -> None:
    """A case can be compared with any bundle of it, any earlier copy of it, and itself."""
    copy = shutil.copytree(maker.path, tmp_path / "copy")
    maker.capture([PHOTO, OTHER])
    for earlier in (old, copy, maker.path):
        assert verify(maker.path, since=earlier).verdict == "ok"


def test_bundle_holds_the_case_that_it_was_made_of(maker: CaseMaker, old: Path, tmp_path: Path) -> None:
    """A copy of the case from just before the export is proven whole by the bundle; from any other time, in part."""
    maker.capture([PHOTO])
    copy = shutil.copytree(maker.path, tmp_path / "copy")
    assert verify(_export(maker, tmp_path / "new"), since=copy).verdict == "ok"
    maker.capture([OTHER])
    found = verify(_export(maker, tmp_path / "newer"), since=copy)
    assert found.verdict == "unchecked"
    assert "holds no proof of the 9 lines" in _faults(found)[0]
    assert "but for the first 5; " in _faults(found)[0]
    assert verify(old).verdict == "ok"


def test_exhibits_left_out_are_not_removed(maker: CaseMaker, old: Path, tmp_path: Path) -> None:
    """An exhibit that a later bundle was not made of is named as not in this bundle, and nothing is wrong."""
    found = verify(_export(maker, tmp_path / "new", "MP/2"), since=old)
    assert found.verdict == "ok"
    assert found.since is not None
    assert (found.since.absent, found.since.captures) == (("MP/1",), 0)
    assert any(line.endswith("; not in this bundle: MP/1") for line in verification_lines(found))


def test_swapped_order(maker: CaseMaker, old: Path, tmp_path: Path) -> None:
    """A later one named as the earlier: lines are not there, and the sentence says that the order may be wrong."""
    found = verify(old, since=_export(maker, tmp_path / "new"))
    assert found.verdict == "mismatch"
    assert "is of 5 lines of the case's ledger, and" in _faults(found)[0]
    assert "or the two were named in the wrong order" in _faults(found)[0]
    assert any("MP/2" in fault for fault in _faults(found))


def test_case_that_was_rolled_back(maker: CaseMaker, tmp_path: Path) -> None:
    """A case restored to an earlier state verifies by itself, and not against what was handed over since."""
    copy = shutil.copytree(maker.path, tmp_path / "copy")
    handed = _export(maker, tmp_path / "handed")
    assert verify(copy).verdict == "ok"
    assert verify(copy, since=handed).verdict == "mismatch"


@pytest.mark.parametrize("change", ["event altered", "event removed", "three lines removed", "two lines swapped"])
def test_history_rewritten_by_the_holder_of_the_key(maker: CaseMaker, old: Path, tmp_path: Path, change: str) -> None:
    """An earlier line altered, removed or moved, and all signed anew by the same key, shows only by comparison."""
    lines = (maker.path / "ledger.jsonl").read_bytes().splitlines(keepends=True)
    place = next(number for number, line in enumerate(lines) if b'"opened"' in line)
    if change == "event altered":
        lines[place] = lines[place].replace(b"to look", b"to copy")
    elif change == "event removed":
        del lines[place]
    elif change == "three lines removed":
        del lines[1:4]
        shutil.rmtree(_first(maker))
    else:
        lines[place], lines[place + 1] = lines[place + 1], lines[place]
    sign_again(maker.path, lines, maker.key)
    new = _export(maker, tmp_path / "new")
    for later in (maker.path, new):
        assert verify(later, signers=[maker.key.public]).verdict == "ok"
        found = verify(later, since=old, signers=[maker.key.public])
        assert found.verdict == "mismatch"
        assert found.since is not None
        assert found.since.holds is False
        assert "in them was removed or changed" in _faults(found)[0]


def test_capture_removed_from_the_history(maker: CaseMaker, old: Path, tmp_path: Path) -> None:
    """A capture taken out of folder and ledger, all signed anew, is named by its exhibit."""
    [capture] = {path.name for path in (old / "data/captures").iterdir()}
    lines = (maker.path / "ledger.jsonl").read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if capture.encode() not in line and b"MP/1" not in line]
    shutil.rmtree(maker.path / "captures" / capture)
    sign_again(maker.path, kept, maker.key)
    for later in (maker.path, _export(maker, tmp_path / "new")):
        assert verify(later).verdict == "ok"
        found = verify(later, since=old)
        assert found.verdict == "mismatch"
        assert any(f"MP/1 ({capture})" in fault for fault in _faults(found))


def test_capture_that_is_gone_or_another(maker: CaseMaker, old: Path) -> None:
    """A capture whose folder is gone from the case, or that was sealed anew, is named by its exhibit."""
    first = _first(maker)
    whole = (first / "checkpoint").read_bytes()
    other, _ = load_or_create_signing_key(maker.path.parent / "other.pem")
    ledger = first / "ledger.jsonl"
    _rewrite(ledger, ledger.read_bytes().replace(maker.key.public.raw.hex().encode(), other.public.raw.hex().encode()))
    tree = MerkleTree()
    for line in ledger.read_bytes().splitlines():
        tree.append(line)
    origin = whole.decode().partition("\n")[0]
    _rewrite(first / "checkpoint", sign_checkpoint(Checkpoint(origin, tree.size, tree.root()), other).encode())
    found = verify(maker.path, since=old)
    assert f"MP/1 was sealed otherwise in {old}" in _faults(found)
    shutil.rmtree(first)
    found = verify(maker.path, since=old)
    assert found.verdict == "mismatch"
    assert f"MP/1 ({first.name}), which {old} holds, is not here whole" in _faults(found)


def test_earlier_one_with_a_forged_capture(maker: CaseMaker, old: Path) -> None:
    """A capture that somebody sealed anew in the earlier one accuses nobody: its ledger vouches for another seal."""
    [note] = old.glob("data/captures/*/checkpoint")
    other, _ = load_or_create_signing_key(maker.path.parent / "other.pem")
    ledger = note.with_name("ledger.jsonl")
    _rewrite(ledger, ledger.read_bytes().replace(maker.key.public.raw.hex().encode(), other.public.raw.hex().encode()))
    tree = MerkleTree()
    for line in ledger.read_bytes().splitlines():
        tree.append(line)
    origin = note.read_text().partition("\n")[0]
    _rewrite(note, sign_checkpoint(Checkpoint(origin, tree.size, tree.root()), other).encode())
    found = verify(maker.path, since=old)
    assert (found.verdict, found.problems) == ("unchecked", ())
    assert found.since is not None
    assert (found.since.holds, found.since.captures, found.since.absent) == (True, 0, ())


def test_item_changed_in_the_later_one(maker: CaseMaker, old: Path, tmp_path: Path) -> None:
    """An item whose bytes are not those of the earlier one is altered, and not counted as the same."""
    new = _export(maker, tmp_path / "new")
    _rewrite(next(new.rglob("*one.jpg")), photo(7))
    found = verify(new, since=old)
    assert found.verdict == "mismatch"
    assert found.since is not None
    assert (found.since.holds, found.since.captures, found.since.items) == (True, 1, 0)


def test_another_case(maker: CaseMaker, old: Path, tmp_path: Path) -> None:
    """What is of another case cannot be compared, though exhibits have the same references."""
    other = make_case(tmp_path / "elsewhere")
    other.capture([PHOTO])
    found = verify(other.path, since=old)
    assert found.verdict == "unchecked"
    assert _faults(found) == [
        f"is of another case than {old}: goldenhour/{other.case.info.id}, and not goldenhour/{maker.case.info.id}"
    ]


def test_earlier_one_not_whole(maker: CaseMaker, old: Path, tmp_path: Path) -> None:
    """What does not match its own seal proves little, and that is said, with what to do."""
    _rewrite(next(old.rglob("*one.jpg")), photo(7))
    found = verify(maker.path, since=old)
    assert found.verdict == "unchecked"
    assert _faults(found) == ["does not match its own seal, so it proves little; verify it alone to see why"]
    assert found.since is not None
    assert (found.since.verdict, found.since.holds) == ("mismatch", True)
    assert verify(maker.path, since=tmp_path / "nowhere").verdict == "unchecked"
    assert verify(tmp_path / "nowhere", since=old).verdict == "unchecked"


@pytest.mark.parametrize("name", ["ledger.jsonl", "checkpoints"])
def test_earlier_case_without_a_sound_seal(maker: CaseMaker, old: Path, tmp_path: Path, name: str) -> None:
    """An earlier copy whose ledger is not the signed one accuses nobody: nothing is compared with it."""
    copy = shutil.copytree(maker.path, tmp_path / "copy")
    if name == "checkpoints":
        shutil.rmtree(copy / name)
    else:
        _rewrite(copy / name, (copy / name).read_bytes().replace(b"to look", b"to copy"))
    assert verify(old).verdict == "ok"
    found = verify(maker.path, since=copy)
    assert found.verdict == "unchecked"
    assert found.since is not None
    assert (found.since.holds, found.since.fingerprint) == (None, "")


def test_signed_by_another_key(maker: CaseMaker, old: Path, tmp_path: Path) -> None:
    """A later seal by a key that signed nothing before is not trusted, unless the user names both keys."""
    other, _ = load_or_create_signing_key(tmp_path / "other.pem")
    new = _export(maker, tmp_path / "new", key=other)
    found = verify(new, since=old)
    assert found.verdict == "unchecked"
    said = f"signed by {other.public.fingerprint()}, which signed nothing in {old}"
    assert _faults(found) == [f"{said}; if you know both keys, name both with --key"]
    assert verify(new, since=old, signers=[maker.key.public, other.public]).verdict == "ok"
    assert verify(new, since=old, signers=[maker.key.public]).verdict == "unchecked"
    assert verify(new, since=old, signers=[other.public]).verdict == "unchecked"


def test_proofs_that_were_dropped(maker: CaseMaker, old: Path, tmp_path: Path) -> None:
    """A bundle without its proofs is not whole, though the bag's own list was mended; nor is it compared."""
    new = _export(maker, tmp_path / "new")
    (new / "seal/consistency").unlink()
    _list_again(new)
    for found in (verify(new), verify(new, since=old)):
        assert found.verdict == "mismatch"
        assert [each.path for each in found.missing] == ["seal/consistency"]


def test_captures_cannot_be_compared(maker: CaseMaker, old: Path) -> None:
    """A capture by itself has no case's ledger: it is refused on either side."""
    capture = maker.case.captures()[0]
    for later, earlier in ((capture, old), (maker.path, capture)):
        found = verify(later, since=earlier)
        assert found.verdict == "unchecked"
        assert _faults(found) == ["has no sound seal of a case's ledger; only cases and bundles can be compared"]


def test_no_byte_of_the_proofs_can_be_changed(maker: CaseMaker, old: Path, tmp_path: Path) -> None:
    """A changed character anywhere in the proofs is found by `verify` alone, though the bag's own list was mended."""
    new = _export(maker, tmp_path / "new")
    proofs = new / "seal/consistency"
    whole = proofs.read_bytes()
    for place in range(0, len(whole) - 1, 5):
        changed = bytearray(whole)
        changed[place] = ord("A") if changed[place] != ord("A") else ord("B")
        _rewrite(proofs, bytes(changed))
        _list_again(new)
        assert verify(new).verdict == "mismatch", place
    assert verify(old).verdict == "ok"


HOSTILE = {
    "empty": b"",
    "no number": b"one\n",
    "another length": b"9\n",
    "huge numbers": b"9" * 5000 + b"\n",
    "huge size": b"7\n" + b"9" * 4000 + b" " + b"A" * 43 + b"=\n",
    "negative": b"7\n-1 " + b"A" * 43 + b"=\n",
    "no root": b"7\n3\n",
    "short root": b"7\n3 AAAA\n",
    "not base64": b"7\n3 \xff\xfe\n",
    "endless proof": b"7\n3" + b" " + b" ".join([b"A" * 43 + b"="] * 10_000) + b"\n",
    "nothing but lines": b"7\n" + b"\n" * 10_000,
    "too large": b"7\n" + b" " * (17 << 20),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_proofs(maker: CaseMaker, old: Path, tmp_path: Path, name: str) -> None:
    """Whatever stands in the place of the proofs is a fault that names their file, and never an exception."""
    new = _export(maker, tmp_path / "new")
    _rewrite(new / "seal/consistency", HOSTILE[name])
    _list_again(new)
    found = verify(new)
    assert found.verdict == "mismatch"
    assert {fault.path for fault in found.problems} == {"seal/consistency"}
    assert verify(new, since=old).verdict == "mismatch"


def test_receipt_says_what_was_compared(maker: CaseMaker, old: Path, tmp_path: Path) -> None:
    """A receipt names the earlier seal that was compared with, and none where nothing was."""
    later = verify(maker.path, since=old)
    assert later.since is not None
    receipt = write_receipt(tmp_path / "a.receipt", later, key=maker.key, officer="John Hill")
    assert open_receipt((tmp_path / "a.receipt").read_bytes()) == receipt
    assert receipt.since is not None
    assert (receipt.since.fingerprint, receipt.since.size) == (later.since.fingerprint, 5)
    alone = verify(maker.path, since=tmp_path / "nowhere")
    assert write_receipt(tmp_path / "b.receipt", alone, key=maker.key, officer="John Hill").since is None


def test_as_typed(maker: CaseMaker, old: Path, tmp_path: Path) -> None:
    """Exit codes 0, 5 and 6, in words and in JSON; a comparison of several paths is refused as a mistake."""
    new = _export(maker, tmp_path / "new.zip")
    typed = CliRunner()

    def _exit(*words: str | Path) -> tuple[int, str]:
        result = typed.invoke(main, ["verify", *map(str, words)])
        return result.exit_code, result.stdout

    code, said = _exit(new, "--since", old)
    assert code == 0
    assert f"since      {old}: nothing of it removed or changed; the same in both: 1 capture, 1 item" in said
    code, said = _exit(new, "--since", old, "--json")
    assert (code, json.loads(said)["since"]["holds"]) == (0, True)
    assert json.loads(_exit(new, "--json")[1])["since"] is None
    assert _exit(old, "--since", new)[0] == 5
    assert _exit(new, "--since", maker.case.captures()[0])[0] == 6
    assert _exit(new, old, "--since", old)[0] == 2
    assert _exit(new, "--since", old, "--receipt", old / "a.receipt")[0] == 7
    assert not (old / "a.receipt").exists()

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exports.bundle import export_bundle
from exports.verification import Verification, verify
from hashing.case.capture_folder import capture_origin
from hashing.case.events import Commitments
from hashing.case.redaction import commitments
from hashing.ledger.checkpoint import Checkpoint, sign_checkpoint
from hashing.ledger.keys import load_or_create_signing_key
from hashing.ledger.merkle import MerkleTree
from tests.exports.small_case import CaseMaker, Thing, make_case, photo
from tests.exports.tampering import rewrite

if TYPE_CHECKING:
    from collections.abc import Callable

THINGS = [
    Thing("front.html", b"<p>It was dark.", kind="page", mime="text/html", text="It was dark."),
    Thing("one.jpg", photo(1)),
    Thing("two.jpg", photo(2)),
]


@pytest.fixture
def maker(tmp_path: Path) -> CaseMaker:
    """Return a case of two sealed captures."""
    made = make_case(tmp_path)
    made.capture(THINGS)
    made.capture(THINGS[1:], scene="https://news.example/gallery.html")
    return made


def _sha256(path: Path) -> str:
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    rewrite(path, bytes(data))


def _item(root: Path, name: str) -> Path:
    return min(root.rglob(f"items/*{name}"))


def _faults(result: Verification) -> dict[str, list[str]]:
    kinds = ("altered", "missing", "added", "problems", "unchecked")
    return {kind: [each.path for each in getattr(result, kind)] for kind in kinds if getattr(result, kind)}


def test_what_was_not_touched_is_whole(maker: CaseMaker, bundle: Path, tmp_path: Path) -> None:
    """Case, capture, bundle and zip are each whole, and the signer is shown and said to be unconfirmed."""
    zipped = export_bundle(maker.case, key=maker.key, officer="M", output=tmp_path / "bundle.zip", zipped=True).path
    for path, what in (
        (maker.path, "case"),
        (maker.case.captures()[0], "capture"),
        (bundle, "bundle"),
        (zipped, "bundle (zip)"),
    ):
        result = verify(path)
        assert (result.verdict, result.what, _faults(result)) == ("ok", what, {})
        assert {signer.fingerprint for signer in result.signers} == {maker.key.public.fingerprint()}
        assert not any(signer.confirmed for signer in result.signers)
        assert verify(path, signers=[maker.key.public]).signers[0].confirmed


def test_a_changed_file_is_named_with_both_digests(maker: CaseMaker) -> None:
    """The report of an altered photo says what was expected and what was found."""
    item = _item(maker.path, "one.jpg")
    expected = _sha256(item)
    _flip(item)
    result = verify(maker.path)
    [altered] = result.altered
    assert (altered.path, altered.expected, altered.found) == (
        str(item.relative_to(maker.path)),
        expected,
        _sha256(item),
    )
    assert result.verdict == "mismatch"
    assert _faults(result).keys() == {"altered"}


def test_every_fault_is_named_and_not_only_the_first(maker: CaseMaker) -> None:
    """Altered, missing, added and renamed files all stand in one report."""
    first, second = _item(maker.path, "one.jpg"), _item(maker.path, "two.jpg")
    page = _item(maker.path, "front.html")
    _flip(first)
    second.rename(second.with_name("9999-renamed.jpg"))
    page.unlink()
    (page.parent / "planted.jpg").write_bytes(b"planted")
    result = verify(maker.path)
    relative = {name: str(path.relative_to(maker.path)) for name, path in (("a", first), ("b", second), ("c", page))}
    assert [each.path for each in result.altered] == [relative["a"]]
    assert {each.path for each in result.missing} == {relative["b"], relative["c"]}
    assert {Path(each.path).name for each in result.added} == {"9999-renamed.jpg", "planted.jpg"}


FILES = {
    "warc": lambda root: next(root.rglob("*.warc.gz")),
    "working copy": lambda root: next(root.rglob("working/*")),
    "ledger of a capture": lambda root: next(root.rglob("captures/*/ledger.jsonl")),
    "checkpoint of a capture": lambda root: next(root.rglob("captures/*/checkpoint")),
}
CASE_FILES = {
    **FILES,
    "case file": lambda root: root / "case.json",
    "ledger of the case": lambda root: root / "ledger.jsonl",
    "checkpoint of the case": lambda root: max(root.glob("checkpoints/*")),
    "old checkpoint of the case": lambda root: min(root.glob("checkpoints/*")),
}
BUNDLE_FILES = {
    **FILES,
    "manifest": lambda root: root / "data/manifest.json",
    "report": lambda root: root / "data/report.html",
    "case file": lambda root: root / "data/case.json",
    "readme": lambda root: root / "README.txt",
    "bag-info": lambda root: root / "bag-info.txt",
    "hash list": lambda root: root / "manifest-sha256.txt",
    "tag hash list": lambda root: root / "tagmanifest-sha256.txt",
    "seal": lambda root: root / "seal/checkpoint",
    "key": lambda root: root / "seal/public-key.pem",
    "export line": lambda root: root / "seal/export.json",
    "export proof": lambda root: root / "seal/export.proof",
    "capture line": lambda root: next(root.glob("seal/captures/*.json")),
    "capture proof": lambda root: next(root.glob("seal/captures/*.proof")),
}


@pytest.mark.parametrize("name", CASE_FILES)
def test_no_file_of_a_case_can_be_changed_or_removed(name: str, maker: CaseMaker) -> None:
    """A flipped bit in any file, or the file's absence, is a mismatch that names it or the ledger it belongs to."""
    find: Callable[[Path], Path] = CASE_FILES[name]
    path = find(maker.path)
    whole = path.read_bytes()
    _flip(path)
    assert verify(maker.path).verdict in {"mismatch", "unchecked"}
    assert _faults(verify(maker.path))
    rewrite(path, whole)
    assert verify(maker.path).verdict == "ok"
    if name == "old checkpoint of the case":
        return  # an older checkpoint may go: the newest covers all
    path.unlink()
    assert verify(maker.path).verdict in {"mismatch", "unchecked"}


@pytest.mark.parametrize("name", BUNDLE_FILES)
def test_no_file_of_a_bundle_can_be_changed_or_removed(name: str, bundle: Path) -> None:
    """A flipped bit in any file of a bundle, or its absence, is a mismatch."""
    find: Callable[[Path], Path] = BUNDLE_FILES[name]
    path = find(bundle)
    whole = path.read_bytes()
    _flip(path)
    result = verify(bundle)
    assert result.verdict == "mismatch", _faults(result)
    rewrite(path, whole)
    assert verify(bundle).verdict == "ok"
    path.unlink()
    assert verify(bundle).verdict == "mismatch"


def _bag_again(bundle: Path) -> None:
    """Write the bag's own lists anew, as someone would who wants to hide a change."""
    payload = {str(path.relative_to(bundle)): path for path in bundle.rglob("*") if path.is_file()}
    data = sorted(name for name in payload if name.startswith("data/"))
    lines = "".join(f"{_sha256(payload[name])[7:]}  {name}\n" for name in data)
    rewrite(bundle / "manifest-sha256.txt", lines.encode())
    tags = sorted(name for name in payload if not name.startswith(("data/", "tagmanifest")))
    lines = "".join(f"{_sha256(bundle / name)[7:]}  {name}\n" for name in tags)
    rewrite(bundle / "tagmanifest-sha256.txt", lines.encode())


@pytest.mark.parametrize("name", [name for name in BUNDLE_FILES if "hash list" not in name])
def test_mending_the_bag_does_not_hide_a_change(name: str, bundle: Path) -> None:
    """Where the bag's lists are rewritten to fit a changed file, the seal still does not."""
    _flip(BUNDLE_FILES[name](bundle))
    _bag_again(bundle)
    assert verify(bundle).verdict == "mismatch"


def test_a_photo_and_its_ledger_line_changed_together_are_found(maker: CaseMaker) -> None:
    """Rewriting the ledger to fit a changed photo breaks the seal."""
    item = _item(maker.path, "one.jpg")
    old = _sha256(item)[7:]
    _flip(item)
    ledger = item.parents[1] / "ledger.jsonl"
    rewrite(ledger, ledger.read_bytes().replace(old.encode(), _sha256(item)[7:].encode()))
    result = verify(maker.path)
    assert "the lines are not those that were sealed" in {problem.reason for problem in result.problems}


@pytest.mark.parametrize("change", ["last line removed", "lines swapped", "line added", "torn line added"])
def test_a_ledger_cannot_be_cut_or_rearranged(change: str, maker: CaseMaker) -> None:
    """Lines cannot be taken from a sealed ledger, put into another order, or added."""
    ledger = next(maker.path.glob("captures/*/ledger.jsonl"))
    lines = ledger.read_bytes().splitlines(keepends=True)
    changed = {
        "last line removed": lines[:-1],
        "lines swapped": [lines[0], lines[2], lines[1], *lines[3:]],
        "line added": [*lines, lines[-1]],
        "torn line added": [*lines, b'{"event":'],
    }[change]
    rewrite(ledger, b"".join(changed))
    assert verify(maker.path).verdict == "mismatch"


def test_a_case_re_signed_by_someone_else_is_not_confirmed(maker: CaseMaker, tmp_path: Path) -> None:
    """Whoever signs a forged capture anew shows another fingerprint, and does not pass where a signer is demanded."""
    other, _ = load_or_create_signing_key(tmp_path / "other.pem")
    capture = maker.case.captures()[0]
    ledger = capture / "ledger.jsonl"
    forged = ledger.read_bytes().replace(maker.key.public.raw.hex().encode(), other.public.raw.hex().encode())
    forged = forged.replace(b"Mary Price", b"Mary Pryce")
    *before, stated, _ = lines = forged.splitlines()
    stated = re.sub(rb'"root":"[0-9a-f]*"', b'"root":"%b"' % commitments(before)[0].hex().encode(), stated)
    rewrite(ledger, b"".join(line + b"\n" for line in (*before, stated, lines[-1])))
    tree = MerkleTree()
    for line in ledger.read_bytes().splitlines():
        tree.append(line)
    origin = capture_origin(maker.case.info.id, capture.name)
    rewrite(capture / "checkpoint", sign_checkpoint(Checkpoint(origin, tree.size, tree.root()), other).encode())
    alone = verify(capture)
    assert (alone.verdict, alone.signers[0].fingerprint) == ("ok", other.public.fingerprint())
    assert verify(capture, signers=[maker.key.public]).verdict == "unchecked"
    assert verify(maker.path).verdict == "mismatch"


def test_a_capture_that_commits_to_other_lines(tmp_path: Path) -> None:
    """A sealed root that is not the one over the masked lines is named: a redaction of them would prove nothing."""
    maker = make_case(tmp_path)
    capture = maker.begin()
    capture.add(Thing("p.jpg", photo()))
    capture.events.append(Commitments(time="2026-11-24T10:15:02.000Z", root="00" * 32, size=3))
    folder = capture.seal()
    assert ["does not commit to the lines before it" in p.reason for p in verify(folder).problems] == [True]


def test_a_capture_cannot_vanish_or_appear(maker: CaseMaker) -> None:
    """A capture folder that is gone is missing, and one that nobody registered is added, file by file."""
    first, second = maker.case.captures()
    shutil.copytree(second, second.with_name("20261124T000000Z-00000000"))
    shutil.rmtree(first)
    result = verify(maker.path)
    assert [each.path for each in result.missing] == [f"captures/{first.name}"]
    assert all(each.path.startswith("captures/20261124T000000Z-00000000/") for each in result.added)


def test_captures_cannot_change_places(maker: CaseMaker) -> None:
    """Two captures whose folders were swapped are not what the case recorded."""
    first, second = maker.case.captures()
    other = first.with_name("aside")
    first.rename(other)
    second.rename(first)
    other.rename(second)
    assert verify(maker.path).verdict == "mismatch"


def test_a_link_is_not_the_file(maker: CaseMaker, tmp_path: Path) -> None:
    """A photo replaced by a symbolic link to the same bytes elsewhere is altered, and the link is not followed."""
    item = _item(maker.path, "one.jpg")
    shutil.copy(item, tmp_path / "elsewhere.jpg")
    item.unlink()
    item.symlink_to(tmp_path / "elsewhere.jpg")
    (item.parent / "loop").symlink_to(item.parent)
    result = verify(maker.path)
    assert [(each.path, each.found) for each in result.altered] == [
        (str(item.relative_to(maker.path)), "symbolic link")
    ]
    assert [each.found for each in result.added] == ["symbolic link"]


def test_a_pipe_among_the_items_does_not_stop_it(maker: CaseMaker) -> None:
    """A named pipe is reported as added and never opened."""
    os.mkfifo(_item(maker.path, "one.jpg").with_name("pipe.jpg"))
    result = verify(maker.path)
    assert [each.found for each in result.added] == ["special file"]


@pytest.mark.parametrize("place", ["case", "bundle"])
def test_terabytes_of_nothing_are_not_read(place: str, maker: CaseMaker, bundle: Path) -> None:
    """A file of which the disk holds next to nothing ends at once where it is not of the recorded size (5)."""
    path = maker.path if place == "case" else bundle
    names = [*path.glob("**/items/*.jpg"), *path.glob("**/*.warc.gz"), *path.glob("data/*.jsonl"), path / "more"]
    for name in names:
        name.parent.chmod(0o700)
        if name.exists():
            name.chmod(0o600)
        with name.open("ab") as file:
            file.truncate(4 << 40)
    found = verify(path)
    assert found.verdict == "mismatch"
    told = {each.path: each.found for each in found.altered} | {each.path: each.found for each in found.added}
    assert told.keys() >= {name.relative_to(path).as_posix() for name in names}
    assert all("of which the disk holds" in told[name.relative_to(path).as_posix()] for name in names)
    assert found.bytes < 1 << 20


def test_a_film_with_holes_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sealed file of the recorded size is read, also where a copy of it is nearly all hole on the disk."""
    for module in ("hashing.files.read", "exports.verification.check"):
        monkeypatch.setattr(f"{module}.HOLLOW", 1 << 20)
    maker = make_case(tmp_path)
    maker.capture([Thing("film.mp4", bytes(2 << 20), kind="video", mime="video/mp4")])
    [film] = maker.path.glob("captures/*/items/*.mp4")
    film.chmod(0o600)
    with film.open("r+b") as file:
        file.truncate(0)
        file.truncate(2 << 20)
    assert film.stat().st_blocks == 0
    found = verify(maker.path)
    assert (found.verdict, found.bytes > 2 << 20) == ("ok", True), found
    with film.open("r+b") as file:
        file.write(b"x")
    assert [each.path for each in verify(maker.path).altered] == [film.relative_to(maker.path).as_posix()]


def test_nothing_is_ever_written(maker: CaseMaker, bundle: Path) -> None:
    """Verifying leaves every file, folder, mode and time as it was, also where there are faults."""
    _flip(_item(maker.path, "one.jpg"))

    def _state(root: Path) -> list[tuple[str, int, int, int]]:
        facts = ((path, path.lstat()) for path in sorted(root.rglob("*")))
        return [(str(path), fact.st_mtime_ns, fact.st_mode, fact.st_size) for path, fact in facts]

    before = _state(maker.path), _state(bundle)
    verify(maker.path)
    verify(bundle)
    assert (_state(maker.path), _state(bundle)) == before


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "data/../../x", "C:/x", "data\\x"])
def test_a_bag_that_lists_what_is_outside_is_not_checked(name: str, bundle: Path) -> None:
    """A hash list with a path that leads out of the bundle is refused as a whole."""
    listed = (bundle / "manifest-sha256.txt").read_bytes()
    rewrite(bundle / "manifest-sha256.txt", listed + f"{'0' * 64}  {name}\n".encode())
    result = verify(bundle)
    assert result.verdict == "unchecked"
    assert "leads out of the bundle" in result.unchecked[0].reason


def _zip(path: Path, entries: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize("name", ["../x", "/x", "bag/../../x", "bag\\x", "C:/x", "bag//x"])
def test_a_zip_that_climbs_out_is_not_checked(name: str, tmp_path: Path) -> None:
    """No name in a zip leads anywhere else."""
    path = _zip(tmp_path / "evil.zip", {"bag/bagit.txt": b"BagIt-Version: 1.0\n", name: b"x"})
    assert verify(path).verdict == "unchecked"
    assert [each.name for each in tmp_path.iterdir()] == ["evil.zip"]


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """A zip that would unpack to far more than its size is refused: goldenhour's files stand there as they are."""
    path = _zip(tmp_path / "bomb.zip", {"bag/bagit.txt": b"", "bag/data/zeros": bytes(200 << 20)}, zipfile.ZIP_DEFLATED)
    result = verify(path)
    assert result.verdict == "unchecked"
    assert "form that goldenhour writes" in result.unchecked[0].reason
    assert result.files == 0


def test_a_damaged_zip_is_named_and_no_exception(maker: CaseMaker, tmp_path: Path) -> None:
    """A byte flipped in any file of a zipped bundle is a mismatch or cannot be checked, and never passes."""
    whole = export_bundle(
        maker.case, key=maker.key, officer="M", output=tmp_path / "b.zip", zipped=True
    ).path.read_bytes()
    for part in range(1, 30):  # what follows is the zip's own directory, with times and attributes that mean nothing
        damaged = bytearray(whole)
        damaged[len(whole) * part // 40] ^= 0xFF
        path = tmp_path / "damaged.zip"
        path.write_bytes(damaged)
        assert verify(path).verdict in {"mismatch", "unchecked"}, part


@pytest.mark.parametrize("format_", ["goldenhour-case/3", "goldenhour-case/99"])
def test_a_later_format_cannot_be_checked(format_: str, maker: CaseMaker) -> None:
    """What a newer goldenhour made is not called altered: it could not be checked, and the reason says what to do."""
    file = maker.path / "case.json"
    rewrite(file, json.dumps({**json.loads(file.read_bytes()), "format": format_}).encode())
    result = verify(maker.path)
    assert result.verdict == "unchecked"
    assert "update goldenhour" in result.unchecked[0].reason


def test_a_foreign_bag_is_not_called_sealed(tmp_path: Path) -> None:
    """A bag that goldenhour did not make is checked as a bag, and nothing is said of who made it."""
    folder = tmp_path / "bag"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "a.txt").write_bytes(b"a")
    (folder / "bagit.txt").write_bytes(b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    _bag_again(folder)
    assert verify(folder).verdict == "unchecked"
    (folder / "data" / "a.txt").write_bytes(b"b")
    assert verify(folder).verdict == "mismatch"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.binary(max_size=400), name=st.sampled_from(["ledger.jsonl", "checkpoint"]))
def test_any_bytes_end_in_a_result(maker: CaseMaker, data: bytes, name: str) -> None:
    """Whatever stands in a ledger or a checkpoint, verification ends in a result and never in an exception."""
    path = next(maker.path.glob(f"captures/*/{name}"))
    rewrite(path, data)
    assert verify(maker.path).verdict in {"mismatch", "unchecked"}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.binary(max_size=300), name=st.sampled_from([name for name in BUNDLE_FILES if name not in FILES]))
def test_any_bytes_in_a_bundle_end_in_a_result(bundle: Path, data: bytes, name: str) -> None:
    """Whatever stands in a manifest, a proof or a list, verification ends in a result and never in an exception."""
    path: Path = BUNDLE_FILES[name](bundle)
    whole = path.read_bytes()
    rewrite(path, data)
    assert verify(bundle).verdict in {"mismatch", "unchecked"}
    rewrite(path, whole)


def test_a_file_that_may_not_be_read_is_unchecked_and_not_altered(maker: CaseMaker) -> None:
    """What cannot be read is told apart from what was changed."""
    item = _item(maker.path, "one.jpg")
    item.chmod(0)
    result = verify(maker.path)
    if stat.S_IMODE(item.stat().st_mode) == 0 and os.geteuid() == 0:
        assert result.verdict == "ok"  # root may read anything
    else:
        assert _faults(result).keys() == {"unchecked"}

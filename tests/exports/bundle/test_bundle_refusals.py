from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exports.bundle import Bundle, export_bundle
from exports.bundle.leftover import clear_leftovers
from exports.bundle.selection import bundle_name
from exports.errors import ExportError, NothingToExport, NotWhole, TooMuch
from exports.verification import verify
from hashing.case.case import CHECKPOINTS
from hashing.case.events import CaptureRegistered, CaptureSealed, Exported, WorkingCopy, encode
from hashing.errors import BadFormat, StorageFull, Unwritable, WouldOverwrite
from hashing.ledger.ledger import LEDGER, Ledger
from tests.exports.small_case import OFFICER, CaseMaker, Thing, make_case, photo
from tests.exports.tampering import rewrite
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what tells one start from another is Linux's")
ROOT = Path(__file__).parents[3]


@pytest.fixture
def maker(tmp_path: Path) -> CaseMaker:
    """Make a case with two sealed captures of two photos each."""
    maker = make_case(tmp_path)
    for number in (1, 3):
        maker.capture([Thing("a.jpg", photo(number)), Thing("b.jpg", photo(number + 1))])
    return maker


def export(maker: CaseMaker, output: Path, **options: object) -> Bundle:
    """Export with the case's own key."""
    return export_bundle(maker.case, key=maker.key, officer=OFFICER, output=output, **options)  # type: ignore[arg-type] # options are those of export_bundle


def left_behind(folder: Path) -> list[str]:
    """Return what stands beside the case after a refusal."""
    return sorted(path.name for path in folder.iterdir() if path.name not in {"OP-ALDER", "key"})


@pytest.mark.parametrize("zipped", [False, True])
def test_everything_that_is_wrong_is_named(maker: CaseMaker, tmp_path: Path, zipped: bool) -> None:
    """Altered, missing and added files of all captures are all named at once, and nothing is handed over."""
    one, two = maker.case.captures()
    rewrite(one / "items" / "0001-a.jpg", photo(7))
    rewrite(two / "exchanges-00001.warc.gz", b"short")
    (two / "items" / "0002-b.jpg").unlink()
    (two / "items" / "0003-c.jpg").write_bytes(b"smuggled")
    with pytest.raises(NotWhole) as caught:
        export(maker, tmp_path / "out", zipped=zipped)
    message = str(caught.value)
    assert f"altered: {one}/items/0001-a.jpg" in message
    assert f"altered: {two}/exchanges-00001.warc.gz" in message
    assert f"missing: {two}/items/0002-b.jpg" in message
    assert f"added: {two}/items/0003-c.jpg" in message
    assert message.count("\n") == 4
    assert left_behind(tmp_path) == []
    assert not [event for event in maker.case.events() if isinstance(event, Exported)]


@pytest.mark.parametrize("zipped", [False, True])
def test_altered_item_found_while_copying(maker: CaseMaker, tmp_path: Path, zipped: bool) -> None:
    """An item of the right size and wrong bytes is named with both digests."""
    item = maker.case.captures()[0] / "items" / "0001-a.jpg"
    rewrite(item, item.read_bytes()[:-1] + b"\x00")
    with pytest.raises(NotWhole, match=r"altered: .*0001-a\.jpg \(expected sha256:[0-9a-f]{64}, found sha256:"):
        export(maker, tmp_path / "out", zipped=zipped)
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (
            lambda path: rewrite(path / LEDGER, (path / LEDGER).read_bytes().replace(b"news.example", b"fake.example")),
            "altered: .*ledger",
        ),
        (lambda path: rewrite(path / LEDGER, (path / LEDGER).read_bytes()[:-1]), "altered: .*ledger"),
        (lambda path: rewrite(path / LEDGER, (path / LEDGER).read_bytes() + b'{"half'), "altered: .*ledger"),
        (lambda path: rewrite(path / LEDGER, b"\xff\x00nonsense\n"), "altered: .*ledger"),
        (lambda path: (path / LEDGER).unlink(), "missing: .*ledger"),
        (lambda path: (path / "checkpoint").unlink(), "missing: .*checkpoint"),
        (lambda path: rewrite(path / "checkpoint", b"no note\n"), "altered: .*checkpoint"),
        (lambda path: (path / "working" / "more").symlink_to("/etc/passwd"), "added: .*working/more"),
        (lambda path: os.mkfifo(path / "pipe"), "added: .*pipe"),
        (shutil.rmtree, "missing: .*ledger"),
    ],
)
def test_whatever_is_spoilt_in_a_capture(
    maker: CaseMaker, tmp_path: Path, spoil: Callable[[Path], object], named: str
) -> None:
    """A capture that is not as it was sealed is refused by name, whatever was done to it."""
    spoil(maker.case.captures()[0])
    with pytest.raises(NotWhole, match=named):
        export(maker, tmp_path / "out")
    assert left_behind(tmp_path) == []


def test_link_in_place_of_an_item(maker: CaseMaker, tmp_path: Path) -> None:
    """A link in place of an item is not followed, even where it leads to the right bytes."""
    item = maker.case.captures()[0] / "items" / "0001-a.jpg"
    shutil.copy(item, tmp_path / "key" / "same.jpg")
    item.unlink()
    item.symlink_to(tmp_path / "key" / "same.jpg")
    with pytest.raises(NotWhole, match=r"0001-a\.jpg"):
        export(maker, tmp_path / "out")


def test_case_file_altered(maker: CaseMaker, tmp_path: Path) -> None:
    """A case.json that is not the one with which the case began is refused."""
    file = maker.path / "case.json"
    rewrite(file, file.read_bytes().replace(b"Mary", b"Gary"))
    with pytest.raises(NotWhole, match=r"altered: .*case\.json"):
        export(maker, tmp_path / "out")


def test_case_ledger_altered(maker: CaseMaker, tmp_path: Path) -> None:
    """A case whose ledger is not the signed one is refused before it is signed anew."""
    ledger = maker.path / LEDGER
    rewrite(ledger, ledger.read_bytes().replace(b"Mary", b"Gary"))
    checkpoints = sorted((maker.path / CHECKPOINTS).iterdir())
    with pytest.raises(NotWhole, match=r"ledger\.jsonl: altered"):
        export(maker, tmp_path / "out")
    assert sorted((maker.path / CHECKPOINTS).iterdir()) == checkpoints


def test_case_checkpoint_by_a_stranger(maker: CaseMaker, tmp_path: Path) -> None:
    """A case whose newest checkpoint is signed by a key that its ledger does not name is refused."""
    other = make_case(tmp_path / "key", "OTHER")
    newest = max((maker.path / CHECKPOINTS).iterdir())
    rewrite(newest, max((other.path / CHECKPOINTS).iterdir()).read_bytes())
    with pytest.raises(NotWhole, match="not signed for this case"):
        export(maker, tmp_path / "out")


def test_ledger_line_not_signed_yet(maker: CaseMaker, tmp_path: Path) -> None:
    """A line that nobody signed is told, and neither signed nor handed over."""
    event = CaptureRegistered(
        time="2026-11-24T10:15:02.123Z",
        capture="x",
        exhibit="MP/9",
        scene="s",
        officer="o",
        initials="MP",
        signer=maker.key.public.raw.hex(),
    )
    with Ledger.open(maker.path / LEDGER) as ledger:
        ledger.append([encode(event)])
    with pytest.raises(NotWhole, match="its last 1 lines are not signed"):
        export(maker, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert maker.case.unsigned() == 1


@pytest.mark.parametrize(
    "path", ["../../../key/signing-key.pem", "/etc/passwd", "items/../x", "items/a\nb", "items/a\\b"]
)
def test_hostile_path_in_a_sealed_ledger(tmp_path: Path, path: str) -> None:
    """A path that climbs is refused even where a signed ledger names it, and nothing is written outside."""
    maker = make_case(tmp_path)
    capture = maker.begin()
    capture.add(Thing("a.jpg", photo()))
    capture.events.append(
        WorkingCopy(time="2026-11-24T10:15:02.123Z", ref="MP/1-0001", path=path, size=1, sha256="0" * 64, how="hostile")
    )
    capture.seal()
    with pytest.raises(NotWhole, match="a path that goldenhour never gives"):
        export(maker, tmp_path / "out")
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("capture", ["../../key", "/etc", "a/b", ".."])
def test_hostile_capture_id_in_a_signed_ledger(maker: CaseMaker, tmp_path: Path, capture: str) -> None:
    """A capture whose id is a path is left out, whoever signed for it."""
    common = {
        "time": "2026-11-24T10:15:02.123Z",
        "capture": capture,
        "exhibit": "ZZ/1",
        "signer": maker.key.public.raw.hex(),
    }
    maker.case.record(CaptureRegistered(scene="s", officer="o", initials="ZZ", **common), key=maker.key)
    sealed = CaptureSealed(
        status="complete", size=1, root="0" * 64, fingerprint="", checkpoint_sha256="0" * 64, **common
    )
    maker.case.record(sealed, key=maker.key)
    bundle = export(maker, tmp_path / "out")
    assert len(bundle.captures) == 2
    assert bundle.left_out[0].startswith("ZZ/1: ")


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("take", [Path.touch, Path.mkdir, lambda path: path.symlink_to("nowhere")])
def test_nothing_is_overwritten(maker: CaseMaker, tmp_path: Path, take: Callable[[Path], None], zipped: bool) -> None:
    """A name that is taken, by whatever, is refused and left as it is."""
    output = tmp_path / "out"
    take(output)
    with pytest.raises(WouldOverwrite, match="exists already"):
        export(maker, output, zipped=zipped)
    assert left_behind(tmp_path) == ["out"]


@pytest.mark.parametrize("zipped", [False, True])
def test_name_taken_meanwhile(maker: CaseMaker, tmp_path: Path, zipped: bool) -> None:
    """A name that is taken while the bundle is written is not overwritten either."""
    output = tmp_path / "out"

    def _take(_done: int, _total: int) -> None:
        output.mkdir(exist_ok=True)
        (output / "mine").touch()

    with pytest.raises(WouldOverwrite):
        export(maker, output, zipped=zipped, progress=_take)
    assert left_behind(tmp_path) == ["out"]
    assert [path.name for path in output.iterdir()] == ["mine"]


def test_bundle_inside_the_case(maker: CaseMaker) -> None:
    """A bundle does not go into the case it is made of."""
    with pytest.raises(ExportError, match="inside the case"):
        export(maker, maker.path / "captures" / "out")


def test_no_such_folder(maker: CaseMaker, tmp_path: Path) -> None:
    """An output in a folder that does not exist is refused by name."""
    with pytest.raises(Unwritable, match="no-such"):
        export(maker, tmp_path / "no-such" / "out")


def test_unknown_exhibit(maker: CaseMaker, tmp_path: Path) -> None:
    """An exhibit that the case does not hold is refused, with those that it holds."""
    with pytest.raises(NothingToExport, match="no exhibit MP/7") as caught:
        export(maker, tmp_path / "out", exhibits=["MP/1", "MP/7"])
    assert caught.value.hint == "the case holds MP/1, MP/2"


def test_unsealed_captures_are_left_out_and_said(maker: CaseMaker, tmp_path: Path) -> None:
    """What is not sealed is left out and said, and refused where it was asked for by name."""
    running = maker.begin()
    bundle = export(maker, tmp_path / "out")
    assert len(bundle.captures) == 2
    assert bundle.left_out == ("MP/3: still running, or interrupted, so not sealed",)
    with pytest.raises(NothingToExport, match="not sealed"):
        export(maker, tmp_path / "out2", exhibits=["MP/1", "MP/3"])
    running.folder.close()


def test_empty_case(tmp_path: Path) -> None:
    """A case without captures gives no bundle."""
    with pytest.raises(NothingToExport, match="no captures yet"):
        export(make_case(tmp_path), tmp_path / "out")


def test_newer_event_in_the_case_ledger(maker: CaseMaker, tmp_path: Path) -> None:
    """An event of a kind that this version does not know is refused, not passed over."""
    with Ledger.open(maker.path / LEDGER) as ledger:
        ledger.append([b'{"event":"time-travel","time":"2026-11-24T10:15:02.123Z"}'])
    with pytest.raises(BadFormat):
        export(maker, tmp_path / "out")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of 12 MiB."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a file system")
    disk = tmp_path / "key" / "disk"
    disk.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("mounting is not allowed here")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize("zipped", [False, True])
def test_too_small_a_disk(tmp_path: Path, small_disk: Path, zipped: bool) -> None:
    """A disk with too little room is refused before a byte is written, with both numbers."""
    maker = make_case(tmp_path)
    maker.capture([Thing("v.mp4", os.urandom(9 << 20), "video", "video/mp4")])
    with pytest.raises(StorageFull, match="the bundle needs"):
        export(maker, small_disk / "out", zipped=zipped)
    assert list(small_disk.iterdir()) == []


@pytest.mark.parametrize("zipped", [False, True])
def test_disk_full_half_way(tmp_path: Path, small_disk: Path, zipped: bool) -> None:
    """A disk that fills up while the bundle is written leaves no bundle and no draft."""
    maker = make_case(tmp_path)
    maker.capture([Thing("v.mp4", os.urandom(2 << 20), "video", "video/mp4")])
    filler = small_disk / "filler"

    def _fill(_done: int, _total: int) -> None:
        with filler.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(1 << 16))

    with pytest.raises(StorageFull):
        export(maker, small_disk / "out", zipped=zipped, progress=_fill)
    assert [path.name for path in small_disk.iterdir()] == ["filler"]


@pytest.mark.parametrize("zipped", [False, True])
def test_disk_that_does_not_keep_what_it_was_given(maker: CaseMaker, tmp_path: Path, zipped: bool) -> None:
    """A bundle whose bytes on disk are not those that were written is found out when it is read back."""

    def _damage(done: int, total: int) -> None:
        if done == total:
            draft = next(tmp_path.glob(".out.*.part"))
            file = draft if zipped else next(draft.glob("data/captures/*/items/0001-a.jpg"))
            with file.open("r+b", buffering=0) as opened:
                opened.seek(1000)
                opened.write(b"\x00\xff\x00\xff")

    with pytest.raises(NotWhole, match="does not verify"):
        export(maker, tmp_path / "out", zipped=zipped, progress=_damage)
    assert left_behind(tmp_path) == []


KILLED = """
import signal, sys, time
from pathlib import Path
from exports.bundle import export_bundle
from hashing.case.case import Case
from hashing.ledger.keys import load_signing_key
case, key, output = map(Path, sys.argv[1:4])
def wait(*_): print("begun", flush=True); time.sleep(86400)
export_bundle(Case.open(case), key=load_signing_key(key), officer="M", output=output, zipped=sys.argv[4] == "zip",
              progress=wait)
"""


@pytest.fixture
def exporting(maker: CaseMaker, tmp_path: Path) -> Callable[[str], subprocess.Popen[str]]:
    """Return a function that begins an export to `out` in another process and leaves it in the midst of copying."""

    def _begin(form: str) -> subprocess.Popen[str]:
        arguments = [str(maker.path), str(tmp_path / "key" / "signing-key.pem"), str(tmp_path / "out"), form]
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        return process

    return _begin


def _kill(process: subprocess.Popen[str]) -> None:
    with process:
        process.kill()


@LINUX
@pytest.mark.parametrize("form", ["folder", "zip"])
def test_what_a_killed_export_has_left_is_removed_by_the_next(
    maker: CaseMaker, tmp_path: Path, form: str, exporting: Callable[[str], subprocess.Popen[str]]
) -> None:
    """The next export to the same place removes the draft of a dead process and says so, but not that of a live one."""
    dead, live = exporting(form), exporting(form)
    _kill(dead)
    [gone] = [path.name for path in tmp_path.glob(".out.*.part") if f"-{dead.pid}-" in path.name]
    [kept] = [path.name for path in tmp_path.glob(".out.*.part") if f"-{live.pid}-" in path.name]
    try:
        assert export(maker, tmp_path / "out", zipped=form == "zip").cleared == (gone,)
        assert left_behind(tmp_path) == [kept, "out"]
    finally:
        _kill(live)
    assert verify(tmp_path / "out").verdict == "ok"


@LINUX
@pytest.mark.parametrize("form", ["folder", "zip"])
def test_a_draft_that_may_live_or_be_anothers_is_left(
    maker: CaseMaker, tmp_path: Path, form: str, exporting: Callable[[str], subprocess.Popen[str]]
) -> None:
    """A lock that is held, another computer, an export to elsewhere, a shared folder, a link: all are left alone."""
    dead, live = exporting(form), exporting(form)
    _kill(dead)
    [left] = [path for path in tmp_path.glob(".out.*.part") if f"-{dead.pid}-" in path.name]
    [kept] = [path for path in tmp_path.glob(".out.*.part") if f"-{live.pid}-" in path.name]
    start, _, number = left.name.removeprefix(".out.").removesuffix(".part").split("-")
    locked = kept.rename(tmp_path / f".out.{start}-{dead.pid}-00000000.part")  # as seen from another container
    other = left.rename(tmp_path / f".out.{'0' * 8}-{dead.pid}-{number}.part")
    elsewhere = tmp_path / f".out2.{start}-{dead.pid}-{number}.part"
    elsewhere.mkdir()
    link = tmp_path / f".out.{start}-{dead.pid}-11111111.part"
    link.symlink_to(maker.path)
    try:
        assert clear_leftovers(tmp_path / "out") == ()
    finally:
        _kill(live)
    tmp_path.chmod(0o770)
    assert clear_leftovers(tmp_path / "out") == ()
    tmp_path.chmod(0o700)
    assert clear_leftovers(tmp_path / "out") == (locked.name,)
    assert left_behind(tmp_path) == sorted([other.name, elsewhere.name, link.name])
    assert (maker.path / LEDGER).is_file()


IMPATIENT = """
import signal, sys
from pathlib import Path
from exports.bundle import export_bundle
from hashing.case.case import Case
from hashing.ledger.keys import load_signing_key
case, key, output = map(Path, sys.argv[1:4])
press = lambda *_: signal.raise_signal(signal.SIGINT)
export_bundle(Case.open(case), key=load_signing_key(key), officer="M", output=output, zipped=sys.argv[4] == "zip",
              progress=press)
"""


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_ctrl_c_again_and_again(maker: CaseMaker, tmp_path: Path, form: str) -> None:
    """Ctrl-C leaves no bundle and no draft, however often it is pressed."""
    words = [str(maker.path), str(tmp_path / "key" / "signing-key.pem"), str(tmp_path / "out"), form]
    ran = subprocess.run(
        [sys.executable, "-c", IMPATIENT, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert ran.returncode == -signal.SIGINT, ran.stderr
    assert "KeyboardInterrupt" in ran.stderr
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize(
    ("exhibits", "name"),
    [
        ((), "OP_all"),
        (("MP/1",), "OP_MP-1"),
        (("MP/1", "ÅÖ/2"), "OP_MP-1+ÅÖ-2"),
        (("../../x",), "OP_x"),
        (("a\x1b[31m\u202e/1",), "OP_a-31m-1"),
    ],
)
def test_names(exhibits: tuple[str, ...], name: str) -> None:
    """A bundle's name says case and exhibits, and holds nothing that a path or a screen could take amiss."""
    assert bundle_name("OP", exhibits) == name


def test_long_name() -> None:
    """A name of very many exhibits stays one that every disk can hold."""
    assert bundle_name("OP", [f"MP/{number}" for number in range(1000)]) == "OP_MP-0+999-more"


def test_more_captures_than_a_bundle_names(maker: CaseMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A case of more captures than one line names is refused before a file is written, and handed over in parts."""
    monkeypatch.setattr("exports.bundle.export.MOST_CAPTURES", 1)
    with pytest.raises(TooMuch, match=r"2 captures, and a bundle holds 1 at most$") as refused:
        export(maker, tmp_path / "bundle")
    assert "--exhibit MP/1..MP/20000" in refused.value.hint
    assert left_behind(tmp_path) == []
    assert not any(isinstance(event, Exported) for event in maker.case.events())
    export(maker, tmp_path / "bundle", exhibits=["MP/1..MP/1"])
    assert verify(tmp_path / "bundle").verdict == "ok"


def test_a_range_of_exhibits(maker: CaseMaker, tmp_path: Path) -> None:
    """`MP/1..MP/2` names all between the two, and a range that holds nothing is an exhibit that is not known."""
    maker.capture([Thing("a.jpg", photo(5))])
    assert len(export(maker, tmp_path / "bundle", exhibits=["MP/2..MP/3"]).captures) == 2
    for unknown in ("MP/3..MP/1", "MP/1..MP/9", ".."):
        with pytest.raises(NothingToExport, match="no exhibit"):
            export(maker, tmp_path / "other", exhibits=[unknown])

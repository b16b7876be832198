"""What a stranger's case can make the officer's commands do: nothing but tell what is in it.

Commands join the tables at the top: those that only read, and those that add to a case.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from click.testing import CliRunner

from capture.recorder.incoming import HeadArrived, Incoming, NameGiven, RequestSent
from cli import main
from exports.verification import verify
from hashing.case.capture_folder import capture_origin
from hashing.case.case import Case
from hashing.case.custody import Handling, record_custody
from hashing.case.events import Custody, encode
from hashing.errors import BadFormat, BadSignature
from hashing.ledger.checkpoint import open_checkpoint
from hashing.ledger.keys import SigningKey, default_key_path, load_or_create_signing_key
from hashing.ledger.ledger import Ledger
from tests.exports.small_case import CaseMaker, Thing, photo
from tests.tracing import Traced, strace, traced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.sampling import Sample

READING = {
    "show": ["show", "CASE"],
    "show as JSON": ["show", "CASE", "--json"],
    "show an exhibit": ["show", "CASE", "JH/1"],
    "show an item": ["show", "CASE", "JH/1-0001"],
    "show what is found": ["show", "CASE", "--find", "a"],
    "verify": ["verify", "CASE", "--quiet"],
    "verify a capture": ["verify", "CAPTURE", "--quiet"],
    "verify since": ["verify", "CASE", "--since", "CASE", "--quiet"],
    "exhibit": ["exhibit", "CASE"],
    "custody show": ["custody", "show", "CASE"],
    "label": ["label", "CASE", "JH/1"],
    "view": ["view", "CASE", "--no-browser", "--for", "0.001s", "--quiet"],
    "replay": ["replay", "CASE", "--no-browser", "--for", "0.001s", "--player", "OUT", "--quiet"],
    "report": ["report", "CASE", "--output", "OUT", "--quiet"],
    "convert": ["convert", "CASE", "--to", "csv", "--output", "OUT", "--quiet"],
    "paper": ["paper", "CASE", "--form", "schedule", "--output", "OUT", "--quiet"],
    "merge from it": ["merge", "OWN", "CASE", "--dry-run", "--quiet"],
    "list its sources": ["source", "list", "--case", "CASE"],
    "check": ["check", "CASE", "--quiet"],
    "list its appeals": ["appeal", "list", "--case", "CASE"],
    "make a feed": ["appeals", "OUT", "--case", "CASE", "--published", "https://police.example/a.xml", "--by", "x"],
    "store verify": ["store", "verify", "CASE", "s3://bucket/place", "--quiet"],
    "store pull": ["store", "pull", "OUT", "s3://bucket/place", "--quiet"],
    "store list": ["store", "list", "s3://bucket/place"],
    "doctor": ["doctor", "--case", "CASE", "--offline"],
    "list sessions": ["login", "--list"],
    "changes between rounds": ["fleet", "changes", "CASE"],
}
"""Commands that change nothing; OUT is what they may make."""

WRITING = {
    "describe": ["exhibit", "CASE", "JH/1", "--describe", "x"],
    "custody add": ["custody", "add", "CASE", "JH/1", "--event", "opened"],
    "grade": ["grade", "JH/1", "--case", "CASE", "--source", "1", "--information", "A", "--handling", "P"],
    "export": ["export", "CASE", "--output", "OUT", "--quiet"],
    "timestamp": ["timestamp", "CASE", "--timestamp", "http://127.0.0.1:9/tsr"],
    "recover": ["recover", "CASE"],
    "store push": ["store", "push", "CASE", "s3://bucket/place", "--legal-hold", "--quiet"],
    "merge into it": ["merge", "CASE", "OWN", "--quiet"],
    "intake": ["intake", "ROWS", "--case", "CASE", "--initials", "MP"],
    "receive": ["receive", "--case", "CASE", "--initials", "MP", "--listen", "127.0.0.1:0", "--for", "0.1s"],
    "appeal": ["appeal", "add", "--case", "CASE", "--text", "x", "--link", "https://police.example/"],
    "end an appeal": ["appeal", "end", "1", "--case", "CASE"],
    "capture": ["capture", "http://127.0.0.1:9/", "--case", "CASE", "--initials", "MP", "--quiet", "--timeout", "1"],
    "watch": ["watch", "http://127.0.0.1:9/", "--case", "CASE", "--initials", "MP", "--quiet", "--for", "1s"],
    "enrol": ["fleet", "enrol", "CASE", "KEY"],
    "collect from it": ["fleet", "collect", "OWN", "CASE", "--quiet"],
    "collect into it": ["fleet", "collect", "CASE", "OWN", "--unfinished", "--quiet"],
    "batch": ["batch", "ROWS", "--case", "CASE", "--initials", "MP", "--quiet", "--timeout", "1"],
}
"""Commands that add to a case: none of a stranger's words is signed by them."""

ANYTHING = {0, 2, 3, 4, 5, 6, 7}
"""Exit codes: any but that of a fault in goldenhour."""


class Scene(NamedTuple):
    """The officer's home, the officer's own case in it, and a stranger's case on a stick."""

    home: Path
    own: Path
    stick: Path
    capture: Path
    """The stranger's capture that is not sealed."""
    officer: SigningKey
    stranger: SigningKey


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """Return a stick with a case: one capture is sealed, one is not, and both name the officer as its author."""
    # The user's cache is our own to write to; all else in the home is not.
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    home = Path(os.environ["HOME"])
    (home / ".config/autostart").mkdir(parents=True)
    officer, _ = load_or_create_signing_key(default_key_path())
    stranger, _ = load_or_create_signing_key(tmp_path / "stranger.pem")
    own = CaseMaker(home / "OP-OWN", officer)
    own.capture([Thing("own.jpg", photo(9))])
    maker = CaseMaker(tmp_path / "media/STICK", stranger)
    maker.capture([Thing("one.jpg", photo(1), text="words")], initials="JH")
    died = maker.begin("https://bank.example/x", initials="JH")
    died.folder.append(died.events)
    died.folder.close()
    scene = Scene(home, own.path, maker.path, died.folder.path, officer, stranger)
    mac = stranger.mac(capture_origin(maker.case.info.id, died.folder.path.name))
    for number, name in ((1, "0001-a.txt"), (2, "")):
        _arrive(Incoming(scene.capture / "incoming", number, mac), number, name)
    (tmp_path / "ROWS").write_text("http://127.0.0.1:9/\n")
    return scene


def _arrive(incoming: Incoming, number: int, name: str) -> None:
    body = b"[Desktop Entry]\nExec=true\n"
    incoming.note(
        RequestSent(
            exchange=number, ref=f"JH/2-000{number}", url="https://bank.example/x", method="GET",
            started="2026-11-20T10:00:00.000Z", request=b"GET / HTTP/1.1\r\n\r\n", ip="93.184.216.34", port=443,
        )
    )  # fmt: skip
    incoming.note(HeadArrived(status=200, head=b"HTTP/1.1 200 OK\r\n\r\n", length=len(body)))
    if name:
        incoming.note(NameGiven(name=name))
    descriptor = incoming.open_body()
    incoming.mark(len(body), sha256(body).hexdigest())
    os.write(descriptor, body)
    incoming.close_body()


def _files(scene: Scene) -> list[Path]:
    return sorted(path for path in scene.stick.rglob("*") if path.is_file())


def _chosen(scene: Scene, folders: bool) -> list[Path]:
    """Return one file or folder of each kind: of several checkpoints the newest, of the captures what each has."""
    paths = sorted(scene.stick.rglob("*"))
    kinds = {(path.parent, path.suffix or path.name): path for path in paths if path.is_dir() == folders}
    return list(kinds.values())


def _each_file(make: Callable[[Path, Scene], None]) -> Callable[[Scene], Iterator[str]]:
    def _spoil(scene: Scene) -> Iterator[str]:
        for file in _chosen(scene, folders=False):
            kept, mode = file.read_bytes(), file.stat().st_mode
            file.unlink()
            make(file, scene)
            yield file.relative_to(scene.stick).as_posix()
            file.unlink()
            file.write_bytes(kept)
            file.chmod(mode)

    return _spoil


def _endless(file: Path, _: Scene) -> None:
    with file.open("xb") as opened:
        opened.truncate(40 << 20)


def _each_folder_a_link(scene: Scene) -> Iterator[str]:
    """Put a link to a folder of the officer's in the place of each folder in turn."""
    for folder in _chosen(scene, folders=True):
        kept = folder.with_name(f"{folder.name}.kept")
        folder.rename(kept)
        folder.symlink_to(scene.home / ".config/autostart")
        yield folder.relative_to(scene.stick).as_posix()
        folder.unlink()
        kept.rename(folder)


def _journals_that_lead_out(scene: Scene) -> Iterator[str]:
    """Give the bodies on their way in names outside the case, under the stranger's own MAC and under none."""
    mac = scene.stranger.mac(capture_origin(Case.open(scene.stick).info.id, scene.capture.name))
    for number, name in enumerate(
        (str(scene.home / ".config/autostart/evil.desktop"), "../../../../../evil", "..", "../checkpoint", "a\0b"), 3
    ):
        _arrive(Incoming(scene.capture / "incoming", number, mac), number, name)
    yield "named outside"


def _paths_that_lead_out(scene: Scene) -> Iterator[str]:
    """Have the ledger of the unsealed capture name files outside it."""
    sealed = next(path for path in (scene.stick / "captures").iterdir() if (path / "checkpoint").exists())
    lines = (sealed / "ledger.jsonl").read_bytes().splitlines()
    [item] = [line for line in lines if b'"event":"item"' in line]
    with Ledger.open(scene.capture / "ledger.jsonl") as ledger:
        ledger.append(item.replace(b'"path":"items', b'"path":"' + way) for way in (b"items/../../..", b"/etc", b".."))
    yield "items outside"


HOSTILE: dict[str, Callable[[Scene], Iterator[str]]] = {
    "links to the key": _each_file(lambda file, _: file.symlink_to(default_key_path())),
    "links to nothing": _each_file(lambda file, scene: file.symlink_to(scene.home / "not-there")),
    "pipes": _each_file(lambda file, _: os.mkfifo(file)),
    "endless files": _each_file(_endless),
    "second names of the key": _each_file(lambda file, _: os.link(default_key_path(), file)),
    "links to folders": _each_folder_a_link,
    "journals that lead out": _journals_that_lead_out,
    "ledger lines that lead out": _paths_that_lead_out,
}


def _snapshot(*roots: Path) -> dict[str, tuple[object, ...]]:
    """Return what stands where: kind and mode, time, inode, size, and bytes or target."""
    found: dict[str, tuple[object, ...]] = {}
    for root in roots:
        for path in (root, *root.rglob("*")):
            status = path.lstat()
            what: object = None
            if stat.S_ISLNK(status.st_mode):
                what = os.readlink(path)  # noqa: PTH115 - as it is written
            elif stat.S_ISREG(status.st_mode) and status.st_size < 1 << 20:
                what = sha256(path.read_bytes()).hexdigest()
            found[str(path)] = (status.st_mode, status.st_mtime_ns, status.st_ino, status.st_size, what)
    return found


def _places(scene: Scene, out: Path) -> dict[str, Path]:
    """Return what stands in a command for a path."""
    return {
        "CASE": scene.stick, "CAPTURE": scene.capture, "OWN": scene.own, "OUT": out,
        "ROWS": scene.stick.parents[1] / "ROWS", "KEY": scene.stick.parents[1] / "stranger.pem",
    }  # fmt: skip


def _run(scene: Scene, command: list[str], out: Path) -> tuple[int, str]:
    found = CliRunner().invoke(main, [str(_places(scene, out).get(word, word)) for word in command])
    return found.exit_code, found.output + (repr(found.exception) if found.exit_code == 1 else "")


def _signed_by_the_officer(scene: Scene) -> list[str]:
    """Return the checkpoints on the stick that bear the officer's signature."""
    found = []
    for path in _files(scene):
        try:
            open_checkpoint(path.read_bytes(), scene.officer.public)
        except (BadFormat, BadSignature):
            continue
        found.append(path.name)
    return found


def _spoilt(
    scene: Scene, hostile: str, commands: dict[str, list[str]], sample: Sample
) -> Iterator[tuple[str, list[list[str]]]]:
    """Spoil the stranger's case in every way of a kind; yield what was spoilt, and the commands to be tried on it.

    The first way meets every command, each further one a sample.
    """
    for number, spoilt in enumerate(HOSTILE[hostile](scene)):
        yield spoilt, sample([*commands.values()], len(commands) if number == 0 else 2)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_reading_changes_nothing(scene: Scene, tmp_path: Path, hostile: str, sample: Sample) -> None:
    """A command that reads a stranger's case changes no byte, mode, time or name of it, nor in the officer's home."""
    secret, outs = default_key_path().read_text().splitlines()[1], iter(range(1000))
    for spoilt, commands in _spoilt(scene, hostile, READING, sample):
        before = _snapshot(scene.home, scene.stick.parent)
        for command in commands:
            out = tmp_path / f"out-{next(outs)}"
            code, output = _run(scene, command, out)
            assert code in ANYTHING, (spoilt, command, output)
            assert _snapshot(scene.home, scene.stick.parent) == before, (spoilt, command)
            assert secret not in output, (spoilt, command)
            for made in [out, *out.rglob("*")] if out.exists() else []:
                assert not made.is_file() or secret.encode() not in made.read_bytes()


@pytest.mark.parametrize("hostile", HOSTILE)
def test_writing_signs_nothing_of_a_strangers(scene: Scene, tmp_path: Path, hostile: str, sample: Sample) -> None:
    """A command that adds to a case changes no file elsewhere, and never seals what a stranger left unsealed."""
    secret, outs = default_key_path().read_bytes().splitlines()[1], iter(range(1000))
    for spoilt, commands in _spoilt(scene, hostile, WRITING, sample):
        for command in commands:
            elsewhere = [scene.home / ".config", scene.own]
            before = _snapshot(*elsewhere)
            code, output = _run(scene, command, tmp_path / f"out-{next(outs)}")
            assert code in ANYTHING, (spoilt, command, output)
            assert _snapshot(*elsewhere) == before, (spoilt, command)
            assert not (scene.capture / "checkpoint").exists(), (spoilt, command)
            for path in scene.stick.rglob("*"):
                ours = path.is_file() and not path.is_symlink() and path.stat().st_nlink == 1
                assert not ours or secret not in path.read_bytes()[: 1 << 20], (spoilt, command, path)


def test_somebody_elses_capture_stays_as_it_is(scene: Scene) -> None:
    """`recover` tells of a capture that another key began, and changes nothing of it."""
    before = _snapshot(scene.capture)
    code, output = _run(scene, ["recover", "CASE"], scene.home)
    assert code == 6
    assert "JH/2 is not sealed, and stays as it is" in output
    assert _snapshot(scene.capture) == before
    assert _signed_by_the_officer(scene) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mounts are made as on Linux")
@pytest.mark.skipif(os.geteuid() != 0, reason="root alone may mount")
def test_reading_from_a_medium_that_cannot_be_written(scene: Scene, tmp_path: Path) -> None:
    """All that a reading command does works on a read-only medium."""
    import subprocess

    if subprocess.run(["mount", "--bind", scene.stick, scene.stick], check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", scene.stick], check=True)
        for number, command in enumerate(READING.values()):
            code, output = _run(scene, command, tmp_path / f"out-{number}")
            assert code in ANYTHING, output
            assert "read-only" not in output or command[0] == "doctor", output
    finally:
        subprocess.run(["umount", "-l", scene.stick], check=True)


@pytest.mark.skipif(not strace(), reason="strace is not installed, or may not trace here")
def test_the_trace_shows_what_is_opened_and_what_is_changed(scene: Scene, tmp_path: Path) -> None:
    """A link that a command follows, since the user named it, shows by its target; a file that is made, by its name."""
    secret, place = tmp_path / "secret.pem", scene.stick / "case.json"
    secret.write_text("not for strangers")
    [hashed, made], codes = traced(
        [
            Traced(["hash", str(place)], str(place), str(secret)),
            Traced(["convert", str(scene.own), "--to", "csv", "--output", str(tmp_path / "out.csv"), "--quiet"]),
        ],
        tmp_path,
    )
    assert codes[0] == 0
    assert str(secret) in {one.path for one in hashed}
    assert not any(one.changed for one in hashed)
    assert str(scene.own / "ledger.jsonl") in {one.path for one in made}


@pytest.mark.skipif(not strace(), reason="strace is not installed, or may not trace here")
def test_what_a_reading_command_asks_the_kernel_for(scene: Scene, tmp_path: Path, sample: Sample) -> None:
    """Traced, no command opens what a link in the case leads to, nor a pipe; none changes a file but its own.

    Its own are what it was asked to make, and the user's cache, in which very much is looked up.
    """
    secret, outs = scene.home / "secret.pem", tmp_path / "outs"
    secret.write_text("not for strangers")
    outs.mkdir()
    files = [(str(path), target) for path in _chosen(scene, folders=False) for target in (str(secret), "")]
    folders = [(str(path), str(scene.home / ".config/autostart")) for path in _chosen(scene, folders=True)]
    cases = [(each, *where) for each in READING for where in (("", ""), *files, *folders)]
    plan = [
        Traced([str(_places(scene, outs / str(number)).get(word, word)) for word in READING[name]], place, target)
        for number, (name, place, target) in enumerate(sample(cases, 60))
    ]
    # What the user names may lead through a link.
    plan = [each for each in plan if not each.place or not any(word.startswith(each.place) for word in each.command)]
    found, codes = traced(plan, tmp_path)
    assert len(found) == len(codes) == len(plan)
    ours = (str(outs), str(tmp_path / "temporary"), str(tmp_path / "cache"), "/dev/null", sys.executable)
    for each, touched, code in zip(plan, found, codes, strict=True):
        assert code in ANYTHING, each
        assert touched or each.place, each
        for one in touched:
            program = one.call == "execve" and one.path in ours
            # Of 127.0.0.1: tests/exports/view; or of nothing: urllib3 looks whether there is IPv6.
            port = one.call == "bind" and each.command[0] in {"view", "store"}
            assert program or port or not one.changed or one.path.startswith(ours), (each, one)
            assert not one.path.startswith((str(secret), str(scene.home / ".config/autostart"))), (each, one)
            assert each.target or not each.place or one.path != each.place, (each, one)


def test_an_unreadable_case_could_not_be_checked(scene: Scene, tmp_path: Path) -> None:
    """A case that the user may not read, or a folder of it, ends in a sentence and an exit code that says so."""
    commands = [*READING.values(), *WRITING.values()]
    for command in commands:  # so that all that they load is loaded: nobody may not read that either
        _run(scene, command, tmp_path / f"before-{commands.index(command)}")
    for closed in (scene.stick, scene.stick / "captures", scene.stick / "checkpoints", scene.stick / "ledger.jsonl"):
        mode = closed.stat().st_mode
        closed.chmod(0)
        try:
            for command in commands:
                with _nobody():
                    code, output = _run(scene, command, tmp_path / f"out-{commands.index(command)}")
                assert code in ANYTHING - {0} or command[0] == "doctor", (closed, command, output)
                assert "Traceback" not in output
        finally:
            closed.chmod(mode)


@contextmanager
def _nobody() -> Iterator[None]:
    """Be a user who may not read everything, where we are root."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_capture_that_was_forged_in_the_officers_name(scene: Scene) -> None:
    """A stranger's unsealed capture that names the officer's key is sealed by no command, and is told."""
    ledger, names = scene.capture / "ledger.jsonl", (scene.stranger.public.raw.hex(), scene.officer.public.raw.hex())
    ledger.write_bytes(ledger.read_bytes().replace(names[0].encode(), names[1].encode()))
    before = _snapshot(scene.capture)
    for command in (READING["show"], *WRITING.values()):
        _run(scene, command, scene.home / "out")
    assert _snapshot(scene.capture) == before
    assert "JH/2 is not sealed, and stays as it is" in _run(scene, WRITING["recover"], scene.home)[1]


@pytest.mark.parametrize("form", ["custody", "disposed"])
def test_lines_that_a_stranger_added(scene: Scene, tmp_path: Path, form: str) -> None:
    """A line behind the newest checkpoint is refused by all that adds to a case; `recover` sets it aside, unsigned."""
    ledger = scene.own / "ledger.jsonl"
    whole = ledger.read_bytes()
    said = Custody(
        time="2026-11-24T10:15:02.123Z", ref="MP/1", action="disposed", officer="Mary Price", reason="x",
        signer=scene.officer.public.raw.hex(),
    )  # fmt: skip
    line = encode(said).replace(b'"custody"', f'"{form}"'.encode()) + b"\n"
    ledger.write_bytes(whole + line)
    signed = sorted((scene.own / "checkpoints").iterdir())
    for name, command in WRITING.items():
        if name not in {"recover", "merge into it"}:
            code, output = _run(scene, [word.replace("CASE", "OWN").replace("JH", "MP") for word in command], tmp_path)
            assert code in {5, 6}, (command, output)
            assert "its last 1 lines are not signed" in output or "not an event of a case" in output
    assert (ledger.read_bytes(), sorted((scene.own / "checkpoints").iterdir())) == (whole + line, signed)
    code, output = _run(scene, ["recover", "OWN"], tmp_path)
    assert (code, ledger.read_bytes()) == (0, whole)
    [aside] = scene.own.with_name("OP-OWN.set-aside").iterdir()
    assert aside.read_bytes() == line


def test_words_are_added_to_nothing_of_a_strangers(scene: Scene, tmp_path: Path) -> None:
    """A case with lines of a key that is not the officer's, its own or a laid-down one, takes no custody event."""
    for name in ("describe", "custody add", "grade"):
        before = _snapshot(scene.stick)
        code, output = _run(scene, WRITING[name], tmp_path)
        assert (code, _snapshot(scene.stick)) == (5, before), output
        assert f"lines of its ledger are not yours: 4 with the key {scene.stranger.public.fingerprint()}" in output


def test_ones_own_lines_under_a_key_that_was_laid_down(scene: Scene, tmp_path: Path) -> None:
    """With a new key the officer goes on in a case of the old one, which verification of its bundle tells."""
    assert _run(scene, ["key", "retire"], tmp_path)[0] == 0
    assert _run(scene, ["key", "new"], tmp_path)[0] == 0
    add = ["custody", "add", "OWN", "MP/1", "--event", "opened"]
    code, output = _run(scene, add, tmp_path)
    assert (code, "not yours" in output) == (0, False), output


def test_a_line_that_a_stranger_signed_into_the_case(scene: Scene, tmp_path: Path) -> None:
    """A line that somebody else signed with another key, and the officer sealed unseen, is not confirmed as his own."""
    sealed, demanded = tmp_path / "sealed", [scene.officer.public]
    assert _run(scene, ["export", "OWN", "--output", "OUT", "--quiet"], sealed)[0] == 0
    assert verify(sealed, signers=demanded).verdict == "ok"
    own = scene.own / "ledger.jsonl"
    record_custody(
        Case.open(scene.own),
        ["MP/1"],
        Handling(action="disposed", reason="x"),
        key=scene.stranger,
        officer="Mary Price",
    )
    assert own.read_bytes().count(b"disposed") == 1
    out = tmp_path / "out"
    code, output = _run(scene, ["export", "OWN", "--output", "OUT"], out)
    assert (code, "lines of its ledger are not yours: 1 with the key" in output) == (0, True), output
    found = verify(out, signers=demanded)
    said = f"of the lines about what is here, 1 with the key {scene.stranger.public.fingerprint()}"
    assert [each.reason for each in found.unchecked] == [f"{said}, which is not the key demanded"]
    assert verify(out, signers=[scene.officer.public, scene.stranger.public]).verdict == "ok"
    [note] = [note for note in verify(out).notes if note.startswith(said)]
    assert note.endswith("the signer of this bundle alone says")

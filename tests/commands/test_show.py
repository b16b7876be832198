"""`goldenhour show`: a page for a case, all of an exhibit or an item, and a search; and what the last lines say."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from commands.exit import Exit
from exports.format import capture_summary
from exports.verification import verify
from tests.capture.conftest import jpeg
from tests.commands.test_officer import on_terminal
from tests.exports.small_case import Thing, make_case, photo
from tests.patience import PATIENCE
from tests.servers import Body, SceneServer
from tests.test_cli import ROOT, typed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE = (
    b'<!doctype html><title>Fire on Market Street</title><meta name="author" content="Ann Reporter">'
    b'<p>dark smoke</p><img src="/one.jpg"><img src="/gone.jpg">'
)
OWN = ("--allow-private", "--initials", "MP", "--quiet")


@pytest.fixture
def server() -> Iterator[SceneServer]:
    """Return a server with a page of a photo that is there and one that is not."""
    with SceneServer({"/": PAGE, "/one.jpg": jpeg(10)}) as running:
        yield running


def _show(folder: Path, *words: str) -> str:
    ran = typed("show", *words, cwd=folder)
    assert ran.returncode == Exit.OK, ran.stderr
    return ran.stdout


def test_the_last_line_says_what_is_safe_and_what_to_type(tmp_path: Path, server: SceneServer) -> None:
    """It counts what is safe and what was not got, names case and exhibit, and ends in a command that works."""
    for case in ("OP-ALDER", "OP 2"):
        told = typed("capture", server.url("/"), "--case", case, *OWN, cwd=tmp_path)
        assert told.returncode == Exit.IN_PART
        last = told.stdout.splitlines()[-1]
        said, _, command = last.partition(": goldenhour ")
        assert said == f"2 items safe in {case} as MP/1, 1 not got"
        assert "Market Street" in typed(*shlex.split(command), cwd=tmp_path).stdout
    both = typed("capture", server.url("/one.jpg"), server.url("/one.jpg"), "--case", "OP-ALDER", *OWN, cwd=tmp_path)
    assert both.stdout.splitlines()[-1] == "2 items safe in OP-ALDER as MP/2, MP/3: goldenhour show OP-ALDER"


def test_title_and_author_stand_below_an_item(tmp_path: Path, server: SceneServer) -> None:
    """What was captured is told by its own title and author, when it is captured and when it is shown."""
    told = typed("capture", server.url("/"), "--case", "OP", *OWN, cwd=tmp_path).stdout
    for text in (told, _show(tmp_path, "OP", "MP/1")):
        assert '  "Fire on Market Street" by Ann Reporter' in text.splitlines()


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Return a case of 30 captures."""
    maker = make_case(tmp_path)
    for number in range(30):
        capture = maker.begin(f"https://scene.example/{number}")
        capture.add(Thing("photo.jpg", photo()))
        capture.seal()
    return maker.path


def test_a_case_is_a_page(large: Path) -> None:
    """A case of any size fits a screen of 80 by 24, which ends in how to see more; --all shows all of it."""
    code, shown = on_terminal(["show", str(large)], large.parent)
    assert code == Exit.OK
    lines = shown.splitlines()
    assert len(lines) <= 24
    assert "earlier captures: goldenhour show" in shown
    assert lines[-1].startswith("more     goldenhour show ")
    captures = json.loads(_show(large.parent, str(large), "--json"))["captures"]
    everything = _show(large.parent, str(large), "--all")
    assert all(re.search(rf"^{each['exhibit']} ", everything, re.MULTILINE) for each in captures)


def test_an_exhibit_and_an_item_are_shown_alone(tmp_path: Path, server: SceneServer) -> None:
    """`show CASE MP/2` shows no other exhibit, `show CASE MP/1-0001` an item with its whole hash and its file."""
    for path in ("/", "/one.jpg"):
        typed("capture", server.url(path), "--case", "OP", *OWN, cwd=tmp_path)
    second = _show(tmp_path, "OP", "MP/2")
    assert "MP/2-0001" in second
    assert "MP/1" not in second
    item = json.loads(_show(tmp_path, "OP", "MP/1-0001", "--json"))
    told = _show(tmp_path, "OP", "MP/1-0001")
    assert item["sha256"] in told
    [file] = re.findall(r"^ +file +(.*)$", told, re.MULTILINE)
    assert (tmp_path / file).stat().st_size == item["size"]
    assert json.loads(_show(tmp_path, "OP", "MP/2", "--json"))["exhibit"] == "MP/2"
    for ref in ("MP/9", "MP/1-0099"):
        unknown = typed("show", "OP", ref, cwd=tmp_path)
        assert unknown.returncode == Exit.USAGE
        assert ref in unknown.stderr


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("market street",), ["MP/1-0001"]),
        (("ANN REP",), ["MP/1-0001"]),
        (("DARK SMOKE",), ["MP/1-0001"]),
        (("one.jpg",), ["MP/1-0002", "MP/2-0001"]),
        (("one.jpg", "MP/2"), ["MP/2-0001"]),
        (("nowhere",), []),
    ],
)
def test_items_are_found_by_a_word(
    tmp_path: Path, server: SceneServer, words: tuple[str, ...], found: list[str]
) -> None:
    """--find looks into addresses, into what items say of themselves and into the text of pages, in capitals or not."""
    for path in ("/", "/one.jpg"):
        typed("capture", server.url(path), "--case", "OP", *OWN, cwd=tmp_path)
    word, *ref = words
    told = _show(tmp_path, "OP", *ref, "--find", word)
    assert re.findall(r"^(MP/\d-\d+)", told, re.MULTILINE) == found
    assert told.splitlines()[-1].startswith(f"{len(found)} item")
    listed = _show(tmp_path, "OP", *ref, "--find", word, "--json").splitlines()
    assert [json.loads(line)["ref"] for line in listed] == found


def test_a_text_that_cannot_be_read_costs_no_other(tmp_path: Path, server: SceneServer) -> None:
    """--find names a page's text that is gone, or is no file, looks into all others, and says so with its exit code."""
    for path in ("/", "/one.jpg"):
        typed("capture", server.url(path), "--case", "OP", *OWN, cwd=tmp_path)
    [text] = tmp_path.glob("OP/captures/*/working/*-text.txt")
    text.unlink()
    text.symlink_to("/etc/passwd")
    told = typed("show", "OP", "--find", "one.jpg", cwd=tmp_path)
    assert told.returncode == 6
    assert "MP/2-0001" in told.stdout
    assert "not searched: " in told.stderr
    assert "a symbolic link" in told.stderr


def test_a_verdict_has_a_colour_where_there_is_one(tmp_path: Path, server: SceneServer) -> None:
    """What became of a capture is coloured on a terminal, and never in a pipe, with NO_COLOR or on a dumb one."""
    words = ["capture", server.url("/one.jpg"), "--case", "OP", *OWN]
    assert "\x1b[32mMP/1  complete" in on_terminal(words, tmp_path)[1]
    for plain in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        shown = on_terminal(words, tmp_path, (), **plain)[1]
        assert "complete: 1 stored" in shown
        assert not re.search(r"\x1b\[3\d", shown)
    assert "\x1b" not in typed(*words, cwd=tmp_path).stdout


@pytest.mark.parametrize(("words", "code"), [(("show", "OP", "MP/1"), 0), (("verify", "OP"), 5), (("--help",), 0)])
def test_a_reader_who_goes_changes_no_exit_code(
    tmp_path: Path, server: SceneServer, words: tuple[str, ...], code: int
) -> None:
    """Where nobody reads on, as behind `| head -1`, a command ends with its own code: what it found is no less true."""
    typed("capture", server.url("/"), "--case", "OP", *OWN, cwd=tmp_path)
    if code:
        [body] = (tmp_path / "OP/captures").glob("*/items/0002*")
        body.chmod(0o600)
        body.write_bytes(b"x")
    read, write = os.pipe()
    os.close(read)
    ran = subprocess.run(
        [sys.executable, "-m", "cli", *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    os.close(write)
    assert (ran.returncode, ran.stderr) == (code, "")


def test_a_stream_that_is_closed_or_full_is_no_fault(tmp_path: Path, server: SceneServer) -> None:
    """Without a standard output a command does its work; one that goes to a full disk is told in a sentence."""
    typed("capture", server.url("/"), "--case", "OP", *OWN, cwd=tmp_path)
    command = shlex.join([sys.executable, "-m", "cli", "show", "OP"])
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    for redirected, code, said in ((">&-", 0, ""), (">/dev/full", Exit.UNCHECKED, "standard output: the disk is full")):
        ran = subprocess.run(
            ["/bin/sh", "-c", f"{command} {redirected}"],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert (ran.returncode, said in ran.stderr, "Traceback" in ran.stderr) == (code, True, False), ran.stderr


def test_the_shell_completes_exhibits_events_and_fields(tmp_path: Path, server: SceneServer) -> None:
    """The Tab key offers the exhibits of the case that was typed, custody events, and what can be withheld."""
    for _ in range(2):
        typed("capture", server.url("/one.jpg"), "--case", "OP", *OWN, cwd=tmp_path)

    def _offered(*words: str) -> set[str]:
        line = {"COMP_WORDS": shlex.join(["goldenhour", *words]), "COMP_CWORD": str(len(words))}
        ran = subprocess.run(
            [sys.executable, "-c", "from cli import main; main(prog_name='goldenhour')"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "_GOLDENHOUR_COMPLETE": "bash_complete", **line},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        return {each.partition(",")[2] for each in ran.stdout.splitlines() if each}

    assert _offered("show", "OP", "M") == {"MP/1", "MP/2"}
    assert _offered("label", "OP", "MP/2") == {"MP/2"}
    assert _offered("show", "OP", "MP/2-") == {"MP/2-0001"}
    assert _offered("show", "nowhere", "M") == set()
    assert _offered("export", "OP", "--exhibit", "M") == {"MP/1", "MP/2"}
    assert _offered("export", "OP", "--exhibit", "") == {"MP/1", "MP/2"}
    assert _offered("custody", "add", "OP", "MP/1", "--event", "hand") == {"handed-over"}
    assert _offered("export", "OP", "--redact", "url,netw") == {"url,network"}


def test_a_server_that_serves_nothing_is_told_as_such(tmp_path: Path) -> None:
    """Where nothing is safe, the last line says so, and leads to the reasons."""
    with SceneServer({"/": Body(status=404, data=b"no")}) as server:
        told = typed("capture", server.url("/"), "--case", "OP", *OWN, cwd=tmp_path)
    assert told.stdout.splitlines()[-1] == "0 items safe in OP as MP/1, 1 not got: goldenhour show OP MP/1"


def test_what_was_not_got_is_told_under_its_reference(tmp_path: Path, server: SceneServer) -> None:
    """A reference that a capture gave to what it did not get shows why; one that was never given is an error."""
    typed("capture", server.url("/"), "--case", "OP", *OWN, cwd=tmp_path)
    lines = _show(tmp_path, "OP", "MP/1").splitlines()
    assert lines[0] == f"MP/1  {server.url('/')}"
    [ref] = [line.split()[0] for line in lines if "404 Not Found" in line]
    assert _show(tmp_path, "OP", ref).splitlines() == [
        f"{ref}  not captured: the server answered 404 Not Found",
        f"  source     {server.url('/gone.jpg')}",
    ]
    told = json.loads(_show(tmp_path, "OP", ref, "--json"))
    assert (told["ref"], told["url"]) == (ref, server.url("/gone.jpg"))
    unknown = typed("show", "OP", "MP/1-0099", cwd=tmp_path)
    assert (unknown.returncode, "has no item MP/1-0099" in unknown.stderr) == (Exit.USAGE, True)


def test_an_item_names_its_working_copies(tmp_path: Path, server: SceneServer) -> None:
    """Who wants to read a page finds its text beside the item, with how it was made."""
    typed("capture", server.url("/"), "--case", "OP", *OWN, cwd=tmp_path)
    [copy] = [line for line in _show(tmp_path, "OP", "MP/1-0001").splitlines() if line.split()[0] == "copy"]
    path, _, how = copy.removeprefix("  copy       ").partition(": ")
    assert "dark smoke" in (tmp_path / path).read_text()
    assert how == "the page's visible text, in UTF-8"


def test_a_hint_names_no_more_exhibits_than_can_be_read(large: Path) -> None:
    """Of a case of 30 exhibits an unknown one is answered with the first, the last and the number of them."""
    told = typed("show", str(large), "MP/99", cwd=large.parent)
    assert told.returncode == Exit.USAGE
    assert told.stderr.splitlines()[-1] == "  hint: the case holds MP/1, MP/2, …, MP/30: 30 in all"


def test_a_capture_that_a_process_left_is_told_from_one_at_work(tmp_path: Path) -> None:
    """While a process writes to it, a capture is running; once that has ended, it was left, with what to type."""
    maker = make_case(tmp_path)
    begun = maker.begin()
    begun.folder.append(begun.events)
    assert "running, not sealed yet" in _show(tmp_path, "OP-ALDER")
    assert "left by a process" not in _show(tmp_path, "OP-ALDER")
    begun.folder.close()
    told = _show(tmp_path, "OP-ALDER")
    assert "left by a process that ended, not sealed" in told
    assert "goldenhour recover OP-ALDER seals what is yours" in told
    assert "running" not in told
    assert "left by a process that ended, not sealed, begun" in _show(tmp_path, "OP-ALDER", "MP/1")


def test_an_error_page_is_kept_and_no_item(tmp_path: Path) -> None:
    """`show` and `exhibit` count what was got, as `capture` and `batch` do: an error page is kept beside it."""
    maker = make_case(tmp_path)
    gone = Thing("gone.html", b"<h1>404", "error page", "text/html", error_page="404 Not Found")
    maker.capture([Thing("1.jpg", photo()), gone])
    row = next(line for line in _show(tmp_path, "OP-ALDER").splitlines() if line.startswith("MP/1 "))
    assert row.split()[4:6] == ["1", "0"]
    assert "error page" in _show(tmp_path, "OP-ALDER", "MP/1")
    assert json.loads(typed("exhibit", "OP-ALDER", "--json", cwd=tmp_path).stdout)["items"] == 1


def test_a_case_of_somebody_else_takes_no_capture(tmp_path: Path, server: SceneServer) -> None:
    """Before anything is asked, a capture into another officer's case is refused, with the way to hand it in."""
    make_case(tmp_path).capture([Thing("1.jpg", photo())])
    for command in ("capture", "watch", "batch"):
        (tmp_path / "rows.txt").write_text(server.url("/"))
        scene = "rows.txt" if command == "batch" else server.url("/")
        refused = typed(command, scene, "--case", "OP-ALDER", *OWN, cwd=tmp_path)
        assert refused.returncode == Exit.MISMATCH
        assert "lines of its ledger are not yours" in refused.stderr
        assert "goldenhour merge OP-ALDER OWN_CASE" in refused.stderr
    assert server.requests == []


def test_a_large_capture_is_counted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a large sealed capture holds is noted under the root of its seal; a note that does not fit is made anew."""
    monkeypatch.setattr(capture_summary, "_LARGE", 3)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    maker = make_case(tmp_path)
    capture = maker.begin()
    for number in range(3):
        capture.add(Thing(f"{number}.jpg", photo(number), error_page="404" if number == 2 else ""))
    capture.fail("https://scene.example/gone.jpg", "404 Not Found")
    folder = capture.seal()
    reads: list[Path] = []
    counted = [(2, 1)]
    counting = capture_summary._count

    def _count(ledger: Path, root: Path, status: os.stat_result) -> object:
        reads.append(ledger)
        return counting(ledger, root, status)

    monkeypatch.setattr(capture_summary, "_count", _count)
    for _ in range(3):
        summary = capture_summary.capture_summary(folder)
        assert [(summary.items, summary.failed)] == counted
    assert len(reads) == 1
    [note] = (tmp_path / "cache").rglob("*.json")
    for wrong in (b'{"size":1,"changed":1,"items":9,"failed":9}', b"no json", b'{"items":9}'):
        note.write_bytes(wrong)
        summary = capture_summary.capture_summary(folder)
        assert [(summary.items, summary.failed)] == counted
    assert len(reads) == 4
    status = (folder / "ledger.jsonl").stat()
    note.write_bytes(b'{"size":%d,"changed":%d,"items":9,"failed":9}' % (status.st_size, status.st_ctime_ns))
    assert verify(maker.path).verdict == "ok"  # which looks at no note


def test_a_folder_with_our_seal_notes_nothing_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stranger's copy with the same seal, size and time, and other lines, does not change what is told of ours."""
    monkeypatch.setattr(capture_summary, "_LARGE", 3)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = make_case(tmp_path).capture([Thing(f"{number}.jpg", photo(number)) for number in range(4)])
    theirs = tmp_path / "theirs" / "captures" / folder.name
    shutil.copytree(folder, theirs)
    ledger = theirs / "ledger.jsonl"
    status, lines = ledger.stat(), ledger.read_bytes()
    ledger.chmod(0o600)
    ledger.write_bytes(lines.replace(b'"event":"item"', b'"event":"wait"'))
    os.utime(ledger, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert capture_summary.capture_summary(theirs).items == 0
    assert capture_summary.capture_summary(folder).items == 4

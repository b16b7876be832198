from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from capture.photo import Examiner
from capture.photo.examine import examine
from hashing.case.facts import Fact
from tests.capture.photo.making import camera_exif, encoded, picture, store

if TYPE_CHECKING:
    from collections.abc import Callable

_ROOT = Path(__file__).resolve().parents[3]
_HAS_PROC = Path("/proc/self/environ").exists()


def _children() -> set[int]:
    """Return the process ids of this process's children."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
            except OSError:  # it has ended meanwhile
                continue
            if parent == str(os.getpid()):
                found.add(int(entry.name))
    return found


def _until(done: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.01)
    return done()


@pytest.fixture
def child_of() -> Callable[[Examiner], int]:
    """Return a function that starts an examiner and tells its child's process id."""
    if not _HAS_PROC:
        pytest.skip("this system has no /proc to look into")

    def _start(examiner: Examiner) -> int:
        before = _children()
        examiner.start()
        (pid,) = _children() - before
        return pid

    return _start


def _ended(pid: int) -> bool:
    """Whether a process has ended, even if nobody has asked for its exit status yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a photo that takes more than a second to decode: a progressive JPEG of 36 megapixels of noise."""
    noise = Image.effect_noise((1500, 1500), 60).resize((6000, 6000), Image.Resampling.NEAREST).convert("RGB")
    data = encoded("JPEG", noise, quality=90, progressive=True, subsampling=0)
    return store(tmp_path_factory.mktemp("slow"), data)


def test_the_child_states_what_is_stated_in_process(tmp_path: Path) -> None:
    """Passing through the other process changes no fact."""
    for number, name in enumerate(["JPEG", "PNG", "AVIF", "TIFF"]):
        path = store(tmp_path, encoded(name, exif=camera_exif().tobytes()), f"{number} ü\udcff")
        with Examiner() as examiner:
            assert examiner.examine(path) == examine(path)


def test_one_child_examines_many_photos(tmp_path: Path, child_of: Callable[[Examiner], int]) -> None:
    """The process is started once and kept."""
    path = store(tmp_path, encoded("JPEG"))
    with Examiner() as examiner:
        pid = child_of(examiner)
        for _ in range(5):
            examiner.examine(path)
        assert pid in _children()


def test_a_photo_that_takes_too_long_is_given_up_and_the_next_is_examined(tmp_path: Path, slow: Path) -> None:
    """The process that hangs is killed and replaced."""
    quick = store(tmp_path, encoded("GIF"))
    with Examiner(deadline=0.001) as examiner:
        reason = "could not be read: the examination took longer than 0.001 s"
        assert examiner.examine(slow) == (Fact("photo", reason, "examination"),)
    with Examiner(deadline=0.3) as examiner:
        reason = "could not be read: the examination took longer than 0.3 s"
        assert examiner.examine(slow) == (Fact("photo", reason, "examination"),)
        assert examiner.examine(quick)[0] == Fact("format", "GIF", "first bytes")


def test_a_child_that_is_killed_at_work_is_a_fact(
    tmp_path: Path, slow: Path, child_of: Callable[[Examiner], int]
) -> None:
    """A crash of the reader says by what, and the next photo gets a new reader."""
    quick = store(tmp_path, encoded("GIF"))
    with Examiner() as examiner:
        pid = child_of(examiner)
        examiner.examine(quick)
        timer = threading.Timer(0.05, os.kill, (pid, signal.SIGSEGV))
        timer.start()
        facts = examiner.examine(slow)
        timer.join()
        assert facts == (Fact("photo", "could not be read: the reader stopped: killed by SIGSEGV", "examination"),)
        assert examiner.examine(quick)[0].value == "GIF"


def test_a_child_that_died_at_rest_costs_no_photo(tmp_path: Path, child_of: Callable[[Examiner], int]) -> None:
    """A reader that is gone before it is asked is replaced first."""
    path = store(tmp_path, encoded("GIF"))
    with Examiner() as examiner:
        pid = child_of(examiner)
        examiner.examine(path)
        os.kill(pid, signal.SIGKILL)
        assert _until(lambda: _ended(pid))
        assert examiner.examine(path)[0].value == "GIF"


def test_many_threads_each_get_their_own_photos_facts(tmp_path: Path) -> None:
    """Threads wait for one another, and answers are not mixed up."""
    paths = [store(tmp_path, encoded("PNG", picture(10 + number, 5)), str(number)) for number in range(16)]
    with Examiner() as examiner, ThreadPoolExecutor(8) as pool:
        widths = [facts[1].value for facts in pool.map(examiner.examine, paths)]
    assert widths == [10 + number for number in range(16)]


def test_the_child_gets_no_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, child_of: Callable[[Examiner], int]
) -> None:
    """Neither the environment nor an open file of the parent reaches the process that reads hostile bytes."""
    monkeypatch.setenv("GOLDENHOUR_KEY", "/secret/key.pem")
    monkeypatch.setenv("TOKEN", "hunter2")
    secret = store(tmp_path, b"private", "key.pem")
    with secret.open("rb") as key, Examiner() as examiner:
        os.set_inheritable(key.fileno(), True)
        pid = child_of(examiner)
        examiner.examine(store(tmp_path, encoded("GIF")))
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        opened = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
    assert b"secret" not in environment
    assert b"hunter2" not in environment
    assert not [name for name in opened if name.startswith(str(tmp_path))]


def test_the_child_is_bounded(tmp_path: Path, child_of: Callable[[Examiner], int]) -> None:
    """A gigabyte of memory, no file to write, no core file."""
    with Examiner() as examiner:
        pid = child_of(examiner)
        examiner.examine(store(tmp_path, encoded("GIF")))
        limits = Path(f"/proc/{pid}/limits").read_text()
    rows = {line[:25].strip(): line[25:].split()[:2] for line in limits.splitlines()}
    assert rows["Max address space"] == ["1073741824", "1073741824"]
    assert rows["Max file size"] == ["0", "0"]
    assert rows["Max core file size"] == ["0", "0"]


def test_a_photo_of_64_megapixels_fits_into_the_memory_limit(tmp_path: Path) -> None:
    """What is decoded at all can be decoded within the limit."""
    path = store(tmp_path, encoded("PNG", Image.new("RGBA", (8000, 8000), "red"), compress_level=1))
    with Examiner(deadline=60) as examiner:
        assert Fact("picture data", "whole", "Pillow") in examiner.examine(path)


def test_the_child_ignores_ctrl_c(tmp_path: Path, child_of: Callable[[Examiner], int]) -> None:
    """Ctrl-C is for the parent, which still wants the facts of what had arrived."""
    path = store(tmp_path, encoded("GIF"))
    with Examiner() as examiner:
        pid = child_of(examiner)
        examiner.examine(path)
        os.kill(pid, signal.SIGINT)
        assert examiner.examine(path)[0].value == "GIF"
        assert pid in _children()
        assert os.getpgid(pid) != os.getpgid(0)


def test_closing_ends_the_child_and_is_final(tmp_path: Path, child_of: Callable[[Examiner], int]) -> None:
    """After close there is no process left, and a photo that comes later is a fact."""
    examiner = Examiner()
    pid = child_of(examiner)
    examiner.close()
    examiner.close()
    assert pid not in _children()
    facts = examiner.examine(store(tmp_path, encoded("GIF")))
    assert facts == (Fact("photo", "could not be read: the examination was stopped", "examination"),)


def test_closing_does_not_wait_for_the_photo_under_way(tmp_path: Path, slow: Path) -> None:
    """Ctrl-C must not hang on a photo."""
    quick = store(tmp_path, encoded("GIF"))
    examiner = Examiner(deadline=60)
    examiner.examine(quick)
    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(examiner.examine, slow)
        time.sleep(0.05)
        started = time.monotonic()
        examiner.close()
        facts = under_way.result()
        assert time.monotonic() - started < 1
    assert facts == (Fact("photo", "could not be read: the examination was stopped", "examination"),)


def test_an_examiner_that_is_never_used_starts_nothing() -> None:
    """A capture without photos pays for no process."""
    before = _children() if _HAS_PROC else set()
    with Examiner():
        assert not _HAS_PROC or _children() == before


def test_the_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    """No reader is left behind by a kill -9."""
    if not _HAS_PROC:
        pytest.skip("this system has no /proc to look into")
    program = (
        "import sys, time; from pathlib import Path; from capture.photo import Examiner\n"
        "examiner = Examiner(); examiner.examine(Path(sys.argv[1])); child = examiner._child._process._process\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)"
    )
    path = store(tmp_path, encoded("GIF"))
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=_ROOT, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert not _ended(child)
        parent.kill()
    assert _until(lambda: _ended(child))


def test_modules_in_the_working_directory_are_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file named json.py beside the evidence is not run."""
    trap = f"open({str(tmp_path / 'sprung')!r}, 'w')"
    for name in ("json.py", "PIL.py", "msgspec.py", "capture.py"):
        (tmp_path / name).write_text(trap)
    path = store(tmp_path, encoded("GIF"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Examiner() as examiner:
        assert examiner.examine(Path(path.name))[0].value == "GIF"
    assert not (tmp_path / "sprung").exists()


def test_a_reader_that_cannot_be_started_is_a_fact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing interpreter does not fail the capture."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    with Examiner() as examiner:
        examiner.start()
        facts = examiner.examine(store(tmp_path, encoded("GIF")))
    reason = "could not be read: the reader could not be started: No such file or directory"
    assert facts == (Fact("photo", reason, "examination"),)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("print(1)", "the reader's answer is not understood"),
        ('print(\'{"facts":[{"name":"a","value":null,"tag":"b"}]}\')', "the reader's answer is not understood"),
        ('print(\'{"facts":[{"name":"a","value":1e300,"tag":"b"}]}\')', "the reader's answer is out of bounds"),
        (
            'print(\'{"facts":[\' + \'{"name":"a","value":1,"tag":"b"},\' * 999 + "]}")',
            "the reader's answer is not understood",
        ),
        (
            'print(\'{"facts":[{"name":"\' + "a" * 999 + \'","value":1,"tag":"b"}]}\')',
            "the reader's answer is out of bounds",
        ),
        ("sys.exit(3)", "the reader stopped: exit status 3"),
    ],
)
def test_an_answer_is_trusted_no_more_than_the_photo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, reason: str
) -> None:
    """A reader that a photo took over cannot put just anything into the ledger."""
    script = tmp_path / "python"
    lines = ["import sys", "print('ready', flush=True)", "sys.stdin.readline()", answer, "sys.stdout.flush()"]
    script.write_text("\n".join([f"#!{sys.executable}", *lines, "sys.stdin.readline()", ""]))
    script.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(script))
    with Examiner() as examiner:
        facts = examiner.examine(store(tmp_path, encoded("GIF")))
    assert facts == (Fact("photo", f"could not be read: {reason}", "examination"),)

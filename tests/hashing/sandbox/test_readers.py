from __future__ import annotations

import gzip
import importlib.util
import itertools
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hashing.sandbox import NotRead, Readers
from tests.hashing.sandbox import attempts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_HERE = attempts.__name__
_ROOT = Path(__file__).resolve().parents[3]
_HAS_PROC = Path("/proc/self/stat").exists()
_MIB = 1 << 20


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    """Return readers that know the attempts, one process at a time."""
    with Readers(load=(_HERE,), most=1) as readers:
        yield readers


def _double(readers: Readers, number: int) -> int:
    return readers.ask(f"{_HERE}:double", number, answer=int)


def _me(readers: Readers) -> int:
    return readers.ask(f"{_HERE}:me", answer=int)


def _ended(pid: int) -> bool:
    """Whether a process has ended, even if nobody has asked for its exit status yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def _peak(pid: int) -> int:
    """Return the most memory that a process has had, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])


def _until(done: Callable[[], bool]) -> None:
    for _ in range(6000):
        if done():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come to pass within a minute")


def test_one_process_reads_many_documents(readers: Readers) -> None:
    """It is started once and kept."""
    assert len({_me(readers) for _ in range(5)}) == 1


def test_answers_come_one_after_the_other(readers: Readers) -> None:
    """A document with thousands of parts is told part by part."""
    assert list(readers.stream(f"{_HERE}:count", 5_000, answer=int)) == list(range(5_000))
    assert _double(readers, 2) == 4


def test_an_answer_that_nobody_wants_to_hear_to_its_end_costs_nothing(readers: Readers) -> None:
    """The rest of what a reader had to say never stands in the next answer."""
    assert next(iter(readers.stream(f"{_HERE}:count", 1_000_000, answer=int))) == 0
    assert _double(readers, 3) == 6


@pytest.mark.parametrize(
    ("how", "arguments", "reason"),
    [
        ("dies", [3], "the reader stopped: exit status 3"),
        ("dies", [int(signal.SIGABRT)], "the reader stopped: killed by SIGABRT"),
        ("crash", [], "the reader stopped: killed by SIGSEGV"),
        ("fill", [], "it takes more memory to read than is allowed"),
        ("deep", [], "the reader failed (RecursionError: maximum recursion depth exceeded"),
        ("long", [49 * _MIB], "the reader answered more than is taken: a message of"),
        ("me", [], "the reader's answer is not understood"),
    ],
)
def test_a_reader_that_fails_says_why_and_costs_no_other_document(
    readers: Readers, how: str, arguments: list[int], reason: str
) -> None:
    """Whatever becomes of it, the next document is read."""
    with pytest.raises(NotRead) as raised:
        readers.ask(f"{_HERE}:{how}", *arguments, answer=bytes)
    assert str(raised.value).startswith(reason)
    assert _double(readers, 4) == 8


def test_what_was_read_before_a_failure_is_there(readers: Readers) -> None:
    """Ten parts, and then the reason."""
    stream = readers.stream(f"{_HERE}:count_and_fail", 10, answer=int)
    assert list(itertools.islice(stream, 10)) == list(range(10))
    with pytest.raises(NotRead, match=r"the reader failed \(ValueError: no \? more\)"):
        next(stream)


@pytest.mark.skipif(not _HAS_PROC, reason="this system has no /proc to look into")
def test_no_reader_takes_more_than_300_mib(readers: Readers) -> None:
    """Measured by the system, of one that took as much as it was given; one that does nothing takes far less."""
    looked_at = readers.stream(f"{_HERE}:take_all_in_view", answer=int)
    pid = next(looked_at)
    assert _peak(pid) < 64 * _MIB
    assert next(looked_at) > 128 * _MIB
    assert _peak(pid) < 300 * _MIB
    assert not list(looked_at)


@pytest.mark.skipif(not _HAS_PROC, reason="this system has no /proc to look into")
@pytest.mark.parametrize("function", ["keep", "keep_and_fail"])
def test_each_document_finds_as_much_memory_as_the_first(readers: Readers, function: str) -> None:
    """A process that a document has left large reads no other, so that no result depends on what was read before."""
    pid = _me(readers)
    assert _me(readers) == pid
    with suppress(NotRead):
        readers.ask(f"{_HERE}:{function}", answer=int)
    assert _me(readers) != pid


def test_a_reader_that_hangs_is_given_up_and_replaced() -> None:
    """It is ended, and says after how many seconds."""
    with Readers(load=(_HERE,), deadline=0.2) as readers:
        with pytest.raises(NotRead, match=r"^given up after 0\.2 s$"):
            readers.ask(f"{_HERE}:hang", answer=int)
        readers._deadline = 60
        assert _double(readers, 1) == 2


@pytest.mark.skipif(not _HAS_PROC, reason="this system has no /proc to look into")
def test_a_reader_that_died_at_rest_costs_no_document() -> None:
    """One that is gone before it is asked is replaced first."""
    with Readers(load=(_HERE,)) as readers:
        pid = _me(readers)
        os.kill(pid, signal.SIGKILL)
        _until(lambda: _ended(pid))
        assert _double(readers, 1) == 2


def test_many_threads_each_get_their_own_answers() -> None:
    """Threads wait for a reader that is free, and answers are not mixed up."""
    with Readers(load=(_HERE,), most=2) as readers, ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda number: _double(readers, number), range(200))) == list(range(0, 400, 2))


def test_a_reader_ignores_ctrl_c() -> None:
    """Ctrl-C is for the parent, which still wants to know what had arrived."""
    with Readers(load=(_HERE,)) as readers:
        pid = _me(readers)
        os.kill(pid, signal.SIGINT)
        assert _me(readers) == pid
        assert os.getpgid(pid) != os.getpgid(0)


def test_closing_gives_up_what_is_being_read_and_is_final() -> None:
    """Ctrl-C must not hang on a document; after it there is no process left."""
    readers = Readers(load=(_HERE,))
    pid = _me(readers)
    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(readers.ask, f"{_HERE}:hang", answer=int)
        _until(lambda: bool(readers._busy))
        readers.close()
        readers.close()
        with pytest.raises(NotRead, match="the reading was stopped"):
            under_way.result(60)
    with pytest.raises(NotRead, match="the reading was stopped"):
        _double(readers, 1)
    if _HAS_PROC:
        assert _ended(pid)


def test_what_is_being_read_can_be_given_up() -> None:
    """A capture that is stopped waits for no page, and still wants the facts of the photos that have arrived."""
    with Readers(load=(_HERE,), most=2) as readers, ThreadPoolExecutor(2) as pool:
        hanging = pool.submit(readers.ask, f"{_HERE}:hang", answer=int)
        resting = pool.submit(readers.ask, f"{_HERE}:rest", answer=int)
        _until(lambda: {each.function for each in readers._busy} == {f"{_HERE}:hang", f"{_HERE}:rest"})
        readers.give_up(but={f"{_HERE}:rest"})
        with pytest.raises(NotRead, match=r"^the reading was stopped$"):
            hanging.result(60)
        assert resting.result(60) == 7
        assert _double(readers, 1) == 2


def test_who_hears_a_stream_may_ask_meanwhile(readers: Readers) -> None:
    """As many streams as there may be, none at its end, take no room from questions: nobody waits for ever."""
    first = readers.stream(f"{_HERE}:count", 3, files=[], answer=int)
    assert next(first) == 0
    assert _double(readers, 4) == 8
    assert readers.gather(f"{_HERE}:count", 3, answer=int) == [0, 1, 2]
    assert list(first) == [1, 2]


def test_readers_that_are_never_used_start_nothing() -> None:
    """A command that reads nothing hostile pays for no process."""
    with Readers(load=(_HERE,)) as readers:
        assert not readers._idle
        assert not readers._busy


def test_a_reader_can_be_started_before_it_is_needed() -> None:
    """Its start-up costs no time then; asking twice starts no second one."""
    with Readers(load=(_HERE,)) as readers:
        readers.start()
        readers.start()
        [reader] = readers._idle
        assert _me(readers) == reader.process._process.pid


def test_a_new_process_takes_over_after_many_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the old one may hold by then."""
    monkeypatch.setattr("hashing.sandbox.readers._MOST_DOCUMENTS", 2)
    with Readers(load=(_HERE,)) as readers:
        assert len({_me(readers) for _ in range(6)}) == 3


@pytest.mark.skipif(not _HAS_PROC, reason="this system has no /proc to look into")
@pytest.mark.parametrize("busy", [False, True])
def test_no_reader_outlives_its_parent(busy: bool) -> None:
    """A kill -9 of the parent ends one that is idle; one that is busy ends when it has something to say."""
    program = (
        "import sys, threading, time; from hashing.sandbox import Readers\n"
        f"readers = Readers(load=({_HERE!r},)); pid = readers.ask('{_HERE}:me', answer=int)\n"
        f"say = lambda: list(readers.stream('{_HERE}:count', 10**9, answer=int))\n"
        f"{'threading.Thread(target=say).start()' if busy else ''}\n"
        "print(pid, flush=True)\n"
        "time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=_ROOT, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert not _ended(child)
        parent.kill()
    _until(lambda: _ended(child))


def test_modules_in_the_working_directory_are_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file named json.py beside the evidence is not run."""
    trap = f"open({str(tmp_path / 'sprung')!r}, 'w')"
    for name in ("json.py", "PIL.py", "msgspec.py", "capture.py", "hashing.py"):
        (tmp_path / name).write_text(trap)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Readers(load=(_HERE,)) as readers:
        assert _double(readers, 1) == 2
    assert not (tmp_path / "sprung").exists()


def test_what_readers_load_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiled form of a module that is asked for is kept, though a confined reader may write nothing."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    source = _ROOT / "hashing" / "warc" / "content_coding.py"
    kept = Path(importlib.util.cache_from_source(str(source)))
    kept.unlink(missing_ok=True)
    written = set()
    for _ in range(2):
        with Readers() as readers:
            readers.start()
            assert readers.ask("hashing.warc.content_coding:unpacked_sample", gzip.compress(b"x"), "gzip", answer=bytes)
        written.add(kept.stat().st_mtime_ns)
    assert len(written) == 1


def test_a_reader_that_cannot_be_started_is_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing interpreter is said as such."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    with Readers() as readers:
        readers.start()
        with pytest.raises(NotRead, match=r"^the reader could not be started: No such file or directory$"):
            _double(readers, 1)

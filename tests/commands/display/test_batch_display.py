from __future__ import annotations

import hashlib
import io

from rich.console import Console

from capture.batch.lines import BatchLines
from capture.batch.outcome import RowOutcome, RowTrouble
from capture.batch.progress import BatchProgress, Counts, RowDone
from capture.batch.row import BatchRow, GivenRow
from capture.request.options import CaptureOptions
from commands.display.batch_display import BatchLive
from hashing.case.batch_events import RowOptions
from hashing.printable import printable

OPTIONS = CaptureOptions(officer="Mary Price", initials="MP")


def done(scene: str, status: str, reason: str = "", *, again: bool = False, items: int = 0) -> RowDone:
    """Return a row that has ended."""
    given = GivenRow(line=1, scene=scene, options=RowOptions(), written=(scene,))
    name = hashlib.sha256(scene.encode()).hexdigest()
    row = BatchRow(id=name, given=given, scene=scene, options=OPTIONS, places=("a.example:443",))
    outcome = RowOutcome(
        status=status, reason=reason, trouble=RowTrouble.NONE, items=items, failed=int(items > 2), bytes=items * 1024
    )
    return RowDone(row=row, status=status, reason=reason, again=again, exhibit="MP/1", outcome=outcome)


def tell(progress: BatchProgress) -> None:
    """Tell what happens in a batch."""
    progress.began(Counts(total=1200, before=200, done=30, failed=1, running=4))
    progress.received(5 << 20)
    progress.waiting("b.example:443", 90.0)
    progress.ended(done("https://a.example/\x1b[2J", "partial", items=3))
    progress.ended(done("https://b.example/", "nothing", "the server answered 503", again=True))
    progress.stopping("stopped by the user")


def test_a_batch_as_lines() -> None:
    """Where there is no terminal, each row that has ended is a line, and so is why nothing goes on."""
    stream = io.StringIO()
    tell(BatchLines(stream, printable))
    assert stream.getvalue().splitlines() == [
        "1,200 rows, 200 of them captured before",
        "b.example:443 is left alone for 90 s",
        r"MP/1  partial  https://a.example/\x1b[2J: 3 stored, 3.0 KiB; 1 not captured",
        "MP/1  nothing  https://b.example/: the server answered 503; to be tried again",
        "ending, and sealing what has arrived: stopped by the user",
    ]


def test_a_closed_pipe_does_no_harm() -> None:
    """Lines that nobody reads any more end nothing."""
    stream = io.StringIO()
    stream.close()
    tell(BatchLines(stream, printable))
    tell(BatchProgress())


def test_a_batch_on_a_terminal() -> None:
    """On a terminal a few lines say how far it is, how fast, until when, how much room is left, and what rests."""
    moments = iter([0.0, 60.0, 60.0, *[120.0] * 1000])
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=110, height=30)
    live = BatchLive(console, printable, lambda: 3 << 30, monotonic=lambda: next(moments))
    tell(live)
    console.print(live._shown())
    shown = stream.getvalue()
    assert "30 done · 1 failed · 4 running · 965 waiting · 200 captured before" in shown
    assert "0.5 a minute · 32 h 18 min left · 5.0 MiB · 3.0 GiB free" in shown
    assert "b.example:443 is left alone: 30 s" in shown
    assert r"MP/1  partial  https://a.example/\x1b[2J: 3 stored" in shown
    assert "ending, and sealing what has arrived: stopped by the user" in shown

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from msgspec.structs import replace
from rich.cells import cell_len
from rich.console import Console

from commands.display.listing import Listing, plain_console, shortened
from commands.display.tables import (
    capture_to_json,
    case_json,
    case_table,
    copies_table,
    items_table,
    missing_table,
)
from exports.format.capture_view import CaptureView, read_capture
from exports.format.case_view import read_case
from exports.format.result import (
    Added,
    Altered,
    Missing,
    Problem,
    SealFound,
    Signer,
    Unchecked,
    Verification,
)
from exports.verification.summary import verification_lines
from tests.exports.small_case import OFFICER, SCENE, CaseMaker, Thing, make_case, photo
from tests.exports.social_case import social_case

LONG = "https://cdn.news.example/media/2026/11/24/a/very/long/path/that/goes/on/and/on/img-0958.jpg?w=1200&sig=6b1f0a"
HOSTILE = "[bold red]x[/] :smile: \x1b[31m\u202egpj \x07 日本"


@pytest.fixture
def maker(tmp_path: Path) -> CaseMaker:
    """Begin a case."""
    return make_case(tmp_path)


@pytest.fixture
def view(maker: CaseMaker) -> CaptureView:
    """Make a capture with something of everything."""
    capture = maker.begin()
    capture.add(Thing("page.html", b"<p>hi", "page", "text/html"))
    capture.add(Thing("p.jpg", photo(), url=LONG))
    capture.add(Thing("half.jpg", photo()[:2048], partial="the connection broke"))
    capture.fail("https://news.example/gone.jpg", "404 Not Found")
    capture.fail("https://news.example/away.jpg", "404 Not Found")
    for number in range(20):
        capture.skip(f"https://news.example/{number}.pdf", "document: not asked for")
    capture.skip(SCENE, "over the limit")
    return read_capture(capture.seal())


def piped(listing: Listing) -> list[str]:
    """Return what a pipe gets."""
    stream = io.StringIO()
    plain_console(stream).print(listing)
    return stream.getvalue().splitlines()


def on_terminal(listing: Listing, width: int) -> list[str]:
    """Return what a terminal of this width shows, without its colours."""
    stream = io.StringIO()
    Console(file=stream, width=width, force_terminal=True).print(listing)
    return re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue()).splitlines()


def test_items(view: CaptureView) -> None:
    """An item's line has its reference, kind, size, first digits of its hash, and source."""
    lines = piped(items_table(view))
    assert lines[0].split() == ["Item", "Kind", "Size", "SHA-256", "Source"]
    assert len(lines) == 4
    assert lines[1].split() == [
        "MP/1-0001",
        "page",
        "5",
        "B",
        view.items[0].sha256[:12],
        "https://news.example/page.html",
    ]
    assert "photo, not whole" in lines[3]
    assert "2.0 KiB" in lines[3]


def test_missing(view: CaptureView) -> None:
    """Each failure has its line; what was skipped for the same reason shares one with its count."""
    lines = piped(missing_table(view))
    assert [re.split("  +", line)[:2] for line in lines[1:]] == [
        ["MP/1-0004", "404 Not Found"],
        ["MP/1-0005", "404 Not Found"],
        ["skipped 20", "document: not asked for"],
        ["skipped", "over the limit"],
    ]
    assert lines[1].endswith("https://news.example/gone.jpg")


def test_what_a_failure_explains_is_told_once(view: CaptureView) -> None:
    """What was passed over for the very reason of a failure has no line beside it."""
    because = replace(view.skipped[0], reason="page: not there, and not needed (404 Not Found)")
    assert missing_table(replace(view, skipped=(*view.skipped, because))).rows == missing_table(view).rows


def test_case(maker: CaseMaker, view: CaptureView) -> None:
    """A case's line for a capture says exhibit, begin, outcome, numbers and scene; one not sealed says so."""
    running = maker.begin("https://news.example/second.html")
    lines = piped(case_table(read_case(maker.path)))
    began = view.started.time[:16].replace("T", " ")
    assert re.split("  +", lines[1]) == ["MP/1", began, "partial", "3", "2", SCENE]
    assert "running, not sealed" in lines[2]
    running.folder.close()


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 200])
def test_any_width(view: CaptureView, width: int) -> None:
    """No line is wider than the terminal, and the digits of the hash stand together on any."""
    lines = on_terminal(items_table(view), width)
    assert all(cell_len(line) <= width for line in lines)
    assert all(entry.sha256[:12] in "\n".join(lines) for entry in view.items)


def test_wide_terminal_keeps_a_line_each(view: CaptureView) -> None:
    """From 80 columns on, an item takes one line."""
    assert len(on_terminal(items_table(view), 80)) == 4
    assert len(on_terminal(case_table(read_case(view.path.parents[1])), 80)) == 2


def test_pipe_is_plain(view: CaptureView) -> None:
    """A pipe gets no colours, no trailing blanks, and one line for each item."""
    lines = piped(items_table(view))
    assert not any("\x1b" in line or line.endswith(" ") for line in lines)
    assert LONG[:40] in lines[2]


@pytest.mark.parametrize("width", [30, 80, 200])
def test_hostile_text(maker: CaseMaker, width: int) -> None:
    """Markup, emoji codes, escapes and bidirectional marks in whatever a site says are shown as what they are."""
    capture = maker.begin(HOSTILE)
    capture.add(Thing("p.jpg", photo(), url=HOSTILE))
    capture.fail(HOSTILE, HOSTILE)
    view = read_capture(capture.seal())
    for listing in (items_table(view), missing_table(view), case_table(read_case(maker.path))):
        shown = "".join("".join(on_terminal(listing, width)).split())
        assert "\x07" not in shown
        assert "\u202e" not in shown
        assert "\x1b" not in shown
        if width == 200:
            assert "[boldred]x[/]:smile:\\x1b[31m\\u202egpj\\x07日本" in shown


@pytest.mark.parametrize("text", [LONG, "日本語のページ" * 9, "a" * 200, "x"])
@pytest.mark.parametrize("width", [1, 2, 5, 20, 21])
def test_shortened(text: str, width: int) -> None:
    """A shortened text fits, keeps both ends, and says that it was cut."""
    short = shortened(text, width)
    assert cell_len(short) <= width
    assert short == text or "…" in short
    if width == 20 and text == LONG:
        assert short == "https://cd…ig=6b1f0a"


def test_json_of_a_capture(maker: CaseMaker, view: CaptureView) -> None:
    """The JSON of a capture has what scripts rely on, with paths relative to the case."""
    told = json.loads(json.dumps(capture_to_json(view, maker.path)))
    assert (told["scene"], told["case"], told["status"]) == (SCENE, str(maker.path), "partial")
    assert told["capture"] == view.path.name
    for item in told["items"]:
        assert (maker.path / item["path"]).stat().st_size == item["size"]
        assert {"ref", "kind", "url", "sha256"} <= item.keys()
    assert told["failed"][0]["url"] == "https://news.example/gone.jpg"
    assert told["failed"][0]["reason"] == "404 Not Found"
    assert view.seal is not None
    assert told["seal"] == {"root": view.seal.root, "size": view.seal.size, "fingerprint": view.seal.fingerprint}


def test_json_of_a_case(maker: CaseMaker, view: CaptureView) -> None:
    """The JSON of a case holds its captures; one that is not sealed has no seal."""
    running = maker.begin()
    told = json.loads("".join(case_json(read_case(maker.path))))
    assert (told["title"], told["officer"]) == ("Operation Alder", OFFICER)
    assert [capture["status"] for capture in told["captures"]] == [view.status, "running"]
    assert told["captures"][1]["seal"] is None
    running.folder.close()


def verification(**found: object) -> Verification:
    """Return a verification that found this and nothing else."""
    faults = ("altered", "missing", "added", "problems", "unchecked")
    nothing = dict.fromkeys((*faults, "signers", "seals", "timestamps", "disclosed", "opened", "notes"), ())
    facts = {"path": Path("OP"), "what": "bundle", "files": 27, "bytes": 2048, **nothing, **found}
    return Verification(**facts)  # type: ignore[arg-type] # the fields are those of Verification


def test_whole_verification() -> None:
    """A verification that found nothing wrong ends in one line that says so, with the signer unconfirmed before it."""
    signer = Signer("7f3a 91c2", confirmed=False, covers="seal/checkpoint")
    seal = SealFound("goldenhour/x", "MP/1", 9, "00", "a18c 9792")
    assert list(verification_lines(verification(signers=(signer, signer), seals=(seal,)))) == [
        "seal       a18c 9792  MP/1",
        "signer     7f3a 91c2  unconfirmed: compare it with the officer's notebook",
        "WHOLE  OP: nothing altered, nothing missing, nothing added; 27 files, 2.0 KiB read",
    ]


def test_every_fault_has_its_line() -> None:
    """Every altered, missing and added file is named with its digests, and the last line counts them."""
    lines = list(
        verification_lines(
            verification(
                altered=(Altered("a\x1b[31m", "sha256:1", "sha256:2"),),
                missing=(Missing("b", "sha256:3"),),
                added=(Added("c", "sha256:4"), Added("d", "symbolic link")),
                problems=(Problem("ledger.jsonl", "the lines are not those that were sealed"),),
                unchecked=(Unchecked("e", "input/output error"),),
                notes=("MP/1-0002 is in part only",),
            )
        )
    )
    assert lines[:3] == ["altered    a\\x1b[31m", "  expected sha256:1", "  found    sha256:2"]
    assert "missing    b" in lines
    assert "added      d" in lines
    assert "  found    symbolic link" in lines
    assert "wrong      ledger.jsonl: the lines are not those that were sealed" in lines
    assert "unchecked  e: input/output error" in lines
    assert lines[-1].startswith("DOES NOT MATCH  OP: 1 altered, 1 missing, 2 added, 1 otherwise wrong, 1 unchecked; ")


def test_unchecked_and_confirmed() -> None:
    """What could not be checked is not called whole; a signer that was demanded is called confirmed."""
    signer = Signer("7f3a 91c2", confirmed=True, covers="seal/checkpoint")
    lines = list(verification_lines(verification(unchecked=(Unchecked("e", "unreadable"),), signers=(signer,))))
    assert lines[-2] == "signer     7f3a 91c2  confirmed: the key demanded"
    assert lines[-1].startswith("COULD NOT BE CHECKED  OP: 1 unchecked")


def test_a_joined_video_is_named(tmp_path: Path) -> None:
    """Of the working copies those are listed that a person can look at: no texts, no lists for programs."""
    maker = social_case(tmp_path)
    capture = maker.begin()
    capture.add(Thing("page.html", b"<p>hi", "page", "text/html", text="hi"))
    capture.seal()
    first, _, third = read_case(maker.path).captures
    assert piped(copies_table(first)) == [
        "Working copy of  Size  File",
        "MP/1-0007         2 B  working/0007-video.mp4",
    ]
    assert third.working_copies
    assert not copies_table(third).rows


def test_what_was_captured_before_is_one_line(tmp_path: Path) -> None:
    """Each round of a watch meets the same posts again: they are counted, not listed."""
    _, second = read_case(social_case(tmp_path).path).captures
    assert [line.split("  ")[0] for line in piped(missing_table(second))] == [
        "Not captured",
        "skipped 2",
        "skipped",
    ]


def test_a_seal_over_many_captures_is_short() -> None:
    """The seal of a bundle names its exhibits as a range, and that of a case the case."""
    many = ", ".join(f"MP/{number}" for number in range(1, 301))
    seals = tuple(SealFound("o", exhibit, 1, "", "0123") for exhibit in (many, ""))
    verification = Verification(Path("b"), "case", (), (), (), (), (), (), seals, (), (), (), (), 1, 1)
    lines = [line for line in verification_lines(verification) if line.startswith("seal")]
    assert lines == ["seal       0123  MP/1 to MP/300", "seal       0123  case"]

"""What a bundle's report and papers say of what was handed in: that nobody fetched it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from exports.bundle import export_bundle
from exports.papers.certificate import certificate
from exports.papers.schedule import schedule
from exports.papers.source import paper_source
from exports.papers.statement import statement
from hashing.case.case import Case
from hashing.ledger.keys import load_or_create_signing_key
from intelligence.intake import IntakeRequest, take_in
from tests.exports.small_case import photo

if TYPE_CHECKING:
    from pathlib import Path

    from exports.papers.paper import Paper

_OFFICER = "Ann Hill"


def _bundle(folder: Path, giver: str) -> Path:
    key, _ = load_or_create_signing_key(folder / "key.pem")
    case = Case.open_or_create(folder / "OP", key=key, officer=_OFFICER)
    (folder / "phone.jpg").write_bytes(photo(1))
    given = (folder / "phone.jpg",)
    take_in(IntakeRequest(paths=given, officer=_OFFICER, initials="AH", received_from=giver), case, key=key)
    return export_bundle(case, key=key, officer=_OFFICER, output=folder / "bundle").path


@pytest.mark.parametrize(("giver", "named"), [("ALPHA-7", "ALPHA-7"), ("", "by whom; the ledger does not say")])
def test_no_paper_says_that_what_was_handed_in_was_fetched(tmp_path: Path, giver: str, named: str) -> None:
    """Statement, certificate and schedule say that it was handed in, and by whom, or leave that blank."""
    with paper_source(_bundle(tmp_path, giver), datetime.now(UTC)) as source:
        said = [_words(paper) for paper in (statement(source, ""), certificate(source), schedule(source, 1)[0])]
    assert "I took in phone.jpg with goldenhour" in said[0]
    assert "asked no server for anything" in said[0]
    assert named in said[0]
    assert "All of it was taken in." in said[0]
    assert "began to capture" not in said[0]
    assert "Of the exhibits that were handed in, no server was asked for anything" in said[1]
    assert f"handed in by {giver or 'somebody not named'}" in said[1]
    assert "certificates" not in said[1].partition("Clock, certificates of servers, outcome")[2]
    assert "taken in" in said[2]
    assert "received" not in said[2]


def test_the_report_opens_with_what_was_handed_in(tmp_path: Path) -> None:
    """The first paragraph says who took in what, and from whom; not that it was captured from somewhere."""
    page = (_bundle(tmp_path, "ALPHA-7") / "data/report.html").read_text("utf-8")
    assert "Ann Hill took in 1 photo, handed in by ALPHA-7, on " in page
    assert "no server was asked for it." in page
    assert "captured 1 photo" not in page
    assert "All of it was taken in." in page


def _words(paper: Paper) -> str:
    """Return all that a paper says in one text, its blanks with what belongs there."""
    said = [paper.title]
    for block in paper.blocks:
        lines = getattr(block, "rows", None) or [[getattr(block, "words", (getattr(block, "text", ""),))]]
        said += getattr(block, "head", ())
        said += ["".join(map(str, words)) for row in lines for words in row]
    return "\n".join(said)

"""A disclosure where bundles go: into other forms, and beside an earlier bundle."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from exports.bundle import export_bundle
from exports.disclosure.making.request import DisclosureRequest
from exports.errors import NothingToExport
from exports.forms.conversion import FORMS, convert
from exports.verification import verify
from tests.exports.small_case import OFFICER, Thing, make_case, photo

if TYPE_CHECKING:
    from pathlib import Path

    from tests.exports.small_case import CaseMaker

SECRET = "secret-place"  # noqa: S105 - part of an address, and no password


@pytest.fixture
def maker(tmp_path: Path) -> CaseMaker:
    """Return a case of one capture of two photos."""
    made = make_case(tmp_path)
    made.capture([Thing("one.jpg", photo(1)), Thing(f"{SECRET}.jpg", photo(2))])
    return made


def _disclose(maker: CaseMaker, output: Path, *redact: str) -> Path:
    only = DisclosureRequest(items=("MP/1-0001",), redact=redact)
    return export_bundle(maker.case, key=maker.key, officer=OFFICER, output=output, only=only).path


@pytest.mark.parametrize("form", FORMS)
def test_in_another_form(form: str, maker: CaseMaker, tmp_path: Path) -> None:
    """Every form of a disclosure holds its item, and nothing of the one that is withheld."""
    written = convert(_disclose(maker, tmp_path / "shown"), form)
    data = written.path.read_bytes()
    if form == "warc":
        data = gzip.decompress(data)
    assert SECRET.encode() not in data
    if form == "wacz":
        assert verify(written.path).verdict == "ok"
    else:
        assert (b"one.jpg" if form == "warc" else b"MP/1-0001") in data


def test_without_its_exchanges_there_is_no_replay(maker: CaseMaker, tmp_path: Path) -> None:
    """Where the exchanges are withheld no empty WACZ is written."""
    shown = _disclose(maker, tmp_path / "shown", "network")
    with pytest.raises(NothingToExport, match="holds no exchanges"):
        convert(shown, "wacz")
    assert not (tmp_path / "shown.wacz").exists()


def test_beside_an_earlier_bundle(maker: CaseMaker, tmp_path: Path) -> None:
    """A disclosure is of the same capture as an earlier bundle, and a later bundle adds to the disclosure."""
    before = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "before").path
    shown = _disclose(maker, tmp_path / "shown")
    found = verify(shown, since=before)
    assert found.verdict == "ok", found
    assert found.since is not None
    assert (found.since.holds, found.since.captures, found.since.items, found.since.absent) == (True, 1, 1, ())
    after = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "after").path
    assert verify(after, since=shown).verdict == "ok"

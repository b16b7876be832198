from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cli import main
from exports.bundle import export_bundle
from exports.disclosure.making.request import DisclosureRequest
from exports.verification import verify
from hashing.case.custody import Handling, record_custody
from tests.exports.bundles import bundle_of
from tests.exports.forging import seal_anew
from tests.exports.small_case import OFFICER, Thing, photo
from tests.exports.social_case import social_case
from tests.exports.tampering import rewrite

if TYPE_CHECKING:
    from pathlib import Path

    from tests.exports.small_case import CaseMaker


@pytest.fixture
def maker(tmp_path: Path) -> CaseMaker:
    """Make a case whose report has pages of every kind."""
    maker = social_case(tmp_path)
    maker.capture([Thing("page.html", b"<p>hi", "page", "text/html", text="hi"), Thing("half.jpg", photo(4)[:999])])
    record_custody(maker.case, ["MP/1"], Handling(action="opened"), key=maker.key, officer=OFFICER)
    return maker


@pytest.mark.parametrize("name", ["bundle", "bundle.zip"])
def test_a_report_is_remade(maker: CaseMaker, tmp_path: Path, name: str) -> None:
    """The report of a bundle, folder or zip, is made once more of what is sealed, byte for byte the same."""
    bundle = bundle_of(maker, tmp_path / name)
    assert (verify(bundle).verdict, verify(bundle).report) == ("ok", "not remade")
    found = verify(bundle, report=True)
    assert (found.verdict, found.problems, found.report) == ("ok", (), "remade")


@pytest.mark.parametrize("words", [(), ("url", "officer"), ("content",)])
def test_the_report_of_a_disclosure_is_remade(maker: CaseMaker, tmp_path: Path, words: tuple[str, ...]) -> None:
    """Single items, also where parts of them are withheld, have a report that follows from what is sealed."""
    only = DisclosureRequest(items=("MP/3-0001", "MP/3-0002"), redact=words)
    bundle = export_bundle(maker.case, key=maker.key, officer="4711", output=tmp_path / "out", only=only).path
    found = verify(bundle, report=True)
    assert (found.verdict, found.problems, found.report) == ("ok", (), "remade")


@pytest.mark.parametrize(
    "name",
    ["data/report.html", "data/report/items-1.html", "data/report/custody.html", "README.txt", "bag-info.txt", "photo"],
)
def test_a_forged_page_that_was_sealed(maker: CaseMaker, tmp_path: Path, name: str) -> None:
    """Whoever holds the key can seal a page that says something else; made once more, it is found out."""
    bundle = bundle_of(maker, tmp_path / "bundle")
    path = next((bundle / "data/report/previews").iterdir()) if name == "photo" else bundle / name
    rewrite(path, path.read_bytes().replace(b"MP/1", b"MP/7") + b"\n")
    seal_anew(maker, bundle)
    assert (verify(bundle).verdict, verify(bundle).report) == ("ok", "not remade")
    found = verify(bundle, report=True)
    where = path.relative_to(bundle).as_posix()
    assert {(each.path, each.reason) for each in found.problems} == {
        (where, "not what is made of the bundle's own lists and files")
    }


@pytest.mark.parametrize("how", ["added", "left out"])
def test_a_page_that_was_added_or_left_out(maker: CaseMaker, tmp_path: Path, how: str) -> None:
    """A report with a page too many, or too few, is not the one that follows from what is sealed."""
    bundle = bundle_of(maker, tmp_path / "bundle")
    (bundle / "data/report").chmod(0o700)
    if how == "added":
        (bundle / "data/report/correction.html").write_text("all withdrawn")
    else:
        (bundle / "data/report/custody.html").unlink()
    seal_anew(maker, bundle)
    [problem] = verify(bundle, report=True).problems
    assert problem.path == f"data/report/{'correction' if how == 'added' else 'custody'}.html"


@pytest.mark.parametrize("words", [{"versions": {"pillow": "1.0", "jinja2": "3.0"}}, {"tool": "goldenhour 99"}])
def test_a_report_of_another_version(maker: CaseMaker, tmp_path: Path, words: dict[str, object]) -> None:
    """A report that another version made cannot be compared, and neither passes as remade nor as forged."""
    bundle = bundle_of(maker, tmp_path / "bundle")
    if "tool" in words:
        head = bundle / "data/manifest.json"
        [tool] = [line for line in head.read_text().splitlines() if line.startswith('    "tool"')][:1]
        rewrite(head, head.read_text().replace(tool, '    "tool": "goldenhour 99",', 1).encode())
    seal_anew(maker, bundle, **words)
    found = verify(bundle, report=True)
    assert (found.verdict, found.problems, found.report) == ("unchecked", (), "not remade")
    assert found.unchecked[0].reason.startswith("report made by another version (")


def test_the_last_line_says_whether_the_report_was_remade(maker: CaseMaker, tmp_path: Path) -> None:
    """Whoever does not ask for it reads in the last line that the report was not remade."""
    bundle = str(bundle_of(maker, tmp_path / "bundle"))
    for options, said in (((), "; report not remade"), (("--report",), "; report remade")):
        done = CliRunner().invoke(main, ["verify", "--quiet", *options, bundle])
        assert done.exit_code == 0
        assert done.stdout.splitlines()[-1].endswith(said)
    assert "remade" not in CliRunner().invoke(main, ["verify", "--quiet", str(maker.path)]).stdout


def test_a_report_that_is_demanded_of_what_has_none(maker: CaseMaker) -> None:
    """`--report` of a case or a capture, of which no report can be made once more, is a demand that is not met."""
    capture = maker.capture([Thing("one.jpg", photo(1))])
    for path in (maker.path, capture):
        found = verify(path, report=True)
        assert (found.verdict, [each.reason for each in found.unchecked]) == (
            "unchecked",
            [
                (
                    "holds no report of goldenhour's that could be made once more: "
                    "leave out --report, or verify a bundle (goldenhour export)"
                )
            ],
        )

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from exports.bundle import export_bundle
from exports.errors import NotWhole
from exports.format.manifest import json_schema
from exports.verification import verify
from hashing.case.custody import Handling, record_custody
from hashing.case.events import Timestamped
from hashing.case.timestamping import timestamp_seals
from hashing.files.digest import Digest
from hashing.ledger.trusted_time import ask, load_roots
from hashing.times import time_text
from tests.exports.format.test_readme import commands, run
from tests.exports.small_case import OFFICER, CaseMaker, Thing, make_case, photo
from tests.exports.social_case import social_case
from tests.exports.tampering import rewrite
from tests.servers.time_authority import TimeAuthority

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def maker(tmp_path: Path, authority: TimeAuthority) -> CaseMaker:
    """Return a case of two captures, both with a trusted time."""
    made = make_case(tmp_path)
    made.capture([Thing("page.html", b"<p>hi", "page", "text/html", text="hi"), Thing("one.jpg", photo(1))])
    made.capture([Thing("two.jpg", photo(2))])
    assert all(each.timestamped for each in timestamp_seals(made.case, [authority.url()], key=made.key))
    return made


def _export(maker: CaseMaker, output: Path) -> Path:
    return export_bundle(maker.case, key=maker.key, officer=OFFICER, output=output).path


def _tokens(folder: Path) -> list[Path]:
    return sorted(folder.glob("**/captures/*/checkpoint.tsr"))


def test_the_commands_of_the_readme_confirm_the_time(
    maker: CaseMaker, authority: TimeAuthority, tmp_path: Path
) -> None:
    """Pasted as they stand, the README's commands have openssl accept each token under the authority's root."""
    bundle = _export(maker, tmp_path / "out")
    shutil.copy(authority.root, tmp_path / "tsa-root.pem")
    lines = commands(bundle)
    assert any("openssl ts -verify" in line for line in lines)
    done = run(bundle, lines, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (done.stdout + done.stderr).count("Verification: OK") == 3
    shutil.copy(TimeAuthority(tmp_path / "stranger").root, tmp_path / "tsa-root.pem")
    assert run(bundle, lines, tmp_path).returncode != 0


def test_trusted_time_beside_custody_and_posts(authority: TimeAuthority, tmp_path: Path) -> None:
    """A bundle of posts with a log and a trusted time holds all three proofs, and its README counts its sections."""
    maker = social_case(tmp_path)
    handling = Handling(action="opened", reason="for the copy")
    record_custody(maker.case, ["MP/1"], handling, key=maker.key, officer=OFFICER)
    assert all(each.timestamped for each in timestamp_seals(maker.case, [authority.url()], key=maker.key))
    bundle = _export(maker, tmp_path / "out")
    sections = [line for line in (bundle / "README.txt").read_text().splitlines() if line[:3] in {"7. ", "8. ", "9. "}]
    assert sections == ["7. Posts that came in a list", "8. Signed proofs of Bluesky posts", "9. The trusted time"]
    found = verify(bundle, roots=load_roots(authority.root))
    assert (found.verdict, found.problems) == ("ok", ())
    assert all(each.confirmed for each in found.timestamps)
    (custody,) = (bundle / "seal" / "custody").glob("*.json")
    stamps = sorted((bundle / "seal" / "timestamps").glob("*.json"))
    assert len(stamps) == len(found.timestamps) - 1
    for line in (custody, *stamps):
        line.with_suffix(".proof").unlink()
        missing = {each.path for each in verify(bundle).missing}
        assert str(line.with_suffix(".proof").relative_to(bundle)) in missing


def test_without_a_trusted_time_the_readme_speaks_of_none(tmp_path: Path) -> None:
    """A bundle without tokens gives no command that could not work."""
    maker = make_case(tmp_path / "plain")
    maker.capture([Thing("one.jpg", photo(1))])
    text = (_export(maker, tmp_path / "out") / "README.txt").read_text()
    assert "openssl ts" not in text


def test_manifest_report_and_verification_name_the_time(
    maker: CaseMaker, authority: TimeAuthority, tmp_path: Path
) -> None:
    """All three say the same time of the same authority, and the manifest keeps to its schema."""
    bundle = _export(maker, tmp_path / "out")
    content = json.loads((bundle / "data" / "manifest.json").read_bytes())
    Draft202012Validator(json_schema()).validate(content)
    found = verify(bundle, roots=load_roots(authority.root))
    assert (found.verdict, [each.confirmed for each in found.timestamps]) == ("ok", [True] * 3)
    report = "".join(page.read_text() for page in (bundle / "data" / "report").glob("capture-*.html"))
    for capture in content["captures"]:
        record = capture["timestamp"]
        token = (bundle / f"{record['checkpoint']}.tsr").read_bytes()
        assert record["token_sha256"] == Digest.of_bytes(token).hex
        assert record["url"] == authority.url()
        assert record["token_time"] in {
            each.time for each in found.timestamps if each.covers == capture["started"]["exhibit"]
        }
        assert f"{record['token_time'].replace('T', ' ').removesuffix('Z')} UTC" in report
    assert report.count("confirmed by CN=Test Authority") == 2


def test_a_bundle_under_another_root(maker: CaseMaker, tmp_path: Path) -> None:
    """Tokens that do not lead to the root that is demanded could not be confirmed, each by name."""
    bundle = _export(maker, tmp_path / "out")
    roots = load_roots(TimeAuthority(tmp_path / "stranger").root)
    found = verify(bundle, roots=roots)
    assert found.verdict == "unchecked"
    names = [str(token.relative_to(bundle)) for token in _tokens(bundle)]
    assert set(names) <= {each.path for each in found.unchecked}
    assert verify(bundle).verdict == "ok"


@pytest.mark.parametrize("place", [0.2, 0.5, 0.9])
def test_an_altered_token_is_named(maker: CaseMaker, tmp_path: Path, place: float) -> None:
    """One flipped bit in a token is an altered file, in the case and in the bundle, and stops an export."""
    bundle = _export(maker, tmp_path / "out")
    for folder in (bundle, maker.path):
        token = _tokens(folder)[0]
        data = bytearray(token.read_bytes())
        data[int(len(data) * place)] ^= 1
        rewrite(token, bytes(data))
        found = verify(folder)
        assert found.verdict == "mismatch"
        assert [each.path for each in found.altered] == [str(token.relative_to(folder))]
    with pytest.raises(NotWhole, match=r"altered: .*checkpoint\.tsr"):
        _export(maker, tmp_path / "again")


@pytest.mark.parametrize("name", ["checkpoint", "checkpoint.tsr", "json", "proof", "consistency"])
def test_the_cases_own_time_is_checked(maker: CaseMaker, tmp_path: Path, name: str) -> None:
    """Whatever part of it is not what it was is noticed, though the bag's own list was made to fit."""
    bundle = _export(maker, tmp_path / "out")
    part, tags = bundle / "seal" / f"timestamped.{name}", bundle / "tagmanifest-sha256.txt"
    before, data = Digest.of_bytes(part.read_bytes()).hex, bytearray(part.read_bytes())
    data[-3] ^= 1
    rewrite(part, bytes(data))
    rewrite(tags, tags.read_bytes().replace(before.encode(), Digest.of_bytes(bytes(data)).hex.encode()))
    assert verify(bundle).verdict == "mismatch"


def test_a_missing_token_is_named(maker: CaseMaker, tmp_path: Path) -> None:
    """A token that the ledger records and that is gone is missing, and stops an export."""
    token = _tokens(maker.path)[0]
    token.unlink()
    assert [each.path for each in verify(maker.path).missing] == [str(token.relative_to(maker.path))]
    with pytest.raises(NotWhole, match=r"missing: .*checkpoint\.tsr"):
        _export(maker, tmp_path / "out")


def test_a_token_that_is_not_on_record_stops_an_export(authority: TimeAuthority, tmp_path: Path) -> None:
    """Somebody's token beside a capture, though sound, is not handed over."""
    maker = make_case(tmp_path)
    folder = maker.capture([Thing("one.jpg", photo(1))])
    (folder / "checkpoint.tsr").write_bytes(ask(authority.url(), (folder / "checkpoint").read_bytes()).data)
    with pytest.raises(NotWhole, match=r"added: .*checkpoint\.tsr"):
        _export(maker, tmp_path / "out")


def test_a_time_that_is_on_record_twice(maker: CaseMaker) -> None:
    """A second line for the same checkpoint is a problem of the ledger, and costs no second check."""
    first = next(event for event in maker.case.events() if isinstance(event, Timestamped))
    maker.case.record(first, key=maker.key)
    found = verify(maker.path)
    assert ([each.path for each in found.problems], len(found.timestamps)) == (["ledger.jsonl"], 3)


@pytest.mark.parametrize("fault", ["other bytes", "another time", "no token", "no checkpoint"])
def test_a_false_record_is_a_problem(authority: TimeAuthority, tmp_path: Path, fault: str) -> None:
    """A line that the holder of the key signed, and that its token does not bear out, does not pass."""
    maker = make_case(tmp_path)
    folder = maker.capture([Thing("one.jpg", photo(1))])
    note = (folder / "checkpoint").read_bytes()
    token = ask(authority.url(), note if fault != "other bytes" else b"other bytes")
    data = token.data if fault != "no token" else b"no token"
    event = Timestamped(
        time=time_text(token.time),
        checkpoint=f"captures/{folder.name}/" + ("items/0001" if fault == "no checkpoint" else "checkpoint"),
        checkpoint_sha256=Digest.of_bytes(note).hex,
        token_sha256=Digest.of_bytes(data).hex,
        token_time=time_text(token.time) if fault != "another time" else "2020-01-01T00:00:00.000Z",
        authority=token.authority,
        late=0.0,
        signer=maker.key.public.raw.hex(),
    )
    assert maker.case.record_token(event, data, key=maker.key)
    assert not maker.case.record_token(event, data, key=maker.key)
    found = verify(maker.path)
    assert found.verdict == "mismatch"
    assert [each.path for each in found.problems] == [
        "ledger.jsonl" if fault == "no checkpoint" else f"captures/{folder.name}/checkpoint.tsr"
    ]

"""`goldenhour key`: a passphrase, a new key, and what the end of a key means."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cli import main
from exports.verification import verify
from hashing.case.retirement import FORMAT, read_retirement
from hashing.ledger.keys import default_key_path, load_signing_key
from tests.exports.small_case import Thing, make_case, photo

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


def run(*words: object) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(main, [str(word) for word in words])


def test_a_key_with_a_passphrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key file is encrypted; with the right passphrase the key signs, with another or none it does not."""
    secret = tmp_path / "passphrase"
    secret.write_text("correct horse\n")
    monkeypatch.setenv("GOLDENHOUR_PASSPHRASE_FILE", str(secret))
    made = run("key", "new", "--passphrase", "--json")
    assert made.exit_code == 0, made.output
    assert default_key_path().read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert json.loads(run("key", "--json").output)["public_key"] == json.loads(made.output)["public_key"]
    case = make_case(tmp_path)
    case.capture([Thing("one.jpg", photo(1))])
    assert run("export", case.path, "--output", tmp_path / "x", "--officer", "M").exit_code == 0
    secret.write_text("wrong\n")
    refused = run("export", case.path, "--output", tmp_path / "y", "--officer", "M")
    assert (refused.exit_code, "not the passphrase" in refused.output) == (6, True)
    monkeypatch.delenv("GOLDENHOUR_PASSPHRASE_FILE")
    refused = run("export", case.path, "--output", tmp_path / "y", "--officer", "M")
    assert (refused.exit_code, "GOLDENHOUR_PASSPHRASE_FILE" in refused.output) == (6, True)


def test_a_key_is_never_replaced_before_it_is_retired() -> None:
    """`key new` leaves a key that is in use; once it is retired, it keeps its file under another name."""
    first = json.loads(run("key", "new", "--json").output)
    assert run("key", "new").exit_code == 7
    assert run("key", "retire", "--reason", "left the unit").exit_code == 0
    assert json.loads(run("key", "--json").output)["retired"]
    second = json.loads(run("key", "new", "--json").output)
    assert first["public_key"] != second["public_key"]
    [kept] = default_key_path().parent.glob("*.retired-*.pem")
    assert load_signing_key(kept).public.raw.hex() == first["public_key"]
    assert run("key", "new").exit_code == 7


def test_a_retired_key_signs_nothing(tmp_path: Path) -> None:
    """A command that would sign says that the key is retired, and changes nothing."""
    case = make_case(tmp_path)
    case.capture([Thing("one.jpg", photo(1))])
    assert run("key", "retire").exit_code == 0
    before = (case.path / "ledger.jsonl").read_bytes()
    refused = run("custody", "add", case.path, "MP/1", "--event", "opened")
    assert (refused.exit_code, "signs nothing any more" in refused.output) == (6, True)
    assert (case.path / "ledger.jsonl").read_bytes() == before


@pytest.mark.parametrize(("stolen", "verdict"), [(False, "ok"), (True, "unchecked")])
def test_what_a_retired_key_has_signed(tmp_path: Path, stolen: bool, verdict: str) -> None:
    """A key that was laid down leaves its seals as they are; those of a stolen one could be the thief's."""
    case = make_case(tmp_path)
    case.capture([Thing("one.jpg", photo(1))])
    file = tmp_path / "key/signing-key.pem"
    words = ["--stolen"] if stolen else []
    assert run("key", "retire", "--key", file, "--reason", "a test", *words).exit_code == 0
    found = verify(case.path)
    assert found.verdict == verdict
    said = [*found.notes, *(each.reason for each in found.unchecked)]
    assert any(case.key.public.fingerprint() in each and "(a test)" in each for each in said)


def test_a_statement_is_learnt_from_its_holder(tmp_path: Path) -> None:
    """A statement that was handed over counts once its signature holds, and one that somebody changed does not."""
    case = make_case(tmp_path)
    case.capture([Thing("one.jpg", photo(1))])
    made = run("key", "retire", "--key", tmp_path / "key/signing-key.pem", "--stolen").output.split()[1]
    note = default_key_path().parents[2].joinpath(made).read_bytes()
    handed = tmp_path / "statement"
    handed.write_bytes(note.replace(b'"stolen":true', b'"stolen":false'))
    case.path.joinpath(made).unlink()
    assert verify(case.path).verdict == "ok"
    assert run("key", "learn", handed).exit_code == 6
    assert verify(case.path).verdict == "ok"
    handed.write_bytes(note)
    assert run("key", "learn", handed).exit_code == 0
    assert verify(case.path).verdict == "unchecked"
    assert read_retirement(note).format == FORMAT


@pytest.mark.parametrize("words", [["--passphrase"], ["new", "--reason", "x"], ["learn"], ["retire", "file"]])
def test_options_that_do_not_belong(words: list[str]) -> None:
    """An option of another action is a wrong use."""
    assert run("key", *words).exit_code == 2

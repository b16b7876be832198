"""What is the officer's own: key, settings, folder and case."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from capture.doctor import FAULT, OK, WARNING
from capture.doctor.checks import check_key, check_settings
from capture.doctor.folder import check_folder, file_system
from capture.request.options import BlueskyServices
from hashing.case.capture_folder import CaptureFolder
from hashing.case.case import Case
from hashing.ledger.keys import load_signing_key
from tests.capture.doctor.conftest import one

if TYPE_CHECKING:
    from pathlib import Path

    from capture.doctor import Setup


def test_a_sound_key_tells_its_fingerprint(setup: Setup) -> None:
    """The fingerprint is the one in the officer's notebook."""
    found = one(check_key, setup)
    assert (found.state, found.says) == (
        OK,
        f"{setup.key}: fingerprint {load_signing_key(setup.key).public.fingerprint()}",
    )


def test_no_key_is_made(setup: Setup) -> None:
    """Where there is none yet, the doctor says when it is made; one that was named must be there."""
    setup.key.unlink()
    assert one(check_key, setup).state == OK
    assert one(check_key, replace(setup, key_named=True)).state == FAULT
    assert not setup.key.exists()


def test_a_key_that_others_can_read(setup: Setup) -> None:
    """Mode 0644 is a fault, with the command that mends it."""
    setup.key.chmod(0o644)
    found = one(check_key, setup)
    assert found.state == FAULT
    assert found.hint == f"run: chmod 600 {setup.key}"


def test_a_key_that_is_cut_short(setup: Setup) -> None:
    """Half a key is a fault that names the file."""
    setup.key.write_bytes(setup.key.read_bytes()[:40])
    found = one(check_key, setup)
    assert found.state == FAULT
    assert found.says.startswith(f"{setup.key}: not a private key")


def test_a_key_in_a_folder_that_others_may_write_to(setup: Setup) -> None:
    """They could put another key in its place."""
    setup.key.parent.chmod(0o777)
    assert one(check_key, setup).state == WARNING


def test_the_settings_are_told(setup: Setup) -> None:
    """Which files there are, and whom they name; without a file that is said."""
    assert one(check_settings, setup).says == "no file; every default is the program's own"
    named = replace(setup, files=(setup.folder,), on=("mastodon.example", "bsky"))
    assert one(check_settings, named).says == f"{setup.folder}; on mastodon.example, bsky"


NONSENSE = [
    ("on", {"on": ("a b",)}),
    ("timestamp", {"authorities": ("tsa.example",)}),
    ("plc", {"bluesky": BlueskyServices(plc="ftp://x")}),
    ("appview", {"bluesky": BlueskyServices(appview="x")}),
]


@pytest.mark.parametrize(("name", "changed"), NONSENSE)
def test_a_name_that_cannot_be_asked_is_a_fault(setup: Setup, name: str, changed: dict[str, Any]) -> None:
    """A file that can be read may still name what is no server."""
    found = one(check_settings, replace(setup, **changed))
    assert found.state == FAULT
    assert found.says.startswith(f"{name}: ")


def test_no_login_in_the_settings_is_shown(setup: Setup) -> None:
    """What an authority wants to be paid with stands in its address, and is nobody else's business."""
    paid = replace(setup, authorities=("https://me:secret@tsa.example/tsr",))
    assert one(check_settings, paid).says.endswith("timestamp https://tsa.example/tsr")
    for found in check_settings(replace(setup, authorities=("ftp://me:secret@x",), on=("http://me:secret@x y",))):
        assert found.state == FAULT
        assert "secret" not in found.says


def test_a_settings_file_that_cannot_be_used(setup: Setup) -> None:
    """What is wrong with it is said as a capture would."""
    found = one(check_settings, replace(setup, files_problem="goldenhour.toml: expected a value"))
    assert (found.state, found.says) == (FAULT, "goldenhour.toml: expected a value")


def test_a_folder_that_takes_what_a_capture_does(setup: Setup) -> None:
    """The file system is named, and nothing is left in the folder."""
    found = {each.check: each for each in check_folder(setup)}
    assert found["folder"].state == OK, found["folder"].says
    assert file_system(setup.folder) in found["folder"].says
    assert set(found) == {"folder", "room"}
    assert list(setup.folder.iterdir()) == []


def test_a_folder_that_is_not_there_yet(setup: Setup) -> None:
    """The one in which it would be made is looked at."""
    found = one(check_folder, replace(setup, folder=setup.folder / "OP" / "ALDER"), "folder")
    assert found.says.startswith(f"{setup.folder}, ")
    assert not (setup.folder / "OP").exists()


def test_a_file_in_the_place_of_the_folder(setup: Setup) -> None:
    """No case can be made where a file stands."""
    (setup.folder / "OP").write_text("a file")
    assert one(check_folder, replace(setup, folder=setup.folder / "OP")).state == FAULT


def test_a_small_disk_and_a_read_only_one(setup: Setup, small_disk: Path) -> None:
    """4 MiB are too little for any capture; a disk that is mounted read-only takes nothing."""
    small = replace(setup, folder=small_disk)
    assert one(check_folder, small, "folder").says.startswith(f"{small_disk}, tmpfs: can be written")
    assert one(check_folder, small, "room").state == FAULT
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    found = one(check_folder, small, "folder")
    assert (found.state, found.says) == (FAULT, f"{small_disk}, tmpfs: read-only")


def test_a_folder_that_may_not_be_written_to(setup: Setup) -> None:
    """Permission denied is a fault."""
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    setup.folder.chmod(0o500)
    assert one(check_folder, setup, "folder").state == FAULT


def test_a_case_is_told(setup: Setup) -> None:
    """How many captures it has; that some are not sealed; that its ledger is not as it was signed."""
    key = load_signing_key(setup.key)
    case = Case.open_or_create(setup.folder / "OP", key=key, officer="Mary Price")
    at_case = replace(setup, folder=case.path)
    assert one(check_folder, at_case, "case").says == f"{case.path}: 0 captures, all sealed"
    CaptureFolder.create(case.path / "captures" / "20261125T120000Z-00000000", key.mac("any")).close()
    assert one(check_folder, at_case, "case").state == WARNING
    ledger = case.path / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().replace(b"Mary", b"John"))
    found = one(check_folder, at_case, "case")
    assert found.state == FAULT
    assert "altered" in found.says

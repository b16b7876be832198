"""Bundles and cases of many files, which further processes read: what is found must not depend on them."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import msgspec
import pytest

from exports.bundle import export_bundle
from exports.verification import verify
from hashing.case.events import Commitments
from tests.exports.small_case import Thing, make_case, photo

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _truncate(path: Path) -> None:
    path.chmod(0o600)
    os.truncate(path, 5)


def _link(path: Path) -> None:
    path.rename(path.with_name("aside"))
    path.symlink_to("aside")


def _climb(path: Path) -> None:
    listed = path.parents[4] / "manifest-sha256.txt"
    listed.chmod(0o600)
    listed.write_text(f"{'0' * 64}  ../../outside\n")


FAULTS: dict[str, Callable[[Path], object]] = {
    "none": lambda _: None,
    "altered": _truncate,
    "missing": lambda path: path.unlink(),
    "added": lambda path: path.with_name("one-more\nline.jpg").write_bytes(b"1"),
    "a link": _link,
    "a pipe": lambda path: os.mkfifo(path.with_name("pipe")),
    "a path that climbs": _climb,
}


def _in_several_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exports.format.folder_tree.FEWEST", 1)
    monkeypatch.setattr("exports.format.folder_tree._LARGE_BESIDE", 1)
    monkeypatch.setattr("hashing.files.digest_files.processors", lambda: 2)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_same_with_and_without(tmp_path: Path, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every fault is found alike alone, in threads, with further processes, and with some that cannot start."""
    maker = make_case(tmp_path)
    maker.capture([Thing(f"{number}.jpg", photo(number)) for number in range(3)])
    bundle = export_bundle(maker.case, key=maker.key, officer="M", output=tmp_path / "bundle").path
    FAULTS[fault](next(bundle.glob("data/captures/*/items/*1.jpg")))
    alone, case = verify(bundle), verify(maker.path)
    told: list[int] = []
    monkeypatch.setattr("exports.format.folder_tree._FEWEST_FOR_THREADS", 1)
    assert verify(bundle) == alone
    _in_several_processes(monkeypatch)
    assert verify(bundle, progress=lambda done, _: told.append(done)) == alone
    assert alone.verdict == {"none": "ok", "a path that climbs": "unchecked"}.get(fault, "mismatch")
    assert max(told, default=0) == alone.bytes
    assert verify(maker.path) == case
    monkeypatch.setattr("hashing.files.beside._serve", lambda *_: os._exit(1))
    assert verify(bundle) == alone


def test_what_a_seal_vouches_for_and_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What copies of this process read, records and what the ledger commits to, is named alike, also where they die."""
    begun = make_case(tmp_path).begin()
    begun.add(Thing("p.jpg", photo()))
    begun.events[0] = msgspec.structs.replace(begun.events[0], status=404)
    begun.events.append(Commitments(time="2026-11-24T10:15:02.000Z", root="00" * 32, size=3))
    folder = begun.seal()
    alone = verify(folder)
    assert [bool(re.search("does not commit|has the status", problem.reason)) for problem in alone.problems] == [
        True
    ] * 2
    _in_several_processes(monkeypatch)
    assert verify(folder) == alone
    monkeypatch.setattr("hashing.files.beside._serve", lambda *_: os._exit(1))
    assert verify(folder) == alone

"""Alterations of a bundle that verification must find, each made in a copy; and a copy left alone, which must pass."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from exports.verification import verify
from validation.check import ValidationCheck, check

PART = "alterations"


def check_alterations(bundle: Path, room: Path) -> Iterator[ValidationCheck]:
    """Verify a copy of the bundle for each alteration. `room` is an empty folder for the copies."""
    for number, (name, (alter, expected)) in enumerate(_ALTERATIONS.items()):
        copy = room / f"{number}"
        shutil.copytree(bundle, copy)
        for path in copy.rglob("*"):
            path.chmod(0o700 if path.is_dir() else 0o600)
        alter(copy)
        yield check(PART, name, expected, verify(copy).verdict)
        shutil.rmtree(copy)


def _one(bundle: Path, pattern: str) -> Path:
    return min(bundle.glob(pattern))


def _flip(path: Path) -> None:
    """Change one bit in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _no_change(bundle: Path) -> None:
    assert bundle.is_dir()  # noqa: S101 - nothing else to do


def _bit_of_an_item(bundle: Path) -> None:
    _flip(_one(bundle, "data/captures/*/items/*.jpg"))


def _bit_of_the_exchanges(bundle: Path) -> None:
    _flip(_one(bundle, "data/captures/*/*.warc.gz"))


def _bit_of_the_manifest(bundle: Path) -> None:
    _flip(bundle / "data/manifest.json")


def _item_removed(bundle: Path) -> None:
    _one(bundle, "data/captures/*/items/*.jpg").unlink()


def _items_swapped(bundle: Path) -> None:
    first, *others = max((sorted(folder.glob("*.jpg")) for folder in bundle.glob("data/captures/*/items")), key=len)
    kept = first.read_bytes()
    second = next(other for other in others if other.read_bytes() != kept)
    first.write_bytes(second.read_bytes())
    second.write_bytes(kept)


def _file_added(bundle: Path) -> None:
    (_one(bundle, "data/captures/*/items") / "9999-planted.jpg").write_bytes(b"\xff\xd8\xff")


def _ledger_line_removed(bundle: Path) -> None:
    ledger = _one(bundle, "data/captures/*/ledger.jsonl")
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(b"".join([*lines[:3], *lines[4:]]))


def _ledger_cut_short(bundle: Path) -> None:
    ledger = _one(bundle, "data/captures/*/ledger.jsonl")
    ledger.write_bytes(b"".join(ledger.read_bytes().splitlines(keepends=True)[:-1]))


def _checkpoint_of_another_key(bundle: Path) -> None:
    checkpoint = _one(bundle, "data/captures/*/checkpoint")
    text = checkpoint.read_bytes()
    checkpoint.write_bytes(text[:-3] + (b"A" if text[-3:-2] != b"A" else b"B") + text[-2:])


_ALTERATIONS: dict[str, tuple[Callable[[Path], None], str]] = {
    "nothing changed": (_no_change, "ok"),
    "one bit of a photo": (_bit_of_an_item, "mismatch"),
    "one bit of the exchanges": (_bit_of_the_exchanges, "mismatch"),
    "one bit of the manifest": (_bit_of_the_manifest, "mismatch"),
    "a photo removed": (_item_removed, "mismatch"),
    "two photos exchanged for each other": (_items_swapped, "mismatch"),
    "a photo added": (_file_added, "mismatch"),
    "a line of the ledger removed": (_ledger_line_removed, "mismatch"),
    "the last line of the ledger removed": (_ledger_cut_short, "mismatch"),
    "another signature below the seal": (_checkpoint_of_another_key, "mismatch"),
}

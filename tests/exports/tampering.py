"""What somebody does to evidence who ought not to."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from hashlib import sha256
from typing import TYPE_CHECKING

import rfc8785

from exports.bundle.zip_draft import ZipDraft
from hashing.case.case import case_origin, checkpoint_name, read_case_info
from hashing.case.own_runs import signed_here
from hashing.ledger.checkpoint import Checkpoint, sign_checkpoint
from hashing.ledger.merkle import MerkleTree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from hashing.ledger.keys import SigningKey


def rewrite(path: Path, data: bytes) -> None:
    """Change a read-only file, or add one."""
    if path.exists():
        path.chmod(0o600)
    path.write_bytes(data)


def pack(path: Path, files: Mapping[str, bytes]) -> Path:
    """Write these files, in their order, as a zip in goldenhour's own form."""
    draft = ZipDraft(path, "")
    for name, data in files.items():
        draft.add(name, [data])
    draft.finish()
    return path


def unpack(data: bytes) -> dict[str, bytes]:
    """Return the files of a zip, in their order."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def list_again(bundle: Path) -> None:
    """Write a bundle's list of its tag files anew, as somebody does who wants to hide a change: nobody signs it."""
    files = {str(path.relative_to(bundle)): path for path in bundle.rglob("*") if path.is_file()}
    tags = sorted(name for name in files if not name.startswith(("data/", "tagmanifest")))
    lines = (f"{hashlib.sha256(files[name].read_bytes()).hexdigest()}  {name}\n" for name in tags)
    rewrite(bundle / "tagmanifest-sha256.txt", "".join(lines).encode())


def sign_again(case: Path, lines: Sequence[bytes], key: SigningKey) -> None:
    """Replace a case's ledger, each line a change of its own, as the holder of the key can on another computer."""
    for path in (case / "checkpoints").iterdir():
        path.unlink()
    tree, written, note = MerkleTree(), b"", b""
    for line in lines:
        fields = json.loads(line)
        fields.pop("after", None)
        if note:
            fields["after"] = sha256(note).hexdigest()
        canonical = rfc8785.dumps(fields)
        tree.append(canonical)
        written += canonical + b"\n"
        note = _signed(case, tree, key)
    rewrite(case / "ledger.jsonl", written)
    forget_here(case)


def sign_tail(case: Path, key: SigningKey) -> None:
    """Sign a case's ledger as it stands, in the place of its newest checkpoint."""
    max((case / "checkpoints").iterdir()).unlink()
    tree = MerkleTree()
    for line in (case / "ledger.jsonl").read_bytes().splitlines():
        tree.append(line)
    _signed(case, tree, key)
    forget_here(case)


def forget_here(case: Path) -> None:
    """Make this the computer of somebody who has never changed the case."""
    signed_here(_identity(case), case)[1].unlink(missing_ok=True)


def _signed(case: Path, tree: MerkleTree, key: SigningKey) -> bytes:
    note = sign_checkpoint(Checkpoint(case_origin(_identity(case)), tree.size, tree.root()), key).encode()
    (case / "checkpoints" / checkpoint_name(tree.size)).write_bytes(note)
    return note


def _identity(case: Path) -> str:
    return read_case_info((case / "case.json").read_bytes(), case).id

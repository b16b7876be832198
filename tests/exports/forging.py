"""What an officer can do who holds the signing key: hand over a bundle whose lists say something else, sealed anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from exports.bundle.sealing import case_lines, seal_files, with_lines
from exports.format.bag import BAG_INFO, MANIFEST, PAYLOAD, TAG_MANIFEST, hash_list, oxum
from exports.format.bundle_layout import VOUCHING
from hashing.case.events import CaptureSealed, Exported, decode_case_event
from hashing.files.digest import Digest
from tests.exports.tampering import rewrite

if TYPE_CHECKING:
    from pathlib import Path

    from tests.exports.small_case import CaseMaker


def seal_anew(maker: CaseMaker, bundle: Path, **words: Any) -> None:  # noqa: ANN401 - fields of the export's line
    """Write the lists of a bundle that was changed anew, and record and sign it in the case as if it were the first.

    `words` are stated of it in the line that records it.
    """
    files = {path.relative_to(bundle).as_posix(): path for path in bundle.rglob("*") if path.is_file()}
    payload = {name: path for name, path in files.items() if name.startswith(PAYLOAD)}
    digests = {name: Digest.of_bytes(path.read_bytes()).hex for name, path in payload.items()}
    rewrite(bundle / MANIFEST, b"".join(hash_list(sorted(digests.items()))))
    lines = (bundle / BAG_INFO).read_text().splitlines()
    total = oxum(path.stat().st_size for path in payload.values())
    said = [f"Payload-Oxum: {total}" if line.startswith("Payload-Oxum:") else line for line in lines]
    rewrite(bundle / BAG_INFO, "".join(f"{line}\n" for line in said).encode())
    exported = decode_case_event((bundle / "seal/export.json").read_bytes())
    assert isinstance(exported, Exported)
    vouched = {name: Digest.of_bytes((bundle / name).read_bytes()).hex for name in VOUCHING}
    events = list(maker.case.events())
    sealed = [event for event in events if isinstance(event, CaptureSealed) and event.capture in exported.captures]
    items = exported.only or None
    shown = case_lines(events, sealed, None, exported.redacted, items)
    shown = {name: index for name, index in shown.items() if (bundle / f"{name}.json").exists()}
    again = with_lines(msgspec.structs.replace(exported, files=vouched, **words), shown)
    index, note = maker.case.record(again, key=maker.key)
    for name, data in seal_files(maker.case, index, note, maker.key.public, again, 0):
        rewrite(bundle / name, data)
    tags = [name for name in files if not name.startswith(PAYLOAD) and name != TAG_MANIFEST]
    listed = sorted((name, Digest.of_bytes((bundle / name).read_bytes()).hex) for name in tags)
    rewrite(bundle / TAG_MANIFEST, b"".join(hash_list(listed)))

"""Checking a bundle: the bag, the seal that vouches for it, each capture, and the manifest against the ledgers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

import msgspec

from exports.disclosure.form import LINES
from exports.errors import NotCheckable
from exports.format.bag import BAGIT, MANIFEST, PAYLOAD, TAG_MANIFEST
from exports.format.bundle_layout import MANIFEST_JSON, SEAL_CHECKPOINT
from exports.format.manifest import FORMAT, DisclosureRecord
from exports.format.result import Missing
from exports.format.tree import below, demand_inside
from exports.verification.capture import CaptureCheck
from exports.verification.custody import check_custody_lines
from exports.verification.disclosure import DisclosureCheck
from exports.verification.foreign_bag import check_foreign_bag
from exports.verification.history import check_consistency
from exports.verification.openings import check_openings
from exports.verification.timestamps import check_stamp
from hashing.case.capture_folder import CHECKPOINT
from hashing.case.case import CASE_FILE, case_origin, read_case_info, token_path
from hashing.case.events import CaptureSealed, Exported, Stamped, decode_case_event
from hashing.errors import BadFormat, BadKey, NewerFormat
from hashing.ledger.checkpoint import parse_checkpoint
from hashing.ledger.keys import PublicKey
from hashing.ledger.ledger import LEDGER
from hashing.ledger.merkle import leaf_hash, verify_consistency, verify_inclusion
from hashing.ledger.note import decode_base64

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from exports.verification.check import Check
    from hashing.case.events import CaseEvent
    from hashing.ledger.checkpoint import Checkpoint

_LINE = re.compile(r"([0-9a-fA-F]{64}) [ *](.+)")
_CAPTURES = f"{PAYLOAD}captures/"
_SEAL = "seal/"
_CASE = f"{PAYLOAD}{CASE_FILE}"
_LEDGER = re.compile(rf"{_CAPTURES}[^/]+/(?:{re.escape(LEDGER)}|{re.escape(CHECKPOINT)})")
_FORMAT = re.compile(rb'"format"\s*:\s*"goldenhour-')
_LONGEST_LINE = 1 << 16
_LARGEST_LIST = 1 << 30


class _Item(msgspec.Struct, gc=False):
    ref: str
    url: str
    path: str
    size: int
    sha256: str


class _Capture(msgspec.Struct):
    capture: str
    items: list[_Item]


class _Manifest(msgspec.Struct):
    format: str
    captures: list[msgspec.Raw]
    """Each is read when its turn comes: a bundle may hold a hundred thousand items."""
    disclosure: DisclosureRecord | None = None


def check_bundle(check: Check) -> None:
    """Check a bundle. Raises NotCheckable where a path in it leads out of it, and where it is of a later version."""
    if not is_ours(check):
        check_foreign_bag(check)
        return
    _check_format(check)
    check.tree.begin()
    if MANIFEST_JSON not in check.kinds and SEAL_CHECKPOINT not in check.kinds:
        check.problem(".", "looks like a bundle of goldenhour whose seal and manifest were taken out")
    payload = _hash_list(check, MANIFEST, lambda name: name.startswith(PAYLOAD))
    tags = _hash_list(check, TAG_MANIFEST, lambda name: not name.startswith(PAYLOAD))
    for name, sha256 in (payload | tags).items():
        check.expect(name, sha256)
    check.expected.setdefault(TAG_MANIFEST, "")
    if BAGIT in check.kinds and not check.small(BAGIT).startswith(b"BagIt-Version: "):
        check.problem(BAGIT, "not the declaration of a bag")
    captures = {name.split("/")[2] for name in below(check.kinds, _CAPTURES) if name.count("/") > 2}  # noqa: PLR2004
    checked: dict[str, CaptureCheck | DisclosureCheck] = {}
    # The bundle's own seal first: its signer is the signer of the bundle.
    sealed = _check_seal(check, captures)
    for capture in sealed.captures:
        prefix = f"{_CAPTURES}{capture}/"
        if sealed.only or f"{prefix}{LINES}" in check.kinds:
            checked[capture] = DisclosureCheck(check, prefix, sealed.signers.get(capture, ""), sealed.redacted)
        else:
            checked[capture] = CaptureCheck(check, prefix)
        checked[capture].run()
    _check_manifest(check, checked, sealed)
    if check.openings is not None:
        parts = {capture: one.masked for capture, one in checked.items() if isinstance(one, DisclosureCheck)}
        masked = {(capture, index): form for capture, forms in parts.items() for index, form in forms.items()}
        check_openings(check, check.openings, masked)


def is_ours(check: Check) -> bool:
    """Say whether a bag carries any mark of goldenhour's own, so that it stays one when its seal is taken out."""
    if SEAL_CHECKPOINT in check.kinds or any(map(_LEDGER.fullmatch, check.kinds)):
        return True
    for name in (MANIFEST_JSON, _CASE):  # names that others use too
        if check.is_file(name):
            with check.tree.open(name) as file:
                if _FORMAT.search(file.read(_LONGEST_LINE)):
                    return True
    return False


def _check_format(check: Check) -> None:
    """Refuse what a later version made, before anything in it that is unknown to this one is called a fault."""
    if not check.is_file(_CASE):
        return
    try:
        read_case_info(check.small(_CASE), _CASE)
    except NewerFormat as error:
        raise NotCheckable(str(error), hint=error.hint) from error
    except BadFormat as error:
        check.problem(_CASE, str(error).removeprefix(f"{_CASE}: "))


def _hash_list(check: Check, name: str, belongs: Callable[[str], bool]) -> dict[str, str]:
    if not check.is_file(name):
        check.findings.missing.append(Missing(name, "the bag's list of hashes"))
        return {}
    found: dict[str, str] = {}
    for number, line in enumerate(_lines(check, name), 1):
        match = _LINE.fullmatch(line)
        if match is None:
            check.problem(name, f"line {number} is not a line of a hash list")
            continue
        path = unquote(match[2]) if "%" in match[2] else match[2]
        demand_inside(path)
        if not belongs(path):
            check.problem(name, f"line {number} lists {path}, which belongs elsewhere")
        found[path] = match[1].lower()
    return found


def _lines(check: Check, name: str) -> Iterator[str]:
    """Yield the lines of a list that may be long: a bundle can hold a million files. Raises NotCheckable."""
    size = 0
    with check.tree.open(name) as file:
        while line := file.readline(_LONGEST_LINE):
            size += len(line)
            if size > _LARGEST_LIST:
                raise NotCheckable(f"{name}: larger than any file of its kind")
            yield line.decode("utf-8", "replace").rstrip("\r\n")


@dataclass(frozen=True, slots=True)
class _Sealed:
    """What the seal folder says: the captures in the bundle's order, a disclosure's items, who sealed each capture."""

    captures: list[str]
    only: tuple[str, ...] = ()
    redacted: tuple[str, ...] = ()
    signers: dict[str, str] = field(default_factory=dict)


def _check_seal(check: Check, captures: set[str]) -> _Sealed:
    """Check the seal folder; return what it says of the captures that are here."""
    exported, line = _event(check, f"{_SEAL}export.json")
    if not isinstance(exported, Exported):
        return _Sealed(sorted(captures))
    if set(exported.captures) != captures:
        check.problem(f"{_SEAL}export.json", "names other captures than those that are here")
    ordered = [*(each for each in dict.fromkeys(exported.captures) if each in captures)]
    ordered += sorted(captures.difference(ordered))
    pem = f"{_SEAL}public-key.pem"
    try:
        if PublicKey.parse(check.small(pem).decode("ascii", "replace")).raw.hex() != exported.signer:
            check.problem(pem, "not the key of the signer")
    except (BadKey, NotCheckable) as error:
        check.problem(pem, str(error))
    checkpoint = check.open_checkpoint(SEAL_CHECKPOINT, [exported.signer])
    if checkpoint is None:
        return _Sealed(ordered, exported.only, exported.redacted)
    _check_identity(check, checkpoint)
    _check_proof(check, f"{_SEAL}export.proof", line, checkpoint)
    for name, sha256 in exported.files.items():
        check.expect(name, sha256)
    check.sealed(checkpoint, "")
    check_consistency(check, checkpoint)
    signers = {capture: _check_capture_line(check, capture, checkpoint) for capture in ordered}
    check_custody_lines(check, exported.exhibits, lambda proof, line: _check_proof(check, proof, line, checkpoint))
    _check_stamped_checkpoint(check, checkpoint)
    return _Sealed(ordered, exported.only, exported.redacted, signers)


def _check_capture_line(check: Check, capture: str, checkpoint: Checkpoint) -> str:
    """Check the line that records a capture's seal; return the key that it names as the signer's, "" without a line."""
    name = f"{_SEAL}captures/{capture}"
    event, line = _event(check, f"{name}.json")
    if isinstance(event, CaptureSealed):
        _check_proof(check, f"{name}.proof", line, checkpoint)
        check.expect(f"{_CAPTURES}{capture}/{CHECKPOINT}", event.checkpoint_sha256)
        if event.capture != capture:
            check.problem(f"{name}.json", "is of another capture")
        _check_timestamp(check, capture, event.exhibit, checkpoint)
        return event.signer
    return ""


def _check_timestamp(check: Check, capture: str, exhibit: str, seal: Checkpoint) -> None:
    """Check a capture's token, where it has one, against the line of the case's ledger that records it."""
    path, name = f"{_CAPTURES}{capture}/{CHECKPOINT}", f"{_SEAL}timestamps/{capture}"
    if token_path(path) not in check.kinds and f"{name}.json" not in check.kinds:
        return
    event, line = _event(check, f"{name}.json")
    if isinstance(event, Stamped) and path == f"{PAYLOAD}{event.checkpoint}":
        _check_proof(check, f"{name}.proof", line, seal)
        check_stamp(check, event, path, exhibit)
    elif event is not None:
        check.problem(f"{name}.json", "does not record the trusted time of this capture")


def _check_stamped_checkpoint(check: Check, seal: Checkpoint) -> None:
    """Check the case's own last trusted time: the line that records it, and that the seal only adds to what it covers.

    The checkpoint's signature may be of another officer's key; it is the line, under this seal, that vouches for it.
    """
    name = f"{_SEAL}stamped"
    if not any(below(check.kinds, f"{name}.")):
        return
    event, line = _event(check, f"{name}.json")
    if not isinstance(event, Stamped):
        if event is not None:
            check.problem(f"{name}.json", "does not record a trusted time")
        return
    _check_proof(check, f"{name}.proof", line, seal)
    check.expect(f"{name}.checkpoint", event.checkpoint_sha256)
    check_stamp(check, event, f"{name}.checkpoint", f"{name}.checkpoint")
    try:
        earlier, _ = parse_checkpoint(check.small(f"{name}.checkpoint"))
        size, whole, proof = proof_file(check, f"{name}.consistency")
    except (BadFormat, NotCheckable, ValueError) as error:
        check.problem(f"{name}.consistency", f"cannot be checked: {error}")
        return
    sizes = (size, whole) == (earlier.size, seal.size) and earlier.origin == seal.origin
    if not sizes or not verify_consistency(size, whole, earlier.root, seal.root, proof):
        check.problem(f"{name}.consistency", "does not prove that the sealed ledger begins with what was stamped")


def proof_file(check: Check, name: str) -> tuple[int, int, list[bytes]]:
    """Read two numbers and the hashes behind them. Raises NotCheckable, ValueError, BadFormat."""
    first, second, *hashes = check.small(name).decode("ascii").splitlines()
    return int(first), int(second), [decode_base64(each) for each in hashes]


def _check_identity(check: Check, checkpoint: Checkpoint) -> None:
    try:
        if checkpoint.origin != case_origin(read_case_info(check.small(_CASE), _CASE).id):
            check.problem(_CASE, "not the case that the seal is of")
    except (BadFormat, NotCheckable):
        return  # said already, or missing


def _event(check: Check, name: str) -> tuple[CaseEvent | None, bytes]:
    if not check.is_file(name):
        check.findings.missing.append(Missing(name, "part of the seal"))
        return None, b""
    line = check.small(name)
    try:
        return decode_case_event(line), line
    except BadFormat as error:
        check.problem(name, str(error))
        return None, line


def _check_proof(check: Check, name: str, line: bytes, checkpoint: Checkpoint) -> int | None:
    """Check that a line stands in the ledger that the checkpoint is of (RFC 9162 section 2.1.3.2); return its index."""
    if not check.is_file(name):
        check.findings.missing.append(Missing(name, "part of the seal"))
        return None
    try:
        index, size, proof = proof_file(check, name)
    except (ValueError, BadFormat):
        check.problem(name, "not an inclusion proof")
        return None
    if size != checkpoint.size or not verify_inclusion(index, size, leaf_hash(line), proof, checkpoint.root):
        check.problem(name, "does not prove that the line stands in the sealed ledger")
        return None
    return index


def _check_manifest(check: Check, checked: Mapping[str, CaptureCheck | DisclosureCheck], sealed: _Sealed) -> None:
    name = MANIFEST_JSON
    try:
        with check.tree.open(name) as file:
            manifest = msgspec.json.decode(file.read(1 << 30), type=_Manifest)
    except (NotCheckable, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        check.problem(name, f"cannot be read: {error}")
        return
    if manifest.format != FORMAT:
        _judge_format(check, name, manifest.format)
        return
    _check_disclosure(check, manifest.disclosure, checked, sealed)
    unsaid, wrong = set(_known(checked)), []
    try:
        for said in _said(manifest.captures):
            if said in unsaid:
                unsaid.remove(said)
            else:
                wrong.append(said)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        check.problem(name, f"cannot be read: {error}")
        return
    for capture, ref, *_ in sorted(unsaid):
        check.problem(name, f"does not say of {ref} what the ledger of {capture} says")
    for capture, ref, *_ in sorted(wrong):
        check.problem(name, f"says of {ref} what the ledger of {capture} does not say, or says it twice")


def _check_disclosure(
    check: Check,
    said: DisclosureRecord | None,
    checked: Mapping[str, CaptureCheck | DisclosureCheck],
    sealed: _Sealed,
) -> None:
    """Compare which items are here with what the seal and the manifest say: a part must not pass for the whole."""
    parts = [one for one in checked.values() if isinstance(one, DisclosureCheck)]
    here = sorted(item.ref for one in parts for item in one.items)
    if sorted(sealed.only) != here:
        check.problem(f"{_SEAL}export.json", "names other items than those that are disclosed here")
    if (said is None) != (not parts):
        check.problem(MANIFEST_JSON, "does not say rightly whether single items or whole captures are handed over")
    elif said is not None:
        counts = {(each.exhibit, each.disclosed, each.withheld) for each in said.captures}
        proven = {(each.exhibit, each.items, each.withheld) for each in check.findings.disclosed}
        if counts != proven or sorted(said.only) != here or said.redacted != sealed.redacted:
            check.problem(MANIFEST_JSON, "does not say which items are here, and how many and what is withheld")


def _judge_format(check: Check, name: str, found: str) -> None:
    known, _, _ = FORMAT.rpartition("/")
    if found.rpartition("/")[0] == known:
        check.unchecked(name, f"format {found[:40]}: update goldenhour to check it")
    else:
        check.problem(name, "not a manifest of goldenhour")


def _said(captures: Iterable[msgspec.Raw]) -> Iterator[tuple[str, str, str, str, int, str]]:
    for raw in captures:
        capture = msgspec.json.decode(raw, type=_Capture)
        for item in capture.items:
            yield capture.capture, item.ref, item.url, item.path, item.size, item.sha256


def _known(checked: Mapping[str, CaptureCheck | DisclosureCheck]) -> Iterator[tuple[str, str, str, str, int, str]]:
    for capture, one in checked.items():
        for item in one.items:
            yield capture, item.ref, item.url, f"{_CAPTURES}{capture}/{item.path}", item.size, item.sha256

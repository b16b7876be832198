"""Checking a bundle: the seal that vouches for it, each capture, the lists of the bag, and the manifest.

Exactly the files that goldenhour writes are allowed: which those are follows from the sealed line of the export, from
the ledgers of the captures, and for what is made of these from its name. Anything else, an empty folder too, was added.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, TypeAlias, TypeVar

import msgspec

from exports.errors import NotCheckable
from exports.format.bag import BAGIT, DECLARATION, MANIFEST, PAYLOAD, TAG_MANIFEST
from exports.format.bundle_layout import (
    CONSISTENCY,
    EXPORT,
    MANIFEST_JSON,
    SEAL_CHECKPOINT,
    SEAL_KEY,
    TIMESTAMPED,
    TIMESTAMPED_CHECKPOINT,
    TIMESTAMPED_CONSISTENCY,
    VOUCHING,
    capture_line,
    is_derived,
    stated_lines,
    timestamp_line,
)
from exports.format.disclosure_form import LINES
from exports.format.lookup import Lookup
from exports.format.proofs import read_proof
from exports.format.result import Missing
from exports.format.tree import demand_inside
from exports.verification.capture import CaptureCheck, CaptureChecked
from exports.verification.check import Check
from exports.verification.consistency import check_consistency
from exports.verification.custody import check_custody_lines
from exports.verification.derived import check_case_lines, check_derived
from exports.verification.disclosure import DisclosureCheck
from exports.verification.openings import check_openings
from exports.verification.timestamps import check_timestamp
from hashing.case.capture_folder import CHECKPOINT
from hashing.case.case import CASE_FILE, case_origin, read_case_info, token_path
from hashing.case.events import CaptureSealed, Event, Exported, Timestamped, decode_case_event
from hashing.errors import BadFormat, BadKey, NewerFormat
from hashing.ledger.checkpoint import Checkpoint, parse_checkpoint
from hashing.ledger.keys import PublicKey
from hashing.ledger.ledger import LEDGER, LONGEST_LINE
from hashing.ledger.merkle import leaf_hash, verify_consistency, verify_inclusion
from hashing.printable import printable

if TYPE_CHECKING:
    Proven: TypeAlias = Callable[[str, bytes], int | None]

_LINE = re.compile(r"([0-9a-f]{64})  (.+)\n", re.DOTALL)  # A line of a hash list as goldenhour writes it.
_CAPTURES = f"{PAYLOAD}captures/"
_CASE = f"{PAYLOAD}{CASE_FILE}"
_EXPORT_LINE = f"{EXPORT}.json"
_LEDGER = re.compile(rf"{_CAPTURES}[^/]+/(?:{re.escape(LEDGER)}|{re.escape(CHECKPOINT)})")
_FORMAT = re.compile(rb'"format"\s*:\s*"goldenhour-')
_LONGEST_LINE = 1 << 16
# Lines of a hash list beyond two for each file that is here: the rest of a longer one is not read.
_MORE_LINES = 200_000
_MOST_FAULTY = 20  # Lines that are none, after which the rest of a hash list is not read.

_T = TypeVar("_T", bound=Event)


def check_bundle(check: Check) -> None:
    """Check a bundle. Raises NotCheckable where a path in it leads out of it, and where it is of a later version."""
    if not is_ours(check):
        from exports.verification.foreign_bag import check_foreign_bag

        check_foreign_bag(check)
        return
    # 1. Say what it is, and refuse what leads out of it, before anything is judged.
    _check_format(check)
    check.begin()
    if MANIFEST_JSON not in check.kinds and SEAL_CHECKPOINT not in check.kinds:
        check.problem(".", "looks like a bundle of goldenhour whose seal and manifest were taken out")
    if BAGIT in check.kinds and check.small(BAGIT) != DECLARATION:
        check.problem(BAGIT, "not the declaration of a bag")
    _demand_inside(check)
    # 2. The seal, then each capture by its own seal.
    captures = {name.split("/")[2] for name in check.kinds.below(_CAPTURES) if name.count("/") > 2}  # noqa: PLR2004
    checked: dict[str, CaptureChecked | DisclosureCheck] = {}
    # The bundle's own seal first: its signer is the signer of the bundle.
    sealed = _check_seal(check, captures)
    for capture in sealed.captures:
        prefix = f"{_CAPTURES}{capture}/"
        if sealed.only or f"{prefix}{LINES}" in check.kinds:
            part = DisclosureCheck(check, prefix, sealed.signers.get(capture, ""), sealed.redacted)
            part.run()
            checked[capture] = part
        else:
            one = CaptureCheck(check, prefix)
            one.run()
            checked[capture] = CaptureChecked(prefix, one.unread)
    # 3. The hash lists against what is here, and against what the ledgers speak of.
    _check_payload_list(check, {f"{_CAPTURES}{capture}/" for capture, one in checked.items() if one.unread})
    _check_tag_list(check)
    check.folders = Lookup(str)  # an export writes no folder that is empty
    # 4. What a person is shown, derived from the ledgers once more.
    check_derived(check, checked, sealed.captures)
    # 5. What was withheld, where somebody gives it.
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


def _check_payload_list(check: Check, unread: Collection[str]) -> None:
    """Compare the list of the payload with what is here and with what the ledgers speak of.

    `unread` are the folders of captures whose ledgers could not be read: there the list alone vouches.
    """
    here = 0
    for name, sha256 in _hash_list(check, MANIFEST):
        here += name in check.kinds
        known = name in check.expected or is_derived(name) or any(map(name.startswith, unread))
        if known or name not in check.kinds:  # what is here and not known was added, though it is listed
            check.expect(name, sha256)
    if here < sum(1 for _ in check.kinds.below(PAYLOAD)):
        listed = {name for name, _ in _hash_list(check, MANIFEST)}
        for name in check.kinds.below(PAYLOAD):
            if name not in listed and name in check.expected:
                check.problem(MANIFEST, f"does not list {name}")


def _check_tag_list(check: Check) -> None:
    """Compare the list of all outside the payload, which nobody signs, with the files that the seal speaks of."""
    listed = set()
    for name, sha256 in _hash_list(check, TAG_MANIFEST):
        if name in check.expected and not name.startswith(PAYLOAD):
            listed.add(name)
            check.expect(name, sha256)
        else:
            check.problem(TAG_MANIFEST, f"lists {name}, which is no part of this bundle")
    for name in check.kinds:
        if not name.startswith(PAYLOAD) and name in check.expected and name != TAG_MANIFEST and name not in listed:
            check.problem(TAG_MANIFEST, f"does not list {name}")


def _demand_inside(check: Check) -> None:
    """Refuse lists with a path that leads out of the bundle, before anything else is judged. Raises NotCheckable."""
    digits, most = len("0" * 64 + "  "), 2 * len(check.kinds) + _MORE_LINES
    for name in (MANIFEST, TAG_MANIFEST):
        if check.is_file(name):
            with check.tree.open(name) as file:
                for raw in islice(_raw_lines(file), most):
                    path = raw[digits:].decode("utf-8", "replace").rstrip("\r\n")
                    if path:
                        demand_inside(path)


def _raw_lines(file: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: file.readline(_LONGEST_LINE), b"")


def _hash_list(check: Check, name: str) -> Iterator[tuple[str, str]]:
    """Yield path and SHA-256 of each line of a hash list; note what is wrong with it.

    A list of ours is sorted, so that no path stands in it twice. No more of it is read than the files that are here can
    explain. Raises NotCheckable for a path that leads out of the bundle.
    """
    if not check.is_file(name):
        return  # named with all that is missing
    most, faulty, before, ordered = 2 * len(check.kinds) + _MORE_LINES, 0, "", True
    with check.tree.open(name) as file:
        for number, raw in enumerate(_raw_lines(file), 1):
            if number > most or faulty > _MOST_FAULTY:
                check.problem(name, f"line {number} and all behind it were not read")
                return
            match = _LINE.fullmatch(raw.decode("utf-8", "replace"))
            if match is None:
                check.problem(name, f"line {number} is not a line of a hash list as goldenhour writes it")
                faulty += 1
                continue
            path = match[2]
            demand_inside(path)
            if ordered and path <= before:
                ordered = False
                check.problem(name, f"line {number} stands out of order, or twice")
            before = path
            yield path, match[1].lower()


class _Sealed(msgspec.Struct, frozen=True):
    """What the seal folder says: the captures in the bundle's order, a disclosure's items, who sealed each capture."""

    captures: list[str]
    only: tuple[str, ...] = ()
    redacted: tuple[str, ...] = ()
    signers: dict[str, str] = msgspec.field(default_factory=dict)


def _check_seal(check: Check, captures: set[str]) -> _Sealed:
    """Check the seal folder; return what it says of the captures that are here."""
    # 1. The line that records this export says what must be here.
    exported, line = _event(check, EXPORT, Exported)
    if exported is None:
        _vouch_for_no_tag_file(check)
        return _Sealed(sorted(captures))
    if set(exported.captures) != captures:
        check.problem(_EXPORT_LINE, "names other captures than those that are here")
    ordered = [*(each for each in dict.fromkeys(exported.captures) if each in captures)]
    ordered += sorted(captures.difference(ordered))
    # 2. The checkpoint: signed by the one who exported, over a ledger that holds this line.
    checkpoint = check.open_checkpoint(SEAL_CHECKPOINT, [exported.signer])
    if checkpoint is None:
        _vouch_for_no_tag_file(check)
        return _Sealed(ordered, exported.only, exported.redacted)
    if not _expect_tag_files(check, exported):
        _vouch_for_no_tag_file(check)
        return _Sealed(ordered, exported.only, exported.redacted)
    _check_key(check, exported.signer)
    _check_identity(check, checkpoint)
    if check.tree.top not in {"", exported.bundle}:
        check.problem(
            _EXPORT_LINE, f"the zip unpacks to a folder named {check.tree.top}, and it was sealed under another name"
        )
    index = _check_proof(check, EXPORT, line, checkpoint)
    check.sealed(checkpoint, "")
    check_consistency(check, checkpoint, index)
    # 3. Every other line of the case's ledger that is here stands in the same tree, at the place that is stated.
    stated = dict(stated_lines(exported))

    def _proven(proof: str, line: bytes) -> int | None:
        name = proof.removesuffix(".proof")
        return _check_proof(check, name, line, checkpoint, stated.get(name))

    signers = {}
    for capture, number in zip(exported.captures, exported.timestamps, strict=True):
        signers[capture] = _check_capture_line(check, capture, _proven, timestamped=bool(number))
    check_case_lines(check, exported, _proven)
    check_custody_lines(check, exported.exhibits, _proven)
    if exported.timestamped:
        _check_stamped_checkpoint(check, checkpoint, _proven)
    # 4. Lines that others signed: the signature that counts here is the exporter's alone.
    _judge_signers(check, exported)
    return _Sealed(ordered, exported.only, exported.redacted, signers)


def _judge_signers(check: Check, exported: Exported) -> None:
    """Tell the lines of the case's ledger that name another key than the bundle's: its signature is not here.

    Somebody else who can write to the case may have signed them before the bundle's signer signed the whole.
    """
    counts: Counter[str] = Counter()
    for line in check.history.lines.values():
        counts[_fingerprint(decode_case_event(line).signer)] += 1
    counts.update(printable(entry.signer, 100) for entry in exported.restated)
    demanded = {key.fingerprint() for key in check.demanded}
    for fingerprint in sorted(counts.keys() - {_fingerprint(exported.signer), *demanded}):
        said = f"of the lines about what is here, {counts[fingerprint]} with the key {fingerprint}"
        if demanded:
            check.unchecked(SEAL_CHECKPOINT, f"{said}, which is not the key demanded")
        else:
            check.findings.notes.append(f"{said}: that it made them, the signer of this bundle alone says")


def _fingerprint(signer: str) -> str:
    try:
        return PublicKey.parse(signer).fingerprint()
    except BadKey:
        return f"{printable(signer, 100)} (which is no key)"


def _vouch_for_no_tag_file(check: Check) -> None:
    """Leave all files outside the payload unjudged where no sound seal says which there are: a fault was noted."""
    for name in check.kinds:
        if not name.startswith(PAYLOAD):
            check.expected.setdefault(name, "")


def _expect_tag_files(check: Check, exported: Exported) -> bool:
    """Expect exactly the files outside the payload that an export writes; say whether it is said which these are."""
    captures = len(exported.captures)
    counts = {captures, len(exported.sealed), len(exported.timestamps), len(exported.registered) or captures}
    most = 2 * len(check.kinds) + _MORE_LINES
    if len(counts) != 1 or captures + len(exported.custody) > most or set(exported.files) != set(VOUCHING):
        check.problem(_EXPORT_LINE, "does not say which files an export writes")
        return False
    lines = [EXPORT, *(name for name, _ in stated_lines(exported))]
    files = [TAG_MANIFEST, SEAL_CHECKPOINT, SEAL_KEY, CONSISTENCY]
    if exported.timestamped:
        files += [TIMESTAMPED_CHECKPOINT, token_path(TIMESTAMPED_CHECKPOINT), TIMESTAMPED_CONSISTENCY]
    for name in files:
        check.expected.setdefault(name, "")
    for name in lines:
        check.expected.update({f"{name}.json": "", f"{name}.proof": ""})
    for name, sha256 in exported.files.items():
        check.expect(name, sha256)
    return True


def _check_key(check: Check, signer: str) -> None:
    """Check that the key's file is the signer's key in the one form that goldenhour writes, and holds no other text."""
    try:
        if check.is_file(SEAL_KEY) and check.small(SEAL_KEY) != PublicKey.parse(signer).pem().encode():
            check.problem(SEAL_KEY, "not the key of the signer, or not that alone")
    except (BadKey, NotCheckable) as error:
        check.problem(SEAL_KEY, str(error))


def _check_capture_line(check: Check, capture: str, proven: Proven, *, timestamped: bool) -> str:
    """Check the line that records a capture's seal; return the key that it names as the signer's, "" without a line."""
    name = capture_line(capture)
    event, line = _event(check, name, CaptureSealed)
    if event is None:
        return ""
    proven(f"{name}.proof", line)
    check.expect(f"{_CAPTURES}{capture}/{CHECKPOINT}", event.checkpoint_sha256)
    if event.capture != capture:
        check.problem(f"{name}.json", "is of another capture")
    if timestamped:
        _check_timestamp(check, capture, event.exhibit, proven)
    return event.signer


def _check_timestamp(check: Check, capture: str, exhibit: str, proven: Proven) -> None:
    """Check a capture's token against the line of the case's ledger that records it."""
    path, name = f"{_CAPTURES}{capture}/{CHECKPOINT}", timestamp_line(capture)
    event, line = _event(check, name, Timestamped)
    if event is None:
        return
    proven(f"{name}.proof", line)
    if path == f"{PAYLOAD}{event.checkpoint}":
        check_timestamp(check, event, path, exhibit)
    else:
        check.problem(f"{name}.json", "does not record the trusted time of this capture")


def _check_stamped_checkpoint(check: Check, seal: Checkpoint, proven: Proven) -> None:
    """Check the case's own last trusted time: the line that records it, and that the seal only adds to what it covers.

    The checkpoint's signature may be of another officer's key; it is the line, under this seal, that vouches for it.
    """
    event, line = _event(check, TIMESTAMPED, Timestamped)
    if event is None:
        return
    proven(f"{TIMESTAMPED}.proof", line)
    check.expect(TIMESTAMPED_CHECKPOINT, event.checkpoint_sha256)
    check_timestamp(check, event, TIMESTAMPED_CHECKPOINT, TIMESTAMPED_CHECKPOINT)
    try:
        earlier, _ = parse_checkpoint(check.small(TIMESTAMPED_CHECKPOINT))
        proof = read_proof(check.small(TIMESTAMPED_CONSISTENCY))
    except (BadFormat, NotCheckable) as error:
        check.problem(TIMESTAMPED_CONSISTENCY, f"cannot be checked: {error}")
        return
    sizes = (proof.first, proof.size) == (earlier.size, seal.size) and earlier.origin == seal.origin
    if not sizes or not verify_consistency(proof.first, proof.size, earlier.root, seal.root, proof.hashes):
        check.problem(
            TIMESTAMPED_CONSISTENCY, "does not prove that the sealed ledger begins with what was time-stamped"
        )


def _check_identity(check: Check, checkpoint: Checkpoint) -> None:
    try:
        if checkpoint.origin != case_origin(read_case_info(check.small(_CASE), _CASE).id):
            check.problem(_CASE, "not the case that the seal is of")
    except (BadFormat, NotCheckable):
        return  # said already, or missing


def _event(check: Check, name: str, kind: type[_T]) -> tuple[_T | None, bytes]:
    """Read a line of the case's ledger that must be of this kind; None where it is not, which is noted."""
    file = f"{name}.json"
    if not check.is_file(file):
        if file not in check.expected:
            check.findings.missing.append(Missing(file, "part of the seal"))
        return None, b""
    try:
        line = check.small(file, LONGEST_LINE)
        event = decode_case_event(line)
    except (BadFormat, NotCheckable) as error:
        check.problem(file, str(error))
        return None, b""
    if not isinstance(event, kind):
        check.problem(file, "is a line of another kind")
        return None, line
    return event, line


def _check_proof(check: Check, name: str, line: bytes, checkpoint: Checkpoint, number: int | None = None) -> int | None:
    """Check that a line stands in the ledger that the checkpoint is of (RFC 9162 section 2.1.3.2); return its index.

    `number` is the index that the seal states.
    """
    file = f"{name}.proof"
    try:
        proof = read_proof(check.small(file)) if check.is_file(file) else None
    except (BadFormat, NotCheckable) as error:
        check.problem(file, f"not an inclusion proof: {error}")
        return None
    if proof is None:
        return None  # named with all that is missing
    leaf = leaf_hash(line)
    if proof.size != checkpoint.size or not verify_inclusion(
        proof.first, proof.size, leaf, proof.hashes, checkpoint.root
    ):
        check.problem(file, "does not prove that the line stands in the sealed ledger")
        return None
    if number not in {None, proof.first}:
        check.problem(file, f"is of line {proof.first} of the case's ledger, and the seal names line {number}")
    check.history.lines[proof.first] = line
    return proof.first

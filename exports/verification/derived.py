"""Checking what a bundle's lists say: manifest.json, items.jsonl and custody.json are made once more.

Whoever holds the signing key can seal any list. So nothing in them is believed: what the captures' ledgers and the
proven lines of the case's ledger say is written out again, and compared with what is there, byte for byte.
"""

from __future__ import annotations

import io
import re
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from exports.errors import NotCheckable, NotWhole
from exports.format.bag import PAYLOAD
from exports.format.bundle_layout import ITEMS_JSONL, MANIFEST_JSON
from exports.format.disclosure_form import as_disclosed
from exports.format.entries import EventList, LedgerFile, SealedCapture
from exports.format.inventory import Inventory, timestamped_captures
from exports.format.manifest import FORMAT, CaptureRecord
from exports.format.result import NOT_REMADE, Missing
from exports.verification.capture import CaptureChecked
from exports.verification.case_lines import registered_otherwise, sealed_otherwise
from exports.verification.check import Check
from exports.verification.disclosure import DisclosureCheck
from exports.verification.posts import PostCheck
from hashing.case.alike import as_read
from hashing.case.capture_folder import CHECKPOINT, Seal
from hashing.case.case import CASE_FILE
from hashing.case.events import (
    CaptureRegistered,
    CaptureSealed,
    CaseCreated,
    CaseEvent,
    Exported,
    Timestamped,
    decode_case_event,
)
from hashing.case.redaction import OFFICER, URL
from hashing.errors import BadFormat, BadKey, Unreadable
from hashing.ledger.checkpoint import parse_checkpoint
from hashing.ledger.ledger import LEDGER
from hashing.printable import printable

_SEAL = "seal/"
_FORMAT = re.compile(rb'\s*\{\s*"format"\s*:\s*"([^"]*)"')
_HEAD = 1 << 16  # Bytes that are read beyond what is expected: the start of manifest.json, or of what differs.


def check_case_lines(check: Check, exported: Exported, proven: Callable[[str, bytes], int | None]) -> None:
    """Check the lines that name the case and begin its captures, of which the lists of a bundle are made.

    `proven` checks the inclusion proof in a file for a line, and returns the line's index; None where it does not hold.
    """
    if OFFICER not in exported.redacted:
        created = _line(check, "case", proven)
        if isinstance(created, CaseCreated):
            check.expect(f"{PAYLOAD}{CASE_FILE}", created.case_sha256)
        elif created is not None:
            check.problem(f"{_SEAL}case.json", "does not begin a case")
    registered_shown = not {OFFICER, URL} & set(exported.redacted)
    if registered_shown:
        for capture in exported.captures:
            registered = _line(check, f"registered/{capture}", proven)
            if registered is not None and not (
                isinstance(registered, CaptureRegistered) and registered.capture == capture
            ):
                check.problem(f"{_SEAL}registered/{capture}.json", "does not begin this capture")
    may_restate = {"copied"} if registered_shown else {"copied", "seized"}
    if not {entry.action for entry in exported.restated} <= may_restate:
        check.problem(f"{_SEAL}export.json", "tells what only a line of its own can state")
    if exported.began > exported.time:
        check.problem(f"{_SEAL}export.json", "says that the export began after it was recorded")


def disagreements(
    lines: Mapping[int, CaseEvent], exported: Exported, heads: Sequence[CaptureRecord]
) -> Iterator[tuple[str, str]]:
    """Yield the name of each line of the case's ledger that says of a capture what its own ledger does not, and why."""
    if exported.exhibits != tuple(head.exhibit for head in heads):
        yield "export", "names other exhibits than those of the captures that are here"
    if len({as_read(exhibit) for exhibit in exported.exhibits}) < len(exported.exhibits):
        yield "export", "names two exhibits that look the same"
    by_capture = {head.capture: head for head in heads}
    for event in lines.values():
        if isinstance(event, CaptureRegistered) and (head := by_capture.get(event.capture)) is not None:
            if registered_otherwise(event, head.started):
                yield f"registered/{event.capture}", "does not say of the capture what its own ledger says"
        elif (
            isinstance(event, CaptureSealed)
            and (head := by_capture.get(event.capture)) is not None
            and sealed_otherwise(event, head.started, head.finished, head.seal)
        ):
            yield f"captures/{event.capture}", "does not say of the capture what its own ledger and seal say"


def _line(check: Check, name: str, proven: Callable[[str, bytes], int | None]) -> object:
    """Return the event of a line of the case's ledger; None where it is missing or no line, which is noted."""
    path = f"{_SEAL}{name}.json"
    if not check.is_file(path):
        check.findings.missing.append(Missing(path, "part of the seal"))
        return None
    try:
        line = check.small(path)
        event = decode_case_event(line)
    except (BadFormat, NotCheckable) as error:
        check.problem(path, str(error))
        return None
    proven(f"{_SEAL}{name}.proof", line)
    return event


def check_derived(
    check: Check, checked: Mapping[str, CaptureChecked | DisclosureCheck], captures: Sequence[str]
) -> None:
    """Make the bundle's lists once more and compare them; `captures` are in the order in which they are listed."""
    if _judged_format(check):
        return
    try:
        posts = PostCheck(check)
        inventory = _inventory(check, checked, captures, posts)
        if inventory is None:
            return
        check.findings.report = NOT_REMADE
        for name, pieces in inventory.files():
            _compare(check, name, pieces)
        posts.note()
        for name, reason in disagreements(inventory.lines, inventory.line, inventory.heads):
            check.problem(f"{_SEAL}{name}.json", reason)
        if check.report and not check.findings.problems:
            from exports.verification.report import check_report  # which loads all that makes a report

            check_report(check, inventory)
    except (BadFormat, BadKey, Unreadable, NotCheckable, NotWhole, OSError, zlib.error) as error:
        check.problem(MANIFEST_JSON, f"cannot be compared with what is sealed: {error}")


def _inventory(
    check: Check, checked: Mapping[str, CaptureChecked | DisclosureCheck], captures: Sequence[str], posts: PostCheck
) -> Inventory | None:
    """Return what the bundle must list; None where nothing proves what the bundle is, which is said already.

    Raises BadFormat, NotCheckable, Unreadable.
    """
    lines = {index: decode_case_event(line) for index, line in sorted(check.history.lines.items())}
    exported = next((event for event in lines.values() if isinstance(event, Exported)), None)
    if exported is None:
        return None
    parts = [one for one in checked.values() if isinstance(one, DisclosureCheck)]
    if sorted(exported.only) != sorted(item.ref for one in parts for item in one.items):
        check.problem(f"{_SEAL}export.json", "names other items than those that are disclosed here")
    timestamped = timestamped_captures(lines.values())
    sealed = [_sealed(check, checked[each], timestamped.get(each)) for each in captures]
    return Inventory(lines, exported, sealed, posts.compare_listed)


def _sealed(check: Check, one: CaptureChecked | DisclosureCheck, timestamped: Timestamped | None) -> SealedCapture:
    """Return what is sealed of a capture: its ledger, or the lines of a disclosure. Raises BadFormat, NotCheckable."""
    note = check.small(f"{one.prefix}{CHECKPOINT}")
    seal = Seal.of(parse_checkpoint(note)[0], note)
    if isinstance(one, DisclosureCheck):
        return SealedCapture(EventList(list(as_disclosed(one.events, one.offsets))), seal, timestamped, one.withheld)
    ledger = f"{one.prefix}{LEDGER}"
    return SealedCapture(LedgerFile(Path(ledger), lambda: check.tree.open(ledger)), seal, timestamped)


def _judged_format(check: Check) -> bool:
    """Say whether manifest.json is of another format, which is noted."""
    with _opened(check, MANIFEST_JSON) as file:
        head = file.read(_HEAD)
    match = _FORMAT.match(head)
    found = match[1].decode("utf-8", "replace") if match else ""
    if found == FORMAT:
        return False
    if found.rpartition("/")[0] == FORMAT.rpartition("/")[0]:
        check.unchecked(MANIFEST_JSON, f"format {printable(found[:40])}: update goldenhour to check it")
    else:
        check.problem(MANIFEST_JSON, "not a manifest of goldenhour")
    return True


def _opened(check: Check, name: str) -> BinaryIO:
    """Open a list; one that is not there holds nothing, and is named as missing elsewhere."""
    try:
        return check.tree.open(name)
    except NotCheckable:
        return io.BytesIO()


def _compare(check: Check, name: str, pieces: Iterable[bytes]) -> None:
    """Compare a file with the pieces that it must be made of, a piece at a time; note what differs first."""
    numbered = enumerate(pieces, 1)
    with _opened(check, name) as file:
        for number, piece in numbered:
            where = f"line {number}: " if name == ITEMS_JSONL else ""
            found = file.read(len(piece))
            if found != piece:
                if where:  # a line that is longer here ends further on, and a shorter one before
                    found = (found if b"\n" in found else found + file.readline(_HEAD)).partition(b"\n")[0]
                else:
                    found += file.read(len(piece) + _HEAD)
                check.problem(name, where + _difference(piece, found))
                deque(numbered, maxlen=0)  # the manifest states the digest of all of them
                return
        if rest := file.read(1):
            check.problem(name, f"goes on where it must end, with {rest!r}")


def _difference(expected: bytes, found: bytes) -> str:
    """Say what differs first, by the names of the fields that lead to it."""
    try:
        said = msgspec.json.decode(found)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "is not what the sealed ledgers say"
    path = next(_differing(msgspec.json.decode(expected), said), "its form")
    return f"{printable(path, 200)} is not what the sealed ledgers say"


def _differing(expected: Any, found: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Yield the paths of the values that differ."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for name in dict.fromkeys((*expected, *found)):
            yield from _differing(expected.get(name), found.get(name), f"{path}.{name}" if path else name)
    elif isinstance(expected, list) and isinstance(found, list):
        for number in range(max(len(expected), len(found))):
            here, there = ([*islice(each, number, number + 1), None][0] for each in (expected, found))
            yield from _differing(here, there, f"{path}[{number}]")
    elif expected != found or type(expected) is not type(found):
        yield path

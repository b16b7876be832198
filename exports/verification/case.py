"""Checking a case: its own ledger against every checkpoint, and each capture."""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection
from pathlib import Path

from exports.errors import NotCheckable, TooMuch
from exports.format.budget import LineBudget
from exports.format.result import Missing
from exports.verification.batches import check_batches
from exports.verification.capture import CaptureCheck
from exports.verification.case_lines import registered_otherwise, sealed_otherwise
from exports.verification.check import Check
from exports.verification.custody import check_custody, refs_by_exhibit
from exports.verification.items import Items
from exports.verification.timestamps import check_timestamp
from hashing.case.alike import as_read
from hashing.case.capture_folder import CHECKPOINT, INCOMING, RESERVE
from hashing.case.case import (
    BATCHES,
    CAPTURES,
    CASE_FILE,
    CHECKPOINTS,
    MERGE,
    PLACED,
    case_origin,
    checkpoint_name,
    read_case_info,
)
from hashing.case.events import CaptureRegistered, CaptureSealed, CaseCreated, CaseEvent, Timestamped, decode_case_event
from hashing.case.own_runs import Signed, signed_here
from hashing.errors import BadFormat, NewerFormat, Unreadable
from hashing.files.storage import PART
from hashing.ledger.ledger import LEDGER, read_lines
from hashing.ledger.marks import MARKS
from hashing.ledger.merkle import MerkleTree
from hashing.printable import printable

_BEFORE_REGISTERED = {LEDGER, MARKS, f"{INCOMING}/{RESERVE}"}
"""All that a capture holds until the case registers it; nothing is fetched before."""
_DRAFT = re.compile(rf"\.{MERGE}\.[0-9a-f]{{8}}-[0-9]{{1,7}}-[0-9a-f]{{8}}{re.escape(PART)}")
_OF_CHECKPOINTS = re.compile(rf"{CHECKPOINTS}/[0-9]{{4}}", re.ASCII)
_SETTINGS = "goldenhour.toml"
"""The case's own settings, which the user writes by hand: no ledger speaks of them."""


def check_case(check: Check) -> None:
    """Check a case folder. Raises NotCheckable where it is one of a later version."""
    _check_format(check)
    sealed = _sealed(check)
    check.begin(lambda name: name.startswith(f"{CAPTURES}/") and name.split("/", 2)[1] in sealed)
    for name in (LEDGER, *([_SETTINGS] if _SETTINGS in check.kinds else [])):
        check.expected.setdefault(name, "")
    check.folders.update((CAPTURES, CHECKPOINTS, BATCHES))
    check.folders.update(filter(_OF_CHECKPOINTS.fullmatch, check.tree.empty_folders()))  # made for the next of them
    ledger = _CaseLedger(check)
    created = next((event for event in ledger.events if isinstance(event, CaseCreated)), None)
    if created is None:
        check.problem(LEDGER, "the first line does not begin a case")
        for name in (CASE_FILE, *check.kinds.below(f"{CHECKPOINTS}/")):
            check.expected.setdefault(name, "")
    else:
        check.expect(CASE_FILE, created.case_sha256)
        _check_checkpoints(check, case_origin(created.case), ledger)
        _check_known_here(check, ledger)
        check_batches(check, ledger.events, created.case)
    check_custody(check, ledger.events, _check_captures(check, ledger))
    _check_timestamps(check, ledger)


def _sealed(check: Check) -> Collection[str]:
    """Return the captures that are sealed: no file of these is written to any more."""
    ending = f"/{CHECKPOINT}"
    return {name.split("/")[1] for name in check.kinds.below(f"{CAPTURES}/") if name.endswith(ending)}


def _check_format(check: Check) -> None:
    """Refuse a case of a later version; whatever else is wrong with its file shows in the file's digest."""
    if not check.is_file(CASE_FILE):
        return
    try:
        read_case_info(check.small(CASE_FILE), CASE_FILE)
    except NewerFormat as error:
        raise NotCheckable(str(error), hint=error.hint) from error
    except BadFormat as error:
        check.problem(CASE_FILE, str(error).removeprefix(f"{CASE_FILE}: "))


class _CaseLedger:
    """The events of a case's ledger, its root at every length, and whether it could be read to its end."""

    def __init__(self, check: Check) -> None:
        self.events: list[CaseEvent] = []
        self.roots: dict[str, tuple[int, bytes]] = {}
        """By the name of the checkpoint that is of this length."""
        self.about: dict[str, list[int]] = {}
        """By capture: the numbers of the lines that begin and that end it."""
        self.whole = True
        self.known: Signed | None = None
        """What this user signed of it on this computer, as it was known before the lines were read to their end."""
        merkle = MerkleTree()
        length, budget = 0, LineBudget(LEDGER)
        try:
            with check.tree.open(LEDGER) as file:
                for line in read_lines(file, Path(LEDGER)):
                    budget.charge(line)
                    event = decode_case_event(line)
                    self.events.append(event)
                    # Before the end is read: of a case in which somebody works, more might be signed by then than was
                    # read, and it would look set back.
                    if isinstance(event, CaseCreated) and self.known is None:
                        self.known, _ = signed_here(event.case, check.tree.path)
                    if isinstance(event, CaptureRegistered | CaptureSealed):
                        self.about.setdefault(event.capture, []).append(len(self.events))
                    merkle.append(line)
                    length += len(line) + 1
                    self.roots[f"{CHECKPOINTS}/{checkpoint_name(merkle.size)}"] = (merkle.size, merkle.root())
                torn = file.tell() - length
        except TooMuch:
            raise
        except (BadFormat, Unreadable, NotCheckable, OSError, zlib.error) as error:
            check.problem(LEDGER, f"line {merkle.size + 1}: {str(error).removeprefix(f'{LEDGER}: ')}")
            self.whole = False
            return
        if torn:
            check.findings.notes.append(
                f"{LEDGER} ends in {torn} bytes of a line that was never finished; the next change of the case takes "
                "their place"
            )


def _check_checkpoints(check: Check, origin: str, ledger: _CaseLedger) -> None:
    """Compare each checkpoint with the root of the ledger at its length; the newest first, for its signer.

    Which there must be follows from the ledger: every change names the one that it builds upon, by its digest. The
    newest is named by no line yet.
    """
    # 1. The newest checkpoint that the ledger reaches says how many lines are signed.
    there = {name for name in check.kinds.below(f"{CHECKPOINTS}/") if name.endswith(f".{CHECKPOINT}")}
    known = sorted(there & ledger.roots.keys(), reverse=True)
    if not known:
        check.problem(LEDGER, "holds no line that is signed: there is no checkpoint of it")
    newest = known[0] if known else ""
    signed, _ = ledger.roots.get(newest, (0, b""))
    # 2. Each change names the checkpoint that it builds upon: these must be here, with these digests.
    changes = [(size, event.after) for size, event in enumerate(ledger.events) if event.after and 0 < size < signed]
    for size, after in changes:
        check.expect(f"{CHECKPOINTS}/{checkpoint_name(size)}", after)
    _check_covered(check, ledger, newest)
    # 3. Check each against the root at its length, the newest first.
    begins = [0, *(size for size, _ in changes)]
    for begin, size in zip(reversed(begins), reversed([*begins[1:], signed]), strict=True):
        name = f"{CHECKPOINTS}/{checkpoint_name(size)}"
        if name in known:  # else missing, as the comparison says; or there is none at all
            _check_checkpoint(check, name, origin, ledger, begin, newest=name == newest)
    for name in sorted(there - ledger.roots.keys()):
        check.expected.setdefault(name, "")
        if ledger.whole:
            check.problem(LEDGER, f"shorter than {name} says: lines were removed")


def _check_checkpoint(check: Check, name: str, origin: str, ledger: _CaseLedger, begin: int, *, newest: bool) -> None:
    """Check the checkpoint over a change that begins with the line at this index: its one signer, and the root."""
    size, root = ledger.roots[name]
    check.expected.setdefault(name, "")
    signers = {event.signer for event in ledger.events[begin:size]}
    if len(signers) > 1:
        check.problem(LEDGER, f"lines {begin + 1} to {size} are one change and name {len(signers)} signers")
    checkpoint = check.open_checkpoint(name, signers)
    if checkpoint is None:
        return
    if checkpoint.origin != origin:
        check.problem(name, "the checkpoint is of another ledger")
    elif (checkpoint.size, checkpoint.root) != (size, root):
        check.problem(LEDGER, f"the first {size} lines are not those that {name} was signed over")
    elif newest:
        check.sealed(checkpoint, "")
        check.history.hold(checkpoint, ledger.roots.values())


def _check_known_here(check: Check, ledger: _CaseLedger) -> None:
    """Compare a case with what this user signed of it on this computer, where that is known."""
    known = ledger.known
    if known is None or not ledger.whole:
        return
    root = ledger.roots.get(f"{CHECKPOINTS}/{checkpoint_name(known.size)}", (0, b""))[1]
    if len(ledger.events) < known.size:
        check.problem(LEDGER, f"set back: it has {len(ledger.events)} lines, and had {known.size} when you signed it")
    elif root.hex() != known.root:
        check.problem(LEDGER, f"its first {known.size} lines are not those that you signed here last")


def _check_covered(check: Check, ledger: _CaseLedger, newest: str) -> None:
    """Say how many lines stand behind the newest checkpoint: a command signs lines, writes them, names the signature.

    What a command that died has signed and not named is no checkpoint yet; the next change clears it away or names it.
    """
    signed, _ = ledger.roots.get(newest, (0, b""))
    unsigned = len(ledger.roots) - signed
    if newest and unsigned:
        check.unchecked(
            LEDGER,
            f"its last {unsigned} lines are not signed: another command is at work or has died, or somebody else wrote "
            "them",
        )
    for name in check.kinds.below(f"{CHECKPOINTS}/"):
        if name.endswith(f".{CHECKPOINT}{PART}"):
            check.expected.setdefault(name, "")
            if not unsigned:
                check.unchecked(name, "of a change that another command makes just now, or died before it made it")


def _check_timestamps(check: Check, ledger: _CaseLedger) -> None:
    """Check the token of every trusted time on record; a token that is not on record was added by somebody."""
    sealed = {event.capture: event for event in ledger.events if isinstance(event, CaptureSealed)}
    covers = {f"{CAPTURES}/{capture}/{CHECKPOINT}": event.exhibit for capture, event in sealed.items()}
    covers |= {name: name for name in ledger.roots}
    for event in ledger.events:
        if not isinstance(event, Timestamped):
            continue
        what = covers.pop(
            event.checkpoint, None
        )  # each is time-stamped once: a hostile ledger must not cost a check a line
        if what is None:
            check.problem(
                LEDGER, f"time-stamps {event.checkpoint[:200]}, which is no checkpoint of the case, or is time-stamped"
            )
        else:
            check_timestamp(check, event, event.checkpoint, what)


def _check_captures(check: Check, ledger: _CaseLedger) -> dict[str, set[str]]:
    """Check the captures; return which of the items that the case speaks of each that is here has."""
    # 1. Which captures there must be: those that the ledger registers.
    _check_once(check, ledger)
    registered = {event.capture: event.exhibit for event in ledger.events if isinstance(event, CaptureRegistered)}
    sealed = {event.capture: event for event in ledger.events if isinstance(event, CaptureSealed)}
    present = {name.split("/")[1] for name in check.kinds.below(f"{CAPTURES}/") if name.count("/") > 1}
    if not ledger.whole:
        # Each capture has a seal of its own; what the rest of the case's ledger said of it is lost.
        registered = dict.fromkeys(sorted(present), "") | registered
    # 2. What else is here was begun and not registered, or added by somebody.
    _check_drafts(check, present - registered.keys())
    empty = (folder.split("/") for folder in check.tree.empty_folders())
    begun = {parts[1] for parts in empty if parts[0] == CAPTURES and len(parts) > 1}
    for capture in sorted((present | begun) - registered.keys()):
        prefix = f"{CAPTURES}/{capture}/"
        if {name.removeprefix(prefix) for name in check.kinds.below(prefix)} <= _BEFORE_REGISTERED:
            check.under_way.add(prefix)
            check.unchecked(prefix, "a capture that is being begun, or was left when it had only begun")
    # 3. Each by its own seal; then the seal against what the case recorded of it.
    items: dict[str, set[str]] = {}
    asked = refs_by_exhibit(ledger.events)
    for capture, exhibit in registered.items():
        if capture not in present:
            _note_absent(check, capture)
            continue
        prefix = f"{CAPTURES}/{capture}/"
        one = CaptureCheck(check, prefix)
        one.run()
        items[capture] = {ref for ref in asked.get(exhibit, ()) if ref in one.items}
        _check_said_of(check, ledger, capture, one)
        one.items = Items()  # of which there may be a million
        event, listed = sealed.get(capture), f"{prefix}{CHECKPOINT}" in check.kinds
        if not listed and (event is None or check.has_come(f"{prefix}{CHECKPOINT}")):
            check.under_way.add(prefix)
        elif event is not None:
            check.expect(f"{prefix}{CHECKPOINT}", event.checkpoint_sha256)
        elif ledger.whole:
            if f"{prefix}{MARKS}" in check.kinds:
                check.expected.setdefault(f"{prefix}{MARKS}", "")
            check.unchecked(
                prefix, "sealed, but the case does not record it: its process died, or it is not the case's"
            )
    return items


def _check_said_of(check: Check, ledger: _CaseLedger, capture: str, one: CaptureCheck) -> None:
    """Compare the lines about a capture with what it says itself, as far as it could be read."""
    if one.started is None or one.unread:
        return
    if one.started.capture != capture:
        check.problem(one.prefix, f"is another capture: {printable(one.started.capture, 100)}")
        return
    held = check.history.captures.get(capture)
    for number in ledger.about.get(capture, ()):
        event = ledger.events[number - 1]
        otherwise = False
        if isinstance(event, CaptureRegistered):
            otherwise = registered_otherwise(event, one.started)
        elif isinstance(event, CaptureSealed) and held is not None and one.finished is not None:
            otherwise = sealed_otherwise(event, one.started, one.finished, held.seal)
        if otherwise:
            check.problem(LEDGER, f"line {number} does not say of {one.prefix} what its own ledger and seal say")
            return


def _check_once(check: Check, ledger: _CaseLedger) -> None:
    """Check that each capture begins once, under a reference of its own, and ends once, after it began."""
    exhibits = set[str]()
    for capture, numbers in ledger.about.items():
        events = [ledger.events[number - 1] for number in numbers[:3]]
        begun = events[0]
        if not isinstance(begun, CaptureRegistered) or [type(each) for each in events[1:]] not in ([], [CaptureSealed]):
            where = f"line {numbers[-1]}: {printable(capture, 100)}"
            check.problem(LEDGER, f"{where} does not begin once, and then end once")
        elif as_read(begun.exhibit) in exhibits:
            check.problem(LEDGER, f"line {numbers[0]}: a second capture is called {printable(begun.exhibit, 100)}")
        else:
            exhibits.add(as_read(begun.exhibit))


def _check_drafts(check: Check, strangers: set[str]) -> None:
    """Leave the drafts of merges unjudged, and say so, as well as what one of them has put in its place by now."""
    names = (*(name for name in check.kinds if "/" in name), *check.tree.empty_folders())
    drafts = {name.split("/")[0] for name in names if name.startswith(f".{MERGE}.")}
    for draft in sorted(filter(_DRAFT.fullmatch, drafts)):
        check.under_way.add(f"{draft}/")
        check.unchecked(draft, "a capture that is being merged, or was left half-way; the next merge clears it away")
        mark = f"{draft}/{PLACED}"
        if check.is_file(mark) and (placed := check.small(mark).decode("utf-8", "replace")) in strangers:
            check.under_way.add(f"{CAPTURES}/{placed}/")
            check.unchecked(f"{CAPTURES}/{placed}", "merged, and not on record yet; merge it again")


def _note_absent(check: Check, capture: str) -> None:
    """Tell a capture that is gone from one that was begun after the case's files had been listed."""
    if check.has_come(f"{CAPTURES}/{capture}/{LEDGER}"):
        check.under_way.add(f"{CAPTURES}/{capture}/")  # of which some may have been listed: folders without a file yet
        check.unchecked(f"{CAPTURES}/{capture}", "a capture that was begun while this was verified")
    else:
        check.findings.missing.append(Missing(f"{CAPTURES}/{capture}", "a capture that the case registered"))

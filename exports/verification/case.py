"""Checking a case: its own ledger against every checkpoint, and each capture."""

from __future__ import annotations

import re
import zlib
from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from exports.errors import NotCheckable, TooMuch
from exports.format.kept import Mapped, SpooledList
from exports.format.lookup import Lookup, Places
from exports.format.result import Missing
from exports.verification.batches import check_batches
from exports.verification.capture import CaptureCheck
from exports.verification.case_lines import registered_otherwise, sealed_otherwise
from exports.verification.check import Check
from exports.verification.custody import check_custody, spoken_of
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

# All that a capture holds until the case registers it; nothing is fetched before.
_BEFORE_REGISTERED = {LEDGER, MARKS, f"{INCOMING}/{RESERVE}"}
_DRAFT = re.compile(rf"\.{MERGE}\.[0-9a-f]{{8}}-[0-9]{{1,7}}-[0-9a-f]{{8}}{re.escape(PART)}")
_NUMBER = re.compile("[0-9]{8,18}", re.ASCII)
_OF_CHECKPOINTS = re.compile(rf"{CHECKPOINTS}/[0-9]{{4}}", re.ASCII)
_SETTINGS = "goldenhour.toml"  # The case's own settings, which the user writes by hand: no ledger speaks of them.


def check_case(check: Check) -> None:
    """Check a case folder. Raises NotCheckable where it is one of a later version."""
    _check_format(check)
    check.begin(_of_sealed(check))
    for name in (LEDGER, *([_SETTINGS] if _SETTINGS in check.kinds else [])):
        check.expected.setdefault(name, "")
    check.may_be_empty(CAPTURES, CHECKPOINTS, BATCHES)
    # Made for the next of them.
    check.may_be_empty(*filter(_OF_CHECKPOINTS.fullmatch, check.tree.empty_folders()))
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


def _of_sealed(check: Check) -> Callable[[str], bool]:
    """Return what says of a file whether it is of a capture that is sealed: none of these is written to any more."""
    last, sealed = "", False

    def _is_of_sealed(name: str) -> bool:
        nonlocal last, sealed
        top, _, rest = name.partition("/")
        capture, slash, _ = rest.partition("/")
        if top != CAPTURES or not slash:
            return False
        if capture != last:  # the files of one stand together, as they are asked for
            last, sealed = capture, f"{CAPTURES}/{capture}/{CHECKPOINT}" in check.kinds
        return sealed

    return _is_of_sealed


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
        lines = SpooledList[bytes](bytes)
        self.events: Sequence[CaseEvent] = Mapped(decode_case_event, lines)  # Each is read when it is asked for.
        self.roots: Lookup[int, bytes] = Lookup(int)  # By the length of the ledger.
        self.about = Places()  # By capture: the numbers of the lines that begin and that end it.
        self.registered: Lookup[str, str] = Lookup(str)  # The exhibit of each capture that a line begins.
        self.sealed: Lookup[str, int] = Lookup(str)  # The number of the last line that ends each capture.
        self.whole = True
        # What this user signed of it on this computer, as it was known before the lines were read to their end.
        self.known: Signed | None = None
        merkle = MerkleTree()
        length = 0
        try:
            with check.tree.open(LEDGER) as file:
                for line in read_lines(file, Path(LEDGER)):
                    event = decode_case_event(line)
                    lines.append(line)
                    # Before the end is read: of a case in which somebody works, more might be signed by then than was
                    # read, and it would look set back.
                    if isinstance(event, CaseCreated) and self.known is None:
                        self.known, _ = signed_here(event.case, check.tree.path)
                    if isinstance(event, CaptureRegistered | CaptureSealed):
                        self.about.add(event.capture, len(lines))
                    if isinstance(event, CaptureRegistered):
                        self.registered[event.capture] = event.exhibit
                    elif isinstance(event, CaptureSealed):
                        self.sealed[event.capture] = len(lines)
                    merkle.append(line)
                    length += len(line) + 1
                    self.roots[merkle.size] = merkle.root()
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

    def size_of(self, checkpoint: str) -> int:
        """Return the length of the ledger that a checkpoint's path is for; 0 where it never was so long."""
        number = checkpoint.rpartition("/")[2].removesuffix(f".{CHECKPOINT}")
        size = int(number) if _NUMBER.fullmatch(number) else 0
        return size if size in self.roots and checkpoint == f"{CHECKPOINTS}/{checkpoint_name(size)}" else 0

    def seal_of(self, capture: str) -> CaptureSealed | None:
        """Return the line that ends a capture, the last where there are several; None where there is none."""
        number = self.sealed.get(capture, 0)
        event = self.events[number - 1] if number else None
        return event if isinstance(event, CaptureSealed) else None


def _check_checkpoints(check: Check, origin: str, ledger: _CaseLedger) -> None:
    """Compare each checkpoint with the root of the ledger at its length; the newest first, for its signer.

    Which there must be follows from the ledger: every change names the one that it builds upon, by its digest. The
    newest is named by no line yet.
    """
    # 1. The newest checkpoint that the ledger reaches says how many lines are signed.
    signed = max(map(ledger.size_of, _checkpoints(check)), default=0)
    if not signed:
        check.problem(LEDGER, "holds no line that is signed: there is no checkpoint of it")
    # 2. Each change names the checkpoint that it builds upon: these must be here, with these digests.
    begins = array("Q", [0])
    for size, event in enumerate(ledger.events):
        if event.after and 0 < size < signed:
            check.expect(f"{CHECKPOINTS}/{checkpoint_name(size)}", event.after)
            begins.append(size)
    _check_covered(check, ledger, signed)
    # 3. Check each against the root at its length, the newest first.
    size = signed
    for begin in reversed(begins):
        if size and f"{CHECKPOINTS}/{checkpoint_name(size)}" in check.kinds:  # else missing, as the comparison says
            _check_checkpoint(check, origin, ledger, begin, size, newest=size == signed)
        size = begin
    for name in _checkpoints(check):
        if not ledger.size_of(name):
            check.expected.setdefault(name, "")
            if ledger.whole:
                check.problem(LEDGER, f"shorter than {name} says: lines were removed")


def _checkpoints(check: Check) -> Iterator[str]:
    """Yield the checkpoints that are here, by their names."""
    return (name for name in check.kinds.below(f"{CHECKPOINTS}/") if name.endswith(f".{CHECKPOINT}"))


def _check_checkpoint(check: Check, origin: str, ledger: _CaseLedger, begin: int, size: int, *, newest: bool) -> None:
    """Check the checkpoint over a change of the lines between two lengths: its one signer, and the root."""
    name, root = f"{CHECKPOINTS}/{checkpoint_name(size)}", ledger.roots[size]
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
        check.history.hold(checkpoint, ledger.roots.pairs())


def _check_known_here(check: Check, ledger: _CaseLedger) -> None:
    """Compare a case with what this user signed of it on this computer, where that is known."""
    known = ledger.known
    if known is None or not ledger.whole:
        return
    root = ledger.roots.get(known.size, b"")
    if len(ledger.events) < known.size:
        check.problem(LEDGER, f"set back: it has {len(ledger.events)} lines, and had {known.size} when you signed it")
    elif root.hex() != known.root:
        check.problem(LEDGER, f"its first {known.size} lines are not those that you signed here last")


def _check_covered(check: Check, ledger: _CaseLedger, signed: int) -> None:
    """Say how many lines stand behind the newest checkpoint: a command signs lines, writes them, names the signature.

    What a command that died has signed and not named is no checkpoint yet; the next change clears it away or names it.
    """
    unsigned = len(ledger.events) - signed
    if signed and unsigned:
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
    """Check every trusted time on record; a token that is not on record was added by somebody."""
    stamped: Lookup[str, str] = Lookup(str)
    for event in ledger.events:
        if not isinstance(event, Timestamped):
            continue
        what = "" if event.checkpoint in stamped else _stamped(ledger, event.checkpoint)
        stamped[event.checkpoint] = ""  # each is once: a hostile ledger must not cost a check a line
        if not what:
            check.problem(
                LEDGER, f"time-stamps {event.checkpoint[:200]}, which is no checkpoint of the case, or is time-stamped"
            )
        else:
            check_timestamp(check, event, event.checkpoint, what)


def _stamped(ledger: _CaseLedger, checkpoint: str) -> str:
    """Return what a checkpoint's path is of: a capture's exhibit, or itself for the case's; "" for no checkpoint."""
    top, _, rest = checkpoint.partition("/")
    capture, _, last = rest.rpartition("/")
    if top == CAPTURES and last == CHECKPOINT and (sealed := ledger.seal_of(capture)) is not None:
        return sealed.exhibit or checkpoint
    return checkpoint if ledger.size_of(checkpoint) else ""


def _check_captures(check: Check, ledger: _CaseLedger) -> Callable[[str, str], bool]:
    """Check the captures; return what says whether one has an item that the case speaks of, or is not here at all."""
    # 1. Which captures there must be: those that the ledger registers. What else is here was begun and not registered,
    # or added by somebody.
    said, present = _check_once(check, ledger), Lookup[str, str](str)
    for name in check.kinds.below(f"{CAPTURES}/"):
        if name.count("/") > 1:
            present.setdefault(name.split("/")[1], "")
    _check_drafts(check, lambda name: ledger.whole and name in present and name not in ledger.registered)
    _judge_strangers(check, ledger, present)
    # 2. Each by its own seal; then the seal against what the case recorded of it.
    items, asked = Lookup[str, str](str), spoken_of(ledger.events)
    for capture, exhibit in _in_turn(ledger, present):
        if capture not in present:
            _note_absent(check, capture)
            continue
        one = CaptureCheck(check, f"{CAPTURES}/{capture}/")
        one.run()
        for named in asked.below(f"{exhibit}\0"):
            if (ref := named.removeprefix(f"{exhibit}\0")) in one.items:
                items[f"{capture}\0{ref}"] = ""
        _check_said_of(check, ledger, said.pop(capture), capture, one)
        _expect_seal(check, ledger, capture)
    return lambda capture, ref: capture not in present or f"{capture}\0{ref}" in items


def _judge_strangers(check: Check, ledger: _CaseLedger, present: Lookup[str, str]) -> None:
    """Leave captures unjudged that no line registers and that hold no more than one does until then."""
    strangers: Lookup[str, str] = Lookup(str)
    empty = (folder.split("/") for folder in check.tree.empty_folders())
    begun = (parts[1] for parts in empty if parts[0] == CAPTURES and len(parts) > 1)
    # Where lines are lost, what is here has a seal of its own: what the rest of the ledger said of it is not known.
    for capture in chain(begun, present if ledger.whole else ()):
        if capture not in ledger.registered and (ledger.whole or capture not in present):
            strangers[capture] = ""
    for capture in strangers:
        prefix = f"{CAPTURES}/{capture}/"
        if {name.removeprefix(prefix) for name in check.kinds.below(prefix)} <= _BEFORE_REGISTERED:
            check.under_way.add(prefix)
            check.unchecked(prefix, "a capture that is being begun, or was left when it had only begun")


def _expect_seal(check: Check, ledger: _CaseLedger, capture: str) -> None:
    """Expect the seal that the case recorded of a capture, or say that it recorded none."""
    prefix, event = f"{CAPTURES}/{capture}/", ledger.seal_of(capture)
    listed = f"{prefix}{CHECKPOINT}" in check.kinds
    if not listed and (event is None or check.has_come(f"{prefix}{CHECKPOINT}")):
        check.under_way.add(prefix)
    elif event is not None:
        check.expect(f"{prefix}{CHECKPOINT}", event.checkpoint_sha256)
    elif ledger.whole:
        if f"{prefix}{MARKS}" in check.kinds:
            check.expected.setdefault(f"{prefix}{MARKS}", "")
        check.unchecked(prefix, "sealed, but the case does not record it: its process died, or it is not the case's")


def _in_turn(ledger: _CaseLedger, present: Lookup[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each capture once, with its exhibit, in the order in which they were registered.

    Before them those that are here and that no line registers, where lines are lost.
    """
    if not ledger.whole:
        yield from ((capture, "") for capture in present if capture not in ledger.registered)
    done: Lookup[str, str] = Lookup(str)
    for event in ledger.events:
        if isinstance(event, CaptureRegistered) and event.capture not in done:
            done[event.capture] = ""
            yield event.capture, ledger.registered[event.capture]


def _check_said_of(check: Check, ledger: _CaseLedger, numbers: Sequence[int], capture: str, one: CaptureCheck) -> None:
    """Compare the lines about a capture with what it says itself, as far as it could be read."""
    if one.started is None or one.unread:
        return
    if one.started.capture != capture:
        check.problem(one.prefix, f"is another capture: {printable(one.started.capture, 100)}")
        return
    held = check.history.captures.get(capture)
    for number in numbers:
        event = ledger.events[number - 1]
        otherwise = False
        if isinstance(event, CaptureRegistered):
            otherwise = registered_otherwise(event, one.started)
        elif isinstance(event, CaptureSealed) and held is not None and one.finished is not None:
            otherwise = sealed_otherwise(event, one.started, one.finished, held.seal)
        if otherwise:
            check.problem(LEDGER, f"line {number} does not say of {one.prefix} what its own ledger and seal say")
            return


def _check_once(check: Check, ledger: _CaseLedger) -> Places:
    """Check that each capture begins once, under a reference of its own, and ends once, after it began.

    Return the numbers of the lines about each.
    """
    exhibits, said = Lookup[str, str](str), Places()
    for event in ledger.events:
        if not isinstance(event, CaptureRegistered | CaptureSealed) or not (numbers := ledger.about.pop(event.capture)):
            continue
        capture = event.capture
        for number in numbers:
            said.add(capture, number)
        events = [ledger.events[number - 1] for number in numbers[:3]]
        begun = events[0]
        if not isinstance(begun, CaptureRegistered) or [type(each) for each in events[1:]] not in ([], [CaptureSealed]):
            where = f"line {numbers[-1]}: {printable(capture, 100)}"
            check.problem(LEDGER, f"{where} does not begin once, and then end once")
        elif as_read(begun.exhibit) in exhibits:
            check.problem(LEDGER, f"line {numbers[0]}: a second capture is called {printable(begun.exhibit, 100)}")
        else:
            exhibits[as_read(begun.exhibit)] = ""
    return said


def _check_drafts(check: Check, is_stranger: Callable[[str], bool]) -> None:
    """Leave the drafts of merges unjudged, and say so, as well as what one of them has put in its place by now.

    `is_stranger` says whether a capture is here that no line registers.
    """
    beginning = f".{MERGE}."
    drafts = {name.split("/")[0] for name in check.kinds.below(beginning) if "/" in name}
    drafts |= {name.split("/")[0] for name in check.tree.empty_folders() if name.startswith(beginning)}
    for draft in sorted(filter(_DRAFT.fullmatch, drafts)):
        check.under_way.add(f"{draft}/")
        check.unchecked(draft, "a capture that is being merged, or was left half-way; the next merge clears it away")
        mark = f"{draft}/{PLACED}"
        if check.is_file(mark) and is_stranger(placed := check.small(mark).decode("utf-8", "replace")):
            check.under_way.add(f"{CAPTURES}/{placed}/")
            check.unchecked(f"{CAPTURES}/{placed}", "merged, and not on record yet; merge it again")


def _note_absent(check: Check, capture: str) -> None:
    """Tell a capture that is gone from one that was begun after the case's files had been listed."""
    if check.has_come(f"{CAPTURES}/{capture}/{LEDGER}"):
        check.under_way.add(f"{CAPTURES}/{capture}/")  # of which some may have been listed: folders without a file yet
        check.unchecked(f"{CAPTURES}/{capture}", "a capture that was begun while this was verified")
    else:
        check.findings.missing.append(Missing(f"{CAPTURES}/{capture}", "a capture that the case registered"))

"""The seal folder of a bundle: the case's checkpoint at export, and proofs that tie the bundle to it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice

import msgspec

from exports.errors import NotWhole
from exports.format.bundle_layout import (
    CASE_LINE,
    CONSISTENCY,
    EXPORT,
    SEAL_CHECKPOINT,
    SEAL_KEY,
    TIMESTAMPED,
    TIMESTAMPED_CONSISTENCY,
    capture_line,
    custody_line,
    registered_line,
    stated_lines,
    timestamp_line,
)
from exports.format.continuity import proven_of
from exports.format.proofs import Consistency, EarlierSize, Proof
from hashing.case.capture_folder import CHECKPOINT
from hashing.case.case import CAPTURES, Case
from hashing.case.events import (
    CaptureRegistered,
    CaptureSealed,
    CaseCreated,
    CaseEvent,
    Checked,
    Custody,
    Described,
    Exported,
    FoundFact,
    Graded,
    MergedLine,
    Timestamped,
    decode_case_event,
)
from hashing.case.redaction import OFFICER, URL
from hashing.errors import NotAsSigned
from hashing.ledger.keys import PublicKey, SigningKey
from hashing.ledger.ledger import LEDGER, ledger_lines
from hashing.ledger.merkle import Levels, MerkleTree, leaf_hash


def check_case_ledger(case: Case, key: SigningKey) -> None:
    """Check that the case's ledger is the one its newest checkpoint was signed over, before anything is copied.

    Raises NotWhole, Unreadable, BadFormat.
    """
    try:
        case.demand_as_signed()
        with case.held(key):
            pass  # lines that nobody signed are refused here
    except NotAsSigned as error:
        raise NotWhole(str(error)) from error


def custody_lines(
    events: Sequence[CaseEvent], exhibits: Collection[str], items: Collection[str] | None, words: Collection[str]
) -> list[int]:
    """Return which lines of the case's ledger state what was done with these exhibits, counted from 0.

    With `items`, what was done with any other item is left out. Findings are those of the last run of the check, and
    none where anything is withheld, since they say what items say.
    """
    runs = [event.run for event in events if isinstance(event, Checked)]
    shown = {*exhibits, *items} if items is not None else None
    return [
        index
        for index, event in enumerate(events)
        if (told := proven_of(event))
        and told.issubset(exhibits)
        and (shown is None or _done_with(event) <= shown)
        and not (isinstance(event, FoundFact) and (words or event.run not in runs[-1:]))
    ]


def _done_with(event: CaseEvent) -> set[str]:
    """Return the exhibits or items that something was done with, or that a finding rests on."""
    if isinstance(event, MergedLine):
        return _done_with(decode_case_event(event.said.encode()))
    if isinstance(event, FoundFact):
        return {each.ref for each in event.rests_on}
    return {event.ref} if isinstance(event, Custody | Described | Graded) else set()


def case_lines(
    events: Sequence[CaseEvent],
    sealed: Sequence[CaptureSealed],
    newest: Timestamped | None,
    words: Collection[str] = (),
    items: Collection[str] | None = None,
) -> dict[str, int]:
    """Return which lines of the case's ledger a bundle shows, counted from 0, by their names in the seal folder.

    `sealed` are the seals of its captures, `newest` is the case's own last trusted time, `items` are the only items
    in it, and `words` what of these is withheld: a line that names it is not shown. All that a bundle's lists say of
    the case follows from these lines.
    """
    captures = {event.capture: event.exhibit for event in sealed}
    shown: dict[str, int] = {}
    for index, event in enumerate(events):
        match event:
            case CaseCreated() if OFFICER not in words:
                shown.setdefault(CASE_LINE, index)
            case CaptureRegistered() if event.capture in captures and not {OFFICER, URL} & set(words):
                shown.setdefault(registered_line(event.capture), index)
            case CaptureSealed() if event.capture in captures:
                shown[capture_line(event.capture)] = index
            case Timestamped():
                capture = event.checkpoint.removeprefix(f"{CAPTURES}/").removesuffix(f"/{CHECKPOINT}")
                if capture in captures:
                    shown[timestamp_line(capture)] = index
                elif event == newest:
                    shown[TIMESTAMPED] = index
            case _:
                pass
    custody = () if OFFICER in words else custody_lines(events, set(captures.values()), items, words)
    return shown | {custody_line(index): index for index in custody}


def with_lines(exported: Exported, shown: Mapping[str, int]) -> Exported:
    """Return what records the export with the numbers of the lines that the bundle shows, by their names."""
    captures = exported.captures
    return msgspec.structs.replace(
        exported,
        sealed=tuple(shown[capture_line(each)] for each in captures),
        registered=tuple(shown[name] for name in map(registered_line, captures) if name in shown),
        timestamps=tuple(shown.get(timestamp_line(each), 0) for each in captures),
        timestamped=shown.get(TIMESTAMPED, 0),
        custody=tuple(number for name, number in shown.items() if name == custody_line(number)),
    )


def seal_files(
    case: Case, index: int, note: bytes, key: PublicKey, exported: Exported, timestamped: int
) -> Iterator[tuple[str, bytes]]:
    """Yield the files of the seal folder; `index` is the line that records the export, `note` the checkpoint over it.

    `exported` is that line, which names all others that stand in the folder; `timestamped` is the length of the case's
    ledger that its own last trusted time was had for, 0 where it has none.

    Raises Unreadable, BadFormat.
    """
    lines = list(islice(ledger_lines(case.path / LEDGER, root=case.path), index + 1))
    levels = Levels([leaf_hash(line) for line in lines])
    yield SEAL_CHECKPOINT, note
    yield SEAL_KEY, key.pem().encode()
    yield CONSISTENCY, _consistency(lines[:index], levels).write()
    for name, number in ((EXPORT, index), *stated_lines(exported)):
        yield f"{name}.json", lines[number]
        yield f"{name}.proof", Proof(number, levels.size, levels.inclusion_proof(number)).write()
    if exported.timestamped:
        yield TIMESTAMPED_CONSISTENCY, Proof(timestamped, levels.size, levels.consistency_proof(timestamped)).write()


def _consistency(before: Sequence[bytes], levels: Levels) -> Consistency:
    """Prove that the ledger only grew since each earlier bundle was sealed, and since this export began.

    The hashes of all lines would serve any length; but a line that holds little that is secret, such as a custody event
    of another exhibit, can be guessed, and its hash would confirm the guess to whoever is given the bundle.
    """
    tree, earlier = MerkleTree(), []
    for line in before:
        tree.append(line)
        if tree.size == len(before) or isinstance(decode_case_event(line), Exported):
            earlier.append(EarlierSize(tree.size, tree.root(), levels.consistency_proof(tree.size)))
    return Consistency(levels.size, tuple(earlier))

"""A verification in lines for people: every fault by name, seals and signers, and the verdict last."""

from __future__ import annotations

from collections.abc import Iterator

from exports.format.phrases import exhibit_ranges
from exports.format.result import Since, Verification
from hashing.printable import human_size, printable

# Seals that are told one by one, and trusted times: a case has one for each capture, and there may be very many.
MOST_SEALS = 50
_VERDICTS = {"ok": "WHOLE", "mismatch": "DOES NOT MATCH", "unchecked": "COULD NOT BE CHECKED"}


def verification_lines(verification: Verification) -> Iterator[str]:
    """Yield what a verification found: every fault by name, seals and signers, and the verdict as the last line."""
    yield from fault_lines(verification)
    yield from _seal_lines(verification)
    if verification.since is not None:
        yield f"since      {printable(_compared(verification.since))}"
    remade = f"; report {verification.report}" if verification.report else ""
    yield f"{_VERDICTS[verification.verdict]}  {printable(str(verification.path))}: {_counted(verification)}{remade}"


def fault_lines(verification: Verification) -> Iterator[str]:
    """Yield every fault by name; what is said of one further begins with blanks."""
    for altered in verification.altered:
        yield f"altered    {printable(altered.path)}"
        yield f"  expected {printable(altered.expected)}"
        yield f"  found    {printable(altered.found)}"
    for missing in verification.missing:
        yield f"missing    {printable(missing.path)}"
        yield f"  expected {printable(missing.expected)}"
    for added in verification.added:
        yield f"added      {printable(added.path)}"
        yield f"  found    {printable(added.found)}"
    for problem in verification.problems:
        yield f"wrong      {printable(problem.path)}: {printable(problem.reason)}"
    for unchecked in verification.unchecked:
        yield f"unchecked  {printable(unchecked.path)}: {printable(unchecked.reason)}"


def _seal_lines(verification: Verification) -> Iterator[str]:
    yield from _remarked(verification)
    seals, times = verification.seals, verification.timestamps
    for seal in seals[:MOST_SEALS]:
        sealed = exhibit_ranges(seal.exhibit.split(", ")) or verification.what
        yield f"seal       {seal.fingerprint}  {printable(sealed)}"
    if len(seals) > MOST_SEALS:
        yield f"seal       and {len(seals) - MOST_SEALS:,} more, {_together(verification)}: --json names each"
    for timestamp in times[:MOST_SEALS]:
        judged = "confirmed" if timestamp.confirmed else "not confirmed: name its root with --tsa-root"
        by, covers = printable(timestamp.authority), printable(timestamp.covers)
        yield f"timestamp  {timestamp.time} by {by}, {judged}  {covers}"
    if len(times) > MOST_SEALS:
        confirmed = sum(each.confirmed for each in times)
        yield f"timestamp  and {len(times) - MOST_SEALS:,} more; of all {confirmed:,} confirmed: --json names each"
    for fingerprint, confirmed in {signer.fingerprint: signer.confirmed for signer in verification.signers}.items():
        judged = "confirmed: the key demanded" if confirmed else "unconfirmed: compare it with the officer's notebook"
        yield f"signer     {fingerprint}  {judged}"


def _together(verification: Verification) -> str:
    """Say what all seals hang together by: the first stands for those of the captures."""
    whole = verification.what.partition(" ")[0]
    return f"for which the seal of the {whole} stands" if not verification.seals[0].exhibit else "each of a capture"


def _compared(since: Since) -> str:
    judged = {True: "nothing of it removed or changed", False: "NOT AS IT WAS", None: "COULD NOT BE COMPARED"}
    captures = f"{since.captures:,} capture{'s' * (since.captures != 1)}"
    items = "" if since.what.startswith("receipt") else f", {since.items:,} item{'s' * (since.items != 1)}"
    absent = f"; not in this bundle: {exhibit_ranges(since.absent)}" if since.absent else ""
    new = f"; new since: {exhibit_ranges(since.new)}" if since.new else ""
    return f"{since.path}: {judged[since.holds]}; the same in both: {captures}{items}{absent}{new}"


def _remarked(verification: Verification) -> Iterator[str]:
    for each in verification.disclosed:
        whole = each.items + each.withheld
        without = f"; without {printable(', '.join(each.redacted))}" if each.redacted else ""
        counts = f"{each.items:,} of {whole:,} items, {each.withheld:,} withheld"
        yield f"disclosed  {printable(each.exhibit)}: {counts}{without}"
    for opened in verification.opened:
        for name, value in opened.values.items():
            yield f"opened     {printable(opened.of)}  {printable(name)}: {printable(value)}"
    for note in verification.notes:
        yield f"note       {printable(note)}"


def _counted(verification: Verification) -> str:
    read = f"{verification.files:,} files, {human_size(verification.bytes)} read"
    faults = {
        "altered": verification.altered,
        "missing": verification.missing,
        "added": verification.added,
        "otherwise wrong": verification.problems,
        "unchecked": verification.unchecked,
    }
    found = [f"{len(each):,} {name}" for name, each in faults.items() if each]
    return f"{', '.join(found) or 'nothing altered, nothing missing, nothing added'}; {read}"

"""What lines of ledgers say, in a person's words: the same in the terminal and in the report."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from exports.format.disclosure_form import WITHHELD
from exports.format.moment import second
from hashing.case.events import Grade, PageJudged, Skipped
from hashing.case.verdict import MEANING
from hashing.printable import human_size

if TYPE_CHECKING:
    from exports.format.manifest import CustodyRecord, ListedItem

_FOUND = {"ok": "whole", "mismatch": "does not match", "unchecked": "could not be checked"}
_OWN = {"seized": "from", "sealed": "seal", "copied": "into", "merged": "from case"}

_ITEM = re.compile(r", as ([^ ]+-[0-9]+)$")

_REFERENCE = re.compile(r"(.{1,64}/)([1-9][0-9]{0,8})", re.ASCII)
_SHORTEST = 3  # References in a row that are worth a range.


def item_size(item: ListedItem) -> str:
    """Return about how large an item is, or that it is withheld."""
    return "size withheld" if item.sha256 == WITHHELD else human_size(item.size)


def item_bytes(item: ListedItem) -> str:
    """Return how many bytes an item has, or that it is withheld."""
    return "size withheld" if item.sha256 == WITHHELD else f"{item.size:,} bytes"


def custody_phrases(entry: CustodyRecord) -> list[str]:
    """Return what an entry states, a phrase each; texts stand as they were given, so show them with care."""
    own = f"{_OWN[entry.event]} {entry.detail}" if entry.event in _OWN and entry.detail else entry.detail
    phrases = [
        f"as stated in case {entry.elsewhere}" if entry.elsewhere else "",
        own,
        f"recorded by {entry.recorder}" if entry.recorder else "",
        entry.description,
        *(graded(entry.grade) if entry.grade else ()),
        f"seized {second(entry.seized)}" if entry.seized else "",
        f"from {entry.giver}" if entry.giver else "",
        f"to {entry.receiver}" if entry.receiver else "",
        f"reason: {entry.reason}" if entry.reason else "",
        f"place: {entry.place}" if entry.place else "",
        f"without {', '.join(entry.redacted)}" if entry.redacted else "",
    ]
    if entry.receipt:
        verdict = _FOUND.get(entry.receipt.verdict, entry.receipt.verdict)
        phrases.append(f"{entry.receipt.what}, seal {entry.receipt.fingerprint}: {verdict}")
        phrases.append(f"receipt signed by key {entry.receipt.verifier}")
    return [phrase for phrase in phrases if phrase]


def graded(grade: Grade) -> list[str]:
    """Return a grade with what its codes mean and its conditions, a phrase each."""
    means = zip(("source", "information", "handling"), grade.means, strict=False)
    phrases = [str(grade), *(f"{part}: {meaning}" for part, meaning in means)]
    phrases += [f"conditions: {grade.conditions}"] if grade.conditions else []
    return [*phrases, f"wording: {grade.wording}"] if grade.wording else phrases


def verdict_line(judged: PageJudged) -> str:
    """Return the verdict on a page, its title, where it stands, and the reasons."""
    title = f'"{judged.title}" ' if judged.title else ""
    onward = f", leads on to {judged.leads_to}" if judged.leads_to else ""
    reasons = f" ({'; '.join(judged.reasons)})" if judged.reasons else ""
    meaning = MEANING.get(judged.verdict, judged.verdict)
    return f"{judged.verdict}: {title}at {judged.final_url or judged.url}{onward}: {meaning}{reasons}"


def reason_alike(reason: str) -> str:
    """Return a reason without the item that it ends with: `photo: captured before, as MP/1-0005` fits every photo.

    Each round of a watch says so of every post and photo that it meets again.
    """
    return _ITEM.sub("", reason)


def item_named(reason: str) -> str:
    """Return the reference of the item that a reason ends with; "" where it names none."""
    match = _ITEM.search(reason)
    return match[1] if match else ""


class Skips(msgspec.Struct, frozen=True):
    """What was skipped for one reason, and the first address of it."""

    reason: str
    url: str
    count: int


def skips_together(skipped: Iterable[Skipped]) -> list[Skips]:
    """Put those on one line that were captured before; what else was skipped stands by itself."""
    rows: dict[tuple[str, str], Skips] = {}
    for each in skipped:
        reason = reason_alike(each.reason)
        key = (reason, "" if reason != each.reason else each.url)
        before = rows.get(key, Skips(reason, each.url, 0))
        rows[key] = Skips(reason, before.url, before.count + each.count)
    return list(rows.values())


def exhibit_ranges(references: Sequence[str]) -> str:
    """Write references in their order, those that follow each other as a range: a watch makes hundreds."""
    rows: list[list[str]] = []
    for reference in references:
        if rows and reference == _following(rows[-1][-1]):
            rows[-1].append(reference)
        else:
            rows.append([reference])
    return ", ".join(f"{row[0]} to {row[-1]}" if len(row) >= _SHORTEST else ", ".join(row) for row in rows)


def _following(reference: str) -> str:
    """Return the reference that comes next; "" after what is no reference."""
    match = _REFERENCE.fullmatch(reference)
    return f"{match[1]}{int(match[2]) + 1}" if match else ""

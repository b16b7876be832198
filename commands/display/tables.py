"""What a person sees of a case or a capture in the terminal, and what a program gets instead."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from commands.display.listing import Column, Listing
from exports.format.clock import clock_to_json
from exports.format.continuity import Exhibit, grade_of
from exports.format.kept import Mapped
from exports.format.manifest import CustodyRecord, GradeRecord, ListedItem
from exports.format.moment import recorded_after, second
from exports.format.phrases import custody_phrases, exhibit_ranges, graded, reason_alike
from hashing.case.capture_folder import Seal, at_work, is_sealed
from hashing.case.case import CAPTURES
from hashing.case.events import Failed, PageJudged, ProofRead
from hashing.case.kinds import ItemKind
from hashing.case.verdict import MEANING
from hashing.errors import HashingError
from hashing.files.as_typed import as_typed
from hashing.printable import human_size, printable

if TYPE_CHECKING:
    from exports.format.capture_summary import CaptureSummary
    from exports.format.capture_view import CaptureView
    from exports.format.case_view import CaseView

_HASH_DIGITS = 12
_LONGEST_TITLE = 200
_NO_ITEMS = '"items": []'
_BESIDE = (".txt", ".json")  # Working copies that are for reading programs: no news to a person.


def items_table(view: CaptureView, grades: Mapping[str, GradeRecord] | None = None) -> Listing:
    """Return a capture's items, as `listed_items` does."""
    return listed_items(view.items, grades)


def listed_items(entries: Sequence[ListedItem], grades: Mapping[str, GradeRecord] | None = None) -> Listing:
    """Return items: reference, kind, size, first digits of the hash, source; below each what it says, and its grade."""
    columns = (
        Column("Item", style="bold"),
        Column("Kind"),
        Column("Size", right=True),
        Column("SHA-256", style="cyan"),
        Column("Source"),
    )
    return Listing(columns, Mapped(_item_row, entries), Mapped(partial(_below, grades=grades or {}), entries))


def _below(entry: ListedItem, grades: Mapping[str, GradeRecord]) -> str:
    """Return what stands below an item in a list."""
    given = grade_of(grades, entry.ref)
    return " ".join(filter(None, (said_of(entry), f"graded {given.grade}" if given else "")))


def item_lines(item: ListedItem, capture: Path, given: GradeRecord | None = None) -> Iterator[str]:
    """Yield all that is known of an item, in lines; `capture` is the folder it stands in, `given` its grade."""
    yield printable(f"{item.ref}  {item.kind}{', not whole: ' + item.partial if item.partial else ''}")
    named = [
        ("source", item.url),
        ("came from", item.final_url),
        ("captured", second(item.captured)),
        ("file", str(capture / item.path)),
        ("size", f"{item.size:,} bytes"),
        ("sha256", item.sha256),
        ("came as", item.error_page),
        ("says", said_of(item)),
    ]
    named += [(fact.name, str(fact.value)) for fact in item.facts if fact.name not in {"title", "author"}]
    named += [("copy", f"{capture / copy.path}: {copy.how}") for copy in item.working_copies]
    if given is not None:
        whole = f" of the whole exhibit {given.ref}" if given.ref != item.ref else ""
        named.append(("grade", f"{given.grade}{whole}, by {given.officer}, {second(given.time)}"))
        named += [("", phrase) for phrase in graded(given.grade)[1:]]
    for name, value in named:
        if value:
            yield printable(f"  {name:<10} {value}")


def failure_lines(failure: Failed) -> Iterator[str]:
    """Yield what was sought under a reference and not got, and why."""
    yield printable(f"{failure.ref}  not captured: {failure.reason}")
    yield printable(f"  {'source':<10} {failure.url}")


def found_in(item: ListedItem, word: str, text: str) -> bool:
    """Say whether a word stands in an item's address, its claims or its `text`, in capitals or not."""
    post = item.post
    said = [item.ref, item.url, item.final_url, item.alt, text, *(str(fact.value) for fact in item.facts)]
    if post is not None:
        said += [post.permalink, post.title, post.text, post.warning, post.author.name, post.author.handle, *post.tags]
    return any(word.casefold() in text.casefold() for text in said)


def said_of(entry: ListedItem) -> str:
    """Return an item's title, or the beginning of its text, and its author, as it claims them; "" where it has none."""
    claims = {fact.name: str(fact.value) for fact in reversed(entry.facts)}
    title, author = claims.get("title", ""), claims.get("author", "")
    if (post := entry.post) is not None:
        title = post.title or post.text or post.warning
        author = post.author.name or post.author.handle
    title = " ".join(title.split())[:_LONGEST_TITLE]
    said = [f'"{title}"'] if title else []
    said += [f"by {author}"] if author else []
    return " ".join(said)


def _item_row(item: ListedItem) -> tuple[str, ...]:
    kind = f"{item.kind}, not whole" if item.partial else item.kind
    shown = item.post.permalink if item.post and item.kind == ItemKind.POST else ""
    return item.ref, kind, human_size(item.size), item.sha256[:_HASH_DIGITS], shown or item.url


def copies_table(view: CaptureView) -> Listing:
    """Return the working copies that can be looked at, such as a video joined of its segments."""
    columns = (Column("Working copy of", style="bold"), Column("Size", right=True), Column("File"))
    copies = (copy for copy in view.working_copies if not copy.path.endswith(_BESIDE))
    return Listing(columns, [(copy.ref, human_size(copy.size), copy.path) for copy in copies])


def changes_table(view: CaptureView) -> Listing:
    """Return the posts that are not what they were in an earlier capture, with the items of both versions."""
    columns = (Column("Changed", style="yellow"), Column("Before"), Column("After"), Column("Post"))
    return Listing(columns, [(each.change, each.before, each.after or "-", each.id) for each in view.changed])


def missing_table(view: CaptureView) -> Listing:
    """Return what was not captured, and why; what was skipped for the same reason stands on one line.

    What was passed over because of a failure that is told, such as the questions of yt-dlp about a video whose site
    cannot be reached, is told with it: the ledger and `--json` have each.
    """
    tried = [each for each in view.failed if each.ref]
    rows = [(each.ref, each.reason, each.url) for each in tried]
    rows += _collapsed("failed", ((each.reason, each.url, 1) for each in view.failed if not each.ref))
    told = {each.reason for each in view.failed}
    # The reason of what was skipped repeats that of the failure it follows from: by this the two are known to belong
    # together.
    passed_over = (each for each in view.skipped if not any(reason in each.reason for reason in told))
    rows += _collapsed("skipped", ((each.reason, each.url, each.count) for each in passed_over))
    columns = (Column("Not captured", style="yellow"), Column("Why"), Column("Source"))
    return Listing(columns, rows)


def _collapsed(word: str, each: Iterable[tuple[str, str, int]]) -> Iterator[tuple[str, str, str]]:
    """Yield one row for each reason, with how many it was and the first of them."""
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    for said, url, count in each:
        reason = reason_alike(said)
        counts[reason] += count
        first.setdefault(reason, url)
    for reason, count in counts.items():
        yield f"{word} {count:,}" if count > 1 else word, reason, first[reason]


def case_head(view: CaseView) -> Iterator[str]:
    """Yield what a case is: its reference and title, who began it, and when."""
    info = view.info
    yield printable(f"{info.reference}  {info.title}" if info.reference else info.title)
    yield printable(f"begun by {info.officer}, {_minute(info.created)} UTC")


def case_table(view: CaseView, most: int | None = None) -> Listing:
    """Return a case's captures, all or the newest `most`: exhibit, begin, outcome, what was got and not got, scene."""
    columns = (
        Column("Exhibit", style="bold"),
        Column("Began (UTC)"),
        Column("Outcome"),
        Column("Items", right=True),
        Column("Not got", right=True),
        Column("Scene"),
    )
    captures = view.captures if most is None else view.captures.newest(most)
    return Listing(columns, [_capture_row(capture) for capture in captures.summaries()])


def case_remarks(view: CaseView) -> Iterator[str]:
    """Yield what is to be said of a case beside its captures: seal, bundles, and what is not as it should be."""
    if view.seal is not None:
        yield f"seal     {view.seal.fingerprint}  case"
    for batch in view.batches:
        rows = f"{batch.rows:,} {'row' if batch.rows == 1 else 'rows'}"
        counts = f"{rows}, {batch.done:,} done, {batch.failed:,} failed, {batch.left:,} left"
        yield printable(f"batch {batch.batch} by {batch.officer}, {batch.status}: {counts}")
    for bundle in view.exported:
        made = f"{bundle.time[: len('2026-11-24T10:15')].replace('T', ' ')} UTC by {bundle.officer}"
        yield printable(f"bundle {bundle.bundle}, made {made}: {exhibit_ranges(bundle.exhibits)}")
    # Faults last, where a reader of a terminal ends.
    left = [path.name for path in view.unsealed if _left_behind(path)]
    if left:
        them = f"{len(left):,} captures" if len(left) > 1 else f"the capture {left[0]}"
        yield printable(
            f"left by a process that ended: {them}; goldenhour recover {as_typed(view.path)} seals what is yours"
        )
    for name in view.missing:
        yield printable(f"missing: the case's ledger has a capture {name}, and its folder is gone")
    for name in view.unregistered:
        yield printable(f"not of this case: its ledger knows no capture {name}")


def exhibits_table(exhibits: Iterable[Exhibit], items: Mapping[str, int]) -> Listing:
    """Return exhibits with seal, last custody event and latest description; `items` counts those that are at hand."""
    columns = (
        Column("Exhibit", style="bold"),
        Column("Seized (UTC)"),
        Column("Items", right=True),
        Column("Last event"),
        Column("Description"),
    )
    listed = list(exhibits)
    seals = [f"seal {each.sealed.fingerprint}" if each.sealed else "not sealed" for each in listed]
    return Listing(columns, [_exhibit_row(exhibit, items) for exhibit in listed], seals)


def _exhibit_row(exhibit: Exhibit, items: Mapping[str, int]) -> tuple[str, ...]:
    said = [entry.description for entry in exhibit.descriptions()]
    earlier = f" ({len(said) - 1} earlier)" if len(said) > 1 else ""
    return (
        exhibit.ref,
        _minute(exhibit.registered.began),
        f"{items[exhibit.ref]:,}" if exhibit.ref in items else "-",
        f"{exhibit.last.event} {_minute(exhibit.last.time)}",
        said[-1] + earlier if said else "-",
    )


def _minute(time: str) -> str:
    return time[: len("2026-11-24T10:15")].replace("T", " ")


def custody_lines(log: Iterable[CustodyRecord]) -> Iterator[str]:
    """Yield the entries of a custody log, each with what it states on lines of its own: nothing in it is cut."""
    for entry in log:
        late = f"  ({recorded_after(entry.time, entry.recorded)})" if entry.late else ""
        who = f"  by {entry.officer}" if entry.officer else ""
        yield printable(f"{second(entry.time)}  {entry.ref}  {entry.event}{who}{late}")
        for phrase in custody_phrases(entry):
            yield f"    {printable(phrase)}"


def exhibit_to_json(exhibit: Exhibit, items: int | None) -> dict[str, Any]:
    """Return an exhibit as plain values for `exhibit --json`; `items` is None where its capture is not at hand."""
    from exports.format.continuity import DESCRIBED

    return {
        "exhibit": exhibit.ref,
        "capture": exhibit.registered.capture,
        "scene": exhibit.registered.scene,
        "officer": exhibit.registered.officer,
        "seized": exhibit.registered.began,
        "items": items,
        "seal": exhibit.sealed and exhibit.sealed.fingerprint,
        "descriptions": [msgspec.to_builtins(entry) for entry in exhibit.log if entry.event == DESCRIBED],
        "last": msgspec.to_builtins(exhibit.last),
    }


def custody_to_json(exhibit: Exhibit, ref: str) -> dict[str, Any]:
    """Return the log of an exhibit or an item as plain values for `custody show --json`."""
    return {"exhibit": exhibit.ref, "custody": [msgspec.to_builtins(entry) for entry in exhibit.about(ref)]}


def _capture_row(view: CaptureSummary) -> tuple[str, ...]:
    began = view.started.time[: len("2026-11-24T10:15")].replace("T", " ")
    sealed = view.status if view.seal else unsealed_status(view)
    return view.started.exhibit, began, sealed, f"{view.items:,}", f"{view.failed:,}", view.started.scene


def _left_behind(path: Path) -> bool:
    """Say whether a process that ended has left a capture unsealed; of one that cannot be read, `verify` says more."""
    try:
        return not is_sealed(path) and not at_work(path)
    except HashingError:
        return False


def unsealed_status(view: CaptureView | CaptureSummary) -> str:
    """Say of a capture that is not sealed whether it is at work, or was left by a process that ended."""
    return f"{view.status}, not sealed yet" if at_work(view.path) else "left by a process that ended, not sealed"


def case_json(view: CaseView) -> Iterator[str]:
    """Yield a case as one line of JSON for `show --json`, a capture at a time; paths are relative to the case."""
    info = view.info
    head = {
        "case": str(view.path),
        "id": info.id,
        "title": info.title,
        "reference": info.reference or None,
        "officer": info.officer,
        "created": info.created,
        "seal": _seal_to_json(view.seal),
        "missing": list(view.missing),
        "unregistered": list(view.unregistered),
        "bundles": [
            {"bundle": each.bundle, "time": each.time, "officer": each.officer, "exhibits": list(each.exhibits)}
            for each in view.exported
        ],
        "batches": [asdict(each) for each in view.batches],
    }
    # Written by hand around the captures: a case of a thousand of them never stands in memory whole.
    yield json.dumps(head).removesuffix("}") + ', "captures": ['
    for number, capture in enumerate(view.captures):
        yield ", " if number else ""
        yield from capture_json(capture, view.path, view.grades)
    yield "]}\n"


def capture_json(view: CaptureView, case_path: Path, grades: Mapping[str, GradeRecord] | None = None) -> Iterator[str]:
    """Yield what `capture_to_json` returns as JSON, an item at a time."""
    head = json.dumps(capture_to_json(replace(view, items=()), case_path))
    before, _, after = head.partition(_NO_ITEMS)  # which no text in it can hold: there it would be escaped
    yield before + _NO_ITEMS.removesuffix("]")
    folder = f"{CAPTURES}/{view.path.name}"
    for number, entry in enumerate(view.items):
        yield (", " if number else "") + json.dumps(item_to_json(entry, folder, grades or {}))
    yield "]" + after


def capture_to_json(
    view: CaptureView, case_path: Path, grades: Mapping[str, GradeRecord] | None = None
) -> dict[str, Any]:
    """Return a capture as plain values for `capture --json`; paths are relative to the case."""
    folder = f"{CAPTURES}/{view.path.name}"
    started, finished = view.started, view.finished
    return {
        "scene": started.scene,
        "case": str(case_path),
        "capture": started.capture,
        "exhibit": started.exhibit,
        "status": view.status,
        "reason": finished.reason if finished else "",
        "path": folder,
        "officer": started.officer,
        "started": started.time,
        "finished": finished.time if finished else None,
        "items": [item_to_json(entry, folder, grades or {}) for entry in view.items],
        "failed": [failure_to_json(each) for each in view.failed],
        "skipped": [{"url": each.url, "reason": each.reason, "count": each.count} for each in view.skipped],
        "changed": [
            {
                "id": each.id,
                "change": each.change,
                "before": each.before,
                "after": each.after or None,
                "reason": each.reason or None,
            }
            for each in view.changed
        ],
        "verdicts": [_verdict_to_json(each) for each in view.verdicts],
        "clock": clock_to_json(view.clock, view.dates),
        "seal": _seal_to_json(view.seal),
        "signer": view.signer,
    }


def _seal_to_json(seal: Seal | None) -> dict[str, Any] | None:
    return None if seal is None else {"root": seal.root, "size": seal.size, "fingerprint": seal.fingerprint}


def item_to_json(item: ListedItem, folder: str, grades: Mapping[str, GradeRecord]) -> dict[str, Any]:
    """Return an item as plain values; `folder` is that of its capture, relative to the case."""
    return {
        "ref": item.ref,
        "kind": item.kind,
        "url": item.url,
        "path": f"{folder}/{item.path}",
        "size": item.size,
        "sha256": item.sha256,
        "mime": item.mime,
        "captured": item.captured,
        "found_in": item.found_in,
        "final_url": item.final_url or None,
        "partial": item.partial or None,
        "error_page": item.error_page or None,
        "facts": [{"name": fact.name, "value": fact.value, "tag": fact.tag} for fact in item.facts],
        "grade": msgspec.to_builtins(grade_of(grades, item.ref)),
        "excerpt": item.excerpt and {"of": item.excerpt.of, "offset": item.excerpt.offset},
        "working_copies": [
            {"path": f"{folder}/{copy.path}", "size": copy.size, "sha256": copy.sha256, "how": copy.how}
            for copy in item.working_copies
        ],
        "post": item.post and msgspec.to_builtins(item.post),
        "proof": item.proof and _proof_to_json(item.proof),
    }


def failure_to_json(failed: Failed) -> dict[str, Any]:
    """Return what was sought and not got as plain values."""
    return {"url": failed.url, "reason": failed.reason, "found_in": failed.found_in, "ref": failed.ref or None}


def _verdict_to_json(judged: PageJudged) -> dict[str, Any]:
    """Return a verdict as plain values; `url` is what was asked for, `final_url` where the page stands."""
    return {
        "ref": judged.ref or None,
        "url": judged.url,
        "final_url": judged.final_url or judged.url,
        "title": judged.title,
        "verdict": judged.verdict,
        "meaning": MEANING.get(judged.verdict, judged.verdict),
        "reasons": list(judged.reasons),
        "leads_to": judged.leads_to or None,
    }


def _proof_to_json(proof: ProofRead) -> dict[str, Any]:
    """Return a proof as plain values; `holds` says whether the record is in the signed repository."""
    names = ("did", "collection", "rkey", "record_cid", "rev", "key", "post", "identity")
    fields = {name: getattr(proof, name) for name in names}
    return {**fields, "holds": bool(proof.record_cid), "problem": proof.problem or None}

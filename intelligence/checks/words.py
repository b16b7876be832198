"""Words that programs read in pictures and hear in recordings: what they make of it, and no evidence by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from exports.errors import NotCheckable
from exports.format.found_words import WORDS
from exports.report.words import counted
from hashing.sandbox import NotRead, Readers
from intelligence.checks.finding import NOT_CHECKED, CheckFinding
from intelligence.checks.material import CheckedItem
from intelligence.checks.picture_text import AT_ONCE, Tesseract, texts_in
from intelligence.checks.shown_pictures import LOAD
from intelligence.checks.speech import SpeechEngine, speech_in

_LONGEST = 8_000
"""Characters of a text that are kept."""
_WORKERS = 2
_NAMED = 20


def word_findings(
    items: Sequence[CheckedItem],
    tesseract: Tesseract | None,
    engine: SpeechEngine | None,
    done: Callable[[int, int], None],
) -> Iterator[CheckFinding]:
    """Yield the words of each photo and recording in which some are found; `done` is told how many of all are read."""
    first = {item.sha256: item for item in reversed(items) if item.size}
    seen = [item for item in items if first.get(item.sha256) is item]
    photos = [item for item in seen if item.kind == "photo"] if tesseract is not None else []
    sounds = [item for item in seen if item.film or item.kind == "audio"] if engine is not None else []
    # What a protected source handed in is never written out in words: they could tell who it is, and stand in the
    # ledger for good.
    kept_back = [item for item in (*photos, *sounds) if item.protected]
    photos, sounds = ([item for item in group if not item.protected] for group in (photos, sounds))
    unread, read, whole = list[tuple[str, str]](), 0, len(photos) + len(sounds)
    with ThreadPoolExecutor(_WORKERS) as pool, Readers(load=LOAD, most=_WORKERS) as readers:
        batches = [photos[start : start + AT_ONCE] for start in range(0, len(photos), AT_ONCE)]
        if tesseract is not None:
            look = partial(texts_in, tesseract=tesseract, readers=readers)
            for batch, texts in zip(batches, pool.map(look, batches), strict=True):
                for item, text in zip(batch, texts, strict=True):
                    yield from _told(item, text, f"{tesseract.title} reads", unread)
                done(read := read + len(batch), whole)
        if engine is not None:
            for item, text in zip(sounds, pool.map(partial(_heard, engine=engine), sounds), strict=True):
                yield from _told(item, text, f"{engine.title} hears", unread)
                done(read := read + 1, whole)
    if unread:
        remark = f"{counted(len(unread), 'item')} in which words could not be looked for"
        yield CheckFinding(NOT_CHECKED, remark, tuple(unread[:_NAMED]))
    if kept_back:
        remark = f"{counted(len(kept_back), 'item')} of protected sources, in which no words are looked for"
        yield CheckFinding(NOT_CHECKED, remark, tuple((item.ref, "") for item in kept_back[:_NAMED]))


def _heard(item: CheckedItem, engine: SpeechEngine) -> str | NotCheckable:
    try:
        return speech_in(item, engine)
    except (NotCheckable, OSError, NotRead) as error:
        return NotCheckable(str(error))


def _told(
    item: CheckedItem, text: str | NotCheckable, who: str, unread: list[tuple[str, str]]
) -> Iterator[CheckFinding]:
    if isinstance(text, NotCheckable):
        unread.append((item.ref, str(text)))
    elif text:
        cut = f" (the first {_LONGEST:,} characters)" if len(text) > _LONGEST else ""
        yield CheckFinding(WORDS, f"{item.ref}: what {who} in it{cut}", ((item.ref, text[:_LONGEST]),))

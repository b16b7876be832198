"""Words that programs read in pictures and hear in recordings: what they make of it, and no evidence by itself."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from exports.errors import NotCheckable
from exports.format.found_words import WORDS
from exports.format.kept import Picked
from exports.report.words import counted
from hashing.sandbox import NotRead, Readers
from intelligence.checks.finding import CheckFinding
from intelligence.checks.groups import UnreadItems, first_of_each
from intelligence.checks.material import CheckedItem
from intelligence.checks.picture_text import AT_ONCE, Tesseract, texts_in
from intelligence.checks.shown_pictures import LOAD
from intelligence.checks.speech import SpeechEngine, speech_in

_LONGEST = 8_000  # Characters of a text that are kept.
_WORKERS = 2


def word_findings(
    items: Sequence[CheckedItem],
    tesseract: Tesseract | None,
    engine: SpeechEngine | None,
    done: Callable[[int, int], None],
) -> Iterator[CheckFinding]:
    """Yield the words of each photo and recording in which some are found; `done` is told how many of all are read."""
    photos, sounds = array("I"), array("I")
    kept_back, unread, read = UnreadItems(), UnreadItems(), 0
    for number in first_of_each(items, lambda item: bool(item.size)):
        item = items[number]
        seen = tesseract is not None and item.kind == "photo"
        heard = engine is not None and (item.film is not None or item.kind == "audio")
        # What a protected source handed in is never written out in words: they could tell who it is, and stand in the
        # ledger for good.
        if item.protected and (seen or heard):
            kept_back.add(item)
        elif seen:
            photos.append(number)
        elif heard:
            sounds.append(number)
    whole = len(photos) + len(sounds)
    with ThreadPoolExecutor(_WORKERS) as pool, Readers(load=LOAD, most=_WORKERS) as readers:
        batches = [Picked(items, photos[start : start + AT_ONCE]) for start in range(0, len(photos), AT_ONCE)]
        if tesseract is not None:
            look = partial(texts_in, tesseract=tesseract, readers=readers)
            for batch, texts in zip(batches, pool.map(look, batches), strict=True):
                for item, text in zip(batch, texts, strict=True):
                    yield from _told(item, text, f"{tesseract.title} reads", unread)
                done(read := read + len(batch), whole)
        if engine is not None:
            spoken = pool.map(lambda number: _heard(items[number], engine), sounds)
            for item, text in zip(Picked(items, sounds), spoken, strict=True):
                yield from _told(item, text, f"{engine.title} hears", unread)
                done(read := read + 1, whole)
    yield from unread.told(f"{counted(unread.count, 'item')} in which words could not be looked for")
    held_back = f"{counted(kept_back.count, 'item')} of protected sources, in which no words are looked for"
    yield from kept_back.told(held_back)


def _heard(item: CheckedItem, engine: SpeechEngine) -> str | NotCheckable:
    try:
        return speech_in(item, engine)
    except (NotCheckable, OSError, NotRead) as error:
        return NotCheckable(str(error))


def _told(item: CheckedItem, text: str | NotCheckable, who: str, unread: UnreadItems) -> Iterator[CheckFinding]:
    if isinstance(text, NotCheckable):
        unread.add(item, str(text))
    elif text:
        cut = f" (the first {_LONGEST:,} characters)" if len(text) > _LONGEST else ""
        yield CheckFinding(WORDS, f"{item.ref}: what {who} in it{cut}", ((item.ref, text[:_LONGEST]),))

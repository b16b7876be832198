"""What is checked: the items of a case or of a bundle, alike, and how to open the file of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import msgspec

from exports.errors import TooMuch
from exports.format.bundle_files import TEXT_ENDING
from exports.format.capture_view import CaptureView
from exports.format.kept import Mapped, SpooledList
from exports.format.lookup import Lookup
from exports.format.manifest import ListedItem
from exports.report.words import playable
from hashing.case.case import CAPTURES
from hashing.case.events import PageJudged, ProofRead
from hashing.case.post import Post
from hashing.files import inside
from hashing.files.as_typed import as_typed

_LARGEST_TEXT = 1 << 20
_LONG = 64 << 10  # Bytes of what is kept of an item, from which on it counts as long.
_MOST_LONG = 32 << 20  # Bytes of all that is long: groups of items are in memory together, and what is told of them.


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedItem:
    """An item with what it claims, and with what the tool saw."""

    ref: str
    kind: str
    url: str
    sha256: str
    size: int
    mime: str
    captured: str  # When it was asked for, or taken in, by this computer's clock.
    server_date: str  # When its server gave it out, by that server's clock; "" where a cache may have had it before.
    facts: Mapping[str, str]  # The first claim of each name.
    post: Post | None
    # What it proves, where it is the signed proof of a record, as it was checked when it was captured.
    proof: ProofRead | None
    shows: str  # What a page shows, as a digest of its text and media; "" where it is no page.
    protected: bool  # Whether a protected source has handed it in: what the file itself reveals is then told nowhere.
    open: Callable[[], BinaryIO]  # Opens the file. Raises OSError, NotCheckable.
    # Opens the video that it is, or that was joined of what it names; None where it is none. Raises as `open`.
    film: Callable[[], BinaryIO] | None
    # Returns what a person reads in it; "" where nothing was read. Raises OSError, NotCheckable.
    text: Callable[[], str]

    @property
    def claimed(self) -> str:
        """When it was made, as it claims itself."""
        return (self.post.published if self.post else "") or self.facts.get("published", "")


@dataclass(frozen=True, slots=True)
class Material:
    """The items, in the order of the captures, each read when it is asked for: there may be more than memory holds."""

    what: str  # `case` or `bundle`.
    items: Sequence[CheckedItem]


@contextmanager
def material_of(path: Path) -> Iterator[Material]:
    """Read the items of a case, or of a bundle (folder or zip), which is verified first.

    Of a case the ledgers are read as they stand. Raises NotCheckable, NotWhole, BadFormat, Unreadable; TooMuch where
    the disk has no room for what is compared, and beyond _MOST_LONG.
    """
    from exports.bundle.opened_bundle import open_bundle
    from exports.format.case_view import read_case
    from hashing.case.case import is_case

    kept = _Kept(path)
    # A bundle comes from outside and is verified before anything is compared; a case is our own, and may still grow.
    if is_case(path):

        def _open(name: str) -> BinaryIO:
            return open(inside.open_file(path / name, root=path), "rb")  # noqa: PTH123 - a descriptor

        for each in read_case(path).captures:
            for item in _of_capture(each):
                kept.add(item)
        yield Material("case", Mapped(partial(_checked, _open), kept.items))
        return
    with open_bundle(path) as bundle:
        for capture in bundle.captures():
            judged = _judged(capture.verdicts)
            protected = capture.intake is not None and capture.intake.protected
            for listed in capture.items:
                if not listed.withheld:
                    kept.add(_kept(listed, judged, protected=protected))
        yield Material("bundle", Mapped(partial(_checked, bundle.files.tree.open), kept.items))


def _of_capture(view: CaptureView) -> Iterator[_KeptItem]:
    judged, below = _judged(view.verdicts), f"{CAPTURES}/{view.path.name}/"
    protected = view.intake is not None and view.intake.protected
    for item in view.items:
        yield _kept(item, judged, protected=protected, below=below)


def _judged(verdicts: Iterable[PageJudged]) -> Lookup[str, str]:
    """Return what each page shows, as a digest, by its reference."""
    judged: Lookup[str, str] = Lookup(str)
    judged.update((each.ref, each.shows) for each in verdicts)
    return judged


class _KeptItem(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is known of an item; its files by their paths, "" and none where there are none."""

    ref: str
    kind: str
    url: str
    sha256: str
    size: int
    mime: str
    captured: str
    server_date: str
    facts: dict[str, str]
    post: Post | None
    proof: ProofRead | None
    shows: str
    protected: bool
    path: str
    film: str
    texts: tuple[str, ...]


class _Kept:
    """What is known of all items, on the disk; refused where a stranger's texts would fill the memory."""

    def __init__(self, path: Path) -> None:
        self.items: SpooledList[_KeptItem] = SpooledList(_KeptItem)
        self._path = path
        self._left = _MOST_LONG

    def add(self, item: _KeptItem) -> None:
        """Keep an item. Raises TooMuch."""
        self.items.append(item)
        if (size := len(self.items.encoded(-1))) > _LONG:
            self._left -= size
        if self._left < 0:
            raise TooMuch(
                f"{self._path}: addresses and texts of items that are longer, all together, than is compared at once",
                hint=f"look at them one by one: goldenhour show {as_typed(self._path)}",
            )


def _kept(item: ListedItem, judged: Mapping[str, str], *, protected: bool, below: str = "") -> _KeptItem:
    # A video is looked at as the joined working copy, where its original came in segments.
    joined, response = playable(item.working_copies), item.response
    film = joined.path if joined is not None else item.path if item.kind == "video" else ""
    return _KeptItem(
        ref=item.ref,
        kind=item.kind,
        url=item.url,
        sha256=item.sha256,
        size=item.size,
        mime=item.mime,
        captured=item.captured,
        server_date=response.server_date if response is not None and not response.age else "",
        # Of two facts of one name the first counts, as in the report.
        facts={fact.name: str(fact.value) for fact in reversed(item.facts)},
        post=item.post,
        proof=item.proof,
        shows=judged.get(item.ref, ""),
        protected=protected,
        path=f"{below}{item.path}",
        film=film and f"{below}{film}",
        texts=tuple(f"{below}{copy.path}" for copy in item.working_copies if copy.path.endswith(TEXT_ENDING)),
    )


def _checked(opener: Callable[[str], BinaryIO], kept: _KeptItem) -> CheckedItem:
    def _text() -> str:
        for name in kept.texts:
            with opener(name) as file:
                return file.read(_LARGEST_TEXT).decode("utf-8", "replace")
        return kept.post.text if kept.post is not None else ""

    return CheckedItem(
        ref=kept.ref,
        kind=kept.kind,
        url=kept.url,
        sha256=kept.sha256,
        size=kept.size,
        mime=kept.mime,
        captured=kept.captured,
        server_date=kept.server_date,
        facts=kept.facts,
        post=kept.post,
        proof=kept.proof,
        shows=kept.shows,
        protected=kept.protected,
        open=partial(opener, kept.path),
        film=partial(opener, kept.film) if kept.film else None,
        text=_text,
    )

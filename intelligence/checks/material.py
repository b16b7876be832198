"""What is checked: the items of a case or of a bundle, alike, and how to open the file of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from exports.errors import TooMuch
from exports.format.bundle_files import TEXT_ENDING
from exports.report.words import playable
from hashing.files import inside

if TYPE_CHECKING:
    from exports.format.capture_view import CaptureView
    from exports.format.manifest import ListedItem
    from hashing.case.events import ProofRead
    from hashing.case.post import Post

_LARGEST_TEXT = 1 << 20
_MOST_ITEMS = 50_000
"""With what is read of a capture, and the texts of the items, they stay below 300 MiB of memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedItem:
    """An item with what it claims, and with what the tool saw."""

    ref: str
    kind: str
    url: str
    sha256: str
    size: int
    mime: str
    captured: str
    """When it was asked for, or taken in, by this computer's clock."""
    server_date: str
    """When its server gave it out, by that server's clock; "" where a cache may have had it before."""
    facts: Mapping[str, str]
    """The first claim of each name."""
    post: Post | None
    proof: ProofRead | None
    """What it proves, where it is the signed proof of a record, as it was checked when it was captured."""
    shows: str
    """What a page shows, as a digest of its text and media; "" where it is no page."""
    protected: bool
    """Whether a protected source has handed it in: what the file itself reveals is then told nowhere."""
    open: Callable[[], BinaryIO]
    """Opens the file. Raises OSError, NotCheckable."""
    film: Callable[[], BinaryIO] | None
    """Opens the video that it is, or that was joined of what it names; None where it is none. Raises as `open`."""
    text: Callable[[], str]
    """Returns what a person reads in it; "" where nothing was read. Raises OSError, NotCheckable."""

    @property
    def claimed(self) -> str:
        """When it was made, as it claims itself."""
        return (self.post.published if self.post else "") or self.facts.get("published", "")


@dataclass(frozen=True, slots=True)
class Material:
    """The items, in the order of the captures."""

    what: str
    """`case` or `bundle`."""
    items: tuple[CheckedItem, ...]


@contextmanager
def material_of(path: Path) -> Iterator[Material]:
    """Read the items of a case, or of a bundle (folder or zip), which is verified first.

    Of a case the ledgers are read as they stand. Raises NotCheckable, NotWhole, BadFormat, Unreadable,
    TooMuch.
    """
    from exports.bundle.opened_bundle import open_bundle
    from exports.format.case_view import read_case
    from hashing.case.case import is_case

    # A bundle comes from outside and is verified before anything is compared; a case is our own, and may still grow.
    if is_case(path):
        captures = read_case(path).captures
        yield Material("case", _bounded(path, (item for each in captures for item in _of_capture(each, path))))
        return
    with open_bundle(path) as bundle:
        files = bundle.files
        listed = [
            (item, capture.intake is not None and capture.intake.protected)
            for capture in bundle.captures()
            for item in capture.items
            if not item.withheld
        ]
        judged = {each.ref: each.shows for capture in bundle.captures() for each in capture.verdicts}
        checked = (_checked(item, judged, files.tree.open, protected=protected) for item, protected in listed)
        yield Material("bundle", _bounded(path, checked))


def _bounded(path: Path, items: Iterable[CheckedItem]) -> tuple[CheckedItem, ...]:
    """Return the items, which are in memory together. Raises TooMuch."""
    found = tuple(islice(items, _MOST_ITEMS + 1))
    if len(found) > _MOST_ITEMS:
        raise TooMuch(
            f"{path}: more than {_MOST_ITEMS:,} items, which are compared at once at most",
            hint="export some of its exhibits, and check that bundle",
        )
    return found


def _of_capture(view: CaptureView, case: Path) -> Iterator[CheckedItem]:
    judged = {each.ref: each.shows for each in view.verdicts}
    protected = view.intake is not None and view.intake.protected

    def _open(name: str) -> BinaryIO:
        return open(inside.open_file(view.path / name, root=case), "rb")  # noqa: PTH123 - a descriptor

    for item in view.items:
        yield _checked(item, judged, _open, protected=protected)


def _checked(
    item: ListedItem, judged: Mapping[str, str], opener: Callable[[str], BinaryIO], *, protected: bool
) -> CheckedItem:
    # A video is looked at as the joined working copy, where its original came in segments.
    joined = playable(item.working_copies)
    film = joined.path if joined is not None else item.path if item.kind == "video" else ""
    response, post = item.response, item.post
    texts = [copy.path for copy in item.working_copies if copy.path.endswith(TEXT_ENDING)]

    def _text() -> str:
        for name in texts:
            with opener(name) as file:
                return file.read(_LARGEST_TEXT).decode("utf-8", "replace")
        return post.text if post is not None else ""

    return CheckedItem(
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
        post=post,
        proof=item.proof,
        shows=judged.get(item.ref, ""),
        protected=protected,
        open=lambda: opener(item.path),
        film=partial(opener, film) if film else None,
        text=_text,
    )

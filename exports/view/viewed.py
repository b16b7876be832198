"""What is viewed: a case or a bundle, its pages in a temporary folder, made anew when the case has grown."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from exports.format.bundle_files import BundleFiles
from exports.format.lookup import Lookup, RecordLookup
from exports.format.manifest import ListedItem
from exports.format.moment import second
from exports.forms.held_bundle import held_bundle
from exports.report.site import report_files
from exports.view.case_listing import CaseListing, case_listing
from hashing.case.case import Case, is_case
from hashing.files import inside
from hashing.files.as_typed import as_typed
from hashing.files.real_path import real_path
from hashing.files.run_folder import RunFolder
from hashing.files.storage import storing
from hashing.ledger.ledger import LEDGER
from hashing.times import Clock, system_clock, time_text

_PAYLOAD = "data/"
# Names of pages as the report gives them; a case of others has no say in them.
_PLAIN_NAME = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9]+)?(?:/[a-z0-9-]+(?:\.[a-z0-9]+)?)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewedPages:
    """Pages as they were made once: where each stands, and the originals that they link, with the item each is of."""

    made: str  # When, in UTC.
    exhibits: int
    items: int
    left_out: tuple[str, ...]
    pages: Mapping[str, str]  # By their names, such as `report.html`; none where nothing is sealed.
    originals: Mapping[str, ListedItem]  # By their names, such as `captures/…/items/0001-photo.jpg`.
    files: BundleFiles


class Viewed:
    """A case or a bundle that is looked at; `checked` says what was compared with what, and what was not."""

    def __init__(
        self,
        name: str,
        checked: str,
        listed: Callable[[], CaseListing],
        grown: Callable[[], object],
        folder: Path,
        clock: Clock,
    ) -> None:
        self.name = name
        self.checked = checked
        self._listed = listed
        self._grown = grown
        self._folder = folder
        self._clock = clock
        self._making = threading.Lock()
        self._number = 0
        self._mark: object = None
        self._pages: ViewedPages | None = None

    @property
    def pages(self) -> ViewedPages | None:
        """The pages as they were made last."""
        return self._pages

    def renewed(self) -> ViewedPages:
        """Return the pages, made anew where the case has grown since. Raises HashingError, ExportError, OSError."""
        with self._making:
            mark = self._grown()
            if self._pages is None or mark != self._mark:
                self._pages, self._mark = self._made(), mark
            return self._pages

    def _made(self) -> ViewedPages:
        case_listed = self._listed()
        self._number += 1
        # A new folder each time: pages that are being sent out of the old one stay whole.
        folder = self._folder / str(self._number)
        pages, originals = Lookup[str, str](str), RecordLookup[ListedItem](ListedItem)
        if case_listed.listing is not None:
            for file in report_files(case_listed.listing, case_listed.files):
                if not _PLAIN_NAME.fullmatch(file.name):
                    raise ValueError(f"not a name of a page: {file.name}")
                path = folder / file.name
                with storing(path):
                    path.parent.mkdir(parents=True, exist_ok=True)
                    with path.open("xb") as made:
                        made.writelines(file.pieces)
                pages[file.name] = str(path)
        captures = case_listed.listing.captures if case_listed.listing is not None else ()
        for capture in captures:
            for item in capture.items:
                originals[item.path.removeprefix(_PAYLOAD)] = item
        return ViewedPages(
            made=second(time_text(self._clock())),
            exhibits=len(captures),
            items=sum(len(capture.items) for capture in captures),
            left_out=case_listed.left_out,
            pages=pages,
            originals=originals,
            files=case_listed.files,
        )


@contextmanager
def viewed(
    path: Path,
    *,
    verified: bool = False,
    progress: Callable[[int, int], None] | None = None,
    clock: Clock = system_clock,
) -> Iterator[Viewed]:
    """Open a case or a bundle to be looked at; nothing in it is changed. The pages are gone afterwards.

    A bundle is verified first, unless it was `verified` just now; `progress` is told bytes verified. Of a case, each
    capture's ledger is compared with its seal. Raises NotWhole, NotCheckable, Unreadable, BadFormat.
    """
    with RunFolder(large=True) as run:
        folder = run.path
        if is_case(path):
            case = Case.open(path)
            checked = f"not checked: the bytes of the items. Check them with: goldenhour verify {as_typed(path)}"

            def _listed() -> CaseListing:
                return case_listing(case, clock())

            # The size of the case's ledger tells whether anything was added: lines are appended, and none is ever
            # changed.
            def _grown() -> int:
                return inside.size(path / LEDGER, path)

            yield Viewed(real_path(path).name, checked, _listed, _grown, folder, clock)
            return
        with held_bundle(path, progress, verified=verified) as held:
            checked = (
                "the bundle matches its seal. Not checked: whose key that is; compare it with the officer's notebook"
            )
            whole = CaseListing(held.listing, held.files, ())
            yield Viewed(real_path(path).name, checked, lambda: whole, lambda: 0, folder, clock)

"""What a paper is made of: a bundle that was verified just now, and what that verification could not tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from exports.bundle.opened_bundle import open_bundle
from exports.format.bundle_listing import BundleListing
from exports.format.lookup import Lookup
from exports.format.moment import second
from exports.format.result import Verification
from exports.forms.held_bundle import demand_whole
from exports.papers.paper import PaperBlock, PaperHeading, PaperParagraph, stated
from hashing.files.real_path import real_path
from hashing.times import time_text
from hashing.tool import tool


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperSource:
    """A bundle: its name, what it lists, its files with their SHA-256, its seal's fingerprint, and its verification."""

    name: str
    listing: BundleListing
    sha256: Lookup[str, str]
    manifest_sha256: str
    fingerprint: str
    found: Verification
    time: str  # When it was verified and the paper drafted.

    @property
    def running(self) -> str:
        """Return what stands on the head of every page."""
        made = f"made by {tool()} from the ledgers of {stated(self.name)}, {second(self.time)}"
        return f"DRAFT, unsigned: to be read, corrected and signed by a person; {made}"

    def notes(self, *further: str) -> Iterator[PaperBlock]:
        """Yield what whoever signs must know: the blanks, and what was not checked."""
        yield PaperHeading("Notes for whoever signs (take them out before signing)")
        marked = (
            "What stands in marked brackets is not in the ledgers: fill it in or strike it out. Nothing was guessed."
        )
        for text in (marked, *further, *self._unchecked()):
            yield PaperParagraph((text,), boxed=True)

    def _unchecked(self) -> Iterator[str]:
        found = self.found
        read = f"{found.files:,} files, {found.bytes:,} bytes"
        # What a court is told of the check is what was not checked: each line is a question that may be asked of the
        # witness.
        yield f"Checked on {second(self.time)}: it matches its seal ({read}); nothing altered, missing or added."
        for fingerprint in dict.fromkeys(signer.fingerprint for signer in found.signers if not signer.confirmed):
            yield f"Not checked: whose key {fingerprint} is. Compare it with the officer's notebook."
        if not found.timestamps:
            yield "Not checked: the times. No authority confirmed them; they are those of the computer that captured."
        for stamp in found.timestamps:
            if not stamp.confirmed:
                yield (
                    f"Not checked: that {stated(stamp.authority)}, which states {stamp.time} for "
                    f"{stated(stamp.covers)}, is an authority to be trusted."
                )
        for note in found.notes:
            yield f"Remarked by the verification: {stated(note)}."
        if self.listing.disclosure is not None:
            yield "The bundle is a disclosure: it holds some items of the captures, and the others are not here."
        yield "Not checked, since no file can tell it: whether what was captured is true, and who wrote it."


@contextmanager
def paper_source(
    bundle: Path, now: datetime, progress: Callable[[int, int], None] | None = None
) -> Iterator[PaperSource]:
    """Verify a bundle, folder or zip, and read what it lists; nothing in it is changed.

    `progress` is told bytes verified. Raises NotWhole where it does not match, NotCheckable where it cannot be checked
    or is no bundle of ours.
    """
    # Verified, then opened as verified: a paper says that all of it matches, and must not be drafted of anything else.
    found = demand_whole(bundle, "paper", progress)
    with open_bundle(bundle, verified=True) as opened:
        yield PaperSource(
            name=real_path(bundle).name,
            listing=opened.listing(),
            sha256=opened.files.sha256,
            manifest_sha256=opened.manifest_sha256,
            fingerprint=opened.fingerprint,
            found=found,
            time=time_text(now),
        )

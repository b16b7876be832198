"""A paper before it is laid out: headings, numbered paragraphs and tables of text and marked blanks."""

from __future__ import annotations

from dataclasses import dataclass

from hashing.printable import printable

LONGEST = 2_000  # Characters of one text from a ledger that a paper shows; the bundle has it whole.


@dataclass(frozen=True, slots=True)
class Blank:
    """Something that the ledgers do not know and a person fills in; `what` says what belongs there."""

    what: str = ""

    def __str__(self) -> str:
        """Return it as it stands in the text, so that it is seen in every form and in plain text."""
        return f"[…… {self.what} ……]" if self.what else "[……]"


Words = tuple[str | Blank, ...]  # Text with its blanks.


@dataclass(frozen=True, slots=True)
class PaperHeading:
    """A heading within the paper."""

    text: str


@dataclass(frozen=True, slots=True)
class PaperParagraph:
    """A paragraph; `number` 0 is one without a number, `boxed` one of the notes for whoever signs."""

    words: Words
    number: int = 0
    boxed: bool = False


@dataclass(frozen=True, slots=True)
class PaperTable:
    """A table; `widths` are shares of the page's width, `head` is empty where the rows explain themselves."""

    widths: tuple[int, ...]
    head: tuple[str, ...]
    rows: tuple[tuple[Words, ...], ...]


PaperBlock = PaperHeading | PaperParagraph | PaperTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A draft: its title, what stands on the head of every page, and its blocks in order."""

    title: str
    subtitle: str
    running: str
    blocks: tuple[PaperBlock, ...]
    wide: bool = False  # Whether its pages lie on their side.


class Numbering:
    """Numbers paragraphs from 1."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self, *words: str | Blank) -> PaperParagraph:
        """Return the next paragraph."""
        self._last += 1
        return PaperParagraph(words, self._last)


def stated(text: str) -> str:
    """Return a text from a ledger as a paper shows it: harmless, in one line, and cut where it is very long."""
    if len(text) <= LONGEST:
        return printable(" ".join(text.split()))
    return f"{printable(' '.join(text[:LONGEST].split()))} … (cut here; whole in the bundle)"

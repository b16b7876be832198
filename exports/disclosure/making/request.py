"""What is to be disclosed: items by their references, what of them is withheld, and what the custody log says of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from exports.errors import NothingToExport, NotRedactable
from hashing.case.exhibit import exhibit_of
from hashing.case.redaction import IMPLIED, WORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosureRequest:
    """The items, in the order in which they were named, each once; who receives them, and why, for the custody log.

    `redact` names what of them is withheld: some of `redaction.WORDS`. Raises NotRedactable for others.
    """

    items: tuple[str, ...]
    redact: tuple[str, ...] = ()
    receiver: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        if unknown := set(self.redact) - WORDS.keys():
            raise NotRedactable(
                f"{', '.join(sorted(unknown))}: not a word for what can be withheld", hint=f"one of {', '.join(WORDS)}"
            )

    @property
    def words(self) -> tuple[str, ...]:
        """What is withheld, with what that implies, in the order of WORDS."""
        said = {*self.redact, *(implied for word in self.redact for implied in IMPLIED.get(word, ()))}
        return tuple(word for word in WORDS if word in said)

    @property
    def exhibits(self) -> tuple[str, ...]:
        """The exhibits that the items are of."""
        return tuple(dict.fromkeys(exhibit_of(ref) for ref in self.items))


def parse_items(texts: Iterable[str]) -> tuple[str, ...]:
    """Read references, several in one text apart by commas. Raises NothingToExport for what is none of an item."""
    refs = tuple(dict.fromkeys(part.strip() for text in texts for part in text.split(",") if part.strip()))
    if not refs:
        raise NothingToExport("--only names no item", hint="name items: --only MP/1-0003,MP/1-0007")
    for ref in refs:
        if exhibit_of(ref) == ref:
            raise NothingToExport(
                f"{ref}: not the reference of an item",
                hint="an item is MP/1-0003; a whole exhibit is handed over with --exhibit MP/1",
            )
    return refs


def parse_words(texts: Iterable[str]) -> tuple[str, ...]:
    """Read the words for what is withheld, several in one text apart by commas."""
    return tuple(dict.fromkeys(part.strip() for text in texts for part in text.split(",") if part.strip()))

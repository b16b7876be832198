"""What a verification found: every fault as a value, and one verdict."""

# Annotations are no texts here (`from __future__`): msgspec would compile each of them at every start.

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import msgspec
from msgspec.structs import asdict

from exports.format.kept import SpooledList

OK, MISMATCH, UNCHECKED = "ok", "mismatch", "unchecked"
NOT_REMADE, REMADE = "not remade", "remade"
RECEIPTS = "receipts"  # Where a doubt of the receipts stands that a verification was to be compared with.
_AT_ONCE = 1_000  # Records that are written as one piece of JSON.


class Altered(msgspec.Struct, frozen=True):
    """A file whose bytes are not those that were sealed."""

    path: str
    expected: str
    found: str


class Missing(msgspec.Struct, frozen=True):
    """A file that was sealed and is gone."""

    path: str
    expected: str


class Added(msgspec.Struct, frozen=True):
    """A file that nobody sealed."""

    path: str
    found: str


class Problem(msgspec.Struct, frozen=True):
    """A fault of a ledger, a seal, a manifest or a WARC that is not simply a file's digest."""

    path: str
    reason: str


class Unchecked(msgspec.Struct, frozen=True):
    """Something that could not be checked, and why."""

    path: str
    reason: str


class Signer(msgspec.Struct, frozen=True):
    """Who signed a seal; `confirmed` where the user demanded this very key."""

    fingerprint: str
    confirmed: bool
    covers: str


class SealFound(msgspec.Struct, frozen=True):
    """A seal that was checked."""

    origin: str
    exhibit: str
    size: int
    root: str
    fingerprint: str


class Timestamp(msgspec.Struct, frozen=True):
    """A token of a trusted time that holds; `confirmed` where it leads to a root that the user gave."""

    path: str
    time: str
    authority: str
    confirmed: bool
    covers: str  # A capture's exhibit reference, or the path of a checkpoint of the case.


class Since(msgspec.Struct, frozen=True):
    """What the checked one was compared with: an earlier state of the same case, and what came of it.

    `verdict` is that of the earlier one by itself; `origin`, `size`, `root` and `fingerprint` are of its seal, "" and 0
    where none holds. `holds` says whether the ledger begins with the earlier one; None where that is not known.
    `captures` and `items` count what is the same; `absent` are exhibits that are not in the later bundle.
    """

    path: str
    what: str
    verdict: str
    origin: str
    size: int
    root: str
    fingerprint: str
    holds: bool | None
    captures: int
    items: int
    absent: tuple[str, ...]
    new: tuple[str, ...] = ()  # Of a receipt: exhibits that it does not name.


class Disclosed(msgspec.Struct, frozen=True):
    """How much of a capture a disclosure holds: items that are here, and items that are proven to be withheld."""

    exhibit: str
    items: int
    withheld: int
    redacted: tuple[str, ...] = ()  # What of the items that are here is withheld, by the bundle's seal.


class Opened(msgspec.Struct, frozen=True):
    """What was withheld and is opened, proven to be what was sealed: the word, and the ledger's fields with values."""

    of: str  # The item, or `the capture`.
    word: str
    values: dict[str, str]


class Findings(msgspec.Struct):
    """Everything found so far; becomes a Verification when the checking is over."""

    altered: list[Altered] = msgspec.field(default_factory=list)
    missing: list[Missing] = msgspec.field(default_factory=list)
    added: list[Added] = msgspec.field(default_factory=list)
    problems: list[Problem] = msgspec.field(default_factory=list)
    unchecked: list[Unchecked] = msgspec.field(default_factory=list)
    # Of these a case has several for each capture, of which there may be very many.
    signers: SpooledList[Signer] = msgspec.field(default_factory=lambda: SpooledList(Signer))
    seals: SpooledList[SealFound] = msgspec.field(default_factory=lambda: SpooledList(SealFound))
    timestamps: SpooledList[Timestamp] = msgspec.field(default_factory=lambda: SpooledList(Timestamp))
    disclosed: list[Disclosed] = msgspec.field(default_factory=list)
    opened: list[Opened] = msgspec.field(default_factory=list)
    notes: list[str] = msgspec.field(default_factory=list)
    report: str = ""
    files: int = 0
    bytes: int = 0


def plain(value: object) -> object:
    """Return what msgspec does not know of a result as what it does: records as a list, a path as its text."""
    return list(value) if isinstance(value, Sequence) else str(value)


class Verification(msgspec.Struct, frozen=True):
    """The result of verifying one path."""

    path: Path
    what: str
    altered: tuple[Altered, ...]
    missing: tuple[Missing, ...]
    added: tuple[Added, ...]
    problems: tuple[Problem, ...]
    unchecked: tuple[Unchecked, ...]
    signers: Sequence[Signer]
    seals: Sequence[SealFound]
    timestamps: Sequence[Timestamp]
    disclosed: tuple[Disclosed, ...]
    opened: tuple[Opened, ...]
    notes: tuple[str, ...]
    files: int
    bytes: int
    since: Since | None = None
    report: str = ""  # Of a bundle: whether its report was `remade` and compared, or `not remade`.

    @classmethod
    def of(cls, path: Path, what: str, findings: Findings, since: Since | None = None) -> Self:
        """Return the result of a checking that is over."""
        found: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in asdict(findings).items()
        }
        return cls(path=path, what=what, since=since, **found)

    @property
    def verdict(self) -> str:
        """ok, mismatch, or unchecked; what does not match outweighs what could not be checked."""
        if self.altered or self.missing or self.added or self.problems:
            return MISMATCH
        return UNCHECKED if self.unchecked else OK

    def to_json(self) -> dict[str, Any]:
        """Return the result as plain values, as docs/json.md describes them."""
        return {name: msgspec.to_builtins(value, enc_hook=plain) for name, value in self._members().items()}

    def json_pieces(self) -> Iterator[str]:
        """Yield the same as a line of JSON in ASCII, piece by piece: a case may have very many seals."""
        import json

        before = "{"
        for name, value in self._members().items():
            yield f"{before}{json.dumps(name)}: "
            before = ", "
            if not isinstance(value, SpooledList):
                yield json.dumps(msgspec.to_builtins(value, enc_hook=plain))
                continue
            yield "["
            for start in range(0, len(value), _AT_ONCE):
                piece = json.dumps(msgspec.to_builtins(list(value[start : start + _AT_ONCE])))
                yield f"{', ' if start else ''}{piece[1:-1]}"
            yield "]"
        yield "}\n"

    def _members(self) -> dict[str, Any]:
        signer = self.signers[0] if self.signers else None
        first = {"path": self.path, "what": self.what, "verdict": self.verdict}
        return {**first, **{name: getattr(self, name) for name in self.__struct_fields__}, "signer": signer}

"""What is kept of a protected source's material beside the identity, and what may stand in the case.

A list says what may stand there; whatever is not on it stays in the originals, and is encrypted to the source unit, a
file for every group of lines. That file is on disk before the lines: no name is lost, whenever the process dies.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

import msgspec
from msgspec.structs import replace

from capture.photo import names
from hashing.case.facts import Fact
from hashing.case.post import Post
from intelligence.intake.redacted_text import redacted, words_of

KEPT_BACK = "kept with the source"  # The name of the fact that says which facts of an item are not in the case.
REASON_KEPT = "not taken out; why is kept with the source, because a reason may quote names"
_NUMBERS = frozenset({names.WIDTH, names.HEIGHT, names.FRAMES, names.ORIENTATION, "messages"})
_TIMES = frozenset(
    {
        *("file time", "published"),
        *(f"{time}{end}" for time in (names.ORIGINAL_TIME, names.MODIFIED_TIME) for end in ("", names.ZONE)),
    }
)
_OURS = frozenset({"same bytes as", "order of day and month"})  # Facts whose words are goldenhour's own.
_TIME = re.compile(r"(?=.{1,35}\Z)[0-9T:. +Z-]+(?:, zone not stated)?")
_NAMING = frozenset({"From", "Sender", "Reply-To", "To", "Cc", "participant", names.OWNER, names.ARTIST})
_COUNT = re.compile(r" \([0-9,]+\)\Z")


class KeptClaim(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept of one thing that was handed in: the name it had, what it states, or why it was not taken."""

    exhibit: str
    address: str  # Its address in the case, `intake:/3`; of the intake itself `intake:`.
    ref: str = ""
    name: str = ""
    facts: tuple[Fact, ...] = ()
    reason: str = ""


class Protection:
    """Keeps what names a source out of one intake; `keep` puts an encrypted group of claims beside the identity."""

    def __init__(self, keep: Callable[[bytes], object]) -> None:
        self._keep = keep
        self._exhibit = ""
        self._waiting: list[KeptClaim] = []
        self._places: dict[str, int] = {}
        self._words: set[str] = set()
        self._people: dict[str, str] = {}
        self.kinds: dict[str, None] = {}  # The names of all facts that were kept back, in the order in which they came.

    def begin(self, exhibit: str, given: Iterable[str], consent: str) -> None:
        """Keep under which names it was handed in, and what the source has agreed to."""
        self._exhibit = exhibit
        for name in given:
            self._claim("intake:", name=name)
        if consent:
            self._claim("intake:", facts=(Fact("consent", consent, "officer"),))

    def address(self, folder: str, name: str) -> str:
        """Return the next address in a folder or an archive, `intake:/3/1`, and keep the name that it stands for."""
        self._places[folder] = self._places.get(folder, 0) + 1
        address = f"{folder}/{self._places[folder]}"
        self._claim(address, name=name)
        return address

    def reason(self, address: str, reason: str) -> str:
        """Keep why something was not taken out, as its reader says; return what may stand in the case."""
        self._claim(address, reason=reason)
        return REASON_KEPT

    def facts(self, address: str, ref: str, facts: Iterable[Fact]) -> tuple[Fact, ...]:
        """Return which facts of an item may stand in the case, with one that says what does not."""
        facts = tuple(facts)
        shown = tuple(fact for fact in facts if _may_stand(fact))
        back = tuple(fact for fact in facts if not _may_stand(fact))
        # Words of kept-back facts are remembered, so that no message about the file repeats them.
        for fact in back:
            if fact.name in _NAMING:
                self._words |= words_of(_COUNT.sub("", str(fact.value)))
        if not back:
            return shown
        self._claim(address, ref=ref, facts=back)
        kinds = dict.fromkeys(_plain(fact.name) for fact in back)
        self.kinds |= kinds
        return (*shown, Fact(KEPT_BACK, ", ".join(kinds), "protected source"))

    def post(self, said: Post) -> tuple[Post, str]:
        """Return what of a message may stand in the case, and its text with the people in it numbered."""
        author = said.author.name or said.author.handle or said.author.id
        self._words |= words_of(author)
        person = self._people.setdefault(author, f"participant {len(self._people) + 1}")
        shown = replace(Post(platform=said.platform, server=said.server, id=""), published=_time(said.published))
        self.kinds |= dict.fromkeys(("author", "text"))
        return shown, f"{person}: {self.text(said.text)}"

    def text(self, text: str) -> str:
        """Return a text without addresses, numbers, and the names that this intake has come across."""
        return redacted(text, self._words)

    def _claim(
        self, address: str, name: str = "", ref: str = "", facts: tuple[Fact, ...] = (), reason: str = ""
    ) -> None:
        claim = KeptClaim(exhibit=self._exhibit, address=address, name=name, ref=ref, facts=facts, reason=reason)
        self._waiting.append(claim)

    def flush(self) -> None:
        """Put what is waiting beside the identity; it is on disk on return. Raises Unwritable, BadUnitKey."""
        if self._waiting:
            self._keep(b"".join(msgspec.json.encode(claim) + b"\n" for claim in self._waiting))
            self._waiting = []


def read_claims(data: bytes) -> Iterator[KeptClaim]:
    """Yield the claims of a group, as `Protection` had it kept. Raises msgspec.DecodeError."""
    yield from (msgspec.json.decode(line, type=KeptClaim) for line in data.splitlines())


def _may_stand(fact: Fact) -> bool:
    """Say whether a fact names nobody: numbers, times, and words that are goldenhour's own."""
    if fact.name in _NUMBERS:
        return isinstance(fact.value, int)
    return fact.name in _OURS or (fact.name in _TIMES and bool(_time(str(fact.value))))


def _time(text: str) -> str:
    return text if _TIME.fullmatch(text) else ""


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9 -]+", " ", name)[:40]

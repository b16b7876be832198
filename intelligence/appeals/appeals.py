"""The appeals of a case: made, ended, and read back. Each is a line of the case's own ledger, and none is changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from hashing.case.case import Case
from hashing.case.custody import demand_recordable
from hashing.case.events import Appealed, AppealEnded, CaseEvent
from hashing.errors import BadFormat
from hashing.files.as_typed import as_typed
from hashing.ledger.keys import SigningKey
from hashing.times import Clock, system_clock, time_text
from intelligence.errors import NoSuchAppeal

_LONGEST_TITLE = 100


@dataclass(frozen=True, slots=True)
class OpenAppeal:
    """An appeal that is not over, and the id of its case."""

    case: str
    made: Appealed


def add_appeal(
    case: Case, *, text: str, link: str, title: str = "", key: SigningKey, officer: str, clock: Clock = system_clock
) -> Appealed:
    """Record an appeal; without a title, its first line is one.

    Raises NoSuchAppeal for what is none, NotRecordable, and what `Case.record` does.
    """
    text, title = text.strip(), title.strip()
    if not text:
        raise NoSuchAppeal("an appeal asks for something: --text does not say what")
    demand_web(link)
    title = title or _first_line(text)
    demand_recordable({"text": text, "title": title, "link": link, "officer": officer})

    def _next(events: Iterable[CaseEvent]) -> Appealed:
        return Appealed(
            time=time_text(clock()),
            number=sum(isinstance(each, Appealed) for each in events) + 1,
            title=title,
            text=text,
            link=link,
            officer=officer,
            signer=key.public.raw.hex(),
        )

    return case.record_next(_next, key=key)


def end_appeal(
    case: Case, number: int, *, reason: str = "", key: SigningKey, officer: str, clock: Clock = system_clock
) -> AppealEnded:
    """Record that an appeal is over. Raises NoSuchAppeal, NotRecordable, and what `Case.record` does."""
    demand_recordable({"reason": reason, "officer": officer})
    if number not in {each.made.number for each in open_appeals(case)}:
        raise NoSuchAppeal(
            f"{number}: no open appeal of {case.path}",
            hint=f"see those that are open: goldenhour appeal list --case {as_typed(case.path)}",
        )
    event = AppealEnded(
        time=time_text(clock()), number=number, reason=reason, officer=officer, signer=key.public.raw.hex()
    )
    case.record(event, key=key)
    return event


def open_appeals(case: Case) -> list[OpenAppeal]:
    """Return the appeals of a case that are not over, as its ledger says. Raises Unreadable, BadFormat."""
    made: dict[int, Appealed] = {}
    for event in case.events():
        if isinstance(event, Appealed):
            made[event.number] = event
        elif isinstance(event, AppealEnded):
            made.pop(event.number, None)
    for event in made.values():  # another's ledger may say anything, and this goes to the public
        try:
            demand_web(event.link)
        except NoSuchAppeal as error:
            raise BadFormat(f"{case.path}: appeal {event.number}: {error}") from error
    return [OpenAppeal(case.info.id, event) for event in made.values()]


def demand_web(link: str) -> None:
    """Demand an address of the web that anybody can be sent to. Raises NoSuchAppeal."""
    parts = urlsplit(link) if link.isascii() and link.isprintable() and " " not in link else None
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise NoSuchAppeal(f"{link[:200]!r}: no address of the web", hint="such as https://police.example/appeals/7")


def _first_line(text: str) -> str:
    line = text.splitlines()[0]
    return line if len(line) <= _LONGEST_TITLE else f"{line[: _LONGEST_TITLE - 1].rstrip()}…"

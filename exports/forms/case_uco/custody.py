"""The continuity log of an exhibit: each entry an investigative action that follows from the one before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from exports.format.manifest import CustodyRecord
from exports.format.phrases import custody_phrases
from exports.forms.case_uco.graph import Graph, Link, Node, node, texts
from exports.forms.case_uco.literal import date_time
from exports.forms.case_uco.parties import people, person

if TYPE_CHECKING:
    from exports.format.bundle_listing import CaptureListing


def custody_links(graph: Graph, log: Iterable[CustodyRecord]) -> list[Link]:
    """Return references to the entries of a log, in their order."""
    return [_link(graph, entry) for entry in log]


def custody_nodes(graph: Graph, capture: CaptureListing) -> Iterator[Node]:
    """Yield the entries, and those whom they name."""
    # The chain: each action is informed by the one before, as CASE's examples of a chain of custody have it.
    before: Link | None = None
    for entry in capture.custody:
        yield from people(graph, entry.officer, entry.giver, entry.receiver)
        yield node(
            _link(graph, entry)["@id"],
            "case-investigation:InvestigativeAction",
            name=entry.event,
            description=texts([*custody_phrases(entry), *_recorded(entry)]),
            performer=person(graph, entry.officer),
            participant=[party for name in (entry.giver, entry.receiver) if (party := person(graph, name))],
            startTime=date_time(entry.time),
            endTime=date_time(entry.time),
            acted_on=[graph.item(entry.ref) or graph.link("provenance", capture.exhibit)],
            wasInformedBy=before,
        )
        before = _link(graph, entry)


def _link(graph: Graph, entry: CustodyRecord) -> Link:
    return graph.link("custody", entry.line, entry.ref)


def _recorded(entry: CustodyRecord) -> Iterator[str]:
    yield f"of {entry.ref}"
    yield f"recorded {entry.recorded} with key {entry.signer}, in line {entry.line} of the case's ledger"
    if entry.late:
        yield "recorded after it was done, with a time that the officer states"
    if not date_time(entry.time):
        yield f"done {entry.time}"

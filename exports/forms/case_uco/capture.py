"""A capture: the action that brought its items, the record of their provenance, and what was not got."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from exports.format.kept import Chained, Mapped
from exports.format.moment import timestamped_after
from exports.format.phrases import verdict_line
from exports.forms.case_uco.custody import custody_nodes
from exports.forms.case_uco.graph import Graph, Link, Node, node, texts
from exports.forms.case_uco.item import item_nodes
from exports.forms.case_uco.literal import date_time
from exports.forms.case_uco.parties import address, addresses, people, person

if TYPE_CHECKING:
    from exports.format.bundle_listing import CaptureListing


def capture_nodes(graph: Graph, capture: CaptureListing) -> Iterator[Node]:
    """Yield all that a capture has: who and with what, action, record, items, failures, log."""
    yield from people(graph, capture.started.officer)
    yield from addresses(graph, capture.scene)
    yield from tool_nodes(graph, capture)
    yield _action(graph, capture)
    yield _provenance(graph, capture)
    for item in capture.items:
        yield from item_nodes(graph, item, capture)
    yield from _failures(graph, capture)
    yield from custody_nodes(graph, capture)


def _files(graph: Graph, capture: CaptureListing) -> Sequence[Link]:
    """Return references to the items, each made when it is written: there may be a million."""
    return Mapped(lambda item: graph.link("file", item.ref), capture.items)


def _action(graph: Graph, capture: CaptureListing) -> Node:
    return node(
        graph.iri("capture", capture.capture),
        "case-investigation:InvestigativeAction",
        name="capture",
        description=texts(_descriptions(capture)),
        performer=person(graph, capture.started.officer),
        instrument=configured_tool(graph, capture),
        startTime=date_time(capture.started.time),
        endTime=date_time(capture.finished.time),
        acted_on=address(graph, capture.scene),
        result=Chained([[graph.link("provenance", capture.exhibit)], _files(graph, capture)]),
        subaction=[graph.link("failure", capture.capture, number) for number in range(len(capture.failed))],
    )


def _provenance(graph: Graph, capture: CaptureListing) -> Node:
    seal, timestamp = capture.seal, capture.timestamp
    described = [
        capture.started.title,
        f"sealed: fingerprint {seal.fingerprint}, root {seal.root} over {seal.size} lines",
        f"sealed with key {seal.signer}",
    ]
    if timestamp:
        after = timestamped_after(timestamp.late)
        described.append(f"trusted time: {timestamp.token_time} by {timestamp.authority}, {after}")
    return node(
        graph.iri("provenance", capture.exhibit),
        "case-investigation:ProvenanceRecord",
        description=texts(described),
        exhibitNumber=capture.exhibit,
        object=_files(graph, capture) or None,
    )


def _descriptions(capture: CaptureListing) -> Iterator[str]:
    """Yield what is to be said of a capture, a line each; what was not sought and what has changed among it."""
    finished = capture.finished
    ended = f"{finished.status}: {finished.reason}" if finished.reason else finished.status
    yield f"capture {capture.capture} of {capture.scene}: {ended}"
    yield capture.started.note
    yield capture.clock_says
    for recovered in capture.recovered:
        yield f"finished off {recovered.time} by {recovered.officer}: {'; '.join(recovered.found)}"
    for skipped in capture.skipped:
        yield f"not sought: {skipped.url}: {skipped.reason} ({skipped.count})"
    for judged in capture.verdicts:
        yield f"verdict on {judged.ref or judged.url}: {verdict_line(judged)}"
    for changed in capture.changed:
        later = f", after {changed.after}" if changed.after else ""
        reason = f": {changed.reason}" if changed.reason else ""
        yield f"{changed.change}, seen {changed.time}: {changed.id}, before {changed.before}{later}{reason}"


def _failures(graph: Graph, capture: CaptureListing) -> Iterator[Node]:
    """Yield an action that failed for all that was sought and not got."""
    for number, failed in enumerate(capture.failed):
        yield from addresses(graph, failed.url)
        yield node(
            graph.iri("failure", capture.capture, number),
            "case-investigation:InvestigativeAction",
            name="capture failed",
            description=texts([failed.reason, failed.ref, f"found in: {failed.found_in}" if failed.found_in else ""]),
            actionStatus="Fail",
            performer=person(graph, capture.started.officer),
            endTime=date_time(failed.time),
            acted_on=address(graph, failed.url),
        )


def configured_tool(graph: Graph, capture: CaptureListing) -> Link:
    """Return a reference to the tool as it was set for this capture."""
    return graph.link("configured-tool", capture.capture)


def tool_nodes(graph: Graph, capture: CaptureListing) -> Iterator[Node]:
    """Yield the tool, once for each version, and its configuration in this capture."""
    name, _, version = capture.started.tool.partition(" ")
    # A tool of one version is one node for the whole document; how it was set differs from capture to capture, and is
    # what UCO calls a configured tool.
    plain = graph.iri("tool", capture.started.tool)
    if graph.first(plain):
        yield node(plain, "uco-tool:Tool", name=name, version=version)
    configuration = graph.iri("configuration", capture.capture)
    entries = [("setting", *each) for each in capture.started.settings.items()]
    entries += [("version", *each) for each in capture.started.versions.items()]
    yield node(
        configuration,
        "uco-configuration:Configuration",
        configurationEntry=[_entry(graph, capture.capture, *each) for each in entries],
    )
    yield node(
        configured_tool(graph, capture)["@id"],
        "uco-tool:ConfiguredTool",
        name=name,
        version=version,
        isConfigurationOf={"@id": plain},
        usesConfiguration={"@id": configuration},
    )


def _entry(graph: Graph, capture: str, kind: str, name: str, value: str | int | bool) -> Node:
    written = node(
        graph.iri("configuration-entry", capture, kind, name),
        "uco-configuration:ConfigurationEntry",
        itemName=name,
        itemType=kind,
    )
    return {**written, "uco-configuration:itemValue": value if isinstance(value, str) else str(value).lower()}

"""The tool that captured: name and version, and the settings and libraries of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exports.forms.case_uco.graph import node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exports.format.bundle_listing import CaptureListing
    from exports.forms.case_uco.graph import Graph, Link, Node


def configured_tool(graph: Graph, capture: CaptureListing) -> Link:
    """Return a reference to the tool as it was set for this capture."""
    return graph.link("configured-tool", capture.capture)


def tool_nodes(graph: Graph, capture: CaptureListing) -> Iterator[Node]:
    """Yield the tool, once for each version, and its configuration in this capture."""
    name, _, version = capture.started.tool.partition(" ")
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

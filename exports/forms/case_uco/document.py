"""The document: its vocabularies, then a node a line, so that few of them are in memory at a time."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import TYPE_CHECKING

import msgspec

from exports.errors import NotCheckable
from exports.format.lookup import Lookup, Section
from exports.format.manifest import ListedItem
from exports.forms.case_uco.capture import capture_nodes
from exports.forms.case_uco.custody import custody_links
from exports.forms.case_uco.graph import NAMESPACE, PREFIX, Graph, Node, encoded, node, texts
from exports.forms.case_uco.literal import date_time
from exports.forms.case_uco.parties import people
from hashing.printable import printable

if TYPE_CHECKING:
    from exports.bundle.opened_bundle import OpenedBundle

_ITEM = "i"
_UCO = ("action", "configuration", "core", "identity", "location", "observable", "tool", "types")
CONTEXT = {
    PREFIX: NAMESPACE,
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    **{f"uco-{name}": f"https://ontology.unifiedcyberontology.org/uco/{name}/" for name in _UCO},
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def case_uco_pieces(bundle: OpenedBundle) -> Iterator[bytes]:
    """Yield the document, a node at a time. Raises NotCheckable where one name is given twice."""
    graph = Graph(bundle.manifest.case.id, _references(bundle))
    yield b'{\n"@context": ' + msgspec.json.encode(CONTEXT) + b',\n"@graph": [\n'
    before = b""
    for each in _nodes(graph, bundle):
        yield before
        yield from encoded(each)
        before = b",\n"
    yield b"\n]\n}\n"


def _nodes(graph: Graph, bundle: OpenedBundle) -> Iterator[Node]:
    yield _investigation(graph, bundle)
    yield from people(graph, bundle.manifest.case.officer)
    for capture in bundle.captures():
        yield from capture_nodes(graph, capture)


def _investigation(graph: Graph, bundle: OpenedBundle) -> Node:
    manifest = bundle.manifest
    case, exported = manifest.case, manifest.exported
    # The investigation refers to everything and contains nothing: nodes stand beside each other, a line each, so that a
    # document of a hundred thousand items is written and read as a stream.
    parts, logs = [], bundle.logs()
    for capture in manifest.captures:
        parts += [graph.link("capture", capture.capture), graph.link("provenance", capture.exhibit)]
        parts += custody_links(graph, logs.get(capture.exhibit, ()))
    return node(
        graph.iri("investigation"),
        "case-investigation:Investigation",
        name=case.title or case.id,
        description=texts(
            [
                f"made of an evidence bundle whose seal is {bundle.fingerprint}; the bundle is the evidence",
                f"manifest.json of the bundle: sha256:{bundle.manifest_sha256}",
                f"case begun by {case.officer}; bundle made {exported.time} by {exported.officer}, {exported.tool}",
            ]
        ),
        began=date_time(case.created),
        externalReference=[
            node(graph.iri(name), "uco-core:ExternalReference", definingContext=context, externalIdentifier=identifier)
            for name, context, identifier in (
                ("case-id", "id of the case in goldenhour", case.id),
                ("case-reference", "reference of the case in the force", case.reference),
            )
            if identifier
        ],
        object=parts,
    )


def _references(bundle: OpenedBundle) -> Container[str]:
    """Return the references of all items. What has one name twice would run into one node. Raises NotCheckable."""
    known: Lookup[str, int] = Lookup(str)
    for kind, name in _names(bundle):
        if name in (named := Section(known, f"{kind} ")):
            raise NotCheckable(f"{bundle.files.path}: {printable(name, 80)} is listed twice")
        named[name] = 1
    return Section(known, f"{_ITEM} ")


def _names(bundle: OpenedBundle) -> Iterator[tuple[str, str]]:
    """Yield what each stands once, by a letter for its kind, and its name."""
    for entry in bundle.entries():
        if isinstance(entry, ListedItem):
            yield _ITEM, entry.ref
            yield from (("w", copy.path) for copy in entry.working_copies)
    for capture in bundle.manifest.captures:
        yield "c", capture.capture
        yield "e", capture.exhibit
    for log in bundle.logs().values():
        yield from (("l", f"{entry.line} {entry.ref}") for entry in log)

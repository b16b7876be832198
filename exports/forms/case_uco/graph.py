"""The nodes of the document: how they are named, and which of them are written once for all that speak of them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

import msgspec

from exports.format.kept import Chained, Mapped
from exports.format.lookup import Lookup

Node = dict[str, Any]
Link = dict[str, str]  # A reference to a node.

PREFIX = "kb"
NAMESPACE = "urn:goldenhour:kb:"  # Names no host: nobody can be asked for what stands under it.

# The namespace (RFC 9562, section 5.5) under which each case has its own.
_CASES = UUID("8f5f2b0e-3c55-5d0b-9a3e-5a5c1d0c7e41")


@dataclass(slots=True)
class Graph:
    """The naming of nodes within a case, and what is known of those that are written already.

    A node has the same name in every bundle of the case, so that documents of several bundles can be joined.
    """

    case: str
    refs: Container[str]  # The references of the items in the bundle: a link to any other would lead nowhere.
    _namespace: UUID = field(init=False)
    _written: Lookup[str, int] = field(default_factory=lambda: Lookup(str))

    def __post_init__(self) -> None:
        self._namespace = uuid5(_CASES, _name([self.case]))

    def iri(self, kind: str, *parts: str | int) -> str:
        """Return the name of the node of this kind that these parts tell from all others."""
        return f"{PREFIX}:{kind}-{uuid5(self._namespace, _name([kind, *parts]))}"

    def link(self, kind: str, *parts: str | int) -> Link:
        """Return a reference to that node."""
        return {"@id": self.iri(kind, *parts)}

    def item(self, ref: str) -> Link | None:
        """Return a reference to an item's file; None where the bundle does not hold the item."""
        return self.link("file", ref) if ref in self.refs else None

    def first(self, iri: str) -> bool:
        """Say whether this node is asked for the first time, and so is to be written now."""
        if iri in self._written:
            return False
        self._written[iri] = 1
        return True


def node(iri: str, kind: str, **properties: Any) -> Node:  # noqa: ANN401 - whatever JSON-LD can hold
    """Return a node with what it has to say, under the terms of `_TERMS`."""
    said = {_TERMS[name]: value for name, value in properties.items() if value not in (None, "", [], ())}
    return {"@id": iri, "@type": kind, **said}


def encoded(said: Node) -> Iterator[bytes]:
    """Yield a node as JSON, and what very long lists in it hold an entry at a time."""
    before = b"{"
    for name, value in said.items():
        yield before + msgspec.json.encode(name) + b":"
        before = b","
        if isinstance(value, Chained | Mapped):
            for number, each in enumerate(value):
                yield (b"," if number else b"[") + msgspec.json.encode(each)
            yield b"]" if value else b"[]"
        else:
            yield msgspec.json.encode(value)
    yield b"}"


def relation(graph: Graph, source: Link, word: str, target: Link, **properties: Any) -> Node:  # noqa: ANN401 - as above
    """Return a relationship between two nodes, in a word of UCO's vocabulary where that has one."""
    return node(
        graph.iri("relationship", source["@id"], word, target["@id"]),
        "uco-core:Relationship",
        source=source,
        target=target,
        kindOfRelationship=word,
        isDirectional=True,
        **properties,
    )


def texts(lines: Iterable[str]) -> list[str]:
    """Return those lines that say something, each once: a property in RDF is a set."""
    return list(dict.fromkeys(line for line in lines if line))


def _name(parts: list[str | int]) -> str:
    """Write parts so that no others are written alike."""
    return msgspec.json.encode(parts).decode()


_SPACES = {
    "uco-core": "name description tag hasFacet object source target kindOfRelationship isDirectional externalReference "
    "definingContext externalIdentifier",
    "uco-action": "performer participant instrument result subaction startTime endTime actionStatus",
    "uco-tool": "version",
    "uco-configuration": "isConfigurationOf usesConfiguration configurationEntry itemName itemType",
    "uco-observable": "fullValue fileName filePath isDirectory sizeInBytes mimeType hash messageID messageText "
    "sentTime displayName accountLogin accountIdentifier exifData pictureWidth pictureHeight",
    "uco-types": "hashMethod hashValue entry key value",
    "uco-location": "latitude longitude altitude",
    "case-investigation": "exhibitNumber wasInformedBy wasDerivedFrom",
}
_TERMS = {term: f"{space}:{term}" for space, terms in _SPACES.items() for term in terms.split()}
_TERMS |= {"began": "uco-core:startTime", "acted_on": "uco-action:object", "from_": "uco-observable:from"}
"""Where two vocabularies share a term, or Python has the word for itself."""

"""What a photo claims about itself: its EXIF tags, its size in pixels, and the place that its GPS tags name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exports.format.manifest import ListedItem
from exports.forms.case_uco.graph import Graph, Node, node, relation
from exports.forms.case_uco.literal import decimal
from hashing.case.facts import Fact

_EXIF = "EXIF "  # How the name of an EXIF tag begins in a manifest.
_ANGLES = (("GPS latitude", 90), ("GPS longitude", 180))


def is_exif(fact: Fact) -> bool:
    """Say whether a fact comes from the EXIF data of a photo."""
    return fact.tag.startswith(_EXIF)


def photo_facets(graph: Graph, item: ListedItem) -> Iterator[Node]:
    """Yield the facets that the item's facts give rise to: none where it states none."""
    width, height = _pixels(item.facts, "width"), _pixels(item.facts, "height")
    if width is not None and height is not None:
        yield node(
            graph.iri("picture-facet", item.ref),
            "uco-observable:RasterPictureFacet",
            pictureWidth=width,
            pictureHeight=height,
        )
    exif = [fact for fact in item.facts if is_exif(fact)]
    if exif:
        entries = [_entry(graph, item.ref, number, fact) for number, fact in enumerate(exif)]
        dictionary = node(graph.iri("exif-data", item.ref), "uco-types:ControlledDictionary", entry=entries)
        yield node(graph.iri("exif-facet", item.ref), "uco-observable:EXIFFacet", exifData=[dictionary])


def place_nodes(graph: Graph, item: ListedItem) -> Iterator[Node]:
    """Yield the place that a photo claims to have been taken at, and that it comes from the photo."""
    # Only the EXIF tags: another fact of the same name may come from the page, whose word it then is, not the camera's.
    stated = [fact for fact in item.facts if is_exif(fact)]
    latitude, longitude = (_within(stated, name, most) for name, most in _ANGLES)
    if latitude is None or longitude is None:
        return
    facet = node(
        graph.iri("coordinates-facet", item.ref),
        "uco-location:LatLongCoordinatesFacet",
        latitude=decimal(latitude),
        longitude=decimal(longitude),
        altitude=decimal(_first(stated, "GPS altitude")),
    )
    place = graph.link("location", item.ref)
    claimed = "as the photo's GPS tags claim"
    yield node(place["@id"], "uco-location:Location", description=[claimed], hasFacet=[facet])
    yield relation(graph, place, "Extracted_From", graph.link("file", item.ref))


def _entry(graph: Graph, ref: str, number: int, fact: Fact) -> Node:
    """Return a dictionary's entry; what says nothing stands there all the same, as ""."""
    entry = graph.iri("exif-entry", ref, number)
    key = {"uco-types:key": f"{fact.name} ({fact.tag})", "uco-types:value": str(fact.value)}
    return {**node(entry, "uco-types:ControlledDictionaryEntry"), **key}


def _first(facts: Iterable[Fact], name: str) -> object:
    return next((fact.value for fact in facts if fact.name == name), None)


def _pixels(facts: Iterable[Fact], name: str) -> int | None:
    value = _first(facts, name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _within(facts: Iterable[Fact], name: str, most: int) -> float | None:
    value = _first(facts, name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if -most <= value <= most else None

"""An item: its file with size and SHA-256, where it came from, and what it says of itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from exports.format.disclosure_form import WITHHELD
from exports.format.manifest import ListedItem
from exports.format.phrases import graded
from exports.forms.case_uco.graph import Graph, Node, node, relation, texts
from exports.forms.case_uco.literal import date_time, decimal, hex_binary
from exports.forms.case_uco.parties import account, accounts, address, addresses
from hashing.case.events import WorkingCopy
from hashing.case.facts import Fact
from hashing.case.post import Post

if TYPE_CHECKING:
    from exports.format.bundle_listing import CaptureListing


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


def item_nodes(graph: Graph, item: ListedItem, capture: CaptureListing) -> Iterator[Node]:
    """Yield an item's file, its address, its post, its place, and its working copies."""
    file = graph.link("file", item.ref)
    yield node(
        file["@id"],
        "uco-observable:File",
        name=item.ref,
        description=texts(_descriptions(item)),
        hasFacet=[*_file_facets(graph, item.ref, item), *photo_facets(graph, item)],
    )
    yield from _excerpt(graph, item) if item.excerpt else _download(graph, item)
    if item.post:
        yield from post_nodes(graph, item.ref, item.post, capture)
    yield from place_nodes(graph, item)
    for copy in item.working_copies:
        yield _working_copy(graph, item.ref, copy)


def _download(graph: Graph, item: ListedItem) -> Iterator[Node]:
    """Yield the address that an item came from, and the one that was asked where another answered."""
    yield from addresses(graph, item.url, item.final_url)
    asked, led = address(graph, item.url), address(graph, item.final_url)
    if source := led or asked:
        described = texts(_exchange(item))
        yield relation(graph, graph.link("file", item.ref), "Downloaded_From", source, description=described)
    if asked and led:
        redirect = relation(graph, asked, "Redirects_To", led)
        # Many items come by one redirect: it is one node, and a node stands in the graph once.
        if graph.first(redirect["@id"]):
            yield redirect


def _excerpt(graph: Graph, item: ListedItem) -> Iterator[Node]:
    """Yield where an item stands in another one. Its own address was not asked: the other item's was."""
    if item.excerpt and (whole := graph.item(item.excerpt.of)):
        described = [f"from byte {item.excerpt.offset} on, after its content coding is undone"]
        yield relation(graph, graph.link("file", item.ref), "Contained_Within", whole, description=described)


def _working_copy(graph: Graph, ref: str, copy: WorkingCopy) -> Node:
    return node(
        graph.iri("working-copy", ref, copy.path),
        "uco-observable:File",
        name=f"working copy of {ref}",
        description=[f"derived, never evidence by itself: {copy.how}"],
        hasFacet=_file_facets(graph, f"working copy {copy.path} of {ref}", copy),
        wasDerivedFrom=graph.link("file", ref),
    )


def _file_facets(graph: Graph, key: str, file: ListedItem | WorkingCopy) -> list[Node]:
    """Return where a file stands in the bundle, and what its bytes are."""
    size: dict[str, int] = {}
    digest: dict[str, list[Node]] = {}
    if file.sha256 != WITHHELD:
        size, value = {"sizeInBytes": file.size}, hex_binary(file.sha256)
        digest = {"hash": [node(graph.iri("hash", key), "uco-types:Hash", hashMethod="SHA256", hashValue=value)]}
    return [
        node(
            graph.iri("file-facet", key),
            "uco-observable:FileFacet",
            fileName=file.path.rpartition("/")[2],
            filePath=file.path,
            isDirectory=False,
            **size,
        ),
        node(
            graph.iri("content-facet", key),
            "uco-observable:ContentDataFacet",
            **digest,
            mimeType=getattr(file, "mime", ""),
            **size,
        ),
    ]


def _descriptions(item: ListedItem) -> Iterator[str]:
    """Yield what the item is, and what it claims that has no place of its own, a line each."""
    properties = {
        "kind": item.kind,
        "extractor": item.extractor,
        "found in": item.found_in,
        "address, as claimed": item.url if item.excerpt else "",
        "stands in": f"{item.excerpt.of} from byte {item.excerpt.offset} on" if item.excerpt else "",
        "not whole": item.partial,
        "not what was asked for": item.error_page,
        "content coding": item.content_encoding,
        "description, as claimed": item.alt,
        "name, as claimed": item.claimed_name,
        "author, as claimed": item.author,
        "title, as claimed": item.title,
        "published, as claimed": item.published,
    }
    # UCO has no property for these, and nothing that the manifest says may be lost on the way: so they are texts.
    yield from (f"{name}: {value}" for name, value in properties.items() if value)
    yield from (f"{fact.name} ({fact.tag}): {fact.value}" for fact in item.facts if not is_exif(fact))
    if given := item.grade:
        yield f"graded by {given.officer}, {given.time}: {'; '.join(graded(given.grade))}"
    if proof := item.proof:
        shown = "holds" if proof.record_cid else "lacks"
        proven = (
            f"proof does not hold: {proof.problem}" if proof.problem else f"proof: the signed repository {shown} it"
        )
        yield f"{proven}: at://{proof.did}/{proof.collection}/{proof.rkey}"


def _exchange(item: ListedItem) -> Iterator[str]:
    """Yield how an item came, a line each."""
    yield f"request began {item.captured}"
    if exchange := item.response:
        yield f"HTTP status {exchange.status}"
        yield f"server {exchange.ip}" if exchange.ip else ""
        yield f"proxy {exchange.proxy}" if exchange.proxy else ""
        yield f"server's Date: {exchange.server_date}" if exchange.server_date else ""
        if exchange.tls:
            checked = "certificate checked" if exchange.tls.verified else "certificate not checked"
            yield f"{exchange.tls.version}, {exchange.tls.cipher}, {checked}"
        if exchange.warc:
            yield f"in {exchange.warc.file} at byte {exchange.warc.offset}, record {exchange.warc.record}"


def post_nodes(graph: Graph, ref: str, post: Post, capture: CaptureListing) -> Iterator[Node]:
    """Yield the post that an item holds, its author, and how it hangs together with the item and its media."""
    yield from accounts(graph, post)
    yield from addresses(graph, post.permalink)
    itself = graph.link("post", ref)
    message = node(
        graph.iri("message-facet", ref),
        "uco-observable:MessageFacet",
        messageID=post.id,
        messageText=post.text,
        sentTime=date_time(post.published),
        from_=account(graph, post),
    )
    facets = [message]
    if post.permalink:
        facets.append(node(graph.iri("post-url-facet", ref), "uco-observable:URLFacet", fullValue=post.permalink))
    yield node(
        itself["@id"],
        "uco-observable:Post",
        name=post.title,
        description=texts(_claims(post)),
        tag=texts(post.tags),
        hasFacet=facets,
    )
    yield relation(graph, itself, "Contained_Within", graph.link("file", ref))
    # Only media that are items of this bundle: a relation to something that is not there would be no evidence of
    # anything.
    for shown in dict.fromkeys(map(capture.holder, post.media)):
        if held := graph.item(shown):
            yield relation(graph, held, "Attachment_Of", itself)


def _claims(post: Post) -> Iterator[str]:
    """Yield what a post states that has no place of its own in UCO, a line each."""
    if not date_time(post.published):
        yield _line("published", post.published)
    for name in ("edited", "warning", "language", "reply_to", "quotes", "visibility", "location", "platform", "server"):
        yield _line(name.replace("_", " "), getattr(post, name))
    yield _line("mentions", ", ".join(post.mentions))
    yield _line("links", ", ".join(post.links))
    yield _line("counts", ", ".join(f"{name} {count}" for name, count in post.counts.items()))
    for edit in post.edits:
        warned = f" (warning: {edit.warning})" if edit.warning else ""
        yield f"earlier wording, as claimed, of {edit.time}{warned}: {edit.text}"
    for media in post.media:
        yield _line(f"description of {media.kind} {media.url}", media.alt)


def _line(name: str, value: str) -> str:
    return f"{name}, as claimed: {value}" if value else ""

"""A post as its platform claims it: who, when, what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from exports.forms.case_uco.graph import Graph, Node, node, relation, texts
from exports.forms.case_uco.literal import date_time
from exports.forms.case_uco.parties import account, accounts, addresses

if TYPE_CHECKING:
    from exports.format.bundle_listing import CaptureListing
    from hashing.case.post import Post


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

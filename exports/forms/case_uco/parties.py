"""Nodes that many others speak of, each written when it is first named: people, addresses, accounts."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from exports.forms.case_uco.graph import Graph, Link, Node, node
from hashing.case.post import Account, Post


def person(graph: Graph, name: str) -> Link | None:
    """Return a reference to whoever is known by this name; None where no name is stated."""
    return graph.link("identity", name) if name else None


def people(graph: Graph, *names: str) -> Iterator[Node]:
    """Yield those who are not written yet. A name alone tells no person from an office, so each is an identity."""
    for name in names:
        if name and graph.first(iri := graph.iri("identity", name)):
            yield node(iri, "uco-identity:Identity", name=name)


def address(graph: Graph, url: str) -> Link | None:
    """Return a reference to an address, or to what else an officer asked for; None where there is none."""
    return graph.link("url", url) if url else None


def addresses(graph: Graph, *urls: str) -> Iterator[Node]:
    """Yield those that are not written yet. A scene that is no address, such as a hashtag, has a name and no URL."""
    for url in urls:
        if not url or not graph.first(iri := graph.iri("url", url)):
            continue
        if "://" in url:
            facet = node(graph.iri("url-facet", url), "uco-observable:URLFacet", fullValue=url)
            yield node(iri, "uco-observable:URL", hasFacet=[facet])
        else:
            yield node(iri, "uco-observable:ObservableObject", name=url)


def account(graph: Graph, post: Post) -> Link | None:
    """Return a reference to the account that a post claims as its author; None where it claims none."""
    key = _key(post.author)
    return graph.link("account", post.platform, key) if key else None


def accounts(graph: Graph, post: Post) -> Iterator[Node]:
    """Yield the account, if it is not written yet. Under another display name it is another node: both were shown."""
    author, key = post.author, _key(post.author)
    # An account without any name is none that others could be linked with.
    if not key or not graph.first(iri := graph.iri("account", post.platform, key)):
        return
    yield node(
        iri,
        "uco-observable:DigitalAccount",
        description=[f"platform, as claimed: {post.platform}", *([f"address: {author.url}"] if author.url else [])],
        hasFacet=[
            node(
                graph.iri("account-facet", post.platform, key),
                "uco-observable:AccountFacet",
                accountIdentifier=author.id or author.handle,
            ),
            node(
                graph.iri("digital-account-facet", post.platform, key),
                "uco-observable:DigitalAccountFacet",
                displayName=author.name,
                accountLogin=author.handle,
            ),
        ],
    )


def _key(author: Account) -> str:
    fields = (author.id, author.handle, author.name, author.url)
    return msgspec.json.encode(fields).decode() if any(fields) else ""

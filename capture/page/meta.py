"""The names that elements go by, above all <meta>."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

OPEN_GRAPH = ("og:", "article:", "video:")

_ATTRIBUTES = ("property", "name", "itemprop", "http-equiv")
_LONGEST = 1000


def words(attributes: Mapping[str, str], name: str) -> list[str]:
    """Return the words of an attribute such as `rel` or `class`, in lower case."""
    return attributes.get(name, "")[:_LONGEST].lower().split()


def meta_names(attributes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each name of a <meta>, and how to call the place: `og:title` or `meta name=author`.

    RDFa allows several names in one `property`.
    """
    for attribute in _ATTRIBUTES:
        for name in words(attributes, attribute):
            known_by_name = name.startswith((*OPEN_GRAPH, "twitter:"))
            yield name, name if known_by_name else f"meta {attribute}={name}"

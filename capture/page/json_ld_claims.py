"""What the JSON-LD of a page claims about the page (schema.org's vocabulary)."""

from __future__ import annotations

from collections.abc import Iterator

from capture.page.claims import Claims, Trust
from capture.page.json_ld import JsonLdNode, strings

# Objects beside the page's own matter: their names and dates are not the page's.
_NOT_THE_MATTER = frozenset(
    {
        "AudioObject", "BreadcrumbList", "Corporation", "ImageObject", "ItemList", "ListItem", "LocalBusiness",
        "NewsMediaOrganization", "Organization", "Person", "Place", "SearchAction", "SiteNavigationElement",
        "WPFooter", "WPHeader", "WPSideBar", "WebSite",
    }
)  # fmt: skip

_WEB_PAGES = frozenset({"AboutPage", "CollectionPage", "ItemPage", "ProfilePage", "QAPage", "WebPage"})

_TIMES = {
    "datePublished": "published",
    "dateModified": "modified",
    "dateCreated": "created",
    "uploadDate": "uploaded",
}
_MOST_AUTHORS = 50


def add_json_ld_claims(nodes: list[JsonLdNode], claims: Claims) -> None:
    """Add what the page's own objects say; an article or a post before the web page that carries it."""
    by_id = {node.values["@id"]: node.values for node in nodes if _is_described(node)}
    own = [node for node in nodes if node.of_page]
    for node in own:
        if "WebSite" in node.types:
            _add(claims, "site name", node.values, "name", "JSON-LD WebSite name")
    matter = [node for node in own if not node.types & _NOT_THE_MATTER]
    for node in sorted(matter, key=lambda node: bool(node.types & _WEB_PAGES)):
        _add_matter(node.values, by_id, claims)


def _is_described(node: JsonLdNode) -> bool:
    return isinstance(node.values.get("@id"), str) and len(node.values) > 1


def _add_matter(values: dict[str, object], by_id: dict[object, dict[str, object]], claims: Claims) -> None:
    for key in ("headline", "name", "alternativeHeadline"):
        _add(claims, "title", values, key)
    for key in ("author", "creator"):
        for name in _names(values.get(key), by_id):
            claims.add("author", name, f"JSON-LD {key}", Trust.JSON_LD)
    for name in _names(values.get("publisher"), by_id):
        claims.add("publisher", name, "JSON-LD publisher", Trust.JSON_LD)
    _add(claims, "description", values, "description")
    _add(claims, "language", values, "inLanguage")
    for key, name in _TIMES.items():
        for written in strings(values.get(key)):
            claims.add_time(name, written, f"JSON-LD {key}", Trust.JSON_LD)


def _add(claims: Claims, name: str, values: dict[str, object], key: str, tag: str = "") -> None:
    for value in strings(values.get(key)):
        claims.add(name, value, tag or f"JSON-LD {key}", Trust.JSON_LD)


def _names(value: object, by_id: dict[object, dict[str, object]]) -> Iterator[str]:
    """Yield the names of persons or organisations: a text, an object, a reference to one, or a list of these."""
    for member in (value if isinstance(value, list) else [value])[:_MOST_AUTHORS]:
        if isinstance(member, str):
            yield member
        elif isinstance(member, dict):
            identity = member.get("@id")
            described = by_id.get(identity, {}) if isinstance(identity, str) else {}
            for key in ("name", "alternateName", "url"):
                if names := strings(member.get(key)) or strings(described.get(key)):
                    yield from names
                    break

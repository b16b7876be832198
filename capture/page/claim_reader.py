"""Claims in the elements of a page: <meta>, <time>, <title>, the first heading, links and microdata."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from capture.page.claims import Claims, Trust
from capture.page.document import Attributes, Snippet, Start
from capture.page.meta import OPEN_GRAPH, meta_names, words

# Names that pages of news and blogs use: the HTML Standard's, Open Graph, Dublin Core, citation_* of Google Scholar,
# and those of analytics (parsely, sailthru).
_META = {
    "title": "title citation_title dc.title dcterms.title headline og:title parsely-title title twitter:title",
    "author": "article:author author byl citation_author creator dc.creator dcterms.creator og:article:author "
    "parsely-author sailthru.author twitter:creator",
    "description": "dc.description dcterms.description description og:description twitter:description",
    "site name": "application-name og:site_name",
    "publisher": "article:publisher dc.publisher dcterms.publisher publisher",
    "language": "content-language dc.language inlanguage og:locale",
    "canonical address": "og:url",
}
_META_TIMES = {
    "published": "article.published article:published_time citation_date citation_publication_date date datepublished "
    "dc.date dc.date.issued dcterms.date dcterms.issued og:article:published_time og:video:release_date "
    "parsely-pub-date pubdate publish-date publish_date publishdate sailthru.date video:release_date",
    "modified": "article.updated article:modified_time datemodified dc.date.modified dcterms.modified last-modified "
    "og:article:modified_time og:updated_time revised",
    "created": "created datecreated dc.date.created dcterms.created",
    "uploaded": "uploaddate",
}
_NAMES = {key: name for name, keys in _META.items() for key in keys.split()}
_TIME_NAMES = {key: name for name, keys in _META_TIMES.items() for key in keys.split()}

# hAtom and WordPress mark times by class, microdata by itemprop.
_TIME_MARKS = {
    "datepublished": "published",
    "dt-published": "published",
    "entry-date": "published",
    "published": "published",
    "datemodified": "modified",
    "dt-updated": "modified",
    "modified": "modified",
    "updated": "modified",
    "datecreated": "created",
    "uploaddate": "uploaded",
}
_LONGEST_SNIPPET = 1000


class ClaimReader:
    """Reads the elements that say something about the page."""

    def __init__(self, claims: Claims) -> None:
        self._claims = claims
        self._drawings = 0
        self._taken: set[str] = set()
        self.base = ""  # The first <base href>.
        self.starts: Mapping[str, Start] = {
            "html": self._html,
            "base": self._base,
            "meta": self._meta,
            "link": self._link,
            "title": self._title,
            "h1": self._title,
            "time": self._time,
            "a": self._anchor,
            "svg": self._svg,
        }
        self.attributes: Mapping[str, Start] = {"itemprop": self._microdata}
        self.ends: Mapping[str, Callable[[], None]] = {"svg": self._svg_ended}

    def _html(self, _tag: str, attributes: Attributes) -> None:
        language = attributes.get("lang") or attributes.get("xml:lang") or ""
        self._claims.add("language", language, "html lang", Trust.MARKUP)

    def _base(self, _tag: str, attributes: Attributes) -> None:
        self.base = self.base or attributes.get("href", "")

    def _meta(self, _tag: str, attributes: Attributes) -> None:
        content = attributes.get("content", "")
        for name, tag in meta_names(attributes):
            trust = Trust.OPEN_GRAPH if name.startswith(OPEN_GRAPH) else Trust.META
            if name in _NAMES:
                self._claims.add(_NAMES[name], content, tag, trust)
            elif name in _TIME_NAMES:
                self._claims.add_time(_TIME_NAMES[name], content, tag, trust)

    def _link(self, _tag: str, attributes: Attributes) -> None:
        if "canonical" in words(attributes, "rel"):
            self._claims.add("canonical address", attributes.get("href", ""), "link rel=canonical", Trust.META)

    def _title(self, tag: str, _attributes: Attributes) -> Snippet | None:
        """Take the first title, which is not that of a drawing, and the first heading."""
        if tag in self._taken or self._drawings > 0:
            return None
        self._taken.add(tag)
        return self._snippet("title", tag, Trust.TITLE)

    def _time(self, _tag: str, attributes: Attributes) -> Snippet | None:
        name = _time_name(attributes)
        if attributes.get("datetime"):
            self._claims.add_time(name, attributes["datetime"], "time[datetime]", Trust.MARKUP)
            return None

        def _keep(text: str) -> None:
            self._claims.add_time(name, " ".join(text.split()), "time", Trust.MARKUP)

        return Snippet(_LONGEST_SNIPPET, _keep)

    def _anchor(self, _tag: str, attributes: Attributes) -> Snippet | None:
        if "author" in words(attributes, "rel"):
            return self._snippet("author", "a rel=author", Trust.MARKUP)
        return None

    def _microdata(self, tag: str, attributes: Attributes) -> Snippet | None:
        """Read `itemprop` where the element is none of those that are read anyway."""
        # Elements that are read anyway would be taken twice.
        names = words(attributes, "itemprop")
        if tag in {"meta", "link", "time"}:
            return None
        if attributes.get("content"):
            for name in names:
                if name in _TIME_MARKS:
                    self._claims.add_time(_TIME_MARKS[name], attributes["content"], f"itemprop={name}", Trust.MARKUP)
        if "author" in names:
            return self._snippet("author", "itemprop=author", Trust.MARKUP)
        return None

    def _svg(self, _tag: str, _attributes: Attributes) -> None:
        self._drawings += 1

    def _svg_ended(self) -> None:
        self._drawings -= 1

    def _snippet(self, name: str, tag: str, trust: Trust) -> Snippet:
        return Snippet(_LONGEST_SNIPPET, lambda text: self._claims.add(name, text, tag, trust))


def _time_name(attributes: Attributes) -> str:
    """Return what a <time> is the time of, or "time" where nothing says."""
    if "pubdate" in attributes:
        return "published"
    marks = {*words(attributes, "itemprop"), *words(attributes, "class")}
    return next((name for mark, name in _TIME_MARKS.items() if mark in marks), "time")

"""How a page is built: how much text stands where, its forms, scripts, frames and the addresses that it leads on to.

Facts only: what they amount to is judged elsewhere. Each list is bounded, and no text is kept that is longer than it
must be to be recognised.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Mapping

import msgspec

from capture.page.text import BREAKS, UNSEEN

# What holds of an element and of all in it, a bit each; "chrome" is what stands around a page's own content.
_CHROME, _LINK, _CONTROL, _BUTTON, _HEADING, _H1, _H2 = (1 << bit for bit in range(7))
_HIDDEN, _SCRIPT, _NOSCRIPT, _BODY, _CONSENT, _FORM = (1 << bit for bit in range(7, 13))
_UNREAD = _HIDDEN | _SCRIPT | _NOSCRIPT

_AROUND = frozenset({"nav", "footer", "header", "aside", "menu"})
_IN_CONTENT = frozenset({"header", "footer"})  # These belong to the content where they stand in it.
_AROUND_ROLES = frozenset({"banner", "contentinfo", "complementary", "menu", "menubar", "navigation", "search"})
_CONTROLS = frozenset({"button", "label", "legend", "option", "optgroup", "select", "textarea"})
_FIELDS = frozenset({"input", "textarea"})
_HEADINGS = {"h1": _HEADING | _H1, "h2": _HEADING | _H2, "h3": _HEADING}
_AROUND_IT = "around "
# Headings by their level; those of navigation, header and footer stand behind all others.
_LEVELS = ("1", "2", "3", "around 1", "around 2", "around 3")
_SHOWS = frozenset({"audio", "canvas", "embed", "iframe", "img", "math", "object", "picture", "svg", "table", "video"})
_PICTURES = frozenset({"canvas", "img", "picture"})
_COMMENT_PAGE = re.compile(r"/comment-page-[0-9]{1,5}/?#comments$|[?&]cpage=[0-9]{1,5}#comments$")
_ORNAMENT = re.compile(
    r"logo|spinner|loader|loading|splash|placeholder|favicon|(?:^|[/_-])(?:lock|oops|shield)\b", re.IGNORECASE
)
_DRAWING = re.compile(r"\.svg(?:[?#]|$)", re.IGNORECASE)
_SMALL = 128  # Pixels: the width and the height of an icon, a badge or a tracking pixel, at most.
_BLOCKS = frozenset(BREAKS) | {"br", "td", "th"}
# Attributes by which tables laid out pages before there were style sheets.
_LAID_OUT = frozenset({"cellpadding", "cellspacing"})
_ADDRESSES = {
    "form": ("forms", "action"),
    "iframe": ("frames", "src"),
    "frame": ("frames", "src"),
    "script": ("scripts", "src"),
}
_NOT_SHOWN = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_CONSENT_PROVIDERS = (
    "onetrust-", "ot-sdk", "qc-cmp", "sp_message", "didomi-", "fc-consent", "cybotcookiebot", "usercentrics",
    "uc-banner", "truste", "trustarc", "cmpbox", "iubenda-cs", "osano-cm", "tarteaucitron", "axeptio", "klaro",
    "cky-consent", "borlabs", "termly-", "ketch-", "cmplz-", "snigel-cmp", "coi-banner", "evidon", "cc-window",
    "cookiefirst",
)  # fmt: skip
"""How the id or the first class begins of the notice of a provider of consent dialogues."""
# Chinese, Japanese and Korean are written without spaces: a character counts as three letters.
_WIDE = "[\u1100-\u11ff\u2e80-\ud7ff\uf900-\ufaff\uff00-\uffef]"

_LONGEST_BLOCK = 300
_LONGEST_VALUE = 500
_LONGEST_SCRIPT = 2000
_MOST_BLOCKS = 200
_MOST_VALUES = 100
_MOST_MARKS = 1000
_MOST_HEADINGS = 20
# Of one page, after which no more of it is looked at: no page needs so many to be known for what it is.
_MOST_ELEMENTS = 50_000


class Outline(msgspec.Struct, frozen=True, kw_only=True):
    """How a page is built. Lengths are in characters without white space; a Chinese, Japanese or Korean one counts 3.

    Addresses are as the page writes them.
    """

    words: int = 0  # Text outside navigation, header, footer, controls of forms, and links.
    linked: int = 0  # Text of links there.
    links: int = 0
    in_consent: int = 0  # Text of both kinds in the notice of a provider of consent dialogues.
    consents: tuple[str, ...] = ()  # Ids and classes of such notices.
    linked_blocks: int = 0  # Blocks of text that are links and nothing else: the rows of a list.
    rows: tuple[str, ...] = ()  # Where each of these leads, a blank, and its text.
    headings: tuple[str, ...] = ()  # The first headings of the highest level that there is.
    lesser_headings: tuple[str, ...] = ()  # And of the levels below it, down to the third.
    linked_headings: int = 0  # Headings with a link in them: the list of a forum, the front page of a blog.
    # The first blocks of text outside navigation, header and footer that are no longer than 300 characters.
    blocks: tuple[str, ...] = ()
    buttons: tuple[str, ...] = ()
    fields: int = 0  # Fields that a person fills in, but for passwords.
    field_names: tuple[str, ...] = ()  # The names or ids of these.
    ticks: int = 0  # Boxes to tick.
    passwords: int = 0  # Fields for a password, or for a code that is valid once.
    pictured_forms: int = 0  # Images in forms, as of letters that are to be typed.
    forms: tuple[str, ...] = ()
    hrefs: tuple[str, ...] = ()  # Where the first links outside navigation lead.
    frames: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()  # The beginnings of the first scripts that stand in the page.
    noscript: str = ""
    marks: tuple[str, ...] = ()  # Ids, classes and field names.
    empty_roots: tuple[str, ...] = ()  # Ids of elements right below the body that hold no text and show nothing.
    shown: int = 0  # Images, players, tables and the like outside navigation; no drawings, logos, spinners.
    posts: int = 0  # Each `<article>` and `<time>`: what somebody wrote at some time.
    refreshes: tuple[str, ...] = ()  # The content of each `<meta http-equiv=refresh>`.
    later_refreshes: tuple[str, ...] = ()  # Of those in a `<noscript>`: they count for a browser without scripts alone.
    following: tuple[str, ...] = ()  # Where `rel=next` leads.
    # Where WordPress leads to the other pages of one text, or of what is said below it; it writes no `rel` there.
    numbered: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()  # The HTTP status that a page names for crawlers (`prerender-status-code`).
    robots: str = ""
    canonical: str = ""  # The address that the page gives as its own.
    before_links: int = 0  # Text before the first link outside navigation.
    # Whether the page states that it is not free to read (schema.org `isAccessibleForFree`, a locked content tier).
    paid: bool = False


def width(text: str) -> int:
    """Return how long a text is: without white space, a Chinese, Japanese or Korean character counting three."""
    count = sum(map(len, text.split()))
    return count if text.isascii() else count + 2 * len(re.findall(_WIDE, text))


def _is_ornament(tag: str, attributes: Mapping[str, str]) -> bool:
    """Say whether an image is one that a page shows before it has anything to show, or a table lays a page out."""
    if tag == "table":
        return attributes.get("role") == "presentation" or bool(_LAID_OUT & attributes.keys())
    if tag == "img":
        sizes = [attributes.get(name, "").removesuffix("px") for name in ("width", "height")]
        small = all(size.isdecimal() and int(size[:6]) <= _SMALL for size in sizes)
        if (small and not attributes.get("alt")) or _DRAWING.search(attributes.get("src", "")[:_LONGEST_VALUE]):
            return True
    named = (attributes.get(name, "")[:_LONGEST_VALUE] for name in ("src", "alt", "class", "id"))
    return tag == "svg" or (tag == "img" and any(map(_ORNAMENT.search, named)))


class OutlineReader:
    """Told of each start tag, text and end tag of a page, it keeps what makes its outline."""

    def __init__(self) -> None:
        self._flags = array("H")
        self._elements = 0
        self._contents = 0  # How many <main> and <article> are open.
        self._block: list[str] = []
        self._block_room = _LONGEST_BLOCK + 1
        self._block_flags = 0
        self._block_linked = self._block_plain = 0
        self._button: list[str] = []
        self._href = ""
        self._script = ""
        self._root = ""
        self._root_depth = 0
        self._root_empty = False
        self._counts = {
            "words": 0,
            "linked": 0,
            "links": 0,
            "in_consent": 0,
            "linked_blocks": 0,
            "linked_headings": 0,
            "fields": 0,
            "ticks": 0,
            "shown": 0,
            "pictured_forms": 0,
            "posts": 0,
        }
        self._passwords = 0
        self._noscript = ""
        self._robots = self._canonical = ""
        self._before_links = -1
        self._paid = False
        self._lists: dict[str, dict[str, None]] = {}

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take the start of an element."""
        self._elements += 1
        if self._elements > _MOST_ELEMENTS:
            return
        # A stack of flags, two bytes an element: what holds of all text inside it, inherited from the element around.
        above = self._flags[-1] if self._flags else 0
        flags = self._entered(tag, attributes, above)
        if tag in _BLOCKS:
            self._end_block()
        self._flags.append(flags)
        if tag in {"main", "article"}:
            self._contents += 1
        if tag in {"article", "time"}:
            self._counts["posts"] += 1
        # A first child of <body> with an id and nothing in it is where a script builds the page: the sign of an empty
        # shell.
        if above & _BODY and not self._root and attributes.get("id") and tag not in {"script", "style", "noscript"}:
            self._root, self._root_depth, self._root_empty = attributes["id"], len(self._flags), True
        if attributes or tag in _SHOWS or tag in _FIELDS:
            self._note(tag, attributes, flags)

    def end(self, tag: str) -> None:
        """Take the end of an element."""
        if self._elements > _MOST_ELEMENTS or not self._flags:
            return
        if tag in _BLOCKS or tag == "title":
            self._end_block()
        # The root ends where its depth is reached again, whatever stood in it.
        if self._root and len(self._flags) == self._root_depth:
            if self._root_empty:
                self._keep("empty_roots", self._root)
            self._root = ""
        flags = self._flags.pop()
        above = self._flags[-1] if self._flags else 0
        if tag in {"main", "article"}:
            self._contents -= 1
        if flags & _SCRIPT and not above & _SCRIPT and self._script:
            self._keep("inline", self._script, _LONGEST_SCRIPT, 20)
            self._script = ""
        if flags & _BUTTON and not above & _BUTTON:
            self._keep("buttons", " ".join("".join(self._button).split()))
            self._button = []

    def data(self, data: str) -> None:
        """Take text between tags."""
        if self._elements > _MOST_ELEMENTS:
            return
        flags = self._flags[-1] if self._flags else 0
        if flags & _SCRIPT:
            self._script += data[: max(_LONGEST_SCRIPT - len(self._script), 0)]
        elif flags & _NOSCRIPT:
            self._noscript += data[: max(_LONGEST_SCRIPT - len(self._noscript), 0)]
        if flags & _UNREAD:
            return
        self._weigh(data, flags)
        if flags & _BUTTON and not flags & _CHROME and len(self._button) < _MOST_VALUES:
            self._button.append(data[:_LONGEST_BLOCK])
        # A block of text belongs to the element in which it begins.
        if not self._block:
            self._block_flags = flags
        if self._block_room > 0:
            self._block.append(data[: self._block_room])
            self._block_room -= len(data)

    def _weigh(self, data: str, flags: int) -> None:
        """Count text by the place where it stands."""
        count = width(data)
        if count:
            self._root_empty = False
        # All text is a link's or not; text of controls and navigation is neither content nor a sign of any.
        if flags & _LINK:
            self._block_linked += count
        else:
            self._block_plain += count
        if not flags & (_CHROME | _CONTROL):
            self._counts["linked" if flags & _LINK else "words"] += count
            self._counts["in_consent"] += count * bool(flags & _CONSENT)

    def outline(self) -> Outline:
        """Return what was found, at the end of the page."""
        self._end_block()
        by_level = [tuple(self._lists.pop(level, ())) for level in _LEVELS]
        # The highest level that the page uses holds its headings, be it h1 or h3.
        headings, *lesser = [level for level in by_level if level] or [()]
        lists = {name: tuple(values) for name, values in self._lists.items()}
        return Outline(
            **self._counts,  # type: ignore[arg-type]  # each name is that of a field that holds a number
            **lists,  # type: ignore[arg-type]  # and of one that holds words
            headings=headings,
            lesser_headings=tuple(heading for level in lesser for heading in level),
            passwords=self._passwords,
            noscript=" ".join(self._noscript.split()),
            robots=self._robots,
            canonical=self._canonical,
            before_links=self._counts["words"] if self._before_links < 0 else self._before_links,
            paid=self._paid,
        )

    def _entered(self, tag: str, attributes: Mapping[str, str], above: int) -> int:
        """Return what holds of the text inside an element."""
        flags = above & ~_BODY
        role = attributes.get("role", "")
        if (tag in _AROUND and not (self._contents and tag in _IN_CONTENT)) or role in _AROUND_ROLES:
            flags |= _CHROME
        if tag == "a" and "href" in attributes:
            flags |= _LINK
        if tag in _CONTROLS:
            flags |= _CONTROL
        if tag == "form":
            flags |= _FORM
        if tag == "button" or (role == "button" and tag in {"a", "div", "span"}):
            flags |= _BUTTON
        flags |= _HEADINGS.get(tag, 0)
        # A consent notice is told by its provider's name, once for all that is in it; the class of <html> or <body>
        # only says that there is one somewhere.
        if not flags & _CONSENT and tag not in {"html", "body"} and ("id" in attributes or "class" in attributes):
            flags |= self._consent(attributes)
        if tag == "script":
            flags |= _SCRIPT
        elif tag == "noscript":
            flags |= _NOSCRIPT
        elif tag in UNSEEN or "hidden" in attributes or _NOT_SHOWN.search(attributes.get("style", "")[:_LONGEST_VALUE]):
            flags |= _HIDDEN
        return flags | (_BODY if tag == "body" else 0)

    def _consent(self, attributes: Mapping[str, str]) -> int:
        """Return `_CONSENT` where the notice of a provider of consent dialogues begins, whose name is kept."""
        for name in ("id", "class"):
            named = attributes.get(name, "")[:_LONGEST_VALUE].lower()
            if named.startswith(_CONSENT_PROVIDERS):
                self._keep("consents", named.split()[0])
                return _CONSENT
        return 0

    def _note(self, tag: str, attributes: Mapping[str, str], flags: int) -> None:
        """Keep what an element's own attributes say."""
        if attributes.get("itemprop") == "isAccessibleForFree":
            self._paid = self._paid or attributes.get("content", attributes.get("href", "")).lower().endswith("false")
        for name in ("id", "class", "name"):
            if tag != "meta" and (value := attributes.get(name)):
                for mark in value[:_LONGEST_VALUE].split():
                    self._keep("marks", mark.lower(), 80, _MOST_MARKS)
        if tag == "meta":
            self._meta(attributes, flags)
        elif tag in {"link", "a"}:
            self._link(tag, attributes, flags)
        elif tag in _FIELDS and not flags & _CHROME:
            self._input(attributes, flags)
        elif tag in _ADDRESSES and not (tag == "form" and flags & _CHROME):
            name, attribute = _ADDRESSES[tag]
            self._keep(name, attributes.get(attribute, ""))
        # Hidden pictures count: scripts show them later, and a page that has them is no empty shell.
        if tag in _SHOWS and not flags & (_UNREAD & ~_HIDDEN) and not _is_ornament(tag, attributes):
            self._counts["shown"] += not flags & _CHROME
            self._counts["pictured_forms"] += bool(flags & _FORM and tag in _PICTURES and not flags & _CHROME)
            self._root_empty = False

    def _meta(self, attributes: Mapping[str, str], flags: int) -> None:
        content = attributes.get("content", "")
        name = (attributes.get("name") or attributes.get("http-equiv") or "").strip().lower()
        if attributes.get("http-equiv", "").strip().lower() == "refresh":
            self._keep("later_refreshes" if flags & _NOSCRIPT else "refreshes", content, 8192)
        elif attributes.get("property") == "article:content_tier":
            self._paid = self._paid or content.strip().lower() in {"locked", "metered"}
        elif name == "robots":
            self._robots = self._robots or content[:_LONGEST_VALUE].lower()
        elif name in {"prerender-status-code", "status"}:
            self._keep("statuses", content)

    def _link(self, tag: str, attributes: Mapping[str, str], flags: int) -> None:
        href = attributes.get("href", "")
        relations = attributes.get("rel", "")[:_LONGEST_VALUE].lower().split()
        if "next" in relations:
            self._keep("following", href, 8192)
        if tag == "link" and "canonical" in relations:
            self._canonical = self._canonical or href[:8192]
        if "post-page-numbers" in attributes.get("class", "")[:_LONGEST_VALUE].split() or _COMMENT_PAGE.search(href):
            self._keep("numbered", href.partition("#")[0], 8192)
        # Links of navigation say nothing of what the page is; how much text comes before the first other one does.
        if tag == "a" and href and not flags & (_CHROME | _UNREAD):
            if self._before_links < 0:
                self._before_links = self._counts["words"]
            self._counts["links"] += 1
            self._counts["linked_headings"] += bool(flags & _HEADING)
            self._keep("hrefs", href)
            self._href = "".join(href[:_LONGEST_VALUE].split())

    def _input(self, attributes: Mapping[str, str], flags: int) -> None:
        kind = attributes.get("type", "text").strip().lower()
        purpose = attributes.get("autocomplete", "").lower()
        one_digit_each = attributes.get("maxlength") == "1" and attributes.get("inputmode") == "numeric"
        if kind == "password" or "one-time-code" in purpose or one_digit_each:
            # A field for a new password belongs to an offer to register, which pages show that are open to everybody.
            new = "new-password" in purpose
            self._passwords += not (new or flags & _UNREAD)
        elif kind in {"submit", "button"}:
            self._keep("buttons", attributes.get("value", ""))
        elif kind == "checkbox":
            self._counts["ticks"] += not flags & _UNREAD
        elif "captcha" not in attributes.get("name", "").lower() and kind not in {"hidden", "image", "reset", "radio"}:
            self._counts["fields"] += not flags & _UNREAD
            self._keep("field_names", (attributes.get("name") or attributes.get("id", "")).lower(), 80)

    def _end_block(self) -> None:
        text = " ".join("".join(self._block).split())
        flags, self._block, self._block_room = self._block_flags, [], _LONGEST_BLOCK + 1
        # All of the block is a link: a row of a list of pages, such as a front page's headlines.
        row = bool(self._block_linked and not self._block_plain)
        self._block_linked = self._block_plain = 0
        if not text:
            return
        if row and not flags & (_CHROME | _HEADING):
            self._counts["linked_blocks"] += 1
            self._keep("rows", f"{self._href} {text}")
        if flags & _HEADING:
            level = 1 if flags & _H1 else 2 if flags & _H2 else 3
            self._keep(f"{_AROUND_IT if flags & _CHROME else ''}{level}", text, _LONGEST_BLOCK, _MOST_HEADINGS)
        if len(text) <= _LONGEST_BLOCK and not flags & _CHROME:
            self._keep("blocks", text, _LONGEST_BLOCK, _MOST_BLOCKS)

    def _keep(self, name: str, value: str, longest: int = _LONGEST_VALUE, most: int = _MOST_VALUES) -> None:
        """Keep a value once, if there is room for it."""
        kept = self._lists.setdefault(name, {})
        if value and len(value) <= longest and len(kept) < most:
            kept[value] = None

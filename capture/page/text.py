"""The text of a page as a reader sees it, block by block, white space tidied."""

from __future__ import annotations

LONGEST = 1 << 20  # Bytes of text in UTF-8 that are kept of one page.

CUT = "\n\n[The page's text goes on; it was cut here.]"

UNSEEN = frozenset(
    {
        "audio", "canvas", "datalist", "iframe", "noembed", "noframes", "noscript", "object", "script",
        "style", "template", "title", "video",
    }
)  # fmt: skip
"""What a browser with scripts switched on does not show as text."""
_AS_IT_STANDS = frozenset({"listing", "plaintext", "pre", "textarea", "xmp"})

_NOTHING, _SPACE, _TAB, _LINE, _BLANK_LINE = range(5)
_SEPARATORS = ("", " ", "\t", "\n", "\n\n")

BREAKS = dict.fromkeys(
    (
        "body", "caption", "center", "dd", "dir", "div", "dt", "figcaption", "head", "html", "legend", "li", "menu",
        "optgroup", "option", "summary", "textarea", "tr",
    ),
    _LINE,
) | dict.fromkeys(
    (
        "address", "article", "aside", "blockquote", "details", "dialog", "dl", "fieldset", "figure", "footer", "form",
        "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "listing", "main", "nav", "ol", "p", "plaintext", "pre",
        "section", "table", "ul", "xmp",
    ),
    _BLANK_LINE,
)  # fmt: skip
_CELLS = frozenset({"td", "th"})


class VisibleText:
    """Collects the text of a page while it is parsed, up to a bound."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._pending = _NOTHING
        self._unseen = 0
        self._as_it_stands = 0
        self._room = LONGEST
        self.was_cut = False

    def start(self, tag: str) -> None:
        """Note the start of an element."""
        # A break is only remembered, and written before the next text: so there are none at the end, and no three in a
        # row.
        if tag in BREAKS:
            self._pending = max(self._pending, BREAKS[tag])
        elif tag == "br":
            self._pending = _LINE if self._pending < _LINE else _BLANK_LINE
        elif tag in _CELLS:
            self._pending = max(self._pending, _TAB)
        if tag in UNSEEN:
            self._unseen += 1
        elif tag in _AS_IT_STANDS:
            self._as_it_stands += 1

    def end(self, tag: str) -> None:
        """Note the end of an element."""
        if tag in BREAKS:
            self._pending = max(self._pending, BREAKS[tag])
        if tag in UNSEEN:
            self._unseen -= 1
        elif tag in _AS_IT_STANDS:
            self._as_it_stands -= 1

    def data(self, data: str) -> None:
        """Take text that stands between tags."""
        if self._unseen > 0 or self.was_cut:
            return
        if self._as_it_stands > 0:
            self._add_as_it_stands(data.replace("\r\n", "\n").replace("\r", "\n"))
            return
        # White space between elements is one space, as a browser shows it.
        words = data.split()
        if not words or data[0].isspace():
            self._pending = max(self._pending, _SPACE)
        if words:
            self._add(" ".join(words))
            self._pending = _SPACE if data[-1].isspace() else _NOTHING

    def text(self) -> str:
        """Return what was collected; a text that was cut says so at its end."""
        whole = "".join(self._parts)
        if not self.was_cut:
            return whole
        return whole.encode()[: LONGEST - len(CUT)].decode("utf-8", "ignore") + CUT

    def _add_as_it_stands(self, data: str) -> None:
        lines = data.strip("\n")
        self._lines_end(len(data) - len(data.lstrip("\n")))
        if lines:
            self._add(lines)
            self._pending = _NOTHING
            self._lines_end(len(data) - len(data.rstrip("\n")))

    def _lines_end(self, count: int) -> None:
        if count:
            self._pending = max(self._pending, _LINE if count == 1 else _BLANK_LINE)

    def _add(self, piece: str) -> None:
        separator = _SEPARATORS[self._pending] if self._parts else ""
        self._parts.append(separator)
        self._parts.append(piece)
        self._room -= len(separator) + (len(piece) if piece.isascii() else len(piece.encode()))
        self.was_cut = self._room < 0

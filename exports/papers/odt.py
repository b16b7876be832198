"""A paper as ODT (ISO/IEC 26300), written with odfdo: a text that a person corrects in any word processor."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING

from exports.errors import ExportError
from exports.papers.paper import Blank, Paper, PaperHeading, PaperParagraph, PaperTable, Words
from hashing.tool import installs, tool

if TYPE_CHECKING:
    from odfdo import Document, Element


_SHORT, _LONG = 21.0, 29.7  # Centimetres of the sides of A4.
_MARGIN = 2.0
_TEXT = """
<style:style style:name="{name}" style:display-name="{name}" style:family="paragraph">
<style:paragraph-properties fo:margin-top="{above}cm" fo:margin-bottom="{below}cm" fo:margin-left="{left}cm"
 fo:text-indent="{indent}cm" fo:keep-with-next="{keep}"{box}/>
<style:text-properties style:font-name="Liberation Sans" fo:font-family="Liberation Sans" fo:font-size="{size}pt"
 fo:font-weight="{weight}" fo:font-style="normal" fo:language="en" fo:country="GB"/>
</style:style>"""
_PLAIN: dict[str, str | float] = {
    "above": 0.0,
    "below": 0.2,
    "left": 0.0,
    "indent": 0.0,
    "keep": "auto",
    "box": "",
    "size": 10.5,
    "weight": "normal",
}
_BOX = ' fo:border-left="0.1cm solid #777777" fo:padding-left="0.25cm"'
_TEXTS: dict[str, dict[str, str | float]] = {
    "PaperTitle": {"size": 16.0, "weight": "bold", "below": 0.1, "keep": "always"},
    "PaperSubtitle": {"below": 0.5},
    "PaperHeading": {"size": 12.0, "weight": "bold", "above": 0.4, "keep": "always"},
    "PaperText": {},
    "PaperNumbered": {"left": 1.0, "indent": -1.0},
    "PaperNote": {"size": 9.5, "box": _BOX},
    "PaperCell": {"size": 9.0, "below": 0.0},
    "PaperHead": {"size": 9.0, "below": 0.0, "weight": "bold"},
    "PaperRunning": {"size": 7.5, "below": 0.0},
}
_BLANK = """
<style:style style:name="PaperBlank" style:family="text">
<style:text-properties fo:background-color="#fff2a8" fo:font-weight="bold"/></style:style>"""
_CELL = """
<style:style style:name="PaperTableCell" style:family="table-cell">
<style:table-cell-properties fo:padding="0.1cm" fo:border="0.02cm solid #999999"/></style:style>"""
_ROW = """
<style:style style:name="PaperTableRow" style:family="table-row">
<style:table-row-properties fo:keep-together="always"/></style:style>"""
_TABLE = """
<style:style style:name="PaperTable" style:family="table">
<style:table-properties style:width="{width}cm" table:align="left" fo:margin-bottom="0.3cm"/></style:style>"""
_COLUMN = """
<style:style style:name="{name}" style:family="table-column">
<style:table-column-properties style:column-width="{width:.2f}cm"/></style:style>"""
_PAGE = """
<style:page-layout style:name="PaperPage">
<style:page-layout-properties fo:page-width="{width}cm" fo:page-height="{height}cm" style:print-orientation="{way}"
 fo:margin-top="{margin}cm" fo:margin-bottom="{margin}cm" fo:margin-left="{margin}cm" fo:margin-right="{margin}cm"/>
<style:header-style><style:header-footer-properties fo:min-height="0.8cm" fo:margin-bottom="0.4cm"/>
</style:header-style>
<style:footer-style><style:header-footer-properties fo:min-height="0.6cm" fo:margin-top="0.3cm"/>
</style:footer-style>
</style:page-layout>"""
_MASTER = """
<style:master-page style:name="Standard" style:page-layout-name="PaperPage">
<style:header><text:p text:style-name="PaperRunning">{running}</text:p></style:header>
<style:footer><text:p text:style-name="PaperRunning">Page <text:page-number
 text:select-page="current">1</text:page-number> of <text:page-count>1</text:page-count></text:p></style:footer>
</style:master-page>"""


def demand_writer() -> None:
    """Check that ODT can be written here. Raises ExportError, with what to install."""
    try:
        import odfdo  # noqa: F401 - whether it is there
    except ImportError as error:
        raise ExportError(
            "a paper as ODT takes odfdo, which is not here",
            hint=f"{installs('odfdo>=3.27')}; or take --format pdf",
        ) from error


def odt(paper: Paper, moment: datetime) -> bytes:
    """Return a paper as the bytes of an ODT file, which says that it was made at `moment`."""
    from odfdo import Document

    document = Document("text")
    width = (_LONG if paper.wide else _SHORT) - 2 * _MARGIN
    _lay_out(document, paper, width)
    body = document.body
    # odfdo's template may hold text of its own.
    body.clear()
    body.append(_paragraph("PaperTitle", (paper.title,)))
    body.append(_paragraph("PaperSubtitle", (paper.subtitle,)))
    for number, block in enumerate(paper.blocks):
        for element in _elements(document, block, number, width):
            body.append(element)
    meta = document.meta
    meta.title, meta.generator = f"{paper.title} (draft)", tool()
    meta.creation_date = meta.date = moment.replace(tzinfo=None, microsecond=0)
    meta.language = "en-GB"
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _lay_out(document: Document, paper: Paper, width: float) -> None:
    """Put the styles in, and a page with the running head and the page's number."""
    long, short = (_LONG, _SHORT) if paper.wide else (_SHORT, _LONG)
    way = "landscape" if paper.wide else "portrait"
    for name, own in _TEXTS.items():
        document.insert_style(_TEXT.format(name=name, **{**_PLAIN, **own}))
    for style in (_BLANK, _CELL, _ROW, _TABLE.format(width=width)):
        document.insert_style(style, automatic=True)
    document.insert_style(_BLANK)
    document.insert_style(_PAGE.format(width=long, height=short, way=way, margin=_MARGIN), automatic=True)
    document.insert_style(_MASTER.format(running=escape(paper.running)))


def _elements(document: Document, block: object, number: int, width: float) -> Iterator[Element]:
    match block:
        case PaperHeading():
            from odfdo import Header

            heading = Header(2, block.text, style="PaperHeading")
            heading.set_attribute("text:is-list-header", "true")  # without a number of the outline's
            yield heading
        case PaperParagraph():
            style = "PaperNumbered" if block.number else "PaperNote" if block.boxed else "PaperText"
            lead = (f"{block.number}.\t",) if block.number else ()
            yield _paragraph(style, (*lead, *block.words))
        case PaperTable():
            yield _table(document, block, number, width)


def _paragraph(style: str, words: Words) -> Element:
    from odfdo import Paragraph, Span

    paragraph = Paragraph(style=style)
    for each in words:
        if isinstance(each, Blank):
            paragraph.append(Span(str(each), style="PaperBlank"))
        else:
            paragraph.append_plain_text(each)
    return paragraph


def _table(document: Document, block: PaperTable, number: int, width: float) -> Element:
    """Return a table; its head stands again on every page."""
    from odfdo import Column, Element, Table

    table = Table(f"Table {number}", style="PaperTable")
    whole = sum(block.widths)
    for place, share in enumerate(block.widths):
        name = f"PaperColumn{number}-{place}"
        document.insert_style(_COLUMN.format(name=name, width=width * share / whole), automatic=True)
        table.append(Column(style=name))
    if block.head:
        # Rows that the program repeats at the top of every page (ODF 1.3, part 3, `table:table-header-rows`).
        head = Element.from_tag("table:table-header-rows")
        head.append(_row(tuple((name,) for name in block.head), "PaperHead"))
        table.append(head)
    for row in block.rows:
        table.append(_row(row, "PaperCell", "PaperCell" if block.head else "PaperHead"))
    return table


def _row(cells: tuple[Words, ...], style: str, first: str = "") -> Element:
    from odfdo import Element

    row = Element.from_tag("table:table-row")
    row.set_attribute("table:style-name", "PaperTableRow")
    for place, words in enumerate(cells):
        row.append(_cell(words, first if first and place == 0 else style))
    return row


def _cell(words: Words, style: str) -> Element:
    from odfdo import Element

    cell = Element.from_tag("table:table-cell")
    cell.set_attribute("table:style-name", "PaperTableCell")
    cell.set_attribute("office:value-type", "string")
    cell.append(_paragraph(style, words))
    return cell

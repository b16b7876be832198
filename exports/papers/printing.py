"""A paper as a page, and as tagged PDF by WeasyPrint, which is given our own text alone and may fetch nothing."""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from exports.forms.pdf import fetcher
from exports.papers.paper import Blank, Paper, PaperHeading, PaperParagraph, PaperTable

if TYPE_CHECKING:
    from jinja2 import Environment


_FOLDER = Path(__file__).parent


def paper_page(paper: Paper) -> bytes:
    """Return a paper as a page that stands by itself: no script, and nothing from elsewhere."""
    return _environment().get_template("paper.html.j2").render(paper=paper).encode()


def print_paper(paper: Paper) -> bytes:
    """Return a paper as the bytes of a PDF."""
    import weasyprint

    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)  # what it cannot draw is no news for the user
    printed = weasyprint.HTML(string=paper_page(paper).decode(), url_fetcher=fetcher({}, {})).write_pdf(pdf_tags=True)
    assert isinstance(printed, bytes)  # noqa: S101 - tells the type: without a target it returns the bytes
    return printed


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        # A name that is misspelt in a template is an error, and not an empty place in a court paper.
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.tests |= {
        "blank": lambda each: isinstance(each, Blank),
        "heading": lambda each: isinstance(each, PaperHeading),
        "paragraph": lambda each: isinstance(each, PaperParagraph),
        "table": lambda each: isinstance(each, PaperTable),
    }
    return made

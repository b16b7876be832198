from __future__ import annotations

from pathlib import Path

from capture.extractors import EXTRACTORS
from capture.extractors.platforms import page

ROOT = Path(__file__).parents[3]


def test_the_page_is_what_the_registry_says() -> None:
    """docs/platforms.md is made from the code: `python -m capture.extractors.platforms > docs/platforms.md`."""
    assert (ROOT / "docs/platforms.md").read_text("utf-8") == page()


def test_the_order_in_which_a_scene_is_tried_stands_there() -> None:
    """Each extractor has its row, in the order in which they are asked, the web last."""
    text = page()
    rows = [text.index(f"| {number} | {source.name} |") for number, source in enumerate(EXTRACTORS, 1)]
    assert rows == sorted(rows)
    assert EXTRACTORS[-1].name == "web"

"""One stranger's entry never costs the others, whatever stands at whatever place of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from exports.verification import verify
from tests.capture.extractors.feed.making import END, FRAME
from tests.capture.extractors.hostile import among, elements
from tests.servers import Body, SceneServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from capture.run.run import CaptureResult
    from exports.format.capture_view import CaptureView
    from tests.sampling import Sample

    Captured = Callable[..., tuple[CaptureResult, CaptureView]]

HONEST = [f"Honest {number}" for number in range(5)]

MARKUP = [
    "",
    "]]>",
    "&j; &#0; &#xD800; &",
    "<![CDATA[ ]] ]]>",
    "<a>" * 5000,
    "<a>" * 3000 + "</a>" * 3000,
    "</b></i>",
    "<!-- -- -->",
    "<?php x ?>",
    "<x:y xmlns:x='u:}'>z</x:y>",
    "\x00\x1b[31m\ufffe",
    "x" * 20_000,
    "9999-12-31T23:59:59-14:00",
    "http://[::1/\x01:99999999@x",
    "&lt;img src='//[' srcset=',,'&gt;",
    "<img src='http://127.0.0.1:1/' onerror='x'/>",
]
"""What may stand in the place of any text of an entry."""

FIELDS = {  # of an entry, whose own element comes first
    "rss": "item guid link title description pubDate author category enclosure comments media:content media:group "
    "content:encoded dc:date dc:creator georss:point",
    "atom": "entry id title summary content updated published author category link",
}


def entry(kind: str, number: int, field: str, markup: str) -> str:
    """Return an entry with markup in one field, as its text and, where it can be one, as an attribute."""
    outer = FIELDS[kind].split()[0]
    name = "guid" if kind == "rss" else "id"
    attribute = markup.replace("&", "&amp;").replace("'", "").replace("<", "&lt;")
    inside = f"<{field} type='html' url='{attribute}' href='{attribute}' term='{attribute}'>{markup}</{field}>"
    return f"<{outer}><{name}>urn:{number}</{name}><title>Bad {number}</title>{inside}</{outer}>"


@pytest.mark.parametrize("kind", FIELDS)
def test_no_markup_in_any_field_of_an_entry_costs_another(captured: Captured, kind: str) -> None:
    """A feed holds all kinds of broken markup in every field of an entry: the others are captured and verify."""
    outer, *fields = FIELDS[kind].split()
    name = "guid" if kind == "rss" else "id"
    hostile = [
        entry(kind, number, field, markup).encode("utf-8", "surrogatepass")
        for number, (field, markup) in enumerate((field, markup) for field in fields for markup in MARKUP)
    ]
    honest = [f"<{outer}><{name}>h:{title}</{name}><title>{title}</title></{outer}>".encode() for title in HONEST]
    frame, end = (
        (FRAME, END) if kind == "rss" else ('<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title>', "</feed>")
    )
    body = frame.encode() + b"\n".join(among(hostile, honest)) + end.encode()
    with SceneServer({"/feed": Body(data=body, type="application/xml")}) as server:
        result, view = captured(server.url("/feed"), attempts=1, media="none")
    assert set(HONEST) <= {each.post.title for each in view.items if each.post}
    assert verify(result.path).verdict == "ok"


def test_no_value_at_any_place_of_a_json_item_costs_another(captured: Captured, sample: Sample) -> None:
    """A JSON Feed holds every hostile value at every place of an item: the others are captured and verify."""

    def _item(number: int) -> dict[str, Any]:
        return {
            "id": f"urn:{number}",
            "url": "/posts/1",
            "title": "Bad",
            "content_html": "<p>x",
            "image": "/x.jpg",
            "authors": [{"name": "Eve", "url": "/eve"}],
            "author": {"name": "Eve"},
            "tags": ["x"],
            "attachments": [{"url": "/x.mp4", "mime_type": "video/mp4", "title": "x"}],
            "date_published": "2026-03-01T18:00:00Z",
            "language": "en",
        }

    honest = [json.dumps({"id": title, "title": title}).encode() for title in HONEST]
    items = b",".join(among(elements(_item, sample), honest))
    body = b'{"version": "https://jsonfeed.org/version/1.1", "title": "t", "items": [' + items + b"]}"
    with SceneServer({"/feed": Body(data=body, type="application/feed+json")}) as server:
        result, view = captured(server.url("/feed"), attempts=1, media="none")
    assert set(HONEST) <= {each.post.title for each in view.items if each.post}
    assert verify(result.path).verdict == "ok"

from __future__ import annotations

import json

import pytest

from capture.page.json_ld import read_json_ld
from capture.page.read_page import read_page

_URL = "https://example.org/"


def _page(*blocks: str) -> bytes:
    return "".join(f'<script type="application/ld+json">{block}</script>' for block in blocks).encode()


@pytest.mark.parametrize(
    "wrapped",
    [
        '{"@type":"Article","headline":"T"}',
        '[{"@type":"Article","headline":"T"}]',
        '{"@graph":[{"@type":["Thing","https://schema.org/Article"],"headline":"T"}]}',
        '{"@type":"WebPage","mainEntity":{"@type":"schema:Article","headline":"T"}}',
        '<!-- {"@type":"Article","headline":"T"} -->',
        '//<![CDATA[\n{"@type":"Article","headline":"T"}\n//]]>',
        '/*<![CDATA[*/ {"@type":"Article","headline":"T"} /*]]>*/',
        '<![CDATA[{"@type":"Article","headline":"T"}]]>;',
        '\ufeff{"@type":"Article","headline":"T"}'.lstrip("\ufeff"),
        '{"@type":"Article","headline":"T","description":"two\nlines"}',
    ],
)
def test_a_block_is_read_in_any_of_its_usual_wrappings(wrapped: str) -> None:
    """Lists, @graph, comments, CDATA, line ends inside texts."""
    page = read_page(_page(wrapped), url=_URL)
    assert [(claim.value, claim.tag) for claim in page.claimed("title")] == [("T", "JSON-LD headline")]
    assert page.notes == ()


@pytest.mark.parametrize(
    ("author", "names"),
    [
        ("Jo", ["Jo"]),
        (["Jo", "Sam"], ["Jo", "Sam"]),
        ({"@type": "Person", "name": "Jo"}, ["Jo"]),
        (
            [{"name": "Jo"}, "Sam", {"@type": "Organization", "name": ["Desk", "Newsroom"]}],
            ["Jo", "Sam", "Desk", "Newsroom"],
        ),
        ({"@id": "#jo"}, ["Jo Hartley"]),
        ({"alternateName": "@jo", "url": "https://example.org/jo"}, ["@jo"]),
        ({"url": "https://example.org/jo"}, ["https://example.org/jo"]),
        ({"@id": ["#jo"]}, []),
        (7, []),
        (None, []),
        ({"name": {"@value": "Jo"}}, []),
    ],
)
def test_authors_are_named_in_any_of_their_usual_forms(author: object, names: list[str]) -> None:
    """A text, an object, a reference to one, or a list of these."""
    graph = [{"@type": "Article", "author": author}, {"@id": "#jo", "@type": "Person", "name": "Jo Hartley"}]
    page = read_page(_page(json.dumps({"@graph": graph})), url=_URL)
    assert [claim.value for claim in page.author] == names


@pytest.mark.parametrize(
    ("values", "media"),
    [
        ({"image": "a.jpg"}, [("photo", "a.jpg", "JSON-LD image")]),
        ({"image": ["a.jpg", "b.jpg"]}, [("photo", "a.jpg", "JSON-LD image"), ("photo", "b.jpg", "JSON-LD image")]),
        ({"image": {"@type": "ImageObject", "url": "a.jpg"}}, [("photo", "a.jpg", "JSON-LD image url")]),
        ({"image": {"url": ["a.jpg"]}}, [("photo", "a.jpg", "JSON-LD image url")]),
        ({"photo": {"@type": "Photograph", "contentUrl": "a"}}, [("photo", "a", "JSON-LD contentUrl")]),
        ({"thumbnailUrl": "t.jpg"}, [("photo", "t.jpg", "JSON-LD thumbnailUrl")]),
        (
            {"@type": "VideoObject", "contentUrl": "v", "embedUrl": "e.mp4", "thumbnailUrl": ["t.jpg"]},
            [("video", "v", "JSON-LD contentUrl"), ("photo", "t.jpg", "JSON-LD thumbnailUrl")],
        ),
        ({"video": "v.mp4"}, [("video", "v.mp4", "JSON-LD video")]),
        ({"video": "https://player.example/1"}, []),
        ({"@type": "AudioObject", "contentUrl": "s.mp3"}, [("audio", "s.mp3", "JSON-LD contentUrl")]),
        (
            {"@type": "MediaObject", "contentUrl": "s", "encodingFormat": "audio/mpeg"},
            [("audio", "s", "JSON-LD contentUrl")],
        ),
        ({"@type": "MediaObject", "contentUrl": "s.pdf"}, [("document", "s.pdf", "JSON-LD contentUrl")]),
        ({"@type": "MediaObject", "contentUrl": "s.zip"}, []),
        ({"publisher": {"logo": {"@type": "ImageObject", "url": "logo.png"}}}, []),
        ({"comment": [{"image": "c.jpg"}]}, [("photo", "c.jpg", "JSON-LD image")]),
        ({"image": 7, "thumbnailUrl": None, "contentUrl": {}}, []),
    ],
)
def test_media_are_found_in_any_of_their_usual_forms(values: object, media: list[tuple[str, str, str]]) -> None:
    """Texts, lists and objects; players and logos are none."""
    page = read_page(_page(json.dumps(values)), url=_URL)
    assert [(link.kind, link.url.removeprefix(_URL), link.found_in) for link in page.media] == media


def test_comments_and_other_articles_make_no_claim_for_the_page() -> None:
    """Their authors and dates are not the page's."""
    values = {
        "@type": "DiscussionForumPosting",
        "headline": "T",
        "datePublished": "2026-03-14",
        "comment": {"@type": "Comment", "author": "Reader", "datePublished": "2026-03-15"},
        "isPartOf": {"@type": "WebPage", "name": "Other"},
    }
    page = read_page(_page(json.dumps(values)), url=_URL)
    assert [claim.value for claim in page.claims] == ["T"]
    assert [time.written for time in page.times] == ["2026-03-14"]


@pytest.mark.parametrize(
    ("block", "note"),
    [
        ("{", "JSON-LD block 2: not JSON (line 1, column 2)"),
        ("", "JSON-LD block 2: not JSON (line 1, column 1)"),
        ("{'a': 1}", "JSON-LD block 2: not JSON (line 1, column 2)"),
        ('{"a":' + "9" * 10_000 + "}", "JSON-LD block 2: a number too long to be read"),
        ("[" * 10_000 + "]" * 10_000, "JSON-LD block 2: nested too deeply to be read"),
        ('{"a":' * 500 + "1" + "}" * 500, "JSON-LD block 2: too large or nested too deeply, read in part"),
        ("[" + "{}," * 60_000 + "{}]", "JSON-LD block 2: too large or nested too deeply, read in part"),
        (" " * 3_000_000, "JSON-LD block 2: longer than 2,097,152 characters, not read"),
    ],
)
def test_a_block_that_cannot_be_read_is_noted_and_the_others_are_read(block: str, note: str) -> None:
    """One broken block must not hide what the next one says."""
    page = read_page(_page('{"name":"A"}', block, '{"name":"B"}'), url=_URL)
    assert page.notes == (note,)
    assert [claim.value for claim in page.claims] == ["A", "B"]


def test_a_huge_value_leaves_a_bounded_number_of_objects() -> None:
    """A block of 2 MB may hold a million objects."""
    blocks = ["[" + "{}," * 30_000 + "{}]"] * 4
    found = read_json_ld(blocks)
    assert len(found.nodes) < 60_000
    assert len(found.notes) == 4


def test_no_more_than_a_hundred_blocks_are_read() -> None:
    """The rest is counted."""
    page = read_page(_page(*['{"image":"a.jpg"}'] * 150), url=_URL)
    assert page.notes == ("50 further JSON-LD blocks were not read",)


def test_lone_surrogates_are_replaced_because_no_file_can_hold_them() -> None:
    """JSON can write half a character; the ledger cannot."""
    page = read_page(
        _page(r'{"headline":"a\ud800b \ud83d\ude00","image":"a\udc00.jpg","datePublished":"\ud800"}'), url=_URL
    )
    assert page.title == "a\ufffdb 😀"
    assert page.times[0].written == "\ufffd"
    assert [link.url for link in page.media] == ["https://example.org/a%3F.jpg"]
    repr(page).encode()

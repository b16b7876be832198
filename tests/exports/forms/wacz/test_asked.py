from __future__ import annotations

import io
import json

import pytest
from cdxj_indexer.postquery import query_extract  # type: ignore[import-untyped]  # it ships no types

from exports.forms.wacz.asked import RequestBlock, body_query


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", {"half": 1, "of": ["street", "é ~"], "deep": {"half": "two", "none": ""}}),
        ("application/json; charset=utf-8", {"query": "{ a(b: 1) }", "variables": {"id": "17", "n": [1, 2]}}),
        ("text/plain;charset=UTF-8", {"a": 1}),
        ("application/octet-stream", {"a": 1}),
    ],
)
def test_a_body_is_the_query_that_another_indexer_makes_of_it(kind: str, body: object) -> None:
    """cdxj-indexer, which py-wacz uses, writes the same of what has no value that Python spells otherwise."""
    data = json.dumps(body).encode()
    other = query_extract(kind, len(data), io.BytesIO(data), "https://x.example/").replace("none=&", "")
    assert body_query(kind, data).replace("%7E", "~") == other.replace("%7E", "~").removesuffix("&none=")


@pytest.mark.parametrize(
    ("kind", "body", "query"),
    [
        ("application/json", b'{"a": true, "b": null, "c": 1.0, "d": 1.5}', "a=true&b=null&c=1&d=1.5"),
        ("application/json", b"[" * 100_000, ""),
        ("application/json", b'{"a": ', ""),
        ("application/json", b"\xff", ""),
        ("text/plain", b"not JSON", ""),
        ("application/x-www-form-urlencoded", b"a=1&b=%20", "a=1&b=%20"),
        (
            "multipart/form-data; boundary=X",
            b'--X\r\nContent-Disposition: form-data; name="a"\r\n\r\n1 2\r\n--X--',
            "a=1+2",
        ),
        ("multipart/form-data", b"--X", ""),
        ("", b"\x00\xff", "__wb_post_data=AP8="),
        ("", b"x" * 9000, ("__wb_post_data=" + "eHh4" * 3000)[:4096]),
    ],
)
def test_bodies_as_the_players_script_reads_them(kind: str, body: bytes, query: str) -> None:
    """Values are spelt as JavaScript spells them; what cannot be read is an empty query; all is bounded."""
    assert body_query(kind, body) == query


def test_only_a_method_and_a_body_are_read_of_a_request() -> None:
    """GET asks for an address alone; another method is told with its body; what is no request says nothing."""

    def _asked(*pieces: bytes) -> tuple[str, str]:
        block = RequestBlock()
        for piece in pieces:
            block.update(piece)
        return block.asked()

    assert _asked(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") == ("", "")
    assert _asked(b"POST /a HTTP/1.1\r\nContent-Type: application/json\r\n", b'\r\n{"a": 1}') == ("POST", "a=1")
    assert _asked(b"\x00" * 100) == ("", "")

from __future__ import annotations

import pytest
from webencodings import LABELS, lookup

from capture.page.encoding import decode, encoding_named

CODECS = {name: lookup(label).codec_info.name for label in LABELS if (name := encoding_named(label))}


@pytest.mark.parametrize(
    ("body", "content_type", "encoding", "decided_by"),
    [
        (b"\xef\xbb\xbf<meta charset=koi8-r>x", "text/html; charset=big5", "UTF-8", "byte order mark"),
        (b"\xff\xfe<\0p\0", "text/html; charset=utf-8", "UTF-16LE", "byte order mark"),
        (b"\xfe\xff\0<\0p", "", "UTF-16BE", "byte order mark"),
        (b"<meta charset=koi8-r>", "text/html;charset=ISO-8859-2", "ISO-8859-2", "Content-Type"),
        (b"x", 'text/html; Charset = "Shift_JIS"', "Shift_JIS", "Content-Type"),
        (b"<meta charset=koi8-r>", "text/html", "KOI8-R", "meta"),
        (b"<META http-equiv='Content-Type' content='text/html; charset=euc-kr'>", "", "EUC-KR", "meta"),
        (b"<meta content='text/html; charset=gb2312' http-equiv=content-type>", "", "GBK", "meta"),
        (b"<?xml version='1.0' encoding='iso-8859-5'?><p>", "", "ISO-8859-5", "meta"),
        (b"<!-- <meta charset=big5> --><meta charset='windows-1250'>", "", "windows-1250", "meta"),
        (b"<\0p\0>\0\xe9\0", "", "UTF-16LE", "its first bytes"),
        (b"plain", "", "UTF-8", "valid UTF-8"),
        ("é".encode(), "", "UTF-8", "valid UTF-8"),
        ("é".encode()[:1], "", "UTF-8", "valid UTF-8"),
        (b"caf\xe9 au lait", "", "windows-1252", "nothing says otherwise"),
        (b" " * 2000 + b"<meta charset=windows-1251>\xcf\xf0", "", "windows-1251", "meta"),
        (b" " * 2000 + b"<meta charset=windows-1251>", "", "UTF-8", "valid UTF-8"),
    ],
)
def test_the_encoding_is_decided_in_the_order_of_browsers(
    body: bytes, content_type: str, encoding: str, decided_by: str
) -> None:
    """Byte order mark, Content-Type, <meta>, valid UTF-8, windows-1252."""
    decoded = decode(body, content_type)
    assert (decoded.encoding, decoded.decided_by) == (encoding, decided_by)


@pytest.mark.parametrize(
    "label",
    ["utf-7", "rot13", "base64", "idna", "unicode_escape", "x\0y", "", "é", "../../x", "a" * 5000, "none", "zip"],
)
def test_a_label_that_names_no_encoding_of_the_web_is_passed_over(label: str) -> None:
    """Python knows codecs that no browser would let a page choose."""
    assert encoding_named(label) is None
    body = b"<meta charset='" + label.encode() + b"'>caf\xc3\xa9"
    decoded = decode(body, f"text/html; charset={label}")
    assert decoded.encoding == "UTF-8"
    assert decoded.text.endswith("café")


def test_a_meta_that_claims_utf_16_means_utf_8() -> None:
    """It could not have been read if it were UTF-16."""
    assert decode("<meta charset=utf-16>é".encode()).text == "<meta charset=utf-16>é"


def test_latin_1_is_read_as_windows_1252() -> None:
    """As every browser does, whatever the label says."""
    assert decode(b"\x93quoted\x94 \x81", "text/html; charset=iso-8859-1").text == "“quoted” \x81"


def test_bytes_that_are_not_valid_are_shown_as_replaced() -> None:
    """A page that lies about its encoding is read all the same."""
    assert decode(b"caf\xe9!", "text/html; charset=utf-8").text == "caf\ufffd!"
    assert decode(b"a\xd2", "text/html; charset=iso-8859-3").text == "aÒ"
    assert decode(b"a\xa5", "text/html; charset=iso-8859-3").text == "a\ufffd"


def test_nul_becomes_the_replacement_character() -> None:
    """It would end the page for a parser written in C."""
    assert decode(b"<p>a\0b").text == "<p>a\ufffdb"


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    """It only says how to read."""
    assert decode(b"\xff\xfe" + "é".encode("utf-16-le")).text == "é"


@pytest.mark.parametrize("name", CODECS)
def test_every_encoding_of_the_standard_decodes_and_never_fails(name: str) -> None:
    """Any byte, in any encoding that a page may choose."""
    body = bytes(range(256)) * 2 + "<p>".encode(CODECS[name])
    decoded = decode(body, f"text/html; charset={name}")
    assert decoded.encoding == name
    assert "\0" not in decoded.text
    decoded.text.encode()

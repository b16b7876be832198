from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.batch import RowsRead, failed_rows, read_rows
from capture.batch.check_rows import checked_rows
from capture.batch.read_rows import LONGEST_LINE
from capture.batch.row import FORMATS
from capture.request.options import CaptureOptions
from hashing.case.batch_events import RowOptions
from hashing.times import system_clock

BASE = CaptureOptions(officer="Mary Price", initials="MP")
DEFAULTS = RowOptions(media="photos,videos")


def read(data: bytes, name: str = "rows", form: str = "") -> RowsRead:
    """Read rows from bytes."""
    return read_rows(io.BytesIO(data), name, form)


def bad(data: bytes, name: str = "rows", form: str = "") -> list[tuple[int, str]]:
    """Return line and reason of every row that is wrong, as read and as checked."""
    rows = read(data, name, form)
    _, wrong = checked_rows(rows.rows, BASE, DEFAULTS, system_clock())
    return [(each.line, each.reason) for each in (*rows.bad, *wrong)]


def test_text_has_comments_and_hashtags() -> None:
    """A sign with a space behind it, or alone, is a comment; with a word behind it a hashtag; the rest are scenes."""
    text = b"\xef\xbb\xbfhttps://a.example/\n# why\n#\n#\ttabbed\n\n  #FireWatch  \r\nb.example"
    assert [(row.line, row.scene) for row in read(text).rows] == [
        (1, "https://a.example/"),
        (6, "#FireWatch"),
        (7, "b.example"),
    ]


def test_csv_says_more_of_a_row() -> None:
    """Columns named as options are read as their types; empty cells say nothing; the lines are those of the file."""
    data = b'URL;Note;thread;limit;On\nhttps://a.example/;"two\nlines";yes;3;x.example, bsky\n\n;;;;\nb.example;;;;\n'
    first, second = read(data).rows
    assert (first.line, first.scene) == (2, "https://a.example/")
    assert first.options == RowOptions(note="two\nlines", thread=True, limit=3, on=("x.example", "bsky"))
    assert (second.line, second.options) == (6, RowOptions())


def test_json_lines_say_the_same() -> None:
    """An object a line; null is not given; a list or words for places."""
    data = b'{"scene": "#Fire", "on": ["bsky"], "limit": 2, "note": null}\n\n{"url": "a.example", "on": "x.y bsky"}'
    first, second = read(data).rows
    assert (first.scene, first.options) == ("#Fire", RowOptions(on=("bsky",), limit=2))
    assert (second.line, second.options.on) == (3, ("x.y", "bsky"))


@pytest.mark.parametrize(
    ("data", "name", "wrong"),
    [
        (b"\xff\xfea\0", "rows.txt", [(0, "in UTF-16: save it as UTF-8")]),
        (b"PK\x03\x04\0\0", "rows.xlsx", [(0, "a zip file or a spreadsheet: save it as CSV (UTF-8)")]),
        (b"a.example\n\xe4.example\n", "rows.txt", [(2, "not UTF-8")]),
        (b"x" * (LONGEST_LINE + 1) + b"\na.example", "rows", [(1, "longer than 256 KiB, which no row is")]),
        (b"a.example/\x1b[2J\n", "rows", [(1, "a control character is in the scene")]),
        (b"file:///etc/passwd\n", "rows", [(1, "file:///etc/passwd: not a web address that can be captured")]),
        (b"#Fire\n", "rows", [(1, "#Fire: a hashtag needs a place to look in")]),
        (b"address,note\na,b\n", "r.csv", [(1, "no column is called scene or url: the first line names the columns")]),
        (b"url,URL\na,b\n", "r.csv", [(1, "two columns say the same")]),
        (b"url,scene\na,b\n", "r.csv", [(1, "two columns say the same")]),
        (b"url,note\na.example\nb.example,x,y\n", "r.csv",
         [(2, "1 cell under 2 columns"), (3, "3 cells under 2 columns")]),
        (b"url,note\na.example,x\0y\n", "r.csv", [(2, "a NUL byte is in it")]),
        (b'url,note\na.example,"never\nclosed\n', "r.csv", [(2, "a quotation mark is opened and never closed")]),
        (b'url,note\na.example,"t\n\xff\nx"\nb.example,\n', "r.csv",
         [(2, "a line of it cannot be read"), (3, "not UTF-8")]),
        (b"url,limit\na.example,ten\n", "r.csv", [(2, "limit 'ten': not a number")]),
        (b"url,thread\na.example,perhaps\n", "r.csv", [(2, "thread 'perhaps': write yes or no")]),
        (b"url,note\n,x\n", "r.csv", [(2, "it names no scene")]),
        (b"url,media\na.example,sounds\n", "r.csv", [(2, "--media sounds: sounds is not a kind of media")]),
        (b"url,since\na.example,soon\n", "r.csv", [(2, "since soon: not a moment")]),
        (b"url,initials\na.example,M P\n", "r.csv", [(2, "--initials M P: not initials")]),
        (b"[1]\n", "r.jsonl", [(1, "Expected `object`, got `array`")]),
        (b'{"url": 1}\n', "r.jsonl", [(1, "Expected `str | null`, got `int` - at `$.url`")]),
        (b'{"url": "a.example", "limit": true}\n', "r.jsonl",
         [(1, "Expected `int | null`, got `bool` - at `$.limit`")]),
        (b'{"url": "a.example", "limit": -1}\n', "r.jsonl", [(1, "limit: not between 0 and 1,000,000,000")]),
        (b'{"url": "a.example", "colour": 1}\n', "r.jsonl", [(1, "Object contains unknown field `colour`")]),
        (b'{"note": "x"}\n', "r.jsonl", [(1, "it names no scene")]),
        (b'{"url": "a.example", "scene": "b.example"}\n', "r.jsonl", [(1, "it has both a scene and a url")]),
    ],
)  # fmt: skip
def test_every_wrong_row_is_named(data: bytes, name: str, wrong: list[tuple[int, str]]) -> None:
    """Whatever is wrong with a row is said with its line, and the others are read all the same."""
    assert bad(data, name) == wrong


def test_an_unknown_column_is_named_with_those_that_are_known() -> None:
    """A column that is misspelt would otherwise be left out in silence."""
    [(line, reason)] = bad(b"url,sinse\na.example,2h\n")
    assert line == 1
    assert "'sinse'" in reason
    assert "since" in reason


@pytest.mark.parametrize(
    "broken", [b"{", b'{"url": "\xf0"}', b"{" * 5000, b'{"url":' + b"[" * 5000, b'{"url": "\\ud800"}']
)
def test_broken_json_is_a_wrong_row(broken: bytes) -> None:
    """What is no JSON, nested without end, or no text is one wrong row."""
    [(line, _)] = bad(b'{"url": "a.example"}\n' + broken + b"\n", form="jsonl")
    assert line == 2


@pytest.mark.parametrize("form", ["", *FORMATS])
def test_an_empty_file_has_no_rows(form: str) -> None:
    """Nothing in, nothing out."""
    assert read(b"", form=form).rows == ()


@given(st.binary(max_size=300), st.sampled_from(["", *FORMATS]))
def test_any_bytes_are_rows_or_wrong_rows(data: bytes, form: str) -> None:
    """No bytes raise; every line number is one of the file's."""
    rows = read(data, form=form)
    good, wrong = checked_rows(rows.rows, BASE, DEFAULTS, system_clock())
    lines = data.count(b"\n") + 1
    assert all(0 <= each.line <= lines for each in (*rows.bad, *wrong))
    assert all(0 < row.given.line <= lines for row in good)


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(["a.example/1", "#Fire"]), WORDS, WORDS), min_size=1, max_size=3))
def test_failed_rows_read_back_are_the_same_rows(cells: list[tuple[str, str, str]]) -> None:
    """A row that is written to be fed back in, whatever words, formulae or signs it holds, is the same row again."""
    import csv

    file = io.StringIO()
    csv.writer(file).writerows([("scene", "note", "title"), *cells])
    objects = "".join(json.dumps(dict(zip(("scene", "note", "title"), row, strict=True))) + "\n" for row in cells)
    for data, form in ((file.getvalue().encode(), "csv"), (objects.encode(), "jsonl")):
        given_rows = read(data, form=form)
        rows, wrong = checked_rows(given_rows.rows, BASE, RowOptions(on=("bsky",)), system_clock())
        assert not wrong
        back = read(failed_rows(given_rows, [(row, "why\nnot") for row in rows]), form=form)
        again, _ = checked_rows(back.rows, BASE, RowOptions(on=("bsky",)), system_clock())
        assert [row.id for row in again] == [row.id for row in rows]


def test_failed_rows_of_text_say_why_and_hold_no_login() -> None:
    """As text each row has its reason above it; a login is written nowhere."""
    rows = read(b"https://mary:secret@a.example/\n#Fire\n")
    checked, _ = checked_rows(rows.rows, BASE, RowOptions(on=("bsky",)), system_clock())
    written = failed_rows(rows, [(row, "gone\n\x1b[2J") for row in checked])
    assert written == b"# gone  [2J\nhttps://a.example/\n# gone  [2J\n#Fire\n"
    table = read(b"url,note\nhttps://mary:secret@a.example/,x\n")
    checked, _ = checked_rows(table.rows, BASE, DEFAULTS, system_clock())
    assert failed_rows(table, [(checked[0], "")]) == b"url,note\r\nhttps://a.example/,x\r\n"


def test_a_row_is_the_same_by_what_it_says() -> None:
    """Not its line, the officer on duty or a default that is named; but what is captured, and its own words."""

    def ids(text: bytes, base: CaptureOptions = BASE, defaults: RowOptions = DEFAULTS) -> list[str]:
        return [row.id for row in checked_rows(read(text, "r.csv").rows, base, defaults, system_clock())[0]]

    [plain] = ids(b"url\na.example\n")
    assert ids(b'url,media\n\na.example,"photos,videos"\n') == [plain]
    assert ids(b"url\nhttps://a.example\na.example\n") == [plain]
    assert ids(b"url\na.example\n", CaptureOptions(officer="John Hill", initials="JH")) == [plain]
    assert ids(b"url\na.example\n", defaults=RowOptions(media="none")) != [plain]
    [secret] = ids(b"url\nhttps://mary:secret@a.example\n")
    assert [secret] == ids(b"url\nhttps://mary:other@a.example\n") != [plain]
    assert plain not in ids(b"url,note,limit\na.example,x,\na.example,,2\na.example,y,\n")


def test_a_row_has_its_own_officer() -> None:
    """The initials of an officer whom a row names are that officer's, unless it names them too."""
    rows = read(b"url,officer,initials\na.example,John Hill,\nb.example,John Hill,X\nc.example,,\n", "r.csv")
    checked, _ = checked_rows(rows.rows, BASE, DEFAULTS, system_clock())
    named = [(row.options.officer, row.options.initials) for row in checked]
    assert named == [("John Hill", "JH"), ("John Hill", "X"), ("Mary Price", "MP")]

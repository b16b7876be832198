from __future__ import annotations

import io
from typing import TYPE_CHECKING
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps
from rich.cells import cell_len

from exports.custody.label import Label, label, label_file, label_text
from exports.custody.label.label import WIDTH as COLUMNS
from exports.custody.label.picture import DPI, HEIGHT, WIDTH, label_picture, qr_code, written_out
from exports.errors import NothingToExport
from hashing.case.custody import record_description
from hashing.errors import NoSuchExhibit
from hashing.printable import printable
from tests.exports.small_case import OFFICER, SCENE, CaseMaker, Thing, make_case, photo

if TYPE_CHECKING:
    from pathlib import Path

FINGERPRINT = "038e 5b7c 807b 1d4c 4ede 4693 e343 6d5b 77a1 b42f"
NAMES = ("Case", "Description", "Captured", "Seized", "Place", "From", "Officer", "Holds")
HOSTILE = [
    "W" * 4000,
    "\u202e\x1b[31m" * 300,
    "word " * 900,
    "\u5317\u4eac" * 500,
    "\u0645\u0631\u062d\u0628\u0627" * 200,
]


@pytest.fixture
def maker(tmp_path: Path) -> CaseMaker:
    """Make a case with an exhibit of two items."""
    maker = make_case(tmp_path)
    maker.capture([Thing("page.html", b"<p>hi", "page", "text/html"), Thing("p.jpg", photo())])
    return maker


def _label(text: str) -> Label:
    shown = printable(text)
    return Label(ref=shown, lines=tuple((name, shown) for name in NAMES), fingerprint=FINGERPRINT)


def test_what_stands_on_a_label(maker: CaseMaker) -> None:
    """A label says what the exhibit is, when, where and by whom it was seized, how much it holds, and its seal."""
    record_description(maker.case, "MP/1", "an older word", key=maker.key, officer=OFFICER)
    record_description(maker.case, "MP/1", "photos of the fire", key=maker.key, officer=OFFICER, place="Market Street")
    record_description(maker.case, "MP/1-0002", "one photo", key=maker.key, officer=OFFICER)
    made = label(maker.case, "MP/1")
    lines = dict(made.lines)
    assert (lines["Description"], lines["Place"], lines["From"]) == ("photos of the fire", "Market Street", SCENE)
    assert (lines["Case"], lines["Officer"]) == ("Operation Alder", OFFICER)
    assert lines["Holds"].startswith(f"2 items, {5 + len(photo()):,} bytes")
    text = label_text(made)
    assert all(word in text for word in ("EXHIBIT MP/1", made.fingerprint, "Name", "Signature", "Date", "Time"))
    item = dict(label(maker.case, "MP/1-0002").lines)
    assert (item["Description"], item["Holds"].partition(",")[0]) == ("one photo", "1 item")


def test_no_label_without_a_seal(maker: CaseMaker) -> None:
    """There is no label of an exhibit that is not sealed, or not there."""
    maker.begin()
    with pytest.raises(NothingToExport, match="not sealed"):
        label(maker.case, "MP/2")
    with pytest.raises(NoSuchExhibit):
        label(maker.case, "MP/3")


@given(st.text(max_size=2000) | st.sampled_from(HOSTILE))
def test_any_text_stays_inside_the_frame(text: str) -> None:
    """Every line of a text label is as wide as its frame, whatever was typed, and no terminal obeys it."""
    lines = label_text(_label(text)).splitlines()
    assert {cell_len(line) for line in lines} == {COLUMNS}
    assert all(
        char.isprintable() or char in "\u200c\u200d" or category(char) == "Zs" for line in lines for char in line
    )
    assert any(FINGERPRINT in line for line in lines)


@pytest.mark.sample(2)
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_inside_the_picture(text: str) -> None:
    """Text of any length and script leaves the margins and the seal of the picture as they are."""
    plain, hostile = label_picture(_label("x")), label_picture(_label(text))
    for box in ((0, 0, 88, HEIGHT), (WIDTH - 88, 0, WIDTH, HEIGHT), (0, 1250, WIDTH, HEIGHT)):
        assert hostile.crop(box).tobytes() == plain.crop(box).tobytes()
    assert hostile.tobytes() != plain.tobytes()


def test_a_label_uses_its_space() -> None:
    """A short label is written large; a long description is written whole, and leaves the seal alone."""
    lines = (("Case", "Fire on Market Street"), ("Reference", "22/12345"), ("Officer", OFFICER))
    whole = "the telephone's photos of the fire, as the witness posted them, and what others said below. " * 6
    heights = []
    for more in ((), (("Description", whole),)):
        picture = label_picture(Label(ref="MP/1", lines=(*lines, *more), fingerprint=FINGERPRINT))
        box = ImageOps.invert(picture.crop((380, 255, WIDTH - 60, 1270)).convert("L")).getbbox()
        assert box is not None
        heights.append(box[3])
    assert heights[0] > 240
    assert heights[1] > 2 * heights[0]


def test_letters_that_the_font_lacks() -> None:
    """A letter that the font lacks loses its accent or is written out; nothing becomes an empty box."""
    from PIL import ImageFont

    font = ImageFont.load_default(40)
    assert isinstance(font, ImageFont.FreeTypeFont)
    assert written_out("Zo\u00eb \u5317", font) == "Zoe \\u5317"


def test_picture_to_print() -> None:
    """The PNG is A5 at 300 dots to the inch, without shades, with the fingerprint's QR code in it."""
    made = _label("x")
    picture = Image.open(io.BytesIO(label_file(made, "png")))
    assert (picture.size, picture.mode) == ((WIDTH, HEIGHT), "1")
    assert round(picture.info["dpi"][0]) == DPI
    code = qr_code(FINGERPRINT)
    scale = 460 // code.width
    side = code.width * scale
    found = [
        top
        for top in range(1200, 1500)
        if picture.getpixel((WIDTH - 90 - side + 4 * scale, top + 4 * scale)) == 0
        and picture.crop((WIDTH - 90 - side, top, WIDTH - 90, top + side)).tobytes()
        == code.resize((side, side), 0).tobytes()
    ]
    assert len(found) == 1
    assert code.tobytes() != qr_code(FINGERPRINT.replace("0", "1")).tobytes()


def test_page_to_print() -> None:
    """The PDF is one page of A5 that keeps every dot."""
    data = label_file(_label("x"), "pdf")
    assert data.startswith(b"%PDF-")
    assert b"CCITTFaxDecode" in data
    width, height = (round(dots * 72 / DPI) for dots in (WIDTH, HEIGHT))
    box = data.partition(b"/MediaBox [")[2].partition(b"]")[0].split()
    assert [round(float(number)) for number in box] == [0, 0, width, height]

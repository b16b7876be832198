"""The label as a picture or a page to print: A5, 300 dots to the inch, black and white without shades.

Without shades a printer has nothing to soften, and PDF keeps every dot (CCITT G4) where it would blur a photo (JPEG).
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from exports.custody.label.label import LINES, SIGNATURES, Label
from exports.errors import ExportError

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont


FORMATS = ("png", "pdf")
DPI = 300
WIDTH, HEIGHT = 1748, 2480  # A5 (ISO 216), in dots.

# Dots, as everything here: about 12 to the millimetre.
_MARGIN = 90
_NAME = 300
# Type sizes in dots; the body begins at _LARGEST and shrinks to _BODY.
_TITLE, _LARGEST, _BODY, _SMALL = 110, 76, 44, 34
_TOP, _SEAL_TOP = 260, 1_270  # Between which the named lines stand.
_LEADING, _BETWEEN = 14, 12
_MOST_WHOLE = 14
_CUT = " …"
# Rows of one text, else one, so that all have room; what is longer stands in full in the custody log.
_MOST_ROWS = {"Description": 4, "From": 3, "Place": 2}
_QR = 460
_ROW = 105  # Height of a line for a signature.
_BLACK, _WHITE = 0, 1


def label_file(label: Label, form: str) -> bytes:
    """Return the label as a PNG or PDF file. `form` is one of FORMATS."""
    out = io.BytesIO()
    picture = label_picture(label)
    if form == "pdf":
        picture.save(out, "PDF", resolution=DPI, title=f"Exhibit {label.ref}", producer="goldenhour")
    else:
        picture.save(out, "PNG", dpi=(DPI, DPI))
    return out.getvalue()


def label_picture(label: Label) -> Image:
    """Draw the label."""
    from PIL import Image, ImageDraw

    picture = Image.new("1", (WIDTH, HEIGHT), _WHITE)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((20, 20, WIDTH - 20, HEIGHT - 20), outline=_BLACK, width=6)
    room = WIDTH - 2 * _MARGIN
    draw.text((_MARGIN, 60), "EXHIBIT", _BLACK, _font(_SMALL))
    title = _fitted(label.ref, _TITLE, room)
    draw.text((_MARGIN, 100), next(_rows(label.ref, title, room, 1), ""), _BLACK, title)
    small = _font(_SMALL)
    # The one part whose length is not known: its type shrinks until all lines fit above the seal.
    size, lines = _laid_out(label.lines, room - _NAME)
    down = _TOP
    for name, rows in lines:
        draw.text((_MARGIN, down + size - _SMALL), name, _BLACK, small)
        for row in rows:
            draw.text((_MARGIN + _NAME, down), row, _BLACK, _font(size))
            down += size + _LEADING
        down += _BETWEEN
    _seal(picture, draw, label.fingerprint, HEIGHT - _MARGIN - _ROW * (LINES + 1) + 40)
    _signatures(draw, HEIGHT - _MARGIN)
    return picture


def _laid_out(lines: Sequence[tuple[str, str]], room: int) -> tuple[int, list[tuple[str, list[str]]]]:
    """Return the largest size at which all that a label says fits above its seal, and its rows at that size.

    What is too long for the smallest size is cut to the rows that each text has.
    """
    for size in range(_LARGEST, _BODY - 1, -4):
        laid = [(name, list(_rows(text, _font(size), room, _MOST_WHOLE))) for name, text in lines]
        height = sum(len(rows) * (size + _LEADING) + _BETWEEN for _, rows in laid)
        if height <= _SEAL_TOP - _TOP and not any(row.endswith(_CUT) for _, rows in laid for row in rows[-1:]):
            return size, laid
    return _BODY, [(name, list(_rows(text, _font(_BODY), room, _MOST_ROWS.get(name, 1)))) for name, text in lines]


def _seal(picture: Image, draw: ImageDraw, fingerprint: str, bottom: int) -> None:
    """Draw the seal's fingerprint as people read it, and beside it as a camera does."""
    top = bottom - _QR - 50
    groups = fingerprint.split(" ")
    large = _font(64)
    draw.text((_MARGIN, top + 40), "Seal: compare these digits with the notebook", _BLACK, _font(_SMALL))
    for line, first in enumerate(range(0, len(groups), 4)):
        draw.text((_MARGIN, top + 100 + 84 * line), "  ".join(groups[first : first + 4]), _BLACK, large)
    code = qr_code(fingerprint)
    # A whole number of dots to each module: between two, a printer makes them unequal, and cameras fail.
    side = code.width * (_QR // code.width)
    picture.paste(code.resize((side, side), 0), (WIDTH - _MARGIN - side, top))


def qr_code(text: str) -> Image:
    """Return a QR code (ISO/IEC 18004) with its quiet zone, a dot a module."""
    import segno
    from PIL import Image

    rows = [bytes(row) for row in segno.make_qr(text, error="m").matrix_iter(border=4)]
    code = Image.new("1", (len(rows[0]), len(rows)), _WHITE)
    code.putdata([_WHITE - module for row in rows for module in row])
    return code


def _signatures(draw: ImageDraw, bottom: int) -> None:
    small = _font(_SMALL)
    edges = [_MARGIN, 650, 1190, 1430, WIDTH - _MARGIN]
    top = bottom - _ROW * LINES
    for name, left in zip(SIGNATURES, edges[:-1], strict=True):
        draw.text((left + 12, top - _SMALL - 14), name, _BLACK, small)
    for line in range(LINES + 1):
        draw.line((edges[0], top + _ROW * line, edges[-1], top + _ROW * line), _BLACK, 3)
    for edge in edges:
        draw.line((edge, top, edge, bottom), _BLACK, 3)


@cache
def _font(size: int) -> FreeTypeFont:
    from PIL import ImageFont

    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise ExportError("Pillow was built without FreeType, which draws text", hint="print the label as text")
    return font


def _fitted(text: str, size: int, room: int) -> FreeTypeFont:
    """Return the largest font up to `size` in which a text takes one row, or the body's."""
    while size > _BODY and _font(size).getlength(text[:200]) > room:
        size -= 10
    return _font(size)


def _rows(text: str, font: FreeTypeFont, room: int, most: int) -> Iterator[str]:
    """Break a text into rows that fit into `room` dots; the last one says if it is cut.

    Rows end between words, or between the steps of an address, if they can.
    """
    shown = written_out(text, font)
    for number in range(1, most + 1):
        row = _beginning(shown, font, room)
        rest = shown[len(row) :].lstrip()
        if rest and number == most:
            yield _beginning(row, font, room - int(font.getlength(_CUT))) + _CUT
        else:
            yield row.rstrip()
        if not rest:
            return
        shown = rest


def _beginning(text: str, font: FreeTypeFont, room: int) -> str:
    # 1. Double what is measured until it is too long: a text of thousands of letters is never measured whole.
    fits, too_long = 1, 2
    while too_long <= len(text) and font.getlength(text[:too_long]) <= room:
        fits, too_long = too_long, 2 * too_long
    too_long = min(too_long, len(text) + 1)
    # 2. Halve the rest. 3. End between words where one ends in the second half.
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if font.getlength(text[:middle]) <= room:
            fits = middle
        else:
            too_long = middle
    end = max(text.rfind(" ", 0, fits + 1), text.rfind("/", 0, fits) + 1)
    return text[:fits] if fits >= len(text) or end <= fits // 2 else text[:end]


def written_out(text: str, font: FreeTypeFont) -> str:
    r"""Write letters that the font does not have without their accents, or as `\u5317`: empty boxes say nothing.

    Pillow's own font has few letters but those of ASCII; the label as text keeps all.
    """
    missing = _drawn("\uffff", font)
    has = {char: char.isascii() or _drawn(char, font) != missing for char in set(text)}
    return "".join(char if has[char] else _plain(char) for char in text)


def _drawn(char: str, font: FreeTypeFont) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(char, "1")
    return mask.size, bytes(mask)


def _plain(char: str) -> str:
    bare = "".join(part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part))
    return bare if bare.isascii() else char.encode("ascii", "backslashreplace").decode()

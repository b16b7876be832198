from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hashing.case.facts import Fact
from tests.capture.photo.making import Block, Entry, facts_of, jpeg, rational, short, text, undefined, values_of

if TYPE_CHECKING:
    from pathlib import Path

MAKE, DESCRIPTION, COPYRIGHT, USER_COMMENT = 0x010F, 0x010E, 0x8298, 0x9286


def test_control_characters_and_bidi_marks_are_written_out(tmp_path: Path) -> None:
    """A camera name cannot clear the screen, end a line or turn text round."""
    values = values_of(tmp_path, jpeg(Block(image=[text(MAKE, "A\x1b[2J\r\nB\u202eC\u2066D\u2028E")])))
    assert values["camera make"] == "A\\x1b[2J\\x0d\\x0aB\\u202eC\\u2066D\\u2028E"


def test_text_is_kept_as_written_in_every_script(tmp_path: Path) -> None:
    """What can be read stays as it is."""
    words = "Улица Ленина, 東京, café, بيروت 👩\u200d👩"
    assert values_of(tmp_path, jpeg(Block(image=[text(DESCRIPTION, words)])))["description"] == words


def test_bytes_that_are_no_utf_8_are_written_out_and_not_guessed(tmp_path: Path) -> None:
    """Which older coding a camera meant is not for us to decide."""
    assert values_of(tmp_path, jpeg(Block(image=[text(MAKE, b"caf\xe9")])))["camera make"] == "caf\\xe9"


def test_a_text_of_a_megabyte_is_cut_and_says_so(tmp_path: Path) -> None:
    """Long text is cut after 1,000 characters; a TIFF has room for a megabyte."""
    data = Block(image=[text(DESCRIPTION, b"x" * (1 << 20))]).encoded()
    assert values_of(tmp_path, data)["description"] == "x" * 1000 + "… (cut: 1,048,577 bytes in all)"


def test_a_text_that_lies_outside_the_block_could_not_be_read(tmp_path: Path) -> None:
    """A length that the file does not have is a fact, and the other tags are still read."""
    block = Block(image=[Entry(MAKE, 2, 0xFFFFFFF0, b"\xf0\xff\xff\x7f"), text(DESCRIPTION, "still here")])
    values = values_of(tmp_path, jpeg(block))
    assert str(values["camera make"]).startswith("could not be read: its 4,294,967,280 bytes should stand at")
    assert values["description"] == "still here"


def test_what_follows_the_end_of_a_text_is_dropped_but_not_the_editors_copyright(tmp_path: Path) -> None:
    """A zero byte ends a text; in a copyright notice the standard puts a second one after it."""
    block = Block(image=[text(MAKE, b"Maker\0garbage"), text(COPYRIGHT, b"Photographer\0Editor")])
    values = values_of(tmp_path, jpeg(block))
    assert (values["camera make"], values["copyright"]) == ("Maker", "Photographer; Editor")


def test_blank_text_is_no_fact(tmp_path: Path) -> None:
    """Cameras fill unused tags with spaces."""
    assert "camera make" not in values_of(tmp_path, jpeg(Block(image=[text(MAKE, "      ")])))


@pytest.mark.parametrize(
    ("prefix", "coding"),
    [
        (b"ASCII\0\0\0", "utf-8"),
        (b"UNICODE\0", "utf-16-le"),
        (b"UNICODE\0", "utf-16-be"),
        (b"UNICODE\0", "utf-16"),
        (b"JIS\0\0\0\0\0", "iso2022_jp"),
        (bytes(8), "utf-8"),
    ],
)
def test_a_user_comment_is_read_in_the_coding_that_it_names(tmp_path: Path, prefix: bytes, coding: str) -> None:
    """The first eight bytes say how a comment is coded; for UTF-16 programs differ in the byte order."""
    words = "夜の街" if coding == "iso2022_jp" else "Красная площадь"
    facts = facts_of(tmp_path, jpeg(Block(exif=[undefined(USER_COMMENT, prefix + words.encode(coding))])))
    assert facts["user comment"] == Fact("user comment", words, "EXIF UserComment")


def test_a_long_user_comment_is_read(tmp_path: Path) -> None:
    """Comments of more than a thousand bytes are ordinary where a program writes its settings there."""
    comment = b"ASCII\0\0\0" + b"y" * 3000
    values = values_of(tmp_path, jpeg(Block(exif=[undefined(USER_COMMENT, comment)])))
    assert values["user comment"] == "y" * 1000 + "… (cut: 3,000 bytes in all)"


def test_windows_titles_and_keywords_are_read(tmp_path: Path) -> None:
    """Windows writes UTF-16 into tags of its own."""
    entry = Entry(0x9C9E, 1, 12, "mýk".encode("utf-16-le").ljust(12, b"\0"))
    assert values_of(tmp_path, jpeg(Block(image=[entry])))["keywords"] == "mýk"


def test_exposure_is_written_as_photographers_write_it(tmp_path: Path) -> None:
    """Exposure time, aperture, sensitivity and focal length help to tell cameras apart."""
    block = Block(
        exif=[rational(0x829A, (1, 60)), rational(0x829D, (18, 10)), short(0x8827, 400, 0), rational(0x920A, (265, 10))]
    )
    values = values_of(tmp_path, jpeg(block))
    found = (values["exposure time"], values["f-number"], values["ISO speed"], values["focal length"])
    assert found == ("1/60 s", "f/1.8", 400, "26.5 mm")


def test_numbers_that_are_void_or_text_could_not_be_read(tmp_path: Path) -> None:
    """A zero below the line and text in the place of a number each give their reason."""
    block = Block(exif=[rational(0x829A, (1, 0)), text(0x829D, "wide open"), short(0xA002, 1, 2)])
    values = values_of(tmp_path, jpeg(block))
    assert values["exposure time"] == "could not be read: a fraction with zero below the line"
    assert values["f-number"] == "could not be read: written as text: wide open"
    assert values["width by EXIF"] == "could not be read: 2 values where there should be one"


def test_a_maker_note_is_noted_and_not_decoded(tmp_path: Path) -> None:
    """Makers do not say how their notes are built."""
    facts = facts_of(tmp_path, jpeg(Block(image=[text(MAKE, "Canon")], exif=[undefined(0x927C, bytes(30_000))])))
    assert facts["maker note present"] == Fact("maker note present", value=True, tag="EXIF MakerNote")

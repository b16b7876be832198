from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.capture.photo.making import Block, encoded, facts_of, jpeg, picture, values_of

if TYPE_CHECKING:
    from pathlib import Path


def test_a_thumbnail_of_the_photos_shape_says_so(tmp_path: Path) -> None:
    """A thumbnail is a fact with its size in pixels and bytes."""
    small = encoded("JPEG", picture(160, 107))
    facts = facts_of(tmp_path, jpeg(Block(thumbnail=small), picture(1500, 1000)))
    assert facts["thumbnail"].value == f"JPEG, 160 by 107 pixels, {len(small):,} bytes"
    assert facts["thumbnail"].tag == "EXIF JPEGInterchangeFormat, EXIF JPEGInterchangeFormatLength"
    assert facts["thumbnail shape"].value == "as the photo's"


def test_a_thumbnail_of_another_shape_tells_of_cropping_or_padding(tmp_path: Path) -> None:
    """A photo that was cropped after the shot often keeps the old thumbnail; some cameras pad theirs."""
    data = jpeg(Block(thumbnail=encoded("JPEG", picture(160, 120))), picture(600, 200))
    value = (
        "differs from the photo's: the photo may have been cropped after the shot, or the camera pads its thumbnails"
    )
    assert values_of(tmp_path, data)["thumbnail shape"] == value


def test_a_thumbnail_that_lies_on_its_side_tells_of_turning(tmp_path: Path) -> None:
    """A photo that was turned after the shot often keeps the old thumbnail."""
    data = jpeg(Block(thumbnail=encoded("JPEG", picture(160, 120))), picture(480, 640))
    value = "the photo's, turned by 90°: the photo may have been turned after the shot"
    assert values_of(tmp_path, data)["thumbnail shape"] == value


@pytest.mark.parametrize("thumbnail", [b"GIF89a" + bytes(100), b"\xff\xd8\xff", bytes(50)])
def test_what_is_no_thumbnail_could_not_be_read(tmp_path: Path, thumbnail: bytes) -> None:
    """EXIF may point at anything."""
    value = values_of(tmp_path, jpeg(Block(thumbnail=thumbnail)))["thumbnail"]
    assert str(value).startswith("could not be read: there is no JPEG where EXIF says that one is")


def test_a_thumbnail_that_is_cut_off_says_so(tmp_path: Path) -> None:
    """A block that ends inside its thumbnail states how much there is."""
    data = Block(thumbnail=encoded("JPEG", picture(160, 120))).encoded()
    value = values_of(tmp_path, jpeg(data[:-100]))["thumbnail"]
    assert str(value).startswith("could not be read: it ends after ")


def test_no_thumbnail_is_no_fact(tmp_path: Path) -> None:
    """What a photo does not have is not mentioned."""
    assert "thumbnail" not in values_of(tmp_path, jpeg(Block()))

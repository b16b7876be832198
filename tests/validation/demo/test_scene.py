from __future__ import annotations

import io
import socket
import urllib.error
import urllib.request
from urllib.parse import urljoin, urlsplit

import exifread
import pytest
from PIL import Image, ImageOps

from capture.page.read_page import read_page
from tests.patience import PATIENCE
from validation.demo import DemoScene
from validation.demo.photos import PHOTOS
from validation.demo.scene import CLIP, GONE, LYING


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:  # noqa: S310 - our own server
        data: bytes = answer.read()
    return data


def test_the_page_shows_every_photo_and_the_video() -> None:
    """What the page links is what is served, plus the two traps."""
    with DemoScene() as scene:
        page = read_page(_get(scene.url), url=scene.url, content_type="text/html; charset=utf-8")
        paths = {urlsplit(link.url).path for link in page.media}
        assert paths == {f"/photos/{photo.name}" for photo in PHOTOS} | {CLIP, GONE, LYING}
        for photo in PHOTOS:
            with Image.open(io.BytesIO(_get(urljoin(scene.url, f"/photos/{photo.name}")))) as image:
                image.load()
                assert image.size == ((600, 800) if photo.orientation == 6 else (800, 600))
                assert ImageOps.exif_transpose(image).size == (800, 600)


def test_the_photos_say_where_and_when_they_were_taken() -> None:
    """EXIF is there to be read, with and without a zone, with and without a place."""
    with_zone = exifread.process_file(io.BytesIO(PHOTOS[0].encoded()))
    assert str(with_zone["EXIF DateTimeOriginal"]) == "2026:03:01 18:02:07"
    assert str(with_zone["EXIF OffsetTimeOriginal"]) == "+00:00"
    assert str(with_zone["GPS GPSLongitudeRef"]) == "W"
    naive = exifread.process_file(io.BytesIO(PHOTOS[2].encoded()))
    assert "EXIF OffsetTimeOriginal" not in naive
    assert exifread.process_file(io.BytesIO(PHOTOS[7].encoded())) == {}


def test_the_video_is_one() -> None:
    """The clip has the boxes of a playable MP4."""
    with DemoScene() as scene:
        clip = _get(urljoin(scene.url, CLIP))
    assert clip[4:8] == b"ftyp"
    assert b"moov" in clip
    assert len(clip) < 150_000


def test_the_traps_are_traps() -> None:
    """One picture is gone, and one is announced longer than it is."""
    with DemoScene() as scene:
        with pytest.raises(urllib.error.HTTPError, match="404") as caught:
            _get(urljoin(scene.url, GONE))
        caught.value.close()
        parts = urlsplit(scene.url)
        with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=PATIENCE) as connection:
            connection.sendall(f"GET {LYING} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        head, _, body = answer.partition(b"\r\n\r\n")
        assert b"Content-Length: 90000" in head
        assert len(body) == 20_000


def test_the_photos_are_small() -> None:
    """A newcomer does not wait for the pictures to be drawn: there are few of them, of half a megapixel each."""
    sizes = [Image.open(io.BytesIO(photo.encoded())).size for photo in PHOTOS]
    assert sum(width * height for width, height in sizes) < 6_000_000

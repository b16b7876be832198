"""Pages as they are found, read whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from capture.page import Claim, MediaLink, ReadPage, TimeClaim
from capture.page.read_page import read_page
from hashing.case.kinds import ItemKind

_PAGES = Path(__file__).with_name("pages")


def _read(name: str, url: str, content_type: str = "text/html") -> ReadPage:
    return read_page((_PAGES / name).read_bytes(), url=url, content_type=content_type)


def _media(page: ReadPage) -> list[tuple[str, str, str, str]]:
    return [(link.kind, link.url, link.found_in, link.alt) for link in page.media]


@pytest.fixture(scope="module")
def news() -> ReadPage:
    """Return a news article with everything a publisher puts in."""
    return _read("news.html", "https://www.courier.example/news/local/warehouse-fire-48213?utm_source=x")


@pytest.fixture(scope="module")
def forum() -> ReadPage:
    """Return a discussion of the old kind: tables, a legacy encoding, and a <base>."""
    return _read("forum.html", "http://forum.example/board/viewtopic.php?t=5")


@pytest.fixture(scope="module")
def gallery() -> ReadPage:
    """Return a gallery that loads its photos late."""
    return _read("gallery.html", "https://galerie.example/tour/")


@pytest.fixture(scope="module")
def old() -> ReadPage:
    """Return a page of 1997."""
    return _read("html32.html", "http://home.example/~bob/index.htm")


def test_a_news_article_gives_every_photo_and_video_once_the_shown_before_the_named(news: ReadPage) -> None:
    """Each image in its largest size, each video in each format, thumbnails and what they link to."""
    images = "https://www.courier.example/images/48213"
    assert _media(news) == [
        ("photo", f"{images}/hero-bg.jpg", "css background", ""),
        ("photo", "https://www.courier.example/logo.svg", "img src", "Alderton Courier"),
        ("photo", f"{images}/hero-2400.jpg", "picture source", "Flames at the loading bay"),
        ("photo", f"{images}/poster.jpg", "video poster", ""),
        ("video", "https://www.courier.example/video/48213.webm", "video source", ""),
        ("video", "https://www.courier.example/video/48213.mp4", "video source", ""),
        ("photo", f"{images}/full/dsc_0412.jpg?download=1", "link to image", "Engine 4 on scene"),
        ("photo", f"{images}/thumb/dsc_0412.jpg", "img src", "Engine 4 on scene"),
        ("document", "https://www.courier.example/docs/road-closure.pdf", "link to PDF", "Road closure notice (PDF)"),
        ("photo", f"{images}/hero-1600.jpg", "link rel=preload as=image", ""),
        ("photo", f"{images}/share.jpg", "og:image", "Smoke over rooftops"),
        ("photo", f"{images}/card.jpg", "twitter:image", ""),
        ("video", "https://media.courier.example/48213/drone", "og:video:url", ""),
        ("photo", f"{images}/ld-1.jpg", "JSON-LD image", ""),
        ("photo", f"{images}/ld-2.jpg", "JSON-LD contentUrl", "Engine 4"),
        ("video", "https://media.courier.example/48213/eyewitness.mp4", "JSON-LD contentUrl", "Eyewitness clip"),
        ("photo", f"{images}/clip.jpg", "JSON-LD thumbnailUrl", ""),
    ]


def test_a_news_articles_claims_stand_in_order_of_trust(news: ReadPage) -> None:
    """JSON-LD before OpenGraph before meta before markup before the title; comments make no claim for the page."""
    assert [(claim.value, claim.tag) for claim in news.claimed("title")] == [
        ("Warehouse fire on Market Street", "JSON-LD headline"),
        ("Warehouse fire on Market Street - Alderton Courier", "JSON-LD name"),
        ("Warehouse fire on Market Street", "og:title"),
        ("Warehouse fire on Market Street: crews at scene | Alderton Courier", "title"),
        ("Warehouse fire on Market Street", "h1"),
    ]
    assert [(claim.value, claim.tag) for claim in news.author] == [
        ("Jo Hartley", "JSON-LD author"),
        ("Sam Okafor", "JSON-LD author"),
        ("Alderton Courier newsroom", "meta name=author"),
        ("Jo Hartley", "a rel=author"),
    ]
    assert news.claimed("publisher") == (Claim("publisher", "Courier Media Ltd", "JSON-LD publisher"),)
    assert news.title == "Warehouse fire on Market Street"
    assert news.description == "Six crews were called to a fire at a disused warehouse."
    assert (news.claimed("site name")[0].value, news.language) == ("Alderton Courier", "en-GB")
    assert news.claimed("canonical address")[0].value == "https://www.courier.example/news/local/warehouse-fire-48213"


def test_a_news_articles_times_say_whether_their_zone_is_written(news: ReadPage) -> None:
    """The <time> has none, and stays without one."""
    assert [(time.name, time.iso, time.has_zone, time.tag) for time in news.times] == [
        ("published", "2026-03-14T21:05:00+00:00", True, "JSON-LD datePublished"),
        ("modified", "2026-03-14T22:40:00+00:00", True, "JSON-LD dateModified"),
        ("published", "2026-03-14T21:05:00+00:00", True, "article:published_time"),
        ("modified", "2026-03-14T22:40:00+00:00", True, "article:modified_time"),
        ("time", "2026-03-14T21:05:00", False, "time[datetime]"),
    ]


def test_a_news_articles_text_reads_as_on_the_screen(news: ReadPage) -> None:
    """Blocks on lines of their own, white space tidied, no scripts, no fall-backs."""
    assert news.text == (
        "News\nSport\n\n"
        "Warehouse fire on Market Street\n\n"
        "By Jo Hartley, 9.05pm\n\n"
        "Flames at the loading bay. Photo: Jo Hartley\n\n"
        "Six crews were called to a fire at a disused warehouse on Saturday night.\n\n"
        "Residents were told to keep windows shut & stay indoors.\nThe road is closed.\n\n"
        "Road closure notice (PDF) Tips"
    )


def test_a_news_articles_frames_are_noted_because_they_are_not_read(news: ReadPage) -> None:
    """A frame shows another page, which is another scene."""
    assert news.notes == ("1 frame(s) show other pages, which were not read: 'https://ads.example/slot/1'",)
    assert news.embedded == 0


def test_a_forum_page_is_read_in_its_legacy_encoding(forum: ReadPage) -> None:
    """The encoding is what its <meta http-equiv> says."""
    assert forum.encoding == "windows-1251 (meta)"
    assert forum.title == "Тема: кто видел? - Форум района"
    assert forum.text == (_PAGES / "forum.txt").read_text(encoding="utf-8").rstrip("\n")


def test_a_forum_pages_thumbnails_and_attachments_are_both_found(forum: ReadPage) -> None:
    """Extensions count in any case; the page behind a thumbnail, which is no file, is not media."""
    board = "http://forum.example/board"
    assert _media(forum) == [
        ("photo", f"{board}/avatars/77.gif", "img src", ""),
        ("photo", f"{board}/attachments/IMG_2231.JPG", "link to image", ""),
        ("photo", f"{board}/attachments/thumb_IMG_2231.JPG", "img src", ""),
        ("photo", "http://img.example/t/5.jpg", "img src", ""),
        ("video", f"{board}/files/clip.MP4", "link to video", "clip"),
        ("audio", f"{board}/files/zvuk.ogg", "link to audio", "звук"),
    ]


def test_a_forum_pages_time_without_zone_stays_without_zone(forum: ReadPage) -> None:
    """Nobody can say from the page which zone is meant."""
    assert forum.times == (
        TimeClaim("time", "2026-03-14 21:14:00", "2026-03-14T21:14:00", has_zone=False, tag="time[datetime]"),
    )


def test_a_late_loading_gallery_gives_its_photos_and_not_its_placeholders(gallery: ReadPage) -> None:
    """The largest where sizes are given; both where nothing tells the photo from what stands in for it."""
    root = "https://galerie.example"
    assert [(link.url.removeprefix(root), link.found_in) for link in gallery.media] == [
        ("/bg/wall.jpg", "data-bg"),
        ("/bg/tile.png", "css background"),
        ("/g/01.jpg", "img data-src"),
        ("/g/02-1280.jpg", "img data-srcset"),
        ("/g/02-640.jpg", "img src"),
        ("/g/03.jpg", "img data-original"),
        ("/g/blur/03.jpg", "img src"),
        ("/g/04.jpg", "img data-lazy-src"),
        ("/g/04-small.jpg", "img src"),
        ("/g/05@3x.jpg", "img srcset"),
        ("/g/06.jpg", "img data-orig-file"),
        ("/g/06-1024x683.jpg", "img srcset"),
        ("/g/07-wide.jpg", "picture source"),
        ("/g/08-full.jpg", "link to image"),
        ("/g/08-thumb.jpg", "css background"),
        ("/g/plan.png", "svg image"),
    ]


def test_images_that_stand_in_the_page_itself_are_counted(gallery: ReadPage) -> None:
    """The embedded photo counts; the placeholder of a photo that loads late does not."""
    assert gallery.embedded == 1
    assert gallery.title == "Galerie"
    assert gallery.claimed("canonical address")[0].value == "https://galerie.example/tour"


def test_a_page_of_1997_gives_its_media(old: ReadPage) -> None:
    """Backgrounds, sounds, embedded clips and image buttons are as HTML 3.2 wrote them."""
    assert [(link.kind, link.url.rpartition("/")[2], link.found_in) for link in old.media] == [
        ("photo", "stars.gif", "body background"),
        ("audio", "theme.wav", "bgsound"),
        ("photo", "car.jpg", "link to image"),
        ("photo", "car_s.jpg", "img src"),
        ("photo", "tile.gif", "table background"),
        ("video", "clip.mov", "embed"),
        ("photo", "go.gif", "input image"),
    ]
    assert old.media[2] == MediaLink("http://home.example/~bob/car.jpg", ItemKind.PHOTO, "link to image", "My car")


def test_a_page_of_1997_gives_its_text_and_title(old: ReadPage) -> None:
    """White space is tidied, but for what stands in <pre>."""
    assert old.title == "Bob's Home Page"
    assert old.text == ("Welcome\n\nMy car:\n\nSeen last week\n\n Mon   9.00\n Tue  10.00\n\na\tb\nc\td")

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from exports.bundle import export_bundle
from exports.format.bundle_listing import BundleListing, CaptureListing
from exports.report.evidence import cover, evidence
from exports.report.opening import exhibit_opening, opening
from exports.report.roles import Roles, roles
from hashing.case.events import CaptureFinished, WorkingCopy
from hashing.case.facts import Fact
from hashing.case.kinds import ItemKind
from hashing.case.post import Post, PostMedia
from tests.exports.listed import an_item, listing_of
from tests.exports.small_case import OFFICER, Thing, make_case, photo
from tests.steps import demand_even_growth

if TYPE_CHECKING:
    from pathlib import Path

    from exports.format.manifest import ListedItem

FILM = "video https://site.example/watch?v=1"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> BundleListing:
    """List a bundle of one capture with one photo, for others to put their items in."""
    folder = tmp_path_factory.mktemp("empty")
    maker = make_case(folder)
    maker.capture([Thing("1.jpg", photo())])
    return listing_of(export_bundle(maker.case, key=maker.key, officer=OFFICER, output=folder / "out").path)


def holding(listing: BundleListing, *items: ListedItem) -> BundleListing:
    """Return a listing with these items, in the order of their references."""
    holders = {item.url: item.ref for item in reversed(items)}
    capture = msgspec.structs.replace(listing.captures[0], items=items, holders=holders)
    return msgspec.structs.replace(listing, captures=(capture,))


def shown_of(listing: BundleListing, found: Roles) -> list[tuple[str, str]]:
    """Return what is shown of the first capture, each under its heading."""
    groups = evidence(listing.captures[0], found).groups
    return [(group.heading, item.ref) for group in groups for item in group.items]


def a_photo(number: int, width: int, height: int, **words: object) -> ListedItem:
    """Return a photo of this size."""
    facts = [{"name": "width", "value": width, "tag": "IHDR"}, {"name": "height", "value": height, "tag": "IHDR"}]
    said = {"url": f"https://site.example/{number}.png", "sha256": f"{number:064x}", **words}
    return an_item(ref=f"MP/1-{number:04d}", facts=facts, **said)


@pytest.mark.parametrize(
    ("width", "height", "words", "role"),
    [
        (1, 1, {}, "tracking pixel"),
        (1, 1, {"url": "https://site.example/media/1.jpg"}, "tracking pixel"),
        (32, 32, {}, "logo, icon or avatar"),
        (300, 80, {"url": "https://site.example/img/site-logo.png"}, "logo, icon or avatar"),
        (400, 400, {"url": "https://site.example/avatars/tom.png"}, "logo, icon or avatar"),
        (96, 96, {"alt": "Tom Reed's avatar"}, "logo, icon or avatar"),
        (640, 480, {"found_in": "video poster"}, "poster"),
        (640, 480, {"found_in": f"thumbnail of {FILM}"}, "poster"),
        (640, 480, {}, ""),
        (4000, 3000, {"url": "https://site.example/logo.png"}, ""),
        (400, 300, {"url": "https://site.example/iconic-bridge.jpg"}, ""),
        (400, 300, {"url": "https://site.example/analogous.jpg"}, ""),
        (400, 300, {"url": "https://avatar.example/a/b/photo.jpg"}, ""),
        (0, 0, {"url": "https://site.example/photo.jpg"}, ""),
    ],
)
def test_what_a_picture_is(empty: BundleListing, width: int, height: int, words: dict[str, str], role: str) -> None:
    """Small pictures, and those whose address or description names a logo, stand apart; a large one is a photo."""
    item = a_photo(1, width, height, **words)
    assert roles(holding(empty, item)).named.get(item.ref, "") == role


def test_what_a_post_shows_is_a_photo(empty: BundleListing) -> None:
    """Whatever its address is called, and however small, a picture that a post shows is no furniture."""
    item = a_photo(1, 50, 50, url="https://site.example/icons/1.png")
    said = Post(platform="x", server="s", id="1", media=(PostMedia(url=item.url, kind=ItemKind.PHOTO),))
    post = an_item(ref="MP/1-0002", kind="post", mime="application/json", url="p", post=msgspec.to_builtins(said))
    assert roles(holding(empty, item, post)).named == {}
    assert shown_of(holding(empty, item, post), Roles()) == [("What was written", "MP/1-0002")]


def film(
    how: str = "720p: joined of MP/1-0002 to MP/1-0004, in the order of the playlist MP/1-0001",
) -> list[ListedItem]:
    """Return a video in parts: a playlist with a joined copy, segments, a key, subtitles, a picture, and a photo."""
    copy = WorkingCopy(time="", ref="MP/1-0001", path="data/working/1.mp4", size=1, sha256="0" * 64, how=how)
    kinds = ["playlist", "segment", "segment", "segment", "data", "subtitles"]
    parts = [
        an_item(
            ref=f"MP/1-{number:04d}",
            kind=kind,
            mime="video/mp2t",
            found_in=f"subtitles of {FILM}: en" if kind == "subtitles" else FILM,
            working_copies=[msgspec.to_builtins(copy)] if number == 1 else [],
        )
        for number, kind in enumerate(kinds, start=1)
    ]
    return [*parts, a_photo(7, 640, 480, found_in=f"thumbnail of {FILM}"), a_photo(8, 640, 480)]


def test_a_video_has_its_parts_and_its_picture(empty: BundleListing) -> None:
    """Segments, key and subtitles stand under the playlist that they were joined by, with the site's thumbnail."""
    found = roles(holding(empty, *film()))
    assert [each.ref for each in found.parts["MP/1-0001"]] == [f"MP/1-{number:04d}" for number in range(2, 7)]
    assert found.posters["MP/1-0001"].ref == "MP/1-0007"
    assert shown_of(holding(empty, *film()), found) == [("Videos", "MP/1-0001"), ("Photos", "MP/1-0008")]


def test_no_site_hides_a_photo_by_a_stream_s_name(empty: BundleListing) -> None:
    """The name of a stream is the site's: a photo that it names becomes no part of a video."""
    found = roles(holding(empty, *film("MP/1-0008, MP/1-0001 to MP/1-999999999: joined of MP/1-0002")))
    assert "MP/1-0008" not in found.whole
    demand_even_growth(lambda count: lambda: roles(holding(empty, *film("MP/1-0001 to MP/1-999999999, " * count))), 100)


def test_a_video_that_was_not_joined_stands_under_its_playlist(empty: BundleListing) -> None:
    """Without a joined copy the playlist stands for the video, and its segments under it."""
    items = [msgspec.structs.replace(item, working_copies=()) for item in film()]
    found = roles(holding(empty, *items))
    assert len(found.parts["MP/1-0001"]) == 5
    assert found.posters["MP/1-0001"].ref == "MP/1-0007"


def test_items_of_one_reference_are_no_burden(empty: BundleListing) -> None:
    """A ledger of somebody else's may give all playlists one reference: the first has its segments, and no more."""
    streams = [
        an_item(ref=ref, kind=kind, found_in=f"video https://site.example/{number}")
        for number in range(2_000)
        for ref, kind in (("MP/1-0001", "playlist"), (f"MP/1-{number + 2:04d}", "segment"))
    ]
    found = roles(holding(empty, *streams))
    assert [each.ref for each in found.parts["MP/1-0001"]] == ["MP/1-0002"]
    assert "MP/1-0003" not in found.whole


def test_posters_of_a_page_go_with_its_videos(empty: BundleListing) -> None:
    """As many posters as videos on a page belong together in their order; a poster too few, and none is given away."""
    posters = [a_photo(number, 640, 480, found_in="video poster") for number in (1, 2)]
    videos = [
        an_item(ref=f"MP/1-{number:04d}", kind="video", mime="video/mp4", found_in="video src") for number in (3, 4)
    ]
    found = roles(holding(empty, *posters, *videos))
    assert {ref: poster.ref for ref, poster in found.posters.items()} == {
        "MP/1-0003": "MP/1-0001",
        "MP/1-0004": "MP/1-0002",
    }
    assert roles(holding(empty, posters[0], *videos)).posters == {}
    alone = holding(empty, posters[0], *videos)
    assert ("Videos", "MP/1-0001") in shown_of(alone, roles(alone))


def test_the_same_bytes_lead_to_each_other(empty: BundleListing) -> None:
    """Photos with the same SHA-256 name each other; of thousands the first few, in no more work than their number."""
    items = [a_photo(number, 640, 480, sha256="a" * 64) for number in (1, 2)]
    found = roles(holding(empty, *items, a_photo(3, 640, 480)))
    assert (found.twins(items[0]), found.twins(a_photo(3, 640, 480))) == (["MP/1-0002"], [])
    many = roles(holding(empty, *(a_photo(number, 640, 480, sha256="a" * 64) for number in range(1, 2_000))))
    last = a_photo(1_999, 640, 480, sha256="a" * 64)
    assert (len(many.twins(last)), many.copies(last)) == (24, 1_999)


def test_the_cover_shows_each_exhibit(empty: BundleListing) -> None:
    """The first page shows pictures of every exhibit, no furniture, none twice, and no more than twelve."""
    many = [a_photo(number, 640, 480) for number in range(1, 30)]
    other = msgspec.structs.replace(a_photo(1, 640, 480), ref="MP/2-0001", sha256="f" * 64)
    first = holding(empty, a_photo(40, 1, 1), *many).captures[0]
    second = msgspec.structs.replace(first, items=(other, many[0]))
    listing = msgspec.structs.replace(empty, captures=(first, second))
    chosen = cover(listing, roles(listing))
    assert len(chosen) == 12
    assert [each.ref for each in chosen[:2]] == ["MP/1-0001", "MP/2-0001"]


def finished(capture: CaptureListing, began: str, ended: str) -> CaptureListing:
    """Return a capture that ran between two times."""
    started = msgspec.structs.replace(capture.started, time=began)
    end = CaptureFinished(time=ended, status="complete", items=1, failed=0, skipped=0, bytes=1)
    return msgspec.structs.replace(capture, started=started, finished=end)


@pytest.mark.parametrize(
    ("began", "ended", "when"),
    [
        ("2026-11-24T10:15:02.1Z", "2026-11-24T10:17:40.9Z", "on 24 November 2026 between 10:15:02 and 10:17:40 UTC."),
        ("2026-11-24T10:15:02.1Z", "2026-11-24T10:15:02.9Z", "on 24 November 2026 at 10:15:02 UTC."),
        (
            "2026-11-24T23:59:00Z",
            "2026-11-25T00:01:00Z",
            "between 24 November 2026, 23:59:00, and 25 November 2026, 00:01:00 UTC.",
        ),
        ("2026-99-24T10:15:02Z", "2026-11-24T10:17:40Z", "between 2026-99-24T10:15:02Z and 2026-11-24T10:17:40Z."),
    ],
)
def test_the_first_paragraph(empty: BundleListing, began: str, ended: str, when: str) -> None:
    """It says who captured what, from which host and when, and that nothing is missing where nothing is."""
    capture = finished(empty.captures[0], began, ended)
    listing = msgspec.structs.replace(empty, captures=(capture,))
    told = opening(listing, roles(listing))
    assert told.got == f"Mary Price captured 1 photo from news.example, {when}"
    assert (told.missing, told.whole, told.named) == ("Everything sought was got.", True, "")
    assert exhibit_opening(capture, roles(listing)) == told


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    """Of what was not got, the first are named with their reasons, and the rest counted; an interruption is said."""
    maker = make_case(tmp_path)
    capture = maker.begin()
    capture.add(Thing("1.jpg", photo(), facts=(Fact("width", 640, "SOF"), Fact("height", 480, "SOF"))))
    for number in range(5):
        capture.fail(f"https://news.example/{number}.jpg", "404 Not Found")
    capture.seal("interrupted")
    listing = listing_of(export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "out").path)
    told = opening(listing, roles(listing))
    assert told.missing == "5 things sought and not got, or not whole. Interrupted before its end: MP/1."
    assert told.named.startswith("https://news.example/0.jpg (404 Not Found); https://news.example/1.jpg")
    assert told.named.endswith("; and 2 more.")

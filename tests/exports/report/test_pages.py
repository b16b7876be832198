from __future__ import annotations

import base64
import io
import re
import unicodedata
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import msgspec
import pytest
from lxml import html

from exports.bundle import export_bundle
from exports.format.bundle_listing import BundleListing
from exports.report import BundleFiles, report_files
from exports.report.words import proven
from hashing.case.events import ProofRead
from hashing.case.facts import Fact
from tests.exports.listed import listing_of
from tests.exports.small_case import OFFICER, SCENE, Thing, make_case, photo
from tests.exports.social_case import POST, social_case
from tests.steps import demand_even_growth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

HOSTILE = (
    '<script>alert(1)</script>"><img src=x onerror=alert(2)>',
    "\u202egpj.exe\u2066\u200f",
    "\x1b[31mred\x1b]0;title\x07\x9b2J",
    "{{ 7 * 7 }}{% include '/etc/passwd' %}",
    "</style></bdi></title></script><!--",
    "javascript:alert(1)//",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a bundle of everything a capture can hold."""
    maker = make_case(tmp_path)
    capture = maker.begin(note="seen at 10:02")
    capture.add(
        Thing(
            "page.html",
            b"<p>",
            "page",
            "text/html",
            text="first line\n\tsecond",
            facts=(Fact("title", "A fire", "og:title"),),
        )
    )
    capture.add(Thing("photo one.jpg", photo(), alt="flames", facts=(Fact("latitude", 51.5, "GPS GPSLatitude"),)))
    capture.add(Thing("drawing.svg", b"<svg/>", "photo", "image/svg+xml"))
    capture.add(Thing("clip.mp4", b"\x00\x00", "video", "video/mp4"))
    capture.add(Thing("voice.mp3", b"ID3", "audio", "audio/mpeg"))
    capture.add(Thing("half.jpg", photo()[:500], partial="the connection broke"))
    capture.add(Thing("no.html", b"<h1>403", "error page", "text/html", error_page="403 Forbidden"))
    capture.fail("https://news.example/gone.jpg", "404 Not Found")
    capture.skip(SCENE, "embedded in the page itself", 14)
    capture.seal()
    return export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "out").path


@pytest.fixture
def social(tmp_path: Path) -> HtmlElement:
    """Make a bundle of posts, and return its report."""
    maker = social_case(tmp_path / "social")
    return page_of(export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "posts").path)


def page_of(folder: Path, name: str = "report/items-1") -> HtmlElement:
    """Parse one page of the report."""
    return html.fromstring((folder / f"data/{name}.html").read_bytes())


def pages_of(folder: Path) -> Iterator[tuple[Path, HtmlElement]]:
    """Yield every page of the report with its path."""
    for path in sorted([folder / "data/report.html", *(folder / "data/report").glob("*.html")]):
        yield path, html.fromstring(path.read_bytes())


def test_nothing_from_elsewhere(folder: Path) -> None:
    """No page refers to anything but files of its own bundle and places in them, and only our script runs."""
    for path, page in pages_of(folder):
        assert not page.xpath("//iframe | //object | //embed | //link | //form | //base | //script[@src]"), path
        assert not page.xpath("//@*[starts-with(name(), 'on')] | //@style")
        assert len(page.xpath("//script")) == (
            path.stem[:5] in {"index", "galle", "timel"} and "unclear" not in path.stem
        )
        for reference in page.xpath("//@src | //@href | //@poster | //@srcset | //@action"):
            parts = urlsplit(reference)
            assert not parts.scheme
            assert not parts.netloc
            target = path.parent / unquote(parts.path) if parts.path else path
            assert target.is_file(), reference
            if parts.fragment:
                assert html.fromstring(target.read_bytes()).xpath(f"//*[@id='{parts.fragment}']"), reference


def test_policy(folder: Path) -> None:
    """The policy allows nothing but files beside the report and its own style and script, each by its hash."""
    for path, page in pages_of(folder):
        policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
        assert policy.startswith("default-src 'none'; img-src 'self' file:; media-src 'self' file:; ")
        assert "unsafe" not in policy
        assert page.xpath("//meta[@name='referrer']/@content") == ["no-referrer"]
        for kind in ("style", "script"):
            inside = path.read_text().partition(f"<{kind}>")[2].partition(f"</{kind}>")[0]
            digest = base64.b64encode(sha256(inside.encode()).digest()).decode()
            assert (f"{kind}-src 'sha256-{digest}';" in policy) == bool(inside)


def test_what_is_shown_and_what_is_not(folder: Path) -> None:
    """Photos are shown small and encoded anew, video and sound wait to be played, pages and SVG are never opened."""
    page = page_of(folder)
    [shown] = page.xpath("//img")
    assert shown.get("src").startswith("previews/")
    assert (shown.get("loading"), shown.get("decoding")) == ("lazy", "async")
    originals = [unquote(each).rpartition("/")[2] for each in page.xpath("//div[@class='view']/a/@href")]
    assert originals == ["0002-photo one.jpg", "0006-half.jpg"]
    assert page.xpath("//video[@controls]/@preload") == ["none"]
    assert page.xpath("//audio[@controls]/@preload") == ["none"]
    assert "no small copy: could not be decoded" in page.text_content()
    for _, each in pages_of(folder):
        links = " ".join(link for link in each.xpath("//@href | //@src") if "captures/" in link)
        assert ".html" not in links
        assert ".svg" not in links


def test_everything_is_said(folder: Path) -> None:
    """The report says for each item reference, source, time, size, full hash, claims and marks, and what is missing."""
    listing = listing_of(folder)
    text = " ".join(" ".join(page.text_content().split()) for _, page in pages_of(folder))
    capture = listing.captures[0]
    for item in capture.items:
        for said in (item.ref, item.url, item.sha256, f"{item.size:,} bytes", item.path):
            assert said in text, said
    for said in (
        capture.seal.fingerprint,
        capture.seal.signer,
        capture.seal.root,
        listing.case.id,
        "Operation Alder",
        OFFICER,
        "seen at 10:02",
        "first line second",
        "GPS GPSLatitude",
        "51.5",
        "Not whole: the connection broke",
        "The server refused: 403 Forbidden",
        "https://news.example/gone.jpg",
        "404 Not Found",
        "embedded in the page itself",
        "Captured in part",
        "203.0.113.7, TLSv1.3, TLS_AES_256_GCM_SHA384, certificate verified",
        "What this proves",
        "What it does not prove",
        "sha256sum --quiet -c manifest-sha256.txt",
    ):
        assert said in text, said


def test_live_site_is_text(folder: Path) -> None:
    """The addresses of the live site are text: a click in the report must not leave traces there."""
    for _, page in pages_of(folder):
        assert not [link for link in page.xpath("//@href") if "news.example" in link or "//" in link]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_stays_text(tmp_path: Path, hostile: str) -> None:
    """Whatever a page says of itself, in whatever field, it is shown as text and changes nothing around it."""
    maker = make_case(tmp_path)
    capture = maker.begin(hostile, title=hostile, note=hostile)
    facts = (Fact(hostile, hostile, hostile), Fact("title", hostile, "og:title"))
    capture.add(
        Thing(
            "x.jpg",
            photo(),
            kind="page",
            url=hostile,
            alt=hostile,
            partial=hostile,
            error_page=hostile,
            claimed_name=hostile,
            facts=facts,
            text=hostile,
        )
    )
    capture.add(Thing("y.jpg", b"", mime=hostile))
    capture.fail(hostile, hostile)
    capture.skip(hostile, hostile)
    capture.seal(hostile)
    folder = export_bundle(maker.case, key=maker.key, officer=hostile, output=tmp_path / "out").path
    test_nothing_from_elsewhere(folder)
    shown = "".join(char if char.isprintable() else _escaped(char) for char in hostile)
    for path, page in pages_of(folder):
        assert {char for char in path.read_text() if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn"}} <= {
            "\n"
        }
        assert len(page.xpath("//style")) == 1
    page = page_of(folder)
    assert page.text_content().count(shown) >= 10
    assert page.xpath("//img/@alt") == [f"Page MP/1-0001. Claimed description: {shown}"]
    assert page_of(folder, "report/capture-1").text_content().count(shown) >= 5


def _escaped(char: str) -> str:
    return f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}"


def rendered(listing: BundleListing) -> dict[str, bytes]:
    """Return the pages on a listing alone."""
    files = report_files(listing, BundleFiles({}, lambda _name: io.BytesIO()))
    return {file.name: b"".join(file.pieces) for file in files}


def test_refusal_to_check_certificates_is_said(folder: Path) -> None:
    """A capture whose settings switched certificate checks off says so in plain sight."""
    listing = listing_of(folder)
    started = msgspec.structs.replace(listing.captures[0].started, settings={"tls_verified": False})
    capture = msgspec.structs.replace(listing.captures[0], started=started)
    listing = msgspec.structs.replace(listing, captures=(capture, *listing.captures[1:]))
    assert b"certificates were not checked" in rendered(listing)["report/capture-1.html"]


@pytest.mark.parametrize(
    ("status", "failed", "said"),
    [
        ("complete", False, "Everything sought was got."),
        ("partial", True, "1 thing sought and not got"),
        ("interrupted", False, "Not every capture is complete"),
        ("nothing", False, "Not every capture is complete"),
    ],
)
def test_first_lines_do_not_flatter(tmp_path: Path, status: str, said: str, *, failed: bool) -> None:
    """The head of the report says whether everything was got, and only where that is so."""
    maker = make_case(tmp_path)
    capture = maker.begin()
    if failed:
        capture.fail("https://news.example/gone.jpg", "404 Not Found")
    capture.seal(status)
    folder = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "out").path
    assert said in " ".join(page_of(folder, "report").xpath("string(//main)").split())


def test_long_text_is_cut_and_said(tmp_path: Path) -> None:
    """A page with very much text is shown from its beginning, with the file in which it goes on."""
    maker = make_case(tmp_path)
    maker.capture([Thing("page.html", b"<p>", "page", "text/html", text="word " * 10_000)])
    folder = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "out").path
    text = page_of(folder).text_content()
    assert re.search(r"continues in data/captures/.*/working/0001-text\.txt", text)
    assert text.count("word") < 5_000


def test_five_thousand_items(folder: Path) -> None:
    """A report on 5,000 items is many pages, none of them large, and four times the items take four times the work."""
    listing = listing_of(folder)
    facts = tuple(Fact(f"name {number}", "value", "tag") for number in range(20))
    facts += (Fact("original time", "2026-11-24T10:15:00Z", "EXIF DateTimeOriginal"),)
    item = msgspec.structs.replace(listing.captures[0].items[1], facts=facts)

    def _of(count: int) -> BundleListing:
        capture = msgspec.structs.replace(listing.captures[0], items=(item,) * count)
        return msgspec.structs.replace(listing, captures=(capture,))

    demand_even_growth(lambda count: partial(rendered, _of(count)), 200)
    pages = rendered(_of(5_000))
    assert len(pages["report.html"]) < 64 << 10
    assert max(len(page) for page in pages.values()) < 4 << 20
    assert {
        "report/items-50.html",
        "report/gallery-25.html",
        "report/timeline-11.html",
        "report/capture-1-25.html",
    } <= set(pages)


def text_of(page: HtmlElement, place: str) -> str:
    """Return the text at the first place that an XPath finds."""
    return " ".join(page.xpath(place)[0].text_content().split())


def cells(row: HtmlElement) -> list[str]:
    """Return the text of a row's cells."""
    return [" ".join(cell.text_content().split()) for cell in row]


def test_a_post_shows_what_it_says(social: HtmlElement) -> None:
    """A post stands in the box of claims: author, words, warning, earlier wordings, counts, and its photo beside it."""
    said = text_of(social, "//*[@id='item-MP-1-0002']//*[@class='claims']")
    for each in ("Claimed by fediverse", "alice@social.example", POST.text, "smoke", "likes: 1,200, replies: 1"):
        assert each in said
    assert "Earlier wording, 2026-11-24T10:15:02+01:00 Smoke" in said
    assert "photo: MP/1-0003, described as “grey smoke”" in said
    assert social.xpath("//*[@id='item-MP-1-0002']//a[@href='items-1.html#item-MP-1-0003']/img/@alt") == [
        "Photo MP/1-0003"
    ]


def test_what_was_edited_or_is_gone_stands_at_the_top(tmp_path: Path) -> None:
    """All changes are listed on the first page, with links to both versions where this bundle holds them."""
    maker = social_case(tmp_path)
    folder = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "out").path
    [table] = page_of(folder, "report").xpath("//h2[text()='Edited or gone']/following::table[1]")
    edited, gone = table.xpath("tbody/tr")
    assert edited.xpath(".//a/@href") == ["report/items-1.html#item-MP-1-0002", "report/items-1.html#item-MP-2-0001"]
    assert cells(gone)[:3] == ["https://social.example/@bob/2", "gone", "MP/0-0001"]
    assert not gone.xpath(".//a")
    test_nothing_from_elsewhere(folder)
    rows = page_of(folder, "report/capture-2").xpath("//h2[text()='Seen and not fetched']/following::table[1]/tbody/tr")
    assert [cells(row) for row in rows] == [
        ["2", "https://social.example/@alice/3", "post: as it was captured before"],
        ["1", "https://social.example/a.pdf", "document: not asked for (--media photos,videos)"],
    ]


def test_a_proof_leads_to_what_it_proves(social: HtmlElement) -> None:
    """A proof links to the record and to what names the keys; the record links to its proof."""
    links = "//*[@id='item-MP-1-{}']//dd/a/@href[contains(., 'item-')]"
    assert social.xpath(links.format("0006")) == ["items-1.html#item-MP-1-0004", "items-1.html#item-MP-1-0005"]
    assert social.xpath(links.format("0004")) == ["items-1.html#item-MP-1-0006"]
    assert "holds this record" in text_of(social, "//*[@id='item-MP-1-0006']//*[@class='notice good']")


def test_a_video_in_parts_can_be_watched(social: HtmlElement) -> None:
    """The joined copy of a video is played where its playlist stands, and said not to be the evidence."""
    assert social.xpath("//*[@id='item-MP-1-0007']//video/@src")[0].endswith("/working/0007-video.mp4")
    shown = text_of(social, "//*[@id='item-MP-1-0007']")
    assert "Working copy: joined of what was served" in shown
    assert "2 B; joined by ffmpeg" in shown


def test_a_photo_that_was_captured_before_is_named(tmp_path: Path) -> None:
    """An edited post shows the photo that an earlier capture has, and does not say that there is none."""
    maker = make_case(tmp_path)
    maker.capture([Thing("1.jpg", photo(), url=POST.media[0].url)])
    capture = maker.begin("https://social.example/tags/fire")
    listing = capture.add(Thing("tag.json", b"[1]", "listing", "application/json"))
    capture.excerpt(listing, POST, b"1", offset=1)
    capture.skip(POST.media[0].url, "photo: captured before, as MP/1-0001")
    capture.seal()
    page = page_of(export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "out").path)
    assert "photo: MP/1-0001, captured before, described as" in text_of(page, "//*[@id='item-MP-2-0002']")
    assert page.xpath("//*[@id='item-MP-2-0002']//a[@href='items-1.html#item-MP-1-0001']/img")


def test_a_proof_says_whose_word_its_key_is() -> None:
    """The key of a did:plc is proven by its log; that of a did:web is what its host says, and the report says so."""
    by_log, by_host = (
        proven(
            ProofRead(time="", ref="", identity="", did=did, collection="app.bsky.feed.post", rkey="1", record_cid="x")
        )
        for did in ("did:plc:ewvi7nxzyoun6zhxrhs64oiz", "did:web:host.example")
    )
    assert "the word of the host in did:web:host.example alone" in by_host
    assert "word of" not in by_log
    assert all(said.endswith("as a rule the account's server does.") for said in (by_log, by_host))


def test_the_report_says_what_the_end_of_a_key_means(folder: Path) -> None:
    """Who reads the report is told to ask whether the key was retired, lost or stolen, and what that means."""
    page = (folder / "data/report/appendix-1.html").read_text("utf-8")
    said = " ".join(re.sub("<[^>]*>", "", page).split())
    assert "whether the key was retired, lost or stolen since" in said
    assert "only the seals count that have a trusted time before the theft: goldenhour key learn" in said

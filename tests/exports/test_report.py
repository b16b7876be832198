from __future__ import annotations

import base64
import re
import time
import unicodedata
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import msgspec
import pytest
from lxml import html

from exports.bundle import export_bundle
from exports.manifest import Manifest, ProofRecord
from exports.report import report_html
from exports.report.render import _proven
from hashing.facts import Fact
from tests.exports.small_case import OFFICER, SCENE, Thing, make_case, photo
from tests.exports.social_case import POST, social_case

if TYPE_CHECKING:
    from lxml.html import HtmlElement

HOSTILE = (
    '<script>alert(1)</script>"><img src=x onerror=alert(2)>',
    "\u202egpj.exe\u2066\u200f",
    "\x1b[31mred\x1b]0;title\x07\x9b2J",
    "{{ 7 * 7 }}{% include '/etc/passwd' %}",
    "</style></bdi></title><!--",
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


def page_of(folder: Path) -> HtmlElement:
    """Parse the report."""
    return html.fromstring((folder / "data" / "report.html").read_bytes())


def test_nothing_from_elsewhere(folder: Path) -> None:
    """The report has no script, and refers to nothing but files of its own bundle and places in itself."""
    page = page_of(folder)
    assert not page.xpath("//script | //iframe | //object | //embed | //link | //form | //base | //svg")
    assert not page.xpath("//@*[starts-with(name(), 'on')] | //@style")
    for reference in page.xpath("//@src | //@href | //@poster | //@srcset | //@action"):
        parts = urlsplit(reference)
        assert not parts.scheme
        assert not parts.netloc
        if parts.path:
            assert (folder / "data" / unquote(parts.path)).is_file()


def test_policy(folder: Path) -> None:
    """The content security policy allows nothing but files beside the report and its own style, by its hash."""
    page = page_of(folder)
    policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    style = (folder / "data" / "report.html").read_text().partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(sha256(style.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; img-src 'self'; media-src 'self'; ")
    assert f"style-src 'sha256-{digest}';" in policy
    assert "unsafe" not in policy


def test_what_is_shown_and_what_is_not(folder: Path) -> None:
    """Photos are drawn from the originals, video and sound wait to be played, pages and SVG are never opened."""
    page = page_of(folder)
    photos = page.xpath("//img")
    assert [unquote(each.get("src")).rpartition("/")[2] for each in photos] == ["0002-photo one.jpg", "0006-half.jpg"]
    assert all(each.get("loading") == "lazy" and each.get("decoding") == "async" for each in photos)
    assert page.xpath("//video[@controls]/@preload") == ["none"]
    assert page.xpath("//audio[@controls]/@preload") == ["none"]
    links = " ".join(page.xpath("//a/@href"))
    assert ".html" not in links
    assert ".svg" not in links


def test_everything_is_said(folder: Path) -> None:
    """The report says for each item reference, source, time, size, full hash, claims and marks, and what is missing."""
    manifest = msgspec.json.decode((folder / "data" / "manifest.json").read_bytes(), type=Manifest)
    text = " ".join(page_of(folder).text_content().split())
    capture = manifest.captures[0]
    for item in capture.items:
        for said in (item.ref, item.url, item.sha256, f"{item.size:,} bytes", item.path):
            assert said in text, said
    for said in (
        capture.seal.fingerprint,
        capture.signer.fingerprint,
        capture.seal.root,
        manifest.case.id,
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
        "203.0.113.7, TLSv1.3, certificate verified",
        "What this proves",
        "What it does not prove",
        "sha256sum --quiet -c manifest-sha256.txt",
    ):
        assert said in text, said


def test_live_site_is_text(folder: Path) -> None:
    """The addresses of the live site are text: a click in the report must not leave traces there."""
    assert not [link for link in page_of(folder).xpath("//a/@href") if "news.example" in link]


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
            kind=hostile,
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
    source = (folder / "data" / "report.html").read_text()
    assert {char for char in source if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn"}} <= {"\n"}
    test_nothing_from_elsewhere(folder)
    page = page_of(folder)
    shown = "".join(char if char.isprintable() else _escaped(char) for char in hostile)
    assert page.text_content().count(shown) >= 15
    assert len(page.xpath("//img")) == 1
    assert len(page.xpath("//style")) == 1
    assert page.xpath("//img/@alt") == [shown]


def _escaped(char: str) -> str:
    return f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}"


def test_refusal_to_check_certificates_is_said(folder: Path) -> None:
    """A capture whose settings switched certificate checks off says so in plain sight."""
    data = (folder / "data" / "manifest.json").read_bytes().replace(b'"tls_verified": true', b'"tls_verified": false')
    manifest = msgspec.json.decode(data, type=Manifest)
    text = b"".join(report_html("x", manifest, lambda _item: "")).decode()
    assert "certificates were not checked" in text


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
    assert said in page_of(folder).xpath("string(//header)")


def test_long_text_is_cut_and_said(tmp_path: Path) -> None:
    """A page with very much text is shown from its beginning, with the file in which it goes on."""
    maker = make_case(tmp_path)
    maker.capture([Thing("page.html", b"<p>", "page", "text/html", text="word " * 10_000)])
    folder = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "out").path
    text = page_of(folder).text_content()
    assert re.search(r"continues in data/captures/.*/working/0001-text\.txt", text)
    assert text.count("word") < 5_000


def test_five_thousand_items(folder: Path) -> None:
    """A report on 5,000 items is made within seconds, piece by piece."""
    manifest = msgspec.json.decode((folder / "data" / "manifest.json").read_bytes(), type=Manifest)
    facts = tuple(Fact(f"name {number}", "value", "tag") for number in range(20))
    items = [msgspec.structs.replace(manifest.captures[0].items[1], facts=facts)] * 5_000
    capture = msgspec.structs.replace(manifest.captures[0], items=tuple(items))
    large = msgspec.structs.replace(manifest, captures=(capture,))
    begun = time.monotonic()
    longest = max(len(piece) for piece in report_html("x", large, lambda _item: ""))
    assert time.monotonic() - begun < 10
    assert longest < 1 << 20


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
    assert social.xpath("//*[@id='item-MP-1-0002']//a[@href='#item-MP-1-0003']/img/@alt") == ["grey smoke"]


def test_what_was_edited_or_is_gone_stands_at_the_top(social: HtmlElement) -> None:
    """All changes are listed before the captures, with links to both versions where this bundle holds them."""
    [table] = social.xpath("//h2[text()='Edited or gone']/following::table[1]")
    edited, gone = table.xpath("tbody/tr")
    assert edited.xpath(".//a/@href") == ["#item-MP-1-0002", "#item-MP-2-0001"]
    assert cells(gone)[:3] == ["https://social.example/@bob/2", "gone", "MP/0-0001"]
    assert not gone.xpath(".//a")


def test_a_proof_leads_to_what_it_proves(social: HtmlElement) -> None:
    """A proof links to the record and to what names the keys; the record links to its proof."""
    links = "//*[@id='item-MP-1-{}']//dd/a/@href"
    assert social.xpath(links.format("0006")) == ["#item-MP-1-0004", "#item-MP-1-0005"]
    assert social.xpath(links.format("0004")) == ["#item-MP-1-0006"]
    assert "holds this record" in text_of(social, "//*[@id='item-MP-1-0006']//*[@class='notice good']")


def test_a_video_in_parts_can_be_watched(social: HtmlElement) -> None:
    """The joined copy of a video is played where its playlist stands, and said not to be the evidence."""
    assert social.xpath("//*[@id='item-MP-1-0007']//video/@src")[0].endswith("/working/0007-video.mp4")
    shown = text_of(social, "//*[@id='item-MP-1-0007']")
    assert "Working copy: joined of what was served" in shown
    assert "2 B; joined by ffmpeg" in shown


def test_what_was_captured_before_is_one_line(social: HtmlElement) -> None:
    """Posts that an earlier capture has are counted together; other reasons stand by themselves."""
    rows = social.xpath("//h3[text()='Seen and not fetched']/following::table[1]/tbody/tr")
    assert [cells(row) for row in rows] == [
        ["2", "https://social.example/@alice/3", "post: as it was captured before"],
        ["1", "https://social.example/a.pdf", "document: not asked for (--media photos,videos)"],
    ]


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
    assert page.xpath("//*[@id='item-MP-2-0002']//a[@href='#item-MP-1-0001']/img")


def test_a_report_of_posts_refers_to_nothing_else(tmp_path: Path) -> None:
    """Photos, players and links that come with posts lead to files of the bundle and places in the report."""
    maker = social_case(tmp_path)
    folder = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "out").path
    page = page_of(folder)
    ids = set(page.xpath("//@id"))
    for reference in page.xpath("//@src | //@href"):
        parts = urlsplit(reference)
        assert not parts.scheme
        assert not parts.netloc
        assert (folder / "data" / unquote(parts.path)).is_file() if parts.path else parts.fragment in ids


def test_a_proof_says_whose_word_its_key_is() -> None:
    """The key of a did:plc is proven by its log; that of a did:web is what its host says, and the report says so."""
    by_log, by_host = (
        _proven(ProofRecord(did=did, collection="app.bsky.feed.post", rkey="1", holds=True))
        for did in ("did:plc:ewvi7nxzyoun6zhxrhs64oiz", "did:web:host.example")
    )
    assert "the word of the host in did:web:host.example alone" in by_host
    assert "word of" not in by_log
    assert all(said.endswith("as a rule the account's server does.") for said in (by_log, by_host))

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from exports.bundle import export_bundle
from exports.format.manifest import Manifest
from hashing.case.facts import Fact
from tests.exports.small_case import OFFICER, SCENE, Thing, make_case, photo
from tests.exports.social_case import social_case

SCHEMA = Path(__file__).parents[3] / "docs" / "manifest.schema.json"
Json = dict[str, Any]
PAGE_FACTS = (
    Fact("title", "Fire on Market Street", "og:title"),
    Fact("title", "Fire, Market Town News", "title"),
    Fact("author", "Alex Carter", "JSON-LD author.name"),
    Fact("published", "2026-11-24T09:58:00", "JSON-LD datePublished"),
)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Make a bundle with all that a manifest can say."""
    maker = make_case(tmp_path)
    capture = maker.begin(title="The fire", note="seen at 10:02")
    capture.add(Thing("page.html", b"<p>hi", "page", "text/html", facts=PAGE_FACTS, text="hi"))
    capture.add(
        Thing("p.jpg", photo(), facts=(Fact("latitude", 51.5, "GPS GPSLatitude"), Fact("thumbnail", True, "T")))
    )
    capture.add(Thing("half.jpg", photo()[:99], partial="the connection broke", alt="half", claimed_name="../half.jpg"))
    capture.fail("https://news.example/gone.jpg", "404 Not Found")
    capture.skip(SCENE, "embedded in the page itself", 14)
    capture.seal()
    maker.capture([], "https://news.example/nothing.html")
    return export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "out").path


@pytest.fixture
def content(bundle: Path) -> Json:
    """Read its manifest as any program would."""
    return dict(json.loads((bundle / "data" / "manifest.json").read_bytes()))


def test_published_schema_is_current() -> None:
    """The schema in docs is the one that the code makes."""
    made = subprocess.run(
        [sys.executable, "-m", "exports.format.manifest"], cwd=SCHEMA.parents[1], capture_output=True, check=True
    )
    assert SCHEMA.read_bytes() == made.stdout


def test_schema_is_a_schema() -> None:
    """The schema is itself valid and says which draft it follows and what it is called."""
    schema = json.loads(SCHEMA.read_bytes())
    Draft202012Validator.check_schema(schema)
    assert schema["$id"].startswith("urn:")
    assert schema["title"]
    assert all(record["description"] for record in schema["$defs"].values())


def test_real_manifest_is_valid(content: Json) -> None:
    """The manifest of a real bundle is what the schema demands."""
    Draft202012Validator(json.loads(SCHEMA.read_bytes())).validate(content)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content.update(format="goldenhour-manifest/2"),
        lambda content: content.pop("captures"),
        lambda content: content["captures"][0]["items"][0].update(sha256="abc"),
        lambda content: content["captures"][0]["items"][0].update(path="/etc/passwd"),
        lambda content: content["captures"][0]["items"][0].update(size=-1),
        lambda content: content["captures"][0]["items"][0]["facts"][0].update(value=None),
    ],
)
def test_schema_refuses_what_is_none(content: Json, spoil: Callable[[Json], object]) -> None:
    """The schema refuses other versions, what is left out, and values that cannot be."""
    spoil(content)
    assert not Draft202012Validator(json.loads(SCHEMA.read_bytes())).is_valid(content)


def test_what_it_says(bundle: Path) -> None:
    """The manifest says for each item where it is, how it came, and what it claims; and what was not captured."""
    manifest = msgspec.json.decode((bundle / "data" / "manifest.json").read_bytes(), type=Manifest)
    capture, empty = manifest.captures
    assert (capture.exhibit, capture.scene, capture.status) == ("MP/1", SCENE, "partial")
    assert (capture.title, capture.note, capture.initials) == ("The fire", "seen at 10:02", "MP")
    assert (empty.exhibit, empty.items) == ("MP/2", ())
    page, picture, half = capture.items
    for item in capture.items:
        assert (bundle / item.path).stat().st_size == item.size
        assert item.exchange is not None
        assert item.exchange.warc is not None
        assert (bundle / item.exchange.warc.file).is_file()
        assert item.captured == item.exchange.started
    assert (page.title, page.author, page.published) == ("Fire on Market Street", "Alex Carter", "2026-11-24T09:58:00")
    assert page.facts == PAGE_FACTS
    assert [(bundle / copy.path).read_bytes() for copy in page.working_copies] == [b"hi"]
    assert [fact.value for fact in picture.facts] == [51.5, True]
    assert (half.partial, half.alt, half.claimed_name) == ("the connection broke", "half", "../half.jpg")
    assert [(each.url, each.reason) for each in capture.failed] == [("https://news.example/gone.jpg", "404 Not Found")]
    assert [(each.reason, each.count) for each in capture.skipped] == [("embedded in the page itself", 14)]


def test_a_manifest_with_posts_is_valid(tmp_path: Path) -> None:
    """Posts, excerpts, proofs, changes and joined videos are what the schema describes, and nothing of them is lost."""
    maker = social_case(tmp_path)
    bundle = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "out").path
    content = json.loads((bundle / "data" / "manifest.json").read_bytes())
    Draft202012Validator(json.loads(SCHEMA.read_bytes())).validate(content)
    first, second = content["captures"]
    items = {item["ref"]: item for item in first["items"]}
    assert items["MP/1-0002"]["excerpt"] == {"of": "MP/1-0001", "offset": 2}
    assert items["MP/1-0002"]["post"]["media"][0]["ref"] == "MP/1-0003"
    assert items["MP/1-0006"]["proof"]["post"] == "MP/1-0004"
    assert items["MP/1-0006"]["proof"]["identity"] == "MP/1-0005"
    assert [change["change"] for change in second["changed"]] == ["edited", "gone"]

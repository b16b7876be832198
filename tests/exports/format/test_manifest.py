from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from exports.bundle import export_bundle
from exports.format.entries import LedgerFile, SealedCapture
from hashing.case.capture_folder import Seal
from hashing.case.events import ItemFacts, encode
from hashing.case.facts import Fact
from hashing.files.digest import Digest
from tests.exports.listed import entries_of, head_of, listing_of
from tests.exports.small_case import OFFICER, SCENE, Thing, make_case, photo
from tests.exports.social_case import social_case

DOCS = Path(__file__).parents[3] / "docs"
HEAD, LINE = (
    Draft202012Validator(json.loads((DOCS / f"{of}.schema.json").read_bytes())) for of in ("manifest", "items")
)
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


@pytest.mark.parametrize("of", ["manifest", "items"])
def test_published_schema_is_current(of: str) -> None:
    """The schemas in docs are the ones that the code makes."""
    command = [sys.executable, "-m", "exports.format.manifest", of]
    made = subprocess.run(command, cwd=DOCS.parent, capture_output=True, check=True)
    assert (DOCS / f"{of}.schema.json").read_bytes() == made.stdout


@pytest.mark.parametrize("of", ["manifest", "items"])
def test_schema_is_a_schema(of: str) -> None:
    """A schema is itself valid and says which draft it follows and what it is called."""
    schema = json.loads((DOCS / f"{of}.schema.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    assert schema["$id"].startswith("urn:")
    assert schema["title"]
    assert all(record["description"] for record in schema["$defs"].values())


def demand_valid(bundle: Path) -> None:
    """Check both lists of a bundle against the published schemas."""
    HEAD.validate(head_of(bundle))
    for line in (bundle / "data" / "items.jsonl").read_bytes().splitlines():
        LINE.validate(json.loads(line))


def test_real_lists_are_valid(bundle: Path) -> None:
    """The lists of a real bundle are what the schemas demand, and the head states the digest of the other one."""
    demand_valid(bundle)
    data = (bundle / "data" / "items.jsonl").read_bytes()
    assert head_of(bundle)["items"] == {
        "path": "data/items.jsonl",
        "lines": data.count(b"\n"),
        "size": len(data),
        "sha256": Digest.of_bytes(data).hex,
    }


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content.update(format="goldenhour-manifest/1"),
        lambda content: content.pop("captures"),
        lambda content: content["captures"][0]["seal"].update(root="abc"),
        lambda content: content["items"].update(path="/etc/passwd"),
        lambda content: content["items"].update(size=-1),
        lambda content: content["captures"][0]["started"].pop("scene"),
    ],
)
def test_schema_refuses_what_is_none(bundle: Path, spoil: Callable[[Json], object]) -> None:
    """The schema refuses other versions, what is left out, and values that cannot be."""
    content = head_of(bundle)
    spoil(content)
    assert not HEAD.is_valid(content)


def test_what_it_says(bundle: Path) -> None:
    """The lists say for each item where it is, how it came, and what it claims; and what was not captured."""
    capture, empty = listing_of(bundle).captures
    assert (capture.exhibit, capture.scene, capture.finished.status) == ("MP/1", SCENE, "partial")
    started = capture.started
    assert (started.title, started.note, started.initials) == ("The fire", "seen at 10:02", "MP")
    assert (empty.exhibit, list(empty.items)) == ("MP/2", [])
    page, picture, half = capture.items
    for item in capture.items:
        assert (bundle / item.path).stat().st_size == item.size
        assert item.response is not None
        assert item.response.warc is not None
        assert (bundle / item.response.warc.file).is_file()
        assert item.captured == item.response.started
    assert (page.title, page.author, page.published) == ("Fire on Market Street", "Alex Carter", "2026-11-24T09:58:00")
    assert page.facts == PAGE_FACTS
    assert [(bundle / copy.path).read_bytes() for copy in page.working_copies] == [b"hi"]
    assert [fact.value for fact in picture.facts] == [51.5, True]
    assert (half.partial, half.alt, half.claimed_name) == ("the connection broke", "half", "../half.jpg")
    assert [(each.url, each.reason) for each in capture.failed] == [("https://news.example/gone.jpg", "404 Not Found")]
    assert [(each.reason, each.count) for each in capture.skipped] == [("embedded in the page itself", 14)]


def test_the_lines_stand_in_the_order_of_the_ledger(bundle: Path) -> None:
    """Each line is one of the ledger's own, in its order, with the exhibit that it is of."""
    [lines] = [
        [json.loads(line) for line in ledger.read_bytes().splitlines()]
        for ledger in bundle.glob("data/captures/*/ledger.jsonl")
        if b'"exhibit":"MP/1"' in ledger.read_bytes()
    ]
    listed = [json.loads(line) for line in (bundle / "data" / "items.jsonl").read_bytes().splitlines()]
    known = [line for line in lines if line["event"] in {"item", "failed", "skipped"}]
    assert [each["event"] for each in listed] == [each["event"] for each in known]
    for line, entry in zip(known, listed, strict=True):
        assert entry["exhibit"] == "MP/1"
        assert {name: value for name, value in line.items() if name != "path"}.items() <= entry.items()


def test_lists_with_posts_are_valid(tmp_path: Path) -> None:
    """Posts, excerpts, proofs, changes and joined videos are what the schema describes, and nothing of them is lost."""
    maker = social_case(tmp_path)
    bundle = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "out").path
    demand_valid(bundle)
    items = {item["ref"]: item for item in entries_of(bundle)}
    assert items["MP/1-0002"]["excerpt"] == {"of": "MP/1-0001", "offset": 2}
    assert items["MP/1-0002"]["post"]["media"][0]["url"] == items["MP/1-0003"]["url"]
    assert items["MP/1-0006"]["proof"]["post"] == "MP/1-0004"
    assert items["MP/1-0006"]["proof"]["identity"] == "MP/1-0005"
    assert [change["change"] for change in entries_of(bundle, "post-changed")] == ["edited", "gone"]


def test_lists_are_written_and_read_in_little_memory(tmp_path: Path) -> None:
    """However much stands in the lines of a ledger, a few of them are in memory at a time, written and read."""
    maker = make_case(tmp_path)
    capture = maker.begin()
    item = capture.add(Thing("p.jpg", photo()))
    exchange = capture.events[0]
    capture.seal()
    [ledger] = maker.path.glob("captures/*/ledger.jsonl")
    first, *_, last = ledger.read_bytes().splitlines(keepends=True)
    long = tmp_path / "long.jsonl"
    with long.open("wb") as file:
        file.write(first)
        for number in range(4_000):
            about = msgspec.structs.replace(item, ref=f"MP/1-{number:04d}", exchange=number)
            facts = ItemFacts(time=item.time, ref=about.ref, facts=(Fact("text", "W" * 2_000, "body"),))
            lines = (msgspec.structs.replace(exchange, exchange=number), about, facts)
            file.writelines(encode(line) + b"\n" for line in lines)
        file.write(last)
    sealed = SealedCapture(LedgerFile(long, lambda: long.open("rb")), Seal(0, "0" * 64, "", "0" * 64))
    tracemalloc.start()
    head = sealed.head()
    size = sum(len(msgspec.json.encode(entry)) for entry in sealed.entries(head))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 10 << 20
    assert peak < 3 << 20

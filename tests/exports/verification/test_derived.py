from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exports.bundle import export_bundle
from exports.bundle.opened_bundle import open_bundle
from exports.disclosure.making.request import DisclosureRequest
from exports.format.entries import EventList, SealedCapture
from exports.format.manifest import ListedItem
from exports.verification import verify
from exports.verification.derived import disagreements
from exports.verification.summary import verification_lines
from hashing.case.capture_folder import Seal
from hashing.case.custody import Handling, record_custody, record_description
from hashing.case.events import Exported, RestatedEntry, decode_capture_event, decode_case_event
from hashing.case.facts import Fact
from tests.exports.forging import seal_anew
from tests.exports.small_case import OFFICER, SCENE, CaseMaker, Thing, make_case, photo
from tests.exports.social_case import social_case
from tests.exports.tampering import rewrite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from exports.format.result import Verification
    from hashing.case.events import CaptureEvent

LISTS = ("data/manifest.json", "data/items.jsonl", "data/custody.json")


@pytest.fixture
def maker(tmp_path: Path) -> CaseMaker:
    """Make a case with everything that a bundle's lists can tell of."""
    maker = social_case(tmp_path)
    capture = maker.begin(SCENE, title="The fire", note="seen at 10:02")
    facts = (Fact("title", "Fire on Market Street", "og:title"), Fact("GPS latitude", 51.24, "EXIF GPSLatitude"))
    page = capture.add(Thing("page.html", b"<p>hi", "page", "text/html", facts=facts, text="hi"))
    capture.judge(page, "login wall", "a form asks for a password")
    capture.add(Thing("half.jpg", photo()[:99], partial="the connection broke", alt="half", claimed_name="a.jpg"))
    capture.fail("https://news.example/gone.jpg", "404 Not Found")
    capture.skip(SCENE, "embedded in the page itself", 14)
    capture.seal()
    opened = Handling(action="handed-over", giver="A", receiver="B", reason="to look", place="Alder Road")
    record_custody(maker.case, ["MP/1"], opened, key=maker.key, officer=OFFICER)
    record_description(maker.case, "MP/1-0002", "a post", key=maker.key, officer=OFFICER)
    export_bundle(maker.case, key=maker.key, officer="John Hill", output=tmp_path / "earlier")
    return maker


@pytest.fixture
def bundle(maker: CaseMaker, tmp_path: Path) -> Path:
    """Export that case whole."""
    return export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "out").path


def read(path: Path) -> list[Any]:
    """Read a list: each line of one that has a line an entry, else its one value."""
    data = path.read_bytes()
    return [json.loads(line) for line in data.splitlines()] if path.suffix == ".jsonl" else [json.loads(data)]


def write(path: Path, values: list[Any]) -> None:
    """Write a list as goldenhour writes it."""
    if path.suffix == ".jsonl":
        text = "".join(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n" for value in values)
    else:
        text = json.dumps(values[0], ensure_ascii=False, indent=2) + "\n"
    rewrite(path, text.encode())


def objects(value: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any JSON
    """Yield every object in a value, outermost first."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(inner)


def holding(bundle: Path, wanted: Callable[[dict[str, Any]], bool]) -> tuple[Path, list[Any], dict[str, Any]]:
    """Return the first object of the lists that is wanted, with the list that it stands in."""
    for path in (bundle / name for name in LISTS if (bundle / name).exists()):
        values = read(path)
        for found in objects(values):
            if wanted(found):
                return path, values, found
    raise AssertionError("no list of the bundle has such an object")


def mismatch(found: Verification) -> set[tuple[str, str]]:
    """Return where and why a bundle that was sealed anew does not match: by its lists alone."""
    assert (found.verdict, found.altered, found.missing, found.added) == ("mismatch", (), (), ())
    return {(problem.path, problem.reason) for problem in found.problems}


FORGED = {
    "scene": (lambda each: "scene" in each, "scene", "https://suspect.example/"),
    "officer of a capture": (lambda each: "scene" in each, "officer", "Somebody Else"),
    "exhibit": (lambda each: "scene" in each, "exhibit", "ZZ/9"),
    "status": (lambda each: each.get("status") == "partial", "status", "complete"),
    "note": (lambda each: "note" in each, "note", "FORGED"),
    "settings": (lambda each: "tls_verified" in each, "tls_verified", False),
    "address": (lambda each: "mime" in each, "url", "https://suspect.example/"),
    "final address": (lambda each: "mime" in each, "final_url", "https://suspect.example/"),
    "what led to it": (lambda each: "mime" in each, "found_in", "https://suspect.example/"),
    "description": (lambda each: "alt" in each and "mime" in each, "alt", "FORGED"),
    "kind": (lambda each: "mime" in each, "kind", "video"),
    "MIME type": (lambda each: "mime" in each, "mime", "video/mp4"),
    "name": (lambda each: "mime" in each, "claimed_name", "forged.mp4"),
    "not whole": (lambda each: "partial" in each, "partial", ""),
    "HTTP status": (lambda each: "tls" in each, "status", 418),
    "start of the request": (lambda each: "tls" in each, "started", "2020-01-01T00:00:00.000Z"),
    "server's address": (lambda each: "tls" in each, "ip", "198.51.100.1"),
    "what a page is": (lambda each: "verdict" in each, "verdict", "content"),
    "certificate": (lambda each: "cipher" in each, "verified", False),
    "text of a post": (lambda each: "platform" in each, "text", "FORGED"),
    "author of a post": (lambda each: "handle" in each, "name", "Mallory"),
    "time of a post": (lambda each: "platform" in each, "published", "2020-01-01T00:00:00Z"),
    "fact": (lambda each: each.get("name") == "GPS latitude", "value", 48.85),
    "failed, its reason": (lambda each: each.get("reason") == "404 Not Found", "reason", "timed out"),
    "skipped, its count": (lambda each: each.get("count") == 14, "count", 1),
    "changed": (lambda each: each.get("change") == "gone", "change", "edited"),
    "proof": (lambda each: "rkey" in each, "rkey", "3forged"),
    "working copy": (lambda each: "how" in each, "how", "as served"),
    "seal": (lambda each: "root" in each, "root", "0" * 64),
    "case": (lambda each: each.get("title") == "Operation Alder", "title", "FORGED"),
    "who exported": (lambda each: "bundle" in each, "officer", "Somebody Else"),
    "seized": (lambda each: each.get("event") == "seized", "officer", "Somebody Else"),
    "sealed": (lambda each: each.get("event") == "sealed", "time", "2020-01-01T00:00:00.000Z"),
    "handed over": (lambda each: each.get("event") == "handed-over", "to", "Somebody Else"),
    "copied": (lambda each: each.get("event") == "copied", "officer", "Somebody Else"),
    "described": (lambda each: each.get("event") == "described", "description", "FORGED"),
}


@pytest.mark.parametrize("what", FORGED)
def test_each_kind_of_field_follows_from_the_ledgers(maker: CaseMaker, bundle: Path, what: str) -> None:
    """Whoever holds the key and states anything else than the sealed ledgers do is found out, with list and field."""
    wanted, name, value = FORGED[what]
    path, values, found = holding(bundle, wanted)
    assert found.get(name) != value
    found[name] = value
    write(path, values)
    seal_anew(maker, bundle)
    reasons = mismatch(verify(bundle))
    assert {where for where, _ in reasons} == {path.relative_to(bundle).as_posix()}
    assert any(name in reason for _, reason in reasons), reasons


@pytest.mark.parametrize("event", ["item", "failed", "skipped", "post-changed"])
def test_a_line_that_is_left_out(maker: CaseMaker, bundle: Path, event: str) -> None:
    """A line that is left out of items.jsonl, such as what could not be captured, is found out."""
    path = bundle / "data/items.jsonl"
    entries = read(path)
    left_out = max(number for number, entry in enumerate(entries) if entry["event"] == event)
    write(path, entries[:left_out] + entries[left_out + 1 :])
    seal_anew(maker, bundle)
    [(where, reason)] = mismatch(verify(bundle))
    assert (where, reason.partition(":")[0]) == ("data/items.jsonl", f"line {left_out + 1}")


@pytest.mark.parametrize("name", ["custody", "captures"])
def test_an_entry_that_is_left_out(maker: CaseMaker, bundle: Path, name: str) -> None:
    """A custody event, or a whole capture, that is left out of its list is found out."""
    path, values, found = holding(bundle, lambda each: bool(each.get(name)))
    found[name] = found[name][1:]
    write(path, values)
    seal_anew(maker, bundle)
    assert mismatch(verify(bundle))


@pytest.mark.parametrize("name", LISTS)
def test_more_behind_the_end_of_a_list(maker: CaseMaker, bundle: Path, name: str) -> None:
    """Whatever stands behind the end of a list is found out."""
    rewrite(bundle / name, (bundle / name).read_bytes() + b" ")
    seal_anew(maker, bundle)
    assert {where for where, _ in mismatch(verify(bundle))} == {name}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_that_is_gone(maker: CaseMaker, bundle: Path, name: str) -> None:
    """A list that is missing from a bundle that was sealed without it is found out."""
    (bundle / "data").chmod(0o700)
    (bundle / name).unlink()
    seal_anew(maker, bundle)
    assert verify(bundle).verdict == "mismatch"


def test_the_same_values_written_otherwise(maker: CaseMaker, bundle: Path) -> None:
    """A list that says the same in other bytes is not the one that goldenhour writes."""
    path = bundle / "data/manifest.json"
    rewrite(path, path.read_bytes().replace(b"  ", b" "))
    seal_anew(maker, bundle)
    assert mismatch(verify(bundle)) == {("data/manifest.json", "its form is not what the sealed ledgers say")}


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ({"exhibits": ("MP/1", "MP/2", "ZZ/9")}, "names other exhibits than those of the captures that are here"),
        ({"began": "2999-01-01T00:00:00.000Z"}, "says that the export began after it was recorded"),
        (
            {"restated": (RestatedEntry(line=1, action="seized", time="", signer=""),)},
            "tells what only a line of its own can",
        ),
        (
            {"restated": (RestatedEntry(line=1, action="disposed", time="", signer=""),)},
            "tells what only a line of its own can",
        ),
        ({"only": ("MP/1-0001",)}, "names other items than those that are disclosed here"),
    ],
)
def test_a_line_of_the_export_that_cannot_be(
    maker: CaseMaker, bundle: Path, words: dict[str, object], reason: str
) -> None:
    """What the export's own line states is held against the captures that are here, and to what it may tell."""
    seal_anew(maker, bundle, **words)
    found = verify(bundle)
    assert found.verdict == "mismatch"
    assert any(each.reason.startswith(reason) for each in found.problems if each.path == "seal/export.json")


@pytest.mark.parametrize("field", ["exhibit", "scene", "officer", "initials", "time", "size", "root", "fingerprint"])
def test_a_line_of_the_case_that_says_something_else_of_a_capture(bundle: Path, field: str) -> None:
    """The case's own lines on the beginning and the seal of a capture are held against the capture's ledger."""
    with open_bundle(bundle, verified=True) as opened:
        heads = opened.manifest.captures
    folder, value = ("captures", 1) if field == "size" else ("captures", "0") if field in {"root", "fingerprint"} else (
        "registered", "2020-01-01T00:00:00.000Z"
    )  # fmt: skip
    path = bundle / f"seal/{folder}/{heads[0].capture}.json"
    exported = decode_case_event((bundle / "seal/export.json").read_bytes())
    assert isinstance(exported, Exported)
    event = decode_case_event(path.read_bytes())
    assert list(disagreements({1: event}, exported, heads)) == []
    [(name, reason)] = disagreements({1: msgspec.structs.replace(event, **{field: value})}, exported, heads)
    assert (name, reason.startswith("does not say of the capture")) == (f"{folder}/{heads[0].capture}", True)


def test_sealed_anew_as_it_was(maker: CaseMaker, bundle: Path) -> None:
    """A bundle that is sealed anew with nothing changed verifies: what is found above is the change alone."""
    seal_anew(maker, bundle)
    assert list(verification_lines(verify(bundle)))
    assert verify(bundle).verdict == "ok"


def leaves(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:  # noqa: ANN401 - any JSON
    """Yield the place of every value that holds no other."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield from leaves(each, (*place, name))
    if not isinstance(value, dict | list):
        yield place


class Handed:
    """A bundle and the lists in it as they were, to be changed again and again."""

    def __init__(self, folder: Path, only: DisclosureRequest | None) -> None:
        self.maker = make_case(folder) if only else social_case(folder)
        if only:
            self.maker.capture([Thing("p.jpg", photo(), facts=(Fact("camera make", "Leica", "EXIF Make"),))])
            self.maker.capture([Thing("q.jpg", photo(2)), Thing("r.jpg", photo(3), alt="r")])
        made = export_bundle(self.maker.case, key=self.maker.key, officer="M", output=folder / "out", only=only)
        self.bundle = made.path
        self.lists = {name: (made.path / name).read_bytes() for name in LISTS if (made.path / name).exists()}
        self.places = [(name, place) for name in self.lists for place in leaves(read(made.path / name)) if place != ()]

    def change(self, name: str, place: tuple[str | int, ...], value: object) -> bool:
        """Put another value in a place; say whether that changes anything."""
        for each, data in self.lists.items():
            rewrite(self.bundle / each, data)
        values: Any = read(self.bundle / name)
        inner = values
        for step in place[:-1]:
            inner = inner[step]
        changed = bool(inner[place[-1]] != value or type(inner[place[-1]]) is not type(value))
        inner[place[-1]] = value
        write(self.bundle / name, values)
        return changed


@pytest.fixture(scope="module")
def handed(tmp_path_factory: pytest.TempPathFactory) -> list[Handed]:
    """Make a whole bundle, and a disclosure of which the addresses and an officer's name are withheld."""
    part = DisclosureRequest(items=("MP/2-0002",), redact=("url", "officer"))
    return [Handed(tmp_path_factory.mktemp("whole"), None), Handed(tmp_path_factory.mktemp("part"), part)]


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_any_value_in_any_list(handed: list[Handed], data: st.DataObject) -> None:
    """Whatever value of a list is changed, by whoever holds the key, the bundle does not match."""
    one = data.draw(st.sampled_from(handed))
    name, place = data.draw(st.sampled_from(one.places))
    value: object = data.draw(st.one_of(st.text(max_size=8), st.integers(-9, 9), st.booleans(), st.none(), st.just([])))
    changed = one.change(name, place, value)
    seal_anew(one.maker, one.bundle)
    assert verify(one.bundle).verdict == ("mismatch" if changed else "ok")


def test_a_ledger_that_gives_every_item_one_name(tmp_path: Path) -> None:
    """Items of one reference, and as many lines about it, are each read once, for the first of them."""
    count = 50

    class Counted(EventList, frozen=True):
        """Events that count how often one is asked for."""

        asked = 0

        def at(self, place: int) -> CaptureEvent:
            """Count, and return the event."""
            Counted.asked += 1
            return super().at(place)

    maker = make_case(tmp_path)
    capture = maker.begin()
    capture.add(Thing("p.jpg", photo(), facts=(Fact("camera make", "Leica", "EXIF Make"),)))
    [ledger] = [folder / "ledger.jsonl" for folder in [capture.seal()]]
    started, exchange, item, facts, *_, finished = map(decode_capture_event, ledger.read_bytes().splitlines())
    events = [started, exchange, *[item] * count, *[facts] * count, finished]
    sealed = SealedCapture(Counted(events), Seal(0, "0" * 64, "", "0" * 64))
    head = sealed.head()
    entries = [entry for entry in sealed.entries(head) if isinstance(entry, ListedItem)]
    assert [len(entry.facts) for entry in entries] == [count] + [0] * (count - 1)
    assert all(entry.response is not None for entry in entries)
    # Each item, its exchange and its facts; and for the head, the first line and the last.
    assert Counted.asked == 3 * count + 2

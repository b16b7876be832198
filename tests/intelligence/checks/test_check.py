from __future__ import annotations

import json
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from click.testing import CliRunner

from cli import main
from commands.exit import Exit
from exports.bundle import export_bundle
from hashing.case.events import PageJudged, PostRead
from hashing.case.facts import Fact
from hashing.case.kinds import ItemKind
from hashing.case.post import Account, Post, PostMedia
from hashing.times import system_clock, time_text
from intelligence.checks import check_material, material_of
from intelligence.checks.finding import NOT_CHECKED
from intelligence.checks.times import served_at
from tests.exports.bundles import bundle_of
from tests.exports.small_case import CaptureMaker, CaseMaker, Thing, make_case
from tests.intelligence.checks.pictures import CHANGES, jpeg, scene

if TYPE_CHECKING:
    from pathlib import Path

_STATEMENT = "I saw the red van stop in front of the warehouse and two men got out and ran away before the fire began"


def _post(name: str, **words: Any) -> Post:  # noqa: ANN401 - fields of a post
    return Post(platform="fediverse", server="social.example", id=f"https://social.example/{name}", **words)


def _facts(**said: str) -> tuple[Fact, ...]:
    return tuple(Fact(name.replace("_", " "), value, "EXIF") for name, value in said.items())


def _add_post(capture: CaptureMaker, name: str, post: Post) -> str:
    item = capture.add(Thing(f"{name}.json", name.encode(), "post", "application/json", url=post.id))
    capture.events.append(PostRead(time=time_text(system_clock()), ref=item.ref, post=post))
    return str(item.ref)


@pytest.fixture
def maker(tmp_path: Path) -> CaseMaker:
    """Make a case in which somebody shows an old photo of a fire as tonight's."""
    maker = make_case(tmp_path)
    first = maker.begin("https://news.example/fire")
    url = "https://social.example/media/tonight.jpg"
    first.add(Thing("tonight.jpg", CHANGES["half the size"](scene(1)), url=url))
    media = (PostMedia(url=url, kind=ItemKind.PHOTO),)
    account = Account(handle="al@social.example", id="https://social.example/users/1")
    _add_post(first, "p1", _post("p1", published="2026-11-24T20:00:00Z", text=_STATEMENT, media=media, author=account))
    first.add(Thing("page.html", b"<p>one", "page", "text/html", url="https://news.example/page"))
    first.events.append(_judged("MP/1-0003"))
    first.seal()
    second = maker.begin("https://archive.example/")
    taken = _facts(original_time="2024-11-20T18:00:00", camera_make="Canon", camera_model="EOS", software="GIMP 2.10")
    second.add(Thing("old.jpg", CHANGES["a white border"](scene(1)), facts=taken))
    second.add(Thing("again.jpg", CHANGES["half the size"](scene(1))))
    second.add(
        Thing("other.jpg", jpeg(scene(2)), facts=_facts(original_time="2999-01-01T00:00:00", original_time_zone="Z"))
    )
    renamed = msgspec.structs.replace(account, handle="other@social.example")
    _add_post(second, "p2", _post("p2", published="2026-11-24T21:00:00Z", text=_STATEMENT + " again", author=renamed))
    second.add(Thing("page.html", b"<p>two", "page", "text/html", url="https://news.example/page"))
    second.events.append(_judged("MP/2-0005"))
    second.add(Thing("broken.jpg", b"\xff\xd8\xff\xe0"))
    second.seal()
    return maker


def _judged(ref: str) -> PageJudged:
    return PageJudged(time=time_text(system_clock()), ref=ref, url="u", verdict="content", shows="0" * 64)


def _found(path: Path) -> dict[str, list[tuple[str, list[str]]]]:
    ran = CliRunner().invoke(main, ["check", str(path), "--json"])
    assert ran.exit_code == Exit.OK, ran.output
    found: dict[str, list[tuple[str, list[str]]]] = {}
    for line in ran.stdout.splitlines():
        said = json.loads(line)
        found.setdefault(said["finding"], []).append((said["says"], [item["ref"] for item in said["items"]]))
    return found


def test_the_photo_of_tonight_that_is_two_years_old(maker: CaseMaker, tmp_path: Path) -> None:
    """Copies are found over all captures, the one that claims to be the earliest first; a bundle tells the same."""
    found = _found(maker.path)
    [(says, refs)] = found["same picture"]
    assert refs == ["MP/2-0001", "MP/1-0001", "MP/2-0002"]
    assert says == "3 photos show nearly the same: MP/2-0001 claims to be the earliest; MP/1-0001 was captured first"
    assert [refs for _, refs in found["same bytes"]] == [["MP/1-0001", "MP/2-0002"]]
    bundle = export_bundle(maker.case, key=maker.key, officer="M", output=tmp_path / "out.zip", zipped=True).path
    assert _found(bundle) == found


def test_a_post_that_says_something_else_later(maker: CaseMaker) -> None:
    """What one server showed otherwise in a later capture is told with both versions; a count that grew is none."""
    for number, (text, likes) in enumerate((("It burns.", 1), ("It burns.", 2), ("It is out.", 2)), 3):
        later = maker.begin("https://social.example/again")
        _add_post(later, f"v{number}", _post("p9", text=text, counts={"likes": likes}))
        later.seal()
    [(says, refs)] = _found(maker.path)["versions"]
    assert (says, refs) == ("https://social.example/p9 on social.example: 2 versions", ["MP/3-0001", "MP/5-0001"])


def test_facts_for_and_against(maker: CaseMaker) -> None:
    """Copied statements, impossible times, versions of a page, renamed accounts, cameras and programs are told."""
    found = _found(maker.path)
    [(says, refs)] = found["same text"]
    assert says.startswith("MP/1-0002 and MP/2-0004 share 100% of the shorter text's runs of 4 words")
    assert refs == ["MP/1-0002", "MP/2-0004"]
    [late] = [says for says, _ in found["time"] if "server" not in says]
    assert late.startswith("MP/2-0003: EXIF original time 2999-01-01T00:00:00 is ")
    [(page, refs)] = found["address"]
    assert (page, refs) == ("https://news.example/page was captured 2 times: 2 versions", ["MP/1-0003", "MP/2-0005"])
    [(account, refs)] = found["account"]
    assert account == "one account, https://social.example/users/1, under 2 names"
    assert ("Canon EOS: 1 item", ["MP/2-0001"]) in found["camera"]
    assert found["software"] == [("software GIMP 2.10: 1 item", ["MP/2-0001"])]
    assert [refs for _, refs in found["not checked"]] == [["MP/2-0006"]]


def test_a_photo_that_is_older_than_its_post(tmp_path: Path) -> None:
    """A photo that claims to be older, or younger, than the post that shows it is told; a day's doubt is not."""
    maker = make_case(tmp_path)
    capture = maker.begin()
    for number, taken in enumerate(("2024-11-20T18:00:00", "2026-11-24T19:59:00", "2026-11-26T19:00:00"), 1):
        url = f"https://social.example/{number}.jpg"
        capture.add(Thing(f"{number}.jpg", jpeg(scene(number)), url=url, facts=_facts(original_time=taken)))
        media = (PostMedia(url=url, kind=ItemKind.PHOTO),)
        _add_post(capture, f"p{number}", _post(f"p{number}", published="2026-11-24T20:00:00Z", media=media))
    capture.seal()
    told = [says for says, _ in _found(maker.path)["time"] if "captured" not in says and "server" not in says]
    assert told == [
        "MP/1-0001 claims to have been taken 734 days before MP/1-0002",
        "MP/1-0005 claims to have been taken 47 hours after MP/1-0006 published it",
    ]


def test_a_time_after_which_it_was_there_already(tmp_path: Path) -> None:
    """What claims to be younger than the first capture of its bytes, or than its server's clock, is told."""
    maker = make_case(tmp_path)
    for number, taken in enumerate(("2020-01-01T00:00:00", "2999-01-01T00:00:00"), 1):
        capture = maker.begin()
        capture.add(Thing("1.jpg", jpeg(scene(1)), facts=_facts(original_time=taken)))
        _add_post(capture, f"p{number}", _post(f"p{number}", published=f"2026-11-24T{8 * number:02d}:15:00Z"))
        capture.seal()
    told = {says: refs for says, refs in _found(maker.path)["time"] if "days before" not in says}
    [(younger, refs), (served, of)] = told.items()
    assert younger.startswith("MP/2-0001: EXIF original time 2999-01-01T00:00:00 is ")
    assert younger.endswith(" after MP/1-0001, which has the same bytes, was captured")
    assert refs == ["MP/2-0001", "MP/1-0001"]
    assert served == "MP/2-0002: claimed 2026-11-24T16:15:00Z is 6 hours after its server's clock when it gave it out"
    assert of == ["MP/2-0002"]


@pytest.mark.parametrize("zone", ["GMT", "-0000", "+0200", ""])
def test_a_servers_clock_is_not_read_by_the_zone_of_this_computer(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A date that names no zone is in UTC, wherever the officer sits."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        found = served_at(f"Tue, 24 Nov 2026 10:15:02 {zone}".strip())
    finally:
        monkeypatch.undo()
        time.tzset()
    assert found == f"2026-11-24T{'08' if zone == '+0200' else '10'}:15:02+00:00"


def test_people_are_told_facts_and_no_verdict(maker: CaseMaker) -> None:
    """In the terminal the findings stand under headings, each with the items that it rests on."""
    ran = CliRunner().invoke(main, ["check", str(maker.path), "--quiet"])
    lines = ran.stdout.splitlines()
    assert "Photos and videos that show the same picture, or nearly" in lines
    assert any(line.startswith("    MP/2-0001  EXIF original time 2024-11-20T18:00:00; captured ") for line in lines)
    assert "; other bytes, and the same text and media" in ran.stdout
    assert lines[-1].endswith("facts and claims, and no verdict")


def test_what_is_no_case_and_no_bundle(tmp_path: Path) -> None:
    """Anything else could not be checked."""
    ran = CliRunner().invoke(main, ["check", str(tmp_path)])
    assert (ran.exit_code, ran.stdout) == (Exit.UNCHECKED, "")


def test_more_than_is_compared_at_once(maker: CaseMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts beyond a bound are named as not compared."""
    monkeypatch.setattr("intelligence.checks.near_texts._MOST_IN_ALL", 10)
    with material_of(maker.path) as material:
        found = list(check_material(material))
    reasons = {known for each in found if each.kind == NOT_CHECKED for _, known in each.rests_on}
    assert "the texts before it are as many as are compared at once" in reasons


def test_texts_that_would_fill_the_memory_are_refused(maker: CaseMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups of items are compared in memory: megabytes of a stranger's text are refused in words beyond a bound."""
    monkeypatch.setattr("intelligence.checks.material._LONG", 1)
    monkeypatch.setattr("intelligence.checks.material._MOST_LONG", 1_000)
    ran = CliRunner().invoke(main, ["check", str(maker.path)])
    assert (ran.exit_code, ran.stdout) == (Exit.UNCHECKED, "")
    assert "longer, all together, than is compared at once" in ran.stderr


def test_items_are_not_held_in_memory(maker: CaseMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing but a few entries fits into memory the same is found, of a case and of a bundle."""
    with material_of(maker.path) as material:
        expected = list(check_material(material))
    for bound in ("lookup.HELD", "kept._HELD"):
        monkeypatch.setattr(f"exports.format.{bound}", 1)
    with material_of(maker.path) as material:
        assert material.items[0] is not material.items[0]
        assert list(check_material(material)) == expected
    with material_of(bundle_of(maker, maker.path.with_name("bundle"))) as material:
        assert list(check_material(material)) == expected


def test_findings_beyond_a_bound_are_counted(maker: CaseMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of very many findings of a kind the first are printed, with how many more there are; as JSON all are."""
    told = CliRunner().invoke(main, ["check", str(maker.path), "--json"]).stdout.splitlines()
    most = max(Counter(json.loads(line)["finding"] for line in told).values())
    monkeypatch.setattr("commands.check._MOST", 1)
    shown = CliRunner().invoke(main, ["check", str(maker.path)]).stdout
    assert f"  and {most - 1:,} more: --json tells all\n" in shown

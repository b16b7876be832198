from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from commands.display.tables import custody_lines
from exports.bundle import export_bundle
from exports.format.continuity import exhibits_of
from exports.verification import verify
from hashing.case.custody import Handling, record_custody, record_description
from hashing.case.events import Custody, Described, Exported
from hashing.files.digest import Digest
from hashing.times import system_clock, time_text
from tests.exports.small_case import OFFICER, SCENE, CaseMaker

if TYPE_CHECKING:
    from pathlib import Path


HOSTILE = "\x1b[2J\u202egpj.exe\n" + "W" * 3000


def _handle(maker: CaseMaker, action: str, ref: str = "MP/1", hours: float = 0, **said: str) -> None:
    """Record an event as of so many hours later than now."""
    now = system_clock()
    handling = Handling(action=action, at=now + timedelta(hours=hours) if hours else None, **said)  # type: ignore[arg-type]  # texts all
    later = now + timedelta(hours=9)
    record_custody(maker.case, [ref], handling, key=maker.key, officer=OFFICER, clock=lambda: later)


def test_order_of_the_log(maker: CaseMaker) -> None:
    """The log begins with the capture, goes in the order in which things were done, and marks what came in late."""
    _handle(maker, "opened", hours=3)
    _handle(maker, "handed-over", hours=1, giver="Mary Price", receiver="John Hill")
    _handle(maker, "received", "MP/1-0001", hours=2, giver="Mary Price")
    _handle(maker, "sealed")
    [exhibit] = exhibits_of(maker.case, "MP/1")
    assert [(entry.event, entry.late) for entry in exhibit.log] == [
        ("seized", False),
        ("sealed", False),
        ("handed-over", True),
        ("received", True),
        ("opened", True),
        ("sealed", False),
    ]
    assert (exhibit.log[0].detail, exhibit.log[0].officer) == (SCENE, OFFICER)
    assert exhibit.last.event == "sealed"
    [other] = exhibits_of(maker.case, "MP/2")
    assert [entry.event for entry in other.log] == ["seized", "sealed"]


def test_within_the_minute_of_the_capture(maker: CaseMaker) -> None:
    """What was done in the minute of the capture, and is stated to the minute, stands after the capture."""
    began = exhibits_of(maker.case, "MP/1")[0].registered.time
    minute = system_clock().fromisoformat(began).replace(second=0, microsecond=0)
    record_custody(maker.case, ["MP/1"], Handling(action="opened", at=minute), key=maker.key, officer=OFFICER)
    [exhibit] = exhibits_of(maker.case, "MP/1")
    assert exhibit.log[0].event == "seized"
    assert "opened" in [entry.event for entry in exhibit.log]


def test_a_later_description_replaces_none(maker: CaseMaker) -> None:
    """Every description stays in the log; the item's is its own."""
    for ref, text in (("MP/1", "a photo"), ("MP/1-0001", "the fire"), ("MP/1", "a photo of the fire")):
        record_description(maker.case, ref, text, key=maker.key, officer=OFFICER)
    [exhibit] = exhibits_of(maker.case, "MP/1-0001")
    assert [entry.description for entry in exhibit.descriptions()] == ["a photo", "a photo of the fire"]
    assert [entry.description for entry in exhibit.descriptions("MP/1-0001")] == ["the fire"]
    assert [entry.event for entry in exhibit.log].count("described") == 3


def test_a_bundle_is_a_copy(maker: CaseMaker, tmp_path: Path) -> None:
    """A bundle that was handed out stands in the log of each exhibit in it."""
    export_bundle(maker.case, key=maker.key, officer="John Hill", output=tmp_path / "out", exhibits=["MP/2"])
    [first, second] = exhibits_of(maker.case)
    assert [entry.event for entry in first.log] == ["seized", "sealed"]
    assert [(entry.event, entry.officer, entry.detail) for entry in second.log][-1] == (
        "copied",
        "John Hill",
        "bundle out",
    )


def test_a_bundle_names_no_earlier_bundle(maker: CaseMaker, tmp_path: Path) -> None:
    """That an exhibit was copied before is told with the bundle, but no name that may tell of other exhibits."""
    export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "OP-ALDER_MP-1+MP-2")
    later = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "out", exhibits=["MP/2"])
    [exhibit] = json.loads((later.path / "data/custody.json").read_bytes())["exhibits"]
    assert [(entry["event"], entry["detail"]) for entry in exhibit["custody"]][-1] == ("copied", "a bundle")
    assert not [path for path in later.path.rglob("*") if path.is_file() and b"MP-1" in path.read_bytes()]


def test_hostile_text_in_the_log(maker: CaseMaker) -> None:
    """What someone typed or pasted moves no cursor, and none of it is lost."""
    _handle(maker, "opened", reason=HOSTILE)
    lines = list(custody_lines(exhibits_of(maker.case, "MP/1")[0].log))
    assert all(line.isprintable() for line in lines)
    assert any("W" * 3000 in line and "\\u202e" in line for line in lines)


def test_bundles_hold_the_log_of_their_exhibits(maker: CaseMaker, tmp_path: Path) -> None:
    """Log and report of a bundle say what was done with its exhibits, each line proven, and no others."""
    _handle(maker, "opened", reason=HOSTILE)
    _handle(maker, "disclosed", "MP/2", receiver="the secret defence")
    record_description(maker.case, "MP/1-0001", "the fire", key=maker.key, officer=OFFICER)
    bundle = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "out", exhibits=["MP/1"])
    log = json.loads((bundle.path / "data/custody.json").read_bytes())
    [exhibit] = log["exhibits"]
    assert [entry["event"] for entry in exhibit["custody"]] == ["seized", "sealed", "described", "opened"]
    proven = {int(path.stem) for path in (bundle.path / "seal/custody").glob("*.json")}
    assert proven == {entry["line"] for entry in exhibit["custody"][2:]}
    report = (bundle.path / "data/report/custody.html").read_text()
    assert "reason: \\x1b[2J\\u202egpj.exe" in report
    assert not [path for path in bundle.path.rglob("*") if path.is_file() and b"secret defence" in path.read_bytes()]
    assert verify(bundle.path).verdict == "ok"


def test_a_log_that_says_something_else(maker: CaseMaker, tmp_path: Path) -> None:
    """A signer who hands over another log than the case's own lines is found out by verification."""
    _handle(maker, "opened", reason="to count the photos")
    bundle = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "out")
    log = bundle.path / "data/custody.json"
    log.chmod(0o600)
    log.write_text(log.read_text().replace("to count the photos", "none"))
    problems = {(each.path, each.reason) for each in verify(bundle.path).problems}
    assert ("data/custody.json", "exhibits[0].custody[2].reason is not what the sealed ledgers say") in problems


@pytest.mark.parametrize("how", ["removed", "link", "other", "renumbered", "unproven"])
def test_lines_of_the_log_that_were_tampered_with(maker: CaseMaker, tmp_path: Path, how: str) -> None:
    """A line taken out, replaced, moved or left without its proof does not match, though the lists were rewritten."""
    _handle(maker, "opened", reason="to count the photos")
    bundle = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "out")
    [line] = (bundle.path / "seal/custody").glob("*.json")
    proof = line.with_suffix(".proof")
    if how == "link":
        line.rename(tmp_path / "line")
        line.symlink_to(tmp_path / "line")
    elif how == "other":
        line.chmod(0o600)
        line.write_bytes(line.read_bytes().replace(b"count", b"touch"))
    elif how == "renumbered":
        line.rename(line.with_name("00000001.json"))
        proof.rename(line.with_name("00000001.proof"))
    else:
        for path in (line, proof) if how == "removed" else (proof,):
            path.unlink()
    _relist(bundle.path)
    assert verify(bundle.path).verdict == "mismatch"


def _relist(bundle: Path) -> None:
    """Write the bag's list of tag files anew, which no signature covers."""
    tags = bundle / "tagmanifest-sha256.txt"
    names = [path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file() and path != tags]
    tags.chmod(0o600)
    tags.write_text(
        "".join(
            f"{Digest.of_bytes((bundle / name).read_bytes()).hex}  {name}\n"
            for name in sorted(names)
            if not name.startswith("data/")
        )
    )


def _custody(maker: CaseMaker, **words: str) -> Custody:
    said = {"time": time_text(system_clock()), "ref": "MP/1", "action": "opened", "officer": OFFICER, **words}
    return Custody(signer=maker.key.public.raw.hex(), **said)  # type: ignore[arg-type]  # texts all


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ({"ref": "MP/9"}, "of an exhibit MP/9 that the case does not have"),
        ({"ref": "MP/1-0009"}, "of an item MP/1-0009 that the exhibit does not have"),
        ({"action": "lost"}, "lost is not a custody event"),
        ({"action": "verified"}, "a verification without a receipt, or a receipt without a verification"),
        ({"at": "2999-01-01T00:00:00.000Z"}, "says that something was done after it was recorded"),
    ],
)
def test_verify_names_events_that_cannot_be(maker: CaseMaker, words: dict[str, str], reason: str) -> None:
    """A custody event that no goldenhour would have recorded is a problem, though it is signed."""
    maker.case.record(_custody(maker), key=maker.key)
    assert verify(maker.path).verdict == "ok"
    maker.case.record(_custody(maker, **words), key=maker.key)
    assert [each.reason.partition(": ")[2] for each in verify(maker.path).problems] == [reason]


def test_verify_names_descriptions_of_nothing(maker: CaseMaker) -> None:
    """A description of an exhibit that the case does not have is a problem, and does not stop the log."""
    signer = maker.key.public.raw.hex()
    event = Described(time=time_text(system_clock()), ref="XX/1", description="x", officer=OFFICER, signer=signer)
    maker.case.record(event, key=maker.key)
    assert "XX/1" in verify(maker.path).problems[0].reason
    assert [each.ref for each in exhibits_of(maker.case)] == ["MP/1", "MP/2"]


@pytest.mark.parametrize(
    "words", [{"time": "2020-01-01T00:00:00.000Z"}, {"line": 1}, {"line": 99}, {"action": "opened"}]
)
def test_verify_names_a_bundle_that_tells_of_a_line_what_it_does_not_say(
    maker: CaseMaker, tmp_path: Path, words: dict[str, Any]
) -> None:
    """An `exported` line that tells of an earlier line something else than that says is a problem of the case."""
    for name in ("earlier", "later"):
        export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / name)
    *_, exported = maker.case.events()
    assert isinstance(exported, Exported)
    assert verify(maker.path).verdict == "ok"
    [restated] = exported.restated
    forged = msgspec.structs.replace(exported, restated=(msgspec.structs.replace(restated, **words),))
    maker.case.record(forged, key=maker.key)
    [problem] = verify(maker.path).problems
    assert problem.reason.endswith("what it does not say")

"""The way of a case or a bundle into a store and back, against a real one."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exports.store import sending
from hashing.case.events import Custody
from hashing.ledger.keys import default_key_path, load_or_create_signing_key
from tests.exports.bundles import bundle_of
from tests.exports.small_case import CaseMaker, Thing, photo
from tests.exports.store.reached import LOCK, keys, run
from tests.servers.meddler import Answered, Asked, Meddler
from tests.servers.object_store import KEY, SECRET

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.object_store import ObjectStoreServer


ROOT = Path(__file__).parents[3]


def _copies(maker: CaseMaker) -> list[tuple[str, str, str]]:
    events = (event for event in maker.case.events() if isinstance(event, Custody))
    return [(event.ref, event.receiver, event.reason) for event in events if event.action == "copied"]


def test_a_case_goes_in_and_comes_back(own: CaseMaker, place: str, tmp_path: Path) -> None:
    """A pushed case is whole in the store, comes back whole, and its ledger says where each exhibit was copied to."""
    code, said = run("push", own.path, place, *LOCK, "--json")
    pushed = json.loads(said)
    assert (code, pushed["files"], pushed["sent"], pushed["recorded"]) == (0, 16, 16, ["MP/1", "MP/2"])
    reason = "object lock: governance until 2999-12-31T23:59:59Z"
    assert _copies(own) == [("MP/1", place, reason), ("MP/2", place, reason)]
    for read in ((), ("--read",)):
        assert run("verify", own.path, place, *read)[0] == 0
    code, said = run("pull", tmp_path / "BACK", place)
    assert code == 0, said
    for path in (tmp_path / "BACK").rglob("*"):
        ours = own.path / path.relative_to(tmp_path / "BACK")
        assert path.is_dir() or path.name == "ledger.jsonl" or path.read_bytes() == ours.read_bytes()
    assert own.path.joinpath("ledger.jsonl").read_bytes().startswith((tmp_path / "BACK/ledger.jsonl").read_bytes())
    assert run("pull", tmp_path / "BACK", place)[0] == 7


def test_what_is_there_is_not_sent_again(own: CaseMaker, place: str) -> None:
    """A second push sends what is new, a third nothing; a copy is recorded once for each exhibit."""
    run("push", own.path, place, *LOCK)
    assert json.loads(run("push", own.path, place, *LOCK, "--json")[1])["sent"] == 2  # the ledger and its checkpoint
    again = json.loads(run("push", own.path, place, *LOCK, "--json")[1])
    assert (again["sent"], again["recorded"]) == (0, [])
    own.capture([Thing("r.jpg", photo(3))])
    code, said = run("verify", own.path, place, "--json")
    found = json.loads(said)
    assert (code, found["verdict"], found["missing"]) == (3, "in part", [])
    assert any(path.endswith("r.jpg") for path in found["later"])
    assert json.loads(run("push", own.path, place, *LOCK, "--json")[1])["recorded"] == ["MP/3"]
    assert run("verify", own.path, place)[0] == 0
    states = [json.loads(line) for line in run("list", place, "--json")[1].splitlines()]
    assert len({state["lines"] for state in states}) == len(states) == 3
    assert run("list", place.rpartition("/")[0])[1].count(place) == 3


@pytest.mark.parametrize("name", ["BUNDLE", "BUNDLE.zip"])
def test_a_bundle_goes_in_and_comes_back(own: CaseMaker, place: str, tmp_path: Path, name: str) -> None:
    """A bundle comes back byte for byte, as a folder or as a zip."""
    bundle = bundle_of(own, tmp_path / name)
    assert run("push", bundle, place, "--legal-hold")[0] == 0
    assert run("verify", bundle, place)[0] == 0
    back = tmp_path / f"back-{name}"
    assert run("pull", back, place)[0] == 0
    files = [bundle] if bundle.is_file() else [path for path in bundle.rglob("*") if path.is_file()]
    assert [(back / path.relative_to(bundle)).read_bytes() for path in files] == [path.read_bytes() for path in files]
    assert run("push", own.path, place, "--legal-hold")[0] == 7  # the place is taken
    assert run("verify", own.path, place)[0] == 5


def test_a_lock_is_made_longer_and_stricter(own: CaseMaker, place: str, object_store: ObjectStoreServer) -> None:
    """A push with a later date, or with a hold, locks what is there so; one with an earlier date takes nothing back."""
    for asked in (
        ("--lock", "governance", "--retain-until", "2100-01-01"),
        ("--lock", "governance", "--retain-until", "2200-01-01T12:00Z", "--legal-hold"),
        ("--lock", "governance", "--retain-until", "2050-01-01"),
    ):
        assert run("push", own.path, place, *asked)[0] == 0
    items = {hashlib.sha256(path.read_bytes()).hexdigest() for path in own.path.rglob("items/*")}
    locked = [key for key in keys(object_store, place) if key.rpartition("/")[2] in items]
    assert len(locked) == len(items) > 0
    for key in locked:
        found = object_store.client.head_object(Bucket="evidence", Key=key)
        until, hold = found["ObjectLockRetainUntilDate"], found["ObjectLockLegalHoldStatus"]
        assert (f"{until:%Y-%m-%dT%H}", hold) == ("2200-01-01T12", "ON")


def test_what_earlier_states_left_is_locked_as_long(
    own: CaseMaker, place: str, object_store: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ledger and head of an earlier state are locked as long as a later push asks; `verify` names what is not."""
    assert run("push", own.path, place, "--lock", "compliance", "--retain-until", "2100-01-01")[0] == 0
    earlier = keys(object_store, place)
    own.capture([Thing("r.jpg", photo(3))])
    longer = ("--lock", "compliance", "--retain-until", "2200-01-01")
    with monkeypatch.context() as patch:
        patch.setattr(sys.modules["exports.store.push"], "earlier_objects", lambda *_: iter(()))
        assert run("push", own.path, place, *longer)[0] == 0
    found = json.loads(run("verify", own.path, place, "--json")[1])
    assert found["verdict"] == "ok"
    assert len(found["short"]) == 2  # the ledger as it was then, and the head
    assert all(each.endswith(": locked until 2100-01-01T23:59:59.000Z") for each in found["short"]), found["short"]
    assert "short    heads/" in run("verify", own.path, place)[1]
    assert json.loads(run("push", own.path, place, *longer, "--json")[1])["tightened"] >= len(found["short"])
    for key in earlier:
        until = object_store.client.head_object(Bucket="evidence", Key=key)["ObjectLockRetainUntilDate"]
        assert f"{until:%Y-%m-%d}" == "2200-01-01"
    assert json.loads(run("verify", own.path, place, "--json")[1])["short"] == []
    assert json.loads(run("push", own.path, place, *longer, "--json")[1])["tightened"] == 0


def test_a_strangers_case_is_copied_and_not_signed(place: str, tmp_path: Path) -> None:
    """Somebody else's case can be kept in a store; nothing is recorded in its ledger, and that is said."""
    load_or_create_signing_key(default_key_path())
    stranger = CaseMaker(tmp_path / "THEIRS", load_or_create_signing_key(tmp_path / "stranger.pem")[0])
    stranger.capture([Thing("p.jpg", photo())])
    before = (stranger.path / "ledger.jsonl").read_bytes()
    code, said = run("push", stranger.path, place, *LOCK)
    assert code == 0
    assert "is not recorded in its ledger" in said
    assert (stranger.path / "ledger.jsonl").read_bytes() == before


def test_what_is_not_whole_is_not_pushed(own: CaseMaker, place: str, object_store: ObjectStoreServer) -> None:
    """A case with a changed byte (5), and one with a capture under way (6), get nothing into the store."""
    begun = own.begin()
    assert run("push", own.path, place, *LOCK)[0] == 6
    begun.add(Thing("r.jpg", photo(3)))
    begun.seal()
    item = next(own.path.glob("captures/*/items/*.jpg"))
    item.chmod(0o600)
    item.write_bytes(b"x" + item.read_bytes()[1:])
    code, said = run("push", own.path, place, *LOCK)
    assert (code, item.name in said) == (5, True)
    assert keys(object_store, place) == []


def test_settings_stay_here(own: CaseMaker, place: str, tmp_path: Path) -> None:
    """The case's settings, which may name a login, are no evidence and are not pushed."""
    (own.path / "goldenhour.toml").write_text('timestamp = ["https://me:secret@tsa.example/"]\n')
    assert run("push", own.path, place, *LOCK)[0] == 0
    assert run("verify", own.path, place)[0] == 0
    assert run("pull", tmp_path / "BACK", place)[0] == 0
    assert not (tmp_path / "BACK/goldenhour.toml").exists()


def test_a_large_file_goes_in_parts(
    own: CaseMaker, place: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A large file is compared by its parts with the one on this disk; where that is gone, by reading it."""
    monkeypatch.setattr(sending, "PART", 5 << 20)
    folder = own.capture([Thing("film.mp4", bytes(range(256)) * (46 << 10), kind="video", mime="video/mp4")])
    assert run("push", own.path, place, *LOCK)[0] == 0
    assert run("verify", own.path, place)[0] == 0
    film = next(folder.glob("items/*film.mp4"))
    film.rename(tmp_path / "film.mp4")
    code, said = run("verify", own.path, place)
    assert (code, "film.mp4: came in parts" in said) == (6, True)
    assert run("verify", own.path, place, "--read")[0] == 0
    film.write_bytes(bytes(len((tmp_path / "film.mp4").read_bytes())))
    assert run("verify", own.path, place) == (code, said)
    assert run("pull", tmp_path / "BACK", place)[0] == 0


def test_parts_that_came_are_not_sent_again(
    own: CaseMaker, place: str, object_store: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an upload that was cut, the parts that the store has are kept, and a part that is another is sent anew."""
    monkeypatch.setattr(sending, "PART", 5 << 20)
    own.capture([Thing("film.mp4", bytes(range(251)) * (100 << 10), kind="video", mime="video/mp4")])
    sent: list[int] = []

    def _meddle(asked: Asked, forward: Callable[[], Answered]) -> Answered:
        if "partNumber" not in asked.query or "/sha256/" not in asked.path:
            return forward()
        [number] = asked.query["partNumber"]
        if refused == int(number):
            return Answered(403)
        sent.append(int(number))
        return forward()

    refused = 4
    with Meddler(object_store.origin, _meddle) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.origin)
        assert run("push", own.path, place, *LOCK)[0] == 6
        came, refused = set(sent), 0
        sent.clear()
        assert len(came) > 1
        client, prefix = object_store.client, place.removeprefix("s3://evidence/")
        [upload] = client.list_multipart_uploads(Bucket="evidence", Prefix=prefix)["Uploads"]
        which = {"Bucket": "evidence", "Key": upload["Key"], "UploadId": upload["UploadId"]}
        client.upload_part(**which, PartNumber=4, Body=bytes(5 << 20), ChecksumAlgorithm="SHA256")
        assert run("push", own.path, place, *LOCK)[0] == 0
        assert set(sent) == {1, 2, 3, 4, 5} - came
        assert run("verify", own.path, place, "--read")[0] == 0


def test_no_credentials_anywhere(own: CaseMaker, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither what is printed nor the ledger holds a credential, whatever goes wrong with it."""
    said = run("push", own.path, place, *LOCK)[1]
    for name, value in (
        ("AWS_SECRET_ACCESS_KEY", f"{SECRET}-not"),
        ("AWS_ACCESS_KEY_ID", f"{KEY}NOT"),
        ("AWS_ENDPOINT_URL_S3", f"http://{KEY}:secret@127.0.0.1:9"),
        ("AWS_ENDPOINT_URL_S3", "no address"),
        ("AWS_PROFILE", "nobody"),
    ):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            code, output = run("verify", own.path, place)
            assert code == 6, (name, output)
            said += output
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    code, output = run("verify", own.path, place)
    assert (code, "no credentials" in output) == (6, True)
    assert SECRET not in said
    assert KEY not in said
    assert SECRET.encode() not in (own.path / "ledger.jsonl").read_bytes()


def test_what_the_document_says_can_be_typed(own: CaseMaker, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands of docs/store.md, one after the other, end well."""
    assert place
    monkeypatch.chdir(own.path.parent)
    [block] = re.findall(r"```sh\n(.*?)```", (ROOT / "docs/store.md").read_text("utf-8"), re.DOTALL)
    commands = [shlex.split(line, comments=True)[2:] for line in block.splitlines()]
    assert {words[0] for words in commands} == {"push", "verify", "list", "pull"}
    for words in commands:
        code, said = run(*words)
        assert code == 0, said

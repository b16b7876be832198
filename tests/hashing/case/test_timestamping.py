from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exports.verification import verify
from hashing.case.events import Timestamped
from hashing.case.own_runs import note_token
from hashing.case.timestamping import record_left_tokens, seals_without_timestamp, timestamp_seals
from hashing.files.digest import Digest
from hashing.ledger.trusted_time import ask, load_roots
from tests.exports.small_case import CaseMaker, Thing, make_case, photo
from tests.servers import SceneServer

if TYPE_CHECKING:
    from tests.servers.time_authority import TimeAuthority

ROOT = Path(__file__).parents[3]


@pytest.fixture
def maker(tmp_path: Path) -> CaseMaker:
    """Return a case of two sealed captures."""
    made = make_case(tmp_path)
    made.capture([Thing("one.jpg", photo(1))])
    made.capture([Thing("two.jpg", photo(2))])
    return made


def _whats(maker: CaseMaker) -> list[str]:
    return [each.what for each in seals_without_timestamp(maker.case)]


def _first(maker: CaseMaker) -> Path:
    """Return the first checkpoint that is not time-stamped."""
    return maker.path / seals_without_timestamp(maker.case)[0].checkpoint


def test_every_seal_gets_its_time_once(maker: CaseMaker, authority: TimeAuthority) -> None:
    """Each capture and the case are time-stamped and recorded; a second run has nothing to do and asks nobody."""
    assert _whats(maker) == ["MP/1", "MP/2", "case"]
    done = list(timestamp_seals(maker.case, [authority.url()], key=maker.key))
    assert [(each.what, each.timestamped is not None) for each in done] == [
        ("MP/1", True),
        ("MP/2", True),
        ("case", True),
    ]
    assert _whats(maker) == []
    assert list(timestamp_seals(maker.case, [authority.url()], key=maker.key)) == []
    assert len(authority.requests) == 3
    events = [event for event in maker.case.events() if isinstance(event, Timestamped)]
    assert [event.url for event in events] == [authority.url()] * 3
    assert all(-5 < event.late < 60 for event in events)
    found = verify(maker.path, roots=load_roots(authority.root))
    assert (found.verdict, [each.confirmed for each in found.timestamps]) == ("ok", [True] * 3)


def test_tokens_are_read_only_and_beside_their_checkpoints(maker: CaseMaker, authority: TimeAuthority) -> None:
    """A token has its checkpoint's name with an ending, and nobody may write to it."""
    list(timestamp_seals(maker.case, [authority.url()], key=maker.key))
    tokens = sorted(maker.path.rglob("*.tsr"))
    assert len(tokens) == 3
    assert {token.stat().st_mode & 0o777 for token in tokens} == {0o400}
    assert all(token.with_suffix("").is_file() for token in tokens)


def test_a_new_capture_is_stamped_alone(maker: CaseMaker, authority: TimeAuthority) -> None:
    """What came after the last time-stamps, and the case's new checkpoint, are all that is asked for."""
    list(timestamp_seals(maker.case, [authority.url()], key=maker.key))
    maker.capture([Thing("three.jpg", photo(3))])
    assert _whats(maker) == ["MP/3", "case"]
    done = list(timestamp_seals(maker.case, [authority.url()], key=maker.key, only=()))
    assert [each.what for each in done] == ["case"]
    assert _whats(maker) == ["MP/3"]


def test_authorities_are_asked_in_turn(maker: CaseMaker, authority: TimeAuthority) -> None:
    """One that does not do its work is passed over, and not asked again for every seal."""
    with SceneServer({}) as useless:
        done = list(timestamp_seals(maker.case, [useless.url(), authority.url()], key=maker.key))
        assert len(useless.requests) == 1
    assert all(each.timestamped is not None and each.timestamped.url == authority.url() for each in done)


def test_without_an_authority_the_queue_stays(maker: CaseMaker) -> None:
    """Where nobody answers, every seal says why it has no time, and the case is as it was."""
    before = (maker.path / "ledger.jsonl").read_bytes()
    with SceneServer({}) as useless:
        done = list(timestamp_seals(maker.case, [useless.url()], key=maker.key))
    assert [each.what for each in done] == ["MP/1", "MP/2", "case"]
    assert all(each.timestamped is None and "HTTP status 405" in each.reason for each in done)
    assert (maker.path / "ledger.jsonl").read_bytes() == before
    assert _whats(maker) == ["MP/1", "MP/2", "case"]


def test_an_altered_checkpoint_is_not_stamped(maker: CaseMaker, authority: TimeAuthority) -> None:
    """No authority is asked to vouch for a checkpoint that is not the one that was sealed."""
    checkpoint = _first(maker)
    checkpoint.chmod(0o600)
    checkpoint.write_bytes(checkpoint.read_bytes() + b"\n")
    first, *others = timestamp_seals(maker.case, [authority.url()], key=maker.key)
    assert first.timestamped is None
    assert "altered" in first.reason
    assert [each.timestamped is not None for each in others] == [True, True]


def test_what_stands_in_a_tokens_place_is_not_overwritten(maker: CaseMaker, authority: TimeAuthority) -> None:
    """A strange file with a token's name stays, is neither recorded nor replaced, and is named as added."""
    stray = _first(maker).with_name("checkpoint.tsr")
    stray.write_bytes(b"not a token")
    first, *_ = timestamp_seals(maker.case, [authority.url()], key=maker.key)
    assert first.timestamped is None
    assert "exists already" in first.reason
    assert stray.read_bytes() == b"not a token"
    assert [each.path for each in verify(maker.path).added] == [f"captures/{stray.parent.name}/checkpoint.tsr"]


def test_a_token_that_nobody_recorded_is_added_until_it_is(maker: CaseMaker, authority: TimeAuthority) -> None:
    """A sound token without a line in the ledger is named as added; the next command records it if we had got it."""
    checkpoint = _first(maker)
    token = ask(authority.url(), checkpoint.read_bytes())
    checkpoint.with_name("checkpoint.tsr").write_bytes(token.data)
    assert record_left_tokens(maker.case, key=maker.key) == 0
    path = checkpoint.relative_to(maker.path).as_posix()
    note_token(maker.case.info.id, path, Digest.of_bytes(token.data).hex)
    assert [each.path for each in verify(maker.path).added] == [f"captures/{checkpoint.parent.name}/checkpoint.tsr"]
    assert record_left_tokens(maker.case, key=maker.key) == 1
    assert record_left_tokens(maker.case, key=maker.key) == 0
    assert verify(maker.path).verdict == "ok"

"""The AT Protocol in rounds: what has gone and why, what goes by another name, and servers that go back in time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from capture.request.options import BlueskyServices
from hashing.case.capture_folder import capture_events
from hashing.case.events import Failed, PostChanged, PostRead, Skipped
from tests.capture.extractors.bluesky.documented import Documented
from tests.hashing.atproto.plc import Log, regular, tombstone
from tests.hashing.atproto.signer import Signer
from tests.servers import Body

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from capture.run.watch import WatchRound

    Rounds = Callable[..., Iterator[WatchRound]]

RKEYS = ("3n346f5x2zk2a", "3n346f5x2zk2b")


def refusal(error: str, status: int = 400) -> Body:
    """Return an XRPC error."""
    return Body(data=json.dumps({"error": error, "message": "no"}).encode(), type="application/json", status=status)


def watching(rounds: Rounds, documented: Documented, scene: str) -> Iterator[WatchRound]:
    """Begin to watch a scene of the documented network."""
    return rounds(scene, bluesky=BlueskyServices(appview=documented.origin, plc=documented.origin))


def gone(done: WatchRound) -> dict[str, str]:
    """Return why each post has gone, by its name."""
    events = list(capture_events(done.path))
    assert {event.change for event in events if isinstance(event, PostChanged)} <= {"gone"}
    return {event.id: event.reason for event in events if isinstance(event, PostChanged)}


def failures(done: WatchRound) -> str:
    """Return every failure of a round."""
    return "\n".join(event.reason for event in capture_events(done.path) if isinstance(event, Failed))


STATES = {
    "takendown": ("RepoTakendown", "the account was taken down, says its server"),
    "suspended": ("RepoSuspended", "the account was suspended, says its server"),
    "deactivated": ("RepoDeactivated", "the account was deactivated by its owner, says its server"),
    "deleted": ("RepoNotFound", "the account was deleted, says its server"),
}


@pytest.mark.parametrize("scene", ["account", "post"])
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("speaks", ["proof", "status"])
def test_an_account_that_is_no_longer_served_is_gone_for_its_reason(
    rounds: Rounds, documented: Documented, scene: str, state: str, speaks: str
) -> None:
    """What its server says of the account counts, whichever question it answers, and each post of it has gone."""
    uris = [documented.post(rkey, f"Post {rkey}") for rkey in RKEYS]
    watched = watching(rounds, documented, f"at://{documented.did}" if scene == "account" else uris[0])
    next(watched)
    error, words = STATES[state]
    documented.answer("com.atproto.repo.listRecords", refusal("InvalidRequest"))
    documented.answer("com.atproto.repo.getRecord", refusal("InvalidRequest"))
    documented.answer("com.atproto.sync.getRecord", refusal(error if speaks == "proof" else "InvalidRequest"))
    documented.answer("com.atproto.sync.getRepo", refusal(error if speaks == "proof" else "InvalidRequest"))
    if speaks == "status":
        status = {"did": documented.did, "active": False, "status": state}
        documented.answer("com.atproto.sync.getRepoStatus", status)
    else:
        documented.answer("com.atproto.sync.getRepoStatus", refusal(error))
    second = next(watched)
    found = gone(second)
    if scene == "account":  # what is known of the account is asked once, and not for each of its posts
        assert len(documented.asked("com.atproto.sync.getRepoStatus")) <= 2
        assert sum(seen.path == "/.well-known/did.json" for seen in documented.server.requests) == 3
    assert set(found) == set(uris if scene == "account" else uris[:1])
    for reason in found.values():
        assert reason.startswith("there is no such account" if (state, speaks) == ("deleted", "proof") else words)


def test_a_server_that_fails_has_deleted_nothing(rounds: Rounds, documented: Documented) -> None:
    """Refusals that say nothing of the account, and one whose account is active, make nothing gone."""
    documented.post(RKEYS[0], "Post")
    watched = watching(rounds, documented, f"at://{documented.did}")
    next(watched)
    for method in ("repo.listRecords", "repo.getRecord", "sync.getRecord", "sync.getRepo"):
        documented.answer(f"com.atproto.{method}", refusal("InvalidRequest"))
    documented.answer("com.atproto.sync.getRepoStatus", {"did": documented.did, "active": True})
    assert gone(next(watched)) == {}
    documented.answer("com.atproto.sync.getRepoStatus", refusal("InternalServerError", 501))
    assert gone(next(watched)) == {}


class _OfPlc(Documented):
    """The same network, with an account of a did:plc whose log is served."""

    def __init__(self) -> None:
        super().__init__()
        self.log, self.owner = Log(), Signer("k256", 1)

    @property
    def did(self) -> str:
        """The account's, once its log has begun."""
        return self.log.did if self.log.entries else super().did

    def begin(self) -> None:
        """Make the account."""
        self.handle = "ann.test"
        self.log.add(regular(None, [self.owner], self.signer, handle=self.handle), self.owner)
        self.server.files |= {
            f"/{self.did}": lambda _: Body(data=json.dumps(self.document()).encode(), type="application/json"),
            f"/{self.did}/log/audit": lambda _: Body(data=self.log.json(), type="application/json"),
        }


def test_an_account_whose_owner_has_ended_it_is_gone(rounds: Rounds) -> None:
    """The log of a did:plc proves its end, although the directory no longer gives a document."""
    with _OfPlc() as network:
        network.begin()
        uri = network.post(RKEYS[0], "Post")
        for scene in (uri, f"at://{network.did}"):
            watched = watching(rounds, network, scene)
            assert next(watched).posts == 1
        last = network.log.entries[-1]
        network.log.add(tombstone(last["cid"]), network.owner, hours=1)
        network.server.files[f"/{network.did}"] = Body(data=b'{"message":"DID not available"}', status=410)
        second = next(watched)
    assert list(gone(second)) == [uri]
    assert gone(second)[uri].startswith(f"the account is gone: {network.did}: its owner has ended it, as MP/")


def test_a_handle_that_the_log_does_not_prove_is_said(rounds: Rounds) -> None:
    """A directory whose document claims another handle than the signed log is named, and the log's counts."""
    with _OfPlc() as network:
        network.begin()
        network.post(RKEYS[0], "Post")
        network.handle = "police.test"
        first = next(watching(rounds, network, network.uri(RKEYS[0])))
    assert f"{network.did}: its document claims other handles than its log" in failures(first)
    posts = [event.post for event in capture_events(first.path) if isinstance(event, PostRead)]
    assert [post.author.handle for post in posts] == ["ann.test"]


@pytest.mark.parametrize("back", [True, False])
def test_an_absence_of_an_older_state_makes_nothing_gone(rounds: Rounds, documented: Documented, back: bool) -> None:
    """A server that goes back behind a revision that was proven before shows no deletion, and that is said."""
    documented.rev = "3n346f5x2zk2m"
    uri = documented.post(RKEYS[0], "Post")
    watched = watching(rounds, documented, uri)
    next(watched)
    documented.records.clear()
    documented.rev = "3n346f5x2zk2l" if back else "3n346f5x2zk2n"
    second = next(watched)
    assert list(gone(second)) == ([] if back else [uri])
    words = "an older state of the account: revision 3n346f5x2zk2l, where revision 3n346f5x2zk2m was proven before"
    assert (words in failures(second)) == back


def test_a_changed_handle_edits_no_post(rounds: Rounds, documented: Documented) -> None:
    """An account that takes another handle and name has said nothing else: its posts are neither edited nor stored."""
    for rkey in RKEYS:
        documented.post(rkey, f"Post {rkey}")
    watched = watching(rounds, documented, f"at://{documented.did}")
    assert next(watched).posts == 2
    documented.handle, documented.name = "anna.example.org", "Anna"
    second = next(watched)
    assert (second.posts, second.edited, second.gone) == (0, 0, 0)
    skipped = [event.reason for event in capture_events(second.path) if isinstance(event, Skipped)]
    assert sum("as it was captured before" in reason for reason in skipped) == 2
    documented.post(RKEYS[0], "Edited")
    assert next(watched).edited == 1

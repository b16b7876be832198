"""The fediverse in rounds: what is new, what was edited, what has gone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hashing.case.events import PostChanged
from tests.capture.conftest import OPTIONS
from tests.capture.extractors.fediverse.documented import GONE, Held, account, answer, instance, status, tagged
from tests.servers import Body, SceneServer

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from capture.run.watch import WatchRound

    Rounds = Callable[..., Generator[WatchRound, None, None]]

TAG = "/api/v1/timelines/tag/fire"


def _changes(done: WatchRound) -> list[tuple[str, str]]:
    from hashing.case.capture_folder import capture_events

    events = capture_events(done.path)
    return [(event.change, event.id.rpartition("/")[2]) for event in events if isinstance(event, PostChanged)]


def _fire(number: str, **fields: object) -> dict[str, object]:
    return status(number, tags=tagged("fire")) | fields


def test_a_round_tells_new_from_edited_and_gone(rounds: Rounds) -> None:
    """A post that a hashtag no longer lists is asked after: 404 is gone, any other refusal says nothing."""
    with SceneServer({**instance(), TAG: answer([_fire("1"), _fire("2"), _fire("3"), _fire("4")])}) as server:
        watching = rounds("#fire", on=(server.origin,))
        assert Held.of(next(watching).path).texts == ["Post 1", "Post 2", "Post 3", "Post 4"]
        server.files |= {
            TAG: answer([_fire("5"), _fire("2", replies_count=7), _fire("3", content="<p>Edited 3")]),
            "/api/v1/statuses/1": GONE,
            "/api/v1/statuses/4": Body(status=503),
        }
        second = next(watching)
    assert Held.of(second.path).texts == ["Post 5", "Edited 3"]
    assert sorted(_changes(second)) == [("edited", "3"), ("gone", "1")]


def test_an_answer_to_a_post_that_has_gone_is_not_edited_by_that(rounds: Rounds) -> None:
    """A post goes on naming the post that it answers as before, although that is listed no more."""
    one, two = _fire("1"), _fire("2", in_reply_to_id="1")
    with SceneServer({**instance(), TAG: answer([two, one])}) as server:
        watching = rounds("#fire", on=(server.origin,))
        next(watching)
        server.files |= {TAG: answer([two | {"favourites_count": 99}]), "/api/v1/statuses/1": GONE}
        second = next(watching)
    assert _changes(second) == [("gone", "1")]


def test_an_account_that_takes_another_name_has_edited_nothing(rounds: Rounds) -> None:
    """A new name of an account edits no post, and nothing is stored again; a server is asked once what it is."""
    posts = [_fire("1"), _fire("2")]
    with SceneServer({**instance(), TAG: answer(posts)}) as server:
        watching = rounds("#fire", on=(server.origin,))
        next(watching)
        for post in posts:
            post["account"] = account("alice", display_name="Alice (on holiday)")
        server.files |= {TAG: answer(posts)}
        second = next(watching)
        assert server.asked("/api/v2/instance") == 1
    assert (_changes(second), second.posts) == ([], 0)


def test_a_post_that_is_only_out_of_the_list_is_read_again(rounds: Rounds) -> None:
    """A post that is no longer listed and still there says by itself whether it was edited."""
    with SceneServer({**instance(), TAG: answer([_fire("1"), _fire("2")])}) as server:
        watching = rounds("#fire", on=(server.origin,))
        next(watching)
        server.files |= {
            TAG: answer([_fire("3")]),
            "/api/v1/statuses/1": answer(_fire("1", favourites_count=6)),
            "/api/v1/statuses/2": answer(_fire("2", content="<p>Edited 2", edited_at="2026-03-01T13:00:00Z")),
        }
        second = next(watching)
    assert _changes(second) == [("edited", "2")]


def test_a_limited_list_that_stayed_the_same_is_not_paged_further(rounds: Rounds) -> None:
    """With a limit, a page that has not changed does not let a later round go past it."""
    page = answer([_fire("1"), _fire("2")], link=f'<{TAG}?p=2>; rel="next"')
    with SceneServer({**instance(), TAG: page, f"{TAG}?p=2": answer([_fire("old")])}) as server:
        watching = rounds("#fire", on=(server.origin,), limit=2)
        next(watching)
        next(watching)
        assert not server.asked(f"{TAG}?p=2")


def test_the_empty_end_of_an_accounts_list_is_asked_for_once(rounds: Rounds) -> None:
    """What is older than an account's oldest post does not come later; what is edited further up still counts."""
    statuses = "/api/v1/accounts/acc-alice/statuses"
    first, second, end = statuses, f"{statuses}?max_id=2", f"{statuses}?max_id=1"
    with SceneServer(
        {
            **instance(),
            "/api/v1/accounts/lookup": answer(account("alice")),
            f"{first}?limit=40": answer([status("3"), status("2")], link=f'<{second}>; rel="next"'),
            f"{first}?pinned=true&limit=40": answer([]),
            second: answer([status("1")], link=f'<{end}>; rel="next"'),
            end: answer([]),
        }
    ) as server:
        watching = rounds(f"{server.origin}/@alice")
        assert Held.of(next(watching).path).texts == ["Post 3", "Post 2", "Post 1"]
        quiet = next(watching)
        assert (server.asked(second), server.asked(end)) == (2, 1)
        server.files[second] = answer([status("1", content="<p>Edited 1")], link=f'<{end}>; rel="next"')
        assert _changes(next(watching)) == [("edited", "1")]
        watching.close()
    assert (quiet.posts, quiet.failed) == (0, 0)


def test_two_servers_that_disagree_are_no_edit(rounds: Rounds) -> None:
    """A server that shows another one's post in other words has not edited it; its copy is taken once."""
    true, false = _fire("1"), _fire("1", content="<p>Never said")
    with (
        SceneServer({**instance(), TAG: answer([true])}) as one,
        SceneServer({**instance(), TAG: answer([false])}) as two,
    ):
        watching = rounds("#fire", on=(one.origin, two.origin))
        assert sorted(Held.of(next(watching).path).texts) == ["Never said", "Post 1"]
        second = next(watching)
        assert Held.of(second.path).texts == []
        assert _changes(second) == []
        one.files[TAG] = answer([_fire("1", content="<p>Edited 1", edited_at="2026-03-01T13:00:00Z")])
        assert _changes(next(watching)) == [("edited", "1")]


def test_a_post_for_few_is_not_gone_without_a_token(rounds: Rounds) -> None:
    """A server answers 404 to a stranger who asks for a post that is not public: that is no word on whether it is."""
    private = _fire("1", visibility="private")
    with SceneServer({**instance(), TAG: answer([private])}) as server:
        network = replace(OPTIONS.network, tokens={server.origin: "of-the-user"})
        next(rounds("#fire", on=(server.origin,), network=network))
        server.files |= {TAG: answer([]), "/api/v1/statuses/1": GONE}
        again = next(rounds("#fire", on=(server.origin,)))
        assert _changes(again) == []
        assert "there is no access token" in Held.of(again.path).reasons
        assert _changes(next(rounds("#fire", on=(server.origin,), network=network))) == [("gone", "1")]


def test_a_host_that_refuses_everything_has_deleted_nothing(rounds: Rounds) -> None:
    """Where the host no longer answers as a server does, its 404 for a post is not the post's end."""
    with SceneServer({**instance(), TAG: answer([_fire("1")])}) as server:
        watching = rounds("#fire", on=(server.origin,))
        next(watching)
        server.files.clear()
        second = next(watching)
        watching.close()
    assert _changes(second) == []
    assert "whether the post is still there cannot be told" in Held.of(second.path).reasons

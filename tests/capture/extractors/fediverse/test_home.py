"""A post that is seen on another server than its author's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.capture.conftest import jpeg
from tests.capture.extractors.fediverse.documented import GONE, account, answer, instance, photo, status
from tests.servers import Body, SceneServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.capture.extractors.fediverse.documented import Held

    Capture = Callable[..., tuple[str, Held]]


@pytest.fixture
def home() -> Iterator[SceneServer]:
    """Return a home server with alice's post 7 and its photo."""
    with SceneServer({**instance("home.example"), "/original.jpg": jpeg(10)}) as server:
        media = [photo(server.url("/original.jpg"))]
        server.files |= {
            "/api/v1/statuses/7": answer(status("7", server.origin, content="<p>As at home", media_attachments=media)),
            "/api/v1/accounts/acc-alice": answer(account("alice", server.origin)),
        }
        yield server


@pytest.fixture
def away(home: SceneServer) -> Iterator[SceneServer]:
    """Return another server that shows a copy of that post, under a number of its own, with a copy of the photo."""
    with SceneServer({**instance("away.example"), "/copy.jpg": jpeg(20)}) as server:
        media = [photo(server.url("/copy.jpg"), remote_url=home.url("/original.jpg"))]
        shown = status("99", home.origin, "alice@home.example", content="<p>As seen away", media_attachments=media)
        names = {"uri": home.url("/users/alice/statuses/7"), "url": home.url("/@alice/7")}
        server.files["/api/v1/statuses/99"] = answer(shown | names)
        yield server


def test_both_copies_are_taken(home: SceneServer, away: SceneServer, held: Capture) -> None:
    """The copy that was seen and the home server's are two items with the same lasting name, and so are the photos."""
    result, case = held(away.url("/@alice@home.example/99"))
    assert result == "complete"
    seen, at_home = case.post("As seen away"), case.post("As at home")
    assert seen.id == at_home.id == home.url("/users/alice/statuses/7")
    assert [seen.server, at_home.server] == [away.origin[7:], home.origin[7:]]
    assert seen.author.handle == at_home.author.handle == "alice@home.example"
    assert {item.url for item in case.of_kind("photo")} == {away.url("/copy.jpg"), home.url("/original.jpg")}
    assert seen.media[0].origin == at_home.media[0].url


def test_a_home_server_that_is_down_is_said(home: SceneServer, away: SceneServer, held: Capture) -> None:
    """Where the home server does not answer, the copy that was seen is captured, and the capture says what it lacks."""
    scene = away.url("/@alice@home.example/99")
    home.__exit__(None, None, None)
    result, case = held(scene, attempts=1)
    assert (result, case.texts) == ("partial", ["As seen away"])
    assert len(case.failed) == 1
    assert "home server could not be asked, and only the copy of" in case.reasons


def test_a_home_server_without_the_api_gives_activitypub(home: SceneServer, away: SceneServer, held: Capture) -> None:
    """Where the home server speaks ActivityPub alone, its copy is that, with its media."""
    name = home.url("/users/alice/statuses/7")
    note = {
        "type": "Note",
        "id": name,
        "content": "<p>As an activity",
        "attachment": {"url": home.url("/original.jpg")},
    }
    home.files = {
        "/users/alice/statuses/7": Body(data=json.dumps(note).encode(), type="application/activity+json"),
        "/original.jpg": jpeg(10),
    }
    result, case = held(away.url("/@alice@home.example/99"))
    assert result == "complete"
    assert case.post("As an activity").id == case.post("As seen away").id


def test_another_post_of_the_home_server_is_not_taken_for_it(
    home: SceneServer, away: SceneServer, held: Capture
) -> None:
    """A post with that number but another name is no copy, nor is an activity that names another host."""
    home.files["/api/v1/statuses/7"] = answer(status("8", home.origin, content="<p>Not this one"))
    lie = {"type": "Note", "id": "https://elsewhere.example/1", "content": "<p>A lie"}
    home.files["/users/alice/statuses/7"] = Body(data=json.dumps(lie).encode(), type="application/activity+json")
    result, case = held(away.url("/@alice@home.example/99"))
    assert (result, case.texts) == ("partial", ["As seen away"])
    assert "no copy from the author's home server" in case.reasons


def test_a_post_that_is_gone_at_home_is_said(home: SceneServer, away: SceneServer, held: Capture) -> None:
    """A post that its author deleted at home, and that another server still shows, is captured there and said."""
    home.files["/api/v1/statuses/7"] = GONE
    result, case = held(away.url("/@alice@home.example/99"))
    assert (result, case.texts) == ("partial", ["As seen away"])
    assert "has no post at this address" in case.reasons


def test_an_account_of_another_server_says_that_it_may_lack_posts(held: Capture) -> None:
    """The posts that a server knows of another server's account are taken, and that it may not know all is said."""
    files = {
        **instance("away.example"),
        "/api/v1/accounts/lookup?acct=alice%40home.example": answer(account("alice@home.example")),
        "/api/v1/accounts/acc-alice/statuses": answer([status("99", author="alice@home.example")]),
    }
    with SceneServer(files) as server:
        _, case = held(server.url("/@alice@home.example"))
    assert case.texts == ["Post 99"]
    assert "shows only those posts of @alice@home.example that it knows" in case.reasons


def test_a_borrowed_author_has_no_home_copy(home: SceneServer, away: SceneServer, held: Capture) -> None:
    """Where a post is one host's and its author another's, neither vouches for it: no home copy is taken, and why."""
    writer = account("alice@home.example", "http://police.example")
    shown = status("99", home.origin, "alice@home.example", account=writer, content="<p>Borrowed")
    away.files["/api/v1/statuses/99"] = answer(shown | {"uri": home.url("/users/alice/statuses/7")})
    result, case = held(away.url("/@alice@home.example/99"))
    assert result == "partial"
    assert case.texts == ["Borrowed"]
    assert "its author is one of police.example, and the post itself is not" in case.reasons
    assert not home.requests


def test_a_note_in_anothers_name_is_not_read_as_that_ones_post(held: Capture) -> None:
    """A host that attributes its own note to somebody elsewhere, whose name would then stand above it, is refused."""
    with SceneServer(instance()) as server, SceneServer({}) as other:
        actor = {"id": other.url("/users/alice"), "type": "Person", "preferredUsername": "alice", "name": "Alice"}
        other.files["/users/alice"] = Body(data=json.dumps(actor).encode(), type="application/activity+json")
        note = {"type": "Note", "id": server.url("/@alice/100"), "attributedTo": other.url("/users/alice"),
                "content": "<p>Never said", "to": ["https://www.w3.org/ns/activitystreams#Public"]}  # fmt: skip
        server.files["/@alice/100"] = Body(data=json.dumps(note).encode(), type="application/activity+json")
        _, case = held(server.url("/@alice/100"))
        assert not other.requests
    assert case.posts == {}
    assert "its author is another host's" in case.reasons

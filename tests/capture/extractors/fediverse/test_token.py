"""The user's token goes to its own host and nowhere else."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from tests.capture.conftest import jpeg
from tests.capture.extractors.fediverse.documented import LOGIN, answer, instance, photo, status, tagged
from tests.servers import Body, SceneServer, redirect

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.capture.extractors.fediverse.documented import Held
    from tests.servers.seen import Seen

    Capture = Callable[..., tuple[str, Held]]

TOKEN = "tok-0123456789"  # noqa: S105 - of a server that lives as long as a test


def _with_token(body: Body) -> Callable[[Seen], Body]:
    return lambda seen: body if seen.header("Authorization") == f"Bearer {TOKEN}" else LOGIN


def test_a_token_goes_to_its_own_host_alone(held: Capture) -> None:
    """Neither a redirect, nor a photo, nor the question to the home server brings the token to another host."""
    with SceneServer(instance("home.example")) as home, SceneServer(instance()) as server:
        media = [photo(server.url("/moved.jpg")), photo(home.url("/photo.jpg"))]
        shown = status("99", home.origin, "alice@home.example", media_attachments=media, visibility="private")
        home.files |= {"/photo.jpg": jpeg(), "/api/v1/statuses/99": answer(status("99", home.origin))}
        server.files |= {
            "/api/v1/statuses/99": _with_token(answer(shown)),
            "/moved.jpg": redirect(home.url("/photo.jpg?moved")),
            "/api/v1/statuses/99/context": redirect(home.url("/api/v1/statuses/99/context")),
        }
        _, case = held(server.url("/@alice@home.example/99"), thread=True, tokens={server.origin: TOKEN})
        assert all(seen.header("Authorization") == f"Bearer {TOKEN}" for seen in server.requests)
        assert len(home.requests) >= 4
        assert not any(seen.header("Authorization") for seen in home.requests)
    assert case.texts[0] == "Post 99"
    for path in case.path.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert TOKEN.encode() not in (gzip.decompress(data) if path.suffix == ".gz" else data)


def test_a_token_opens_a_closed_timeline(held: Capture) -> None:
    """With the token a closed hashtag is captured, followers-only posts included and marked."""
    posts = [status("1", tags=tagged("fire"), visibility="private"), status("2", tags=tagged("fire"))]
    with SceneServer({**instance(), "/api/v1/timelines/tag/fire": _with_token(answer(posts))}) as server:
        result, case = held("#fire", on=(server.origin,), tokens={server.origin: TOKEN})
    assert result == "complete"
    assert [post.visibility for post in case.posts.values()] == ["private", "public"]


def test_a_token_that_does_not_help_is_said(held: Capture) -> None:
    """A refusal in spite of a token does not ask for one."""
    with SceneServer({**instance(), "/api/v1/timelines/tag/fire": LOGIN}) as server:
        _, case = held("#fire", on=(server.origin,), tokens={server.origin: TOKEN})
    assert "does not give #fire on" in case.reasons
    assert "--token" not in case.reasons

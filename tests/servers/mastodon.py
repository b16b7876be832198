"""A server that speaks Mastodon's API (the package mastodon_mock), and what two people have posted there."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import requests

from tests.patience import PATIENCE
from tests.servers.material import SMOKE_ALT, WATER_ALT, clip, two_photos
from tests.servers.program import Program, free_port

if TYPE_CHECKING:
    from types import TracebackType

    Json = dict[str, Any]

TOKENS = {"alice": "tok-alice", "bob": "tok-bob"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MastodonPost:
    """A status: its number here, its name for other servers, its page for people."""

    id: str
    uri: str
    url: str


class MastodonServer:
    """A server, as a context manager: `with MastodonServer() as server: …server.url("/api/v2/instance")…`.

    `posts` by name: photos (two, of alice), video, reply (of bob), reply_to_reply, edited (once), content_warning,
    followers_only; `bulk` are 45 of bob with #manyposts. `photos` and `clip` are the files as uploaded. `rate_limit`
    is the number of requests in five minutes for each token, and for all clients without one together: at least 60,
    which the posting takes. A Mastodon in use has 300.

    Where it is no Mastodon: it shows followers-only posts to anyone, knows no ActivityPub, says nothing of the size of
    photos and videos. Raises RuntimeError where it does not come up.
    """

    def __init__(self, *, rate_limit: int = 100_000) -> None:
        self.origin = ""
        self.posts: dict[str, MastodonPost] = {}
        self.bulk: tuple[MastodonPost, ...] = ()
        self.photos = two_photos()
        self.clip = clip()
        self._rate_limit = rate_limit

    def __enter__(self) -> Self:
        port = free_port()
        self.origin = f"http://127.0.0.1:{port}"
        program = Program(
            [sys.executable, "-m", "mastodon_mock", "serve", "--config", "mastodon.toml"],
            files={"mastodon.toml": _settings(port, self._rate_limit).encode()},
        )
        with contextlib.ExitStack() as starting:
            starting.enter_context(program)
            program.wait_for(self._answers)
            self._seed()
            self._stack = starting.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def url(self, path: str = "/") -> str:
        """Return the URL of a path on this server."""
        return self.origin + path

    def post(self, user: str, text: str, **fields: Any) -> MastodonPost:  # noqa: ANN401 - any field of a status
        """Post a text; `fields` are those of POST /api/v1/statuses, such as `media_ids` or `visibility`."""
        return _post_of(self._call("POST", "/api/v1/statuses", user, {"status": text, **fields}))

    def edit(self, user: str, post: MastodonPost, text: str) -> None:
        """Change the text of a post."""
        self._call("PUT", f"/api/v1/statuses/{post.id}", user, {"status": text})

    def delete(self, user: str, post: MastodonPost) -> None:
        """Delete a post."""
        self._call("DELETE", f"/api/v1/statuses/{post.id}", user)

    def upload(self, user: str, name: str, data: bytes, mime: str, description: str) -> str:
        """Store a photo or video with its alternative text, and return the number that a status names it by."""
        answer = requests.post(
            self.url("/api/v2/media"),
            {"description": description},
            files={"file": (name, data, mime)},
            headers=_authorization(user),
            timeout=PATIENCE,
        )
        answer.raise_for_status()
        return str(answer.json()["id"])

    def fault(self, path: str, effect: Json, *, count: int | None = None) -> None:
        """Answer the next `count` requests for a path (`*` matches anything) in a faulty way, for ever without a count.

        An effect is `{"type": "ratelimit"}`, `{"type": "status", "status": 503, "headers": {…}}`,
        `{"type": "latency", "delay_ms": 500}`, `{"type": "malformed"}` or `{"type": "timeout"}`.
        """
        self._call("POST", "/api/v1/_mock/faults", "alice", {"match": {"path": path}, "effect": effect, "count": count})

    def end_faults(self) -> None:
        """Behave from now on."""
        self._call("DELETE", "/api/v1/_mock/faults", "alice")

    def _seed(self) -> None:
        smoke, water = self.photos
        photos = [
            self.upload("alice", "smoke.jpg", smoke, "image/jpeg", SMOKE_ALT),
            self.upload("alice", "water.jpg", water, "image/jpeg", WATER_ALT),
        ]
        video = self.upload("alice", "clip.mp4", self.clip, "video/mp4", "A test picture")
        posts = self.posts
        first = "Smoke over the market, two photos #FireWatch #scene2026"
        posts["photos"] = self.post("alice", first, media_ids=photos)
        posts["video"] = self.post("alice", "The same place, moving #FireWatch", media_ids=[video])
        posts["reply"] = self.post("bob", "@alice I was there too #firewatch", in_reply_to_id=posts["photos"].id)
        posts["reply_to_reply"] = self.post("alice", "@bob Thanks, where?", in_reply_to_id=posts["reply"].id)
        posts["edited"] = self.post("alice", "First wording #scene2026")
        self.edit("alice", posts["edited"], "Second wording #scene2026")
        posts["content_warning"] = self.post("bob", "Graphic #FireWatch", spoiler_text="Injuries", sensitive=True)
        posts["followers_only"] = self.post("bob", "For friends #FireWatch", visibility="private")
        self.bulk = tuple(self.post("bob", f"Number {number} of many #manyposts") for number in range(45))

    def _answers(self) -> bool | None:
        try:
            return requests.get(self.url("/health"), timeout=PATIENCE).ok or None
        except requests.ConnectionError:
            return None

    def _call(self, method: str, path: str, user: str, body: Json | None = None) -> Json:
        headers = _authorization(user)
        answer = requests.request(method, self.url(path), json=body, headers=headers, timeout=PATIENCE)
        answer.raise_for_status()
        found: Json = answer.json()
        return found


def _settings(port: int, rate_limit: int) -> str:
    accounts = "".join(
        f'[[seed.accounts]]\nusername = "{name}"\ndisplay_name = "{name.title()}"\naccess_token = "{token}"\n'
        for name, token in TOKENS.items()
    )
    return (
        f'domain = "127.0.0.1:{port}"\n[server]\nhost = "127.0.0.1"\nport = {port}\n'
        f"[ratelimit]\nenabled = true\nlimit = {rate_limit}\nwindow_seconds = 300\n{accounts}"
    )


def _authorization(user: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKENS[user]}"}


def _post_of(status: Json) -> MastodonPost:
    return MastodonPost(id=status["id"], uri=status["uri"], url=status["url"])

"""The servers of Bluesky in one process of Node, and what two people have posted there."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import requests

from tests.patience import PATIENCE
from tests.servers.bluesky.databases import PostgresServer, RedisServer
from tests.servers.bluesky.user import BlueskyAccount, BlueskyPost, BlueskyUser
from tests.servers.material import SMOKE_ALT, WATER_ALT, clip, two_photos
from tests.servers.program import Program, ToolMissing, find_tool

if TYPE_CHECKING:
    from types import TracebackType

_HERE = Path(__file__).parent


class BlueskyNetwork:
    """A network, as a context manager: `with BlueskyNetwork() as network: …network.pds, network.posts["photos"]…`.

    `pds`, `plc` and `appview` are addresses without a slash at the end; `appview` is empty unless it was asked for
    (it takes PostgreSQL and Redis). `accounts` are alice and bob. `posts` by name: photos (two, of alice), video, reply
    (of bob), reply_to_reply, quote, tag_outside_text (in the `tags` field), link_and_mention, and deleted, which is
    gone; `bulk` are thirty with #manyposts. `photos` and `clip` are the blobs as uploaded.
    Raises ToolMissing where Node or the packages are not installed, RuntimeError where a server does not come up.
    """

    def __init__(self, *, appview: bool = False) -> None:
        self.pds = self.plc = self.appview = ""
        self.accounts: dict[str, BlueskyAccount] = {}
        self.posts: dict[str, BlueskyPost] = {}
        self.bulk: tuple[BlueskyPost, ...] = ()
        self.photos = two_photos()
        self.clip = clip()
        self._wants_appview = appview

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as starting:
            node = _node()
            databases = _databases(starting) if self._wants_appview else {}
            command = [node, str(_HERE / "seed.mjs"), *["appview"] * self._wants_appview]
            program = Program(command, files=self._to_be_posted(), environment=databases)
            self._program = starting.enter_context(program)
            self._read(self._program.wait_for(self._state))
            self._stack = starting.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def user(self, name: str) -> BlueskyUser:
        """Sign in as one of the accounts."""
        return BlueskyUser(self.pds, self.accounts[name])

    def wait_until_indexed(self, post: BlueskyPost) -> None:
        """Return once the AppView shows this version of a post. Raises RuntimeError."""
        self._program.wait_for(lambda: self._shows(post) or None)

    def _shows(self, post: BlueskyPost) -> bool:
        answer = requests.get(f"{self.appview}/xrpc/app.bsky.feed.getPosts", {"uris": post.uri}, timeout=PATIENCE)
        answer.raise_for_status()
        return post.cid in {shown["cid"] for shown in answer.json()["posts"]}

    def _state(self) -> str | None:
        try:
            return (self._program.folder / "state.json").read_text("utf-8")
        except FileNotFoundError:
            return None

    def _to_be_posted(self) -> dict[str, bytes]:
        smoke, water = self.photos
        alternatives = {"smoke.jpg": SMOKE_ALT, "water.jpg": WATER_ALT}
        return {
            "smoke.jpg": smoke,
            "water.jpg": water,
            "clip.mp4": self.clip,
            "alt.json": json.dumps(alternatives).encode(),
        }

    def _read(self, text: str) -> None:
        state: dict[str, Any] = json.loads(text)
        self.pds, self.plc, self.appview = state["pds"], state["plc"], state["appview"]
        self.accounts = {name: BlueskyAccount(**account) for name, account in state["accounts"].items()}
        self.posts = {name: BlueskyPost(**post) for name, post in state["posts"].items()}
        self.bulk = tuple(BlueskyPost(**post) for post in state["bulk"])


def _node() -> str:
    if not (_HERE / "node_modules/installed").exists():
        raise ToolMissing(
            "the servers of Bluesky are not installed (make tests/servers/bluesky/node_modules/installed)"
        )
    return find_tool("node", Path(sys.executable).parent, package="nodejs")


def _databases(stack: contextlib.ExitStack) -> dict[str, str]:
    postgres = stack.enter_context(PostgresServer())
    redis = stack.enter_context(RedisServer())
    postgres.wait()
    redis.wait()
    return {"DB_POSTGRES_URL": postgres.url, "REDIS_HOST": redis.address}

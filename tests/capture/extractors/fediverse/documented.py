"""A server that speaks Mastodon's API as it is documented, and what a capture of it holds."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hashing.case.capture_folder import capture_events
from hashing.case.events import Failed, Item, ItemFacts, PostRead, Skipped
from tests.servers import Body

if TYPE_CHECKING:
    from pathlib import Path

    from hashing.case.post import Post

    Json = dict[str, Any]


def answer(value: object, *, link: str = "", status: int = 200) -> Body:
    """Return a JSON answer, with a Link field where one is given."""
    headers = (("Link", link),) if link else ()
    return Body(data=json.dumps(value).encode(), type="application/json; charset=utf-8", status=status, headers=headers)


def refusal(status: int, error: str) -> Body:
    """Return an answer with an Error entity (https://docs.joinmastodon.org/entities/Error/)."""
    return answer({"error": error}, status=status)


LOGIN = refusal(401, "This method requires an authenticated user")
GONE = refusal(404, "Record not found")


def instance(domain: str = "home.example") -> dict[str, Body]:
    """Return what makes a server one that speaks the API."""
    return {"/api/v2/instance": answer({"domain": domain, "title": "Home", "version": "4.5.0"})}


def account(name: str, origin: str = "http://home.example", **fields: Any) -> Json:  # noqa: ANN401 - any field
    """Return an account; `name` with a host in it is another server's."""
    user = name.partition("@")[0]
    return {
        "id": f"acc-{user}",
        "username": user,
        "acct": name,
        "display_name": user.title(),
        "url": f"{origin}/@{user}",
        "uri": f"{origin}/users/{user}",
        "created_at": "2020-01-01T00:00:00.000Z",
        "note": f"<p>I am {user}</p>",
        "followers_count": 3,
    } | fields


def status(number: str, origin: str = "http://home.example", author: str = "alice", **fields: Any) -> Json:  # noqa: ANN401
    """Return a post as the documentation describes it."""
    user = author.partition("@")[0]
    return {
        "id": number,
        "created_at": "2026-03-01T12:00:00.000Z",
        "in_reply_to_id": None,
        "in_reply_to_account_id": None,
        "sensitive": False,
        "spoiler_text": "",
        "visibility": "public",
        "language": "en",
        "uri": f"{origin}/users/{user}/statuses/{number}",
        "url": f"{origin}/@{user}/{number}",
        "replies_count": 0,
        "reblogs_count": 2,
        "favourites_count": 5,
        "edited_at": None,
        "content": f"<p>Post {number}</p>",
        "reblog": None,
        "account": account(author, origin),
        "media_attachments": [],
        "mentions": [],
        "tags": [],
        "emojis": [],
        "card": None,
        "poll": None,
    } | fields


def photo(url: str, **fields: Any) -> Json:  # noqa: ANN401 - any field
    """Return a MediaAttachment."""
    return {"id": "1", "type": "image", "url": url, "remote_url": None, "description": "a roof on fire"} | fields


def tagged(*names: str) -> list[Json]:
    """Return the tags of a post."""
    return [{"name": name, "url": f"http://home.example/tags/{name}"} for name in names]


@dataclass(slots=True)
class Held:
    """What a capture holds, read from its ledger."""

    path: Path
    items: list[Item] = field(default_factory=list)
    posts: dict[str, Post] = field(default_factory=dict)
    """By the reference of their items."""
    facts: dict[str, dict[str, object]] = field(default_factory=dict)
    failed: list[Failed] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    @classmethod
    def of(cls, path: Path) -> Held:
        """Read a capture."""
        held = cls(path)
        for event in capture_events(path):
            match event:
                case Item():
                    held.items.append(event)
                case PostRead():
                    held.posts[event.ref] = event.post
                case ItemFacts():
                    held.facts[event.ref] = {fact.name: fact.value for fact in event.facts}
                case Failed():
                    held.failed.append(event)
                case Skipped():
                    held.skipped.append(event)
                case _:
                    pass
        return held

    def of_kind(self, kind: str) -> list[Item]:
        """Return the items of a kind."""
        return [item for item in self.items if item.kind == kind]

    def post(self, text: str) -> Post:
        """Return the one post whose text has these words."""
        [post] = [post for post in self.posts.values() if text in post.text]
        return post

    def item_of(self, text: str) -> Item:
        """Return the item of the one post whose text has these words."""
        [ref] = [ref for ref, post in self.posts.items() if text in post.text]
        [item] = [item for item in self.items if item.ref == ref]
        return item

    def bytes_of(self, item: Item) -> bytes:
        """Return an item's bytes."""
        return (self.path / item.path).read_bytes()

    @property
    def texts(self) -> list[str]:
        """The texts of the posts, in the order of the ledger."""
        return [post.text for post in self.posts.values()]

    @property
    def reasons(self) -> str:
        """Everything that was said of what is missing."""
        return "\n".join([each.reason for each in self.failed] + [each.reason for each in self.skipped])

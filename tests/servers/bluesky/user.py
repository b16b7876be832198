"""Someone with an account, who posts, edits and deletes by plain XRPC."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import requests

from tests.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    Json = dict[str, Any]

POSTS = "app.bsky.feed.post"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlueskyAccount:
    """Who someone is, and what the PDS knows them by."""

    did: str
    handle: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlueskyPost:
    """A post as its author got it confirmed: `at://did/collection/rkey`, and the hash of its record."""

    uri: str
    cid: str

    @property
    def did(self) -> str:
        """The author's."""
        return self.uri.split("/")[2]

    @property
    def rkey(self) -> str:
        """The record's name in the author's collection of posts."""
        return self.uri.split("/")[4]


class BlueskyUser:
    """Acts for an account on its PDS (https://atproto.com/specs/xrpc). What the PDS refuses is a requests.HTTPError."""

    def __init__(self, pds: str, account: BlueskyAccount) -> None:
        self.account = account
        self._pds = pds
        self._headers: dict[str, str] = {}
        session = self._call("com.atproto.server.createSession", identifier=account.handle, password=account.password)
        self._headers["Authorization"] = f"Bearer {session['accessJwt']}"

    def upload(self, data: bytes, mime: str) -> Json:
        """Store a blob, and return the reference that a record names it by."""
        answer = self._send("com.atproto.repo.uploadBlob", data, mime)
        reference: Json = answer["blob"]
        return reference

    def post(
        self,
        text: str,
        *,
        facets: Sequence[Json] = (),
        images: Sequence[tuple[bytes, str]] = (),
        reply_to: BlueskyPost | None = None,
        **fields: Any,  # noqa: ANN401 - any field of a record
    ) -> BlueskyPost:
        """Post a text, with JPEGs and their alternative texts; `fields` are added to the record as they are."""
        record: Json = {"$type": POSTS, "text": text, "createdAt": _now(), "langs": ["en"]}
        if facets:
            record["facets"] = list(facets)
        if images:
            shown = [{"image": self.upload(data, "image/jpeg"), "alt": alt} for data, alt in images]
            record["embed"] = {"$type": "app.bsky.embed.images", "images": shown}
        if reply_to is not None:
            record["reply"] = self._reply(reply_to)
        answer = self._call("com.atproto.repo.createRecord", **self._place(), record=record | fields)
        return BlueskyPost(uri=answer["uri"], cid=answer["cid"])

    def edit(self, post: BlueskyPost, **fields: Any) -> BlueskyPost:  # noqa: ANN401 - any field of a record
        """Put a record with some fields changed in the place of a post; its URI stays, its CID does not."""
        record = self.record(post) | fields
        answer = self._call("com.atproto.repo.putRecord", **self._place(), rkey=post.rkey, record=record)
        return BlueskyPost(uri=answer["uri"], cid=answer["cid"])

    def delete(self, post: BlueskyPost) -> None:
        """Delete a post."""
        self._call("com.atproto.repo.deleteRecord", **self._place(), rkey=post.rkey)

    def record(self, post: BlueskyPost) -> Json:
        """Return the record of anyone's post as the PDS has it now."""
        where = {"repo": post.did, "collection": POSTS, "rkey": post.rkey}
        answer = requests.get(f"{self._pds}/xrpc/com.atproto.repo.getRecord", where, timeout=PATIENCE)
        answer.raise_for_status()
        value: Json = answer.json()["value"]
        return value

    def _place(self) -> dict[str, str]:
        return {"repo": self.account.did, "collection": POSTS}

    def _reply(self, to: BlueskyPost) -> Json:
        parent = {"uri": to.uri, "cid": to.cid}
        root = self.record(to).get("reply", {}).get("root", parent)
        return {"root": root, "parent": parent}

    def _call(self, method: str, **arguments: Any) -> Json:  # noqa: ANN401 - any argument of a method
        return self._send(method, json.dumps(arguments).encode(), "application/json")

    def _send(self, method: str, body: bytes, mime: str) -> Json:
        headers = {**self._headers, "Content-Type": mime}
        answer = requests.post(f"{self._pds}/xrpc/{method}", body, headers=headers, timeout=PATIENCE)
        answer.raise_for_status()
        found: Json = answer.json()
        return found


def hashtag(text: str, tag: str) -> Json:
    """Return the facet of a tag in a text, which counts in bytes of UTF-8. Raises ValueError where it is not there."""
    start = text.encode().index(f"#{tag}".encode())
    end = start + len(f"#{tag}".encode())
    feature = {"$type": "app.bsky.richtext.facet#tag", "tag": tag}
    return {"index": {"byteStart": start, "byteEnd": end}, "features": [feature]}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

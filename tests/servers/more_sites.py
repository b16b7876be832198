"""Further stand-ins, each as little of a site as gallery-dl's extractor for it asks for; see `tests.servers.sites`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.servers.sites import MOMENT, Ask, Reply, SocialSites

if TYPE_CHECKING:
    from tests.servers.sites import Answer

    Json = dict[str, Any]

WRITTEN = "2026-11-29T10:00:00.000Z"


class MoreSites(SocialSites):
    """imgur, 4chan, Misskey, Wikimedia Commons and Pinterest."""

    hosts = (
        "imgur.com", "api.imgur.com", "i.imgur.com", "boards.4chan.org", "a.4cdn.org", "i.4cdn.org", "misskey.io",
        "media.misskeyusercontent.com", "commons.wikimedia.org", "upload.wikimedia.org", "www.pinterest.com",
        "i.pinimg.com",
    )  # fmt: skip

    def answers(self) -> dict[str, Answer]:
        """Return them by the end of the host's name; every other host has photos."""
        return {
            "api.imgur.com": _imgur, "a.4cdn.org": _four_chan, "misskey.io": _misskey,
            "commons.wikimedia.org": _wikimedia, "www.pinterest.com": _pinterest,
        }  # fmt: skip


def imgur_photo(number: int) -> Json:
    """Return a photo of an album (https://apidocs.imgur.com)."""
    said = {"title": f"Smoke {number}", "description": f"over the market {number} #FireWatch"}
    return {
        "id": f"img000{number}", "account_id": 7, "ext": "jpeg", "is_animated": False, "created_at": WRITTEN,
        "mime_type": "image/jpeg", "name": "", "type": "image", "metadata": said,
    }  # fmt: skip


def _imgur(_: SocialSites, __: Ask) -> Reply:
    album = {"id": "AbCde", "account_id": 7, "title": "Fire", "created_at": WRITTEN, "is_album": True}
    return Reply({**album, "media": [imgur_photo(1), imgur_photo(2)]})


def four_chan_post(number: int) -> Json:
    """Return a post of a thread; the second has no file (https://github.com/4chan/4chan-API)."""
    file: Json = {"filename": "a", "ext": ".jpg", "tim": 1700 + number, "w": 40, "h": 30} if number != 2 else {}
    return {"no": 100 + number, "name": "Anonymous", "com": f"smoke {number}<br>&gt;x", "time": MOMENT, **file}


def _four_chan(_: SocialSites, __: Ask) -> Reply:
    return Reply({"posts": [{**four_chan_post(1), "sub": "Fire", "replies": 2}, *map(four_chan_post, (2, 3))]})


def misskey_note(number: int) -> Json:
    """Return a note; the second has no photo (https://misskey-hub.net/en/docs/api)."""
    url = f"https://media.misskeyusercontent.com/io/f{number}.jpg"
    file = {"id": f"f{number}", "createdAt": WRITTEN, "url": url, "comment": "smoke"}
    return {
        "id": f"9abc{number}", "createdAt": WRITTEN, "text": f"smoke {number} #FireWatch", "cw": None,
        "user": {"id": "u1", "username": "amira", "name": "Amira N", "host": None}, "renoteCount": 1,
        "repliesCount": 2, "replyId": "9abc0", "renoteId": None, "files": [file] if number != 2 else [],
    }  # fmt: skip


def _misskey(_: SocialSites, ask: Ask) -> Reply:
    if ask.path == "/api/users/show":
        return Reply({"id": "u1", "username": "amira"})
    return Reply([] if json.loads(ask.seen.body).get("untilId") else [misskey_note(number) for number in (1, 2, 3)])


def _wikimedia(_: SocialSites, __: Ask) -> Reply:
    file = {
        "timestamp": "2026-11-29T10:00:00Z", "user": "Amira", "userid": 3, "comment": "Own work", "sha1": "ab",
        "url": "https://upload.wikimedia.org/wikipedia/commons/a/ab/Smoke.jpg", "canonicaltitle": "File:Smoke.jpg",
        "descriptionurl": "https://commons.wikimedia.org/wiki/File:Smoke.jpg", "size": 9, "mime": "image/jpeg",
        "metadata": [], "commonmetadata": [],
    }  # fmt: skip
    return Reply({"query": {"pages": {"55": {"pageid": 55, "title": "File:Smoke.jpg", "imageinfo": [file]}}}})


def pinterest_pin() -> Json:
    """Return a pin, as its web client is answered."""
    return {
        "id": "858", "description": "smoke #FireWatch", "created_at": "Sun, 29 Nov 2026 10:00:00 +0000",
        "title": "Fire", "pinner": {"id": "31", "username": "amira", "full_name": "Amira N"},
        "images": {"orig": {"url": "https://i.pinimg.com/originals/a/b.jpg", "width": 40, "height": 30}},
    }  # fmt: skip


def _pinterest(_: SocialSites, ask: Ask) -> Reply:
    if "PinResource" in ask.path:
        return Reply({"resource_response": {"data": pinterest_pin(), "status": "success"}})
    return Reply(b"<!doctype html><title>Pinterest</title>")

"""A stand-in for t.me: the web preview of one public channel, in the form that public readers of it name.

Where it is no Telegram: it has one channel, no groups, and its search finds hashtags alone.
"""

from __future__ import annotations

import base64
import contextlib
import json
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qs, quote, urlsplit

from tests.servers.material import two_photos
from tests.servers.names import resolving
from tests.servers.scene import Body, SceneServer

if TYPE_CHECKING:
    from types import TracebackType

    from tests.servers.seen import Seen

CHANNEL = "market_watch"
_PAGE = 20
_HOSTS = ("t.me", "cdn4.telesco.pe")


class TelegramSite:
    """The channel, as a context manager: `with TelegramSite() as site: …site.url("/s/market_watch")…`.

    `posts` are the elements of the posts by number, and may be changed; `unlisted` are left out of the list, and
    `refuse_after` is how many pages are given
    before the server answers 429, None for all; `linked` is whether a page leads to the next.
    """

    def __init__(self, texts: int = 45) -> None:
        self.photos = two_photos()
        files = {f"/file/{number}.jpg": Body(data=photo) for number, photo in enumerate(self.photos)}
        pages = {"/s/" + CHANNEL: self._list, f"/{CHANNEL}": lambda _: self._contact(CHANNEL), "/s/nobody": _to_contact}
        self._server = SceneServer({**files, **pages, "/nobody": lambda _: self._contact("nobody")})
        self.refuse_after: int | None = None
        self.posts: dict[int, str] = {}
        self.unlisted: set[int] = set()
        self.linked = True
        self._texts = texts
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(self._server)
        self._stack.enter_context(resolving({host: ["127.0.0.1"] for host in _HOSTS}))
        for number in range(1, self._texts + 1):
            self.add(number, text(f"Message {number} {tag('FireWatch')}" if number % 15 == 0 else f"Message {number}"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def url(self, path: str) -> str:
        """Return the URL of a path of t.me."""
        return f"http://t.me:{self._server.port}{path}"

    def photo(self, number: int) -> str:
        """Return where a photo is."""
        return f"http://cdn4.telesco.pe:{self._server.port}/file/{number}.jpg"

    @property
    def asked(self) -> list[str]:
        """What was asked for, in order."""
        return [seen.path for seen in self._server.requests]

    def add(self, number: int, inside: str, *, meta: str = "", views: str = "1.2K", kind: str = "") -> None:
        """Post something; `inside` is what stands in the bubble."""
        token = base64.b64encode(json.dumps({"c": -1001234567890, "p": number, "t": 1795946400, "h": "ab"}).encode())
        moment = f"2026-11-{24 + number // 1440:02}T{number // 60 % 24:02}:{number % 60:02}:00+00:00"
        self.posts[number] = (
            f'<div class="tgme_widget_message text_not_supported_wrap {kind} js-widget_message"'
            f' data-post="{CHANNEL}/{number}" data-view="{token.decode()}">'
            '<div class="tgme_widget_message_user"><a href="https://t.me/market_watch">'
            '<i class="tgme_widget_message_user_photo bgcolor1">'
            '<img src="https://cdn4.telesco.pe/file/me.jpg"></i></a></div>'
            '<div class="tgme_widget_message_bubble"><div class="tgme_widget_message_author accent_color">'
            '<a class="tgme_widget_message_owner_name" href="https://t.me/market_watch"><span dir="auto">Market Watch'
            f"</span></a></div>{inside}"
            '<div class="tgme_widget_message_footer compact js-message_footer">'
            '<div class="tgme_widget_message_info short js-message_info">'
            f'<span class="tgme_widget_message_views">{views}</span><span class="copyonly"> views</span>'
            f'<span class="tgme_widget_message_meta">{meta}'
            f'<a class="tgme_widget_message_date" href="https://t.me/{CHANNEL}/{number}"><time datetime="{moment}"'
            ' class="time">00:00</time></a></span></div></div></div></div>'
        )
        self._server.files[f"/{CHANNEL}/{number}"] = self._alone

    def delete(self, number: int) -> None:
        """Delete a post."""
        del self.posts[number]

    def _alone(self, seen: Seen) -> Body:
        number = int(urlsplit(seen.path).path.rpartition("/")[2])
        post = self.posts.get(number, '<div class="tgme_widget_message_error">Post not found</div>')
        return _html(f'<body class="widget_frame_base tgme_widget body_widget_post emoji_image">{post}</body>')

    def _list(self, seen: Seen) -> Body:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(seen.path).query).items()}
        if self.refuse_after is not None and sum("/s/" in path for path in self.asked) > self.refuse_after:
            return Body(data=b"Too Many Requests", type="text/plain", status=429)
        words = asked.get("q", "")
        before = int(asked.get("before", max(self.posts, default=0) + 1))
        fitting = [
            number
            for number in sorted(self.posts.keys() - self.unlisted)
            if number < before and _finds(words, self.posts[number])
        ]
        shown, left = fitting[-_PAGE:], fitting[:-_PAGE]
        more, search = "", f"q={quote(words)}&amp;" if words else ""
        if left and self.linked:
            href = f"/s/{CHANNEL}?{search}before={shown[0]}"
            more = f'<a href="{href}" class="tme_messages_more js-messages_more" data-before="{shown[0]}"></a>'
        posts = "".join(
            f'<div class="tgme_widget_message_wrap js-widget_message_wrap">{self.posts[number]}</div>'
            for number in shown
        )
        none = "" if shown else '<div class="tme_no_messages_found">No posts found</div>'
        return _html(
            '<body class="tgme_page"><main><section class="tgme_channel_history js-message_history">'
            f"{more}{posts}{none}</section></main><div class=tgme_channel_info>"
            '<div class="tgme_channel_info_header_title"><span dir="auto">Market Watch</span></div>'
            f'<div class="tgme_channel_info_header_username"><a href="https://t.me/{CHANNEL}">@{CHANNEL}</a></div>'
            '<div class="tgme_channel_info_counter"><span class="counter_value">1.02K</span>'
            ' <span class="counter_type">subscribers</span></div>'
            '<div class="tgme_channel_info_description">What happens on Market Street</div></div></body>'
        )

    def _contact(self, name: str) -> Body:
        return _html(
            f'<body><div class="tgme_page"><div class="tgme_page_title">Telegram: Contact @{name}</div>'
            '<div class="tgme_page_description">If you have <strong>Telegram</strong>, you can contact'
            f" @{name} right away.</div></div></body>"
        )


def text(words: str) -> str:
    """Return a text as the preview has it."""
    return f'<div class="tgme_widget_message_text js-message_text" dir="auto">{words}</div>'


def tag(word: str) -> str:
    """Return a hashtag as the preview has it."""
    return f'<a href="?q=%23{word}">#{word}</a>'


def photo(url: str, number: int) -> str:
    """Return a photo as the preview has it."""
    return (
        f'<a class="tgme_widget_message_photo_wrap grouped_media_wrap" href="https://t.me/{CHANNEL}/{number}?single"'
        f' style="width:800px;background-image:url(\'{url}\')"><div class="tgme_widget_message_photo"></div></a>'
    )


def _finds(words: str, post: str) -> bool:
    return not words or f">{words.lower()}<" in post.lower()


def _to_contact(seen: Seen) -> Body:
    return Body(data=b"", status=302, headers=(("Location", seen.path.replace("/s/", "/")),))


def _html(body: str) -> Body:
    return Body(data=f"<!DOCTYPE html><html><head><title>Telegram</title></head>{body}</html>".encode())

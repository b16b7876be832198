"""One post of Telegram's web preview, read from its HTML. Run this in the sandbox.

The preview has no documentation: its classes are those that public readers of it name.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import parse_qs, urljoin, urlsplit

from lxml import etree

from capture.extractors.json_value import LARGEST_COUNT, line, mapping, text, time, web_url
from capture.extractors.telegram.address import HOSTS
from capture.extractors.telegram.elements import PREFIX, marked, said
from capture.extractors.telegram.message_media import ShownMedia
from capture.page.document import parse
from capture.page.text import VisibleText
from hashing.case.facts import Fact
from hashing.case.post import Account, Post

_STEPS = 1 << 30
_MOST = 200
# Characters of HTML: a post has 4,096 of text, each of which may be marked up.
_LONGEST_TEXT = 150_000
_PLACE = "preview"


class MessageRead(NamedTuple):
    """A post, what else it shows, and what of it the preview does not give, with its kind."""

    post: Post
    facts: tuple[Fact, ...]
    missing: tuple[tuple[str, str], ...]


def read_message(html: bytes, page: str) -> MessageRead | None:
    """Read the element of one post; None where it names none. `page` is the address of the page around it."""
    root = etree.fromstring(html, etree.HTMLParser(encoding="utf-8", no_network=True))
    named = line(root.xpath("string(//@data-post)"), 200) if root is not None else ""
    channel, _, number = named.partition("/")
    if not channel or not number.isdigit():
        return None
    # 1. What is another post's: the one that it answers, the page that it links to.
    answered = _taken_out(root, f"{PREFIX}reply")
    linked = _taken_out(root, f"{PREFIX}link_preview")
    # 2. What it says.
    words = next(iter(marked(root, "js-message_text")), None)
    links = _Links(words, page)
    views = said(root, f"{PREFIX}views", 20)
    forwarded = next(iter(marked(root, f"{PREFIX}forwarded_from_name")), None)
    url = f"https://t.me/{channel}/{number}"
    shown = ShownMedia(root, page)
    post = Post(
        platform="telegram",
        server=urlsplit(page).hostname or "",
        id=url,
        permalink=url,
        author=Account(
            handle=channel,
            name=said(root, f"{PREFIX}owner_name"),
            id=_channel_number(root),
            url=f"https://t.me/{channel}",
        ),
        published=_published(root),
        text=_visible(words) if words is not None else "",
        tags=links.tags,
        mentions=links.mentions,
        links=links.links,
        reply_to=next((web_url(each.get("href")) for each in answered), "").partition("?")[0],
        quotes=web_url(forwarded.get("href")) if forwarded is not None else "",
        counts={"views": min(int(views), LARGEST_COUNT)} if views.isascii() and views.isdigit() else {},
        media=shown.media,
    )
    return MessageRead(post, (*_facts(root, views), *_of_link(linked)), shown.missing)


def _taken_out(root: etree._Element, name: str) -> list[etree._Element]:
    found = marked(root, name)
    for each in found:
        if (parent := each.getparent()) is not None:
            parent.remove(each)
    return found


def _visible(element: etree._Element) -> str:
    visible = VisibleText()
    parse(etree.tostring(element, encoding="unicode", with_tail=False), visible, [], steps=_STEPS)
    return text(visible.text(), _LONGEST_TEXT)


class _Links:
    """The hashtags, mentions and links of a text."""

    def __init__(self, words: etree._Element | None, page: str) -> None:
        tags, mentions, links = dict[str, None](), dict[str, None](), dict[str, None]()
        for anchor in list(words.iter("a"))[:_MOST] if words is not None else ():
            url, shown = web_url(urljoin(page, anchor.get("href") or "")), line("".join(map(str, anchor.itertext())))
            if url and shown.startswith("#") and _search(url).startswith("#"):
                tags[shown[1:]] = None
            elif url and shown.startswith("@"):
                mentions[shown] = None
            elif url:
                links[url] = None
        self.tags, self.mentions, self.links = tuple(tags), tuple(mentions), tuple(links)


def _search(url: str) -> str:
    parts = urlsplit(url)
    return parse_qs(parts.query).get("q", [""])[0] if parts.hostname in HOSTS else ""


def _published(root: etree._Element) -> str:
    """Return the post's time; the duration of a video stands in a <time> as well."""
    times = [each for date in marked(root, f"{PREFIX}date") for each in date.iter("time")]
    return next((moment for each in times if (moment := time(each.get("datetime")))), "")


def _channel_number(root: etree._Element) -> str:
    """Return the number that a channel keeps when its name changes hands, from the token that counts views."""
    token = str(root.xpath("string(//@data-view)"))[:2000]
    try:
        told = mapping(json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))))
    except (binascii.Error, ValueError, RecursionError):
        return ""
    number = told.get("c")
    return str(number) if isinstance(number, int) and not isinstance(number, bool) else ""


def _facts(root: etree._Element, views: str) -> Iterator[Fact]:
    if views:
        yield Fact("views as written", views, _PLACE)
    if said(root, f"{PREFIX}meta").startswith("edited"):
        yield Fact("edited", "shown as edited; the preview does not say when", _PLACE)
    # What the preview shows in words only: taken as written, since it has no machine-readable form.
    for name, part in (
        ("forwarded from", "forwarded_from_name"),
        ("forwarded, signed by", "forwarded_from_author"),
        ("signed by", "from_author"),
        ("poll", "poll_question"),
        ("poll voters", "voters"),
        ("location", "location_title"),
    ):
        if value := said(root, f"{PREFIX}{part}"):
            yield Fact(name, value, _PLACE)
    for option in marked(root, f"{PREFIX}poll_option")[:_MOST]:
        yield Fact("poll option", line(" ".join(map(str, option.itertext()))), _PLACE)
    for place in marked(root, f"{PREFIX}location_wrap")[:1]:
        yield Fact("location link", web_url(place.get("href")), _PLACE)
    for reaction in marked(root, "tgme_reaction")[:_MOST]:
        yield Fact("reaction", line("".join(map(str, reaction.itertext()))), _PLACE)
    if marked(root, "service_message"):
        yield Fact("service message", "made by Telegram for something that was done in the channel", _PLACE)


def _of_link(linked: list[etree._Element]) -> Iterator[Fact]:
    for each in linked[:1]:
        words = " ".join(filter(None, (web_url(each.get("href")), _visible(each))))
        yield Fact("link preview", line(words, 2000), _PLACE)

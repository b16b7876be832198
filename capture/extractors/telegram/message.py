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
from capture.page.document import parse
from capture.page.style_media import css_images
from capture.page.text import VisibleText
from hashing.case.facts import Fact
from hashing.case.kinds import ItemKind
from hashing.case.post import Account, Post, PostMedia

_MOST_MEDIA = 24  # An album has ten at the most.


class ShownMedia:
    """Reads what one post shows beside its text, and what of it the preview gives no address for."""

    def __init__(self, root: etree._Element, page: str) -> None:
        self._page = page
        self._media: dict[str, PostMedia] = {}
        self._missing: list[tuple[str, str]] = []
        readers = {
            "photo_wrap": self._photo,
            "video_player": self._video,
            "roundvideo_player": self._video,
            "voice": self._voice,
            "document_wrap": self._document,
            "sticker": self._sticker,
        }
        # By class, in document order: an album's pictures keep their order.
        for element in root.iter("a", "i", "div", "audio", "video"):
            names = (element.get("class") or "").split()
            for name in names:
                if (read := readers.get(name.removeprefix(PREFIX))) is not None and name.startswith(PREFIX):
                    read(element)
        if not self._media and not self._missing and marked(root, "message_media_not_supported"):
            label = said(root, "message_media_not_supported_label", 200) or "not shown on the web"
            self._missing.append(("media", f"what it shows ({label})"))

    @property
    def media(self) -> tuple[PostMedia, ...]:
        """What the preview gives an address for."""
        return tuple(self._media.values())

    @property
    def missing(self) -> tuple[tuple[str, str], ...]:
        """What it does not, by kind and in words."""
        return tuple(self._missing[:_MOST_MEDIA])

    def _photo(self, element: etree._Element) -> None:
        if not self._add(_background(element), ItemKind.PHOTO):
            self._missing.append(("photo", "a photo"))

    def _video(self, element: etree._Element) -> None:
        taken = [self._add(each.get("src"), ItemKind.VIDEO) for each in element.iter("video")]
        if any(taken):
            return
        duration = said(element, "message_video_duration", 20)
        self._missing.append(("video", f"a video ({duration})" if duration else "a video"))
        for still in marked(element, f"{PREFIX}video_thumb"):
            self._add(_background(still), ItemKind.PHOTO, "still of a video that the preview does not give")

    def _voice(self, element: etree._Element) -> None:
        if element.tag == "audio" and not self._add(element.get("src"), ItemKind.AUDIO):
            self._missing.append(("audio", "a voice message"))

    def _document(self, element: etree._Element) -> None:
        title = said(element, f"{PREFIX}document_title", 200) or "without a name"
        size = said(element, f"{PREFIX}document_extra", 100) or "of no stated size"
        self._missing.append(("document", f"the file {title} ({size})"))

    def _sticker(self, element: etree._Element) -> None:
        self._add(element.get("data-webp") or _background(element), ItemKind.PHOTO, "sticker")

    def _add(self, url: str | None, kind: ItemKind, alt: str = "") -> bool:
        absolute = web_url(urljoin(self._page, url)) if url else ""
        if absolute and len(self._media) < _MOST_MEDIA:
            self._media.setdefault(absolute, PostMedia(url=absolute, kind=kind, alt=alt))
        return bool(absolute)


def _background(element: etree._Element) -> str | None:
    return next((url for url, _ in css_images(element.get("style") or "")), None)


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

"""The media that a page shows or links to, from its elements."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from capture.page.document import Attributes, Snippet, Start
from capture.page.images import ImageCandidate, image_mentions, largest, late_places, source_candidates, srcset_mention
from capture.page.kinds import kind_of_address, kind_of_type
from capture.page.mentions import Mention, Mentions, Position
from capture.page.urls import is_embedded, shown, tidy
from hashing.case.kinds import ItemKind

_LONGEST_LINK_TEXT = 500
_FRAMES_SHOWN = 3
_MOST_CANDIDATES = 1000

_MAY_HAVE_BACKGROUND = ("div", "span", "section", "figure", "article", "header", "footer", "main", "aside", "li", "td")
_NOT_A_PAGE = ("about:", "javascript:", "blob:")
_LINK_NAMES = {"photo": "link to image", "video": "link to video", "audio": "link to audio", "document": "link to PDF"}


class ContentMedia:
    """Reads the elements that show media, and links whose address promises a media file."""

    def __init__(self, mentions: Mentions) -> None:
        self._mentions = mentions
        # The open <picture>, <video> and <audio> elements, and the <source>s that wait for an <img>.
        self._around: list[tuple[str, list[ImageCandidate]]] = []
        self._link: Mention | None = None
        self._frames: dict[str, None] = {}
        self.inner_pages: list[str] = []  # Pages that frames hold in themselves (`srcdoc`).
        # What may hold a photo, a video or a frame in HTML, AMP and SVG. What stands in a `template` is not shown, and
        # counts as hidden.
        self.starts: Mapping[str, Start] = {
            **dict.fromkeys(("img", "amp-img", "amp-anim"), self._image),
            **dict.fromkeys(("video", "audio", "amp-video", "amp-audio"), self._player),
            **dict.fromkeys(("embed", "object", "iframe", "frame"), self._embedding),
            **dict.fromkeys(("a", "area"), self._linking),
            "picture": self._picture,
            "source": self._source,
            "image": self._svg_image,
            "input": self._input,
            "bgsound": self._background_sound,
            "template": self._template,
            **dict.fromkeys(_MAY_HAVE_BACKGROUND, self._late_background),
        }
        self.attributes: Mapping[str, Start] = {"src": self._element_of_its_own}
        self.ends: Mapping[str, Callable[[], None]] = {
            **dict.fromkeys(("picture", "video", "audio", "amp-video", "amp-audio"), self._around_ended),
            "a": self._link_ended,
            "template": self._template_ended,
        }

    def page_ended(self) -> None:
        """Take what an unclosed <picture> still holds."""
        while self._around:
            self._around_ended()

    def notes(self) -> list[str]:
        """Say which parts of the page were not read."""
        if not self._frames:
            return []
        first = ", ".join(shown(frame) for frame in list(self._frames)[:_FRAMES_SHOWN])
        return [f"{len(self._frames):,} frame(s) show other pages, which were not read: {first}"]

    def _show(self, kind: ItemKind, raw: str | None, found_in: str, alt: str = "") -> None:
        if raw:
            self._mentions.show(Mention(kind, (Position(raw, found_in),), alt))

    def _image(self, tag: str, attributes: Attributes) -> None:
        sources: list[ImageCandidate] = []
        if self._around and self._around[-1][0] == "picture":
            # The first <img> settles what the <source>s before it are for.
            sources, self._around[-1] = self._around[-1][1], ("picture", [])
        for mention in image_mentions(tag, attributes, sources):
            self._mentions.show(mention)
            if self._link is not None and not self._link.alt:
                self._link.alt = mention.alt

    def _picture(self, tag: str, _attributes: Attributes) -> None:
        self._around.append((tag, []))

    def _player(self, tag: str, attributes: Attributes) -> None:
        name = tag.removeprefix("amp-")
        self._around.append((name, []))
        alt = attributes.get("title", "") or attributes.get("aria-label", "")
        self._show(_player_kind(name), _file_of(attributes), f"{name} src", alt)
        self._show(ItemKind.PHOTO, attributes.get("poster") or attributes.get("data-poster"), f"{name} poster", alt)

    def _source(self, _tag: str, attributes: Attributes) -> None:
        # A <source> belongs to what is around it: an alternative of an image, or a file of a player.
        around = self._around[-1][0] if self._around else ""
        if around == "picture":
            if len(waiting := self._around[-1][1]) < _MOST_CANDIDATES:
                waiting.extend(source_candidates(attributes))
            return
        raw = _file_of(attributes)
        if around:
            self._show(_player_kind(around), raw, f"{around} source")
        elif raw and (kind := kind_of_type(attributes.get("type", "")) or kind_of_address(raw)):
            self._show(kind, raw, "source")

    def _around_ended(self) -> None:
        if self._around:
            _, sources = self._around.pop()
            if sources:
                self._mentions.show(largest(sources))

    def _embedding(self, tag: str, attributes: Attributes) -> None:
        if tag == "iframe" and attributes.get("srcdoc"):
            self.inner_pages.append(attributes["srcdoc"])
            return
        raw = attributes.get("data" if tag == "object" else "src")
        if not raw or tidy(raw).lower().startswith(_NOT_A_PAGE):
            raw = attributes.get("data-src") or attributes.get("data-lazy-src")
        if not raw:
            return
        # What is neither stated nor promised to be media is a page in a frame, which may hold a player.
        stated = kind_of_type(attributes.get("type", ""))
        if kind := stated or kind_of_address(raw):
            self._mentions.show(
                Mention(kind, (Position(raw, tag),), attributes.get("title", ""), stated=stated is not None)
            )
        elif tag in {"iframe", "frame"} and not is_embedded(raw) and not tidy(raw).lower().startswith(_NOT_A_PAGE):
            self._frames[raw] = None

    def _linking(self, tag: str, attributes: Attributes) -> Snippet | None:
        raw = attributes.get("href", "")
        kind = kind_of_address(raw)
        if kind is None:
            return None
        alt = attributes.get("title", "") or attributes.get("alt", "")
        # Not stated: that an address ends in `.jpg` is only a promise, and what an element says outranks it.
        link = self._mentions.show(Mention(kind, (Position(raw, _LINK_NAMES[kind]),), alt, stated=False))
        if tag == "area" or alt:
            return None
        self._link = link

        def _keep(text: str) -> None:
            link.alt = link.alt or text

        return Snippet(_LONGEST_LINK_TEXT, _keep)

    def _link_ended(self) -> None:
        self._link = None

    def _template(self, _tag: str, _attributes: Attributes) -> None:
        self._mentions.hidden += 1

    def _template_ended(self) -> None:
        self._mentions.hidden -= 1

    def _late_background(self, tag: str, attributes: Attributes) -> None:
        if not attributes:
            return
        for place in late_places(tag, attributes, shows_images=False):
            self._mentions.show(Mention(ItemKind.PHOTO, (place,)))
        for name, value in attributes.items():
            if name.endswith("bgset") and (mention := srcset_mention(value, f"{tag} {name}")):
                self._mentions.show(mention)

    def _element_of_its_own(self, tag: str, attributes: Attributes) -> None:
        """Take what a custom element (HTML Standard, 4.13) names as a page's own elements do."""
        for name in ("src", "poster") if "-" in tag and not tag.startswith("amp-") else ():
            if kind := kind_of_address(attributes.get(name, "")):
                self._show(kind, attributes[name], f"{tag} {name}", attributes.get("alt", ""))

    def _svg_image(self, _tag: str, attributes: Attributes) -> None:
        if "src" in attributes or "srcset" in attributes:
            self._image("img", attributes)  # browsers read <image> outside SVG as <img>
        else:
            self._show(ItemKind.PHOTO, attributes.get("href") or attributes.get("xlink:href"), "svg image")

    def _input(self, _tag: str, attributes: Attributes) -> None:
        if attributes.get("type", "").strip().lower() == "image":
            self._show(ItemKind.PHOTO, attributes.get("src"), "input image", attributes.get("alt", ""))

    def _background_sound(self, _tag: str, attributes: Attributes) -> None:
        self._show(ItemKind.AUDIO, attributes.get("src"), "bgsound")


def _file_of(attributes: Attributes) -> str:
    """Return the file of a player, or what it keeps for a script in an attribute of whatever name."""
    late = (value for name, value in attributes.items() if "data-" in name or "lazy" in name)
    files = (value for value in late if kind_of_address(value) in {ItemKind.VIDEO, ItemKind.AUDIO})
    return attributes.get("src") or attributes.get("data-src") or next(files, "")


def _player_kind(name: str) -> ItemKind:
    return ItemKind.AUDIO if name == "audio" else ItemKind.VIDEO

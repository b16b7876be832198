"""The media that a page names in its <meta> and <link> elements (https://ogp.me/, Twitter cards, schema.org)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from capture.page.document import Attributes, Start
from capture.page.images import srcset_mention
from capture.page.kinds import kind_of_address, kind_of_type
from capture.page.mentions import MOST, Mention, Mentions, Position
from capture.page.meta import meta_names, words
from hashing.case.kinds import ItemKind

_IMAGES = frozenset(
    {
        "image", "og:image", "og:image:secure_url", "og:image:url", "parsely-image-url", "sailthru.image.full",
        "thumbnail", "thumbnailurl", "twitter:image", "twitter:image0", "twitter:image1", "twitter:image2",
        "twitter:image3", "twitter:image:src",
    }
)  # fmt: skip
_IMAGE_WORDS = frozenset({"og:image:alt", "twitter:image:alt"})
_STREAM = "twitter:player:stream"
_RECORDINGS = ("og:video", "og:audio", _STREAM)
_ADDRESSES = ("", ":url", ":secure_url")
_TYPES = (":type", ":content_type")

_MICRODATA = frozenset({"contenturl", "image", "thumbnailurl"})
_PRELOADED: dict[str, ItemKind] = {"image": ItemKind.PHOTO, "video": ItemKind.VIDEO, "audio": ItemKind.AUDIO}


@dataclass(slots=True)
class _Recording:
    """One og:video, og:audio or Twitter stream: what its parts (":url", ":type") say."""

    family: str
    parts: dict[str, str] = field(default_factory=dict)

    def mentions(self) -> list[Mention]:
        """Return its addresses, where its type or their extension says that they are files and no players."""
        stated = kind_of_type(self.parts.get(":type") or self.parts.get(":content_type") or "")
        if self.family == _STREAM:
            stated = stated or ItemKind.VIDEO
        return [
            Mention(kind, (Position(raw, f"{self.family}{part}"),), stated=stated is not None)
            for part, raw in self.parts.items()
            if part in _ADDRESSES and (kind := stated or kind_of_address(raw))
        ]


class MetadataMedia:
    """Reads <meta> and <link>."""

    def __init__(self, mentions: Mentions) -> None:
        self._mentions = mentions
        self._recordings: list[_Recording] = []
        self._image: Mention | None = None
        self.starts: Mapping[str, Start] = {"meta": self._meta, "link": self._link}
        self.attributes: Mapping[str, Start] = {}
        self.ends: Mapping[str, Callable[[], None]] = {}

    def page_ended(self) -> None:
        """Take the videos and sounds, now that all their parts are known."""
        for recording in self._recordings:
            for mention in recording.mentions():
                self._mentions.name(mention)

    def _meta(self, _tag: str, attributes: Attributes) -> None:
        content = attributes.get("content", "")
        if not content:
            return
        for name, place in meta_names(attributes):
            if name in _IMAGES:
                self._image = self._mentions.name(Mention(ItemKind.PHOTO, (Position(content, place),)))
            elif name in _IMAGE_WORDS and self._image is not None:
                self._image.alt = self._image.alt or content
            elif family := next((family for family in _RECORDINGS if name.startswith(family)), None):
                self._recording(family, name.removeprefix(family), content)

    def _recording(self, family: str, part: str, content: str) -> None:
        """Take a part of a video or sound; one that is there already begins the next."""
        if part not in _ADDRESSES and part not in _TYPES:
            return
        # Open Graph has no brackets: `og:video:type` belongs to the `og:video` before it, and a second address begins
        # another.
        last = self._recordings[-1] if self._recordings else None
        if last is None or last.family != family or part in last.parts:
            if len(self._recordings) >= MOST:
                return
            last = _Recording(family)
            self._recordings.append(last)
        last.parts[part] = content

    def _link(self, _tag: str, attributes: Attributes) -> None:
        rel = words(attributes, "rel")
        href = attributes.get("href", "")
        if "image_src" in rel and href:
            self._mentions.name(Mention(ItemKind.PHOTO, (Position(href, "link rel=image_src"),)))
        elif "preload" in rel and (kind := _PRELOADED.get(attributes.get("as", "").strip().lower())):
            self._preloaded(kind, href, attributes)
        elif href and (names := _MICRODATA.intersection(words(attributes, "itemprop"))):
            promised = kind_of_address(href)
            place = Position(href, f"link itemprop={min(names)}")
            self._mentions.name(Mention(promised or ItemKind.PHOTO, (place,), stated=promised is None))

    def _preloaded(self, kind: ItemKind, href: str, attributes: Attributes) -> None:
        found_in = f"link rel=preload as={attributes['as'].strip().lower()}"
        mention = srcset_mention(attributes.get("imagesrcset", ""), found_in)
        if mention is None and href:
            mention = Mention(kind, (Position(href, found_in),))
        if mention is not None:
            self._mentions.name(mention)

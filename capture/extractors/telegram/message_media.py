"""What a post of Telegram's web preview shows beside its text, and what of it the preview gives no address for."""

from __future__ import annotations

from urllib.parse import urljoin

from lxml import etree

from capture.extractors.json_value import web_url
from capture.extractors.telegram.elements import PREFIX, marked, said
from capture.page.style_media import css_images
from hashing.case.kinds import ItemKind
from hashing.case.post import PostMedia

_MOST = 24  # An album has ten at the most.


class ShownMedia:
    """Reads the elements of one post."""

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
        return tuple(self._missing[:_MOST])

    def _photo(self, element: etree._Element) -> None:
        if not self._take(_background(element), ItemKind.PHOTO):
            self._missing.append(("photo", "a photo"))

    def _video(self, element: etree._Element) -> None:
        taken = [self._take(each.get("src"), ItemKind.VIDEO) for each in element.iter("video")]
        if any(taken):
            return
        duration = said(element, "message_video_duration", 20)
        self._missing.append(("video", f"a video ({duration})" if duration else "a video"))
        for still in marked(element, f"{PREFIX}video_thumb"):
            self._take(_background(still), ItemKind.PHOTO, "still of a video that the preview does not give")

    def _voice(self, element: etree._Element) -> None:
        if element.tag == "audio" and not self._take(element.get("src"), ItemKind.AUDIO):
            self._missing.append(("audio", "a voice message"))

    def _document(self, element: etree._Element) -> None:
        title = said(element, f"{PREFIX}document_title", 200) or "without a name"
        size = said(element, f"{PREFIX}document_extra", 100) or "of no stated size"
        self._missing.append(("document", f"the file {title} ({size})"))

    def _sticker(self, element: etree._Element) -> None:
        self._take(element.get("data-webp") or _background(element), ItemKind.PHOTO, "sticker")

    def _take(self, url: str | None, kind: ItemKind, alt: str = "") -> bool:
        absolute = web_url(urljoin(self._page, url)) if url else ""
        if absolute and len(self._media) < _MOST:
            self._media.setdefault(absolute, PostMedia(url=absolute, kind=kind, alt=alt))
        return bool(absolute)


def _background(element: etree._Element) -> str | None:
    return next((url for url, _ in css_images(element.get("style") or "")), None)

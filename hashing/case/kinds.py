"""What an item is and how a capture ended: the words that docs/formats.md lists."""

from __future__ import annotations

from enum import StrEnum


class ItemKind(StrEnum):
    """The kind of an item, or of what is to be fetched. Its value is what ledgers and lists say."""

    PAGE = "page"
    PHOTO = "photo"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"
    FILE = "file"
    POST = "post"
    LISTING = "listing"
    ACCOUNT = "account"
    HISTORY = "history"
    DATA = "data"
    IDENTITY = "identity"
    PROOF = "proof"
    FEED = "feed"
    PLAYLIST = "playlist"
    SEGMENT = "segment"
    SUBTITLES = "subtitles"
    ARCHIVE = "archive"
    CHAT = "chat"
    MAIL = "mail"
    MAILBOX = "mailbox"
    SAVED_PAGE = "saved page"
    WEB_ARCHIVE = "web archive"
    FIRST_VIEW = "first view"
    PAGE_PICTURE = "page picture"
    RENDERED_PAGE = "rendered page"
    PRINTED_PAGE = "printed page"
    ERROR_PAGE = "error page"  # What a server answered instead of the scene.
    # The body of an exchange that was repeated or redirected, where it is too large to stand in the WARC.
    SUPERSEDED_BODY = "superseded body"


class CaptureStatus(StrEnum):
    """How a capture ended. Its value is what ledgers, lists and `--json` say."""

    COMPLETE = "complete"  # All that was sought is here.
    PARTIAL = "partial"  # Something is here, and something that was sought is not: the ledger names it.
    NOTHING = "nothing"
    INTERRUPTED = "interrupted"  # By the officer, or by the death of its process: what had arrived is here.


RENDERED = frozenset({
    ItemKind.FIRST_VIEW, ItemKind.PAGE_PICTURE, ItemKind.RENDERED_PAGE, ItemKind.PRINTED_PAGE, ItemKind.SAVED_PAGE,
})  # fmt: skip
"""Kinds of what is kept of a page that was shown in a browser; a saved page may also be handed in."""

# Kinds that `--media` chooses from. What an item of such a kind or a page really is, its bytes decide.
MEDIA = frozenset({ItemKind.PHOTO, ItemKind.VIDEO, ItemKind.AUDIO, ItemKind.DOCUMENT})

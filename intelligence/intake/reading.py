"""What a file that holds others is, by its first bytes and its name; and who reads it. `read` runs in the sandbox."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import BinaryIO

from intelligence.intake import chats, mails
from intelligence.intake.archives import tar_pieces, zip_pieces
from intelligence.intake.pieces import Piece
from intelligence.intake.web_archives import warc_pieces

HEAD = 4096
READER = "intelligence.intake.reading:read"
# RFC 5322, section 2.2: two fields at least, folded or not; and one of those that only mail has.
_MAIL = re.compile(rb"(?:[A-Za-z][A-Za-z0-9-]{1,60}:[^\n]*\n(?:[ \t][^\n]*\n)*){2,}")
_MAIL_FIELDS = re.compile(rb"^(?:from|date|message-id|received|mime-version):", re.IGNORECASE | re.MULTILINE)
_OFFICE = (b"[Content_Types].xml", b"mimetype", b"META-INF/", b"_rels/")
_LOCKED = {b"7z\xbc\xaf\x27\x1c": "7z", b"Rar!\x1a\x07": "RAR"}


def form_of(head: bytes, name: str) -> str:
    """Return the form of a file that holds others, "" where it is none; from its head and its name in lower case.

    `7z` and `RAR` are forms that goldenhour does not open. Office documents are zips, and one thing to a person.
    """
    for beginning, form in _LOCKED.items():
        if head.startswith(beginning):
            return form
    # An office document begins with its own kind of first entry (ODF: `mimetype`, OOXML: `[Content_Types].xml`).
    if head.startswith((b"PK\3\4", b"PK\5\6")):
        return "" if head[30:60].startswith(_OFFICE) and not name.endswith((".zip", ".wacz")) else "zip"
    if head[257:262] == b"ustar" or head.startswith((b"BZh", b"\xfd7zXZ")):
        return "tar"
    if head.startswith(b"WARC/") or name.endswith((".warc", ".warc.gz")):
        return "warc"
    # A gzip may hold a tar or one file: `tar_pieces` finds out.
    if head.startswith(b"\x1f\x8b"):
        return "tar"
    return _text_form(head, name)


def _text_form(head: bytes, name: str) -> str:
    if head.startswith(b"From ") and _MAIL.match(head.partition(b"\n")[2]):
        return "mbox"
    # Two different fields that only mail has: a text that begins with "Date: …" is no mail yet.
    mail = _MAIL.match(head)
    if mail is not None and len(set(_MAIL_FIELDS.findall(mail[0]))) > 1:
        saved = b"multipart/related" in mail[0] and (
            name.endswith((".mht", ".mhtml")) or b"Content-Location" in mail[0]
        )
        return "mhtml" if saved else "mail"
    if name.endswith(".json") and b'"messages"' in head and b'"type"' in head:
        return "telegram"
    return "whatsapp" if name.endswith(".txt") and chats.looks_like_whatsapp(head) else ""


def read(file: BinaryIO, form: str, name: str, folder: str) -> Iterator[Piece]:
    """Yield what is in a file of this form; `folder` is the address of what it stands in. Run this in the sandbox."""
    size = os.fstat(file.fileno()).st_size
    # Which form it is was told outside, by first bytes and name. Each reader is bounded by the size of the file it
    # reads: what unpacks to far more is a bomb.
    match form:
        case "zip":
            yield from zip_pieces(file, size)
        case "tar":
            yield from tar_pieces(file, size, name)
        case "warc":
            yield from warc_pieces(file, size)
        case "mbox":
            yield from mails.mailbox_pieces(file, size)
        case "mail" | "mhtml":
            yield from mails.mail_pieces(file, size)
        case "whatsapp":
            yield from chats.whatsapp_pieces(file, size, folder)
        case "telegram":
            yield from chats.telegram_pieces(file, size, folder)
        case _:
            yield Piece(failed=f"a {form} archive, which goldenhour does not open: it is kept whole")

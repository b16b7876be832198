"""Files that people hand in, made here: mails, chats, archives sound and hostile."""

from __future__ import annotations

import io
import tarfile
import zipfile
from email.message import EmailMessage
from typing import TYPE_CHECKING

from tests.exports.small_case import photo

if TYPE_CHECKING:
    from collections.abc import Mapping

CHAT = (
    "[24/11/2026, 10:15:02] Alice: hello\nsecond line\n"
    "[24/11/2026, 10:16:00] Bob: \u200e<attached: 00000001-PHOTO.jpg>\n"
    "[25/11/2026, 01:00:00] Alice: b\u00fde\n"
)
TELEGRAM = (
    '{"name": "Bob", "type": "personal_chat", "id": 1, "messages": ['
    '{"id": 1, "date": "2026-11-24T10:00:00", "date_unixtime": "1795514400", "from": "Bob", "from_id": "user1",'
    ' "text": ["see \\"messages\\": [", {"type": "link", "text": "http://x"}]},'
    ' {"id": 2, "date": "2026-11-24T10:01:00", "from": "\u00c1l", "text": "ok", "reply_to_message_id": 1}]}'
)


def mail() -> bytes:
    """Return a mail with a photo and another mail attached; the photo's name is not in ASCII."""
    inner = EmailMessage()
    inner["From"], inner["Date"], inner["Subject"] = "bob@example.org", "Tue, 24 Nov 2026 09:15:02 +0000", "forwarded"
    inner.set_content("inner text")
    inner.add_attachment(b"%PDF-1.4 x", maintype="application", subtype="pdf", filename="x.pdf")
    outer = EmailMessage()
    outer["From"], outer["Subject"] = "Zo\u00eb <zoe@example.org>", "The fire \u2013 tonight"
    outer["Date"], outer["Message-ID"] = "Tue, 24 Nov 2026 10:15:02 +0100", "<1@example.org>"
    outer.set_content("The van was red.")
    outer.add_attachment(photo(7), maintype="image", subtype="jpeg", filename="f\u00fcrst.jpg")
    outer.add_attachment(inner)
    return bytes(outer)


def zipped(files: Mapping[str, bytes], links: Mapping[str, str] | None = None) -> bytes:
    """Return a zip of these files, and of links to these places."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        for name, target in (links or {}).items():
            link = zipfile.ZipInfo(name)
            link.external_attr = 0o120777 << 16
            archive.writestr(link, target)
    return out.getvalue()


def tarred(files: Mapping[str, bytes], mode: str = "w:gz") -> bytes:
    """Return a tar of these files, a link and a device."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]  # any mode
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(data), 1795514400
            archive.addfile(entry, io.BytesIO(data))
        link, device = tarfile.TarInfo("link"), tarfile.TarInfo("device")
        link.type, link.linkname, device.type = tarfile.SYMTYPE, "/etc/passwd", tarfile.CHRTYPE
        archive.addfile(link)
        archive.addfile(device)
    return out.getvalue()


def encrypted(data: bytes) -> bytes:
    """Return a zip with the bit set that says its first file is encrypted."""
    made = bytearray(data)
    for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        made[made.index(mark) + place] |= 1
    return bytes(made)


def saved_page() -> bytes:
    """Return a page as a browser saves it in one file."""
    return (
        b"From: <Saved by Blink>\r\nSnapshot-Content-Location: https://news.example/fire\r\nSubject: Fire\r\n"
        b"Date: Tue, 24 Nov 2026 10:15:02 -0000\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/related; type="text/html"; boundary="x"\r\n\r\n'
        b"--x\r\nContent-Type: text/html\r\nContent-Location: https://news.example/fire\r\n\r\n<title>Fire</title>\r\n"
        b"--x\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n"
        b"Content-Location: https://news.example/a.png\r\n\r\niVBORw0KGgo=\r\n--x--\r\n"
    )


def warc() -> bytes:
    """Return a WARC/1.0 of one answer in chunks."""
    body = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<p>hi\r\n0\r\n\r\n"
    head = (
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://news.example/fire\r\n"
        f"WARC-Date: 2026-11-24T10:15:02Z\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body + b"\r\n\r\n"

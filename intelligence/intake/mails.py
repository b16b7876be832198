"""Reading mail: one message with its attachments, a mailbox of many, a page saved as MHTML. Run this in the sandbox."""

from __future__ import annotations

import codecs
import email.generator
import email.iterators
import email.policy
import email.utils
import re
from collections.abc import Iterator
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from typing import BinaryIO

from hashing.case.facts import Fact
from hashing.times import time_text
from intelligence.intake.pieces import Budget, HeldFile, PastBounds, Piece, plain, whole

LARGEST = 48 << 20  # Bytes of a message that is opened: it is in memory with its attachments.
_FACTS = ("From", "Sender", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID", "X-Mailer", "User-Agent")
_MOST_RECEIVED = 20
_LONGEST = 2_000
_LONGEST_TEXT = 1 << 20
# RFC 4155, appendix A: a message begins with "From " behind an empty line.
_FROM = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\n]*\n")
for _name in (
    *("ascii", "latin-1", "cp1252", "cp1251", "cp1250", "cp1256", "cp437", "utf-16", "utf-7", "koi8-r", "mac-roman"),
    *("iso8859-2", "iso8859-5", "iso8859-9", "iso8859-15", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr"),
    *("iso2022_jp", "base64", "quopri", "idna"),
):
    codecs.lookup(_name)  # now, while files may be opened


def mail_pieces(file: BinaryIO, size: int) -> Iterator[Piece]:
    """Yield what a message says of itself, its text, and its attachments, each a file of its own."""
    if size > LARGEST:
        yield Piece(failed=f"larger than {LARGEST >> 20} MiB: kept whole, and its parts not taken out")
        return
    message = BytesParser(policy=email.policy.compat32).parse(file)
    attached = {id(part) for inner in _messages(message) for part in inner.walk()}  # of which the inner ones tell
    text = next((_text(part) for part in message.walk() if _is_text(part) and id(part) not in attached), "")
    yield Piece(facts=_claims(message), text=text[:_LONGEST_TEXT])
    budget = Budget(size)
    try:
        yield from _attachments(message, budget)
    except PastBounds as error:
        yield Piece(failed=str(error))


def _messages(message: Message) -> list[Message]:
    return [inner for part in message.walk() if part.get_content_type() == "message/rfc822" for inner in _inside(part)]


def _inside(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []


def _attachments(message: Message, budget: Budget) -> Iterator[Piece]:
    """Yield every part that holds something but the message's own text, from the first on."""
    # Without recursion, parts in their order: a multipart's own parts take its place at the front of the list.
    waiting, number = [message], 0
    while waiting:
        part = waiting.pop(0)
        if part.get_content_type() == "message/rfc822":
            for inner in _inside(part):
                number += 1
                budget.member()
                data = budget.charge(inner.as_bytes(policy=email.policy.compat32))
                yield from whole(HeldFile(name=_name_of(part, number, ".eml"), mime="message/rfc822"), data)
        elif part.is_multipart():
            waiting[:0] = _inside(part)
        elif part is not message and not _is_text(part):
            number += 1
            budget.member()
            payload = part.get_payload(decode=True)
            data = budget.charge(payload if isinstance(payload, bytes) else b"")
            yield from whole(
                HeldFile(name=_name_of(part, number), mime=part.get_content_type(), facts=_part_facts(part)), data
            )


def _is_text(part: Message) -> bool:
    attached = part.get_filename() or "attachment" in str(part.get("Content-Disposition", "")).lower()
    return part.get_content_type() == "text/plain" and not attached


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return _decoded(payload if isinstance(payload, bytes) else b"", str(part.get_content_charset() or "utf-8"))


def _decoded(data: bytes, charset: str) -> str:
    try:
        return data.decode(charset, "replace")
    except (LookupError, ValueError):
        return data.decode("utf-8", "replace")


def _name_of(part: Message, number: int, ending: str = "") -> str:
    place = str(part.get("Content-Location", "")).rpartition("/")[2].partition("?")[0]
    named = part.get_filename() or str(part.get_param("name") or "") or place
    return plain(_header(named)) or f"part-{number}{ending or _ENDINGS.get(part.get_content_type(), '')}"


_ENDINGS = {"text/html": ".html", "image/jpeg": ".jpg", "image/png": ".png", "application/pdf": ".pdf"}


def _part_facts(part: Message) -> tuple[Fact, ...]:
    names = ("Content-Location", "Content-ID", "Content-Description")
    return tuple(Fact(name, _header(str(part[name])), "MIME") for name in names if part.get(name))


def _claims(message: Message) -> tuple[Fact, ...]:
    """Return what a message says of itself; `title`, `author` and `published` are what lists show."""
    facts = [Fact(name, value, "header") for name in _FACTS if (value := _header(str(message.get(name, ""))))]
    said = {fact.name: str(fact.value) for fact in facts}
    # Newest first, as they stand: each server puts its own on top, and the lowest are whoever sent the mail's to
    # invent.
    received = [_header(str(each)) for each in message.get_all("Received", [])][:_MOST_RECEIVED]
    facts += [Fact("Received", each, "header") for each in received]
    for name in ("Snapshot-Content-Location", "Content-Location"):
        if message.get(name):
            facts.append(Fact("saved from", _header(str(message[name])), name))
            break
    shown = (("title", "Subject"), ("author", "From"))
    facts += [Fact(name, said[field], "header") for name, field in shown if field in said]
    if time := _moment(said.get("Date", "")):
        facts.append(Fact("published", time, "header Date"))
    return tuple(facts)


def _moment(date: str) -> str:
    try:
        return time_text(email.utils.parsedate_to_datetime(date)) if date else ""
    except (ValueError, TypeError, OverflowError):
        return ""


def _header(value: str) -> str:
    """Return a header's words, decoded as far as they can be; bytes above 127 stand as surrogates there."""
    try:
        parts = decode_header(value)
    except (ValueError, LookupError, AssertionError):
        parts = [(value, None)]
    text = "".join(part if isinstance(part, str) else _decoded(part, charset or "utf-8") for part, charset in parts)
    raw = text.encode("utf-8", "surrogateescape")
    return " ".join(raw.decode("utf-8", "replace").split())[:_LONGEST]


def mailbox_pieces(file: BinaryIO, size: int) -> Iterator[Piece]:
    """Yield the messages of a mailbox (mbox), with the bytes that stand in it."""
    if size > LARGEST:
        yield Piece(failed=f"larger than {LARGEST >> 20} MiB: kept whole, and its messages not taken out")
        return
    data, budget = file.read(LARGEST), Budget(size)
    starts = [(match.start(), match.end()) for match in _FROM.finditer(data)]
    ends = [start for start, _ in starts[1:]] + [len(data)]
    try:
        for number, ((_, begin), end) in enumerate(zip(starts, ends, strict=True), 1):
            budget.member()
            member = HeldFile(name=f"message-{number}.eml", kind="mail", mime="message/rfc822", offset=begin)
            yield from whole(member, data[begin:end])
    except PastBounds as error:
        yield Piece(failed=str(error))

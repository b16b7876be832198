"""Reading exported chats: WhatsApp's text and Telegram's JSON, a message an item. Run this in the sandbox.

A message's time is what the export claims. WhatsApp writes it in the phone's own zone and order of day and month, and
names neither: where no date of the chat tells the order, the time is kept as it stands and not read.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, BinaryIO

from hashing.case.facts import Fact
from hashing.case.kinds import ItemKind
from hashing.case.post import Account, Post, PostMedia
from hashing.times import time_text
from intelligence.intake.pieces import HeldFile, Piece, plain, whole

LARGEST = 48 << 20
MOST_MESSAGES = 20_000
_LONGEST_TEXT = 100_000
_SPACES = "[ \u00a0\u202f]"
_DATE = "[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}"
_TIME = rf"[0-9]{{1,2}}[:.][0-9]{{2}}(?:[:.][0-9]{{2}})?(?:{_SPACES}?[APap]\.?[Mm]\.?)?"
_LINE = re.compile(
    rf"^\u200e?(?:\[(?P<d1>{_DATE}),?{_SPACES}+(?P<t1>{_TIME})\]{_SPACES}"
    rf"|(?P<d2>{_DATE}),?{_SPACES}+(?P<t2>{_TIME}){_SPACES}-{_SPACES})",
    re.MULTILINE,
)
_AUTHOR = re.compile("\u200e?([^:\n]{1,100}): ")
# `<attached: NAME>`, or `NAME (file attached)` at its beginning, in whatever language the phone speaks.
_ATTACHED = re.compile(
    r"<[^<>:\n]{1,40}: ([^<>\n]{1,200}\.[A-Za-z0-9]{2,5})>"
    r"|\A\u200e?([^\s<>:]{1,200}\.[A-Za-z0-9]{2,5}) \([^()\n]{1,40}\)$",
    re.MULTILINE,
)
_MESSAGES = re.compile(r'(?<!\\)"messages"\s*:\s*\[')
_SEPARATOR = re.compile(r"[\s,]*")
_KINDS = {
    "jpg": ItemKind.PHOTO,
    "jpeg": ItemKind.PHOTO,
    "png": ItemKind.PHOTO,
    "webp": ItemKind.PHOTO,
    "mp4": ItemKind.VIDEO,
    "opus": ItemKind.AUDIO,
    "m4a": ItemKind.AUDIO,
}


def looks_like_whatsapp(head: bytes) -> bool:
    """Say whether a text begins as WhatsApp writes an exported chat."""
    return _LINE.match(head[:400].decode("utf-8", "ignore").lstrip("\ufeff")) is not None


def whatsapp_pieces(file: BinaryIO, size: int, url: str) -> Iterator[Piece]:
    """Yield the messages of an exported chat, each with the bytes that stand in the file. `url` is the folder's."""
    if size > LARGEST:
        yield Piece(failed=f"larger than {LARGEST >> 20} MiB: kept whole, and its messages not read")
        return
    text = file.read(LARGEST).decode("utf-8", "surrogateescape")
    # 1. A message begins where a date does, and goes on over lines until the next one. Which of day and month comes
    # first is told by all dates of the chat together: a 13 in the first place settles it for each.
    begun = list(_LINE.finditer(text))
    order = _order([match["d1"] or match["d2"] for match in begun])
    yield Piece(facts=_chat_facts("whatsapp", len(begun), _authors(text, begun), order))
    ends = [match.start() for match in begun[1:]] + [len(text)]
    # 2. Each message with its place in bytes, counted on from the one before: excerpts are bytes, and a text with emoji
    # has more bytes than characters.
    offset, place = 0, 0
    for number, (match, end) in enumerate(zip(begun, ends, strict=True), 1):
        if number > MOST_MESSAGES:
            yield Piece(skipped=f"{len(begun) - MOST_MESSAGES:,} further messages: they stand in the chat's file alone")
            return
        offset += len(text[place : match.start()].encode("utf-8", "surrogateescape"))
        place = match.start()
        raw = text[place:end].encode("utf-8", "surrogateescape")
        post = _whatsapp_post(
            text[match.end() : end], match["d1"] or match["d2"], match["t1"] or match["t2"], order, url
        )
        yield from whole(
            HeldFile(name=f"message-{number}.txt", kind="post", mime="text/plain", offset=offset, post=post), raw
        )


def _authors(text: str, begun: list[re.Match[str]]) -> Counter[str]:
    return Counter(found[1] for match in begun if (found := _AUTHOR.match(text, match.end())) is not None)


def _whatsapp_post(said: str, date: str, time: str, order: str, url: str) -> Post:
    # A line without an author is WhatsApp's own: somebody joined, the subject changed.
    author = _AUTHOR.match(said)
    text = said[author.end() :] if author else said
    names = [first or second for first, second in _ATTACHED.findall(text)]
    return Post(
        platform="whatsapp",
        server="an exported WhatsApp chat",
        id="",
        author=Account(name=_clean(author[1], 100) if author else ""),
        published=_published(date, time, order),
        title="" if order else f"{date}, {time}",
        text=_clean(text.replace("\u200e", "").strip(), _LONGEST_TEXT),
        media=tuple(_media(name, url) for name in names),
    )


def _media(name: str, url: str) -> PostMedia:
    from urllib.parse import quote

    return PostMedia(url=f"{url}/{quote(plain(name))}", kind=_KINDS.get(name.rpartition(".")[2].lower(), ItemKind.FILE))


def _order(dates: list[str]) -> str:
    """Tell which number is the day: `dmy`, `mdy`, `ymd`; "" where no date of the chat does."""
    numbers = [[int(part) for part in re.split(r"[./-]", date)] for date in dates]
    if any(first > 31 for first, _, _ in numbers):  # noqa: PLR2004 - no day
        return "ymd"
    day_first, month_first = (any(each[place] > 12 for each in numbers) for place in (0, 1))  # noqa: PLR2004 - no month
    return "" if day_first == month_first else "dmy" if day_first else "mdy"


def _published(date: str, time: str, order: str) -> str:
    """Return a claimed time in RFC 3339's form, without a zone, for none is stated; "" where it cannot be read."""
    if not order:
        return ""
    parts = dict(zip(order, (int(part) for part in re.split(r"[./-]", date)), strict=True))
    clock = [int(part) for part in re.findall(r"[0-9]+", time)]
    half = re.search(r"([ap])\.?m", time, re.IGNORECASE)
    hour = clock[0] % 12 + (12 if half[1].lower() == "p" else 0) if half else clock[0]
    year = parts["y"] if parts["y"] > 99 else 2000 + parts["y"]  # noqa: PLR2004 - two digits
    try:
        minute, second = (*clock[1:3], 0)[:2]
        return datetime(year, parts["m"], parts["d"], hour, minute, second).isoformat()  # noqa: DTZ001 - none is stated
    except ValueError:
        return ""


def _chat_facts(platform: str, count: int, authors: Counter[str], order: str = "x") -> tuple[Fact, ...]:
    facts = [Fact("chat", platform, "form of the file"), Fact("messages", count, "counted")]
    facts += [
        Fact("participant", f"{_clean(name, 100)} ({each:,})", "counted") for name, each in authors.most_common(50)
    ]
    if not order:
        facts.append(Fact("order of day and month", "no date tells it: times are not read", "form of the file"))
    return tuple(facts)


def telegram_pieces(file: BinaryIO, size: int, url: str) -> Iterator[Piece]:
    """Yield the messages of a Telegram export (result.json), each with its bytes. `url` is the folder's."""
    if size > LARGEST:
        yield Piece(failed=f"larger than {LARGEST >> 20} MiB: kept whole, and its messages not read")
        return
    text = file.read(LARGEST).decode("utf-8", "surrogateescape")
    messages = list(_telegram_messages(text))
    authors = Counter(str(fields["from"]) for fields, _, _ in messages if fields.get("from"))
    yield Piece(facts=_chat_facts("telegram", len(messages), authors))
    offset, place = 0, 0
    for number, (fields, start, end) in enumerate(messages, 1):
        if number > MOST_MESSAGES:
            yield Piece(skipped=f"{len(messages) - MOST_MESSAGES:,} further messages: they stand in the export alone")
            return
        offset += len(text[place:start].encode("utf-8", "surrogateescape"))
        place = start
        raw = text[start:end].encode("utf-8", "surrogateescape")
        member = HeldFile(
            name=f"message-{number}.json",
            kind="post",
            mime="application/json",
            offset=offset,
            post=_telegram_post(fields, url),
        )
        yield from whole(member, raw)


def _telegram_messages(text: str) -> Iterator[tuple[dict[str, Any], int, int]]:
    """Yield each message of each chat, with where it begins and ends in the text."""
    decoder, behind = json.JSONDecoder(), 0
    for match in _MESSAGES.finditer(text):
        # `"messages": [` within a message that was read is somebody's text.
        if match.start() < behind:
            continue
        behind = match.end()
        while True:
            # The decoder tells where each object ends, which is what an excerpt needs; the whole file decoded at once
            # would not.
            start = _SEPARATOR.match(text, behind).end()  # type: ignore[union-attr]  # it matches nothing, too
            if text[start : start + 1] != "{":
                break
            try:
                fields, behind = decoder.raw_decode(text, start)
            except (ValueError, RecursionError):
                return
            if isinstance(fields, dict):
                yield fields, start, behind


def _telegram_post(fields: dict[str, Any], url: str) -> Post:
    # A name that begins with "(" is Telegram's note that the file was not exported.
    files = [str(fields[name]) for name in ("photo", "file") if isinstance(fields.get(name), str)]
    return Post(
        platform="telegram",
        server="an exported Telegram chat",
        id=_clean(str(fields.get("id", "")), 100),
        author=Account(
            name=_clean(str(fields.get("from") or fields.get("actor") or ""), 200),
            id=_clean(str(fields.get("from_id", "")), 100),
        ),
        published=_telegram_time(fields),
        text=_clean(_telegram_text(fields.get("text", "")), _LONGEST_TEXT),
        reply_to=_clean(str(fields.get("reply_to_message_id", "")), 100),
        media=tuple(_media(name, url) for name in files if not name.startswith("(")),
    )


def _telegram_text(text: object) -> str:
    if isinstance(text, list):
        return "".join(
            each if isinstance(each, str) else str(each.get("text", ""))
            for each in text
            if isinstance(each, str | dict)
        )
    return str(text)


def _telegram_time(said: dict[str, Any]) -> str:
    try:
        return time_text(datetime.fromtimestamp(int(said["date_unixtime"]), UTC))
    except (KeyError, ValueError, TypeError, OverflowError, OSError):
        date = str(said.get("date", ""))
        return date if re.fullmatch(r"[0-9-]{10}T[0-9:]{8}", date) else ""


def _clean(text: str, longest: int) -> str:
    return text.encode("utf-8", "replace").decode()[:longest]

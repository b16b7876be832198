"""What a service answered the doctor's question, read in the sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import msgspec

from capture.recorder.decoding import NotDecoded, decoded_body
from hashing.sandbox import NotRead, Readers

_MOST_OF_A_VERSION = 40

# Kinds of answers: posts under a hashtag as Mastodon's API gives them, and the AT Protocol; its version.
TIMELINE, SEARCH, HEALTH = "timeline", "search", "health"


def said_by(readers: Readers, body: Path, coding: str, kind: str, tag: str) -> str:
    """Say what an answer holds, or "" where it is no answer to such a question."""
    try:
        return readers.ask(f"{__name__}:said_in", coding, kind, tag, files=[body], answer=str)
    except NotRead:
        return ""


def said_in(file: BinaryIO, coding: str, kind: str, tag: str) -> str:
    """Say the same of an open file. Runs in the sandbox."""
    try:
        answer = msgspec.json.decode(decoded_body(file, coding))
    except (NotDecoded, UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        return ""
    # Mastodon's API answers a bare list, the AT Protocol an object with one.
    if kind == TIMELINE:
        posts = answer
    else:
        posts = answer.get("posts" if kind == SEARCH else "version") if isinstance(answer, dict) else None
    if kind == HEALTH:
        return f"version {posts[:_MOST_OF_A_VERSION]}" if isinstance(posts, str) else ""
    if not isinstance(posts, list):
        return ""
    verb = "shows" if kind == TIMELINE else "finds"
    none = "has" if kind == TIMELINE else verb
    return f"{verb} posts of #{tag}" if posts else f"{none} no post of #{tag}"

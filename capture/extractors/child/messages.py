"""What goldenhour and a process that runs somebody else's extractors say to each other: a JSON object a message.

The process asks (`FetchQuestion`) and is answered (`FetchAnswer`); what it finds out comes as messages of its own,
`Remark` and `ExtractionTrouble`, and `Ended` is the last. What it says is taken for no more than a stranger's claim:
the types here are its bounds.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

Text = Annotated[str, msgspec.Meta(max_length=1 << 20)]
Line = Annotated[str, msgspec.Meta(max_length=8192)]
Count = Annotated[int, msgspec.Meta(ge=0, le=(1 << 53) - 1)]  # A number that JSON holds exactly (RFC 8785).
LARGEST = 64 << 20  # Bytes of a message.


class ChildMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of a message."""


class Cookie(ChildMessage, frozen=True, kw_only=True):
    """A cookie that the user lends; `expires` in seconds since 1970, 0 for a session's cookie."""

    domain: str
    path: str
    name: str
    value: str
    secure: bool = False
    expires: int = 0


class FetchAnswer(ChildMessage, frozen=True, kw_only=True):
    """What came of a request. Without `reason`, `body` names the file that holds the answer's whole body.

    The process is handed that file open, and is not told its name.
    """

    url: str  # Where redirects led to.
    status: int = 0
    headers: dict[str, str] = {}
    body: str = ""
    coding: str = ""
    sample: bytes = b""  # The beginning of the body, where it is an error's.
    reason: str = ""


class FetchQuestion(ChildMessage, frozen=True, kw_only=True, tag=True):
    """A request that the process wants made."""

    url: str
    method: Line = "GET"
    headers: dict[str, str] = {}
    data: bytes = b""


class Remark(ChildMessage, frozen=True, kw_only=True, tag=True):
    """A warning of its extractors."""

    words: Text


class ExtractionTrouble(ChildMessage, frozen=True, kw_only=True, tag=True):
    """Something that they could not do; `none_there` says that there is simply nothing of their kind."""

    url: str
    words: Text
    none_there: bool = False


class Ended(ChildMessage, frozen=True, kw_only=True, tag=True):
    """There is no more."""

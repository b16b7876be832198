"""What an entry says, as its format writes it: nothing is resolved, reduced or trusted yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from capture.page.mentions import Mention
from hashing.case.post import Account


class Text(NamedTuple):
    """A text, and whether it is HTML."""

    written: str
    is_html: bool = False


NOTHING = Text("")
NOBODY = Account()


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One entry as written. Addresses are relative to `base`, which is absolute."""

    base: str
    content_base: str = ""
    """What addresses in `body` are relative to, if something else."""
    id: str = ""
    link: str = ""
    title: Text = NOTHING
    body: Text = NOTHING
    author: Account = NOBODY
    published: str = ""
    updated: str = ""
    tags: tuple[str, ...] = ()
    language: str = ""
    location: str = ""
    reply_to: str = ""
    media: tuple[Mention, ...] = ()

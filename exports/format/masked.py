"""Lines of which parts are withheld, read as events: what is not shown is said to be withheld."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from hashing.case.capture_folder import ITEMS, WORKING
from hashing.case.events import CaptureEvent
from hashing.case.redaction import open_form
from hashing.errors import BadFormat

WITHHELD = "[withheld]"

_DEMANDED = {
    "capture-started": ("scene", "officer", "initials"),
    "exchange": ("url",),
    "item": ("url", "found_in"),
    "proof": ("did", "collection", "rkey"),
    "post-changed": ("id",),
    "verdict": ("url",),
    "failed": ("url",),
}
"""Fields without which an event is none."""
_SUBTYPE = re.compile(r"[a-z0-9]+/([a-z0-9]{1,8})", re.ASCII)


def event_of(form: bytes, shown: Iterable[bytes]) -> CaptureEvent:
    """Return the event of a masked form and the disclosures that are shown of it. Raises BadFormat.

    A file whose name is withheld stands under its SHA-256.
    """
    fields = open_form(form, shown)
    for name in _DEMANDED.get(str(fields.get("event")), ()):
        fields.setdefault(name, WITHHELD)
    if fields.get("event") == "item":
        fields.setdefault("path", f"{ITEMS}/{fields.get('sha256')}{_ending(fields.get('mime'))}")
    elif fields.get("event") == "working-copy":
        fields.setdefault("path", f"{WORKING}/{fields.get('sha256')}")
    elif fields.get("event") == "post" and isinstance(fields.setdefault("post", {}), dict):
        fields["post"] = {"server": WITHHELD, "id": WITHHELD, **fields["post"]}
    try:
        event: CaptureEvent = msgspec.convert(fields, CaptureEvent)
    except (msgspec.ValidationError, RecursionError) as error:
        raise BadFormat(f"not an event of a capture: {error}") from error
    return event


def _ending(mime: Any) -> str:  # noqa: ANN401 - whatever a bundle holds
    match = _SUBTYPE.fullmatch(str(mime))
    return f".{match[1]}" if match else ""

"""Addresses in a feed, made absolute."""

from __future__ import annotations

from capture.page.errors import BadAddress
from capture.page.urls import Addresses


def absolute(raw: str, base: str, page: str = "") -> str:
    """Return a web address without its fragment; "" for what is none, for what cannot be fetched, and for `page`."""
    try:
        return Addresses(page, base).resolve(raw) or ""
    except BadAddress:
        return ""

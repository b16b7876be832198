"""Telegram: public channels and their posts, by the web preview that Telegram shows to anybody (t.me/s/NAME)."""

from capture.extractors.telegram.telegram import Telegram

__all__ = ["Telegram"]

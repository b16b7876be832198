"""A bundle looked at again as the pages were: played back on this computer, with nothing let out."""

from exports.replay.offline_browser import OfflineBrowser
from exports.replay.player import player_at

__all__ = ["OfflineBrowser", "player_at"]

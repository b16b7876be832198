"""ReplayWeb.page as its package on npm has it: two scripts, which the user has installed beside us.

https://github.com/webrecorder/replayweb.page is under the AGPL: it is served as it is, and no part of goldenhour.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from exports.errors import ExportError

_LARGEST = 64 << 20
_VERSION = re.compile(rb"wabac\.js ([0-9][0-9.]*)")
_HINT = (
    "get it by: npm pack replaywebpage && tar -xzf replaywebpage-*.tgz; then give --player package, or set `player` in"
    " your settings"
)


@dataclass(frozen=True, slots=True)
class Player:
    """The scripts of a player."""

    window: bytes
    """What draws the window, `ui.js`."""
    worker: bytes
    """What answers the page's requests from the archive, `sw.js`."""

    @property
    def version(self) -> str:
        """The version of the engine and the digest of its script, for whoever has to say what showed the page."""
        found = _VERSION.search(self.worker[:1024])
        number = found[1].decode() if found else "of unknown version"
        return f"ReplayWeb.page (wabac.js {number}, sw.js sha256:{hashlib.sha256(self.worker).hexdigest()[:16]}…)"


def player_at(folder: Path | None) -> Player:
    """Read the scripts of a player from its folder. Raises ExportError where there is none."""
    if folder is None:
        raise ExportError("no player is known: ReplayWeb.page shows the pages", hint=_HINT)
    scripts = []
    for name in ("ui.js", "sw.js"):
        try:
            with (folder / name).open("rb") as file:
                scripts.append(file.read(_LARGEST))
        except OSError as error:
            raise ExportError(f"{folder}: there is no player ({name} cannot be read)", hint=_HINT) from error
    return Player(*scripts)

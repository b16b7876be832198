"""The player that the user has installed beside us: pywb, a program, or ReplayWeb.page, two scripts from npm.

https://github.com/webrecorder/replayweb.page is under the AGPL: it is served as it is, and no part of goldenhour.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from exports.errors import ExportError
from exports.replay.pywb import PROGRAM, Pywb, pywb_at
from exports.replay.server import ReplayServer

_LARGEST = 64 << 20
_VERSION = re.compile(rb"wabac\.js ([0-9][0-9.]*)")
_HINT = (
    "get pywb by: pipx install pywb; or ReplayWeb.page by: npm pack replaywebpage && tar -xzf replaywebpage-*.tgz; then"
    " give --player package, or set `player` in your settings"
)


@dataclass(frozen=True, slots=True)
class ReplayWebPage:
    """Its scripts."""

    window: bytes  # What draws the window, `ui.js`.
    worker: bytes  # What answers the page's requests from the archive, `sw.js`.

    @property
    def version(self) -> str:
        """The version of the engine and the digest of its script, for whoever has to say what showed the page."""
        found = _VERSION.search(self.worker[:1024])
        number = found[1].decode() if found else "of unknown version"
        return f"ReplayWeb.page (wabac.js {number}, sw.js sha256:{hashlib.sha256(self.worker).hexdigest()[:16]}…)"

    def serve(self, archive: Path, *, name: str, url: str = "") -> ReplayServer:
        """Return what shows an archive."""
        return ReplayServer(archive, self.window, self.worker, name=name, url=url)


def player_at(named: Path | None) -> Pywb | ReplayWebPage:
    """Return the player of that folder or program; without a name, pywb where it is installed.

    Raises ExportError where there is none.
    """
    if named is None or not named.is_dir():
        program = shutil.which(named or PROGRAM)
        if program is None and named is None:
            raise ExportError("no player is installed: pywb or ReplayWeb.page shows the pages", hint=_HINT)
        if program is None:
            raise ExportError(f"{named}: there is no player", hint=_HINT)
        return pywb_at(Path(program).absolute())  # it is started in another folder
    scripts = []
    for name in ("ui.js", "sw.js"):
        try:
            with (named / name).open("rb") as file:
                scripts.append(file.read(_LARGEST))
        except OSError as error:
            raise ExportError(f"{named}: there is no player ({name} cannot be read)", hint=_HINT) from error
    return ReplayWebPage(*scripts)

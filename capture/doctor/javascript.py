"""What yt-dlp needs for YouTube: a JavaScript runtime, and YouTube's own scripts made ready for it."""

from __future__ import annotations

import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from capture.doctor.finding import Finding, ok, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from capture.doctor.setup import Setup

_PATIENCE = 20
_LONGEST = 80


def check_javascript(_: Setup) -> Iterator[Finding]:
    """Yield whether both are there. Other sites do without."""
    runtime, scripts = _runtime(), _scripts()
    if runtime and scripts:
        yield ok("youtube", f"{runtime}, yt-dlp-ejs {scripts}")
        return
    lacking = [name for name, found in (("deno", runtime), ("yt-dlp-ejs", scripts)) if not found]
    has = f"; {runtime or f'yt-dlp-ejs {scripts}'} is there" if runtime or scripts else ""
    hint = "for YouTube install deno, and goldenhour with its extra: pipx install 'goldenhour[youtube]'"
    yield warning("youtube", f"not found: {' and '.join(lacking)}{has}", hint)


def _runtime() -> str:
    path = shutil.which("deno")
    if path is None:
        return ""
    try:
        ran = subprocess.run([path, "--version"], capture_output=True, timeout=_PATIENCE, check=False)  # noqa: S603 - found on the user's PATH
    except (OSError, subprocess.TimeoutExpired):
        return ""
    first = ran.stdout.decode("utf-8", "replace").partition("\n")[0].strip()
    return first[:_LONGEST] if ran.returncode == 0 and first.startswith("deno ") else ""


def _scripts() -> str:
    try:
        return version("yt-dlp-ejs")
    except PackageNotFoundError:
        return ""

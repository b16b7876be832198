"""What sites give today: each is asked for a post that is known to be public, by a capture that is thrown away."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from capture.doctor.finding import Finding, Setup, fault, ok, warning
from capture.doctor.probe import asking_once
from capture.errors import BadSettings, CaptureError
from capture.extractors import search_targets
from capture.request.options import CaptureOptions
from capture.request.scene import parse_scene
from capture.run.run import capture
from capture.versions import versions_record
from hashing.case.capture_folder import capture_events
from hashing.case.case import Case
from hashing.case.events import Failed, Item, PostRead
from hashing.case.kinds import MEDIA, CaptureStatus
from hashing.errors import HashingError
from hashing.files.run_folder import RunFolder
from hashing.files.storage import read_named
from hashing.ledger.keys import load_or_create_signing_key
from hashing.times import time_text

ALL = "all"
_LARGEST = 64 << 20
_LONGEST_LIST = 1 << 20
# Public posts that the makers of gallery-dl and yt-dlp ask for themselves; nobody's but those.
_SITES = {
    # What gallery-dl's own tests ask for (test/results, 1.32)
    "x.com": "https://x.com/supernaturepics/status/604341487988576256",
    "instagram.com": "https://www.instagram.com/p/BqvsDleB3lV/",
    "reddit.com": "https://www.reddit.com/r/lavaporn/comments/8cqhub/",
    "tumblr.com": "https://demo.tumblr.com/post/459265350",
    "flickr.com": "https://www.flickr.com/photos/departingyyz/16089302239",
    "tiktok.com": "https://www.tiktok.com/@hullcity/photo/7557376330036153622",
    "facebook.com": "https://www.facebook.com/photo/?fbid=10160743390456729",
    "vk.com": "https://vk.com/wall-213352498_2115",
    "pinterest.com": "https://www.pinterest.com/pin/858146903966145189/",
    "imgur.com": "https://imgur.com/21yMxCS",
    "weibo.com": "https://weibo.com/3314883543/Iy7fj4qVg",
    "patreon.com": "https://www.patreon.com/posts/free-post-12497641",
    "misskey.io": "https://misskey.io/notes/9bhqfo835v",
    "500px.com": "https://500px.com/photo/222049255/queen-of-coasts",
    "mastodon.social": "https://mastodon.social/@jk/103794036899778366",
    "bsky.app": "https://bsky.app/profile/bsky.app/post/3kh5rarr3gn2n",
    "commons.wikimedia.org": "https://commons.wikimedia.org/wiki/File:"
    "Starr-050516-1367-Pimenta_dioica-flowers-Maunaloa-Molokai_(24762757525).jpg",
    # What yt-dlp's own tests ask for (_TESTS of its extractors, 2026.10)
    "youtube.com": "https://www.youtube.com/watch?v=YE7VzlLtp-4",
    "t.me": "https://t.me/europa_press/613",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteProbe:
    """What came of asking one site."""

    time: str
    site: str
    url: str
    status: str
    ways: tuple[str, ...] = ()  # The extractors that gave something.
    posts: int = 0
    media: int = 0
    reason: str = ""  # Why something is missing, if it is.
    seconds: float = 0.0

    def finding(self) -> Finding:
        """Return it as a line of the doctor's table."""
        got = f"{self.posts} posts, {self.media} photos and videos, by {', '.join(self.ways) or 'nobody'}"
        says = f"{got}{f': {self.reason}' if self.reason else ''}"
        if self.status == CaptureStatus.COMPLETE and self.posts:
            return ok(self.site, says, seconds=self.seconds)
        hint = "docs/platforms.md says whether it shows anything without a session; update yt-dlp and gallery-dl"
        if self.posts:
            return warning(self.site, says, hint, seconds=self.seconds)
        return fault(self.site, says, hint, seconds=self.seconds)

    def line(self) -> str:
        """Return it as a line of the record: JSON, with the versions that it was made with."""
        versions = {name: each for name, each in versions_record().items() if name in {"yt-dlp", "gallery-dl"}}
        said = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps({**said, "versions": versions}, ensure_ascii=False) + "\n"


def chosen_sites(names: Sequence[str], further: Path | None) -> dict[str, str]:
    """Return the sites that are named and the address that each is asked for. Raises BadSettings for one not known.

    `further` is a list of the force's own, `SITE ADDRESS` a line; what it names goes before ours.
    """
    known = {**_SITES, **(_read_list(further) if further is not None else {})}
    if ALL in names:
        return known
    for name in names:
        if name not in known:
            hint = f"known are {', '.join(known)}; or give --probe-list FILE, with `SITE ADDRESS` a line"
            raise BadSettings(f"{name}: no post of this site is known to ask for", hint=hint)
    return {name: known[name] for name in names}


def probe_sites(setup: Setup, sites: dict[str, str]) -> Iterator[SiteProbe]:
    """Ask each site; yield what came of it. The case that it is captured into is removed."""
    options = CaptureOptions(
        officer="goldenhour doctor",
        initials="GD",
        limit=1,
        bluesky=setup.bluesky,
        network=asking_once(setup, _LARGEST, deadline=12 * setup.timeout),
    )
    for site, url in sites.items():
        with RunFolder(large=True) as run:
            yield _asked(setup, options, site, url, run.path)


def _asked(setup: Setup, options: CaptureOptions, site: str, url: str, folder: Path) -> SiteProbe:
    begun, moment = time.monotonic(), time_text(setup.clock())
    try:
        # A whole capture with a key and a case of its own, both thrown away: a shorter way would prove something else,
        # and the officer's key signs nothing here.
        key, _ = load_or_create_signing_key(folder / "key.pem")
        case = Case.open_or_create(folder / "probe", key=key, officer=options.officer)
        result = capture(url, case, options, key=key, clock=setup.clock)
        events = list(capture_events(result.path))
    except (HashingError, CaptureError) as error:
        seconds = round(time.monotonic() - begun, 3)
        return SiteProbe(
            time=moment, site=site, url=url, status=CaptureStatus.NOTHING, reason=str(error), seconds=seconds
        )
    items = [event for event in events if isinstance(event, Item) and not event.error_page]
    posts = sum(isinstance(event, PostRead) for event in events)
    reasons = Counter(event.reason for event in events if isinstance(event, Failed))
    return SiteProbe(
        time=moment,
        site=site,
        url=url,
        status=result.status,
        ways=tuple(dict.fromkeys(item.extractor for item in items)),
        posts=posts,
        media=sum(item.kind in MEDIA for item in items),
        reason=next(iter(reasons), result.reason),
        seconds=round(time.monotonic() - begun, 3),
    )


def _read_list(path: Path) -> dict[str, str]:
    """Read a list of the force's own. Raises BadSettings."""
    try:
        lines = read_named(path, _LONGEST_LIST).decode("utf-8").splitlines()
    except (HashingError, UnicodeDecodeError) as error:
        raise BadSettings(f"--probe-list {path}: {error}") from error
    found = {}
    for number, line in enumerate(lines, 1):
        site, _, url = line.partition("#")[0].strip().partition(" ")
        if not site:
            continue
        try:
            search_targets(parse_scene(url.strip()), CaptureOptions(officer="", initials="GD"))
        except CaptureError as error:
            raise BadSettings(f"--probe-list {path}, line {number}: {error}", hint="write `SITE ADDRESS`") from error
        found[site] = url.strip()
    return found

"""What the user chose for a capture."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from capture.browser.settings import RenderingSettings
from capture.errors import BadSettings
from capture.recorder.settings import NetworkSettings
from capture.recorder.urls import without_login
from capture.request.known import Known

if TYPE_CHECKING:
    from capture.browser.session import Session
    from capture.clock import TimeServer

# The words of `--media`, with the kinds of item that each stands for.
MEDIA_KINDS = {
    "photos": frozenset({"photo"}),
    "videos": frozenset({"video", "audio"}),
    "documents": frozenset({"document"}),
}

DEFAULT_MEDIA = "photos,videos"

# What stands before an officer's name without being a part of it.
_RANK = re.compile(
    r"CI|DC|DCI|DCS|DI|DS|DSU|INSP|KHK|KOK|PC|PCSO|PHK|PK|POK|PS|SGT|SI|TDC|WPC"  # in capitals: Di Price is a name
    r"|(?i:agent|constable|det|dr|insp|inspector|miss|mr|mrs|ms|officer|prof|sergeant|sgt|supt)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlueskyServices:
    """The services of the AT network that are nobody's own server: the view of all posts, and the directory of DIDs."""

    appview: str = "https://public.api.bsky.app"
    plc: str = "https://plc.directory"

    def __post_init__(self) -> None:
        """Raise BadSettings for an address with a login in it, which would be written down."""
        demand_no_login(self.appview, "--appview")
        demand_no_login(self.plc, "--plc")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureOptions:
    """Who captures, what of a scene is fetched, and how."""

    officer: str
    initials: str
    title: str = ""
    note: str = ""
    media: str = DEFAULT_MEDIA
    # The largest number of media items of a page, or of posts of an account, a hashtag or a feed; 0 for all.
    limit: int = 0
    on: tuple[str, ...] = ()  # Where a hashtag is looked for: addresses of servers, or `bsky`.
    thread: bool = False  # Whether a post's ancestors and replies are captured with it.
    since: datetime | None = None
    until: datetime | None = None  # Only posts whose claimed time is not before `since` and not after `until`.
    comments: bool = False  # Whether the comments below a video are fetched.
    follow: bool = False  # Whether what the entries of a feed link to is captured with it.
    # Whether a feed is paged on where it shows a part of what there is; a watch looks at what is new.
    whole_feed: bool = True
    pages: int = 1  # The largest number of parts that are captured of a text or thread that stands on several pages.
    # Seconds between two requests to a site whose posts gallery-dl reads; None for the site's own number.
    site_delay: float | None = None
    live: float = 0.0  # Seconds for which a live stream is followed; 0 for not at all.
    bluesky: BlueskyServices = field(default_factory=BlueskyServices)
    ntp: TimeServer | None = None  # The time server that the computer's clock is compared with.
    known: Known = field(default_factory=Known)  # What earlier rounds of a watch have taken.
    rendering: RenderingSettings | None = None  # How the scene's pages are shown in a browser; None for not at all.
    not_rendered: str = ""  # Why not, where that is not what the officer chose.
    session: Session | None = None  # The officer's log-in at a site.
    min_free: int = 0  # Bytes of the disk that are left free: before that a capture ends, and is sealed in part.
    row: str = ""  # Which row of a fleet it is: the hash of its scene, options and due time.
    network: NetworkSettings = field(default_factory=NetworkSettings)

    def __post_init__(self) -> None:
        """Raise BadSettings for a place with a login in it, which would be written down, or that names no server."""
        for place in self.on:
            demand_no_login(place, "--on")
            demand_server(place)

    def wanted_kinds(self) -> frozenset[str]:
        """Return the kinds of media that are fetched. Raises BadSettings."""
        return wanted_kinds(self.media)


def demand_no_login(address: str, option: str) -> None:
    """Refuse an address with a login in it. Raises BadSettings, which does not show the login."""
    if without_login(address) != address:
        raise BadSettings(
            f"{option} {without_login(address)}: a login in its address is not used", hint="lend a token with --token"
        )


def demand_server(place: str) -> None:
    """Refuse a place of `--on` that is neither `bsky` nor the name or address of a server. Raises BadSettings."""
    name = place.strip().lower()
    if not any(sign in name for sign in ".:/") and name not in {"bsky", "localhost"}:
        raise BadSettings(
            f"--on {place}: not the name of a server",
            hint="give a server's full name, such as --on mastodon.social, or --on bsky",
        )


def wanted_kinds(media: str) -> frozenset[str]:
    """Return the kinds that a `--media` value asks for. Raises BadSettings."""
    words = [word.strip().lower() for word in media.split(",") if word.strip()]
    if words == ["none"]:
        return frozenset()
    unknown = [word for word in words if word not in MEDIA_KINDS]
    if unknown or not words:
        raise BadSettings(
            f"--media {media}: {unknown[0] if unknown else 'nothing'} is not a kind of media",
            hint="use photos, videos, documents (joined with commas) or none",
        )
    return frozenset[str]().union(*(MEDIA_KINDS[word] for word in words))


def initials_of(officer: str) -> str:
    """Return the initials that an officer's name suggests: `PC 1234 Mary Price` gives `MP`, `price` gives `PR`.

    A rank, a title, a collar number are no part of a name, unless nothing else is there.
    """
    words = "".join(char if char.isalnum() else " " for char in officer).split()
    names = [word for word in words if word.isalpha() and not _RANK.fullmatch(word)] or words
    letters = "".join(word[0] for word in names[:4]) if len(names) > 1 else "".join(names)[:2]
    return letters.upper() or "XX"


def checked_initials(initials: str) -> str:
    """Return initials in capitals. Raises BadSettings where they could not stand in an exhibit reference."""
    value = unicodedata.normalize("NFKC", initials).strip().upper()
    if not (value.isalnum() and len(value) <= 8):  # noqa: PLR2004 - longer is a name, not initials
        raise BadSettings(f"--initials {initials}: not initials", hint="use one to eight letters, such as MP")
    return value

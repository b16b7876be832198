"""How the recorder behaves on the network: what the user chose, and the bounds on what a server may do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from capture.errors import BadSettings
from capture.recorder.address_guard import AddressGuard

if TYPE_CHECKING:
    from http.cookiejar import CookieJar

    from capture.recorder.address_kinds import Network

_MOST_IN_MEMORY = 64 << 20  # Bytes that all fetches side by side may hold.
TIMEOUT = 30.0
USER_AGENT = "Mozilla/5.0 (compatible; goldenhour; evidence capture)"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSettings:
    """Everything that decides how a request is made. Times in seconds, sizes in bytes."""

    # The longest silence: to connect, for the head of an answer to be complete, between two pieces of a body.
    timeout: float = TIMEOUT
    deadline: float = 3600.0  # The longest that one exchange may take, however steadily it goes on.
    # Bytes a second, averaged over each span of `timeout`; a server that drips more slowly is given up.
    lowest_rate: float = 512.0
    max_size: int = 20 << 30  # The largest body; more than this is cut, kept, and said.
    # Up to this size a response that becomes no item stands in the WARC as it came; a larger one becomes an item.
    largest_in_warc: int = 2 << 20
    attempts: int = 3
    backoff: float = 0.5  # The pause before the second attempt; doubled for each further one.
    # A server that wants to be left alone for longer than this is not asked again. (Mastodon counts in 5 minutes.)
    longest_pause: float = 900.0
    redirects: int = 20
    user_agent: str = USER_AGENT
    proxy: str = ""
    insecure: bool = False
    allow_private: bool = False
    # Networks that the user opened by name, besides or without all private ones.
    allow_networks: tuple[Network, ...] = ()
    cookies: CookieJar | None = field(default=None, repr=False)
    # User name and password by whom they are lent to (`host:443`, `http://host:80`), from a scene's URL.
    credentials: dict[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    # An access token by whom it is lent to, from `--token`; used for that host alone.
    tokens: dict[str, str] = field(default_factory=dict, repr=False)
    jobs: int = 8

    @property
    def largest_held(self) -> int:
        """Up to this size a response is held as it came: less where many fetches would fill the memory."""
        return min(self.largest_in_warc, _MOST_IN_MEMORY // max(self.jobs, 1))

    @property
    def guard(self) -> AddressGuard:
        """What decides to which addresses connections are opened."""
        return AddressGuard(self.allow_private, self.allow_networks)

    @property
    def has_secrets(self) -> bool:
        """Whether the user lent us an identity, so that cookies are the user's credentials."""
        return self.cookies is not None or bool(self.credentials) or bool(self.tokens)


def checked_proxy(url: str) -> str:
    """Return a proxy's address, or "" for none. Raises BadSettings for what is no HTTP proxy."""
    from urllib.parse import urlsplit

    if not url:
        return ""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port
    except ValueError:
        usable = False
    if not usable:
        raise BadSettings("--proxy: not the address of an HTTP proxy", hint="give it as http://host:port")
    return parts.geturl()


def checked_user_agent(text: str) -> str:
    """Return what servers are told we are, or "" for goldenhour's own. Raises BadSettings for what no header holds."""
    if not (text.isascii() and text.isprintable()):
        raise BadSettings(f"--user-agent {text}: holds more than a header can", hint="use printable ASCII")
    return text

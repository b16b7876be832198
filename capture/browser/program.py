"""The browser that is on this computer, and how it is started: never installed, only called."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from capture.errors import NotRendered
from hashing.tool import installs

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
_OF_SYSTEMS = {
    "darwin": (
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    )
}
_FEATURES = (
    "Translate", "OptimizationHints", "OptimizationGuideModelDownloading", "OptimizationHintsFetching",
    "OptimizationTargetPrediction", "MediaRouter", "DialMediaRouteProvider", "CertificateTransparencyComponentUpdater",
    "AutofillServerCommunication", "InterestFeedContentSuggestions", "SafeBrowsing", "PaintHolding", "HttpsUpgrades",
    "NetworkTimeServiceQuerying", "AsyncDns", "DnsOverHttps",
)  # fmt: skip
"""What it is to do without: it would call its maker, ask DNS, or change what a page shows."""
_EVERY = (
    "--remote-debugging-pipe", "--no-first-run", "--no-default-browser-check",
    # it calls its maker for none of these; what it calls all the same, the guard refuses
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps",
    "--disable-extensions", "--disable-component-extensions-with-background-pages", "--disable-breakpad",
    "--disable-client-side-phishing-detection", "--disable-domain-reliability", "--metrics-recording-only",
    "--no-pings",
    "--disable-search-engine-choice-screen", "--disable-field-trial-config",
    # no keyring is asked: nothing that is kept of a profile is encrypted by it
    "--password-store=basic", "--use-mock-keychain",
)  # fmt: skip
_RECORDED = (
    "--headless=new", "--log-net-log=/dev/fd/5", "--net-log-capture-mode=Everything",
    "--disable-quic", "--disable-gpu", "--hide-scrollbars", "--mute-audio",
    # a page that is in nobody's sight goes on as if it were
    "--disable-back-forward-cache", "--disable-renderer-backgrounding", "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows", "--autoplay-policy=no-user-gesture-required",
    "--force-color-profile=srgb", "--disable-dev-shm-usage", "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    f"--disable-features={','.join(_FEATURES)}",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BrowserProgram:
    """A browser that can be started, and whether in a sandbox of its own."""

    path: str
    sandbox: bool = True

    def command(self, profile: Path, guard_port: int, *, insecure: bool) -> list[str]:
        """Return the command line: everything goes through our guard, and pages of this computer too."""
        return [
            self.path,
            *_EVERY,
            *_RECORDED,
            *([] if self.sandbox else ["--no-sandbox"]),
            *(["--ignore-certificate-errors"] if insecure else []),
            f"--proxy-server=socks5://127.0.0.1:{guard_port}",
            "--proxy-bypass-list=<-loopback>",
            f"--user-data-dir={profile}",
            "about:blank",
        ]

    def window(self, profile: Path, proxy: str) -> list[str]:
        """Return the command line of a window in which the officer works by hand, behind no guard of ours."""
        return [
            self.path,
            *_EVERY,
            *([] if self.sandbox else ["--no-sandbox"]),
            *([f"--proxy-server={proxy}"] if proxy else []),
            f"--user-data-dir={profile}",
            "about:blank",
        ]


def find_browser(named: str = "", *, sandbox: bool = True, proxy: str = "") -> BrowserProgram:
    """Return the browser that is `named`, or the first that is found. Raises NotRendered with the reason."""
    if sys.platform == "win32":
        raise NotRendered("a page is rendered on Linux and macOS only", hint="capture it with --rendered never")
    if find_spec("hpack") is None:
        raise NotRendered("the library hpack is missing", hint=f"install it with: {installs('hpack>=4.1')}")
    path = installed_browser(named)
    if proxy.lower().startswith("https:"):
        raise NotRendered(
            "a proxy that is itself reached over TLS is not used for a browser", hint="give http://host:port"
        )
    if sandbox and os.geteuid() == 0:
        raise NotRendered(
            "the browser's own sandbox does not run as root",
            hint="work as another user, or add --no-browser-sandbox, which is recorded",
        )
    return BrowserProgram(path, sandbox)


def installed_browser(named: str = "") -> str:
    """Return the path of the browser that is `named`, or of the first that is found. Raises NotRendered."""
    places = [named] if named else [*NAMES, *_OF_SYSTEMS.get(sys.platform, ())]
    if path := next((found for place in places if (found := shutil.which(place))), ""):
        return path
    what = f"{named}: no such program" if named else "no browser is installed"
    raise NotRendered(what, hint="install Chromium, Chrome or Edge, or name one with --browser PATH")

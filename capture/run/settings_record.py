"""What a capture writes down of how it was made: its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capture.recorder.recorder import without_credentials
from hashing.times import time_text

if TYPE_CHECKING:
    from capture.request.options import CaptureOptions


def settings_record(options: CaptureOptions) -> dict[str, str | int | bool]:
    """Return the settings in words, with every credential left out."""
    network = options.network
    # Every setting that changes what is asked or kept: a court may ask, and a colleague must be able to repeat it.
    return {
        "media": options.media,
        "limit": options.limit,
        "on": ", ".join(options.on),
        "thread": options.thread,
        "since": time_text(options.since) if options.since else "",
        "until": time_text(options.until) if options.until else "",
        "comments": options.comments,
        "follow": options.follow,
        "pages": options.pages,
        "site_delay": "by site" if options.site_delay is None else f"{options.site_delay:g} s",
        "live": f"{options.live:g} s",
        "appview": options.bluesky.appview,
        "plc": options.bluesky.plc,
        "ntp": str(options.ntp or "none asked"),
        "rendered": _rendered(options),
        "min_free": options.min_free,
        "jobs": network.jobs,
        "timeout": f"{network.timeout:g} s",
        "deadline": f"{network.deadline:g} s",
        "max_size": network.max_size,
        "attempts": network.attempts,
        "user_agent": network.user_agent,
        "proxy": without_credentials(network.proxy),
        "names_resolved_by": "the proxy" if network.proxy else "this computer",
        "tls_verified": not network.insecure,
        "allow_private": network.allow_private,
        "allow_network": ", ".join(map(str, network.allow_networks)),
        "cookies": "given by the user; values not stored" if network.cookies is not None else "none given",
        "session": f"a log-in at {', '.join(options.session.hosts)}; not stored" if options.session else "none lent",
        "tokens": f"given for {', '.join(network.tokens)}; not stored" if network.tokens else "none given",
        "login": "given by the user; not stored" if network.credentials else "none given",
        **({"row": options.row} if options.row else {}),
    }


def _rendered(options: CaptureOptions) -> str:
    """Say whether and how pages are shown in a browser."""
    settings = options.rendering
    if settings is None:
        return f"no: {options.not_rendered}" if options.not_rendered else "no"
    view, sandbox = settings.view, "" if settings.program.sandbox else ", without the browser's own sandbox"
    mobile, workers = " as a phone" if view.mobile else "", ", with service workers" if view.service_workers else ""
    clicks = ", with clicks on consent and `more`" if settings.interact else ""
    most = f"scrolled for {settings.scroll:g} s, ended after {settings.seconds:g} s"
    return f"by {settings.program.path}, {view.size}{mobile}, {most}{clicks}{workers}{sandbox}"

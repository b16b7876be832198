"""The options of every command that captures scenes: what, into which case, by whom, and how."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Callable
from pathlib import Path

import click

from commands.options import (
    PATH,
    Seconds,
    allow_network_option,
    allow_private_option,
    appview_option,
    browser_option,
    initials_option,
    json_option,
    made_case,
    no_browser_sandbox_option,
    note_option,
    ntp_option,
    officer_option,
    on_option,
    plc_option,
    proxy_option,
    quiet_option,
    signing_key_option,
    timestamp_option,
    title_option,
    together,
)
from commands.output import complain
from commands.settings import checked_by, setting
from hashing.files.as_typed import as_typed

# Permission bits of everyone but the owner: a file with a password is not to be anyone else's to read.
_OTHERS = 0o077


def warn_of_readers(_ctx: click.Context, _option: click.Parameter, value: Path | tuple[str, ...] | None) -> object:
    """Say which of the files of an option others can read; what is not there is told when it is used.

    A callback of click. Only where the system keeps a mode for each file (POSIX).
    """
    if os.name == "posix" and value:
        for path in [value] if isinstance(value, Path) else [Path(each.rpartition("=")[2]) for each in value]:
            try:
                mode = path.stat().st_mode
            except OSError:
                continue
            if stat.S_ISREG(mode) and mode & _OTHERS:
                complain(f"{path}: others on this computer can read it", f"run: chmod 600 {shlex.quote(str(path))}")
    return value


# The dozen options that a capture at a scene is likely to need, by the names of their values.
EVERYDAY = frozenset(
    ("case_path", "officer", "initials", "note", "on", "thread", "since", "limit", "media", "every", "live", "as_json")
)


class EverydayFirst(click.Command):
    """A command with many options: its help shows the everyday ones first."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Print the options in two sections."""
        sections: dict[str, list[tuple[str, str]]] = {"Everyday options": [], "More options": []}
        for param in self.get_params(ctx):
            if isinstance(param, click.Option) and (record := param.get_help_record(ctx)) is not None:
                sections["Everyday options" if param.name in EVERYDAY else "More options"].append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)


def scene_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add what says which scenes are captured, into which case, by whom, and how: the same for every command."""
    return together(_SCENES, *_OPTIONS, _JOBS, _rendered("auto"), *_RENDERING)(command)


def row_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the same but for the scenes, which come from a file."""
    return together(*_OPTIONS, _JOBS, _rendered("never"), *_RENDERING)(command)


def worker_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add what a worker of a fleet is told on its own computer: all but what each row says for itself."""
    return _some_of_row_options(command, lambda name: name not in OF_A_ROW | {"case_path", "title", "note"})


def submit_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add what a row may say, as the default for all of a file."""
    return _some_of_row_options(command, OF_A_ROW.__contains__)


def _some_of_row_options(command: Callable[..., None], wanted: Callable[[str], bool]) -> Callable[..., None]:
    def _bearer() -> None:
        """Bears the options until some are picked."""

    options: list[click.Parameter] = row_options(_bearer).__click_params__  # type: ignore[attr-defined]
    for option in options:
        if wanted(option.name or ""):
            vars(command).setdefault("__click_params__", []).append(option)
    return command


# What a row may say of its scene, by the names of click's values.
OF_A_ROW = frozenset(("on", "thread", "since", "until", "comments", "follow", "media", "limit"))


def _demand_scenes(ctx: click.Context, _: click.Parameter, scenes: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse no scenes at all, and a file of them. A callback of click."""
    if not scenes and not ctx.resilient_parsing:
        raise click.UsageError("no scene is given; a hashtag must stand in quotes, such as '#FireWatch'", ctx)
    for scene in scenes:
        if "://" not in scene and Path(scene).is_file():
            raise click.UsageError(
                f"{scene} is a file: `goldenhour batch {as_typed(scene)} --case CASE` captures the scenes in it", ctx
            )
    return scenes


_SCENES = click.argument("scenes", nargs=-1, metavar="SCENE...", callback=_demand_scenes)


_JOBS = setting(
    "--jobs",
    in_case=True,
    type=click.IntRange(1, 64),
    default=8,
    show_default=True,
    metavar="N",
    help="Fetches side by side within a scene.",
)


def _rendered(default: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return the option that says whether pages are shown in a browser; it may be another for each command."""
    return setting(
        "--rendered",
        type=click.Choice(["always", "auto", "never"]),
        default=default,
        show_default=True,
        help="Show pages in a browser too, and keep what it shows: auto where one is found and can be recorded.",
    )


_RENDERING = (
    browser_option,
    no_browser_sandbox_option,
    setting(
        "--viewport",
        in_case=True,
        check=checked_by("capture.browser.settings:parse_viewport"),
        default="",
        metavar="WxH",
        help="Size of the first view in pixels.  [default: 1280x800; 390x844 with --mobile]",
    ),
    setting("--mobile", in_case=True, is_flag=True, help="Show pages as on a phone."),
    setting(
        "--scroll",
        in_case=True,
        check=checked_by("capture.request.amounts:span", option="--scroll"),
        default="30s",
        show_default=True,
        metavar="TIME",
        help="Scroll a page for so long at the most.",
    ),
    setting(
        "--interact",
        is_flag=True,
        help="Agree to consent banners and open `show more`, once the first view is pictured.",
    ),
    setting(
        "--service-workers", in_case=True, is_flag=True, help="Let a page's service workers answer for the network."
    ),
)

_OPTIONS = (
    made_case(),
    officer_option,
    initials_option,
    title_option,
    note_option,
    on_option,
    setting("--thread", in_case=True, is_flag=True, help="With a post, also what it answers and its replies."),
    click.option(
        "--since", default="", metavar="WHEN", help="Only posts from then on: 2h (back from now), or 2026-11-24T10:15Z."
    ),
    click.option("--until", default="", metavar="WHEN", help="Only posts up to then: written as for --since."),
    setting(
        "--comments",
        in_case=True,
        is_flag=True,
        help="With a video or a post of Reddit, also its comments, and a video's live chat.",
    ),
    setting("--follow", in_case=True, is_flag=True, help="With a feed, also what its entries link to."),
    setting(
        "--pages",
        in_case=True,
        type=click.IntRange(1, 10**6),
        default=1,
        show_default=True,
        metavar="N",
        help="Up to N pages of a text or thread that stands on several.",
    ),
    setting(
        "--media",
        in_case=True,
        check=checked_by("capture.request.options:wanted_kinds"),
        default="photos,videos",
        show_default=True,
        metavar="KINDS",
        help="photos, videos, documents (joined with commas), or none.",
    ),
    setting(
        "--limit",
        in_case=True,
        type=click.IntRange(0, 10**9),
        default=0,
        metavar="N",
        help="At most N posts of a list, videos of a channel, or media of a page.  [default: all]",
    ),
    setting(
        "--site-delay",
        in_case=True,
        type=Seconds(0, 600),
        default=None,
        metavar="S",
        help="Seconds between requests to a site that gallery-dl reads.  [default: by site, 1 to 8]",
    ),
    setting(
        "--timeout",
        in_case=True,
        type=Seconds(0.1, 3600),
        default=None,
        metavar="S",
        help="Longest silence of a server, and most time for a page in a browser, in seconds.  [default: 30; 240]",
    ),
    setting(
        "--max-size",
        in_case=True,
        type=click.IntRange(1, 2**30),
        default=20480,
        show_default=True,
        metavar="MIB",
        help="Largest file, in MiB.",
    ),
    setting(
        "--min-free",
        in_case=True,
        check=checked_by("capture.request.amounts:size", option="--min-free"),
        default="256M",
        show_default=True,
        metavar="SIZE",
        help="End, sealed, before less than this is free on the disk; 0 for no matter what.",
    ),
    setting(
        "--token",
        "tokens",
        multiple=True,
        names_files=True,
        callback=warn_of_readers,
        metavar="[HOST=]FILE",
        help="A file with an access token, lent to its host alone; not stored (may be repeated).",
    ),
    setting(
        "--cookies", type=PATH, callback=warn_of_readers, metavar="FILE", help="Cookies (Netscape format); not stored."
    ),
    setting(
        "--cookies-from-browser",
        "browser",
        default="",
        check=checked_by("capture.request.browser_cookies:checked_browser"),
        metavar="NAME[:PROFILE]",
        help="Cookies of a browser of yours, such as firefox; not stored.",
    ),
    setting(
        "--session",
        default="",
        check=checked_by("capture.browser.session:checked_name"),
        metavar="NAME",
        help="A log-in that `goldenhour login` made, lent to its own hosts; not stored.",
    ),
    proxy_option,
    setting(
        "--user-agent",
        default="",
        check=checked_by("capture.recorder.settings:checked_user_agent"),
        metavar="UA",
        help="What servers are told we are.  [default: goldenhour's own]",
    ),
    appview_option,
    plc_option,
    allow_private_option,
    allow_network_option,
    click.option("--insecure", is_flag=True, help="Do not check TLS certificates; the manifest says so."),
    timestamp_option,
    ntp_option,
    signing_key_option,
    json_option,
    quiet_option,
)

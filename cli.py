"""The command line: parse, call one function of a package, print. No rule of evidence lives here."""

from __future__ import annotations

import enum
import json
import math
import os
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from types import FrameType

    from rich.console import Console, RenderableType

    from capture.progress import Progress
    from capture.run import CaptureResult
    from capture.watch import Round
    from exports.capture_view import CaptureView
    from exports.verification import Verification
    from hashing.case import Case
    from hashing.keys import SigningKey
    from hashing.trusted_time import Stamping


class Exit(enum.IntEnum):
    """Every way in which a command can end. A script may rely on these numbers."""

    OK = 0
    FAULT = 1
    USAGE = 2
    IN_PART = 3
    NOTHING = 4
    MISMATCH = 5
    UNCHECKED = 6
    REFUSED = 7
    INTERRUPTED = 130


class Goldenhour(click.Group):
    """Turns the packages' errors into a sentence, a hint and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own type
        """Run the command."""
        from capture.errors import CaptureError
        from exports.errors import ExportError
        from hashing.errors import HashingError

        try:
            return super().invoke(ctx)
        except (CaptureError, ExportError, HashingError) as error:
            _complain(str(error), error.hint)
            ctx.exit(exit_code(error))
        except KeyboardInterrupt:
            _complain("interrupted")
            ctx.exit(Exit.INTERRUPTED)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """List the commands in the order in which evidence passes through them."""
        return list(self.commands)


class Seconds(click.FloatRange):
    """A number of seconds. click lets `nan` into every range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401 - click's own type
        """Return the number, or fail as a wrong use."""
        seconds = float(super().convert(value, param, ctx))
        if math.isnan(seconds):
            self.fail(f"{value} is no number of seconds", param, ctx)
        return seconds


def exit_code(error: Exception) -> Exit:
    """Return the exit code that an error of one of the packages ends a command with."""
    from capture.errors import CaptureError
    from exports.errors import ExportError, NotCheckable, NothingToExport, NotWhole
    from hashing.errors import ForeignReceipt, InUse, NotAsSigned, NotRecordable, Unwritable, WouldOverwrite

    if isinstance(error, ForeignReceipt):
        return Exit.REFUSED
    if isinstance(error, CaptureError | NotRecordable):
        return Exit.USAGE
    if isinstance(error, NotWhole | NotAsSigned):
        return Exit.MISMATCH
    if isinstance(error, NothingToExport):
        return Exit.NOTHING
    if isinstance(error, WouldOverwrite | InUse | Unwritable):
        return Exit.REFUSED
    if isinstance(error, ExportError) and not isinstance(error, NotCheckable):
        return Exit.REFUSED
    return Exit.UNCHECKED


def _complain(message: str, hint: str = "") -> None:
    from exports.printable import printable

    first, *more = message.splitlines() or [""]
    click.echo(f"goldenhour: {printable(first)}", err=True)
    for line in more:
        click.echo(f"  {printable(line)}", err=True)
    if hint:
        click.echo(f"  hint: {printable(hint)}", err=True)


def _print_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from hashing.tool import tool

        click.echo(f"{tool()}, Python {sys.version.split()[0]}")
        ctx.exit()


@click.group(cls=Goldenhour, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Name the version and end.",
)
def main() -> None:
    """Secure online material in the golden hour: capture it raw, hash it, seal it, hand it over.

    \b
    A first look:    goldenhour demo
    A hashtag:       goldenhour capture '#FireWatch' --on mastodon.example --on bsky --since 2h
    A scene:         goldenhour capture https://example.org/post/1 --case OP-ALDER --officer "Mary Price"
    Nothing changed: goldenhour verify OP-ALDER
    Hand over:       goldenhour export OP-ALDER --zip
    """


# Options that several commands share.

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON Lines on stdout, for scripts.")
quiet_option = click.option("--quiet", "-q", is_flag=True, help="No progress; results and errors only.")
officer_option = click.option(
    "--officer", envvar="GOLDENHOUR_OFFICER", metavar="NAME", help="Who does this.  [default: the account's name]"
)
signing_key_option = click.option(
    "--key",
    "key_path",
    envvar="GOLDENHOUR_KEY",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The key that signs.  [default: the user's own, made on first use]",
)
at_option = click.option(
    "--at", default="", metavar="WHEN", help="When it was done, if earlier: 2026-11-24T10:15Z, or 2h back."
)
timestamp_option = click.option(
    "--timestamp",
    "authorities",
    multiple=True,
    envvar="GOLDENHOUR_TIMESTAMP",
    metavar="URL",
    help="Who confirms the time of a seal (RFC 3161; may be repeated: asked in turn).  [default: the config file's]",
)
existing_case = click.argument("case", type=click.Path(path_type=Path), metavar="CASE")


def _signing_key(path: Path | None) -> SigningKey:
    """Load the key that signs; make the user's own on first use, and say so."""
    from hashing.keys import default_key_path, load_or_create_signing_key, load_signing_key

    if path is not None:
        return load_signing_key(path)
    key, made = load_or_create_signing_key(default_key_path())
    if made:
        click.echo(f"made your signing key: {default_key_path()}", err=True)
        click.echo(f"  its fingerprint, for your notebook: {key.public.fingerprint()}", err=True)
    return key


def _officer(name: str | None) -> str:
    import getpass

    return name or getpass.getuser()


def _open_case(path: Path, key: SigningKey, officer: str) -> Case:
    """Open a case and finish off what a process that died has left in it."""
    from hashing.case import Case

    case = Case.open(path)
    _finish_abandoned(case, key, officer)
    return case


def _finish_abandoned(case: Case, key: SigningKey, officer: str) -> None:
    from hashing.trusted_time.stamping import finish_stamps

    finish_stamps(case, key=key)
    if not case.unsealed() and not case.unrecorded():
        return
    from capture.recovery import finish_abandoned

    for recovered in finish_abandoned(case, key=key, officer=officer):
        click.echo(f"{recovered.exhibit} had been interrupted: finished off and sealed", err=True)
        for line in recovered.found:
            click.echo(f"  {_clean(line)}", err=True)


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _clean(text: str) -> str:
    from exports.printable import printable

    return printable(text)


def _console() -> Console:
    """Return the console for progress, which is on stderr."""
    from exports.listing import plain_console

    return plain_console(sys.stderr)


def _print_json(value: dict[str, Any]) -> None:
    """Print a line of JSON in ASCII, which no terminal takes for a command and no path can make invalid."""
    click.echo(json.dumps(value))


def _print(*things: RenderableType) -> None:
    from exports.listing import plain_console

    console = plain_console(sys.stdout)
    for thing in things:
        console.print(thing)


def scene_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add what says which scenes are captured, into which case, by whom, and how: the same for every command."""
    for option in reversed(_SCENE_OPTIONS):
        command = option(command)
    return command


_SCENE_OPTIONS = (
    click.argument("scenes", nargs=-1, required=True, metavar="SCENE..."),
    click.option(
        "--case", "case_path", type=click.Path(path_type=Path), metavar="DIR", help="The case; made if need be."
    ),
    officer_option,
    click.option(
        "--initials",
        envvar="GOLDENHOUR_INITIALS",
        metavar="MP",
        help="For exhibit references.  [default: of the officer's name]",
    ),
    click.option("--title", default="", help="A title for the case or the capture."),
    click.option("--note", default="", help="A note to keep with the capture."),
    click.option(
        "--on",
        multiple=True,
        envvar="GOLDENHOUR_ON",
        metavar="SERVER",
        help="Where to look for a hashtag: a server, or bsky (may be repeated).  [default: the config file's]",
    ),
    click.option("--thread", is_flag=True, help="With a post, also what it answers and its replies."),
    click.option(
        "--since", default="", metavar="WHEN", help="Only posts from then on: 2h (back from now), or 2026-11-24T10:15Z."
    ),
    click.option("--until", default="", metavar="WHEN", help="Only posts up to then: written as for --since."),
    click.option("--comments", is_flag=True, help="With a video, also the comments below it."),
    click.option("--follow", is_flag=True, help="With a feed, also what its entries link to."),
    click.option(
        "--media",
        default="photos,videos",
        show_default=True,
        metavar="KINDS",
        help="photos, videos, documents (joined with commas), or none.",
    ),
    click.option(
        "--limit",
        type=click.IntRange(0, 10**9),
        default=0,
        metavar="N",
        help="At most N posts of a list, videos of a channel, or media of a page.  [default: all]",
    ),
    click.option(
        "--jobs",
        type=click.IntRange(1, 64),
        default=8,
        show_default=True,
        metavar="N",
        help="Fetches side by side.",
    ),
    click.option(
        "--timeout",
        type=Seconds(0.1, 3600),
        default=30.0,
        show_default=True,
        metavar="S",
        help="Longest silence of a server, in seconds.",
    ),
    click.option(
        "--max-size",
        type=click.IntRange(1, 2**30),
        default=20480,
        show_default=True,
        metavar="MIB",
        help="Largest file, in MiB.",
    ),
    click.option(
        "--token",
        "tokens",
        multiple=True,
        envvar="GOLDENHOUR_TOKEN",
        metavar="[HOST=]FILE",
        help="A file with an access token, lent to its host alone; not stored (may be repeated).",
    ),
    click.option(
        "--cookies", type=click.Path(path_type=Path), metavar="FILE", help="Cookies (Netscape format); not stored."
    ),
    click.option(
        "--proxy", default="", envvar="GOLDENHOUR_PROXY", metavar="URL", help="Fetch through this HTTP proxy."
    ),
    click.option(
        "--user-agent", default="", metavar="UA", help="What servers are told we are.  [default: goldenhour's own]"
    ),
    click.option(
        "--appview",
        default="",
        envvar="GOLDENHOUR_APPVIEW",
        metavar="URL",
        help="Server to ask for bsky.  [default: Bluesky's public one]",
    ),
    click.option(
        "--plc",
        default="",
        envvar="GOLDENHOUR_PLC",
        metavar="URL",
        help="The directory of DIDs.  [default: plc.directory]",
    ),
    click.option("--allow-private", is_flag=True, help="Fetch from private and loopback addresses too."),
    click.option("--insecure", is_flag=True, help="Do not check TLS certificates; the manifest says so."),
    timestamp_option,
    signing_key_option,
    json_option,
    quiet_option,
)


@main.command(short_help="Capture posts, pages, videos and feeds by their address; or a #hashtag.")
@scene_options
@click.option("--for", "live", default="", metavar="TIME", help="Follow a live stream for so long, such as 10m.")
def capture(
    scenes: tuple[str, ...],
    case_path: Path | None,
    officer: str | None,
    key_path: Path | None,
    as_json: bool,
    quiet: bool,
    authorities: tuple[str, ...],
    **chosen: Any,  # noqa: ANN401 - click's values, named once in the options above
) -> None:
    """Capture scenes: pages, files, posts, accounts, videos, feeds by their address; or a #hashtag.

    \b
    goldenhour capture https://example.org/post/1 --case OP-ALDER --officer "Mary Price" --initials MP
    goldenhour capture https://mastodon.example/@alice/109 --thread
    goldenhour capture '#FireWatch' --on mastodon.example --on bsky --since 2h
    """
    from capture.run import capture as run_capture

    officer = _officer(officer)
    options, authorities = _capture_options(officer, scenes, chosen), _authorities(authorities)
    key = _signing_key(key_path)
    case = _case_for(scenes, case_path, key, officer, chosen["title"])
    results = []
    with _terminating_like_ctrl_c(), _progress(quiet=quiet) as progress:
        for scene in scenes:
            result = run_capture(scene, case, options, key=key, progress=progress)
            results.append(result)
            if as_json:
                _print_capture_json(result, case)
            if result.status == "interrupted":
                break
        try:
            stampings = _stamp(case, authorities, key, results)
        except KeyboardInterrupt:  # what was captured is sealed, and told all the same
            stampings = []
            _complain("not stamped: interrupted", _stamp_later(case))
    if not as_json:
        for result in results:
            _print_capture(result)
        _print_case(case)
        for stamping in stampings:
            _print_stamping(stamping)
    sys.exit(_capture_exit(results))


@main.command(short_help="Keep capturing what is new; record what was edited or has gone.")
@scene_options
@click.option(
    "--every", default="60s", show_default=True, metavar="TIME", help="From one round's beginning to the next."
)
@click.option("--for", "watched", default="", metavar="TIME", help="How long, such as 2h.  [default: until Ctrl-C]")
def watch(
    scenes: tuple[str, ...],
    case_path: Path | None,
    officer: str | None,
    key_path: Path | None,
    as_json: bool,
    quiet: bool,
    every: str,
    watched: str,
    authorities: tuple[str, ...],
    **chosen: Any,  # noqa: ANN401 - click's values, named once in the options above
) -> None:
    """Keep capturing what is new under scenes; what was edited or has gone is recorded with both versions.

    Each round is a capture of its own, sealed by itself. A watch that is started again goes on where it was.

    \b
    goldenhour watch '#FireWatch' --on mastodon.example --every 60s --for 2h --case OP-ALDER
    """
    from capture.spans import span
    from capture.watch import Watch
    from exports.case_view import case_seal
    from hashing.times import system_clock

    officer = _officer(officer)
    options, authorities = _capture_options(officer, scenes, {**chosen, "live": ""}), _authorities(authorities)
    pause, length = span(every, "--every"), span(watched, "--for") if watched else None
    key = _signing_key(key_path)
    case = _case_for(scenes, case_path, key, officer, chosen["title"])
    results = []
    with _terminating_like_ctrl_c(), _watch_display(scenes, quiet=quiet, every=pause) as (progress, display):
        watching = Watch(scenes, case, options, key=key, progress=progress, clock=system_clock)
        stopped = False
        try:
            for done in watching.run(every=pause, length=length):
                results.append(done.result)
                display(done)
                if as_json:
                    _print_capture_json(done.result, case)
                _stamp(case, authorities, key, [done.result])
        except KeyboardInterrupt:
            stopped = True  # between two rounds: everything is sealed
    if not as_json:
        sealed = f"{_counted(len(results), 'capture')} sealed in {case.path}"
        them = "it" if len(results) == 1 else "them"
        click.echo(_clean(f"{sealed}; see {them} with: goldenhour show {case.path}"))
        if (seal := case_seal(case.path)) is not None:
            click.echo(f"seal     {seal.fingerprint}  case")
            click.echo("write the seal in your notebook: it stands for all of that")
    sys.exit(Exit.INTERRUPTED if stopped else _capture_exit(results))


def _authorities(urls: Sequence[str]) -> tuple[str, ...]:
    """Return the time-stamping authorities that were named, or those of the config file."""
    from capture.config import config_path, load_config
    from hashing.trusted_time.authority import is_authority

    chosen = tuple(urls) or load_config(config_path()).timestamp
    for url in chosen:
        if not is_authority(url):
            raise click.UsageError(f"--timestamp {_clean(url)}: not an http or https address")
    return chosen


def _stamp(case: Case, authorities: Sequence[str], key: SigningKey, results: Sequence[CaptureResult]) -> list[Stamping]:
    """Get trusted times for captures; that one could not be had is said, and no fault of the capture."""
    from hashing.errors import HashingError
    from hashing.trusted_time import stamp

    stampings: list[Stamping] = []
    if not authorities:
        return stampings
    try:
        for stamping in stamp(case, authorities, key=key, only={result.capture for result in results}):
            if stamping.stamped is None:
                _complain(f"{stamping.what} is sealed but not stamped: {stamping.reason}", _stamp_later(case))
            else:
                stampings.append(stamping)
    except HashingError as error:
        _complain(f"not stamped: {error}", _stamp_later(case))
    return stampings


def _stamp_later(case: Case) -> str:
    return f"stamp it later with: goldenhour seal {case.path}"


def _print_stamping(stamping: Stamping) -> None:
    stamped = stamping.stamped
    if stamped is None:
        click.echo(_clean(f"not stamped  {stamping.what}: {stamping.reason}"))
        return
    late = f"{abs(stamped.late):.1f} s {'before' if stamped.late < 0 else 'after'} its seal"
    click.echo(_clean(f"stamped  {stamping.what}  {stamped.token_time}, {late}, by {stamped.authority}"))


def _case_for(scenes: Sequence[str], path: Path | None, key: SigningKey, officer: str, title: str) -> Case:
    """Open the case, or make it; finish off what a process that died has left in it."""
    from capture.scene import parse_scene
    from hashing.case import Case

    first = parse_scene(scenes[0])
    case = Case.open_or_create(path or _new_case_path(first.url or first.tag), key=key, officer=officer, title=title)
    _finish_abandoned(case, key, officer)
    return case


def _capture_options(officer: str, scenes: Sequence[str], chosen: dict[str, Any]) -> Any:  # noqa: ANN401 - CaptureOptions, imported late
    from capture.config import config_path, load_config
    from capture.cookies import load_cookies
    from capture.options import BlueskyServices, CaptureOptions, checked_initials, initials_of, wanted_kinds
    from capture.recorder.settings import USER_AGENT, NetworkSettings, checked_proxy
    from capture.scene import parse_scene
    from capture.sources import legs
    from capture.spans import moment, span
    from capture.tokens import load_tokens
    from hashing.times import system_clock

    wanted_kinds(chosen["media"])
    config, now, default = load_config(config_path()), system_clock(), BlueskyServices()
    parsed = [parse_scene(scene) for scene in scenes]
    on = chosen["on"] or config.on
    network = NetworkSettings(
        timeout=chosen["timeout"],
        largest=chosen["max_size"] << 20,
        user_agent=chosen["user_agent"] or USER_AGENT,
        proxy=checked_proxy(chosen["proxy"]),
        insecure=chosen["insecure"],
        allow_private=chosen["allow_private"],
        cookies=load_cookies(chosen["cookies"]) if chosen["cookies"] else None,
        tokens=load_tokens(chosen["tokens"], [scene.url for scene in parsed if scene.url] or on),
        jobs=chosen["jobs"],
    )
    options = CaptureOptions(
        officer=officer,
        initials=checked_initials(chosen["initials"]) if chosen["initials"] else initials_of(officer),
        title=chosen["title"],
        note=chosen["note"],
        media=chosen["media"],
        limit=chosen["limit"],
        on=tuple(on),
        thread=chosen["thread"],
        since=moment(chosen["since"], "--since", now) if chosen["since"] else None,
        until=moment(chosen["until"], "--until", now) if chosen["until"] else None,
        comments=chosen["comments"],
        follow=chosen["follow"],
        live=span(chosen["live"], "--for") if chosen["live"] else 0.0,
        bluesky=BlueskyServices(
            appview=chosen["appview"] or config.appview or default.appview,
            plc=chosen["plc"] or config.plc or default.plc,
        ),
        network=network,
    )
    for scene in parsed:
        legs(scene, options)  # what no source takes is refused before anything is made
    return options


def _new_case_path(url: str) -> Path:
    """Return a fresh name in the current folder, from the scene's host and the time."""
    from urllib.parse import urlsplit

    from capture.item_name import item_name
    from hashing.times import compact, system_clock

    host = item_name(0, f"//h/{urlsplit(url).hostname or url}.", "case", "")[5:]
    return Path(f"case-{host}-{compact(system_clock())}")


@contextmanager
def _terminating_like_ctrl_c() -> Iterator[None]:
    """Let a request to terminate, or the end of the terminal, seal what has arrived, as Ctrl-C does."""

    def _interrupt(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    # Under nohup a hang-up is ignored, and shall stay so.
    caught = [each for each in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(each) != signal.SIG_IGN]
    before = {each: signal.signal(each, _interrupt) for each in caught}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Progress]:
    """Choose the display: live on a terminal, lines elsewhere, nothing where asked."""
    if quiet:
        from capture.progress import Silent

        yield Silent()
    elif sys.stderr.isatty():
        from capture.live_progress import LiveProgress

        with LiveProgress(_console(), _clean) as live:
            yield live
    else:
        from capture.line_progress import LineProgress

        yield LineProgress(sys.stderr, _clean)


@contextmanager
def _watch_display(
    scenes: Sequence[str], *, quiet: bool, every: float
) -> Iterator[tuple[Progress, Callable[[Round], None]]]:
    """Choose the display of a watch: a live table on a terminal, lines elsewhere, nothing where asked."""
    if quiet:
        from capture.progress import Silent

        yield Silent(), lambda _: None
    elif sys.stderr.isatty():
        from capture.live_progress import LiveProgress
        from capture.watch_display import WatchTable

        table = WatchTable(scenes, every, _clean)
        with LiveProgress(_console(), _clean, table) as live:
            yield live, table.sealed
    else:
        from capture.watch_display import RoundLines

        lines = RoundLines(sys.stderr, _clean)
        yield lines, lines.sealed


def _print_capture_json(result: CaptureResult, case: Case) -> None:
    from exports.capture_view import read_capture
    from exports.tables import capture_to_json

    _print_json(capture_to_json(read_capture(result.path), case.path))


def _print_capture(result: CaptureResult) -> None:
    from exports.capture_view import read_capture

    view = read_capture(result.path)
    _print_tables(view)
    refusals = sum(entry.item.kind == "error page" for entry in view.items)
    kept = f", {_counted(refusals, 'error page')} kept" if refusals else ""
    counts = f"{len(view.items) - refusals:,} stored{kept}, {len(view.failed):,} not captured"
    click.echo(f"{result.exhibit}  {result.status}: {counts}")
    click.echo(f"seal     {result.seal.fingerprint}")


def _print_case(case: Case) -> None:
    click.echo(_clean(f"case     {case.path}"))
    click.echo("write the seal in your notebook: it stands for all of that")


def _print_tables(view: CaptureView) -> None:
    """Print what a capture got, what had changed since an earlier one, and what it did not get."""
    from exports.tables import changes_table, copies_table, items_table, missing_table

    if view.items:
        _print(items_table(view))
    if (copies := copies_table(view)).rows:
        _print(copies)
    if view.changed:
        _print(changes_table(view))
    if view.failed or view.skipped:
        _print(missing_table(view))


def _capture_exit(results: Sequence[CaptureResult]) -> Exit:
    statuses = {result.status for result in results}
    if "interrupted" in statuses:
        return Exit.INTERRUPTED
    if statuses == {"complete"}:
        return Exit.OK
    if statuses == {"nothing"}:
        return Exit.REFUSED if all(result.refused for result in results) else Exit.NOTHING
    return Exit.IN_PART


@main.command(short_help="Check a case, a capture or a bundle; never writes.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option(
    "--key",
    "key_paths",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Demand that this key signed (a public key; may be given more than once).",
)
@click.option(
    "--receipt", type=click.Path(path_type=Path), metavar="FILE", help="Write a receipt of the result, signed."
)
@click.option(
    "--sign-with",
    "signing_path",
    envvar="GOLDENHOUR_KEY",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The key that signs the receipt.  [default: the user's own]",
)
@click.option(
    "--tsa-root",
    "root_paths",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Demand that trusted times lead to this root (certificates in PEM; may be given more than once).",
)
@json_option
@quiet_option
def verify(
    paths: tuple[Path, ...],
    key_paths: tuple[Path, ...],
    root_paths: tuple[Path, ...],
    receipt: Path | None,
    signing_path: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Check a case, a capture or a bundle (folder or zip): nothing altered, nothing missing, nothing added.

    Never writes, but for a receipt where one is asked for. Exit code 0: it matches; 5: it does not; 6: it could not
    be checked.

    \b
    goldenhour verify OP-ALDER
    goldenhour verify OP-ALDER --receipt verified-by-hill.receipt
    goldenhour verify OP-ALDER_MP-1.zip --key mary-price.pem
    """
    from exports.outside import demand_outside
    from exports.receipt import write_receipt
    from exports.verification import verify as verify_path
    from hashing.keys import load_public_key
    from hashing.trusted_time.roots import load_roots

    if receipt is not None and len(paths) > 1:
        raise click.UsageError("--receipt is of one path: name no other")
    if receipt is not None:
        demand_outside(receipt, paths[0])
    signers = [load_public_key(path) for path in key_paths]
    roots = [root for path in root_paths for root in load_roots(path)]
    worst = Exit.OK
    for path in paths:
        with _byte_progress(f"verifying {path}", quiet=quiet) as progress:
            verification = verify_path(path, signers=signers, roots=roots, progress=progress)
        if as_json:
            _print_json(verification.to_json())
        else:
            _print_verification(verification)
        if receipt is not None:
            write_receipt(receipt, verification, key=_signing_key(signing_path))
        worst = max(worst, _verdict_exit(verification), key=[Exit.OK, Exit.UNCHECKED, Exit.MISMATCH].index)
    sys.exit(worst)


def _verdict_exit(verification: Verification) -> Exit:
    return {"ok": Exit.OK, "mismatch": Exit.MISMATCH, "unchecked": Exit.UNCHECKED}[verification.verdict]


def _print_verification(verification: Verification) -> None:
    from exports.tables import verification_lines

    for line in verification_lines(verification):
        click.echo(line)


@contextmanager
def _count_progress(what: str, *, quiet: bool) -> Iterator[Callable[[int], None] | None]:
    """Show bytes done, where nobody knows beforehand how many there are."""
    with _byte_progress(what, quiet=quiet) as show:
        done = 0

        def _count(count: int) -> None:
            nonlocal done
            done += count
            if show is not None:
                show(done, 0)

        yield _count if show is not None else None


@contextmanager
def _byte_progress(what: str, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show bytes done of bytes to do, on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(True), TransferSpeedColumn())
    with Progress(*columns, console=_console(), transient=True) as bars:
        task = bars.add_task(_clean(what), total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total or None)


@main.command(name="hash", short_help="Hash files and folders, or check a hash list.")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--also", default="", metavar="md5,sha1,…", help="More algorithms, in the same reading.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["sha256sum", "hashdeep", "json"]),
    default="sha256sum",
    show_default=True,
    help="How the list is written.",
)
@click.option("--check", "check", type=click.Path(path_type=Path), metavar="LIST", help="Check the files of a list.")
@quiet_option
def hash_command(paths: tuple[Path, ...], also: str, form: str, check: Path | None, quiet: bool) -> None:
    """Hash files and folders with SHA-256, and with other algorithms in the same reading; or check a hash list.

    \b
    goldenhour hash photos/ > photos.sha256        (sha256sum -c accepts it)
    goldenhour hash --also md5,sha1 stick/
    goldenhour hash --check photos.sha256
    """
    if check is not None and paths:
        raise click.UsageError("--check takes the files from the list: name no others")
    if check is not None and also:
        raise click.UsageError("--check takes the algorithms from the list: leave out --also")
    if check is not None:
        sys.exit(_check_hashes(check, quiet=quiet))
    if not paths:
        raise click.UsageError("name files or folders to hash, or a list with --check")
    sys.exit(_write_hashes(paths, also, form, quiet=quiet))


def _write_hashes(paths: tuple[Path, ...], also: str, form: str, *, quiet: bool) -> Exit:
    from hashing.digest import HEX_DIGITS, SHA256
    from hashing.hash_list import write_list

    algorithms = [SHA256, *(name.strip().lower() for name in also.split(",") if name.strip())]
    for name in algorithms:
        if name not in HEX_DIGITS:
            raise click.UsageError(f"--also {name}: not one of {', '.join(HEX_DIGITS)}")
    with _count_progress("hashing", quiet=quiet) as progress:
        report = write_list(paths, sys.stdout.buffer, form=form, algorithms=algorithms, progress=progress)
    for skipped in report.skipped:
        click.echo(_clean(f"left out: {skipped.path}: {skipped.reason}"), err=True)
    for unread in report.unread:
        click.echo(_clean(f"not hashed: {unread.path}: {unread.reason}"), err=True)
    return Exit.UNCHECKED if report.unread else Exit.OK


def _check_hashes(path: Path, *, quiet: bool) -> Exit:
    from hashing.hash_list import check_list

    with _count_progress(f"checking {path}", quiet=quiet) as progress:
        report = check_list(path, progress=progress)
    for altered in report.altered:
        click.echo(_clean(f"altered    {altered.path}"))
        for expected, found in zip(altered.expected, altered.found, strict=True):
            click.echo(f"  expected {expected}\n  found    {found}")
        if altered.expected_size is not None:
            click.echo(f"  expected {altered.expected_size} bytes\n  found    {altered.found_size} bytes")
    for missing in report.missing:
        click.echo(_clean(f"missing    {missing.path}"))
    for unread in report.unreadable:
        click.echo(_clean(f"unchecked  {unread.path}: {unread.reason}"))
    for bad in report.bad_lines:
        click.echo(_clean(f"unchecked  {path}, line {bad.line}: {bad.reason}"))
    faults = f"{len(report.altered)} altered, {len(report.missing)} missing"
    unchecked = len(report.unreadable) + len(report.bad_lines)
    if not report.matches:
        click.echo(_clean(f"DOES NOT MATCH  {path}: {faults}, {unchecked} unchecked, {report.ok} as listed"))
        return Exit.MISMATCH
    if not report.complete:
        click.echo(_clean(f"COULD NOT BE CHECKED  {path}: {unchecked} unchecked, {report.ok} as listed"))
        return Exit.UNCHECKED
    click.echo(_clean(f"WHOLE  {path}: all {report.ok} files are as listed"))
    return Exit.OK


@main.command(short_help="Have an authority confirm when seals existed.")
@existing_case
@timestamp_option
@officer_option
@signing_key_option
@json_option
def seal(case: Path, authorities: tuple[str, ...], officer: str | None, key_path: Path | None, as_json: bool) -> None:
    """Have an authority confirm when seals existed: of every capture and of the case, where none has done so yet.

    Exit code 0: all have a trusted time; 3: some could not be stamped; 4: none.

    \b
    goldenhour seal OP-ALDER --timestamp https://tsa.example/tsr
    """
    from hashing.trusted_time import stamp, unstamped

    asked, key = _authorities(authorities), _signing_key(key_path)
    opened = _open_case(case, key, _officer(officer))
    if not unstamped(opened):
        click.echo(_clean(f"{case}: every seal has its trusted time"), err=as_json)
        return
    if not asked:
        raise click.UsageError("name an authority with --timestamp, or in the config file")
    stampings = []
    for stamping in stamp(opened, asked, key=key):
        stampings.append(stamping)
        if as_json:
            _print_json(stamping.to_json())
        else:
            _print_stamping(stamping)
    got = [stamping for stamping in stampings if stamping.stamped is not None]
    sys.exit(Exit.OK if len(got) == len(stampings) else Exit.IN_PART if got else Exit.NOTHING)


@main.command(short_help="Write an evidence bundle, checked before it is called done.")
@existing_case
@click.option("--exhibit", "exhibits", multiple=True, metavar="MP/1", help="Only this exhibit (may be repeated).")
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="PATH", help="The bundle.  [default: named for the case]"
)
@click.option("--zip", "zipped", is_flag=True, help="One zip file instead of a folder.")
@officer_option
@signing_key_option
@json_option
@quiet_option
def export(
    case: Path,
    exhibits: tuple[str, ...],
    output: Path | None,
    zipped: bool,
    officer: str | None,
    key_path: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write an evidence bundle: a BagIt bag with a manifest, a report and the seal, checked before it is called done.

    \b
    goldenhour export OP-ALDER --zip
    goldenhour export OP-ALDER --exhibit MP/1 --output /media/stick/OP-ALDER_MP-1
    """
    from exports.bundle import export_bundle

    key, officer = _signing_key(key_path), _officer(officer)
    opened = _open_case(case, key, officer)
    with _terminating_like_ctrl_c(), _byte_progress(f"exporting {case}", quiet=quiet) as progress:
        bundle = export_bundle(
            opened, key=key, officer=officer, output=output, exhibits=exhibits, zipped=zipped, progress=progress
        )
    if as_json:
        _print_json(bundle.to_json())
        return
    click.echo(_clean(f"bundle   {bundle.path}"))
    counts = f"{_counted(bundle.items, 'item')} of {_counted(len(bundle.captures), 'capture')}"
    click.echo(f"         {counts}, read back and checked")
    click.echo(f"seal     {bundle.fingerprint}")
    for sentence in bundle.left_out:
        click.echo(f"left out {_clean(sentence)}")


@main.group()
def custody() -> None:
    """Record what is done with an exhibit, or show its continuity log. Nothing in the log is ever removed.

    \b
    goldenhour custody add OP-ALDER MP/1 --event handed-over --from "Mary Price" --to "John Hill" --reason "for court"
    goldenhour custody show OP-ALDER MP/1
    """


@custody.command(name="add")
@existing_case
@click.argument("refs", nargs=-1, metavar="[MP/1 | MP/1-0003]...")
@click.option("--event", "action", default="", metavar="EVENT", help="seized, sealed, handed-over, received, opened, …")
@click.option("--from", "giver", default="", metavar="NAME", help="Who gave it away.")
@click.option("--to", "receiver", default="", metavar="NAME", help="Who got it.")
@click.option("--reason", default="", help="Why.")
@click.option("--place", default="", help="Where.")
@at_option
@click.option("--receipt", type=click.Path(path_type=Path), metavar="FILE", help="Of `verify --receipt`: verified.")
@officer_option
@signing_key_option
def custody_add(
    case: Path,
    refs: tuple[str, ...],
    receipt: Path | None,
    officer: str | None,
    key_path: Path | None,
    at: str,
    action: str,
    giver: str,
    receiver: str,
    reason: str,
    place: str,
) -> None:
    """Record a custody event of exhibits or items, in the case's own signed ledger.

    \b
    Events: seized, sealed, handed-over, received, opened, copied, verified, disclosed, disposed
    goldenhour custody add OP-ALDER MP/1 --event received --from "Mary Price" --place "exhibits store" --at 10m
    goldenhour custody add OP-ALDER --receipt verified-by-hill.receipt
    """
    from exports.receipt import record_receipt
    from hashing.custody import VERIFIED, Handling, record_custody
    from hashing.note import LARGEST_NOTE
    from hashing.storage import read_small

    if receipt is not None and (action not in {"", VERIFIED} or at or giver or receiver):
        raise click.UsageError("--receipt says itself what was done, when and by whom: leave out --event, --at …")
    if receipt is None and not (refs and action):
        raise click.UsageError("name an exhibit and an --event, or a --receipt")
    officer, moment = _officer(officer), _moment(at, "--at")
    data = read_small(receipt, LARGEST_NOTE) if receipt else b""
    key = _signing_key(key_path)
    opened = _open_case(case, key, officer)
    if receipt is not None:
        events = record_receipt(opened, data, refs, key=key, officer=officer, place=place, reason=reason)
    else:
        handling = Handling(action=action, giver=giver, receiver=receiver, reason=reason, place=place, at=moment)
        events = record_custody(opened, refs, handling, key=key, officer=officer)
    for event in events:
        click.echo(_clean(f"{event.ref}  {event.action}, {event.at or event.time}, recorded by {event.officer}"))


@custody.command(name="show")
@existing_case
@click.argument("ref", required=False, default="", metavar="[MP/1]")
@json_option
def custody_show(case: Path, ref: str, as_json: bool) -> None:
    """Show the continuity log, in the order in which things were done; what was recorded late says so.

    \b
    goldenhour custody show OP-ALDER MP/1
    """
    from exports.continuity import exhibits_of
    from exports.tables import custody_lines, custody_to_json
    from hashing.case import Case

    for exhibit in exhibits_of(Case.open(case), ref):
        if as_json:
            _print_json(custody_to_json(exhibit, ref or exhibit.ref))
            continue
        for line in custody_lines(exhibit.about(ref or exhibit.ref)):
            click.echo(line)


def _moment(text: str, option: str) -> datetime | None:
    from capture.spans import moment
    from hashing.times import system_clock

    return moment(text, option, system_clock()) if text else None


@main.command(short_help="List the exhibits of a case, or describe one.")
@existing_case
@click.argument("ref", required=False, default="", metavar="[MP/1]")
@click.option("--describe", metavar="TEXT", help="Add a description; earlier ones stay.")
@click.option("--place", default="", metavar="TEXT", help="Where it was seized.")
@click.option("--time", "at", default="", metavar="WHEN", help="When it was seized, as you state it.")
@officer_option
@signing_key_option
@json_option
def exhibit(
    case: Path,
    ref: str,
    describe: str | None,
    place: str,
    at: str,
    officer: str | None,
    key_path: Path | None,
    as_json: bool,
) -> None:
    """List the exhibits of a case, or describe one of them or one of its items.

    \b
    goldenhour exhibit OP-ALDER MP/1 --describe "posts and photos of the fire" --place "Market Street"
    goldenhour exhibit OP-ALDER
    """
    from exports.continuity import exhibits_of, items_at_hand
    from exports.tables import exhibit_to_json, exhibits_table
    from hashing.case import Case
    from hashing.custody import record_description

    if describe is None and (place or at):
        raise click.UsageError("--place and --time belong to a description: add --describe")
    if describe is not None:
        if not ref:
            raise click.UsageError("name the exhibit or the item that is described")
        key, officer, moment = _signing_key(key_path), _officer(officer), _moment(at, "--time")
        opened = _open_case(case, key, officer)
        record_description(opened, ref, describe, key=key, officer=officer, place=place, at=moment)
    opened = Case.open(case)
    listed = exhibits_of(opened, ref)
    items = items_at_hand(opened, listed)
    if as_json:
        for each in listed:
            _print_json(exhibit_to_json(each, items.get(each.ref)))
        return
    _print(exhibits_table(listed, items))


@main.command(short_help="Make the continuity label of an exhibit.")
@existing_case
@click.argument("ref", metavar="MP/1")
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE", help="Where to.  [default: stdout, for text]"
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "png", "pdf"]),
    help="How the label is made.  [default: by FILE's ending, or text]",
)
def label(case: Path, ref: str, output: Path | None, form: str | None) -> None:
    """Make the continuity label of an exhibit or an item: what it is, its seal, and lines to sign at each hand-over.

    \b
    goldenhour label OP-ALDER MP/1
    goldenhour label OP-ALDER MP/1 --output MP-1.pdf     (A5, with the seal's fingerprint as a QR code)
    """
    from exports.label import label as make_label
    from exports.label import label_file, label_text
    from exports.outside import demand_outside
    from hashing.case import Case
    from hashing.storage import write_exclusively

    ending = output.suffix.lower().removeprefix(".") if output else ""
    form = form or (ending if ending in {"png", "pdf"} else "text")
    if form != "text" and output is None:
        raise click.UsageError(f"--format {form}: name a file with --output")
    made = make_label(Case.open(case), ref)
    if output is None:
        click.echo(label_text(made), nl=False)
        return
    demand_outside(output, case)
    write_exclusively(output, label_text(made).encode() if form == "text" else label_file(made, form))
    click.echo(_clean(f"label    {output}"))


@main.command()
@existing_case
@officer_option
@signing_key_option
@json_option
def show(case: Path, officer: str | None, key_path: Path | None, as_json: bool) -> None:
    """Show what is in a case.

    \b
    goldenhour show OP-ALDER
    """
    from exports.case_view import read_case
    from exports.tables import case_remarks, case_table, case_to_json
    from hashing.case import Case

    opened = Case.open(case)
    if os.access(case, os.W_OK):
        _finish_abandoned(opened, _signing_key(key_path), _officer(officer))
    view = read_case(case)
    if as_json:
        _print_json(case_to_json(view))
        return
    _print(case_table(view))
    for line in case_remarks(view):
        click.echo(line)
    for each in view.captures:
        click.echo()
        click.echo(_clean(f"{each.started.exhibit}  {each.started.scene}"))
        _print_tables(each)
        if each.seal is not None:
            click.echo(f"seal     {each.seal.fingerprint}")


@main.command(short_help="Show your public key and its fingerprint.")
@signing_key_option
@json_option
def key(key_path: Path | None, as_json: bool) -> None:
    """Show your public key and its fingerprint; make the key if there is none.

    \b
    goldenhour key > mary-price.pem     (hand it to whoever will verify)
    """
    from hashing.keys import default_key_path

    signing = _signing_key(key_path)
    if as_json:
        facts = {"path": str(key_path or default_key_path()), "fingerprint": signing.public.fingerprint()}
        _print_json({**facts, "public_key": signing.public.raw.hex(), "pem": signing.public.pem()})
        return
    click.echo(signing.public.pem(), nl=False)
    click.echo(f"fingerprint  {signing.public.fingerprint()}", err=True)
    click.echo(f"key file     {key_path or default_key_path()}", err=True)


@main.command(short_help="Show the tool at work on a small scene served on this computer.")
@click.argument("folder", required=False, type=click.Path(path_type=Path), metavar="[DIR]")
def demo(folder: Path | None) -> None:
    """Show the tool at work: capture a small scene served on this computer, verify, export, tamper, verify again.

    \b
    goldenhour demo
    """
    from capture.demo import DemoScene
    from hashing.keys import load_or_create_signing_key
    from hashing.storage import make_folder
    from hashing.times import compact, system_clock

    folder = folder or Path(f"goldenhour-demo-{compact(system_clock())}")
    make_folder(folder)
    key, _ = load_or_create_signing_key(folder / "demo-key.pem")
    with DemoScene() as scene:
        _step(1, "a page with photos, a video and two traps is served on this computer; capture it")
        case, result = _demo_capture(scene.url, folder, key)
    _print_capture(result)
    _print_case(case)
    _step(2, "has anything changed since?")
    _demo_verify(case.path)
    _step(3, "hand it over: a bundle that anyone can check, with or without goldenhour")
    bundle = _demo_export(case, folder, key)
    _demo_verify(bundle)
    _step(4, "someone changes one byte of one photo in a copy of the bundle")
    copy, name = _demo_tamper(bundle, folder)
    click.echo(f"changed  {name}")
    _demo_verify(copy)
    _step(5, "now look for yourself")
    click.echo(f"report   {bundle / 'data' / 'report.html'}")
    click.echo(f"by hand  {bundle / 'README.txt'}")
    click.echo(f"again    goldenhour verify {copy}")


def _step(number: int, text: str) -> None:
    from rich.text import Text

    _print("", Text(f"{number}. {text}", style="bold"))


def _demo_capture(url: str, folder: Path, key: SigningKey) -> tuple[Case, CaptureResult]:
    from capture.options import CaptureOptions
    from capture.recorder.settings import NetworkSettings
    from capture.run import capture as run_capture
    from hashing.case import Case

    officer = "Demo Officer"
    # The scene is on this very computer, which is why private addresses are allowed here and nowhere by default.
    network = NetworkSettings(allow_private=True, attempts=1, timeout=5)
    options = CaptureOptions(officer=officer, initials="DO", title="The demo scene", network=network)
    case = Case.open_or_create(folder / "case", key=key, officer=officer, title="Demo: fire on Market Street")
    with _progress(quiet=not sys.stderr.isatty()) as progress:
        return case, run_capture(url, case, options, key=key, progress=progress)


def _demo_verify(path: Path) -> None:
    from exports.verification import verify as verify_path

    click.echo(f"$ goldenhour verify {path}")
    _print_verification(verify_path(path))


def _demo_export(case: Case, folder: Path, key: SigningKey) -> Path:
    from exports.bundle import export_bundle

    bundle = export_bundle(case, key=key, officer="Demo Officer", output=folder / "bundle")
    click.echo(f"bundle   {bundle.path}")
    return bundle.path


def _demo_tamper(bundle: Path, folder: Path) -> tuple[Path, Path]:
    """Copy a bundle and change one byte in the middle of one photo; return the copy and the photo."""
    import shutil

    copy = folder / "bundle-tampered-with"
    shutil.copytree(bundle, copy)
    photo = next(copy.glob("data/captures/*/items/0003*"))
    data = bytearray(photo.read_bytes())
    data[len(data) // 2] ^= 1
    photo.chmod(0o600)
    photo.write_bytes(data)
    photo.chmod(0o400)
    return copy, photo.relative_to(copy)


if __name__ == "__main__":
    main()

"""`goldenhour replay`."""

from __future__ import annotations

import threading
from contextlib import ExitStack, suppress
from pathlib import Path

import click

from commands.interrupt import terminating_like_ctrl_c
from commands.options import PATH, browser_option, no_browser_sandbox_option, quiet_option
from commands.output import clean, complain, counted
from commands.progress import byte_progress
from commands.settings import setting


@click.command()
@click.argument("archive", type=PATH, metavar="BUNDLE|WACZ")
@click.option("--url", default="", metavar="URL", help="The page to show first.  [default: the first one captured]")
@setting(
    "--player",
    type=PATH,
    metavar="PROGRAM|FOLDER",
    help="pywb's program, or the folder of ReplayWeb.page's ui.js and sw.js.  [default: wayback, pywb's program]",
)
@browser_option
@no_browser_sandbox_option
@click.option("--no-browser", is_flag=True, help="Print the address, and open no browser.")
@click.option("--for", "length", default="", metavar="TIME", help="How long, such as 2h.  [default: until Ctrl-C]")
@quiet_option
def replay(
    archive: Path,
    url: str,
    player: Path | None,
    browser_path: str,
    no_browser_sandbox: bool,
    no_browser: bool,
    length: str,
    quiet: bool,
) -> None:
    """Show the pages of a bundle, or of a WACZ, as they were: from what was captured, with nothing let out.

    A bundle is verified first. pywb (GPL, `pipx install pywb`) or ReplayWeb.page (AGPL, from npm), no parts of
    goldenhour, plays the pages back in a browser with a profile of its own, which reaches that player and no other
    host: what a page asks for elsewhere is refused, and named at the end. What was not captured is missing.

    \b
    goldenhour replay OP-ALDER_MP-1.zip
    goldenhour replay OP-ALDER_MP-1.zip --player ~/replaywebpage
    """
    from capture.browser.program import installed_browser
    from capture.request.amounts import span
    from exports.replay import OfflineBrowser, player_at

    seconds = span(length, "--for") if length else None
    shown_by = player_at(player)
    program = "" if no_browser else installed_browser(browser_path)
    # Verify, serve, show: nothing of an archive runs anywhere before it was compared with its seal.
    with ExitStack() as stack, terminating_like_ctrl_c():
        wacz, verified = _wacz(archive, stack, quiet=quiet)
        with shown_by.serve(wacz, name=archive.name, url=url) as server:
            click.echo(f"replay   {server.address}")
            click.echo(clean(f"player   {shown_by.version}"))
            click.echo(clean(f"note     {verified}"))
            if not program:
                complain(
                    "whoever opens this address has no wall around the page",
                    "use a browser that is cut off from the network, as the one is that goldenhour starts",
                )
                with suppress(KeyboardInterrupt):  # it is how a replay is ended
                    threading.Event().wait(seconds)
                return
            if not quiet:
                click.echo("closing the window, or Ctrl-C, ends the replay", err=True)
            with (
                OfflineBrowser(program, server.address, server.host, sandbox=not no_browser_sandbox) as window,
                suppress(KeyboardInterrupt),
            ):
                if window.wait(seconds):
                    complain(
                        f"{program} ended with an error",
                        "it does not start as root, nor without a screen: use --no-browser, or --no-browser-sandbox",
                    )
            for host, times in window.refused.most_common():
                click.echo(clean(f"refused  {host}, {counted(times, 'time')}"))


def _wacz(archive: Path, stack: ExitStack, *, quiet: bool) -> tuple[Path, str]:
    """Return the WACZ to show, and what was checked of it; one that is made of a bundle goes when `stack` is left."""
    from exports.forms.conversion import convert
    from hashing.files.run_folder import RunFolder

    if archive.suffix.lower() == ".wacz":
        return archive, "nobody has compared this file with a seal: a bundle can be verified, a WACZ cannot"
    folder = stack.enter_context(RunFolder(large=True)).path
    with byte_progress(f"verifying {archive}", quiet=quiet) as progress:
        made = convert(archive, "wacz", folder / "archive.wacz", progress=progress)
    return made.path, "the bundle was verified just now; what is shown was made from it"

"""`goldenhour view`."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import ExitStack, suppress
from pathlib import Path

import click

from commands.interrupt import terminating_like_ctrl_c
from commands.options import PATH, quiet_option
from commands.output import clean, complain, counted
from commands.progress import byte_progress


@click.command()
@click.argument("path", type=PATH, metavar="CASE|BUNDLE")
@click.option("--no-browser", is_flag=True, help="Print the address, and open no browser.")
@click.option("--for", "length", default="", metavar="TIME", help="How long, such as 2h.  [default: until Ctrl-C]")
@quiet_option
def view(path: Path, no_browser: bool, length: str, quiet: bool) -> None:
    """Open the report of a case that still grows, or of a bundle, in a browser. Nothing in it is changed.

    The pages are made anew from the ledgers, and once more when the first page is loaded after something was sealed.
    They are on this computer alone, at an address that nobody can guess, until Ctrl-C.

    \b
    goldenhour view OP-ALDER
    goldenhour view OP-ALDER_MP-1.zip --no-browser
    """
    show_pages(path, browser=not no_browser, length=length, quiet=quiet)


def show_pages(path: Path, *, browser: bool, length: str = "", quiet: bool = False, verified: bool = False) -> None:
    """Serve the pages of a case or a bundle, which `verified` says was verified just now, until Ctrl-C."""
    from capture.request.amounts import span
    from exports.view import ViewServer, viewed

    seconds = span(length, "--for") if length else None
    # Pages are made before the server listens: an address that is printed works.
    with ExitStack() as stack, terminating_like_ctrl_c():
        with byte_progress(f"verifying {path}", quiet=quiet) as progress:
            seen = stack.enter_context(viewed(path, verified=verified, progress=progress))
            pages = seen.renewed()
        server = stack.enter_context(ViewServer(seen))
        with suppress(KeyboardInterrupt):  # it is how a view is ended
            click.echo(f"view     {server.address}")
            click.echo(f"         {counted(pages.exhibits, 'exhibit')}, {counted(pages.items, 'item')}")
            click.echo(clean(f"note     {seen.checked}"))
            for line in pages.left_out:
                click.echo(clean(f"not shown  {line}"))
            if browser and not _opened(server.address):
                complain("no browser can be opened from here", "open the address above in a browser on this computer")
            if not quiet:
                click.echo("Ctrl-C ends the view", err=True)
            threading.Event().wait(seconds)


def _opened(address: str) -> bool:
    """Open an address in a browser with windows; say whether there is one. One in the terminal would take it over."""
    import webbrowser

    windows = sys.platform in {"darwin", "win32"} or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(windows) and webbrowser.open(address)

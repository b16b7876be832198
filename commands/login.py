"""`goldenhour login`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from commands.exit import Exit
from commands.interrupt import interruptible
from commands.options import browser_option, json_option, no_browser_sandbox_option, proxy_option
from commands.output import clean, complain, counted, print_json

if TYPE_CHECKING:
    from capture.browser.session import Session


@click.command()
@click.argument("host", required=False, metavar="[HOST]")
@click.option("--session", "name", default="", metavar="NAME", help="What the session is called.  [default: the host]")
@click.option("--list", "listing", is_flag=True, help="List the sessions that are kept.")
@click.option("--forget", default="", metavar="NAME", help="Remove a session from this computer.")
@browser_option
@no_browser_sandbox_option
@proxy_option
@json_option
def login(
    host: str | None,
    name: str,
    listing: bool,
    forget: str,
    browser_path: str,
    no_browser_sandbox: bool,
    proxy: str,
    as_json: bool,
) -> None:
    """Log in at a site in a window of its own, for captures with --session NAME.

    The window is an ordinary browser with an empty profile; what is done in it is not recorded. Once it is closed, the
    site's cookies and what scripts keep beside them stay in your data folder, for you alone, outside of every case;
    captures work in a copy. They are not encrypted: a session is as safe as your account on this computer. To log out
    for good, do so at the site as well.

    \b
    goldenhour login x.com --session unit-7
    goldenhour capture https://x.com/alice --session unit-7 --case OP-ALDER
    goldenhour login --list
    goldenhour login --forget unit-7
    """
    from capture.browser.session import forget_session, load_session, session_names
    from capture.errors import BadSettings

    if [bool(host), listing, bool(forget)].count(True) != 1:
        raise click.UsageError("name a host to log in at, or use --list or --forget NAME")
    if listing:
        damaged, names = 0, session_names()
        for each in names:
            try:
                _tell(load_session(each), as_json=as_json)
            except BadSettings as error:
                complain(str(error), error.hint)
                damaged += 1
        if not names:
            complain("no session is kept here", "log in: goldenhour login HOST")
        if damaged:
            sys.exit(Exit.UNCHECKED)
    elif forget:
        forget_session(forget)
        click.echo(f"forgotten  {forget}; the site itself may still count it as logged in", err=as_json)
    else:
        session = _logged_in(host or "", name, browser_path, proxy, sandbox=not no_browser_sandbox)
        _tell(session, as_json=as_json)
        if not session.cookies:
            complain("the site has set no cookie", "where it showed that you are logged in, use it all the same")


def _logged_in(host: str, name: str, browser_path: str, proxy: str, *, sandbox: bool) -> Session:
    """Have the officer log in; return the session that is kept. Raises BadSettings, NotRendered, Unwritable."""
    from urllib.parse import urlsplit

    from capture.browser.login import demand_display, log_in
    from capture.browser.program import find_browser
    from capture.browser.session import Session, checked_name, load_session, session_names
    from capture.errors import BadSettings
    from capture.extractors.gallery.sites import site_of
    from capture.recorder.settings import checked_proxy
    from hashing.times import system_clock

    url = host if "://" in host else f"https://{host}/"
    try:
        parts = urlsplit(url)
        own = (parts.hostname or "").lower()
    except ValueError:
        own = ""
    if not own or parts.scheme not in {"https", "http"} or parts.username is not None:
        raise BadSettings(f"{host}: not a host", hint="write it as x.com, or as the address of its log-in page")
    name = checked_name(name or own.replace(":", "-"))
    proxy = checked_proxy(proxy)
    if urlsplit(proxy).username is not None:
        raise BadSettings("--proxy: a window takes no proxy with a login in its address")
    demand_display()
    program = find_browser(browser_path, sandbox=sandbox, proxy=proxy)
    before = load_session(name) if name in session_names() else Session(name=name, hosts=(), logged_in="", browser="")
    site = site_of(url)
    hosts = dict.fromkeys((*before.hosts, own, *(() if site is None else (*site.hosts, *site.also))))
    session = Session(name=name, hosts=tuple(hosts), logged_in="", browser="", cookies=before.cookies)
    click.echo("log in in the window, and close it; Ctrl-C here closes it, too", err=True)
    with interruptible() as stop:
        return log_in(program, url, session, proxy=proxy, stop=stop, clock=system_clock)


def _tell(session: Session, *, as_json: bool) -> None:
    """Print a session; nothing that lets anybody in."""
    if as_json:
        print_json({
            "session": session.name, "hosts": session.hosts, "logged_in": session.logged_in,
            "browser": session.browser, "cookies": len(session.cookies),
        })  # fmt: skip
        return
    hosts, cookies = ", ".join(session.hosts), counted(len(session.cookies), "cookie")
    click.echo(clean(f"session  {session.name}  for {hosts}; {cookies}, from {session.logged_in} by {session.browser}"))

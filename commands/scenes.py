"""What the commands that capture scenes make of their options."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.clock import asked_time_server
from commands.opening import recover_begun
from commands.output import complain

if TYPE_CHECKING:
    from http.cookiejar import CookieJar

    from capture.browser.session import Session
    from capture.request.options import CaptureOptions
    from hashing.case.case import Case
    from hashing.ledger.keys import SigningKey


def case_for(
    scenes: Sequence[str], path: Path | None, key: SigningKey, officer: str, title: str, options: CaptureOptions
) -> Case:
    """Open the case, or make it; finish off what a process that died has left in it.

    Where no case was named, one is made only if a scene can be asked; else raises NotAsked.
    """
    from capture.request.scene import parse_scene
    from hashing.case.case import Case

    # Before the case exists: a folder with a ledger and a key's signature would be left behind by every mistyped
    # address.
    if path is None:
        _demand_any_askable(scenes, options)
    # The case after its first scene, as nobody named it.
    first = parse_scene(scenes[0])
    case = Case.open_or_create(path or _new_case_path(first.url or first.tag), key=key, officer=officer, title=title)
    recover_begun(case, key, officer)
    return case


def _demand_any_askable(scenes: Sequence[str], options: CaptureOptions) -> None:
    from capture.errors import NotAsked
    from capture.run.askable import demand_askable

    problem: NotAsked | None = None
    for scene in scenes:
        try:
            demand_askable(scene, options)
        except NotAsked as error:
            problem = error
        else:
            return
    if problem is not None:
        raise problem


def capture_options(officer: str, scenes: Sequence[str], chosen: dict[str, Any]) -> Any:  # noqa: ANN401 - CaptureOptions, imported late
    """Make the options of captures from what was typed and set; refuse what no source takes."""
    from capture.extractors import search_targets
    from capture.request.scene import parse_scene

    parsed = [parse_scene(scene) for scene in scenes]
    options = options_for([scene.url for scene in parsed], officer, chosen)
    for scene in parsed:
        search_targets(scene, options)  # what no source takes is refused before anything is made
    return options


def options_for(urls: Sequence[str], officer: str, chosen: dict[str, Any]) -> Any:  # noqa: ANN401 - CaptureOptions, imported late
    """Make the options of captures of these addresses from what was typed and set."""
    from capture.recorder.settings import TIMEOUT, USER_AGENT, NetworkSettings, checked_proxy, checked_user_agent
    from capture.request.amounts import moment, size, span
    from capture.request.credentials import load_tokens
    from capture.request.options import BlueskyServices, CaptureOptions, checked_initials, initials_of, wanted_kinds
    from hashing.times import system_clock

    # 1. What may be mistyped and costs nothing to check; then what opens files: browser, session, cookies, tokens.
    wanted_kinds(chosen["media"])
    rendering, not_rendered = _rendering(chosen)
    session = _session(chosen["session"], [*urls, *chosen["on"]])
    now, default = system_clock(), BlueskyServices()
    network = NetworkSettings(
        timeout=chosen["timeout"] or TIMEOUT,
        max_size=chosen["max_size"] << 20,
        user_agent=checked_user_agent(chosen["user_agent"]) or USER_AGENT,
        proxy=checked_proxy(chosen["proxy"]),
        insecure=chosen["insecure"],
        allow_private=chosen["allow_private"],
        allow_networks=chosen["allow_networks"],
        cookies=_lent_cookies(chosen),
        tokens=load_tokens(chosen["tokens"], [url for url in urls if url] or _lendable_places(chosen)),
        jobs=chosen["jobs"],
    )
    return CaptureOptions(
        officer=officer,
        initials=checked_initials(chosen["initials"]) if chosen["initials"] else initials_of(officer),
        title=chosen["title"],
        note=chosen["note"],
        media=chosen["media"],
        limit=chosen["limit"],
        on=tuple(chosen["on"]),
        thread=chosen["thread"],
        since=moment(chosen["since"], "--since", now) if chosen["since"] else None,
        until=moment(chosen["until"], "--until", now) if chosen["until"] else None,
        comments=chosen["comments"],
        follow=chosen["follow"],
        pages=chosen["pages"],
        site_delay=chosen["site_delay"],
        live=span(chosen["live"], "--for") if chosen["live"] else 0.0,
        bluesky=BlueskyServices(appview=chosen["appview"] or default.appview, plc=chosen["plc"] or default.plc),
        ntp=asked_time_server(chosen["ntp"]),
        rendering=rendering,
        not_rendered=not_rendered,
        session=session,
        min_free=size(chosen["min_free"], "--min-free"),
        network=network,
    )


def _lent_cookies(chosen: dict[str, Any]) -> CookieJar | None:
    """Return the cookies of the browser and of the file that the user named; where both have one, the file's."""
    jar = None
    if chosen["browser"]:
        from capture.request.browser_cookies import load_browser_cookies

        jar, trouble = load_browser_cookies(chosen["browser"])
        if trouble:
            complain(f"not every cookie could be read: {trouble}", "")
    if chosen["cookies"]:
        from capture.request.credentials import load_cookies

        given = load_cookies(chosen["cookies"])
        # The file's after the browser's, so that of two with one name the file's stays: it was made for this.
        jar = given if jar is None else jar
        for cookie in given:
            jar.set_cookie(cookie)
    return jar


def _session(name: str, places: Sequence[str]) -> Session | None:
    """Return the log-in of this name. Raises BadSettings where there is none, or where it is for none of the places."""
    if not name:
        return None
    from capture.browser.session import load_session
    from capture.errors import BadSettings

    session = load_session(name)
    if not any(session.is_for(place if "://" in place else f"https://{place}") for place in places if place):
        raise BadSettings(
            f"--session {name}: it is for {', '.join(session.hosts)}, and nothing of what is to be captured is there",
            hint="log in there: goldenhour login HOST --session NAME",
        )
    return session


def _rendering(chosen: dict[str, Any]) -> tuple[Any, str]:
    """Return how pages are shown in a browser (RenderingSettings, imported late), or why they are not.

    Raises NotRendered where they are to be, and cannot.
    """
    # 1. Never: nothing of a browser is loaded, which would cost start-up time.
    if chosen["rendered"] == "never":
        return None, ""
    from capture.browser.browsers import Browsers
    from capture.browser.program import find_browser
    from capture.browser.settings import PageView, RenderingSettings, page_seconds, parse_viewport
    from capture.errors import NotRendered
    from capture.request.amounts import span

    # 2. Wrong settings are an error in any case, also where no browser is found.
    width, height = parse_viewport(chosen["viewport"], mobile=chosen["mobile"])
    view = PageView(
        width=width,
        height=height,
        mobile=chosen["mobile"],
        user_agent=chosen["user_agent"],
        service_workers=chosen["service_workers"],
    )
    scroll = span(chosen["scroll"], "--scroll")
    # 3. No browser: an error where one was demanded; else a remark, which the capture records.
    try:
        program = find_browser(chosen["browser_path"], sandbox=not chosen["no_browser_sandbox"], proxy=chosen["proxy"])
    except NotRendered as error:
        if chosen["rendered"] == "always":
            raise
        complain(f"not rendered: {error}", error.hint)
        return None, str(error)
    settings = RenderingSettings(
        program=program,
        browsers=click.get_current_context().with_resource(Browsers()),
        view=view,
        scroll=scroll,
        seconds=page_seconds(chosen["timeout"], scroll),
        permalinks=chosen["rendered"] == "always",
        interact=chosen["interact"],
    )
    return settings, ""


def _lendable_places(chosen: dict[str, Any]) -> Sequence[str]:
    """Return the places that a token without a host may be lent to: none that a case's own file names."""
    from commands.settings import is_of_case

    if chosen["tokens"] and is_of_case(click.get_current_context(), "on"):
        return ()
    places: Sequence[str] = chosen["on"]
    return places


def _new_case_path(url: str) -> Path:
    """Return a fresh name in the current folder, from the scene's host and the time."""
    from urllib.parse import urlsplit

    from capture.request.item_name import item_name
    from hashing.times import compact, system_clock

    host = item_name(0, f"//h/{urlsplit(url).hostname or url}.", "case", "")[5:]
    return Path(f"case-{host}-{compact(system_clock())}")

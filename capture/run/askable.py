"""Whether anything of a scene can be asked for at all: what never left the computer gets no exhibit number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from capture.errors import AddressRefused, NotAsked, NotFetched, Stopped
from capture.extractors import search_targets
from capture.recorder.stopping import Stop
from capture.recorder.urls import host_and_port
from capture.request.scene import Scene, parse_scene

if TYPE_CHECKING:
    from capture.request.options import CaptureOptions


def demand_askable(scene_text: str, options: CaptureOptions, stop: Stop | None = None) -> None:
    """Look up the servers of a scene and hold their addresses against the guard; connect to none.

    Raises NotAsked where none of them may be asked, or none has an address; BadScene. Which address is connected to is
    judged once more when that is done: here it is only found out whether there will be a capture. A look-up may take a
    minute; a `stop` ends it, and nothing is said of the scene then.
    """
    stop = stop or Stop()
    scene = parse_scene(scene_text)
    problem: NotFetched | None = None
    # One server that can be asked is enough: a capture of three of which two are down is a capture in part.
    for target in search_targets(scene, options):
        for url in _servers(target.scene, options):
            try:
                _demand(url, options, stop)
            except Stopped:
                return
            except NotFetched as error:
                problem = error
            else:
                return
    if problem is not None:
        raise NotAsked(str(problem), refused=isinstance(problem, AddressRefused)) from problem


def _servers(place: Scene, options: CaptureOptions) -> Sequence[str]:
    """Return the addresses of the servers that are asked first for what is looked for in a place."""
    if place.url.startswith("at://") or place.url.strip().lower() == "bsky":
        return [options.bluesky.appview]
    return [place.url if "://" in place.url else f"https://{place.url}"]


def _demand(url: str, options: CaptureOptions, stop: Stop) -> None:
    host, _, port = host_and_port(url).rpartition(":")
    if options.network.proxy:
        options.network.guard.check_name(host)
    else:
        options.network.guard.look_up(host, int(port), stop)

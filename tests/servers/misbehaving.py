"""A server with a path for every fault that a scene's server may have."""

from __future__ import annotations

import html
import threading
from collections import Counter
from typing import TYPE_CHECKING

from tests.servers.faults import FAULTS, Ask, Fault
from tests.servers.faults.content import png
from tests.servers.head import HTML, small_answer, whole
from tests.servers.raw import RawServer

if TYPE_CHECKING:
    from tests.servers.connection import Connection
    from tests.servers.seen import Seen


class MisbehavingServer(RawServer):
    """Misbehaves at each path of `FAULTS`, as its line there says.

    Three paths behave: `/` lists the faults; `/page` is a page, whose photos are what its query names, so that
    `/page?img=/truncated&img=/404` is a good page with bad photos; anything below `/photos/` is a good photo.
    Anything else is a 404. Which request for a target is the first is counted with its query:
    `/429-seconds?a` and `/429-seconds?b` are two.
    """

    def __init__(self, *, address: str = "127.0.0.1", keep: int = 16 << 20) -> None:
        super().__init__(self._misbehave, address=address, keep=keep)
        self._times: Counter[str] = Counter()
        self._counting = threading.Lock()

    def _misbehave(self, connection: Connection, seen: Seen) -> None:
        with self._counting:
            self._times[seen.path] += 1
            times = self._times[seen.path]
        fault, rest = _find(seen.path.partition("?")[0])
        fault.serve(connection, Ask(seen, times, rest))


def _find(path: str) -> tuple[Fault, str]:
    if path in _PLACES:
        return _PLACES[path], ""
    parent, slash, _ = path.partition("/")[2].partition("/")
    place = f"/{parent}{slash}"
    return (_PLACES[place], path.removeprefix(place)) if slash and place in _PLACES else (_NOWHERE, "")


def _index(connection: Connection, _: Ask) -> None:
    rows = "".join(f'<dt><a href="{path}">{path}</a><dd>{html.escape(FAULTS[path].says)}' for path in FAULTS)
    page = f"<!doctype html><title>Faults</title><dl>{rows}</dl>"
    connection.send(whole(200, HTML, page.encode()))


def _page(connection: Connection, ask: Ask) -> None:
    photos = ask.query.get("img", ["/photos/one.png"])
    tags = "".join(f'<img src="{html.escape(photo)}" alt="">\n' for photo in photos)
    page = f"<!doctype html><title>A page</title><article><p>It was raining.</p>\n{tags}</article>\n"
    connection.send(whole(200, HTML, page.encode()))


def _photo(connection: Connection, ask: Ask) -> None:
    connection.send(whole(200, "image/png", png(ask.rest)))


def _missing(connection: Connection, _: Ask) -> None:
    connection.send(small_answer(404, "no such fault\n"))


_NOWHERE = Fault("", "Answers 404.", _missing)
_PLACES = {
    **FAULTS,
    "/": Fault("/", "Lists the faults.", _index),
    "/page": Fault("/page", "Is a good page, with the photos that `?img=` names.", _page),
    "/photos/": Fault("/photos/", "Is a good photo.", _photo),
}

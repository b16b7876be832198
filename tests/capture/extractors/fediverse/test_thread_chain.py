"""Threads as long as a server likes."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from capture.extractors.fediverse.listed import read_page
from capture.extractors.fediverse.post_list import Answered, PostList
from capture.extractors.fediverse.server import Server
from capture.extractors.fediverse.thread import StatusThread
from capture.extractors.served_json import ServedJson
from tests.capture.conftest import OPTIONS
from tests.capture.extractors.fediverse.documented import status
from tests.steps import demand_even_growth

if TYPE_CHECKING:
    from capture.request.extractor import Fetch

SERVER = Server(origin="http://home.example", domain="home.example", has_token=False)


class _Asked:
    """A fetch that is never asked for anything."""

    options = OPTIONS


def test_a_chain_of_answers_is_followed_in_one_pass() -> None:
    """Of thousands of posts, each the answer to the one before, all are of the thread; each costs the same work."""
    demand_even_growth(lambda count: partial(_follow, count), 500)
    _follow(10_000)


def _follow(count: int) -> None:
    chain = [status(str(number), in_reply_to_id=str(number - 1), replies_count=1) for number in range(1, count)]
    served = ServedJson(json.dumps([{k: each[k] for k in ("id", "uri", "in_reply_to_id")} for each in chain]).encode())
    fetch: Fetch = _Asked()  # type: ignore[assignment]  # no method of it is called
    thread = StatusThread(
        Answered("0", "http://home.example/0", "the first", 1), SERVER, fetch, PostList(SERVER, fetch)
    )
    thread._note(read_page(served, [served.root], SERVER, {}))
    assert len(thread.covered) == count
    assert set(thread._replies) == thread.covered

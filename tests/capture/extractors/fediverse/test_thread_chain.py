"""Threads as long as a server likes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from capture.extractors.fediverse.listed import read_page
from capture.extractors.fediverse.post_list import Answered, PostList
from capture.extractors.fediverse.server import Server
from capture.extractors.fediverse.thread import StatusThread
from capture.extractors.served_json import ServedJson
from tests.capture.conftest import OPTIONS
from tests.capture.extractors.fediverse.documented import status

if TYPE_CHECKING:
    from capture.request.extractor import Fetch

SERVER = Server(origin="http://home.example", domain="home.example", has_token=False)


class _Asked:
    """A fetch that is never asked for anything."""

    options = OPTIONS


@pytest.mark.timeout(20)
def test_a_chain_of_answers_is_followed_in_one_pass() -> None:
    """Ten thousand posts, each the answer to the one before, are all of the thread, and cost no time each by each."""
    chain = [status(str(number), in_reply_to_id=str(number - 1), replies_count=1) for number in range(1, 10_000)]
    served = ServedJson(json.dumps([{k: each[k] for k in ("id", "uri", "in_reply_to_id")} for each in chain]).encode())
    fetch: Fetch = _Asked()  # type: ignore[assignment]  # no method of it is called
    thread = StatusThread(
        Answered("0", "http://home.example/0", "the first", 1), SERVER, fetch, PostList(SERVER, fetch)
    )
    thread._note(read_page(served, [served.root], SERVER, {}))
    assert len(thread.covered) == 10_000
    assert set(thread._replies) == thread.covered

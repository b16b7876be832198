"""A recorder over a temporary folder, and what it hands over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from capture.recorder.recorder import Fetched, Recorder
from capture.recorder.settings import NetworkSettings
from capture.recorder.stopping import Stop
from capture.recorder.warc_records import exchange_records
from hashing.warc.record import read_records
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from capture.recorder.exchange import EndedExchange

SETTINGS = NetworkSettings(allow_private=True, timeout=60.0, deadline=PATIENCE, backoff=0.01, max_size=32 << 20)


class Recording:
    """A recorder, and every exchange that it took, in order."""

    def __init__(self, folder: Path, settings: NetworkSettings) -> None:
        self.superseded: list[EndedExchange] = []
        self.stop = Stop()
        self.recorder = Recorder(folder, settings, superseded=self.superseded.append, stop=self.stop)

    def fetch(self, url: str) -> Fetched:
        """Fetch a URL as item 1 of an exhibit."""
        return self.recorder.fetch(url, ref="MP/1-0001")


def response_record(exchange: EndedExchange) -> bytes:
    """Return the record of the response, as it is where its body becomes no item; b"" where nothing came."""
    response = exchange_records(exchange).response
    return response.data if response is not None else b""


def request_record(exchange: EndedExchange) -> bytes:
    """Return the record of the request."""
    return exchange_records(exchange).request.data


def block(record: bytes) -> bytes:
    """Return the block of a record that holds no more than a few MiB."""
    import io
    import zlib

    plain = zlib.decompress(record, 31)
    [read] = read_records(io.BytesIO(record))
    return plain[len(plain) - read.size - 4 : -4]


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Callable[..., Recording]]:
    """Return a function that makes recorders with settings changed; all are closed afterwards."""
    made: list[Recording] = []

    def _make(**changed: Any) -> Recording:  # noqa: ANN401 - any setting
        folder = tmp_path / f"incoming-{len(made)}"
        folder.mkdir()
        made.append(Recording(folder, replace(SETTINGS, **changed)))
        return made[-1]

    yield _make
    for each in made:
        each.recorder.close()

"""What the services that captures need answer today, asked through the recorder's own door."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from capture.doctor.finding import Finding, fault, ok, warning
from capture.extractors.bluesky.address import DEFAULT, service_of
from capture.extractors.bluesky.xrpc import host_of, query
from capture.extractors.fediverse.address import place_of
from capture.recorder.decoding import NotDecoded, read_decoded
from capture.recorder.recorder import Recorder
from capture.recorder.settings import NetworkSettings
from hashing.errors import HashingError
from hashing.ledger.trusted_time import TrustedTimeError, ask
from hashing.ledger.trusted_time.authority import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from capture.doctor.setup import Setup
    from capture.recorder.exchange import Arrival
    from capture.recorder.recorder import Fetched

_SERVER, _AUTHORITY = "server", "authority"
_TAG = "news"
"""A hashtag that any server has."""
_REFUSALS = {401, 403, 422}
_TOO_MANY = 429
_NOT_THERE = 404
_LARGEST = 4 << 20
_LOGIN = "it shows this only to those who log in: lend a token with --token"
_LOOK = "try again; check the address, the network, and whether a proxy is needed (--proxy)"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Service:
    """Whom to ask what, what its answer must be, and whether the officer's own captures need it."""

    check: str
    url: str
    reads: Callable[[Any], str]
    """Says what the answer holds, or "" where it is no answer to this question."""
    needed: bool


def probe(setup: Setup) -> Iterator[Finding]:
    """Ask each service once; yield what came. The time server has been asked already, if one is named."""
    network = NetworkSettings(
        proxy=setup.proxy,
        allow_private=setup.guard.allow_private,
        allow_networks=setup.guard.networks,
        timeout=setup.timeout,
        deadline=2 * setup.timeout,
        largest=_LARGEST,
        attempts=1,
        longest_pause=1.0,
    )
    with tempfile.TemporaryDirectory(prefix="goldenhour-doctor-") as folder:
        recorder = Recorder(Path(folder), network, passed=lambda _: None, clock=setup.clock)
        try:
            for service in _services(setup):
                yield _asked(recorder, service)
            for place in setup.on:
                if place != DEFAULT:
                    yield _server(recorder, place)
        finally:
            recorder.close()
    for url in setup.authorities:
        yield _stamped(url, setup)


def _services(setup: Setup) -> Iterator[_Service]:
    wanted = DEFAULT in setup.on
    yield _search(setup.bluesky.appview, "bluesky", needed=wanted)
    plc = f"{setup.bluesky.plc.rstrip('/')}/_health"
    yield _Service(check="did directory", url=plc, reads=_read_health, needed=wanted)


def _search(origin: str, check: str, *, needed: bool) -> _Service:
    url = query(origin.rstrip("/"), "app.bsky.feed.searchPosts", q=f"#{_TAG}", tag=_TAG, limit=1)
    return _Service(check=check, url=url, reads=_read_search, needed=needed)


def _server(recorder: Recorder, place: str) -> Finding:
    """Ask a place of `on`: a server that speaks Mastodon's API, or else one of the AT Protocol."""
    fediverse, service = place_of(place), service_of(place, "")
    url = f"{fediverse}/api/v1/timelines/tag/{_TAG}?limit=1"
    timeline = _Service(check=_SERVER, url=url, reads=_read_timeline, needed=True)
    if not fediverse:
        return _asked(recorder, _search(service, _SERVER, needed=True))
    begun = time.monotonic()
    fetched = recorder.fetch(timeline.url)
    if service and fetched.arrival is not None and fetched.arrival.status == _NOT_THERE:
        return _asked(recorder, _search(service, _SERVER, needed=True))
    return _judged(timeline, fetched, time.monotonic() - begun)


def _asked(recorder: Recorder, service: _Service) -> Finding:
    begun = time.monotonic()
    try:
        fetched = recorder.fetch(service.url)
    except HashingError as error:
        return fault(service.check, str(error), error.hint or "free some space for temporary files")
    return _judged(service, fetched, time.monotonic() - begun)


def _judged(service: _Service, fetched: Fetched, seconds: float) -> Finding:
    seconds, status = round(seconds, 3), fetched.arrival.status if fetched.arrival is not None else 0
    if status in _REFUSALS:
        return warning(service.check, f"{service.url}: {fetched.reason}", _LOGIN, seconds=seconds)
    if status == _TOO_MANY:
        return warning(service.check, f"{service.url}: {fetched.reason}", "wait, and ask again", seconds=seconds)
    if fetched.whole and fetched.arrival is not None and (said := _read(service, fetched.arrival)):
        return ok(service.check, f"{host_of(service.url)} answered: {said}", seconds=seconds)
    reason = fetched.reason or "its answer is not what was asked for"
    hint = "give --allow-private, if you mean it" if fetched.refused else _LOOK
    if service.needed:
        return fault(service.check, f"{service.url}: {reason}", hint, seconds=seconds)
    return warning(service.check, f"{service.url}: {reason}", hint, seconds=seconds)


def _read(service: _Service, arrival: Arrival) -> str:
    try:
        data = read_decoded(arrival.body, arrival.header("content-encoding"))
        return service.reads(msgspec.json.decode(data))
    except (NotDecoded, HashingError, OSError, UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        return ""


def _read_timeline(answer: Any) -> str:  # noqa: ANN401 - JSON of a stranger
    if not isinstance(answer, list):
        return ""
    return f"shows posts of #{_TAG}" if answer else f"has no post of #{_TAG}"


def _read_search(answer: Any) -> str:  # noqa: ANN401 - JSON of a stranger
    posts = answer.get("posts") if isinstance(answer, dict) else None
    if not isinstance(posts, list):
        return ""
    return f"finds posts of #{_TAG}" if posts else f"finds no post of #{_TAG}"


def _read_health(answer: Any) -> str:  # noqa: ANN401 - JSON of a stranger
    version = answer.get("version") if isinstance(answer, dict) else None
    return f"version {version[:40]}" if isinstance(version, str) else ""


def _stamped(url: str, setup: Setup) -> Finding:
    """Have an authority stamp some bytes, as it would a seal; its time is a second opinion on this computer's clock."""
    name, begun = shown(url), time.monotonic()
    try:
        token = ask(url, b"goldenhour doctor", whole=2 * setup.timeout)
    except TrustedTimeError as error:
        hint = "captures are sealed all the same, and can be stamped later; name another authority"
        says = f"{name}: {str(error).removeprefix(f'{name}: ')}"
        return fault(_AUTHORITY, says, hint, seconds=round(time.monotonic() - begun, 3))
    seconds, late = time.monotonic() - begun, (setup.clock() - token.time).total_seconds()
    way = f"{abs(late):,.1f} s {'ahead of' if late > 0 else 'behind'} its time"
    says = f"{name} stamped, by {token.authority}; this computer's clock is {way}"
    return ok(_AUTHORITY, says, seconds=round(seconds, 3))

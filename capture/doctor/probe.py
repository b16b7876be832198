"""What the services that captures need answer today, asked through the recorder's own door."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from capture.doctor.finding import Finding, Setup, fault, ok, warning
from capture.doctor.service_answer import HEALTH, SEARCH, TIMELINE, said_by
from capture.extractors.bluesky.address import DEFAULT, service_of
from capture.extractors.bluesky.xrpc import host_of, query
from capture.extractors.fediverse.address import place_of
from capture.recorder.recorder import Fetched, Recorder
from capture.recorder.settings import NetworkSettings
from hashing.errors import HashingError
from hashing.ledger.trusted_time import TrustedTimeError, ask
from hashing.ledger.trusted_time.authority import shown
from hashing.sandbox import Readers

_SERVER, _AUTHORITY = "server", "authority"
_TAG = "news"  # A hashtag that any server has.
# Mastodon answers 422 ("This method requires an authenticated user").
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
    answer: str  # The kind of answer that it gives.
    needed: bool


def asking_once(setup: Setup, largest: int, *, deadline: float) -> NetworkSettings:
    """Return how services are asked: one attempt, short pauses, small answers.

    The doctor asks what is so now; a capture would be more patient.
    """
    return NetworkSettings(
        proxy=setup.proxy,
        allow_private=setup.guard.allow_private,
        allow_networks=setup.guard.networks,
        timeout=setup.timeout,
        deadline=deadline,
        max_size=largest,
        attempts=1,
        longest_pause=1.0,
    )


def probe(setup: Setup) -> Iterator[Finding]:
    """Ask each service once; yield what came. The time server has been asked already, if one is named."""
    network = asking_once(setup, _LARGEST, deadline=2 * setup.timeout)
    with tempfile.TemporaryDirectory(prefix="goldenhour-doctor-") as folder, Readers() as readers:
        recorder = Recorder(Path(folder), network, superseded=lambda _: None, clock=setup.clock)
        try:
            for service in _services(setup):
                yield _asked(recorder, readers, service)
            for place in setup.on:
                if place != DEFAULT:
                    yield _server(recorder, readers, place)
        finally:
            recorder.close()
    for url in setup.authorities:
        yield _authority(url, setup)


def _services(setup: Setup) -> Iterator[_Service]:
    wanted = DEFAULT in setup.on
    yield _search(setup.bluesky.appview, "bluesky", needed=wanted)
    plc = f"{setup.bluesky.plc.rstrip('/')}/_health"
    yield _Service(check="did directory", url=plc, answer=HEALTH, needed=wanted)


def _search(origin: str, check: str, *, needed: bool) -> _Service:
    url = query(origin.rstrip("/"), "app.bsky.feed.searchPosts", q=f"#{_TAG}", tag=_TAG, limit=1)
    return _Service(check=check, url=url, answer=SEARCH, needed=needed)


def _server(recorder: Recorder, readers: Readers, place: str) -> Finding:
    """Ask a place of `on`: a server that speaks Mastodon's API, or else one of the AT Protocol."""
    fediverse, service = place_of(place), service_of(place, "")
    url = f"{fediverse}/api/v1/timelines/tag/{_TAG}?limit=1"
    timeline = _Service(check=_SERVER, url=url, answer=TIMELINE, needed=True)
    if not fediverse:
        return _asked(recorder, readers, _search(service, _SERVER, needed=True))
    begun = time.monotonic()
    fetched = recorder.fetch(timeline.url)
    if service and fetched.exchange is not None and fetched.exchange.status == _NOT_THERE:
        return _asked(recorder, readers, _search(service, _SERVER, needed=True))
    return _judged(timeline, readers, fetched, time.monotonic() - begun)


def _asked(recorder: Recorder, readers: Readers, service: _Service) -> Finding:
    begun = time.monotonic()
    try:
        fetched = recorder.fetch(service.url)
    except HashingError as error:
        return fault(service.check, str(error), error.hint or "free some space for temporary files")
    return _judged(service, readers, fetched, time.monotonic() - begun)


def _judged(service: _Service, readers: Readers, fetched: Fetched, seconds: float) -> Finding:
    seconds, status = round(seconds, 3), fetched.exchange.status if fetched.exchange is not None else 0
    # A refusal that a token would end is another finding than a service that is not there.
    if status in _REFUSALS:
        return warning(service.check, f"{service.url}: {fetched.reason}", _LOGIN, seconds=seconds)
    if status == _TOO_MANY:
        return warning(service.check, f"{service.url}: {fetched.reason}", "wait, and ask again", seconds=seconds)
    if fetched.whole and (exchange := fetched.exchange) is not None:
        said = said_by(readers, exchange.body, exchange.header("content-encoding"), service.answer, _TAG)
        if said:
            return ok(service.check, f"{host_of(service.url)} answered: {said}", seconds=seconds)
    reason = fetched.reason or "its answer is not what was asked for"
    hint = "give --allow-private, if you mean it" if fetched.refused else _LOOK
    if service.needed:
        return fault(service.check, f"{service.url}: {reason}", hint, seconds=seconds)
    return warning(service.check, f"{service.url}: {reason}", hint, seconds=seconds)


def _authority(url: str, setup: Setup) -> Finding:
    """Have an authority time-stamp some bytes, as it would a seal; its time is a second opinion on our clock."""
    name, begun = shown(url), time.monotonic()
    try:
        token = ask(url, b"goldenhour doctor", whole=2 * setup.timeout)
    except TrustedTimeError as error:
        hint = "captures are sealed all the same, and can be time-stamped later; name another authority"
        says = f"{name}: {str(error).removeprefix(f'{name}: ')}"
        return fault(_AUTHORITY, says, hint, seconds=round(time.monotonic() - begun, 3))
    seconds, late = time.monotonic() - begun, (setup.clock() - token.time).total_seconds()
    way = f"{abs(late):,.1f} s {'ahead of' if late > 0 else 'behind'} its time"
    says = f"{name} time-stamped, by {token.authority}; this computer's clock is {way}"
    return ok(_AUTHORITY, says, seconds=round(seconds, 3))

"""Captures of Bluesky scenes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from capture.request.options import BlueskyServices
from exports.verification import verify
from hashing.case.capture_folder import capture_events
from hashing.case.events import PostRead, ProofRead
from tests.capture.extractors.bluesky.documented import Documented

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from capture.run.run import CaptureResult
    from exports.format.capture_view import CaptureView
    from exports.format.manifest import ListedItem
    from hashing.case.post import Post

    Captured = Callable[..., tuple[CaptureResult, CaptureView]]


@dataclass(frozen=True, slots=True)
class Got:
    """One capture: what came of it, and what it holds."""

    result: CaptureResult
    view: CaptureView

    def items(self, kind: str) -> list[ListedItem]:
        """Return the items of one kind, in the order of their numbers."""
        return [entry for entry in self.view.items if entry.kind == kind]

    def body(self, entry: ListedItem) -> bytes:
        """Return an item's bytes."""
        return (self.result.path / entry.path).read_bytes()

    @property
    def posts(self) -> list[Post]:
        """Every post that was read, in the order of reading."""
        return [event.post for event in capture_events(self.result.path) if isinstance(event, PostRead)]

    @property
    def proofs(self) -> list[ProofRead]:
        """Every proof."""
        return [event for event in capture_events(self.result.path) if isinstance(event, ProofRead)]

    @property
    def failures(self) -> dict[str, str]:
        """Reasons by URL."""
        return {failed.url: failed.reason for failed in self.view.failed}

    @property
    def skipped(self) -> dict[str, str]:
        """Reasons by URL."""
        return {skipped.url: skipped.reason for skipped in self.view.skipped}

    @property
    def verdict(self) -> str:
        """What verification says."""
        return verify(self.result.path).verdict


@pytest.fixture
def get(captured: Captured) -> Callable[..., Got]:
    """Return a function that captures a scene of a network, which has the addresses `appview` and `plc`."""

    def _get(scene: str, appview: str, plc: str = "", **changed: Any) -> Got:  # noqa: ANN401 - any option
        return Got(*captured(scene, bluesky=BlueskyServices(appview=appview, plc=plc or appview), **changed))

    return _get


@pytest.fixture
def documented() -> Iterator[Documented]:
    """Return a server that speaks as the documents have it."""
    with Documented() as network:
        yield network

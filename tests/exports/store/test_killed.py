"""A push that is killed, wherever, is gone on with by the next one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.exports.small_case import Thing
from tests.exports.store.reached import LOCK, keys, run
from tests.patience import PATIENCE
from tests.servers.meddler import Answered, Asked, Broken, Meddler

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.exports.small_case import CaseMaker
    from tests.sampling import Sample
    from tests.servers.object_store import ObjectStoreServer

_ROOT = Path(__file__).parents[3]
_PROGRAM = "from exports.store import sending; sending.PART = 5 << 20; from cli import main; main()"
"""goldenhour, with parts that are small enough for a test."""


class _Doomed:
    """A push through a proxy that kills it at a request: before the store gets it, or when the store has answered."""

    def __init__(self, store: ObjectStoreServer, case: Path, place: str) -> None:
        self._store, self._case, self._place = store, case, place
        self.requests = 0

    def run(self, point: int = 0, *, answered: bool = False) -> int:
        """Run it; return its exit code."""

        def _meddle(asked: Asked, forward: Callable[[], Answered]) -> Answered:
            if not point or asked.number < point:
                return forward()
            if asked.number == point and answered:
                forward()
            process.kill()
            raise Broken

        with Meddler(self._store.origin, _meddle) as proxy:
            words = ["store", "push", str(self._case), self._place, *LOCK, "--quiet"]
            process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, *words],
                cwd=_ROOT,
                env=os.environ | {"AWS_ENDPOINT_URL_S3": proxy.origin},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            self.said = process.communicate(timeout=PATIENCE)[0].decode()
            self.requests = len(proxy.asked)
        return process.returncode


def test_a_killed_push_is_gone_on_with(
    own: CaseMaker, place: str, object_store: ObjectStoreServer, sample: Sample, tmp_path: Path
) -> None:
    """Killed at any request, a push leaves no head without all that it lists, and the next one makes it whole."""
    own.capture([Thing("film.mp4", bytes(range(253)) * (64 << 10), kind="video", mime="video/mp4")])
    whole = _Doomed(object_store, own.path, place)
    assert whole.run() == 0, whole.said
    for point in sample(range(1, whole.requests + 1), 1, 50):
        place = object_store.place()
        doomed = _Doomed(object_store, own.path, place)
        doomed.run(point, answered=point % 2 == 0)
        if any("/heads/" in key for key in keys(object_store, place)):
            assert run("pull", tmp_path / f"killed-{point}", place)[0] == 0, point
        assert doomed.run() == 0, (point, doomed.said)
        code, said = run("verify", own.path, place, "--read", "--json")
        assert (code, json.loads(said)["verdict"]) == (0, "ok"), (point, said)
        assert run("pull", tmp_path / f"back-{point}", place)[0] == 0, point

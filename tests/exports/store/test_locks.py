"""A store is tried on scratch objects, and nothing is trusted to one that lets a lock go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.exports.store.reached import keys, run
from tests.servers.meddler import Answered, Asked, Meddler

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.exports.small_case import CaseMaker
    from tests.servers.object_store import ObjectStoreServer

COMPLIANCE = ("--lock", "compliance", "--retain-until", "2999-12-31")
OTHER_BYTES = b"goldenhour: other bytes"


def _deleted(asked: Asked) -> bool:
    return asked.method == "DELETE" and "versionId" in asked.query


def _xml(name: str) -> bytes:
    return f"<{name}></{name}>".encode()


LIES: dict[str, tuple[Callable[[Asked], bool], Answered]] = {
    "deleted the locked version of an object": (_deleted, Answered(204)),
    "for whoever may pass governance": (
        lambda asked: _deleted(asked) and bool(asked.header("x-amz-bypass-governance-retention")),
        Answered(204),
    ),
    "shortened the lock of an object": (
        lambda asked: "retention" in asked.query and b"<Mode>COMPLIANCE" in asked.body,
        Answered(200),
    ),
    "turned compliance into governance": (
        lambda asked: "retention" in asked.query and b"<Mode>GOVERNANCE" in asked.body,
        Answered(200),
    ),
    "bytes that are not of the SHA-256": (lambda asked: asked.path.endswith("-other"), Answered(200)),
    "If-None-Match is not heeded": (
        lambda asked: asked.path.endswith("-whole") and asked.body.startswith(OTHER_BYTES),
        Answered(200),
    ),
    "in the place of one that was there": (
        lambda asked: asked.method == "POST" and "uploadId" in asked.query,
        Answered(200, (), _xml("CompleteMultipartUploadResult")),
    ),
    "it has no object lock": (lambda asked: "object-lock" in asked.query, Answered(200, (), _xml("x"))),
    "it keeps no versions": (lambda asked: "versioning" in asked.query, Answered(200, (), _xml("x"))),
}
"""What a store says it did, by the words in which it is named unfit for it."""


@pytest.mark.parametrize("words", LIES)
def test_a_store_that_lets_a_lock_go_is_unfit(
    own: CaseMaker, place: str, object_store: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """Each thing that a store must refuse is tried, and named where it is not refused; nothing of the case is sent."""
    lies, answer = LIES[words]
    first = dict[str, int]()

    def _meddle(asked: Asked, forward: Callable[[], Answered]) -> Answered:
        if not lies(asked):
            return forward()
        once = asked.method == "POST" and not first  # the first completion is the scratch object's own
        first[asked.path] = 1
        return forward() if once else answer

    with Meddler(object_store.origin, _meddle) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.origin)
        code, said = run("push", own.path, place, *COMPLIANCE)
    assert (code, words in said) == (7, True), said
    assert keys(object_store, place) == []


def test_a_store_without_locks_is_unfit(own: CaseMaker, place: str) -> None:
    """A bucket without versions and object lock, which all stores have, gets nothing."""
    code, said = run("push", own.path, place.replace("evidence", "plain"), *COMPLIANCE)
    assert (code, "no object lock" in said, "no versions" in said) == (7, True, True)


def test_a_lock_must_come_from_somewhere(own: CaseMaker, place: str) -> None:
    """Without a lock on the command line the bucket must have its own; half of one, or a past one, is a mistake."""
    assert run("push", own.path, place)[0] == 7
    for words in (
        ("--lock", "compliance"),
        ("--retain-until", "2999-12-31"),
        ("--lock", "compliance", "--retain-until", "2020-01-01"),
        ("--lock", "compliance", "--retain-until", "2999-12-31T10:00"),
        ("--lock", "compliance", "--retain-until", "soon"),
    ):
        assert run("push", own.path, place, *words)[0] == 2
    for address in ("s3://", "evidence/x", "s3://evidence/../x", "s3://evidence/\x1b[2J", "https://evidence/x"):
        code, said = run("push", own.path, address)
        assert (code, "\x1b" in said) == (2, False)


def test_a_store_that_fails_is_not_one_that_refuses(
    own: CaseMaker, place: str, object_store: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of the store's own in place of a refusal shows nothing of its locks: it could not be checked."""
    with Meddler(object_store.origin, lambda asked, forward: Answered(501) if _deleted(asked) else forward()) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.origin)
        assert run("push", own.path, place, *COMPLIANCE)[0] == 6
    assert keys(object_store, place) == []

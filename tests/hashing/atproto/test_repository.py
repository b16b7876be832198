from __future__ import annotations

import io
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashing.atproto import AtprotoError, Malformed, NotProven
from hashing.atproto.repository import Repository
from tests.hashing.atproto.repository import COLLECTION, cid_of, write_car, write_repository
from tests.hashing.atproto.signer import Signer

if TYPE_CHECKING:
    from collections.abc import Callable

RKEYS = sorted(f"3n32la6s6f{a}{b}x" for a in "234567abcdefgh" for b in "abcdefg")
WHOLE = write_repository(Signer("k256", 5), set(RKEYS))
CAR = WHOLE.car()


def test_every_record_of_a_repository_is_found_the_greatest_key_first() -> None:
    """The tree is walked without recursion, and each record is read where it stands."""
    repository = Repository(io.BytesIO(CAR))
    found = list(repository.records())
    assert [key for key, _ in found] == [f"{COLLECTION}/{rkey}" for rkey in reversed(RKEYS)]
    assert [cid.raw for _, cid in found] == [cid_of(WHOLE.records[key.encode()]) for key, _ in found]
    assert [repository.record(cid) for _, cid in found] == [
        {"$type": COLLECTION, "text": rkey} for rkey in reversed(RKEYS)
    ]


@pytest.mark.parametrize(
    ("car", "error", "words"),
    [
        (b"", Malformed, "empty file"),
        (b"\x05hello", Malformed, "bytes too many|block|header"),
        (CAR[:100], NotProven, "missing|does not hash"),
        (write_car([cid_of(WHOLE.commit)], [WHOLE.commit]), NotProven, "missing from the CAR file"),
        (write_car([cid_of(b"x")], [WHOLE.commit]), NotProven, "missing from the CAR file"),
        (CAR.replace(WHOLE.tree.block[-8:], b"\0" * 8), NotProven, "does not hash to its CID"),
    ],
    ids=["empty", "text", "cut", "no tree", "no commit", "changed"],
)
def test_a_repository_that_does_not_hold_together_is_told(car: bytes, error: type[Exception], words: str) -> None:
    """Bytes that are no repository, and blocks that are missing or changed, are errors with their reason."""
    with pytest.raises(error, match=words):
        list(Repository(io.BytesIO(car)).records())


@given(st.binary(max_size=300), st.integers(0, len(CAR)), st.sampled_from([bytes, lambda data: data + CAR]))
def test_any_bytes_are_a_repository_or_an_error_of_ours(data: bytes, cut: int, mend: Callable[[bytes], bytes]) -> None:
    """Whatever stands in the place of a repository never raises anything else."""
    for car in (mend(data), CAR[:cut] + data + CAR[cut:], CAR[:cut] + data):
        with suppress(AtprotoError):
            list(Repository(io.BytesIO(car)).records())

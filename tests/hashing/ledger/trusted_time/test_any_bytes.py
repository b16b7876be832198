from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hashing.ledger.trusted_time import NotValid, ask, load_roots, read_token
from hashing.ledger.trusted_time.errors import NotTrusted
from hashing.ledger.trusted_time.signature import SignerInfo

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.time_authority import TimeAuthority

DATA = b"what was sealed\n"


@given(st.binary(max_size=300))
def test_bytes_are_a_token_or_an_error_of_ours(data: bytes) -> None:
    """No bytes that are no token end in anything but NotValid."""
    with pytest.raises(NotValid):
        read_token(data)


@given(st.binary(max_size=300) | st.binary(max_size=100).map(lambda data: b"\x30\x80" + data))
def test_bytes_are_a_signature_or_an_error_of_ours(data: bytes) -> None:
    """The walk through a signed token ends in NotValid for whatever is none, also where no library read it first."""
    with pytest.raises(NotValid):
        SignerInfo.parse(data)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(changes=st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_damaged_token_never_says_something_else(
    authority: TimeAuthority, kept: dict[Path, bytes], changes: list[tuple[int, int]]
) -> None:
    """A token with changed bytes is refused, or what it says is what it said."""
    if authority.root not in kept:
        kept[authority.root] = ask(authority.url(), DATA).data
    sound = read_token(kept[authority.root])
    data = bytearray(sound.data)
    for place, value in changes:
        data[place % len(data)] = value
    try:
        token = read_token(bytes(data))
        token.demand_root(load_roots(authority.root))
    except (NotValid, NotTrusted):
        return
    said = (token.time, token.imprint, token.nonce, token.policy, token.serial, token.authority)
    assert said == (sound.time, sound.imprint, sound.nonce, sound.policy, sound.serial, sound.authority)


@pytest.fixture
def kept() -> dict[Path, bytes]:
    """Return where one token is kept for all examples."""
    return {}

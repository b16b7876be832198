from __future__ import annotations

import pytest

from hashing.atproto import Cid
from hashing.atproto.mst import key_layer
from tests.hashing.atproto.repository import grow
from tests.hashing.atproto.test_cid import EMPTY_TREE_CID

LEAF = Cid.parse("bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454").raw


@pytest.mark.parametrize(
    ("key", "layer"),
    [
        ("2653ae71", 0),
        ("blue", 1),
        ("app.bsky.feed.post/454397e440ec", 4),
        ("app.bsky.feed.post/9adeb165882c", 8),
    ],
)
def test_published_layers(key: str, layer: int) -> None:
    """The layers of the keys in the specification are those that it states."""
    assert key_layer(key.encode()) == layer


@pytest.mark.parametrize(
    ("keys", "root"),
    [
        ([], EMPTY_TREE_CID),
        (["com.example.record/3jqfcqzm3fo2j"], "bafyreibj4lsc3aqnrvphp5xmrnfoorvru4wynt6lwidqbm2623a6tatzdu"),
    ],
)
def test_published_trees(keys: list[str], root: str) -> None:
    """The writer of these tests builds the trees whose roots are published with the reference implementation."""
    assert grow(dict.fromkeys((key.encode() for key in keys), LEAF)).cid == Cid.parse(root).raw

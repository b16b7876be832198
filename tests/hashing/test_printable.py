from __future__ import annotations

import pytest

from hashing.printable import human_size


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1_048_575, "1.0 MiB"),
        (1_258_291, "1.2 MiB"),
        (5 << 30, "5.0 GiB"),
        (5 << 50, "5120.0 TiB"),
    ],
)
def test_human_size(count: int, shown: str) -> None:
    """Sizes have binary units and one decimal, and never more than four digits before it up to a PiB."""
    assert human_size(count) == shown

"""Hostile values, put at every place of one element of a list, each to stand beside honest neighbours."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.sampling import Sample

Path = tuple[str | int, ...]

DEEP = 3000
"""Deeper than any reader of JSON goes by recursion."""

FRAGMENTS: dict[str, bytes] = {
    "nothing": b"null",
    "truth": b"true",
    "number": b"-7",
    "long number": b"9" * 5000,
    "no finite number": b"-1e999",
    "no number": b"NaN",
    "empty": b'""',
    "surrogate": b'"\\ud800 \\udfff"',
    "bytes": b'"\xff\xfe\xc0\x80"',
    "control": b'"\\u0000\\u001b[31m\\u202e\\ufffe\x07"',
    "long": b'"' + b"x" * 20_000 + b'"',
    "address": b'"http://[::1/\\u0000:99999999@x"',
    "time": b'"9999-12-31T23:59:59-14:00"',
    "uri": b'"at://did:web:localhost/app.bsky.feed.post/.."',
    "list": b'[null, [], {}, "x", 7, "\\udc00"]',
    "object": b'{"": null, "$type": [], "$link": {}, "uri": 7}',
    "twice": b'{"uri": 1, "uri": 2}',
    "deep list": b"[" * DEEP + b"]" * DEEP,
    "deep object": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
}
"""By what they are, as JSON, or as what some server takes for it."""

_MARK = "@@here@@"
_SAMPLED = 300


def places(value: Any, at: Path = ()) -> Iterator[Path]:  # noqa: ANN401 - any JSON
    """Yield the place of every value within a value, itself among them."""
    yield at
    if isinstance(value, dict):
        for name, each in value.items():
            yield from places(each, (*at, name))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from places(each, (*at, index))


def placed(value: Any, at: Path, fragment: bytes) -> bytes:  # noqa: ANN401 - any JSON
    """Return a value as JSON with a fragment at one place of it."""
    if not at:
        return fragment
    changed = copy.deepcopy(value)
    inner = changed
    for step in at[:-1]:
        inner = inner[step]
    inner[at[-1]] = _MARK
    return json.dumps(changed).encode().replace(json.dumps(_MARK).encode(), fragment)


def elements(element: Callable[[int], Any], sample: Sample) -> list[bytes]:
    """Return elements with hostile values at places of theirs; `element` makes the honest one of a number.

    A whole run has each value at each place, any other some of them.
    """
    everything = [(at, fragment) for at in places(element(0)) for fragment in FRAGMENTS.values()]
    return [placed(element(number), at, fragment) for number, (at, fragment) in enumerate(sample(everything, _SAMPLED))]


def among(hostile: list[bytes], honest: list[bytes]) -> list[bytes]:
    """Return the elements of a list in which honest ones stand first, last, and spread between hostile ones."""
    step = max(len(hostile) // max(len(honest) - 1, 1), 1)
    mixed: list[bytes] = []
    for number, each in enumerate(honest):
        mixed.append(each)
        mixed += hostile[number * step : (number + 1) * step] if number < len(honest) - 1 else []
    return [*mixed[:-1], *hostile[(len(honest) - 1) * step :], mixed[-1]]

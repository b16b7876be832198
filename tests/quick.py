"""`--quick`: the tests that start no server, no browser and no other program, for a look after each change.

Which these are follows from the names that a test, its fixtures and the functions that these call use: no mark is kept.
"""

from __future__ import annotations

import inspect
from functools import cache
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

_STARTED = ("tests.servers", "tests.browser", "subprocess")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption("--quick", action="store_true", help="leave out tests that start a server or another program")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what starts something."""
    if config.getoption("quick"):
        left = [item for item in items if _starts_something(item)]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in set(left)]


def _starts_something(item: pytest.Item) -> bool:
    fixtures = getattr(item, "_fixtureinfo").name2fixturedefs.values()  # noqa: B009 - pytest has no public way
    functions = [getattr(item, "function", None), *(each.func for defined in fixtures for each in defined)]
    return any(_leads_to_one(function) for function in functions if isinstance(function, FunctionType))


def _leads_to_one(function: FunctionType) -> bool:
    """Say whether a function of the tests, or one that it calls, uses what starts servers or programs."""
    ahead, seen = [function], {function}
    while ahead:
        for value in _used(ahead.pop()):
            place = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None) or ""
            if place.startswith(_STARTED):
                return True
            if isinstance(value, FunctionType) and place.startswith("tests.") and value not in seen:
                ahead.append(value)
                seen.add(value)
    return False


@cache
def _used(function: FunctionType) -> list[object]:
    """Return what the names in a function stand for, as far as its module knows them."""
    found = (function.__globals__.get(name) for name in _names(function.__code__))
    return [inspect.unwrap(value) if callable(value) else value for value in found]


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)

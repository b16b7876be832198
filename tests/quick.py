"""`--quick`: the tests that start no server and no other program, and make no case, for a look after each change.

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

_STARTED = ("tests.servers", "tests.browser", "tests.exports.small_case", "subprocess")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption(
        "--quick", action="store_true", help="leave out tests that start a server or another program, or make a case"
    )


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
            parents = value.__mro__ if isinstance(value, type) else (value,)
            if any(_place(each).startswith(_STARTED) for each in parents):
                return True
            if _place(value).startswith("tests."):
                called = _functions(value) - seen
                ahead.extend(called)
                seen |= called
    return False


def _place(value: object) -> str:
    """Return the module of a value; of a module, its own name."""
    return str(value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None) or "")


def _functions(value: object) -> set[FunctionType]:
    """Return what runs where a function is called, or an object of a class made and used."""
    if isinstance(value, FunctionType):
        return {value}
    if not isinstance(value, type):
        return set()
    members = [inspect.unwrap(member) for each in value.__mro__ for member in vars(each).values() if callable(member)]
    return {member for member in members if isinstance(member, FunctionType)}


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

"""Long suites in part: a run takes a sample of each, drawn by a seed that it prints; `--whole` takes all of it.

A test draws from its own cases with the fixture `sample`; of a parametrised test's cases, the mark
`@pytest.mark.sample(5)` keeps five, and `@pytest.mark.sample(2, by="form")` two for each value of `form`; of each file
in `tests/long_suites.py` some tests are kept, and all where whoever starts the run names the file or its folder. What
is drawn depends on the seed and the name alone: neither the order of tests nor the number of workers changes it.
"""

from __future__ import annotations

import random
import secrets
from collections import defaultdict
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from hypothesis import settings

from tests.long_suites import TESTS_OF_A_FILE

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    T = TypeVar("T")

_DRAWN = pytest.StashKey[dict[str, tuple[int, int]]]()
"""Of each test: how many cases were drawn, of how many."""

_OF_ALL = pytest.StashKey[bool]()
"""Whether no file or folder was named, so that long files are drawn from."""


_EXAMPLES, _IN_QUICK_RUNS = 15, 10
"""Of each property in a sampled run, where the test asks for no number of its own; in a whole run 100."""


class Sample:
    """Draws some of a test's cases: `for bit in sample(range(1000), 50)`; all of them in a whole run."""

    def __init__(self, config: pytest.Config, test: str) -> None:
        self.whole = bool(config.getoption("whole"))
        self._random = random.Random(f"{config.getoption('seed')} {test}")  # noqa: S311 - no secret
        self._drawn = config.stash[_DRAWN]
        self._test = test

    def __call__(self, cases: Sequence[T], most: int, whole: int | None = None) -> list[T]:
        """Return up to `most` of these cases, in their order; in a whole run up to `whole`, where all take hours."""
        taken = min(len(cases), (whole or len(cases)) if self.whole else most)
        before, of = self._drawn.get(self._test, (0, 0))
        self._drawn[self._test] = before + taken, of + len(cases)
        return [cases[place] for place in sorted(self._random.sample(range(len(cases)), taken))]


@pytest.fixture
def sample(request: pytest.FixtureRequest) -> Sample:
    """Return what draws a sample of this test's cases."""
    return Sample(request.config, request.node.nodeid)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the two options."""
    group = parser.getgroup("sampling", "long suites in part")
    group.addoption("--whole", action="store_true", help="run every case of the long suites")
    group.addoption("--seed", type=int, default=None, help="draw the sample that an earlier run drew")


def pytest_configure(config: pytest.Config) -> None:
    """Choose a seed where none is given."""
    config.addinivalue_line("markers", "sample(most, by=''): of a test's cases, so many are run")
    config.stash[_DRAWN] = {}
    config.stash[_OF_ALL] = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if (given := getattr(config, "workerinput", None)) is not None:
        config.option.seed, config.option.whole = given["seed"], given["whole"]
        config.stash[_OF_ALL] = given["of_all"]
    elif config.getoption("seed") is None:
        config.option.seed = secrets.randbelow(1_000_000)
    # A machine under load is slow, and that is no fault: properties have no deadline.
    settings.register_profile("whole", deadline=None)
    settings.register_profile("sample", deadline=None, max_examples=_examples(config))
    settings.load_profile("whole" if config.getoption("whole") else "sample")


def pytest_report_header(config: pytest.Config) -> str:
    """Say the seed before anything can fail."""
    return "long suites: whole" if config.getoption("whole") else f"long suites: sampled, --seed {config.option.seed}"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the cases that were not drawn: of each test with a mark first, of each long file then."""
    tests: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if (mark := item.get_closest_marker("sample")) is not None:
            tests[f"{_function(item.nodeid)} {_value(item, mark.kwargs.get('by', ''))}".strip()].append(item)
    left: set[pytest.Item] = set()
    for test, cases in tests.items():
        [mark] = list(cases[0].iter_markers("sample"))[:1]
        left |= {*cases} - {*Sample(config, test)(cases, mark.args[0])}
    files: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items if config.stash[_OF_ALL] else ():
        if (file := item.nodeid.partition("::")[0]) in TESTS_OF_A_FILE and item not in left:
            files[file].append(item)
    for file, cases in files.items():
        left |= {*cases} - {*Sample(config, file)(cases, TESTS_OF_A_FILE[file])}
    if left:
        config.hook.pytest_deselected(items=list(left))
        items[:] = [item for item in items if item not in left]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say with a failure how the same cases are drawn again."""
    report = yield
    if report.failed and "sample" in getattr(item, "fixturenames", ()) and not item.config.getoption("whole"):
        report.sections.append(("sample", f"again: pytest '{item.nodeid}' --seed {item.config.option.seed}"))
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # noqa: ANN401 - xdist's own type
    """Have every worker draw the same."""
    options = node.config.option
    node.workerinput |= {"seed": options.seed, "whole": options.whole, "of_all": node.config.stash[_OF_ALL]}


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:  # noqa: ANN401, ARG001 - xdist's own types
    """Take what a worker drew."""
    node.config.stash[_DRAWN].update(getattr(node, "workeroutput", {}).get("drawn", {}))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what this worker drew to the process that started it."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["drawn"] = session.config.stash[_DRAWN]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what of each long suite was run."""
    suites: dict[str, tuple[int, int]] = {}
    for test, (taken, of) in config.stash[_DRAWN].items():
        before = suites.get(_function(test), (0, 0))
        suites[_function(test)] = before[0] + taken, before[1] + of
    if not suites:
        return
    how = "run whole" if config.getoption("whole") else f"sampled with --seed {config.option.seed}"
    terminalreporter.section(f"long suites: {how}")
    for test, (taken, of) in sorted(suites.items()):
        terminalreporter.line(f"{taken:6} of {of:6}  {test}")
    if not config.getoption("whole"):
        terminalreporter.line(f"{_examples(config):6} of    100  examples of each property")
        terminalreporter.line("all of them: make test-all, or pytest --whole")


def _examples(config: pytest.Config) -> int:
    return _IN_QUICK_RUNS if config.getoption("quick", default=False) else _EXAMPLES


def _function(test: str) -> str:
    """Return a test's name without the case, and without the value that a sample was drawn for."""
    return test.partition("[")[0].partition(" ")[0]


def _value(item: pytest.Item, name: str) -> str:
    """Return the case's value of one parameter, as far as it can be written."""
    callspec = getattr(item, "callspec", None)
    return repr(callspec.params[name]) if name and callspec is not None else ""

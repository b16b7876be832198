"""The samples that a run draws of the long suites."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.long_suites import TESTS_OF_A_FILE

ROOT = Path(__file__).parents[1]
SUITE = """
import pytest

@pytest.mark.sample(3)
@pytest.mark.parametrize("number", range(50))
def test_cases(number):
    print("case", number)

@pytest.mark.sample(1, by="form")
@pytest.mark.parametrize("number", range(9))
@pytest.mark.parametrize("form", ["a", "b"])
def test_forms(form, number):
    print("form", form)

def test_drawn(sample):
    drawn = sample(range(1000), 5)
    print("drawn", drawn)
"""


def _run(folder: Path, *options: str) -> str:
    (folder / "test_suite.py").write_text(SUITE, "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "tests.sampling", "-p", "no:cacheprovider", "-rP", *options]
    done = subprocess.run([*command, str(folder)], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout


def _shown(output: str) -> list[str]:
    return sorted(re.findall(r"^(?:case|form|drawn) .*$", output, re.MULTILINE))


def test_a_seed_draws_the_same_cases_again(tmp_path: Path) -> None:
    """A run says its seed and how many of how many cases it ran; the seed draws these again, and another one others.

    Nor does it matter how many work side by side.
    """
    first = _run(tmp_path, "-n", "2")
    [seed] = re.findall(r"sampled with --seed (\d+)", first)
    assert re.search(r"3 of +50 .*test_cases", first)
    assert re.search(r"2 of +18 .*test_forms", first)
    assert re.search(r"5 of +1000 .*test_drawn", first)
    assert len(_shown(first)) == 3 + 2 + 1
    assert {"form a", "form b"} <= set(_shown(first))
    assert _shown(_run(tmp_path, "--seed", seed)) == _shown(first)
    assert _shown(_run(tmp_path, "--seed", str(int(seed) + 1))) != _shown(first)


def test_a_whole_run_leaves_nothing_out_and_a_failure_says_how_to_repeat_it(tmp_path: Path) -> None:
    """`--whole` runs every case; a failing sample names the test and the seed."""
    whole = _run(tmp_path, "--whole")
    assert re.search(r"1000 of +1000 .*test_drawn", whole)
    assert "18 of     18" in whole
    (tmp_path / "test_suite.py").unlink()
    (tmp_path / "test_wrong.py").write_text("def test_wrong(sample):\n    assert sample(range(9), 2) == []\n", "utf-8")
    wrong = _run(tmp_path, "--seed", "7", "-k", "wrong")
    assert re.search(r"again: pytest '.*test_wrong\.py::test_wrong' --seed 7", wrong)


def test_the_long_files_are_there() -> None:
    """A file that was renamed is drawn from under its new name."""
    assert [file for file in TESTS_OF_A_FILE if not (ROOT / file).is_file()] == []


def test_a_file_that_is_named_is_run_whole(tmp_path: Path) -> None:
    """Where all tests are run, long files are drawn from; whoever names one gets each of its tests."""
    [(file, most), *_] = TESTS_OF_A_FILE.items()
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text("".join(f"def test_{number}(): pass\n\n" for number in range(most + 9)), "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\ntestpaths = tests\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.sampling", "-p", "no:cacheprovider"]
    for named, ran in ([], most), ([file], most + 9):
        done = subprocess.run(
            [*command, *named],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert f" {ran} passed" in done.stdout

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.fuzz.targets import TARGETS

ROOT = Path(__file__).parents[3]
INPUTS, FEWER = 5000, 200


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed")
@pytest.mark.sample(2)
@pytest.mark.parametrize("name", TARGETS)
def test_any_bytes_give_a_result_or_an_error_of_ours(name: str, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """Whatever the bytes: a result or an error of ours, never another exception, never a hang."""
    inputs = INPUTS if pytestconfig.option.whole else FEWER
    seed = str(pytestconfig.option.seed + 1)  # 0 would have libFuzzer take the time for it
    command = [sys.executable, "-m", "tests.faults.fuzz.run", name, str(inputs), seed, str(tmp_path / "corpus")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    ran = re.search(r"stat::number_of_executed_units: (\d+)", done.stderr)
    assert ran is not None
    assert int(ran[1]) >= inputs

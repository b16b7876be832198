"""What a command costs: seconds, processor time and memory; measured in turn with its peer, so that load meets both."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

GOLDENHOUR = (sys.executable, "-m", "cli")

# A process starts out with the peak memory of the one that starts it, so a bare Python runs and measures the command.
_MEASURE = """
import json, os, subprocess, sys, time
begun = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
said = process.stderr.read()
os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
times = open(f"/proc/{process.pid}/stat").read().rpartition(")")[2].split()  # proc(5): the last two are its children's
_, status, used = os.wait4(process.pid, 0)
children = (int(times[13]) + int(times[14])) / os.sysconf("SC_CLK_TCK")
print(json.dumps([time.perf_counter() - begun, used.ru_utime + used.ru_stime, children, used.ru_maxrss / 1024,
                  os.waitstatus_to_exitcode(status), said.decode("utf-8", "replace")[-2000:]]))
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command took, children included: seconds, seconds of processor time, the most MiB of any process.

    `children` is the processor time of its children alone.
    """

    seconds: float
    cpu: float
    memory: float
    children: float = 0.0

    @property
    def shown(self) -> str:
        """The seconds, for a table."""
        return f"{self.seconds:.2f} s"

    @property
    def cpu_shown(self) -> str:
        """The processor time, for a table."""
        return f"{self.cpu:.2f} s"


def run(command: Sequence[str | Path], *, fine: Sequence[int] = (0,)) -> Cost:
    """Run a command and return its cost. Raises RuntimeError where its exit code is not one of `fine`."""
    env = {"GOLDENHOUR_OFFICER": "Bench", "GOLDENHOUR_RENDERED": "never", **os.environ}
    ran = subprocess.run([sys.executable, "-c", _MEASURE, *map(str, command)], check=True, capture_output=True, env=env)
    seconds, cpu, children, memory, code, said = json.loads(ran.stdout)
    if code not in fine:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit {code}: {said}")
    return Cost(seconds, cpu, memory, children)


def in_turn(measured: Mapping[str, Callable[[int], Cost]], *, rounds: int = 3) -> dict[str, Cost]:
    """Measure each in turn, `rounds` times round; return the quickest of each. Each is told the number of its round."""
    best: dict[str, Cost] = {}
    for number in range(rounds):
        for name, measure in measured.items():
            cost = measure(number)
            if name not in best or cost.seconds < best[name].seconds:
                best[name] = cost
    return best


def openssl_rate(*options: str) -> float:
    """Return the bytes a second that openssl states for itself, from memory, in pieces of 16 KiB."""
    command = ["openssl", "speed", *options, "-bytes", "16384", "-seconds", "1", "sha256"]
    stated = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = re.search(r"^sha256\s+([\d.]+)k", stated, re.MULTILINE)
    if not found:
        raise ValueError(f"openssl speed states no rate: {stated[-200:]!r}")
    return float(found[1]) * 1000

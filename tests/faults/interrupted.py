"""A process that captures a scene again and again, each time in a child that hears Ctrl-C at a moment of one's choice.

usage: python -m tests.faults.interrupted
Each line on stdin is a moment and a folder: the call of a Python function, by its number, in whatever thread (0: none).
Answers on stdout with the exit code of the child, and the number of calls. What it printed is in the folder's `stdout`
and `stderr`.
"""

from __future__ import annotations

import importlib
import itertools
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.failing import PATIENCE

if TYPE_CHECKING:
    from types import FrameType


_LOADED = ("cli", "commands.capture", "commands.capture_output", "capture.run.run", "capture.run.recovery",
           "capture.batch.recovery", "exports.format.capture_view")  # fmt: skip
"""Once, and not in each child: imports are not what is to be interrupted."""


def main() -> None:
    """Do as told until stdin ends."""
    for module in _LOADED:
        importlib.import_module(module)

    for line in sys.stdin:
        moment, folder = line.strip().split("\t")
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            os._exit(_run(int(moment), Path(folder), writing))
        os.close(writing)
        with open(reading, encoding="ascii") as pipe:  # noqa: PTH123 - a descriptor
            answer = pipe.read()
        _, status = os.waitpid(child, 0)
        print(answer or f"{os.waitstatus_to_exitcode(status)} 0", flush=True)


def _run(moment: int, folder: Path, writing: int) -> int:
    from cli import main as goldenhour

    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.stdout, sys.stderr = (folder / "stdout").open("w"), (folder / "stderr").open("w")
    url = (folder / "url").read_text("utf-8")
    words = ["capture", url, "--case", str(folder / "case"), "--officer", "Mary Price", "--initials", "MP", "--json"]
    words += ["--allow-private", "--quiet", "--key", str(folder / "key.pem"), "--timeout", "3600"]
    calls = itertools.count(1)

    def _count(_frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and next(calls) == moment:
            os.kill(os.getpid(), signal.SIGINT)

    watch = threading.Timer(PATIENCE, lambda: (os.write(writing, b"hangs 0"), os._exit(1)))
    watch.daemon = True
    watch.start()
    code: object = 0
    threading.setprofile(_count)
    sys.setprofile(_count)
    try:
        goldenhour(words)
    except SystemExit as error:
        code = error.code or 0
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is a traceback that a person would see
        code = f"traceback:{type(error).__name__}"
    finally:
        sys.setprofile(None)
    sys.stdout.close()
    sys.stderr.close()
    os.write(writing, f"{code} {next(calls) - 1}".encode("ascii", "replace"))
    return 0


if __name__ == "__main__":
    main()

"""The doctor: whether this computer can capture now, found out before there is a scene.

Each check says what it found and what to do next. None makes or changes anything that stays, and nobody is asked but
the time server that was named; with `probe` also every service that a capture would ask. A fault is what keeps captures
from being whole, a warning what may.
"""

from capture.doctor.examine import examine
from capture.doctor.finding import FAULT, OK, WARNING, Finding, Setup

__all__ = ["FAULT", "OK", "WARNING", "Finding", "Setup", "examine"]

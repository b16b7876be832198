"""The clock of this computer, compared with a time server that the officer names (SNTP, RFC 4330 and RFC 5905).

What cannot be measured is recorded with its reason, and is never a reason for a capture to fail or to wait. The answer
is not signed: it is the word of whoever sat on the way. A time-stamping authority's token is what a court can check.
"""

from capture.clock.beside import MeasuredBeside
from capture.clock.measure import measure_clock
from capture.clock.time_server import TimeServer, parse_time_server

__all__ = ["MeasuredBeside", "TimeServer", "measure_clock", "parse_time_server"]

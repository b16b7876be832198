"""What a page scene turned out to be: the page itself, or what a site puts in its place.

`judge` weighs the signs of one table, `signs.SIGNS`, found in an answer. A verdict is a judgement, and it may be wrong:
it takes nothing away and drops nothing, it only says what an officer should look at before the laptop is closed.
"""

from capture.verdict.evidence import Evidence
from capture.verdict.judge import Verdict, judge
from capture.verdict.leads_on import Next, next_part, shown_already, stub_target
from capture.verdict.thin import little_to_read

__all__ = ["Evidence", "Next", "Verdict", "judge", "little_to_read", "next_part", "shown_already", "stub_target"]

"""Ways to misbehave, a table for each kind, and all of them in one."""

from tests.servers.faults.fault import Ask, Fault, Faults
from tests.servers.faults.floods import FLOODS
from tests.servers.faults.framing import FRAMING
from tests.servers.faults.oddities import ODDITIES
from tests.servers.faults.redirects import REDIRECTS
from tests.servers.faults.refusals import REFUSALS
from tests.servers.faults.silence import SILENCE

FAULTS = Faults(FRAMING | REFUSALS | REDIRECTS | FLOODS | SILENCE | ODDITIES)

__all__ = ["FAULTS", "Ask", "Fault", "Faults"]

"""The report in a browser on this computer: pages made anew from the ledgers of a growing case, or of a bundle.

No page that somebody else made is ever shown, nothing is written to the evidence, and only who has the address sees it.
"""

from exports.view.server import ViewServer
from exports.view.viewed import viewed

__all__ = ["ViewServer", "viewed"]

"""An offline base map for the report's map: tiles of a file that the force has. Nothing is fetched, nothing decoded.

The tiles that a map needs are copied into the report as they are. The export records which they were, by their digests.
"""

from exports.report.basemap.base_map import BaseMap, HeldTiles
from exports.report.basemap.chosen import ChosenTiles
from exports.report.basemap.opened import open_base_map

__all__ = ["BaseMap", "ChosenTiles", "HeldTiles", "open_base_map"]

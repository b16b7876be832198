"""Appeals: what a force asks the public for, recorded in its case, and told to everybody as a feed."""

from intelligence.appeals.appeals import OpenAppeal, add_appeal, demand_web, end_appeal, open_appeals
from intelligence.appeals.feed import appeals_feed, write_feed

__all__ = ["OpenAppeal", "add_appeal", "appeals_feed", "demand_web", "end_appeal", "open_appeals", "write_feed"]

"""Reads one HTML page that is on disk: what it says about itself, its text, and which media it shows.

Touches no network and runs no script: what a page loads by script later is not seen here. Everything it returns is
what the page claims, and nothing that goldenhour has found out.
"""

from capture.page.claims import Claim, TimeClaim
from capture.page.errors import PageUnreadable
from capture.page.mentions import MediaLink
from capture.page.page import ReadPage

__all__ = ["Claim", "MediaLink", "PageUnreadable", "ReadPage", "TimeClaim"]

"""The report: a bundle for people, as pages that need no network and contact nobody.

It is made of the manifest and the bundle's own files alone: the same version makes the same pages of a bundle, byte for
byte, years later. Nothing that was captured becomes markup, runs, or leads out of the bundle.
"""

from exports.format.bundle_files import BundleFiles
from exports.report.preview import report_photos
from exports.report.site import ReportFile, chosen_tiles, report_files

__all__ = ["BundleFiles", "ReportFile", "chosen_tiles", "report_files", "report_photos"]

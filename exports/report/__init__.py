"""report.html: a bundle for people, in one file that needs no network, runs no script and contacts nobody."""

from exports.report.render import report_html

__all__ = ["report_html"]

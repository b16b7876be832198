"""A bundle in the words that forensic tools share: CASE 1.5 and UCO, written as JSON-LD 1.1."""

from exports.forms.case_uco.document import case_uco_pieces

__all__ = ["case_uco_pieces"]

"""A bundle as one table, for spreadsheets: a row for each item, and one for all that was not captured."""

from exports.forms.csv_file.table import csv_pieces

__all__ = ["csv_pieces"]

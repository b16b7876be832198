"""A bundle as a WACZ 1.1.1 file: its exchanges with an index, to be replayed in a browser as they were captured."""

from exports.forms.wacz.write import write_wacz

__all__ = ["write_wacz"]

"""Bundles: what is handed over, as a BagIt bag that stands by itself, in a folder or a zip file.

A bundle appears under its name whole, read back and verified, or not at all.
"""

from exports.bundle.export import Bundle, beside_bundle, export_bundle

__all__ = ["Bundle", "beside_bundle", "export_bundle"]

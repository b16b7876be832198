"""Sources: who handed something in. A case knows a pseudonym; the identity is kept elsewhere, encrypted to a unit."""

from intelligence.sources.encryption import make_unit_key, opened, read_recipients, read_unit_key, sealed
from intelligence.sources.register import SourceRegister, default_folder

__all__ = ["SourceRegister", "default_folder", "make_unit_key", "opened", "read_recipients", "read_unit_key", "sealed"]

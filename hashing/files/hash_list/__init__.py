"""Hash lists: files with their digests, in the forms that other tools write and check.

`sha256sum`, `md5sum`, `b2sum` and `hashdeep` accept what is written here, and what they write can be checked here. A
name that a form cannot carry and a line that cannot be understood are values with a reason: never a broken list, never
a line passed over in silence.
"""

from hashing.files.hash_list.check import CheckReport, ListedAltered, ListedMissing, check_list
from hashing.files.hash_list.entry import BadLine, ListEntry
from hashing.files.hash_list.read_list import read_list
from hashing.files.hash_list.write_list import WriteReport, write_list

__all__ = [
    "BadLine",
    "CheckReport",
    "ListEntry",
    "ListedAltered",
    "ListedMissing",
    "WriteReport",
    "check_list",
    "read_list",
    "write_list",
]

"""Files and their digests: reading, walking, storing, lists of hashes."""

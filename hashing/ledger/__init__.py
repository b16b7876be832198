"""The append-only ledger: Merkle tree, checkpoints, keys, trusted time."""

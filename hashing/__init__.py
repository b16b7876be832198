"""The ground: digests, hash lists, the Merkle ledger, seals and the case folder."""

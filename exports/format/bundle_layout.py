"""Where things stand in a bundle, for those who write them and those who look for them."""

from __future__ import annotations

from exports.format.bag import PAYLOAD

MANIFEST_JSON = f"{PAYLOAD}manifest.json"
SEAL_CHECKPOINT = "seal/checkpoint"
CONSISTENCY = "seal/consistency"
"""Proofs that the sealed ledger begins with the one that each earlier bundle of the case was sealed over."""

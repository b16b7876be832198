"""Continuity of exhibits: the custody log, receipts, labels."""

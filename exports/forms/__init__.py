"""A bundle in other forms: WACZ, CSV, CASE/UCO."""

"""What leaves the house: bundles, their verification, and what people read."""

"""What the public hands in: taken in, graded and checked. It stands on exports, capture and hashing."""

"""WARC records and files (ISO 28500), HTTP blocks, content codings."""

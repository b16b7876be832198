"""The case on disk: its folder, captures, ledger events, custody, redaction."""

"""One run over one scene: search, fetch, store, record, seal; recovery of what was killed; watching."""

"""A process in the sandbox that runs somebody else's extractors: what it wants fetched it asks us for."""

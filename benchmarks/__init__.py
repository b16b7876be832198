"""Side by side with peers: every figure is a ratio to a peer or a limit taken in the same run."""

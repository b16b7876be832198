"""The child process in which hostile bytes are read."""

"""A real Bluesky on loopback: the PLC directory, the PDS and, where a test wants it, the AppView."""

from tests.servers.bluesky.network import BlueskyNetwork
from tests.servers.bluesky.user import BlueskyAccount, BlueskyPost, BlueskyUser

__all__ = ["BlueskyAccount", "BlueskyNetwork", "BlueskyPost", "BlueskyUser"]

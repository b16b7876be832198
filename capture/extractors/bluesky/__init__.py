"""Bluesky and every other server of the AT Protocol: posts, threads, accounts and hashtags, with their signed proofs.

What counts is the account's own server (its PDS): records as it serves them, each with the proof that the account's
key signed it, and photos and videos as they were uploaded. An AppView, which shows the posts of all servers, is asked
for what no single server knows: replies, counts, who used a hashtag.
"""

from capture.extractors.bluesky.bluesky import Bluesky

__all__ = ["Bluesky"]

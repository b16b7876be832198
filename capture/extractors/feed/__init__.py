"""Feeds as scenes: RSS 0.9x, 1.0 and 2.0, Atom and JSON Feed, each entry a post, byte for byte as it was served.

Reads with code of its own and not with feedparser: entries are needed as the bytes that stand in the feed, which
feedparser does not tell; nothing here can reach the network; and no document type is ever handed to a parser that
would act on it. Where XML is broken each entry is read by itself, so that one costs none of the others.
"""

from capture.extractors.feed.read import read_feed

__all__ = ["read_feed"]

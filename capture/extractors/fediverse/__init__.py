"""The fediverse: posts, accounts and hashtags on servers that speak Mastodon's API, whatever they are called.

Which host is one is found out by asking it, never by a list of names. What a server shows is what it claims: of a post
that another server is home to, the home server's own copy is taken as well, so that both can be compared. Posts that
are not public are taken only where the user's own token shows them.
"""

from capture.extractors.fediverse.fediverse import Fediverse

__all__ = ["Fediverse"]

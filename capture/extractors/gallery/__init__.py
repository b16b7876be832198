"""Posts and photos of the sites that gallery-dl knows, behind our own door; an optional extra (`gallery`).

gallery-dl is under the GPL, version 2 alone. It runs in a process of its own, in the sandbox: one file of ours imports
it (`gallery_child.py`), and is run by nobody who has not installed it. What it wants fetched it asks for; the recorder
fetches it. What it says of a post is its reading: the item is the post as the site served it.
"""

from capture.extractors.gallery.gallery import Gallery

__all__ = ["Gallery"]

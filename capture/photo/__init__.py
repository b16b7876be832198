"""What a photo states about itself: facts, each with the tag that says so, read in the sandbox.

No photo, however hostile, changes the file, or reaches the process that signs.
"""

from capture.photo.stored_photo import not_whole, photo_facts

__all__ = ["not_whole", "photo_facts"]

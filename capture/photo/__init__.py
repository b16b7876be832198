"""What a photo states about itself: facts, each with the tag that says so, read in a process of its own.

No photo, however hostile, makes this raise, changes the file, or reaches the process that signs.
"""

from capture.photo.examiner import Examiner
from capture.photo.examiners import Examiners

__all__ = ["Examiner", "Examiners"]

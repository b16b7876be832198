"""What the walk through a photo's container finds, whatever the container is.

Pillow does not walk them, because it tells nothing of a photo whose header ends early: of 216 photos that were cut
short it finds the time in 156, this in 207. Neither Pillow nor exifread tells whether a file goes on to its end.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from capture.photo.photo_file import PhotoFile
from hashing.case.facts import Fact

LARGEST_EXIF = 16 << 20
MOST_TEXTS = 20


@dataclass(slots=True)
class Parts:
    """Filled while the container is walked, so that what was found before a fault is not lost."""

    width: int = 0
    height: int = 0
    size_tag: str = ""  # Which part states the pixel size; "" where none does.
    frames: int = 1
    frames_tag: str = ""
    scans: int = 1  # How often a decoder passes over the whole picture.
    exif: PhotoFile | None = None  # The block that begins with a TIFF header: EXIF as it stands inside other formats.
    facts: list[Fact] = field(default_factory=list)
    ends_early: str = ""  # Where the file ends before it should, or is not built as it must be; "" where it is whole.

    def present(self, name: str, tag: str) -> None:
        """Note once that something is there."""
        if not any(fact.name == name for fact in self.facts):
            self.facts.append(Fact(name, value=True, tag=tag))

    def text(self, name: str, value: str, tag: str) -> None:
        """Note a text, up to a number of them: a file may hold a million."""
        if value and sum(fact.tag == tag for fact in self.facts) < MOST_TEXTS:
            self.facts.append(Fact(name, value, tag))

    def sized(self, width: int, height: int, tag: str) -> None:
        """Note the pixel size; the first part that states it counts."""
        if not self.size_tag:
            self.width, self.height, self.size_tag = width, height, tag

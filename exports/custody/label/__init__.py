"""The continuity label: a sheet that travels with an exhibit, and on which every hand-over is signed."""

from exports.custody.label.label import Label, label
from exports.custody.label.picture import label_file
from exports.custody.label.text import label_text

__all__ = ["Label", "label", "label_file", "label_text"]

"""The continuity label: a sheet that travels with an exhibit, and on which every hand-over is signed."""

from exports.custody.label.label import Label, label, label_text
from exports.custody.label.picture import label_file

__all__ = ["Label", "label", "label_file", "label_text"]

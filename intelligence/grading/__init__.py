"""What the codes of the grading schemes mean: in a table with its source and date, which a force can word itself."""

from intelligence.grading.wording import Wording, built_in_wording, read_wording

__all__ = ["Wording", "built_in_wording", "read_wording"]

"""The span of time that the user asked for, held against the time that a post claims."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capture.extractors.json_value import moment

if TYPE_CHECKING:
    from capture.request.options import CaptureOptions


def is_in_span(published: str, options: CaptureOptions) -> bool:
    """Whether a post belongs to the span of `--since` and `--until`; one that claims no time might, and so does."""
    claimed = moment(published)
    if claimed is None:
        return True
    after = options.since is None or claimed >= options.since
    return after and (options.until is None or claimed <= options.until)

"""Whether pages can be shown in a browser here, and recorded."""

from __future__ import annotations

import time
from collections.abc import Iterator

from capture.doctor.finding import Finding, Setup, ok, warning
from capture.errors import NotRendered


def check_browser(_: Setup) -> Iterator[Finding]:
    """Yield which browser there is, once it has shown a page of ours and was recorded as it was sent."""
    from capture.browser.program import find_browser
    from capture.browser.self_test import self_test

    try:
        program = find_browser()
        begun = time.monotonic()
        version = self_test(program)
    except NotRendered as error:
        hint = error.hint or "capture with --rendered never, and update the browser"
        yield warning("browser", f"pages are not shown in one: {error}", hint)
    except OSError as error:
        yield warning("browser", f"could not be tried: {error}", "see that the temporary folder can be written")
    else:
        says = f"{program.path} ({version}): shows a page, and its record is what was sent"
        yield ok("browser", says, seconds=time.monotonic() - begun)

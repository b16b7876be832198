"""What a page says about itself, its text, and which media it shows: the values, without what reads them."""

from __future__ import annotations

import msgspec

from capture.page.claims import Claim, TimeClaim
from capture.page.mentions import MediaLink
from capture.page.outline import Outline


class ReadPage(msgspec.Struct, frozen=True, kw_only=True):
    """What a page claims and shows. Whether a claim is true cannot be told from it.

    `claims` and `times` hold every place that says something, best-trusted first; `notes` says what could not be read.
    `embedded` counts the media that stand in the page itself, as `data:` addresses, and are stored with it.
    """

    claims: tuple[Claim, ...]
    times: tuple[TimeClaim, ...]
    text: str
    media: tuple[MediaLink, ...]
    embedded: int
    notes: tuple[str, ...]
    unread: str  # Why the page was not read to its end, so that it may show more than is said here; "" where it was.
    encoding: str  # The encoding by which the page was read, and what decided it: "windows-1251 (meta)".
    base: str  # The first `<base href>`, as it is written.
    outline: Outline  # How the page is built, for those who judge what it is.

    def claimed(self, name: str) -> tuple[Claim, ...]:
        """Return the claims of one name, best-trusted place first."""
        return tuple(claim for claim in self.claims if claim.name == name)

    @property
    def title(self) -> str:
        """The best claim to a title, or "" where the page makes none; the same for the properties below."""
        return self._best("title")

    @property
    def author(self) -> tuple[Claim, ...]:
        """Every claim to an author."""
        return self.claimed("author")

    @property
    def description(self) -> str:
        """The page's summary of itself."""
        return self._best("description")

    @property
    def language(self) -> str:
        """The language tag."""
        return self._best("language")

    def _best(self, name: str) -> str:
        return next((claim.value for claim in self.claims if claim.name == name), "")

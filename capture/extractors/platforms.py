"""Which site is read in which way, and what that gives: the one registry behind docs/platforms.md.

`python -m capture.extractors.platforms` prints the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import click

from capture.extractors import EXTRACTORS
from capture.extractors.gallery.sites import SITES, Site

YES, NO = "yes", "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """What one way gives of one site."""

    site: str
    way: str
    post: str = YES
    """The post with its text."""
    author: str = YES
    """The author by a lasting id, and not only by a name that can change hands."""
    photos: str = YES
    video: str = YES
    comments: str = NO
    hashtag: str = NO
    """What `--on` takes for it; "no" where it cannot be asked."""
    shown_to: str = "anybody"
    seen: str = "not run here"

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells of its row."""
        return (
            self.site, self.way, self.post, self.author, self.photos, self.video, self.comments, self.hashtag,
            self.shown_to, self.seen,
        )  # fmt: skip


_HEAD = ("site", "way", "post, text", "author's id", "photos", "video", "comments", "hashtag", "shown to", "last seen")
_OURS = (
    Platform(
        site="fediverse (Mastodon, Pleroma, GoToSocial …)",
        way="Mastodon's API",
        comments="`--thread`",
        hashtag="`--on SERVER`",
        shown_to="anybody, or a token",
        seen="mastodon_mock 0.6.1, 2026-11-30",
    ),
    Platform(
        site="Bluesky",
        way="AT Protocol, with signed proof",
        comments="`--thread`",
        hashtag="`--on bsky`",
        seen="PDS and AppView of Bluesky, 2026-11-30",
    ),
    Platform(
        site="Telegram, public channels",
        way="web preview",
        author="the channel's",
        photos="as the preview has them (800 pixels)",
        video="where the preview has it",
        hashtag="`--on t.me/CHANNEL`",
        seen="stand-in, 2026-11-30",
    ),
    Platform(
        site="YouTube, Vimeo, Twitch … (some 1,800)",
        way="yt-dlp",
        photos="thumbnail",
        comments="`--comments`",
        seen="stand-in, 2026-11-30, yt-dlp 2026.10.26",
    ),
    Platform(
        site="any site with a feed (blogs, forums, Reddit's `.rss`)",
        way="RSS, Atom, JSON Feed",
        author="as the feed names them",
        photos="as linked",
        video="as linked",
        comments="where they have a feed",
        seen="stand-in, 2026-11-30",
    ),
    Platform(
        site="any other (Threads, YouTube community posts, Facebook without a session …)",
        way="the page as served",
        post="what the page itself holds",
        author="as the page claims",
        photos="as shown",
        video="where yt-dlp finds it",
        seen="stand-in, 2026-11-30",
    ),
)
_NOT_READ = """\
Not read in any way today: live chats, Instagram stories without a session, comments of X, Instagram, Facebook and
TikTok, private groups and channels, what only an app shows. Their pages are kept as served, and the verdict on each
says what came."""


def platforms() -> Iterator[Platform]:
    """Yield every row: what our own extractors read first, then the sites of gallery-dl."""
    yield from _OURS
    yield from map(_of_gallery, SITES)


def page() -> str:
    """Return docs/platforms.md."""
    order = [f"| {number} | {source.name} | {_line(source)} |" for number, source in enumerate(EXTRACTORS, 1)]
    rows = [f"| {' | '.join(platform.cells)} |" for platform in platforms()]
    return "\n".join(
        [
            "# Platforms",
            "",
            "Made from the registry in the code by `python -m capture.extractors.platforms`; a test compares the two.",
            "",
            "## In which order a scene is tried",
            "",
            "Extractors of other packages come first (docs/extractor-example). Each row that may know the address is",
            "asked, from the top; one that finds that the scene is not its own hands it on to the next.",
            "",
            "| | extractor | what it takes |",
            "| --- | --- | --- |",
            *order,
            "",
            "A page that only scripts fill is told as such (verdict `shell`), and is kept as it was served.",
            "",
            "## What each way gives",
            "",
            "*Last seen* is what a test of ours ran it on, and when. A stand-in is a server of ours in the form that",
            "the site is known to answer in. A site can change on any day: `goldenhour doctor --site SITE` asks it",
            "today. Where it says *not run here*, the fields were read from gallery-dl alone.",
            "",
            f"| {' | '.join(_HEAD)} |",
            f"|{' --- |' * len(_HEAD)}",
            *rows,
            "",
            "gallery-dl knows some 300 sites more, which are read by common names of fields. It is the optional extra",
            "`gallery` (docs/licences.md).",
            "",
            _NOT_READ,
            "",
        ]
    )


def _of_gallery(site: Site) -> Platform:
    return Platform(
        site=site.name,
        way="gallery-dl",
        author=YES if site.fields.author_id else NO,
        photos="largest that is served",
        video="by yt-dlp" if site.options.get("videos") == "ytdl" else "as named",
        hashtag=f"`--on {site.hosts[0]}`" if site.tag else NO,
        shown_to=site.shown_to,
        seen=site.seen or "not run here",
    )


def _line(source: object) -> str:
    """Return the first line of an extractor's own docstring."""
    return (type(source).__doc__ or "").strip().partition("\n")[0]


if __name__ == "__main__":
    click.echo(page(), nl=False)

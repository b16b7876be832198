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
    post: str = YES  # The post with its text.
    author: str = YES  # The author by a lasting id, and not only by a name that can change hands.
    photos: str = YES
    video: str = YES
    comments: str = NO
    hashtag: str = NO  # What `--on` takes for it; "no" where it cannot be asked.
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
_READ_YT_DLP = "source of yt-dlp 2026.10.26 read, not run here"
_PAGE = "the page as served, and as shown in a browser"
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
        site="YouTube",
        way="yt-dlp",
        photos="thumbnail",
        comments='`--comments`; YouTube dates them only as "2 days ago"',
        seen="stand-in, 2026-11-30, yt-dlp 2026.10.26",
    ),
    Platform(
        site="YouTube live chat",
        way="yt-dlp",
        post="each message, in a working copy; as served in the items",
        photos=NO,
        video=NO,
        comments="`--comments`, of a stream that is over",
        seen="stand-in, 2026-11-30, yt-dlp 2026.10.26",
    ),
    Platform(
        site="Vimeo, Twitch … (some 1,800)",
        way="yt-dlp",
        photos="thumbnail",
        comments="`--comments`, where yt-dlp reads them",
        seen="stand-ins of two of them, 2026-11-30, yt-dlp 2026.10.26",
    ),
    Platform(
        site="Facebook reels and videos",
        way="yt-dlp",
        author="number; its name may be the title",
        photos="thumbnail",
        shown_to="anybody, login walls now and then",
        seen=_READ_YT_DLP,
    ),
    Platform(
        site="Instagram stories and highlights",
        way="gallery-dl",
        post="each story; most have no text",
        photos="largest that is served",
        shown_to="a session",
        seen="stand-in, 2026-11-30, gallery-dl 1.32.18",
    ),
    Platform(
        site="any site with a feed (blogs, forums)",
        way="RSS, Atom, JSON Feed",
        author="as the feed names them",
        photos="as linked",
        video="as linked",
        comments="where they have a feed",
        seen="stand-in, 2026-11-30",
    ),
    Platform(
        site="Reddit, by the feed of a page (`….rss`)",
        way="Atom",
        author="name only",
        photos="as linked",
        video=NO,
        comments="of one post: `…/comments/ID/.rss`",
        seen="as any feed; Reddit's own form not run here",
    ),
    Platform(
        site="Threads",
        way=_PAGE,
        post="what the page holds",
        author="as the page claims",
        photos="as shown",
        video=NO,
        shown_to="anybody, one post; more to a session",
        seen="not run here; neither gallery-dl 1.32.18 nor yt-dlp 2026.10.26 has it",
    ),
    Platform(
        site="YouTube community posts",
        way=_PAGE,
        post="what the page holds; of an attached video all, by yt-dlp",
        author="as the page claims",
        photos="as shown",
        seen=_READ_YT_DLP,
    ),
    Platform(
        site="any other",
        way=_PAGE,
        post="what the page itself holds",
        author="as the page claims",
        photos="as shown",
        video="where yt-dlp finds it",
        seen="stand-in, 2026-11-30",
    ),
)
_NOT_READ = """\
Not read in any way today: comments of Instagram, Facebook and TikTok, private groups and channels, what only an app
shows. Their pages are kept as served, and the verdict on each says what came."""
_RENDERED = (
    "Each page that the web stored, in a browser, where `--rendered` asks for it (`auto`, where one is found, is the"
    " default but for `batch`). What it shows is kept beside the page as served, never in its place. Posts that a row"
    " above reads are shown with `--rendered always` alone."
)


def platforms() -> Iterator[Platform]:
    """Yield every row: what our own extractors read first, then the sites of gallery-dl."""
    yield from _OURS
    yield from map(_of_gallery, SITES)


def page() -> str:
    """Return docs/platforms.md."""
    # Made from the very tuple that the program goes by, so that the page cannot say another order.
    order = [f"| {number} | {source.name} | {_line(source)} |" for number, source in enumerate(EXTRACTORS, 1)]
    order.append(f"| {len(order) + 1} | rendered page | {_RENDERED} |")
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
            "asked, from the top; one that finds that the scene is not its own hands it on to the next. A site that",
            "wants to be left alone (429, a challenge page), or whose session has ended, is not asked by the next.",
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
            "today. *Not run here*: the fields were read from the library's source, and compared with what its own",
            "tests expect of them. No real site was asked.",
            "",
            "What gallery-dl says of a post is compared with the post as the site served it: a field that is not there",
            "is named in the fact *in gallery-dl's words*, such as a link that it wrote out or a count that it put in.",
            "",
            "An answer in which gallery-dl reads no post is told as one that could not be read where posts stand in",
            "it as they stood in other answers of the same address, or no list any more; so is a post without its",
            "name, and a text, time or author of another form. What a site leaves empty (`null`, an empty list)",
            "cannot be told from what it has moved elsewhere: such a post is told as it is, and stands as served.",
            "",
            "A session stands in the processes of gallery-dl and yt-dlp by placeholders (SECURITY.md); the right",
            "words are put into what is asked of the site's own hosts. That does for every site of gallery-dl",
            "1.32.18, none of which computes with a cookie. Of yt-dlp 2026.10.26, whose uses of cookies were read,",
            "not run: what YouTube wants signed, goldenhour signs. With QQ Music (a checksum of `qqmusic_key`) and",
            "NetEase Music (`MUSIC_U` in an encrypted body) a session does not work, nor where it is to go to",
            "another owner's domain: Nebula (nebula.app), RTBF (redbee.live), Q-dance (id-t.com), Stage+",
            "(stageplus.io), Loco (getloconow.com), ESPN+ (go.com, bamgrid.com). These give what anybody is shown.",
            "iQIYI wants its addresses signed by a program that is not started in the sandbox, with and without a",
            "session.",
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
        post=site.post,
        comments=site.comments,
        hashtag=f"`--on {site.hosts[0]}`" if site.tag else NO,
        shown_to=site.shown_to,
        seen=site.seen or "source of gallery-dl 1.32.18 read, not run here",
    )


def _line(source: object) -> str:
    """Return the first line of an extractor's own docstring."""
    return (type(source).__doc__ or "").strip().partition("\n")[0]


if __name__ == "__main__":
    click.echo(page(), nl=False)

"""The sites that gallery-dl is used for by name: who they are, what their fields mean, how they are asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote, urlsplit

import msgspec

from capture.extractors.gallery.post_fields import PostFields

Options = Mapping[str, str | int | bool | None]

ALL = "yes"
_DELAY = 1.0  # Seconds between two requests to a site that has no number of its own.
_STAND_IN = "stand-in, 2026-11-30, gallery-dl 1.32.18"
# Modules of gallery-dl that are no site's: some would read files, or take any address at all.
_NO_SITES = frozenset(
    {"oauth", "ytdl", "recursive", "generic", "noop", "directlink", "urlshortener", "message", "common", "__init__"}
)
# What extractors of our own read better, or a mirror of what another module reads.
_OURS = frozenset({"bluesky", "mastodon", "tumblrgallery"})
_SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "go", "gov", "ne", "net", "or", "org"})


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """One site."""

    name: str
    hosts: tuple[str, ...]  # Its own domains; the first one is that of `--on`.
    also: tuple[str, ...] = ()  # Further domains of its own, to which a session may be lent.
    module: str
    tag: str = ""  # Where it is asked for a hashtag, with `{tag}`; "" where it cannot be.
    session: tuple[str, ...] = ()  # The cookies that make a session.
    post: str = ALL  # Which posts gallery-dl names, where it does not name all.
    comments: str = "no"  # With what option comments come, or answers to a post.
    shown_to: str = "anybody"  # Whom it shows its lists to.
    # On what it was last seen to work, by a test that runs it; "" where its fields were read from gallery-dl alone.
    seen: str = ""
    delay: float = _DELAY
    options: Options = msgspec.field(default_factory=dict)
    fields: PostFields

    def tag_url(self, tag: str) -> str:
        """Return where the site is asked for a hashtag; "" where it cannot be."""
        return self.tag.replace("{tag}", quote(tag, safe=""))

    def owns(self, host: str) -> bool:
        """Say whether a host is one of the site's own, so that a session with it may be lent there."""
        host = host.lower().lstrip(".")
        return any(host == each or host.endswith(f".{each}") for each in (*self.hosts, *self.also))


SITES: tuple[Site, ...] = (
    Site(
        name="X",
        comments="`--thread`, with a session",
        seen=_STAND_IN,
        shown_to="one post to anybody, lists to a session",
        hosts=("x.com", "twitter.com"),
        also=("twimg.com", "t.co"),
        module="twitter",
        tag="https://x.com/search?q=%23{tag}&f=live",
        session=("auth_token", "ct0"),
        options={"text-tweets": True, "retweets": True, "quoted": True, "pinned": True, "retries-api": 0},
        fields=PostFields(
            id=("tweet_id",),
            permalink="https://x.com/{author.name}/status/{tweet_id}",
            handle=("author.name",),
            name=("author.nick",),
            author_id=("author.id",),
            text=("content",),
            tags=("hashtags",),
            reply_to=("reply_id",),  # "reply_to" is a name
            counts={"likes": "favorite_count", "reposts": "retweet_count", "replies": "reply_count",
                    "quotes": "quote_count", "bookmarks": "bookmark_count", "views": "view_count"},
            alt=("description",),
        ),
    ),
    Site(
        name="Instagram",
        seen=_STAND_IN,
        shown_to="a session",
        hosts=("instagram.com",),
        also=("cdninstagram.com",),
        module="instagram",
        tag="https://www.instagram.com/explore/tags/{tag}/",
        session=("sessionid",),
        delay=8.0,
        # Each story is a post of its own; a video is the file that the site names, and not one that is put together.
        options={"include": "posts", "user-cache": "memory", "videos": "merged", "split": True},
        fields=PostFields(
            id=("post_id",),
            link=("post_url",),
            handle=("username",),
            name=("fullname",),
            author_id=("owner_id",),
            text=("description",),
            counts={"likes": "likes"},
            alt=(),
        ),
    ),
    Site(
        name="Reddit",
        comments="`--comments`, as many as Reddit gives at once",
        seen=_STAND_IN,
        shown_to="anybody, few requests; more with a session",
        hosts=("reddit.com",),
        also=("redd.it", "redditmedia.com"),
        module="reddit",
        tag="https://www.reddit.com/search/?q=%23{tag}&sort=new",
        session=("reddit_session",),
        options={"api": "rest", "comments": 0, "videos": "ytdl", "selftext": False, "previews": False},
        fields=PostFields(
            id=("id",),
            permalink="https://www.reddit.com{permalink}",
            handle=("author",),
            name=(),
            author_id=("author_fullname",),
            text=("selftext",),
            counts={"score": "score", "comments": "num_comments"},
            quotes=("crosspost_parent",),
            reply_to=(),
        ),
    ),
    Site(
        name="Tumblr",
        seen=_STAND_IN,
        hosts=("tumblr.com",),
        module="tumblr",
        tag="https://www.tumblr.com/search/{tag}/recent",
        options={"posts": "all", "fallback-retries": 0, "external": False, "ratelimit": "abort", "reblogs": True},
        fields=PostFields(
            id=("id",),
            permalink="{post_url}",
            handle=("blog.name", "blog_name"),
            name=("blog.title",),
            author_id=("blog.uuid",),
            text=("caption", "body", "text", "description", "answer", "summary"),  # the summary is cut short
            counts={"notes": "note_count"},
            reply_to=(),
            quotes=("reblogged_from_url", "reblogged_root_url"),
            alt=("photo.caption",),
        ),
    ),
    Site(
        name="Flickr",
        seen=_STAND_IN,
        hosts=("flickr.com",),
        also=("staticflickr.com", "flic.kr"),
        module="flickr",
        tag="https://www.flickr.com/search/?tags={tag}&sort=date-posted-desc",
        options={"metadata": True},
        fields=PostFields(
            id=("id",),
            permalink="https://www.flickr.com/photos/{owner.nsid}/{id}/",
            handle=("owner.path_alias", "owner.username"),
            name=("owner.realname", "owner.username"),
            author_id=("owner.nsid",),
            counts={"views": "views", "comments": "comments"},
        ),
    ),
    Site(
        name="TikTok",
        seen=_STAND_IN,
        shown_to="anybody, challenges now and then",
        hosts=("tiktok.com",),
        also=("tiktokcdn.com",),
        module="tiktok",
        session=("sessionid",),
        delay=2.0,
        options={"videos": "ytdl", "audio": True},
        fields=PostFields(
            id=("id",),
            permalink="https://www.tiktok.com/@{author.uniqueId}/photo/{id}",
            handle=("author.uniqueId",),
            name=("author.nickname",),
            author_id=("author.id",),
            text=("desc",),
            counts={"likes": "stats.diggCount", "shares": "stats.shareCount", "comments": "stats.commentCount",
                    "views": "stats.playCount"},
            title=(),
        ),
    ),
    Site(
        name="Facebook",
        post="photos with their text",
        shown_to="a session, as a rule",
        hosts=("facebook.com",),
        also=("fbcdn.net", "fb.com"),
        module="facebook",
        session=("c_user", "xs"),
        delay=3.0,
        options={"videos": "ytdl"},
        fields=PostFields(
            id=("id",),
            permalink="https://www.facebook.com/photo/?fbid={id}",
            handle=(),  # gallery-dl calls the displayed name "username"
            name=("username",),
            author_id=("user_id",),
            text=("caption", "post_text"),
            post_per_file=True,
        ),
    ),
    Site(
        name="VK",
        post="photos with their text",
        shown_to="a session, as a rule",
        hosts=("vk.com", "vk.ru"),
        also=("userapi.com",),
        module="vk",
        session=("remixsid",),
        fields=PostFields(
            id=("id",),
            permalink="https://vk.com/photo{user.id}_{id}",
            handle=("user.name",),
            name=("user.nick",),
            author_id=("user.id",),
            post_per_file=True,
        ),
    ),
    Site(
        name="Pinterest",
        seen=_STAND_IN,
        hosts=("pinterest.com",),
        also=("pinimg.com",),
        module="pinterest",
        tag="https://www.pinterest.com/search/pins/?q=%23{tag}",
        fields=PostFields(
            permalink="https://www.pinterest.com/pin/{id}/",
            handle=("pinner.username",),
            name=("pinner.full_name",),
            author_id=("pinner.id",),
            published=("created_at", "date"),
            text=("description", "closeup_unified_description"),
        ),
    ),
    Site(
        name="imgur",
        seen=_STAND_IN,
        hosts=("imgur.com",),
        module="imgur",
        fields=PostFields(
            permalink="https://imgur.com/{id}",
            author_id=("account_id", "account.id"),
            counts={"views": "view_count", "likes": "upvote_count", "comments": "comment_count"},
        ),
    ),
    Site(
        name="Weibo",
        shown_to="a session, as a rule",
        hosts=("weibo.com", "weibo.cn"),
        also=("sinaimg.cn",),
        module="weibo",
        session=("SUB",),
        delay=2.0,
        options={"text": True, "retweets": True},
        fields=PostFields(
            id=("idstr", "id"),
            permalink="https://weibo.com/{user.idstr}/{mblogid}",
            handle=("user.screen_name",),
            author_id=("user.idstr", "user.id"),
            text=("text_raw", "text"),
            counts={"likes": "attitudes_count", "comments": "comments_count", "reposts": "reposts_count"},
        ),
    ),
    Site(
        name="Discord",
        shown_to="a session",
        hosts=("discord.com",),
        also=("discordapp.com",),
        module="discord",
        fields=PostFields(
            id=("message_id",),
            permalink="https://discord.com/channels/{server_id}/{channel_id}/{message_id}",
            handle=("author",),
            author_id=("author_id",),
            text=("message",),
        ),
    ),
    Site(
        name="Patreon",
        shown_to="a session, for what is paid for",
        hosts=("patreon.com",),
        also=("patreonusercontent.com",),
        module="patreon",
        session=("session_id",),
        fields=PostFields(
            permalink="https://www.patreon.com/posts/{id}",
            handle=("creator.vanity",),
            name=("creator.full_name",),
            author_id=("creator.id",),
            counts={"likes": "like_count", "comments": "comment_count"},
        ),
    ),
    Site(
        name="4chan",
        seen=_STAND_IN,
        post="those with a file",
        hosts=("4chan.org", "4channel.org"),
        also=("4cdn.org",),
        module="4chan",
        fields=PostFields(
            id=("no",),
            permalink="https://boards.4chan.org/{board}/thread/{thread}#p{no}",
            handle=("trip", "name"),
            author_id=(),
            name=("name",),
            published=("time",),
            title=("sub",),
            text=("com",),
            counts={"replies": "replies"},
            tags_in_text=False,
            post_per_file=True,
        ),
    ),
    Site(
        name="Wikimedia Commons",
        seen=_STAND_IN,
        hosts=("commons.wikimedia.org",),
        also=("wikimedia.org",),
        module="wikimedia",
        fields=PostFields(
            id=("pageid",),
            permalink="{descriptionurl}",
            handle=("user",),
            author_id=(),
            text=("comment",),
            post_per_file=True,
        ),
    ),
    Site(
        name="Misskey",
        seen=_STAND_IN,
        hosts=("misskey.io",),
        module="misskey",
        options={"text-posts": True, "renotes": True, "replies": True},
        fields=PostFields(
            permalink="https://misskey.io/notes/{id}",
            handle=("user.username",),
            name=("user.name",),
            author_id=("user.id",),
            text=("text",),
            counts={"reposts": "renoteCount", "replies": "repliesCount"},
            reply_to=("replyId",),
            quotes=("renoteId",),
            alt=("file.comment",),
        ),
    ),
    Site(
        name="Pixiv",
        shown_to="a session",
        hosts=("pixiv.net",),
        also=("pximg.net",),
        module="pixiv",
        session=("PHPSESSID",),
        fields=PostFields(
            permalink="https://www.pixiv.net/artworks/{id}",
            handle=("user.account",),
            name=("user.name",),
            author_id=("user.id",),
            counts={"views": "total_view", "bookmarks": "total_bookmarks"},
        ),
    ),
    Site(
        name="DeviantArt",
        hosts=("deviantart.com",),
        also=("wixmp.com",),
        module="deviantart",
        tag="https://www.deviantart.com/tag/{tag}",
        fields=PostFields(
            id=("deviationid", "id"),
            permalink="{url}",
            handle=("author.username",),
            author_id=("author.userid",),
            counts={"likes": "stats.favourites", "comments": "stats.comments"},
        ),
    ),
    Site(
        name="Snapchat",
        hosts=("snapchat.com",),
        also=("sc-cdn.net",),
        module="snapchat",
        fields=PostFields(author_id=(), post_per_file=True),
    ),
    Site(
        name="500px",
        hosts=("500px.com",),
        also=("500px.org",),
        module="500px",
        fields=PostFields(
            permalink="https://500px.com/photo/{id}",
            handle=("user.username", "uploader.username"),
            author_id=("user.id", "uploader.id"),
            counts={"likes": "votes_count", "views": "times_viewed"},
        ),
    ),
)  # fmt: skip
"""The twenty that are most used for what police look for; gallery-dl knows some hundreds more, which are read alike."""


# Options of modules that no site in the table has; as they come, they leave out posts without photos.
MODULE_OPTIONS: Mapping[str, dict[str, str | int | bool | None]] = {
    "mastodon": {"text-posts": True, "reblogs": True, "replies": True},
    "bluesky": {"quoted": True, "reposts": True},
}


@lru_cache(maxsize=256)  # each extractor asks for each scene
def site_of(url: str) -> Site | None:
    """Return the site that an address, or a place of `--on` such as `x.com`, belongs to."""
    host = _host(url)
    return next((site for site in SITES if any(host == each or host.endswith(f".{each}") for each in site.hosts)), None)


def modules_for(url: str) -> tuple[str, ...]:
    """Return gallery-dl's modules that may know an address: those in which its domain is written, without loading any.

    Empty where gallery-dl is not installed. One of these may still say that no extractor is made for the address.
    """
    site = site_of(url)
    if site is not None:
        return (site.module,) if is_installed() else ()
    domain = _domain(_host(url))
    return _naming(domain) if domain and is_installed() else ()


def is_own(host: str, site: Site | None, url: str) -> bool:
    """Say whether a host is that site's own; of one that is not in the table, whether its name has the same owner."""
    if site is not None:
        return site.owns(host)
    own, host = _host(url), host.lower().lstrip(".")
    return host == own or (bool(_domain(own)) and _domain(host) == _domain(own))


def is_installed() -> bool:
    """Say whether gallery-dl is there; it is not loaded."""
    return find_spec("gallery_dl") is not None


@lru_cache
def _naming(domain: str) -> tuple[str, ...]:
    """Return the modules of gallery-dl in whose text a domain stands, by itself or as the end of a host's name."""
    modules = tuple(
        module
        for module, text in _texts().items()
        if domain in text and any(domain in {each, _end(each)} for each in _DOMAIN.findall(text))
    )
    return modules if len(modules) < _COMMON else ()


@cache
def _texts() -> Mapping[str, str]:
    """Return the texts of gallery-dl's modules by their names, as patterns of addresses are read."""
    package = find_spec("gallery_dl")
    places = package.submodule_search_locations if package is not None else None
    return {
        file.stem: file.read_text("utf-8", "replace").replace("\\.", ".").lower()
        for file in (sorted(Path(places[0], "extractor").glob("*.py")) if places else ())
        if file.stem not in _NO_SITES | _OURS
    }


def _end(host: str) -> str:
    return ".".join(host.split(".")[-2:])


_DOMAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,12}")
_COMMON = 12  # A domain in so many modules is nobody's site, but where documentation is, or code.


def _domain(host: str) -> str:
    """Return the part of a host's name that has an owner; "" for a bare name or an IP address."""
    labels = host.split(".")
    if len(labels) < 2 or labels[-1].isdigit():  # noqa: PLR2004 - a label and a top-level domain
        return ""
    of_country = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL  # noqa: PLR2004 - ISO 3166
    return ".".join(labels[-3 if of_country else -2 :])


def _host(url: str) -> str:
    try:
        return (urlsplit(url if "://" in url else f"https://{url}").hostname or "").lower()
    except ValueError:
        return ""

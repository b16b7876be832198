"""Stand-ins for sites where people post, each at its own name: as little of them as gallery-dl's extractors ask for.

Built from what public documentation and gallery-dl itself say of their answers; nobody's data were recorded. Every
name leads to one server on loopback with a certificate of a local authority.
"""

from __future__ import annotations

import base64
import contextlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.servers.head import HTML, whole
from tests.servers.material import two_photos
from tests.servers.names import resolving
from tests.servers.raw import RawServer
from tests.servers.tls import TlsServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from tests.servers.connection import Connection
    from tests.servers.seen import Seen

    Json = dict[str, Any]
    Answer = Callable[["SocialSites", "Ask"], "Reply"]

HOSTS = (
    "x.com", "api.x.com", "abs.twimg.com", "pbs.twimg.com", "video.twimg.com",
    "www.reddit.com", "i.redd.it", "api.tumblr.com", "www.tumblr.com", "64.media.tumblr.com",
    "www.instagram.com", "static.cdninstagram.com", "scontent.cdninstagram.com", "www.flickr.com", "api.flickr.com",
    "live.staticflickr.com", "www.tiktok.com", "p16.tiktokcdn.com", "ads.example",
)  # fmt: skip
LOGGED_OUT, LIMITED = 401, 429
MOMENT = 1795946400
"""2026-11-29T10:00:00Z."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of a stand-in."""

    value: Any
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    type: str = ""

    def wire(self) -> bytes:
        """Return it as bytes."""
        if isinstance(self.value, bytes):
            return whole(self.status, self.type or HTML, self.value, self.headers)
        return whole(self.status, "application/json; charset=utf-8", json.dumps(self.value).encode(), self.headers)


@dataclass(slots=True)
class Ask:
    """A request, taken apart."""

    host: str
    path: str
    query: dict[str, str]
    seen: Seen


@dataclass(slots=True)
class Behaviour:
    """What a test may ask of the stand-ins."""

    pages: int = 2
    """Pages of each list."""
    per_page: int = 3
    session: str = ""
    """A cookie, such as `auth_token=A`, without which lists are refused; "" for none."""
    logged_out_after: int | None = None
    """Pages and posts after which the session is over."""
    limited_after: int | None = None
    """Pages and posts after which the site answers 429."""
    challenge: str = ""
    """The end of the host that answers everything with a page that wants proof of a person."""
    rename: dict[str, str] = field(default_factory=dict)
    """Members of answers that have got another name."""
    deleted: bool = False
    """Whether the single post is gone."""
    latency: float = 0.0
    comments: bool = False
    """Whether posts of Reddit and X have comments."""
    photos: int = 1
    """Photos of each post."""
    more: int = 0
    """Of five posts, how many have one photo more."""
    paging: Callable[[int], tuple[list[int], str]] | None = None
    """Instead of pages one after the other: the posts of the page at a number, and the cursor of the next."""
    second: Callable[[Reply], Reply] | None = None
    """What becomes of the answer with the second page of a list."""


class SocialSites:
    """The stand-ins, as a context manager: `with SocialSites() as sites: …https://x.com/amira…`."""

    hosts: tuple[str, ...] = HOSTS

    def __init__(self, **behaviour: Any) -> None:  # noqa: ANN401 - any field of Behaviour
        self.behaviour = Behaviour(**behaviour)
        self.photo = two_photos()[0]
        self._server = TlsServer(RawServer(self._respond), names=self.hosts)
        self._stack = contextlib.ExitStack()
        self._lists = 0

    def __enter__(self) -> Self:
        self._stack.enter_context(self._server)
        self._stack.enter_context(resolving({host: ["127.0.0.1"] for host in self.hosts}, at=self._server.inner.port))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def port(self) -> int:
        """The port at which all the names are served."""
        return self._server.inner.port

    @property
    def ca_file(self) -> Path:
        """The root that a client is to trust."""
        return self._server.ca_file

    @property
    def asked(self) -> list[tuple[str, Seen]]:
        """Every request so far, with its host."""
        return [(seen.header("Host"), seen) for seen in self._server.requests]

    def _respond(self, connection: Connection, seen: Seen) -> None:
        parts = urlsplit(seen.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        ask = Ask(seen.header("Host").partition(":")[0], parts.path, query, seen)
        connection.wait(self.behaviour.latency)
        reply = self._reply(ask)
        if seen.method == "HEAD":
            reply = Reply(b"", reply.status, reply.headers)
        connection.send(reply.wire())

    def _reply(self, ask: Ask) -> Reply:
        if self.behaviour.challenge and ask.host.endswith(self.behaviour.challenge):
            return CHALLENGE
        answer = next((each for ending, each in self.answers().items() if ask.host.endswith(ending)), None)
        reply = answer(self, ask) if answer is not None else Reply(self.photo, type="image/jpeg")
        if self.behaviour.second is not None and self._lists == 2 and reply.type != "image/jpeg":
            self._lists += 1
            return self.behaviour.second(reply)
        return reply

    def answers(self) -> dict[str, Answer]:
        """Return what answers, by the end of the host's name, the first that fits."""
        return _SITES

    def photos(self, post: int, host: str) -> list[str]:
        """Return where the photos of a post are."""
        count = self.behaviour.photos + (post % 5 < self.behaviour.more)
        return [f"https://{host}/media/p{post}-{number}.jpg" for number in range(count)]

    def page(self, ask: Ask, cursor: str) -> tuple[list[int], str] | Reply:
        """Return the numbers of one page of a list and the cursor of the next; or that it is refused."""
        if status := self.refusal(ask):
            return Reply({"error": status, "message": "Too Many Requests"} if status == LIMITED else {}, status)
        behaviour, page = self.behaviour, int(cursor or 0)
        if behaviour.paging is not None:
            return behaviour.paging(page)
        if page >= behaviour.pages:
            return [], ""
        first = 1 + page * behaviour.per_page
        following = str(page + 1) if page + 1 < behaviour.pages else ""
        return list(range(first, first + behaviour.per_page)), following

    def refusal(self, ask: Ask) -> int:
        """Return the status with which a request for a list or a post is refused; 0 where it is not."""
        behaviour, self._lists = self.behaviour, self._lists + 1
        if behaviour.session and behaviour.session not in ask.seen.header("Cookie"):
            return LOGGED_OUT
        if behaviour.logged_out_after is not None and self._lists > behaviour.logged_out_after:
            return LOGGED_OUT
        return LIMITED if behaviour.limited_after is not None and self._lists > behaviour.limited_after else 0

    def renamed(self, value: Any) -> Any:  # noqa: ANN401 - any JSON
        """Return an answer in which members have got their new names."""
        if isinstance(value, dict):
            names = self.behaviour.rename
            return {names.get(name, name): self.renamed(each) for name, each in value.items()}
        return [self.renamed(each) for each in value] if isinstance(value, list) else value


CHALLENGE = Reply(
    b"<!doctype html><title>Just a moment...</title><script>window._cf_chl_opt={}</script>",
    403,
    (("Server", "cloudflare"), ("cf-mitigated", "challenge")),
)


# X: https://developer.x.com has no word on it; the form is what its own web client is answered.

X_USER: Json = {
    "__typename": "User",
    "rest_id": "2001",
    "core": {"screen_name": "amira", "name": "Amira N", "created_at": "Mon Mar 01 08:00:00 +0000 2010"},
    "legacy": {
        "description": "reporter", "followers_count": 5, "friends_count": 2, "statuses_count": 3, "media_count": 1,
        "listed_count": 0, "favourites_count": 0,
    },
    "location": {"location": "Halden"},
    "verification": {"verified": False},
    "privacy": {"protected": False},
    "avatar": {"image_url": "https://pbs.twimg.com/profile_images/1/a_normal.jpg"},
}  # fmt: skip
X_FIRST = (MOMENT * 1000 - 1288834974657) << 22
"""The number of a post of X holds its time (https://github.com/twitter-archive/snowflake)."""


def x_post(sites: SocialSites, number: int) -> Json:
    """Return a post of X, every third without the hashtag."""
    text = f"Smoke over the market {number} #FireWatch" if number % 3 else f"Nothing to see {number}"
    name = str(X_FIRST - number)
    media = [
        {"type": "photo", "media_url_https": url, "original_info": {"width": 40, "height": 30}, "ext_alt_text": "smoke"}
        for url in sites.photos(number, "pbs.twimg.com")
    ]
    legacy = {
        "id_str": name, "user_id_str": "2001", "full_text": text, "created_at": "Sun Nov 29 10:00:00 +0000 2026",
        "lang": "en", "conversation_id_str": name, "favorite_count": 4, "quote_count": 1, "reply_count": 2,
        "retweet_count": 3, "bookmark_count": 0,
        "entities": {"hashtags": [{"text": "FireWatch"}] if number % 3 else [], "urls": [], "user_mentions": []},
        "extended_entities": {"media": media},
    }  # fmt: skip
    return {
        "__typename": "Tweet", "rest_id": name, "core": {"user_results": {"result": X_USER}}, "views": {"count": "77"},
        "source": "<a>Web</a>", "legacy": legacy,
    }  # fmt: skip


def _x_page(ask: Ask) -> Reply | None:
    """Answer what X's own web client asks for around its lists."""
    if ask.path == "/home":  # what a signed-in client reads its "transaction id" from
        numbers = "C".join("10 20 30 40 50 60 70 80 90 100 110" for _ in range(16))
        frames = "".join(
            f'<svg id="loading-x-anim-{n}"><g><path d="M 1"></path><path d="M 10,30 C{numbers}"></path></g></svg>'
            for n in range(4)
        )
        key = base64.b64encode(bytes(range(48))).decode()
        script = '<script>{,123:"ondemand.s"}+{123:"abcdef"}</script>'
        return Reply(f'<html><meta name="twitter-site-verification" content="{key}"/>{frames}{script}</html>'.encode())
    if ask.host == "abs.twimg.com":
        return Reply(b"(a[12], 16)(a[3], 16)(a[7], 16)(a[21], 16)", type="text/javascript")
    if ask.path == "/1.1/guest/activate.json":
        cookie = "guest_id=v1%3A17; Domain=.x.com; Path=/; Secure"
        return Reply({"guest_token": "GT1"}, headers=(("Set-Cookie", cookie),))
    if not ask.path.startswith("/i/api/graphql/"):
        return Reply(b"<!doctype html><title>X</title><div id=react-root></div>")
    return None


def _x_refusal(status: int) -> Reply:
    message = "Could not authenticate you" if status == LOGGED_OUT else "Rate limit exceeded"
    return Reply({"errors": [{"message": message}]}, status)


def _x_single(sites: SocialSites, ask: Ask, variables: Json) -> Reply:
    """Answer for one post: alone for a guest; with what answers it for a signed-in client."""
    guest = "tweetId" in variables
    number = X_FIRST - int(variables["tweetId" if guest else "focalTweetId"])
    if sites.behaviour.deleted and guest:
        return Reply({"data": {"tweetResult": {"result": {"__typename": "TweetUnavailable", "reason": "Deleted"}}}})
    if sites.behaviour.deleted:
        return Reply({"errors": [{"message": "_Missing: No status found with that ID."}], "data": {}})
    if status := sites.refusal(ask):
        return _x_refusal(status)
    if guest:
        return Reply({"data": {"tweetResult": {"result": sites.renamed(x_post(sites, number))}}})

    def _item(post: Json) -> Json:
        return {"itemContent": {"tweet_results": {"result": post}}}

    entries: list[Json] = [{"entryId": f"tweet-{X_FIRST - number}", "content": _item(x_post(sites, number))}]
    for reply in (100 + number, 200 + number) if sites.behaviour.comments else ():
        post = x_post(sites, reply)
        post["legacy"] |= {"in_reply_to_status_id_str": str(X_FIRST - number), "in_reply_to_screen_name": "amira"}
        items = [{"entryId": f"conversationthread-1-tweet-{X_FIRST - reply}", "item": _item(post)}]
        entries.append({"entryId": "conversationthread-1", "content": {"items": items}})
    instructions = sites.renamed({"instructions": [{"type": "TimelineAddEntries", "entries": entries}]})
    return Reply({"data": {"threaded_conversation_with_injections_v2": instructions}})


def _x(sites: SocialSites, ask: Ask) -> Reply:
    if (page_around := _x_page(ask)) is not None:
        return page_around
    variables, name = json.loads(ask.query["variables"]), ask.path.rsplit("/", 1)[1]
    if name == "UserByScreenName":
        return Reply({"data": {"user": {"result": X_USER}}})
    if name in {"TweetResultByRestId", "TweetDetail"}:
        return _x_single(sites, ask, variables)
    _, _, last = variables.get("rawQuery", "").partition("max_id:")
    cursor = variables.get("cursor", "")
    if last:  # a search goes on before the last post's number, and not at a cursor
        cursor = str((X_FIRST - int(last.split()[0])) // sites.behaviour.per_page)
    page = sites.page(ask, cursor)
    if isinstance(page, Reply):
        return _x_refusal(page.status)
    entries: list[Json] = [
        {
            "entryId": f"tweet-{X_FIRST - number}",
            "sortIndex": str(X_FIRST - number),
            "content": {"itemContent": {"tweet_results": {"result": x_post(sites, number)}}},
        }
        for number in page[0]
    ]
    if page[1]:
        entries.append({"entryId": "cursor-bottom-0", "content": {"value": page[1]}})
    timeline = sites.renamed({"instructions": [{"type": "TimelineAddEntries", "entries": entries}]})
    if name == "SearchTimeline":
        return Reply({"data": {"search_by_raw_query": {"search_timeline": {"timeline": timeline}}}})
    return Reply({"data": {"user": {"result": {"timeline": {"timeline": timeline}}}}})


# Reddit: https://www.reddit.com/dev/api, the listings in JSON.


def reddit_post(sites: SocialSites, number: int) -> Json:
    """Return a submission."""
    return {
        "id": f"1abc{number}", "name": f"t3_1abc{number}", "title": f"Market on fire {number} #FireWatch",
        "selftext": "", "selftext_html": None, "is_self": False, "is_video": False, "author": "amira",
        "author_fullname": "t2_am", "subreddit": "halden", "subreddit_id": "t5_h", "created_utc": MOMENT - number,
        "num_comments": 1, "score": 12, "ups": 12, "permalink": f"/r/halden/comments/1abc{number}/post/",
        "url": sites.photos(number, "i.redd.it")[0], "edited": False, "over_18": False, "link_flair_text": "News",
    }  # fmt: skip


def reddit_comments(post: int) -> list[Json]:
    """Return three comments below a post, one in answer to another and one with a photo, and a list of more."""

    def _comment(number: int, parent: str, *replies: Json, **further: Any) -> Json:  # noqa: ANN401 - any member
        said = {
            "id": f"c{post}{number}", "name": f"t1_c{post}{number}", "author": "ben", "author_fullname": "t2_be",
            "body": f"I saw it from the bridge {number}", "created_utc": MOMENT + 60.0 * number, "edited": False,
            "score": 3 - number, "parent_id": parent,
            "permalink": f"/r/halden/comments/1abc{post}/post/c{post}{number}/",
            "body_html": "", "replies": {"kind": "Listing", "data": {"children": list(replies)}} if replies else "",
        }  # fmt: skip
        return {"kind": "t1", "data": {**said, **further}}

    photo = {"m1": {"status": "valid", "e": "Image", "s": {"u": f"https://i.redd.it/media/c{post}.jpg"}}}
    return [
        _comment(1, f"t3_1abc{post}", _comment(2, f"t1_c{post}1")),
        _comment(3, f"t3_1abc{post}", edited=MOMENT + 999.0, media_metadata=photo),
        {"kind": "more", "data": {"count": 7, "id": "x", "parent_id": f"t3_1abc{post}", "children": ["x", "y"]}},
    ]


def _reddit_refusal(status: int) -> Reply:
    return Reply({"error": status, "message": "Unauthorized" if status == LOGGED_OUT else "Slow"}, status)


def _reddit(sites: SocialSites, ask: Ask) -> Reply:
    if ask.path.startswith("/comments/"):
        if sites.behaviour.deleted:
            return Reply({"error": 404, "message": "Not Found"}, 404)
        if status := sites.refusal(ask):
            return _reddit_refusal(status)
        number = int(ask.path.split("/")[2].removeprefix("1abc"))
        listing = {"data": {"children": [{"kind": "t3", "data": reddit_post(sites, number)}]}}
        comments = reddit_comments(number) if sites.behaviour.comments else []
        return Reply(sites.renamed([listing, {"data": {"children": comments}}]))
    if ask.path.endswith("/about.json"):
        return Reply({"kind": "t2", "data": {"id": "am", "name": "amira"}})
    if not ask.path.endswith(".json"):
        return Reply(b"<!doctype html><title>Reddit</title><p>Log in")
    page = sites.page(ask, ask.query.get("after", ""))
    if isinstance(page, Reply):
        return _reddit_refusal(page.status)
    posts = [{"kind": "t3", "data": reddit_post(sites, number)} for number in page[0]]
    return Reply(sites.renamed({"kind": "Listing", "data": {"children": posts, "after": page[1] or None}}))


# Tumblr: https://www.tumblr.com/docs/en/api/v2


def tumblr_post(sites: SocialSites, number: int) -> Json:
    """Return a photo post."""
    photos = [
        {"caption": "", "original_size": {"url": url, "width": 40, "height": 30}, "alt_sizes": []}
        for url in sites.photos(number, "64.media.tumblr.com")
    ]
    return {
        "type": "photo", "id": 700 + number, "id_string": str(700 + number), "blog_name": "amira",
        "blog": {"name": "amira", "uuid": "t:1", "title": "Amira N"}, "timestamp": MOMENT - number,
        "date": "2026-11-29 10:00:00 GMT", "tags": ["FireWatch"], "note_count": 9, "state": "published",
        "post_url": f"https://amira.tumblr.com/post/{700 + number}", "summary": f"smoke {number}",
        "reblog": {"comment": "<p>smoke</p>", "tree_html": ""}, "photos": photos,
    }  # fmt: skip


def _tumblr(sites: SocialSites, ask: Ask) -> Reply:
    if ask.host != "api.tumblr.com":
        return Reply(sites.photo, type="image/jpeg")
    if sites.behaviour.deleted and "id" in ask.query:
        return Reply({"meta": {"status": 404, "msg": "Not Found"}, "response": []}, 404)
    page = sites.page(ask, ask.query.get("page_number") or str(int(ask.query.get("offset", 0)) // 50))
    if isinstance(page, Reply):
        message = "Unauthorized" if page.status == LOGGED_OUT else "Limit Exceeded"
        return Reply({"meta": {"status": page.status, "msg": message}, "response": []}, page.status)
    posts = [tumblr_post(sites, number) for number in page[0]]
    href = f"{ask.path}?page_number={page[1]}"
    links = {"next": {"href": href}} if page[1] else {}
    if ask.path == "/v2/timeline/search":
        return Reply({"meta": {"status": 200}, "response": {"timeline": {"elements": posts, "_links": links}}})
    if "id" in ask.query:
        posts, links = [tumblr_post(sites, int(ask.query["id"]) - 700)], {}
    blog = {"name": "amira", "uuid": "t:1"}
    response = {"blog": blog, "posts": posts, "total_posts": 50 * sites.behaviour.pages, "_links": links}
    return Reply(sites.renamed({"meta": {"status": 200, "msg": "OK"}, "response": response}))


# Instagram: the sections of a hashtag, and one post, as its web client is answered.


def instagram_post(sites: SocialSites, number: int) -> Json:
    """Return a post with a photo."""
    candidates = [{"url": url, "width": 40, "height": 30} for url in sites.photos(number, "scontent.cdninstagram.com")]
    return {
        "pk": str(3000 + number), "id": f"{3000 + number}_2001", "code": f"Cab{number}", "taken_at": MOMENT - number,
        "like_count": 8, "caption": {"text": f"Smoke {number} #FireWatch"}, "original_width": 40,
        "original_height": 30, "user": {"pk": "2001", "username": "amira", "full_name": "Amira N"},
        "image_versions2": {"candidates": candidates[:1]},
    }  # fmt: skip


_IG_LOGIN = Reply(b"", 302, (("Location", "https://www.instagram.com/accounts/login/"),))
_IG_SCRIPT = "/rsrc.php/v4/q.js"
_IG_QUERIES = Reply(
    "".join(
        f'__d("{name}_instagramRelayOperation",[],(function(a){{a.exports="{number}"}}));'
        for number, name in enumerate(("PolarisStoriesV3ReelPageGalleryQuery", "PolarisProfilePageContentQuery"), 100)
    ).encode(),
    type="text/javascript",
)
"""The numbers of the questions that its web client asks."""
_IG_PAGE = (
    '<!doctype html><title>Instagram</title><script id="__eqmc">{"l": "L", "f": "D"}</script>'
    f'<link href="https://static.cdninstagram.com{_IG_SCRIPT}"><script>'
    '{"profile_id":"2001","params":{"username":"amira"}}</script>'
).encode()
_IG_USER = {"pk": "2001", "id": "2001", "username": "amira", "full_name": "Amira N", "is_private": False}


def instagram_story(sites: SocialSites, number: int) -> Json:
    """Return a story, which has no text and is gone after a day."""
    [url, *_] = sites.photos(number, "scontent.cdninstagram.com")
    return {
        "pk": str(4000 + number), "id": f"{4000 + number}_2001", "code": f"St{number}", "taken_at": MOMENT - number,
        "original_width": 40, "original_height": 30, "expiring_at": MOMENT + 86_400, "user": {"pk": "2001"},
        "image_versions2": {"candidates": [{"url": url, "width": 40, "height": 30}]},
    }  # fmt: skip


def _instagram_stories(sites: SocialSites, ask: Ask) -> Reply:
    if status := sites.refusal(ask):
        return Reply({"message": "login_required"}, status)
    items = [instagram_story(sites, number) for number in (1, 2)]
    reel = {"id": "2001", "seen": MOMENT, "latest_reel_media": MOMENT, "user": _IG_USER, "items": items}
    edges = {"edges": [{"node": reel}], "page_info": {"has_next_page": False}}
    return Reply(sites.renamed({"data": {"xdt_api__v1__feed__reels_media__connection": edges}}))


def _instagram(sites: SocialSites, ask: Ask) -> Reply:
    if ask.host != "www.instagram.com":
        return _IG_QUERIES if ask.path == _IG_SCRIPT else Reply(sites.photo, type="image/jpeg")
    if "/accounts/login" in ask.path:
        return Reply(b"<!doctype html><title>Log in</title><form><input type=password></form>")
    if "/sections/" in ask.path:
        return _instagram_section(sites, ask)
    if ask.path == "/graphql/query":
        return _instagram_stories(sites, ask)
    if ask.path == "/api/graphql":
        return Reply({"data": {"user": _IG_USER}})
    return _instagram_one(sites, ask) if "/info/" in ask.path else Reply(_IG_PAGE)


def _instagram_section(sites: SocialSites, ask: Ask) -> Reply:
    page = sites.page(ask, parse_qs(ask.seen.body.decode()).get("max_id", [""])[0])
    if isinstance(page, Reply):
        return _IG_LOGIN if page.status == LOGGED_OUT else Reply({"message": "Please wait"}, page.status)
    medias = [{"media": instagram_post(sites, number)} for number in page[0]]
    following = {"more_available": bool(page[1]), "next_max_id": page[1], "next_page": page[1]}
    return Reply(sites.renamed({"sections": [{"layout_content": {"medias": medias}}], **following}))


def _instagram_one(sites: SocialSites, ask: Ask) -> Reply:
    if sites.behaviour.deleted:
        return Reply({"message": "Media not found or unavailable", "status": "fail"}, 404)
    if status := sites.refusal(ask):
        return _IG_LOGIN if status == LOGGED_OUT else Reply({"message": "Please wait"}, status)
    return Reply(sites.renamed({"items": [instagram_post(sites, 1)], "more_available": False}))


# Flickr: https://www.flickr.com/services/api/


def flickr_photo(sites: SocialSites, number: int) -> Json:
    """Return a photo of a search."""
    return {
        "id": str(5000 + number), "owner": "99@N01", "ownername": "Amira N", "pathalias": "amira", "secret": "s",
        "title": f"Smoke {number}", "description": {"_content": "over the market"}, "dateupload": str(MOMENT - number),
        "tags": "firewatch smoke", "views": "33", "media": "photo",
        "url_o": sites.photos(number, "live.staticflickr.com")[0], "width_o": "40", "height_o": "30",
    }  # fmt: skip


def _flickr(sites: SocialSites, ask: Ask) -> Reply:
    if ask.host == "live.staticflickr.com":
        return Reply(sites.photo, type="image/jpeg")
    if ask.host != "api.flickr.com":
        return Reply(b'<!doctype html><script>root.YUI_config.flickr.api.site_key = "abc";</script>')
    if ask.query["method"] == "flickr.photos.getInfo":
        return Reply({"stat": "fail", "code": 1, "message": "Photo not found"})
    page = sites.page(ask, str(int(ask.query.get("page", 1)) - 1))
    if isinstance(page, Reply):
        return Reply({"stat": "fail", "code": 98, "message": "Login failed"}, page.status)
    photos = [flickr_photo(sites, number) for number in page[0]]
    return Reply(sites.renamed({"stat": "ok", "photos": {"photo": photos, "pages": sites.behaviour.pages}}))


# TikTok: a photo post as its page holds it.


def tiktok_post(sites: SocialSites, number: int) -> Json:
    """Return a photo post."""
    images = [
        {"imageURL": {"urlList": [url]}, "imageWidth": 40, "imageHeight": 30}
        for url in sites.photos(number, "p16.tiktokcdn.com")
    ]
    return {
        "id": str(7000 + number), "desc": f"Smoke {number} #FireWatch", "createTime": str(MOMENT - number),
        "author": {"id": "2001", "uniqueId": "amira", "nickname": "Amira N"}, "imagePost": {"images": images},
        "stats": {"diggCount": 5, "shareCount": 1, "commentCount": 2, "playCount": 90},
    }  # fmt: skip


def _tiktok(sites: SocialSites, ask: Ask) -> Reply:
    if ask.host == "p16.tiktokcdn.com":
        return Reply(sites.photo, type="image/jpeg")
    if ask.path == "/login":
        return Reply(b"<!doctype html><title>Log in</title><form><input type=password></form>")
    if status := sites.refusal(ask):
        if status == LIMITED:
            return Reply(b"Too many requests", status)
        return Reply(b"", 302, (("Location", "https://www.tiktok.com/login"),))
    number = int(ask.path.rpartition("/")[2] or 7001) - 7000
    detail: Json = {"statusCode": 0, "itemInfo": {"itemStruct": tiktok_post(sites, number)}}
    if sites.behaviour.deleted:
        detail = {"statusCode": 10204, "statusMsg": "item doesn't exist"}
    data = json.dumps(sites.renamed({"__DEFAULT_SCOPE__": {"webapp.video-detail": detail}}))
    script = '<script id="__UNIVERSAL_DATA_FOR_REHYDRATION__" type="application/json">'
    return Reply(f"<!doctype html><title>TikTok</title>{script}{data}</script>".encode())


_SITES: dict[str, Answer] = {
    "pbs.twimg.com": lambda sites, _: Reply(sites.photo, type="image/jpeg"),
    "i.redd.it": lambda sites, _: Reply(sites.photo, type="image/jpeg"),
    "twimg.com": _x,
    "x.com": _x,
    "reddit.com": _reddit,
    "tumblr.com": _tumblr,
    "instagram.com": _instagram,
    "cdninstagram.com": _instagram,
    "flickr.com": _flickr,
    "staticflickr.com": _flickr,
    "tiktok.com": _tiktok,
    "tiktokcdn.com": _tiktok,
}

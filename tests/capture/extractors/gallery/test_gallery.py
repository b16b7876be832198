from __future__ import annotations

import ast
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from capture.batch import Batch, BatchSettings, checked_rows, read_rows
from capture.extractors import search_targets
from capture.extractors.gallery import gallery_search
from capture.extractors.gallery import sites as gallery_sites
from capture.extractors.gallery.gallery import INSTALL
from capture.extractors.gallery.sites import SITES, is_own, modules_for, site_of
from capture.request.scene import parse_scene
from capture.run.lent_cookies import cookies_for
from exports.verification import verify
from hashing.case.batch_events import RowOptions
from hashing.case.capture_folder import capture_events
from hashing.case.events import PostChanged
from hashing.times import system_clock
from tests.capture.conftest import NETWORK, OPTIONS
from tests.capture.extractors.gallery.conftest import session
from tests.servers.more_sites import MoreSites
from tests.servers.sites import (
    MOMENT,
    X_FIRST,
    Reply,
    SocialSites,
    flickr_photo,
    instagram_post,
    instagram_story,
    reddit_comments,
    reddit_post,
    tiktok_post,
    tumblr_post,
    x_post,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from capture.run.watch import WatchRound
    from exports.format.capture_view import CaptureView
    from exports.format.manifest import ListedItem
    from hashing.case.case import Case
    from hashing.ledger.keys import SigningKey

    OfSites = Callable[..., Any]

ROOT = Path(__file__).parents[4]
LISTS: dict[str, tuple[str, Callable[[SocialSites, int], Any], str]] = {
    "X": ("https://x.com/amira", x_post, "amira"),
    "Reddit": ("https://www.reddit.com/r/halden/", reddit_post, "amira"),
    "Reddit user": ("https://www.reddit.com/user/amira/", reddit_post, "amira"),
    "Tumblr": ("https://amira.tumblr.com/tagged/FireWatch", tumblr_post, "amira"),
    "Instagram": ("https://www.instagram.com/explore/tags/FireWatch/", instagram_post, "amira"),
    "Flickr": ("https://www.flickr.com/search/?tags=FireWatch", flickr_photo, "amira"),
}
SINGLE = {
    "X": f"https://x.com/amira/status/{X_FIRST - 1}",
    "Reddit": "https://www.reddit.com/r/halden/comments/1abc1/post/",
    "Tumblr": "https://amira.tumblr.com/post/701",
    "Instagram": "https://www.instagram.com/p/Cab1/",
    "TikTok": "https://www.tiktok.com/@amira/photo/7001",
}

MORE = {
    "imgur": ("https://imgur.com/a/AbCde", 2, "7", "over the market 1 #FireWatch"),
    "4chan": ("https://boards.4chan.org/tg/thread/101", 2, "Anonymous", "smoke 1\n>x"),
    "Misskey": ("https://misskey.io/@amira/notes", 3, "u1", "smoke 1 #FireWatch"),
    "Wikimedia Commons": ("https://commons.wikimedia.org/wiki/File:Smoke.jpg", 1, "Amira", "Own work"),
    "Pinterest": ("https://www.pinterest.com/pin/858/", 1, "31", "smoke #FireWatch"),
}


def _posts(view: CaptureView) -> list[ListedItem]:
    return [entry for entry in view.items if entry.post is not None]


def _reasons(view: CaptureView) -> list[str]:
    return [each.reason for each in view.failed]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_paged_to_its_end(name: str, of_sites: OfSites) -> None:
    """Each post is an item, byte for byte as it stands in the stored answer; each photo is one; the case verifies."""
    scene, made, handle = LISTS[name]
    with SocialSites() as sites:
        result, view = of_sites(sites, scene)
        expected = [made(sites, number) for number in range(1, 7)]
    assert result.status == "complete", _reasons(view)
    posts = _posts(view)
    assert [json.loads((result.path / entry.path).read_bytes()) for entry in posts] == expected
    assert all(entry.excerpt is not None for entry in posts)
    assert {entry.post.author.handle for entry in posts if entry.post} == {handle}
    times = [datetime.fromisoformat(entry.post.published).timestamp() for entry in posts if entry.post]
    assert all(MOMENT - 10 <= time <= MOMENT for time in times)
    photos = [entry for entry in view.items if entry.kind == "photo"]
    assert len(photos) == 6
    assert {(result.path / photo.path).read_bytes() for photo in photos} == {sites.photo}
    assert verify(result.path).verdict == "ok"


def test_a_photo_post_of_tiktok(of_sites: OfSites) -> None:
    """What stands in the page's script is cut out of the page; both photos come with it."""
    with SocialSites(photos=2) as sites:
        result, view = of_sites(sites, SINGLE["TikTok"])
        expected = tiktok_post(sites, 1)
    assert result.status == "complete", _reasons(view)
    [entry] = _posts(view)
    assert json.loads((result.path / entry.path).read_bytes()) == expected
    assert entry.post is not None
    assert (entry.post.id, entry.post.tags, entry.post.counts["likes"]) == ("tiktok:7001", ("FireWatch",), 5)
    assert len([each for each in view.items if each.kind == "photo"]) == 2


def test_what_a_post_says(of_sites: OfSites) -> None:
    """Author by lasting number, text, tags, counts, alt text of the photo; what gallery-dl read is a working copy."""
    with SocialSites() as sites:
        result, view = of_sites(sites, SINGLE["X"])
    [entry] = _posts(view)
    post = entry.post
    assert post is not None
    assert (post.platform, post.id, post.author.id, post.author.name) == ("x", f"x:{X_FIRST - 1}", "2001", "Amira N")
    assert post.permalink == SINGLE["X"]
    assert (post.text, post.tags, post.language) == ("Smoke over the market 1 #FireWatch", ("FireWatch",), "en")
    assert (post.counts["likes"], post.counts["views"], post.media[0].alt) == (4, 77, "smoke")
    [copy] = [copy for each in view.items for copy in each.working_copies]
    [line] = (result.path / copy.path).read_text().splitlines()
    assert json.loads(line)["content"] == post.text


def test_a_hashtag_on_several_sites(of_sites: OfSites) -> None:
    """One capture looks in all of them; a post that a site shows without the hashtag is left out, and that is said."""
    on = ("x.com", "reddit.com", "tumblr.com", "instagram.com", "flickr.com")
    with SocialSites() as sites:
        result, view = of_sites(sites, "#firewatch", on=on)
    assert result.status == "complete", _reasons(view)
    found = [entry.post.platform for entry in _posts(view) if entry.post]
    assert {name: found.count(name) for name in set(found)} == (
        {"x": 4, "reddit": 6, "tumblr": 6, "instagram": 6, "flickr": 6}
    )
    [left_out] = [each for each in view.skipped if "without this hashtag" in each.reason]
    assert (left_out.count, left_out.reason) == (2, "post: shown by X for #firewatch, but without this hashtag")


def test_a_site_without_hashtags_says_so(of_sites: OfSites) -> None:
    """A place that cannot be asked is a failure of the capture, with its reason, and no request."""
    with SocialSites() as sites:
        result, view = of_sites(sites, "#firewatch", on=("tiktok.com",))
        assert sites.asked == []
    assert result.status == "nothing"
    assert _reasons(view) == ["TikTok cannot be asked for a hashtag by gallery-dl"]


def test_a_session_goes_to_its_own_site_alone(of_sites: OfSites) -> None:
    """Cookies of one file for two sites: each is sent to its own, and neither stands in what is recorded."""
    jar = session(".x.com", auth_token="SECRET-X", ct0="SECRET-C")  # noqa: S106 - what must not be recorded
    for cookie in session(".ads.example", id="SECRET-A"):
        jar.set_cookie(cookie)
    with SocialSites(session="auth_token=SECRET-X") as sites:
        result, view = of_sites(sites, "https://x.com/amira", cookies=jar)
        sent = {host: seen.header("Cookie") for host, seen in sites.asked}
        repeated = {seen.header("X-Csrf-Token") for host, seen in sites.asked if host.endswith("x.com")}
    assert result.status == "complete", _reasons(view)
    assert "SECRET-C" in repeated  # by gallery-dl, which holds another word in its place
    assert len(_posts(view)) == 6
    assert "auth_token=SECRET-X" in sent["x.com"]
    assert not any("SECRET" in cookie for host, cookie in sent.items() if not host.endswith("x.com"))
    assert not any("SECRET-A" in cookie for cookie in sent.values())
    for file in result.path.rglob("*"):
        assert not file.is_file() or b"SECRET" not in _plain(file)


def test_which_cookies_are_lent() -> None:
    """Of a browser's file, those of the site that is captured and its hosts for photos; all for any other page."""
    jar = session(".x.com", auth_token="A")  # noqa: S106 - no password
    for domain in (".twimg.com", ".facebook.com", "evilx.com"):
        for cookie in session(domain, sid="B"):
            jar.set_cookie(cookie)

    def _lent(*urls: str) -> set[str]:
        lent = cookies_for(urls, jar)
        assert lent is not None
        return {cookie.domain for cookie in lent}

    assert _lent("https://x.com/amira") == {".x.com", ".twimg.com"}
    assert _lent("x.com", "facebook.com") == {".x.com", ".twimg.com", ".facebook.com"}
    assert _lent("https://news.example/") == {".x.com", ".twimg.com", ".facebook.com", "evilx.com"}
    # What runs somebody else's extractors is told of fewer: of a page of any site, those of the same owner.
    for host, url, own in (
        (".youtube.com", "https://www.youtube.com/watch?v=a", True),
        (".x.com", "https://www.youtube.com/watch?v=a", False),
        (".twimg.com", "https://x.com/a/status/1", True),
        ("evilx.com", "https://x.com/a/status/1", False),
        ("bbc.co.uk", "https://www.bbc.co.uk/news", True),
        ("other.co.uk", "https://www.bbc.co.uk/news", False),
        ("127.0.0.1", "http://127.0.0.1:80/", True),
        ("127.0.0.2", "http://127.0.0.1:80/", False),
    ):
        assert is_own(host, site_of(url), url) is own, (host, url)
    assert cookies_for(["https://x.com/amira"], None) is None


def _plain(file: Path) -> bytes:
    import gzip

    data = file.read_bytes()
    return gzip.decompress(data) if file.suffix == ".gz" else data


@pytest.mark.parametrize("name", ["X", "Instagram", "Tumblr", "Reddit"])
def test_a_session_that_ends_in_the_middle(name: str, of_sites: OfSites) -> None:
    """What came is kept; that the session has ended is told as such, and the capture is partial."""
    domain = f".{site_of(LISTS[name][0]).hosts[0]}"  # type: ignore[union-attr]  # a known one
    names = next(site.session for site in SITES if site.name == name) or ("sid",)
    jar = session(domain, **dict.fromkeys(names, "abc"))
    with SocialSites(logged_out_after=1) as sites:
        result, view = of_sites(sites, LISTS[name][0], cookies=jar)
    assert result.status == "partial"
    assert len(_posts(view)) == 3
    [reason] = _reasons(view)
    assert "the session has ended" in reason
    assert "(--session, --cookies)" in reason


def test_without_a_session(of_sites: OfSites) -> None:
    """Where a site shows nothing without one, that is said, and its page is taken instead."""
    with SocialSites(session="sessionid=abc") as sites:
        result, view = of_sites(sites, SINGLE["Instagram"])
    assert result.status == "partial"
    assert any("shows this only to who is logged in" in reason for reason in _reasons(view))
    assert any(entry.kind == "page" for entry in view.items)


@pytest.mark.parametrize("name", LISTS)
def test_a_rate_limit_is_not_the_end(name: str, of_sites: OfSites) -> None:
    """Where a site refuses a further page, what came is kept, and the capture is partial."""
    with SocialSites(limited_after=1) as sites:
        result, view = of_sites(sites, LISTS[name][0], longest_pause=1.0)
    assert result.status == "partial"
    assert len(_posts(view)) == 3
    assert _reasons(view), name


def test_a_challenge_stops_its_site_alone(of_sites: OfSites) -> None:
    """Of two sites one wants proof of a person: that is told, its page is not asked for, and the other is captured."""
    with SocialSites(challenge="tumblr.com") as sites:
        result, view = of_sites(sites, "#firewatch", on=("tumblr.com", "flickr.com"))
        of_one, alone = of_sites(sites, SINGLE["Tumblr"])
        asked = {host for host, _ in sites.asked}
    assert (result.status, {entry.post.platform for entry in _posts(view) if entry.post}) == ("partial", {"flickr"})
    [reason] = _reasons(view)
    assert "wants proof of a person" in reason
    assert (of_one.status, "wants proof of a person" in _reasons(alone)[0]) == ("nothing", True)
    assert "amira.tumblr.com" not in asked


@pytest.mark.parametrize("name", SINGLE)
def test_a_single_post_while_the_site_refuses(name: str, of_sites: OfSites) -> None:
    """Where a site asks for patience, its page is not asked for instead, and the capture says so."""
    with SocialSites(limited_after=0) as sites:
        result, view = of_sites(sites, SINGLE[name], longest_pause=1.0)
    assert result.status == "nothing"
    assert "refuses further requests for now" in _reasons(view)[0], _reasons(view)


@pytest.mark.parametrize("name", SINGLE)
def test_a_deleted_post(name: str, of_sites: OfSites) -> None:
    """A post that is not there is never told as captured: no post is made of what came."""
    with SocialSites(deleted=True) as sites:
        result, view = of_sites(sites, SINGLE[name])
    assert result.status in {"partial", "nothing"}
    assert _posts(view) == []
    assert any(words in _reasons(view)[0] for words in ("nothing here", "could go no further")), _reasons(view)


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("X", "instructions"),
        ("Reddit", "children"),
        ("Tumblr", "timestamp"),
        ("Flickr", "photos"),
        ("Instagram", "sections"),
        ("TikTok", "createTime"),
    ],
)
def test_an_answer_that_has_changed(name: str, member: str, of_sites: OfSites) -> None:
    """What gallery-dl cannot read any more is told with its version, and the answer is kept."""
    with SocialSites(rename={member: "renamed"}) as sites:
        result, view = of_sites(sites, LISTS[name][0] if name in LISTS else SINGLE[name])
        kept = [(result.path / entry.path).read_bytes() for entry in view.items]
    assert result.status != "complete"
    told = [reason for reason in _reasons(view) if "could not be read (gallery-dl 1." in reason]
    assert told, _reasons(view)
    assert any(b"renamed" in body for body in kept)


def _changed(member: str, make: Callable[[Any], Any]) -> Callable[[Reply], Reply]:
    """Return what makes another value of each member with a name, at whatever depth."""

    def _at(value: Any) -> Any:  # noqa: ANN401 - any JSON
        if isinstance(value, dict):
            return {name: make(each) if name == member else _at(each) for name, each in value.items()}
        return [_at(each) for each in value] if isinstance(value, list) else value

    return lambda reply: replace(reply, value=_at(reply.value))


_LOGIN_PAGE = Reply(b"<!doctype html><title>Log in</title><form><input name=p type=password></form>")
_TO_LOGIN = Reply(b"", 302, (("Location", "https://www.tumblr.com/login?redirect_to=%2F"),))


@pytest.mark.parametrize(
    ("name", "second", "posts", "told"),
    [
        ("Reddit", _changed("children", lambda _: {}), 3, "/data/children in MP/1-"),
        ("X", _changed("legacy", lambda _: None), 3, "could not be read (gallery-dl 1."),
        ("Reddit", _changed("kind", lambda _: "t9"), 3, "it told of none of the 3 that stand in MP/1-"),
        ("Tumblr", _changed("id", lambda _: None), 3, "3 posts without the name that the site gives each"),
        ("Reddit", _changed("title", lambda each: [each]), 6, "its title could not be read"),
        ("Instagram", _changed("image_versions2", lambda _: None), 6, "gallery-dl: Missing media in post"),
        ("Tumblr", lambda _: _TO_LOGIN, 3, "the session has ended (it leads to its log-in page)"),
        ("Flickr", lambda _: _LOGIN_PAGE, 3, "the session has ended (it answers with its log-in page)"),
        ("Reddit", lambda _: Reply({"message": "oops"}, 500), 3, "the server answered 500 Internal Server Error"),
    ],
)
def test_a_page_amid_a_list_that_is_not_what_it_was(
    name: str, second: Callable[[Reply], Reply], posts: int, told: str, of_sites: OfSites
) -> None:
    """What came before is kept, and no such page is taken for the end of the list: the capture is partial."""
    jar = session(f".{LISTS[name][0].split('/')[2].partition('.')[2]}", sid="abcdefgh") if "session" in told else None
    with SocialSites(second=second) as sites:
        result, view = of_sites(sites, LISTS[name][0], cookies=jar)
    assert (result.status, len(_posts(view))) == ("partial", posts), _reasons(view)
    assert any(told in reason for reason in _reasons(view)), _reasons(view)


def test_a_page_without_posts_is_not_the_end(of_sites: OfSites) -> None:
    """X's lists go on behind an empty page; posts that come twice over pages are taken once."""
    pages = {0: ([1, 2, 3], "1"), 1: ([], "2"), 2: ([3, 4], "3"), 3: ([], "")}
    with SocialSites(paging=pages.__getitem__) as sites:
        result, view = of_sites(sites, LISTS["X"][0])
    assert (result.status, len(_posts(view))) == ("complete", 4), _reasons(view)


@pytest.mark.parametrize(
    ("paging", "told"),
    [
        (lambda page: ([1, 2, 3], str(page + 1)), "10 answers in a row had nothing but what had come before"),
        (lambda page: ([1, 2, 3][: 3 * (page == 0)], str(page + 1)), "40 requests in a row brought nothing new"),
    ],
)
def test_a_list_without_an_end(
    paging: Callable[[int], tuple[list[int], str]], told: str, of_sites: OfSites, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is given up, which is told; the last post before its empty pages is found where it stands."""
    monkeypatch.setattr(gallery_search, "_MOST_FRUITLESS", 40)
    with SocialSites(paging=paging) as sites:
        result, view = of_sites(sites, LISTS["Reddit"][0])
    assert (result.status, len(_posts(view))) == ("partial", 3), _reasons(view)
    assert all(entry.excerpt is not None for entry in _posts(view))
    assert any(told in reason for reason in _reasons(view)), _reasons(view)


def test_a_limit_and_a_time(of_sites: OfSites) -> None:
    """`--limit` and `--since` end a list, and it is told that it goes on."""
    with SocialSites(pages=40) as sites:
        _, view = of_sites(sites, LISTS["Tumblr"][0], limit=4)
        assert len(_posts(view)) == 4
        assert any(each.reason == "further posts: over the limit (--limit 4)" for each in view.skipped)
        pages = len(sites.asked)
        since = datetime.fromtimestamp(MOMENT - 5, UTC)
        _, view = of_sites(sites, LISTS["Tumblr"][0], since=since)
        assert len(_posts(view)) == 5
        assert any(each.reason == "further posts: older than --since" for each in view.skipped)
        assert pages < 8


def test_a_watch_sees_a_deleted_post(
    rounds: Callable[..., Iterator[WatchRound]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A post that is no longer listed is asked for by itself, and the site's word for it is kept."""
    with SocialSites(pages=1) as sites:
        monkeypatch.setenv("SSL_CERT_FILE", str(sites.ca_file))
        watching = rounds("https://www.reddit.com/r/halden/", site_delay=0.0)
        next(watching)
        sites.behaviour.per_page, sites.behaviour.deleted = 2, True
        second = next(watching)
    changes = [event for event in capture_events(second.path) if isinstance(event, PostChanged)]
    assert [(event.id, event.change) for event in changes] == [("reddit:1abc3", "gone")]


def test_a_watch_leaves_a_site_alone_when_its_session_has_ended(
    rounds: Callable[..., Iterator[WatchRound]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two rounds hear that it has ended; from then on nothing is asked, and each round says how to go on."""
    jar = session(".x.com", auth_token="A", ct0="B")  # noqa: S106 - no password
    with SocialSites(pages=1) as sites:
        monkeypatch.setenv("SSL_CERT_FILE", str(sites.ca_file))
        watching = rounds("https://x.com/amira", site_delay=0.0, network=replace(NETWORK, cookies=jar, attempts=1))
        assert next(watching).posts == 3
        sites.behaviour.logged_out_after = 0
        assert [next(watching).failed, next(watching).failed] == [1, 1]
        assert not any("TweetDetail" in seen.path for _, seen in sites.asked)  # nor is it asked after each post
        asked = len(sites.asked)
        assert [next(watching).failed, next(watching).failed] == [1, 1]
        assert len(sites.asked) == asked
        watching.close()  # type: ignore[attr-defined]  # a generator


def test_a_batch_gives_up_a_site_whose_session_has_ended(
    case: Case, key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few rows are told of it, the others are not tried; with a new session the same rows go on."""
    scenes = [f"https://www.reddit.com/r/halden/comments/1abc{number}/post/" for number in range(1, 31)]
    jar = session(".reddit.com", reddit_session="A")
    options = replace(OPTIONS, site_delay=0.0, media="none", network=replace(NETWORK, cookies=jar, attempts=1))
    read = read_rows(io.BytesIO("\n".join(scenes).encode()), "rows.txt")
    rows, _ = checked_rows(read.rows, options, RowOptions(media="none"), system_clock())
    settings = BatchSettings(jobs=2, per_host=2, retries=1, pause=0.05)
    with SocialSites(logged_out_after=3) as sites:
        monkeypatch.setenv("SSL_CERT_FILE", str(sites.ca_file))
        summary = Batch(rows, case, settings, key=key, officer="M", source="rows.txt").run()
        assert (summary.counts.done, summary.counts.failed) == (3, 27)
        assert len(sites.asked) < 12
        [reason] = {reason for _, reason in summary.failed if "row after row" in reason}
        assert "the session has ended" in reason
        assert "lend a new one (--session, --cookies) and run this again" in reason
        sites.behaviour.logged_out_after = None
        summary = Batch(rows[:6], case, settings, key=key, officer="M", source="rows.txt").run()
        assert (summary.counts.before, summary.counts.done) == (3, 3)


def test_without_the_extra(of_sites: OfSites, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence says how to install it; the page is captured as before, and a hashtag says why it is not."""
    monkeypatch.setattr(gallery_sites, "find_spec", lambda _: None)
    with SocialSites() as sites:
        _, view = of_sites(sites, "https://www.tumblr.com/amira")
        assert [entry.kind for entry in view.items] == ["photo"]
        assert [each.reason for each in view.skipped] == [f"posts of Tumblr are read by gallery-dl: {INSTALL}"]
        result, view = of_sites(sites, "#FireWatch", on=("x.com",))
    assert result.status == "nothing"
    assert _reasons(view) == [f"hashtags on X are read by gallery-dl: {INSTALL}"]


def test_one_file_alone_imports_gallery_dl() -> None:
    """The GPL's reach ends at a process of its own: no other module of the product imports it."""
    importing = []
    for top in ("hashing", "capture", "exports", "intelligence", "validation", "commands"):
        for path in (ROOT / top).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                if any(name.partition(".")[0] == "gallery_dl" for name in names):
                    importing.append(path.relative_to(ROOT).as_posix())
    assert set(importing) == {"capture/extractors/gallery/gallery_child.py"}


def test_which_addresses_may_be_known() -> None:
    """By the domain, in the modules' text; what our own extractors read better, and bare files, are not among them."""
    assert modules_for("https://imgur.com/a/abcde") == ("imgur",)
    assert "artstation" in modules_for("https://www.artstation.com/artwork/abc")
    for url in (
        "https://example.org/a.jpg",
        "https://mastodon.social/@a/1",
        "https://bsky.app/profile/a",
        "http://[::1/",
    ):
        assert not {"directlink", "mastodon", "bluesky", "generic"} & set(modules_for(url)), url
    [target] = search_targets(parse_scene("https://news.example.org/fire"), OPTIONS)
    assert "gallery" not in [extractor.name for extractor in target.extractors]


def test_the_table_of_sites_is_sound() -> None:
    """Each site has a module that is there, and hosts that lead back to it."""
    for site in SITES:
        assert modules_for(f"https://{site.hosts[0]}/x") == (site.module,), site.name
        assert site_of(site.hosts[-1]) is site
        assert not site.tag or site_of(site.tag_url("a b")) is site


@pytest.mark.parametrize("name", MORE)
def test_further_sites(name: str, of_sites: OfSites) -> None:
    """Each post is an item as served, with author, time and text; no field is gallery-dl's own."""
    scene, posts, author, text = MORE[name]
    with MoreSites() as sites:
        result, view = of_sites(sites, scene)
    assert result.status == "complete", _reasons(view)
    found = _posts(view)
    assert len(found) == posts
    assert found[0].post is not None
    assert (found[0].post.author.id or found[0].post.author.handle, found[0].post.text) == (author, text)
    assert found[0].post.published.startswith("2026-11-29T10:00:00")
    assert all(entry.excerpt is not None for entry in found)
    assert "in gallery-dl's words" not in {fact.name for entry in found for fact in entry.facts}
    assert any(entry.kind == "photo" for entry in view.items)
    assert verify(result.path).verdict == "ok"


@pytest.mark.parametrize("scene", [SINGLE["Reddit"], LISTS["Reddit"][0]])
def test_comments_below_a_post(scene: str, of_sites: OfSites) -> None:
    """Each comment is an item as it was served, with what it answers and its own photo; `more` is told as not got."""
    with SocialSites(comments=True, pages=1, per_page=1) as sites:
        result, view = of_sites(sites, scene, comments=True)
        served = reddit_comments(1)
    assert result.status == "complete", _reasons(view)
    post, *comments = _posts(view)
    assert post.post is not None
    assert post.post.id == "reddit:1abc1"
    said = {entry.post.id: entry.post for entry in comments if entry.post}
    assert {name: each.reply_to for name, each in said.items()} == {
        "reddit:t1_c11": "reddit:1abc1",
        "reddit:t1_c13": "reddit:1abc1",
        "reddit:t1_c12": "reddit:t1_c11",
    }
    third = said["reddit:t1_c13"]
    assert (third.author.id, third.text, third.counts) == ("t2_be", "I saw it from the bridge 3", {"score": 0})
    assert (third.published, bool(third.edited)) == ("2026-11-29T10:03:00Z", True)
    assert json.loads((result.path / comments[0].path).read_bytes()) == served[0]["data"]
    photos = {entry.url: entry.found_in for entry in view.items if entry.kind == "photo"}
    assert photos["https://i.redd.it/media/c1.jpg"].startswith("comment https://www.reddit.com/")
    assert [media.url for media in post.post.media] == ["https://i.redd.it/media/p1-0.jpg"]
    [more] = [each for each in view.skipped if each.reason.startswith("comments:")]
    assert (more.count, "`more`" in more.reason) == (7, True)
    assert verify(result.path).verdict == "ok"


def test_stories_of_instagram(of_sites: OfSites) -> None:
    """Each story is a post of its own, with its own moment and photo, for who lends a session."""
    jar = session(".instagram.com", sessionid="abc")
    with SocialSites(session="sessionid=abc") as sites:
        result, view = of_sites(sites, "https://www.instagram.com/stories/amira/", cookies=jar)
        served = [instagram_story(sites, number) for number in (1, 2)]
    assert result.status == "complete", _reasons(view)
    assert [json.loads((result.path / entry.path).read_bytes()) for entry in _posts(view)] == served
    said = [entry.post for entry in _posts(view) if entry.post]
    assert [(post.id, post.author.id, post.published) for post in said] == [
        ("instagram:4001_2001", "2001", "2026-11-29T09:59:59Z"),
        ("instagram:4002_2001", "2001", "2026-11-29T09:59:58Z"),
    ]
    assert {post.permalink for post in said} == {"https://www.instagram.com/stories/amira/"}


def test_answers_to_a_post_of_x(of_sites: OfSites) -> None:
    """With `--thread` and a session, what answers the post comes with it; it says what it answers."""
    jar = session(".x.com", auth_token="A", ct0="B")  # noqa: S106 - no password
    with SocialSites(comments=True) as sites:
        result, view = of_sites(sites, SINGLE["X"], cookies=jar, thread=True)
        _, alone = of_sites(sites, SINGLE["X"], cookies=jar)
    assert result.status == "complete", _reasons(view)
    said = {entry.post.id: entry.post.reply_to for entry in _posts(view) if entry.post}
    first = f"x:{X_FIRST - 1}"
    assert said == {first: "", f"x:{X_FIRST - 101}": first, f"x:{X_FIRST - 201}": first}
    assert len(_posts(alone)) == 1


def test_fields_that_the_site_did_not_serve(of_sites: OfSites) -> None:
    """What gallery-dl put in is named as its own words; what stands in the served post is not."""
    with SocialSites(rename={"like_count": "liked_by"}) as sites:
        _, view = of_sites(sites, SINGLE["Instagram"])
        _, as_it_was = of_sites(sites, SINGLE["TikTok"])
    [entry], [photo_post] = _posts(view), _posts(as_it_was)
    facts = {fact.name: fact.value for fact in entry.facts}
    assert facts["in gallery-dl's words"] == "count of likes"
    assert "in gallery-dl's words" not in {fact.name for fact in photo_post.facts}

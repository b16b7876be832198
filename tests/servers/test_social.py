"""The servers of social scenes: each answers what it promises, and nothing of it is left when it stops."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import pytest
import requests

from tests.patience import PATIENCE, wait_until
from tests.servers.bluesky.databases import PostgresServer
from tests.servers.bluesky.user import POSTS, hashtag
from tests.servers.mastodon import MastodonServer
from tests.servers.material import SMOKE_ALT, WATER_ALT
from tests.servers.media_site import PLACES
from tests.servers.program import Program, ToolMissing, find_tool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.servers.bluesky import BlueskyNetwork
    from tests.servers.media_site import MediaSite

ROOT = Path(__file__).parents[2]
PARENT = "sleep 600 & echo ready; wait"
STUBBORN = f"trap '' TERM; {PARENT}; wait"


def children_of(processes: set[int]) -> set[int]:
    """Return the living children of processes."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text("utf-8", "replace").rpartition(")")[2].split()[:2]
        except OSError:  # it has ended meanwhile
            continue
        if state != "Z" and int(parent) in processes:
            found.add(int(stat.parent.name))
    return found


def with_descendants(processes: set[int]) -> set[int]:
    """Return processes, their children, the children of these, and so on."""
    found = set(processes)
    while more := children_of(found) - found:
        found |= more
    return found


def wait_for_the_end(processes: set[int]) -> None:
    """Return once none of these processes exists any more."""
    wait_until(lambda: not any(map(_exists, processes)))


def _exists(process: int) -> bool:
    try:
        stat = Path(f"/proc/{process}/stat").read_text("utf-8", "replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@contextmanager
def leaving_nothing() -> Iterator[Callable[[], None]]:
    """Yield a function that notes the processes started inside; fail where one of them is still there at the end.

    Skips the test where the server lacks a tool.
    """
    if not Path("/proc/self/stat").exists():
        pytest.skip("processes are counted in /proc, and there is none here")
    ours = {os.getpid()}
    before = children_of(ours)
    started: set[int] = set()
    try:
        yield lambda: started.update(with_descendants(children_of(ours) - before))
    except ToolMissing as missing:
        pytest.skip(str(missing))
    assert started
    wait_for_the_end(started)
    assert children_of(ours) <= before


def get(url: str, **query: str | int) -> Any:  # noqa: ANN401 - any JSON
    """Return what a URL answers, from JSON. Raises requests.HTTPError."""
    answer = requests.get(url, query, timeout=PATIENCE)
    answer.raise_for_status()
    return answer.json()


# Programs


def test_a_program_ends_with_what_it_started_and_its_folder() -> None:
    """A program that does not want to end is killed, its child too, and its folder is gone."""
    with leaving_nothing() as note, Program(["sh", "-c", STUBBORN], files={"settings": b"x = 1\n"}) as program:
        program.wait_for(lambda: program.said or None)
        note()
        folder = program.folder
        assert (folder / "settings").read_bytes() == b"x = 1\n"
    assert not folder.exists()


def test_a_program_that_fails_is_reported_with_what_it_said() -> None:
    """A server that ends instead of answering is an error that quotes it; one that is slow is an error too."""
    with (
        Program(["sh", "-c", "echo the disk is full; exit 3"]) as program,
        pytest.raises(RuntimeError, match=r"sh: ended, and said: the disk is full"),
    ):
        program.wait_for(lambda: None)
    with (
        Program(["sleep", "600"]) as program,
        pytest.raises(RuntimeError, match=r"sleep: was not ready after 0\.1 s"),
    ):
        program.wait_for(lambda: None, 0.1)


def test_a_missing_tool_is_named() -> None:
    """What is not installed is named with the package that holds it."""
    with pytest.raises(ToolMissing, match=r"no-such-tool is not installed \(Debian: apt-get install no-such-package\)"):
        find_tool("no-such-tool", package="no-such-package")


@pytest.mark.parametrize(
    "server",
    [
        f"tests.servers.program import Program; server = Program(['sh', '-c', {PARENT!r}])",
        "tests.servers.bluesky.databases import PostgresServer; server = PostgresServer()",
    ],
    ids=["program", "postgres"],
)
def test_programs_die_with_the_tests(server: str) -> None:
    """When the process of the tests is killed, the programs that it started end, and their folders go."""
    if "Postgres" in server:
        try:
            PostgresServer()
        except ToolMissing as missing:
            pytest.skip(str(missing))
    script = (
        f"import os, sys; from {server}; server.__enter__()\n"
        "ready = getattr(server, 'wait', lambda: server.wait_for(lambda: server.said or None)); ready()\n"
        "print(server.folder, flush=True); sys.stdin.read()"
    )
    with leaving_nothing() as note:
        tests = subprocess.Popen(
            [sys.executable, "-c", script], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with tests:
            assert tests.stdout is not None
            folder = Path(tests.stdout.readline().strip())
            note()
            assert folder.is_dir()
            tests.send_signal(signal.SIGKILL)
    assert not folder.exists()


# Bluesky


def test_bluesky_has_what_was_posted(bluesky: BlueskyNetwork) -> None:
    """The PDS gives each post to anyone, with the CID that its author got, and the deleted one to nobody."""
    where = f"{bluesky.pds}/xrpc/com.atproto.repo.getRecord"
    for name, post in bluesky.posts.items():
        answer = requests.get(where, {"repo": post.did, "collection": POSTS, "rkey": post.rkey}, timeout=PATIENCE)
        if name == "deleted":
            assert (answer.status_code, answer.json()["error"]) == (400, "RecordNotFound")
        else:
            assert answer.json()["cid"] == post.cid
    listed = get(f"{bluesky.pds}/xrpc/com.atproto.repo.listRecords", repo="bob.test", collection=POSTS, limit=100)
    assert {post.uri for post in bluesky.bulk} < {record["uri"] for record in listed["records"]}
    assert len(bluesky.bulk) == 30


def test_bluesky_serves_blobs_as_uploaded(bluesky: BlueskyNetwork) -> None:
    """Photos and video come back byte for byte, under the names that the records give them."""
    author = bluesky.accounts["alice"].did
    reader = bluesky.user("bob")
    images = reader.record(bluesky.posts["photos"])["embed"]["images"]
    video = reader.record(bluesky.posts["video"])["embed"]["video"]
    served = [
        requests.get(
            f"{bluesky.pds}/xrpc/com.atproto.sync.getBlob",
            {"did": author, "cid": blob["ref"]["$link"]},
            timeout=PATIENCE,
        ).content
        for blob in (*(image["image"] for image in images), video)
    ]
    assert served == [*bluesky.photos, bluesky.clip]
    assert [image["alt"] for image in images] == [SMOKE_ALT, WATER_ALT]


def test_bluesky_names_lead_to_the_pds(bluesky: BlueskyNetwork) -> None:
    """A handle resolves to a DID, and the DID's document in the PLC directory to the PDS."""
    for account in bluesky.accounts.values():
        did = get(f"{bluesky.pds}/xrpc/com.atproto.identity.resolveHandle", handle=account.handle)["did"]
        document = get(f"{bluesky.plc}/{did}")
        assert did == document["id"] == account.did
        assert document["service"][0]["serviceEndpoint"] == bluesky.pds
        assert get(f"{bluesky.plc}/{did}/log/audit")[0]["did"] == did


def test_bluesky_records_show_what_they_are(bluesky: BlueskyNetwork) -> None:
    """Replies name parent and root, the quote what it quotes, tags stand in facets or in a field."""
    posts, reader = bluesky.posts, bluesky.user("alice")
    reply = reader.record(posts["reply_to_reply"])["reply"]
    assert (reply["root"]["uri"], reply["parent"]["uri"]) == (posts["photos"].uri, posts["reply"].uri)
    assert reader.record(posts["quote"])["embed"]["record"]["cid"] == posts["photos"].cid
    outside = reader.record(posts["tag_outside_text"])
    assert outside["tags"] == ["FireWatch"]
    assert "FireWatch" not in outside["text"]
    facets = reader.record(posts["link_and_mention"])["facets"]
    assert [facet["features"][0]["$type"].partition("#")[2] for facet in facets] == ["link", "mention"]


def test_bluesky_users_post_edit_and_delete(bluesky: BlueskyNetwork) -> None:
    """A test can act: post with tag, photo and reply, edit in place, delete."""
    alice = bluesky.user("alice")
    text = "Später: Löscharbeiten #FireWatch"
    post = alice.post(
        text,
        facets=[hashtag(text, "FireWatch")],
        images=[(bluesky.photos[0], "Smoke")],
        reply_to=bluesky.posts["reply"],
    )
    record = alice.record(post)
    tag = record["facets"][0]["index"]
    assert text.encode()[tag["byteStart"] : tag["byteEnd"]] == b"#FireWatch"
    assert record["reply"]["root"]["uri"] == bluesky.posts["photos"].uri
    edited = alice.edit(post, text="Never mind", facets=[])
    assert edited.uri == post.uri
    assert edited.cid != post.cid
    assert alice.record(post)["text"] == "Never mind"
    alice.delete(post)
    with pytest.raises(requests.HTTPError, match="400"):
        alice.record(post)


def test_bluesky_appview_finds_and_follows(bluesky_appview: BlueskyNetwork) -> None:
    """The AppView finds every post with a tag in its text, a page at a time, and shows a thread with its replies."""
    appview, found = bluesky_appview, list[str]()
    cursor: dict[str, str] = {}
    while True:
        page = get(f"{appview.appview}/xrpc/app.bsky.feed.searchPosts", q="#manyposts", limit=20, **cursor)
        found += [post["uri"] for post in page["posts"]]
        if not page["posts"]:
            break
        cursor = {"cursor": page["cursor"]}
    assert sorted(found) == sorted(post.uri for post in appview.bulk)
    thread = get(f"{appview.appview}/xrpc/app.bsky.feed.getPostThread", uri=appview.posts["photos"].uri)["thread"]
    [reply] = thread["replies"]
    assert reply["post"]["uri"] == appview.posts["reply"].uri
    assert reply["replies"][0]["post"]["uri"] == appview.posts["reply_to_reply"].uri
    deleted = get(f"{appview.appview}/xrpc/app.bsky.feed.getPosts", uris=appview.posts["deleted"].uri)
    assert deleted == {"posts": []}


def test_bluesky_appview_takes_in_what_is_new(bluesky_appview: BlueskyNetwork) -> None:
    """A post made during a test is waited for until the AppView shows it."""
    appview = bluesky_appview
    post = appview.user("bob").post("Just now")
    appview.wait_until_indexed(post)
    [shown] = get(f"{appview.appview}/xrpc/app.bsky.feed.getPosts", uris=post.uri)["posts"]
    assert shown["author"]["handle"] == "bob.test"


# Mastodon


def test_mastodon_has_what_was_posted(mastodon: MastodonServer) -> None:
    """Each status is there; photos, video and alternative texts come back as uploaded."""
    status = {name: get(mastodon.url(f"/api/v1/statuses/{post.id}")) for name, post in mastodon.posts.items()}
    media = status["photos"]["media_attachments"] + status["video"]["media_attachments"]
    assert [requests.get(each["url"], timeout=PATIENCE).content for each in media] == [*mastodon.photos, mastodon.clip]
    assert [each["description"] for each in media[:2]] == [SMOKE_ALT, WATER_ALT]
    assert [each["type"] for each in media] == ["image", "image", "video"]
    assert status["content_warning"]["spoiler_text"] == "Injuries"
    assert status["followers_only"]["visibility"] == "private"
    versions = get(mastodon.url(f"/api/v1/statuses/{mastodon.posts['edited'].id}/history"))
    assert ["First" in versions[0]["content"], "Second" in versions[-1]["content"]] == [True, True]
    context = get(mastodon.url(f"/api/v1/statuses/{mastodon.posts['reply'].id}/context"))
    related = [[each["id"] for each in context[side]] for side in ("ancestors", "descendants")]
    assert related == [[mastodon.posts["photos"].id], [mastodon.posts["reply_to_reply"].id]]


def test_mastodon_pages_a_hashtag(mastodon: MastodonServer) -> None:
    """A tag's timeline is followed by its Link headers to the last of its posts."""
    found, url = [], mastodon.url("/api/v1/timelines/tag/manyposts?limit=40")
    while url:
        answer = requests.get(url, timeout=PATIENCE)
        found += [status["id"] for status in answer.json()]
        url = answer.links.get("next", {}).get("url", "")
    assert found == [post.id for post in reversed(mastodon.bulk)]


def test_mastodon_says_what_it_is(mastodon: MastodonServer) -> None:
    """Its instance, its nodeinfo and its accounts can be looked up, and a post's page leads back to its number."""
    assert get(mastodon.url("/api/v2/instance"))["domain"] == mastodon.origin.removeprefix("http://")
    link = get(mastodon.url("/.well-known/nodeinfo"))["links"][0]["href"]
    assert get(link)["software"]["name"] == "mastodon"
    assert get(mastodon.url("/api/v1/accounts/lookup"), acct="alice")["username"] == "alice"
    post = mastodon.posts["photos"]
    assert post.url == mastodon.url(f"/@alice/{post.id}")


def test_mastodon_users_post_and_delete(mastodon: MastodonServer) -> None:
    """A test can act: what it posts is there, what it deletes is not."""
    post = mastodon.post("alice", "Just now")
    assert "Just now" in get(mastodon.url(f"/api/v1/statuses/{post.id}"))["content"]
    mastodon.delete("alice", post)
    with pytest.raises(requests.HTTPError, match="404"):
        get(mastodon.url(f"/api/v1/statuses/{post.id}"))


def test_mastodon_is_faulty_on_demand(mastodon: MastodonServer) -> None:
    """A fault is served as often as was asked for, or until it is ended."""
    path = "/api/v1/timelines/tag/firewatch"
    mastodon.fault("/api/v1/timelines/*", {"type": "ratelimit"}, count=1)
    answers = [requests.get(mastodon.url(path), timeout=PATIENCE) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [429, 200]
    assert answers[0].headers["Retry-After"] == "300"
    mastodon.fault(path, {"type": "status", "status": 503})
    assert {requests.get(mastodon.url(path), timeout=PATIENCE).status_code for _ in range(3)} == {503}
    mastodon.end_faults()
    assert requests.get(mastodon.url(path), timeout=PATIENCE).ok


def test_mastodon_counts_requests() -> None:
    """With a rate limit, clients are told what is left, and turned away when it is used up."""
    with leaving_nothing() as note, MastodonServer(rate_limit=60) as server:
        note()
        answers = [requests.get(server.url("/api/v1/timelines/public?limit=1"), timeout=PATIENCE) for _ in range(61)]
    left = [int(answer.headers["X-RateLimit-Remaining"]) for answer in answers]
    assert left == sorted(left, reverse=True)
    assert (answers[0].status_code, answers[-1].status_code) == (200, 429)


# The site of videos


def test_media_site_serves_every_place(media_site: MediaSite) -> None:
    """Every place of the list answers with the bytes whose hash is told, under the type that its form has."""
    types = {}
    for path in PLACES:
        answer = requests.get(media_site.url(path), timeout=PATIENCE)
        assert (answer.status_code, hashlib.sha256(answer.content).hexdigest()) == (200, media_site.sha256[path])
        types[path] = answer.headers["Content-Type"]
    assert types["/hls/master.m3u8"] == "application/vnd.apple.mpegurl"
    assert types["/dash/manifest.mpd"] == "application/dash+xml"
    assert types["/json-ld"] == "text/html; charset=utf-8"
    assert set(media_site.sha256) == set(media_site.data) >= set(PLACES)


@pytest.mark.parametrize("playlist", ["/hls/hi.m3u8", "/hls/lo.m3u8", "/fmp4/index.m3u8", "/aes/index.m3u8"])
def test_media_site_has_the_segments_of_its_playlists(media_site: MediaSite, playlist: str) -> None:
    """A playlist's three segments are there."""
    lines = requests.get(media_site.url(playlist), timeout=PATIENCE).text.splitlines()
    segments = [line for line in lines if line and not line.startswith("#")]
    assert len(segments) == 3
    for segment in segments:
        assert requests.get(urljoin(media_site.url(playlist), segment), timeout=PATIENCE).ok


def test_media_site_pages_name_this_site(media_site: MediaSite) -> None:
    """Pages and feed lead to the files by absolute URLs of this very site."""
    for path in ("/json-ld", "/open-graph", "/twitter-card", "/feed.xml"):
        assert media_site.url("/clip.mp4") in requests.get(media_site.url(path), timeout=PATIENCE).text

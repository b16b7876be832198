"""A post by its address, on a server that speaks as documented."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from exports.verification import verify
from tests.capture.conftest import jpeg
from tests.capture.extractors.fediverse.documented import GONE, LOGIN, account, answer, instance, photo, refusal, status
from tests.servers import Body, SceneServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.capture.extractors.fediverse.documented import Held
    from tests.servers.scene import Answer
    from tests.servers.seen import Seen

    Files = dict[str, Answer]
    Capture = Callable[..., tuple[str, Held]]

PAGE = b'<!doctype html><title>A post</title><p>Fire!</p><img src="/one.jpg">'


def _paths(server: SceneServer) -> list[str]:
    return [seen.path for seen in server.requests]


def test_a_host_that_is_no_server_is_the_webs(held: Capture) -> None:
    """An address in the form of a post on a host without the API is captured as the page that it is."""
    with SceneServer({"/@alice/100": PAGE, "/one.jpg": jpeg()}) as server:
        result, case = held(server.url("/@alice/100"))
    assert result == "complete"
    assert [(item.kind, item.extractor) for item in case.items] == [("page", "web"), ("photo", "web")]


def test_a_news_page_costs_no_question(held: Capture) -> None:
    """An address that has no form of the fediverse is fetched and nothing else is asked of its host."""
    with SceneServer({"/2026/fire": b"<!doctype html><p>Fire"}) as server:
        held(server.url("/2026/fire"))
        assert _paths(server) == ["/2026/fire"]


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b'{"title": 7}', b"<!doctype html><p>app", b"{", b""])
def test_what_is_no_instance_is_the_webs(body: bytes, held: Capture) -> None:
    """A host that answers the question what it is with anything else does not speak the API."""
    files: Files = {
        "/@alice/100": PAGE,
        "/one.jpg": jpeg(),
        "/api/v2/instance": Body(data=body, type="application/json"),
    }
    with SceneServer(files) as server:
        _, case = held(server.url("/@alice/100"))
    assert {item.extractor for item in case.items if item.kind == "photo"} == {"web"}


def test_an_older_server_is_known_by_its_first_api(held: Capture) -> None:
    """A server that has `/api/v1/instance` alone is one, and its `uri` is the domain of its accounts."""
    files = {
        "/api/v1/instance": answer({"uri": "https://old.example/", "title": "Old", "version": "2.7.2 (compatible)"})
    }
    with SceneServer(files) as server:
        server.files["/api/v1/statuses/100"] = answer(status("100", server.origin))
        _, case = held(server.url("/@alice/100"))
    assert case.post("Post 100").author.handle == "alice@old.example"


def test_an_address_that_is_not_the_apis_is_searched_for(held: Capture) -> None:
    """Where the number in the address is another post's, that post is not taken for it: the server is asked to look."""
    with SceneServer(instance()) as server:
        origin, scene = server.origin, server.url("/users/alice/statuses/7")
        meant = status("opaque", origin, uri=scene, url=f"{origin}/@alice/opaque")
        other = status("7", origin, uri=f"{origin}/users/alice/statuses/9", content="<p>Another")
        server.files |= {
            "/api/v1/statuses/7": answer(other),
            f"/api/v2/search?q={quote(scene, safe='')}&resolve=true&type=statuses": answer({"statuses": [meant]}),
            "/api/v1/statuses/opaque": answer(meant),
        }
        result, case = held(scene)
    assert result == "complete"
    assert case.texts == ["Post opaque"]
    assert "another post than the address names" in case.reasons


def test_a_post_that_is_gone_is_said_and_its_page_kept(held: Capture) -> None:
    """A post that the server no longer has, and that no search finds, is a failure in words; its page is tried."""
    with SceneServer({**instance(), "/api/v1/statuses/100": GONE, "/@alice/100": PAGE}) as server:
        result, case = held(server.url("/@alice/100"), media="none")
    assert result == "partial"
    assert 'has no post at this address, or not for us (404) ("Record not found")' in case.reasons
    assert len(case.of_kind("page")) == 1


def test_a_login_wall_says_what_to_do(held: Capture) -> None:
    """A server that shows posts to those who log in alone is named, with the option that gives a token."""
    with SceneServer({**instance(), "/api/v1/statuses/100": LOGIN, "/api/v2/search": LOGIN}) as server:
        result, case = held(server.url("/@alice/100"))
    assert result != "complete"
    assert "gives post only to those who log in: give an access token with --token" in case.reasons


def test_a_post_is_read_from_activitypub_where_the_api_does_not_give_it(held: Capture) -> None:
    """Where API and search refuse, the address itself is asked for ActivityPub: post, author and photo are there.

    What the API alone gives is said: the edit history, and the thread, where it was asked for.
    """

    def _negotiated(seen: Seen) -> Body:
        if "activity+json" not in seen.header("Accept"):
            return Body(data=PAGE, type="text/html")
        note = {
            "type": "Note", "id": server.url("/@alice/100"), "attributedTo": server.url("/users/alice"),
            "content": "<p>Seen by ActivityPub</p>", "to": ["https://www.w3.org/ns/activitystreams#Public"],
            "attachment": [{"type": "Document", "mediaType": "image/jpeg", "url": server.url("/one.jpg")}],
        }  # fmt: skip
        return Body(data=json.dumps(note).encode(), type="application/activity+json")

    with SceneServer({**instance(), "/api/v1/statuses/100": LOGIN, "/@alice/100": _negotiated}) as server:
        actor = {"id": server.url("/users/alice"), "type": "Person", "preferredUsername": "alice", "name": "Alice"}
        server.files |= {
            "/users/alice": Body(data=json.dumps(actor).encode(), type="application/activity+json"),
            "/one.jpg": jpeg(),
        }
        result, case = held(server.url("/@alice/100"))
        asked, threaded = held(server.url("/@alice/100"), thread=True)
    assert result == "complete"
    assert case.post("Seen by ActivityPub").author.name == "Alice"
    assert len(case.of_kind("photo")) == 1
    assert any(
        skipped.reason.startswith("edit history: the post came as ActivityPub alone") for skipped in case.skipped
    )
    assert asked == "partial"
    [failed] = threaded.failed
    assert failed.reason.startswith("thread: the post came as ActivityPub alone")


def test_everything_of_an_edited_post(held: Capture) -> None:
    """Its earlier wordings, oldest first, the photo that an edit took out, and its ActivityPub JSON are captured."""
    with SceneServer(instance()) as server:
        now = status(
            "a1", server.origin, edited_at="2026-03-01T13:00:00.000Z", content="<p>Third",
            media_attachments=[photo(server.url("/second.jpg"))],
        )  # fmt: skip
        versions = [
            {"content": "<p>First", "created_at": "2026-03-01T12:00:00.000Z", "spoiler_text": "",
             "media_attachments": [photo(server.url("/first.jpg"))]},
            {"content": "<p>Second", "created_at": "2026-03-01T12:30:00.000Z", "spoiler_text": "blood"},
            {"content": "<p>Third", "created_at": "2026-03-01T13:00:00.000Z", "spoiler_text": ""},
        ]  # fmt: skip
        server.files |= {
            "/api/v1/statuses/a1": answer(now),
            "/api/v1/statuses/a1/history": answer(versions),
            "/users/alice/statuses/a1": Body(data=b'{"type": "Note"}', type="application/activity+json"),
            "/first.jpg": jpeg(1),
            "/second.jpg": jpeg(2),
            "/api/v1/accounts/acc-alice": answer(account("alice", server.origin)),
        }
        result, case = held(server.url("/@alice/a1"))
    assert result == "complete"
    assert [(edit.text, edit.warning) for edit in case.post("Third").edits] == [("First", ""), ("Second", "blood")]
    assert len(case.of_kind("photo")) == 2
    [beside] = [item for item in case.of_kind("data") if item.mime == "application/activity+json"]
    assert case.bytes_of(beside) == b'{"type": "Note"}'


def test_a_boost_is_evidence_of_what_it_shares(held: Capture) -> None:
    """The address of a boost captures the boosted post, its photo, and who boosted it when."""
    with SceneServer(instance()) as server:
        shared = status("s1", server.origin, "carol", media_attachments=[photo(server.url("/one.jpg"))])
        boost = status("b1", server.origin, "bob", content="", reblog=shared, created_at="2026-03-02T09:00:00.000Z")
        server.files |= {"/api/v1/statuses/b1": answer(boost), "/one.jpg": jpeg()}
        _, case = held(server.url("/@bob/b1"))
    assert verify(case.path.parents[1]).verdict == "ok"
    post = case.post("Post s1")
    assert post.author.handle == "carol@home.example"
    facts = case.facts[case.item_of("Post s1").ref]
    assert (facts["boosted by"], facts["boosted at"]) == ("bob@home.example", "2026-03-02T09:00:00.000Z")
    assert len(case.of_kind("photo")) == 1


@pytest.mark.parametrize("wrapped", [True, False], ids=["mastodon", "others"])
def test_a_quoted_post_is_captured_too(wrapped: bool, held: Capture) -> None:
    """What a post quotes is a post of its own, byte for byte as it stands in the other, with its photo."""
    with SceneServer(instance()) as server:
        quoted = status("q1", server.origin, "carol", media_attachments=[photo(server.url("/one.jpg"))])
        entity = {"state": "accepted", "quoted_status": quoted} if wrapped else quoted
        server.files |= {"/api/v1/statuses/a1": answer(status("a1", server.origin, quote=entity)), "/one.jpg": jpeg()}
        _, case = held(server.url("/@alice/a1"))
    assert case.post("Post a1").quotes == case.post("Post q1").id
    item = case.item_of("Post q1")
    assert json.loads(case.bytes_of(item)) == quoted
    assert len(case.of_kind("photo")) == 1


def test_a_long_thread_is_asked_for_until_it_is_whole(held: Capture) -> None:
    """Answers that the server left out of a thread are asked for at their own parent; what stays hidden is counted."""
    with SceneServer(instance()) as server:
        origin = server.origin
        root = status("a1", origin, replies_count=2, in_reply_to_id="a0")
        before = status("a0", origin, replies_count=9)
        one = status("b1", origin, "bob", in_reply_to_id="a1", replies_count=1)
        two = status("c1", origin, "carol", in_reply_to_id="b1")
        server.files |= {
            "/api/v1/statuses/a1": answer(root),
            "/api/v1/statuses/a1/context": answer({"ancestors": [before], "descendants": [one]}),
            "/api/v1/statuses/b1/context": answer({"descendants": [two], "ancestors": [before, root]}),
        }
        result, case = held(server.url("/@alice/a1"), thread=True)
    assert result == "complete"
    assert case.texts == ["Post a1", "Post a0", "Post b1", "Post c1"]
    assert case.post("Post c1").reply_to == case.post("Post b1").id
    [missing] = [each for each in case.skipped if "counts and does not show" in each.reason]
    assert missing.count == 1
    assert "(--token)" in missing.reason


def test_an_endless_thread_ends(held: Capture) -> None:
    """A server that always has one more answer is asked a bounded number of times."""

    def _more(seen: Seen) -> Body:
        number = int(seen.path.split("/")[4])
        return answer({"descendants": [status(str(number + 1), in_reply_to_id=str(number), replies_count=9)]})

    with SceneServer(instance()) as server:
        server.files |= {f"/api/v1/statuses/{number}/context": _more for number in range(100, 200)}
        server.files["/api/v1/statuses/100"] = answer(status("100", server.origin, replies_count=9))
        _, case = held(server.url("/@alice/100"), thread=True)
        assert sum(path.endswith("/context") for path in _paths(server)) == 25
    assert len(case.posts) == 26


def test_a_thread_that_is_refused_is_said(held: Capture) -> None:
    """The post is captured where its thread needs a login, and the capture says so."""
    with SceneServer({**instance(), "/api/v1/statuses/100/context": LOGIN}) as server:
        server.files["/api/v1/statuses/100"] = answer(status("100", server.origin))
        result, case = held(server.url("/@alice/100"), thread=True)
    assert (result, case.texts) == ("partial", ["Post 100"])
    assert "gives thread only to those who log in" in case.reasons


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"7", b'"x"', b'{"account": {}}', b"<!doctype html><p>no", b"\xff\xfe", b"[" * 100_000],
)
def test_a_post_that_cannot_be_read_is_kept_and_named(body: bytes, held: Capture) -> None:
    """An answer that is no post is stored as it is; the capture says that it could not be read, and ends in order."""
    files: Files = {**instance(), "/api/v1/statuses/100": Body(data=body, type="application/json"), "/@alice/100": PAGE}
    with SceneServer(files) as server:
        result, case = held(server.url("/@alice/100"), media="none")
    assert result == "partial"
    assert any(item.url.endswith("/statuses/100") and case.bytes_of(item) == body for item in case.items) or not body


def test_an_empty_history_of_an_edited_post_is_said(held: Capture) -> None:
    """A post that was edited has wordings: a server that gives none of them is told."""
    with SceneServer({**instance(), "/api/v1/statuses/a1/history": answer([])}) as server:
        server.files["/api/v1/statuses/a1"] = answer(status("a1", server.origin, edited_at="2026-03-01T13:00:00Z"))
        result, case = held(server.url("/@alice/a1"))
    assert result == "partial"
    assert [failed.reason for failed in case.failed][-1:] == [
        "edited, but the server gives no wording of it: the history is empty"
    ]


def test_a_refused_history_is_said(held: Capture) -> None:
    """A post whose history needs a login is captured as it is now, and the capture says what is missing."""
    with SceneServer(
        {**instance(), "/api/v1/statuses/a1/history": refusal(403, "This action is not allowed")}
    ) as server:
        server.files["/api/v1/statuses/a1"] = answer(status("a1", server.origin, edited_at="2026-03-01T13:00:00Z"))
        result, case = held(server.url("/@alice/a1"))
    assert (result, case.texts) == ("partial", ["Post a1"])
    assert "edited, but" in case.reasons

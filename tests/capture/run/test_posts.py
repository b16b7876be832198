from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from capture.extractors import extractors
from exports.verification import verify
from hashing.case.events import Excerpt
from tests.capture.conftest import jpeg
from tests.servers import Body, SceneServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from capture.run.run import CaptureResult
    from capture.run.watch import WatchRound
    from exports.format.capture_view import CaptureView

    Captured = Callable[..., tuple[CaptureResult, CaptureView]]
    Rounds = Callable[..., Iterator[WatchRound]]

LIST = b'[ {"id":"1","text":"dark \\u263e","photo":"one.jpg"} ,\n {"id":"2","text":"loud","photo":"one.jpg"}]'


pytestmark = pytest.mark.own_readers  # they are to look for modules where the example is installed
EXAMPLE = Path(__file__).parents[3] / "docs/extractor-example"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which the example package of docs/ is installed, by pip."""
    place = tmp_path_factory.mktemp("environment") / "site-packages"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(place), str(EXAMPLE)], check=True)
    return place


@pytest.fixture(autouse=True)
def _installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have a package installed that adds a source of its own."""
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    extractors.cache_clear()
    yield
    extractors.cache_clear()


@pytest.fixture
def server() -> Iterator[SceneServer]:
    """Return a message board with two posts that show the same photo."""
    files = {"/board.json": LIST, "/one.jpg": jpeg(10), "/1": b"post one", "/2": b"post two"}
    with SceneServer(files) as running:
        yield running


def test_each_post_of_a_list_is_an_item_as_served(captured: Captured, server: SceneServer) -> None:
    """A post is cut out byte for byte, says where it stood, and carries what it says; its photo is taken once."""
    result, view = captured(server.url("/board.json"))
    assert result.status == "complete"
    assert [entry.kind for entry in view.items] == ["listing", "post", "photo", "post"]
    listing, first, photo, second = view.items
    for entry in (first, second):
        data = (result.path / entry.path).read_bytes()
        assert entry.excerpt == Excerpt(of=listing.ref, offset=LIST.index(data))
        assert entry.sha256 == hashlib.sha256(data).hexdigest()
    assert first.post is not None
    assert (first.post.text, first.post.media[0].url) == ("dark \u263e", photo.url)
    assert verify(result.path).verdict == "ok"


def test_a_coded_list_gives_the_same_posts(captured: Captured, server: SceneServer) -> None:
    """Where the list comes compressed all the same, its posts are what stands in it when it is unpacked."""
    server.files["/board.json"] = Body(data=LIST, gzip=True)
    result, view = captured(server.url("/board.json"))
    posts = [(result.path / entry.path).read_bytes() for entry in view.items if entry.post]
    assert len(posts) == 2
    assert all(post in LIST for post in posts)
    assert verify(result.path).verdict == "ok"


def test_a_swapped_excerpt_is_named(captured: Captured, server: SceneServer) -> None:
    """A post whose ledger line points elsewhere in the list does not pass, although every digest is right."""
    result, view = captured(server.url("/board.json"))
    ledger = result.path / "ledger.jsonl"
    lines = ledger.read_bytes().replace(f'"offset":{LIST.index(b"{")}'.encode(), b'"offset":3')
    ledger.chmod(0o600)
    ledger.write_bytes(lines)
    reasons = {problem.reason for problem in verify(result.path).problems}
    assert f"not what stands in {view.items[0].path} from byte 3 on" in reasons


def test_an_excerpt_that_names_another_exchange_is_named(captured: Captured, server: SceneServer) -> None:
    """A post cannot be given the server, the address or the time of another answer than that of its list."""
    result, view = captured(server.url("/board.json"))
    [listing, post, photo, _] = view.items
    ledger = result.path / "ledger.jsonl"
    ours, others = (f'"exchange":{entry.exchange}'.encode() for entry in (post, photo))
    lines = ledger.read_bytes().split(b"\n")
    lines = [line.replace(ours, others) if b'"excerpt"' in line else line for line in lines]
    ledger.chmod(0o600)
    ledger.write_bytes(b"\n".join(lines))
    reasons = [problem.reason for problem in verify(result.path).problems]
    assert reasons.count(f"did not come with {listing.ref}, which it was cut out of") == 2


def test_the_manifest_names_a_posts_photo_by_its_reference(
    captured: Captured, server: SceneServer, tmp_path: Path
) -> None:
    """In a bundle a post leads to the item that holds its photo, and the report shows who said what."""
    from exports.bundle import export_bundle
    from hashing.case.case import Case
    from hashing.ledger.keys import load_or_create_signing_key

    captured(server.url("/board.json"))
    key = load_or_create_signing_key(tmp_path / "k.pem")[0]
    export_bundle(Case.open(tmp_path / "OP-ALDER"), key=key, officer="M", output=tmp_path / "bundle")
    lines = (tmp_path / "bundle/data/items.jsonl").read_bytes().splitlines()
    items = [entry for entry in map(json.loads, lines) if entry["event"] == "item"]
    [_, post, photo, _] = sorted(items, key=lambda item: item["ref"])
    assert post["post"]["media"][0]["url"] == photo["url"]
    assert post["post"]["author"]["handle"] == "ann"
    report = (tmp_path / "bundle/data/report/items-1.html").read_text()
    assert "dark \u263e" in report
    assert f'href="items-1.html#item-{photo["ref"].replace("/", "-")}"' in report
    assert verify(tmp_path / "bundle").verdict == "ok"


def test_a_watch_takes_what_is_new_and_names_what_was_edited(rounds: Rounds, server: SceneServer) -> None:
    """The second round has the new post and the new wording, with both versions named, and no photo twice."""
    watching = rounds(server.url("/board.json"))
    assert (next(watching).posts, server.asked("/one.jpg")) == (2, 1)
    quiet = next(watching)
    assert (quiet.posts, quiet.edited, quiet.gone) == (0, 0, 0)
    server.files["/board.json"] = LIST.replace(b"loud", b"louder").replace(b"]", b',{"id":"3","text":"new"}]')
    done = next(watching)
    assert (done.posts, done.edited, done.gone, server.asked("/one.jpg")) == (2, 1, 0, 1)


def test_a_watch_says_what_has_gone_and_what_is_only_out_of_the_list(rounds: Rounds, server: SceneServer) -> None:
    """A post that is no longer listed is asked for: where it answers 404 it is gone, once; else nothing is said."""
    watching = rounds(server.url("/board.json"))
    next(watching)
    server.files["/board.json"] = b"[]"
    del server.files["/2"]
    done, later = next(watching), next(watching)
    assert (done.gone, later.gone) == (1, 0)

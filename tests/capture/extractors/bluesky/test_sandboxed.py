"""What servers of the AT Protocol answer is read in the sandbox alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.capture.extractors.bluesky.documented import asked
from tests.patience import PATIENCE
from tests.servers import Body

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.capture.extractors.bluesky.conftest import Got
    from tests.capture.extractors.bluesky.documented import Documented
    from tests.servers.seen import Seen

    Get = Callable[..., Got]

RKEYS = [f"3n346f5x2zk2{letter}" for letter in "abc"]
BOMB = b'{"uri":"at://x","value":{"x":[' + b"[]," * (10 << 20) + b"[]]}}"
"""Half a gigabyte of lists in any reader of JSON, and less than what is read of a body."""
READERS = (
    *("capture.extractors.bluesky." + name for name in ("read_answer", "post", "view", "blobs", "thread_nodes")),
    *("capture.extractors.served_json", "capture.extractors.video.hls"),
    *("hashing.atproto." + name for name in ("car", "dag_cbor", "did_document", "mst", "plc_log", "repository")),
    *("hashing.atproto." + name for name in ("record_json", "record_proof", "served", "strict_json")),
)
CAPTURE = """
import sys
from dataclasses import replace
from pathlib import Path
from capture.request.options import BlueskyServices
from capture.run.run import capture
from hashing.case.capture_folder import capture_events
from hashing.case.case import Case
from hashing.case.events import ProofRead
from hashing.ledger.keys import load_or_create_signing_key
from tests.capture.conftest import OPTIONS

folder, scene, origin, *readers = sys.argv[1:]
key, _ = load_or_create_signing_key(Path(folder) / "key.pem")
case = Case.open_or_create(Path(folder) / "OP-ALDER", key=key, officer="Mary Price")
options = replace(OPTIONS, thread=True, bluesky=BlueskyServices(appview=origin, plc=origin))
result = capture(scene, case, options, key=key)
proofs = [event for event in capture_events(result.path) if isinstance(event, ProofRead) and not event.problem]
print(len(proofs), *(name for name in readers if name in sys.modules))
"""


@pytest.mark.parametrize("scene", ["account", "post"])
def test_the_process_that_holds_the_key_loads_no_reader(documented: Documented, tmp_path: Path, scene: str) -> None:
    """After an account, or a post with its thread, was captured and proven, no module that reads answers is loaded."""
    uris = [documented.post(rkey, f"Post {rkey}") for rkey in RKEYS]
    thread = {"thread": {"post": documented.view(RKEYS[0]), "replies": [{"post": documented.view(RKEYS[1])}]}}
    documented.answer("app.bsky.feed.getPostThread", thread)
    scene = uris[0] if scene == "post" else f"at://{documented.did}"
    run = subprocess.run(
        [sys.executable, "-c", CAPTURE, str(tmp_path), scene, documented.origin, *READERS],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
        cwd=Path(__file__).parents[4],
    )
    proven, *loaded = run.stdout.split()
    assert int(proven) == (3 if scene != uris[0] else 2)
    assert not loaded


def test_an_answer_that_kills_its_reader_costs_itself_alone(get: Get, documented: Documented) -> None:
    """A post's JSON that no reader survives is a failure; its text comes from its proof, and the others are whole."""
    for rkey in RKEYS:
        documented.post(rkey, f"Post {rkey}", reply={"parent": {"uri": documented.uri(RKEYS[0])}})
    replies = [{"post": documented.view(rkey)} for rkey in RKEYS[1:]]
    documented.answer(
        "app.bsky.feed.getPostThread", {"thread": {"post": documented.view(RKEYS[0]), "replies": replies}}
    )
    whole = documented.server.files["/xrpc/com.atproto.repo.getRecord"]

    def _get_record(seen: Seen) -> Body:
        if asked(seen)["rkey"] == RKEYS[1]:
            return Body(data=BOMB, type="application/json", gzip=True)
        answer = whole(seen) if callable(whole) else whole
        assert isinstance(answer, Body)
        return answer

    documented.answer("com.atproto.repo.getRecord", _get_record)
    got = get(documented.uri(RKEYS[0]), documented.origin, thread=True)
    [(url, reason)] = got.failures.items()
    assert f"rkey={RKEYS[1]}" in url
    assert "could not be read" in reason
    said: dict[str, set[str]] = {entry.kind: set() for entry in got.view.items}
    for entry in got.view.items:
        if entry.post is not None and entry.excerpt is None:
            said[entry.kind].add(entry.post.text)
    assert said["post"] == {f"Post {RKEYS[0]}", f"Post {RKEYS[2]}"}
    assert said["proof"] == {f"Post {RKEYS[1]}"}
    assert [proof.problem for proof in got.proofs] == ["", "", ""]
    assert got.verdict == "ok"

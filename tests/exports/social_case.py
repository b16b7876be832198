"""A case with everything that a social scene can leave: a list of posts, a photo, edits, a proof, a joined video."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hashing.case.events import PostChanged, ProofRead
from hashing.case.kinds import ItemKind
from hashing.case.post import Account, Edit, Post, PostMedia
from hashing.times import system_clock, time_text
from tests.exports.small_case import Thing, make_case, photo
from tests.hashing.atproto.vectors import FOLDER, key_of, owner_of, vector

if TYPE_CHECKING:
    from pathlib import Path

    from tests.exports.small_case import CaseMaker

PHOTO = "https://social.example/media/1.jpg"
POST = Post(
    platform="fediverse",
    server="social.example",
    id="https://social.example/@alice/1",
    permalink="https://social.example/@alice/1",
    author=Account(handle="alice@social.example", name="Alice", id="https://social.example/@alice"),
    published="2026-11-24T10:15:02+01:00",
    edited="2026-11-24T10:20:00+01:00",
    text="Smoke over the market #fire",
    warning="smoke",
    tags=("fire",),
    counts={"replies": 1, "likes": 1200},
    edits=(Edit(time="2026-11-24T10:15:02+01:00", text="Smoke"),),
    media=(PostMedia(url=PHOTO, kind=ItemKind.PHOTO, alt="grey smoke"),),
)


def social_case(folder: Path) -> CaseMaker:
    """Make a case of two captures: in the second, the post of the first was edited, and another is gone."""
    maker = make_case(folder)
    _first(maker)
    _second(maker)
    return maker


def _first(maker: CaseMaker) -> None:
    capture = maker.begin("https://social.example/tags/fire")
    post = json.dumps({"id": 1, "content": POST.text}).encode()
    listing = capture.add(Thing("tag.json", b"[ " + post + b" ]", "listing", "application/json"))
    capture.excerpt(listing, POST, post, offset=2)
    capture.add(Thing("1.jpg", photo(), url=PHOTO))
    proven = vector("reply")
    served = (FOLDER / "reply.getRecord.json").read_bytes()
    log = (FOLDER / f"{owner_of(proven.did)}.plc-audit.json").read_bytes()
    record = capture.add(Thing("record.json", served, "post", "application/json"))
    identity = capture.add(Thing("log.json", log, "identity", "application/json"))
    proof = capture.add(Thing("proof.car", proven.car, "proof", "application/vnd.ipld.car"))
    capture.events.append(
        ProofRead(
            time=time_text(system_clock()),
            ref=proof.ref,
            identity=identity.ref,
            did=proven.did,
            collection=proven.collection,
            rkey=proven.rkey,
            post=record.ref,
            record_cid=proven.cid,
            rev=proven.verify(proven.car).rev,
            key=key_of(proven.did),
        )
    )
    playlist = capture.add(Thing("hi.m3u8", b"#EXTM3U\n", "playlist", "application/vnd.apple.mpegurl"))
    moment = time_text(system_clock())
    joined = capture.folder.add_working_copy(moment, playlist.ref, "0007-video.mp4", b"\x00\x00", "joined by ffmpeg")
    capture.events.append(joined)
    capture.seal()


def _second(maker: CaseMaker) -> None:
    capture = maker.begin("https://social.example/tags/fire")
    page = capture.add(Thing("post.json", b'{"id": 1}', "post", "application/json"))
    moment = time_text(system_clock())
    capture.events += [
        PostChanged(time=moment, id=POST.id, change="edited", before="MP/1-0002", after=page.ref),
        PostChanged(time=moment, id="https://social.example/@bob/2", change="gone", before="MP/0-0001", reason="404"),
    ]
    capture.skip("https://social.example/@alice/3", "post: as it was captured before, as MP/1-0002")
    capture.skip("https://social.example/@alice/4", "post: as it was captured before, as MP/1-0004")
    capture.skip("https://social.example/a.pdf", "document: not asked for (--media photos,videos)")
    capture.seal()

"""Real cases for the tests of this folder: made with the case's own code, of photos made here, without a network."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PIL import Image

from hashing.case.capture_folder import INCOMING, capture_origin
from hashing.case.case import Case
from hashing.case.events import (
    CAPTURE_FORMAT,
    CaptureFinished,
    CaptureStarted,
    Event,
    Excerpt,
    Exchange,
    Failed,
    Item,
    ItemFacts,
    PageJudged,
    PostRead,
    Skipped,
    Tls,
    WarcPlace,
)
from hashing.case.facts import Fact
from hashing.case.kinds import ItemKind
from hashing.files.digest import Digest
from hashing.files.storage import OWNER_WRITES
from hashing.ledger.keys import SigningKey, load_or_create_signing_key
from hashing.times import system_clock, time_text
from hashing.tool import tool
from hashing.warc.record import BODY_DIGEST, BODY_FILE, STORED, encode_record, new_record_id

if TYPE_CHECKING:
    from pathlib import Path

    from hashing.case.post import Post

OFFICER = "Mary Price"
_TLS = Tls(
    version="TLSv1.3",
    cipher="TLS_AES_256_GCM_SHA384",
    verified=True,
    chain=(Digest.of_bytes(b"certificate").hex,),
)
SCENE = "https://news.example/fire-on-market-street.html"


def photo(number: int = 1, size: tuple[int, int] = (320, 240)) -> bytes:
    """Return a JPEG that differs by its number."""
    picture = Image.linear_gradient("L").resize(size).convert("RGB")
    picture.paste((40 * number % 256, 90, 255 - 30 * number % 256), (20, 20, 20 + size[0] // 3, 20 + size[1] // 3))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that a made-up scene holds."""

    name: str
    body: bytes
    kind: str = "photo"
    mime: str = "image/jpeg"
    url: str = ""
    alt: str = ""
    partial: str = ""
    error_page: str = ""
    claimed_name: str = ""
    facts: tuple[Fact, ...] = ()
    text: str = ""


@dataclass(slots=True)
class CaseMaker:
    """A case under construction; captures are added to it whole."""

    path: Path
    key: SigningKey
    case: Case = field(init=False)

    def __post_init__(self) -> None:
        self.case = Case.open_or_create(self.path, key=self.key, officer=OFFICER, title="Operation Alder")

    def begin(self, scene: str = SCENE, *, title: str = "", note: str = "", initials: str = "MP") -> CaptureMaker:
        """Begin a capture."""
        return CaptureMaker(self, scene, title, note, initials)

    def capture(self, things: list[Thing], scene: str = SCENE, **words: str) -> Path:
        """Make a sealed capture of these things and return its folder."""
        maker = self.begin(scene, **words)
        for thing in things:
            maker.add(thing)
        return maker.seal()


class CaptureMaker:
    """A capture under construction."""

    def __init__(self, maker: CaseMaker, scene: str, title: str, note: str, initials: str) -> None:
        self._maker = maker
        self._scene, self._title, self._note, self._initials = scene, title, note, initials
        self.folder, self.started = maker.case.begin_capture(initials, self._start, key=maker.key)
        self.events: list[Event] = []
        self.commits = True
        """Whether the capture says what its lines commit to; captures of the first goldenhour did not."""
        self._items = self._failed = self._skipped = self._bytes = 0

    def _start(self, capture: str, exhibit: str) -> CaptureStarted:
        return CaptureStarted(
            time=time_text(system_clock()),
            format=CAPTURE_FORMAT,
            case=self._maker.case.info.id,
            capture=capture,
            exhibit=exhibit,
            scene=self._scene,
            officer=OFFICER,
            initials=self._initials,
            signer=self._maker.key.public.raw.hex(),
            tool=tool(),
            versions={"python": "3.11.7", "requests": "2.34.2"},
            settings={"media": "photos,videos", "jobs": 8, "tls_verified": True},
            title=self._title,
            note=self._note,
        )

    def add(self, thing: Thing) -> Item:
        """Store a thing with its exchange, its facts, and its text as a working copy."""
        moment = time_text(system_clock())
        self._items += 1
        self._bytes += len(thing.body)
        number = self._items
        url = thing.url or f"{self._scene.rpartition('/')[0]}/{thing.name}"
        sha256 = Digest.of_bytes(thing.body).hex
        part = self.folder.path / INCOMING / f"{number}.part"
        part.write_bytes(thing.body)
        part.chmod(OWNER_WRITES)
        path = self.folder.settle_item(part, f"{number:04d}-{thing.name}")
        item = Item(
            time=moment,
            ref=f"{self.started.exhibit}-{number:04d}",
            kind=ItemKind(thing.kind),
            url=url,
            path=path,
            size=len(thing.body),
            sha256=sha256,
            mime=thing.mime,
            exchange=number,
            found_in="scene" if number == 1 else "img srcset",
            extractor="web",
            alt=thing.alt,
            claimed_name=thing.claimed_name or thing.name,
            partial=thing.partial,
            error_page=thing.error_page,
        )
        self.events += [self._exchange(thing, item), item]
        if thing.facts:
            self.events.append(ItemFacts(time=moment, ref=item.ref, facts=thing.facts))
        if thing.text:
            how = "the page's visible text, in UTF-8"
            name = f"{number:04d}-text.txt"
            self.events.append(self.folder.add_working_copy(moment, item.ref, name, thing.text.encode(), how))
        return item

    def _exchange(self, thing: Thing, item: Item) -> Exchange:
        moment = time_text(system_clock())
        url = item.url.encode("ascii", "backslashreplace").decode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {thing.mime}\r\nContent-Length: {len(thing.body)}\r\n\r\n".encode()
        block_sha256, record = Digest.of_bytes(head).hex, new_record_id()
        fields = [
            ("WARC-Type", "response"),
            ("WARC-Record-ID", record),
            ("WARC-Target-URI", url),
            ("WARC-Date", moment),
            ("Content-Type", "application/http; msgtype=response"),
        ]
        if item.size:
            fields += [
                ("WARC-Truncated", "unspecified"),
                (BODY_FILE, item.path),
                (BODY_DIGEST, f"sha256:{item.sha256}"),
            ]
        file, offset = self.folder.warc.append(encode_record(fields, [head], STORED))
        return Exchange(
            time=moment,
            exchange=item.exchange,
            url=url,
            method="GET",
            started=moment,
            seconds=0.21,
            status=200,
            size=item.size,
            sha256=item.sha256,
            warc=WarcPlace(file=file, offset=offset, record=record, block_sha256=block_sha256),
            ip="203.0.113.7",
            port=443,
            tls=None if url.startswith("http://") else _TLS,
            content_type=thing.mime,
            server_date="Tue, 24 Nov 2026 10:15:02 GMT",
        )

    def excerpt(self, of: Item, post: Post, data: bytes, offset: int) -> Item:
        """Store a post that stands in an item that is a list."""
        moment = time_text(system_clock())
        self._items += 1
        self._bytes += len(data)
        path = self.folder.path / INCOMING / f"{self._items}.part"
        path.write_bytes(data)
        path.chmod(OWNER_WRITES)
        item = Item(
            time=moment,
            ref=f"{self.started.exhibit}-{self._items:04d}",
            kind=ItemKind.POST,
            url=post.permalink,
            path=self.folder.settle_item(path, f"{self._items:04d}-post.json"),
            size=len(data),
            sha256=Digest.of_bytes(data).hex,
            mime=of.mime,
            exchange=of.exchange,
            found_in="#fire on social.example",
            extractor="fediverse",
            excerpt=Excerpt(of=of.ref, offset=offset),
        )
        self.events += [item, PostRead(time=moment, ref=item.ref, post=post)]
        return item

    def fail(self, url: str, reason: str) -> None:
        """Record something that was not got."""
        self._failed += 1
        ref = f"{self.started.exhibit}-{self._items + self._failed:04d}"
        self.events.append(Failed(time=time_text(system_clock()), url=url, reason=reason, found_in="img", ref=ref))

    def skip(self, url: str, reason: str, count: int = 1) -> None:
        """Record something that was not sought."""
        self._skipped += count
        self.events.append(Skipped(time=time_text(system_clock()), url=url, reason=reason, count=count))

    def judge(self, item: Item, verdict: str, *reasons: str) -> None:
        """Record what a page turned out to be."""
        moment = time_text(system_clock())
        self.events.append(PageJudged(time=moment, ref=item.ref, url=item.url, verdict=verdict, reasons=reasons))

    def seal(self, status: str = "") -> Path:
        """Finish the ledger, seal the capture, and return its folder."""
        folder, key = self.folder, self._maker.key
        folder.sync_items()
        folder.warc.sync()
        folder.append(self.events)
        folder.append(folder.close_warcs(system_clock))
        status = status or ("partial" if self._failed else "complete")
        finished = CaptureFinished(
            time=time_text(system_clock()),
            status=status,
            items=self._items,
            failed=self._failed,
            skipped=self._skipped,
            bytes=self._bytes,
        )
        if self.commits:
            folder.finish(finished)
        else:
            folder.append([finished])
        started = self.started
        seal = folder.seal(key, capture_origin(started.case, started.capture))
        self._maker.case.record_seal(started.capture, started.exhibit, status, seal, key=key)
        return folder.path


def make_case(folder: Path, name: str = "OP-ALDER") -> CaseMaker:
    """Begin a case in `folder`, with a key of its own beside it."""
    key, _ = load_or_create_signing_key(folder / "key" / "signing-key.pem")
    return CaseMaker(folder / name, key)

"""One site with what the web has, on two hosts and over TLS, against the record that a browser's log gives of it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from capture.browser.browsers import Browsers
from capture.browser.program import find_browser
from capture.browser.settings import PageView, RenderingSettings
from capture.run.run import capture
from exports.verification import verify
from hashing.case.capture_folder import capture_events
from hashing.case.events import Exchange, Item, PageRendered, RenderingBegun
from tests.browser.chromium import Chromium, found
from tests.capture.conftest import OPTIONS, jpeg
from tests.patience import PATIENCE
from tests.servers import Body, SceneServer
from tests.servers.h2_site import H2Sends, H2Site
from tests.servers.head import head
from tests.servers.media import media_files
from tests.servers.tls import TlsServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from capture.run.run import CaptureResult
    from hashing.case.case import Case
    from hashing.case.events import CaptureEvent
    from hashing.ledger.keys import SigningKey
    from tests.servers.connection import Connection
    from tests.servers.mastodon import MastodonServer
    from tests.servers.seen import Seen

    Shown = Callable[..., tuple[CaptureResult, list[CaptureEvent]]]

pytestmark = [
    pytest.mark.skipif(found() is None, reason="this system has no Chromium"),
]

WORDS = b"<p>" + b"The crowd moved down the street at ten past six, and somebody broke the window. " * 8
GREETING = b"\x81\x05hello"
_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
SECRETS = (b"C4NARY-FOLDED", b"C4NARY-PLAIN", b"C4NARY-SOCKET")


class WideSite(SceneServer):
    """A site that also speaks WebSocket, folds a header's line, and serves parts of a video; `bodies` are by path."""

    def __init__(self, files: dict[str, Any], **more: Any) -> None:  # noqa: ANN401 - as SceneServer
        super().__init__(files, **more)
        self.bodies: dict[str, list[str]] = {}
        """SHA-256 of every body that was sent whole."""

    def _respond(self, connection: Connection, seen: Seen) -> None:
        if seen.path == "/socket":
            answer = base64.b64encode(hashlib.sha1(seen.header("Sec-WebSocket-Key").encode() + _MAGIC).digest())  # noqa: S324
            fields = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", answer.decode())]
            connection.send(head(101, [*fields, ("Set-Cookie", "w=C4NARY-SOCKET")]) + GREETING)
            connection.wait(None)
        elif seen.path == "/folded":
            self._sent(seen.path, b"folded")
            connection.send(
                b"HTTP/1.1 200 OK\r\nSet-Cookie: f=1;\r\n  x=C4NARY-FOLDED\r\nContent-Type: text/plain\r\n"
                b"Content-Length: 6\r\n\r\nfolded"
            )
        elif (part := re.fullmatch(r"bytes=(\d+)-(\d*)", seen.header("Range") or "")) is not None:
            data = _data(self.files[seen.path])
            first, last = int(part[1]), min(int(part[2] or len(data) - 1), len(data) - 1)
            self._sent(seen.path, data[first : last + 1])
            fields = [("Content-Type", "video/mp4"), ("Content-Range", f"bytes {first}-{last}/{len(data)}")]
            body = data[first : last + 1]
            connection.send(head(206, [*fields, ("Content-Length", str(len(body))), ("Accept-Ranges", "bytes")]) + body)
        else:
            self._sent(seen.path, _data(self.files.get(seen.path.partition("?")[0], b"")))
            super()._respond(connection, seen)

    def _sent(self, path: str, body: bytes) -> None:
        self.bodies.setdefault(path, []).append(hashlib.sha256(body).hexdigest())


def _data(answer: Body | bytes | Callable[[Seen], Body | bytes]) -> bytes:
    """Return the body that an answer has."""
    return answer.data if isinstance(answer, Body) else answer if isinstance(answer, bytes) else b""


@pytest.fixture
def shown(case: Case, key: SigningKey) -> Shown:
    """Return a function that captures a scene with a browser; it gives the result and the events of the ledger."""

    def _shown(scene: str, *, browsers: Browsers | None = None, **changed: Any) -> Any:  # noqa: ANN401 - any option
        view = PageView(service_workers=changed.pop("service_workers", False))
        settings = RenderingSettings(
            program=find_browser(sandbox=False),
            view=view,
            browsers=browsers,
            seconds=480.0,
            interact=changed.pop("interact", False),
            permalinks=changed.pop("permalinks", False),
        )
        network = replace(OPTIONS.network, timeout=60.0, insecure=True)
        result = capture(scene, case, replace(OPTIONS, network=network, rendering=settings, **changed), key=key)
        return result, list(capture_events(result.path))

    return _shown


def of(kind: type, events: list[CaptureEvent]) -> list[Any]:
    """Return the events of a kind."""
    return [event for event in events if isinstance(event, kind)]


def went(events: list[CaptureEvent]) -> PageRendered:
    """Return how the one rendering went."""
    (rendered,) = of(PageRendered, events)
    assert isinstance(rendered, PageRendered)
    return rendered


def sealed_bytes(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Yield every file of a capture, unpacked where it is packed."""
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            yield path, data + (gzip.decompress(data) if path.name.endswith(".gz") else b"")


def recorded(folder: Path) -> dict[tuple[str, str], tuple[Any, bytes]]:
    """Return the head and the body of each record of the browser's, by its type and address, as warcio reads them."""
    found = {}
    for path in folder.glob("*.warc.gz"):
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                if record.rec_headers.get_header("Goldenhour-Recorded"):
                    key = record.rec_type, record.rec_headers.get_header("WARC-Target-URI")
                    found[key] = record.http_headers, record.content_stream().read()
    return found


def page_of_everything(other: str) -> bytes:
    """Return a page that loads of two hosts in every way that there is."""
    return (
        b"<!doctype html><title>All</title>"
        + WORDS
        + f"""<iframe src="{other}/frame"></iframe><img src=/a.jpg>
<video src=/clip.mp4 muted autoplay width=100></video><img src=/missing.png><p id=out></p><script>
const done = []
const tell = (word) => {{ done.push(word); out.textContent = done.sort().join(' ') }}
document.cookie = 'js=' + ['C4NARY', 'PLAIN'].join('-')
fetch('/folded').then(() => tell('folded'))
new Worker('/worker.js').onmessage = () => tell('worker')
const socket = new WebSocket('wss://' + location.host + '/socket')
socket.onmessage = () => {{ tell('socket'); socket.close() }}
navigator.serviceWorker.register('/sw.js').then(() => navigator.serviceWorker.ready).then(async () => {{
  await new Promise(done => setTimeout(done, 300))
  tell(await (await fetch('/asked')).text())
}})
</script>""".encode()
    )


def everything(clip: bytes) -> dict[str, Any]:
    """Return the files of that page."""
    script = "text/javascript"
    return {
        "/a.jpg": Body(data=jpeg(3)),
        "/clip.mp4": Body(data=clip, type="video/mp4"),
        "/worker.js": Body(data=b"fetch('/of-worker').then(() => postMessage(1))", type=script),
        "/of-worker": Body(data=b"w" * 70_000, chunk=7001, type="text/plain"),
        "/sw.js": Body(
            data=b"oninstall = () => skipWaiting(); onactivate = (e) => e.waitUntil(clients.claim());"
            b"onfetch = (e) => { if (e.request.url.endsWith('/asked')) e.respondWith(new Response('by-worker')) }",
            type=script,
        ),
        "/asked": Body(data=b"by-server", type="text/plain"),
        "/favicon.ico": Body(data=b"none", status=404),
        "/missing.png": Body(data=b"nothing", type="text/plain", status=404),
    }


@pytest.mark.parametrize("service_workers", [False, True])
def test_all_of_a_site_is_on_record(shown: Shown, service_workers: bool) -> None:
    """Every body that was sent is on record by its SHA-256; no secret is kept; service workers answer where wanted."""
    clip = media_files()["/clip.mp4"]
    other = WideSite({"/frame": Body(data=b"<p>frame<script>fetch('/data')</script>", type="text/html"), "/data": b"d"})
    other.host = "127.0.0.2"
    site = WideSite(everything(clip))
    with TlsServer(other, names=("127.0.0.2",)) as second, TlsServer(site) as first:
        site.files["/"] = Body(data=page_of_everything(second.inner.origin), type="text/html")
        result, events = shown(first.inner.url("/"), service_workers=service_workers)
        asked = [seen for each in (site, other) for seen in each.requests if b"HeadlessChrome" in seen.raw]
        bodies = {each.url(path): sums for each in (site, other) for path, sums in each.bodies.items()}
    said, exchanges = went(events), [event for event in of(Exchange, events) if event.recorded]
    (document,) = [item for item in of(Item, events) if item.kind == "rendered page"]
    told = "by-worker" if service_workers else "by-server"
    assert f"{told} folded socket worker".encode() in (result.path / document.path).read_bytes()
    assert (said.requests, said.unrecorded, said.log_faults, said.log_ended) == (said.exchanges, (), 0, True)
    assert len(exchanges) == len(asked)
    on_record = set()
    for event in exchanges:
        url = event.url.replace("wss:", "https:")
        on_record.add(url)
        if url.endswith("/socket"):
            assert (event.status, event.size) == (101, len(GREETING) + event.size - len(GREETING))
        elif not event.cut:
            assert event.sha256 in bodies[url], url
    assert {*bodies} <= on_record
    photos = {item.sha256 for item in of(Item, events) if item.kind in {"photo", "video"}}
    assert {hashlib.sha256(jpeg(3)).hexdigest(), hashlib.sha256(clip).hexdigest()} <= photos
    for path, data in sealed_bytes(result.path):
        assert [secret for secret in SECRETS if secret in data] == [], path
    assert verify(result.path).verdict == "ok"


def test_a_site_that_speaks_http2_throughout(shown: Shown) -> None:
    """Page, style, photos, a redirect and what a script posts: each exchange is on record as the server saw it."""
    posted = json.dumps({"seen": "é" * 3000}, ensure_ascii=False, separators=(",", ":")).encode()
    page = (
        b"<!doctype html><title>Two</title><link rel=stylesheet href=/s.css>"
        + WORDS
        + b"<img src=/a.jpg>"
        b"<img src=/moved><script>fetch('/said', {method: 'POST', headers: {'X-Of': 'page'}, body: "
        b"JSON.stringify({seen: 'e'.repeat(3000)})})</script>".replace(b"'e'", "'é'".encode())
    )
    files = {
        "/": H2Sends(page, fields=(("x-twice", "one"), ("x-twice", "two"))),
        "/s.css": H2Sends(b"body { background: url(/b.jpg) }", "text/css", pieces=3),
        "/a.jpg": H2Sends(jpeg(1), "image/jpeg"),
        "/b.jpg": H2Sends(jpeg(2) * 40, "image/jpeg", pieces=9),
        "/moved": H2Sends(status=302, fields=(("location", "/c.jpg"),)),
        "/c.jpg": H2Sends(jpeg(3), "image/jpeg"),
        "/said": H2Sends(b'{"heard": true}', "application/json", 201, fields=(("set-cookie", "sid=C4NARY-PLAIN"),)),
        "/favicon.ico": H2Sends(b"none", "text/plain", 404),
    }
    with H2Site(files) as site:
        result, events = shown(site.url("/"))
        asked = {each.path: each for each in site.asked if "HeadlessChrome" in dict(each.fields)["user-agent"]}
        count = sum("HeadlessChrome" in dict(each.fields)["user-agent"] for each in site.asked)
    said, by_url = went(events), {event.url: event for event in of(Exchange, events) if event.recorded}
    assert {each.version for each in asked.values()} == {"2"}
    assert {*files} - {"/favicon.ico"} <= {*asked}
    assert (said.requests, said.exchanges, said.unrecorded, said.log_faults) == (count, count, (), 0)
    assert asked["/said"].body == posted
    records = recorded(result.path)
    for where, seen in asked.items():
        event = by_url[site.url(where)]
        assert event.recorded == "socket bytes as the browser logged them; HTTP/2 heads as fields"
        assert (event.method, event.status, event.cut) == (seen.method, seen.status, "")
        assert event.sha256 == hashlib.sha256(seen.sent).hexdigest()
        (request, body), (answer, _) = records["request", event.url], records["response", event.url]
        assert (request.protocol, body) == (seen.method, seen.body)
        hidden = [(name, value) for name, value in seen.answered if name != "set-cookie"]
        fields = [(name.lower(), value) for name, value in answer.headers]
        assert [each for each in hidden if each not in fields] == []
        given = [(name.lower(), value) for name, value in request.headers]
        assert [each for each in seen.fields if each[0] != "cookie" and each not in given] == []
    for path, data in sealed_bytes(result.path):
        assert [secret for secret in SECRETS if secret in data] == [], path
    assert verify(result.path).verdict == "ok"


def test_a_large_body_that_the_browser_leaves_is_fetched_again(shown: Shown) -> None:
    """60 MB of which a page reads the first piece are cut in the browser's record, and whole in an item of ours."""
    video = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + os.urandom(60 << 20)
    with SceneServer(
        {
            "/": WORDS + b"<script>fetch('/v.mp4').then(async (each) => { const from = each.body.getReader();"
            b"await from.read(); await from.cancel() })</script>",
            "/v.mp4": Body(data=video, type="video/mp4"),
        }
    ) as server:
        result, events = shown(server.url("/"))
    (of_browser,) = [each for each in of(Exchange, events) if each.recorded and each.url.endswith("/v.mp4")]
    (item,) = [item for item in of(Item, events) if item.kind == "video"]
    assert of_browser.cut
    assert of_browser.size < len(video)
    assert item.sha256 == hashlib.sha256(video).hexdigest()
    assert item.path
    assert verify(result.path).verdict == "ok"


def test_a_large_body_that_the_browser_reads(shown: Shown) -> None:
    """60 MB are on record byte for byte."""
    data = os.urandom(60 << 20)
    with SceneServer(
        {
            "/": WORDS + b"<script>fetch('/big').then((each) => each.blob())</script>",
            "/big": Body(data=data, type="application/octet-stream"),
        }
    ) as server:
        _, events = shown(server.url("/"))
    (big,) = [each for each in of(Exchange, events) if each.url.endswith("/big")]
    assert (big.sha256, big.cut) == (hashlib.sha256(data).hexdigest(), "")


@pytest.mark.parametrize(("interact", "verdict"), [(False, "consent wall"), (True, "content")])
def test_a_cookie_wall(shown: Shown, interact: bool, verdict: str) -> None:
    """Without leave it is told as one; with leave it is agreed to, and what stands behind it is captured."""
    wall = (
        b"<!doctype html><title>Before you continue</title><div class=cookie-consent><h1>We value your privacy</h1>"
        b"<p>We and our partners use cookies. Accept cookies to continue to the site.</p>"
        b"<button onclick=\"document.cookie = 'ok=1'; location.reload()\">Accept all</button></div>"
    )

    def _page(seen: Seen) -> Body:
        agreed = "ok=1" in (seen.header("Cookie") or "")
        return Body(data=b"<!doctype html><title>News</title>" + WORDS if agreed else wall, type="text/html")

    with SceneServer({"/": _page}) as server:
        _, events = shown(server.url("/"), interact=interact)
    from hashing.case.events import PageJudged

    judged = [each.verdict for each in of(PageJudged, events)]
    assert judged == ["consent wall", verdict]
    assert [item.kind for item in of(Item, events)].count("first view") == 1 + interact


def test_a_page_that_is_not_there(shown: Shown) -> None:
    """A 404 is told as gone by both verdicts, and is kept."""
    with SceneServer({}) as server:
        result, events = shown(server.url("/nothing"))
    assert result.status == "nothing"
    assert went(events).status in {0, 404}


def test_a_post_is_shown_where_people_read_it(shown: Shown, mastodon: MastodonServer) -> None:
    """Its permalink is shown where that is wanted, and the ledger says which post it is."""
    post = mastodon.posts["photos"]
    _, events = shown(post.url, permalinks=True)
    (begun,) = of(RenderingBegun, events)
    (item,) = [item for item in of(Item, events) if item.kind == "post"]
    assert (begun.url, begun.ref) == (post.url, item.ref)
    assert "first view" in {each.kind for each in of(Item, events) if each.rendering == begun.rendering}


def test_pages_in_one_browser_keep_apart(shown: Shown) -> None:
    """A warm browser shows page after page: each has its own exchanges, no cookie of another's, and a whole record."""
    page = WORDS + b"<script>fetch('/who?%b').then(() => { document.cookie = 'of=%b' })</script>"
    with SceneServer({f"/{name}": page.replace(b"%b", name.encode()) for name in "abc"} | {"/who": b"ok"}) as server:
        with Browsers() as browsers:
            rounds = [shown(server.url(f"/{name}"), browsers=browsers) for name in "abc"]
        cookies = [seen.header("Cookie") for seen in server.requests]
    for name, (result, events) in zip("abc", rounds, strict=True):
        said, exchanges = went(events), [event for event in of(Exchange, events) if event.recorded]
        assert {event.url for event in exchanges} - {server.url("/favicon.ico")} == {
            server.url(f"/{name}"), server.url(f"/who?{name}"),
        }  # fmt: skip
        assert (said.requests, said.unrecorded, said.log_faults, said.log_ended) == (len(exchanges), (), 0, True)
        assert verify(result.path).verdict == "ok"
    assert {cookie or "" for cookie in cookies} <= {"", "of=a", "of=b", "of=c"}
    first_asks = {seen.path: seen.header("Cookie") for seen in server.requests if seen.path.startswith("/who")}
    assert not any(first_asks.values())


def test_a_crash_does_not_touch_the_next_page(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page that crashes is told; the next one is shown whole, in another browser."""
    from capture.browser.page import RenderedPage

    real = RenderedPage.scroll

    def _crashed(self: RenderedPage, seconds: float) -> str:
        self._browser.post("Page.crash", self._session)
        self._until(lambda: self.crashed, 60)
        return real(self, seconds)

    with SceneServer({"/a": WORDS, "/b": WORDS}) as server, Browsers() as browsers:
        with monkeypatch.context() as during:
            during.setattr(RenderedPage, "scroll", _crashed)
            _, crashed = shown(server.url("/a"), browsers=browsers)
        result, events = shown(server.url("/b"), browsers=browsers)
    assert went(crashed).ended == "the page crashed"
    assert (result.status, went(events).problem, went(events).log_ended) == ("complete", "", True)


class Greeted:
    """Listens on loopback, and remembers the first bytes of every TLS connection; it answers none."""

    def __init__(self) -> None:
        self.hellos: list[bytes] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listening.getsockname()[1]}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def wait(self) -> bytes:
        """Return the next greeting that comes."""
        deadline = time.monotonic() + PATIENCE
        while not self.hellos and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.hellos[0]

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                with connection, suppress(OSError):
                    connection.settimeout(PATIENCE)
                    self.hellos.append(connection.recv(1 << 14))


def _offers(hello: bytes) -> tuple[set[int], set[int]]:
    """Return the cipher suites and the extensions of a ClientHello (RFC 8446, section 4.1.2), without GREASE."""
    place = 9 + 2 + 32
    place += 1 + hello[place]
    count = int.from_bytes(hello[place : place + 2], "big")
    suites = {int.from_bytes(hello[at : at + 2], "big") for at in range(place + 2, place + 2 + count, 2)}
    place += 2 + count
    place += 1 + hello[place]
    end = place + 2 + int.from_bytes(hello[place : place + 2], "big")
    place += 2
    extensions = set()
    while place < min(end, len(hello)):
        extensions.add(int.from_bytes(hello[place : place + 2], "big"))
        place += 4 + int.from_bytes(hello[place + 2 : place + 4], "big")
    return tuple({each for each in found if each & 0x0F0F != 0x0A0A} for found in (suites, extensions))  # type: ignore[return-value]


def test_a_server_sees_the_browsers_own_tls(shown: Shown) -> None:
    """Cipher suites and extensions of the ClientHello are those of the same browser without us."""
    greeted = Greeted()
    bare = Chromium(found() or "", loopback=True)
    bare.call("Target.createTarget", url=greeted.url)
    hellos = [greeted.wait()]
    bare.close()
    greeted.hellos.clear()
    with SceneServer({"/": WORDS + f"<script>new Image().src = '{greeted.url}'</script>".encode()}) as server:
        shown(server.url("/"))
    hellos.append(greeted.wait())
    greeted.close()
    without, with_us = map(_offers, hellos)
    assert with_us[0] == without[0]
    assert len(without[1]) > 10
    assert with_us[1] == without[1]


def test_nothing_leaves_over_udp(shown: Shown) -> None:
    """A page that asks for a peer connection and for QUIC reaches nobody; the same browser without us does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.bind(("127.0.0.1", 0))
        port = heard.getsockname()[1]
        page = (
            WORDS
            + f"<script>const peer = new RTCPeerConnection({{iceServers: [{{urls: 'stun:127.0.0.1:{port}'}}]}});"
            "peer.createDataChannel('x'); peer.createOffer().then((offer) => peer.setLocalDescription(offer));"
            "peer.onicegatheringstatechange = () => { if (peer.iceGatheringState == 'complete') fetch('/gathered') }"
            "</script>".encode()
        )
        altered = Body(data=page, type="text/html", headers=(("Alt-Svc", f'h3=":{port}"; ma=3600'),))
        with SceneServer({"/": altered, "/gathered": b"ok"}) as server:
            heard.setblocking(False)
            shown(server.url("/"))
            with pytest.raises(BlockingIOError):
                heard.recv(2048)
            heard.settimeout(PATIENCE)
            bare = Chromium(found() or "", loopback=True)
            bare.call("Target.createTarget", url=server.url("/"))
            assert heard.recv(2048)
            bare.close()


@pytest.fixture
def as_user() -> Iterator[tuple[Path, Callable[..., subprocess.CompletedProcess[str]]]]:
    """Return a folder, and a function that runs goldenhour there as a user whom the browser's own sandbox holds."""
    root = Path(__file__).resolve().parents[3]
    pythons, become = [sys.executable], list[str]()
    if os.geteuid() == 0:
        become = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
        pythons += [f"/usr/bin/python3.{sys.version_info.minor}"]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        home = folder / "home"
        home.mkdir()
        if become:
            os.chown(home, 65534, 65534)
        paths = os.pathsep.join([str(root), *(path for path in sys.path if path.endswith("-packages"))])
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        environment = kept | {"HOME": str(home), "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}

        def _run(python: str, *words: str) -> subprocess.CompletedProcess[str]:
            command = [*become, python, *words]
            return subprocess.run(command, check=False, capture_output=True, text=True, cwd=home, env=environment)

        if shutil.which("setpriv") is None and become:
            pytest.skip("there is no setpriv, by which root becomes another user")
        works = "import cli, hpack; from hashing.sandbox import Readers; Readers().confinement()"
        python = next((each for each in pythons if not _run(each, "-c", works).returncode), "")
        if not python:
            pytest.skip("no Python here may be run by another user than root")
        if subprocess.run([*become, "unshare", "--user", "true"], check=False, capture_output=True).returncode:
            pytest.skip("a user here may make no namespace, which the browser's own sandbox needs")
        yield home, lambda *words: _run(python, "-m", "cli", *words)


def test_in_the_browsers_own_sandbox(
    as_user: tuple[Path, Callable[..., subprocess.CompletedProcess[str]]],
) -> None:
    """As an ordinary user: the page's process has a namespace of its own and a filter, and the second page as well."""
    home, goldenhour = as_user
    seen = list[tuple[bool, bool]]()

    def _said(_: Seen) -> Body:
        renderers = [each for each in Path("/proc").glob("[0-9]*") if _is_renderer(each, home)]
        seen.extend(
            (
                (each / "ns/user").readlink() != Path("/proc/self/ns/user").readlink(),
                "Seccomp:\t2" in (each / "status").read_text(),
            )
            for each in renderers
        )
        return Body(data=b"ok", type="text/plain")

    with SceneServer({"/": WORDS + b"<script>fetch('/said')</script>", "/said": _said}) as server:
        rows = home.parent / "rows.txt"
        rows.write_text(f"{server.url('/')}\n{server.url('/')}?2\n")
        done = goldenhour(
            "batch", str(rows), "--case", "OP", "--allow-private", "--rendered", "always", "--officer", "M P",
            "--scenes", "1",
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(seen) >= 2
    assert {*seen} == {(True, True)}
    for path in (home / "OP/captures").iterdir():
        events = list(capture_events(path))
        assert [each.sandbox for each in of(RenderingBegun, events)] == [True]
        assert (went(events).problem, went(events).log_ended) == ("", True)
    assert list((home / ".cache/goldenhour/browser-runs").iterdir()) == []


def _is_renderer(process: Path, home: Path) -> bool:
    """Say whether a process shows pages, for a browser that was started from this home."""
    with suppress(OSError):
        words = (process / "cmdline").read_bytes()
        return b"--type=renderer" in words and str(home).encode() in (process / "environ").read_bytes() + words
    return False

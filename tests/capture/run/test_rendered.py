"""Pages of real servers, shown in the system's Chromium: without its sandbox, which does not run as root."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from capture.browser.program import find_browser
from capture.browser.settings import PageView, RenderingSettings
from capture.recorder.stopping import Stop
from capture.request.credentials import load_cookies
from capture.run.run import capture
from exports.bundle import export_bundle
from exports.disclosure.making.request import DisclosureRequest
from exports.format.capture_view import read_capture
from exports.verification import verify
from hashing.case.capture_folder import capture_events
from hashing.case.events import Exchange, Item, PageRendered, RenderingBegun, WorkingCopy
from hashing.files.run_folder import runs_folders
from tests.browser.chromium import found
from tests.capture.conftest import OPTIONS, jpeg
from tests.servers import Body, SceneServer
from tests.servers.h2 import H2Answer, H2Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from capture.run.run import CaptureResult
    from capture.run.watch import WatchRound
    from hashing.case.case import Case
    from hashing.case.events import CaptureEvent
    from hashing.ledger.keys import SigningKey
    from tests.servers.seen import Seen

    Rendered = Callable[..., tuple[CaptureResult, list[CaptureEvent]]]

pytestmark = pytest.mark.skipif(found() is None, reason="this system has no Chromium")

WORDS = b"The crowd moved down the street at ten past six, and somebody broke the window of the shop. " * 6
SHELL = (
    b"<!doctype html><title>App</title><div id=root></div><noscript>You need to enable JavaScript to run this app."
    b"</noscript><script src=/app.js></script>"
)
APP = b"root.innerHTML = '<h1>Statement</h1><p>" + WORDS + b"</p><img src=/scripted.jpg>'; document.title = 'Statement'"
LONG = (
    b"<!doctype html><title>Feed</title><meta name=viewport content='width=device-width'><h1>Feed</h1><p>"
    + WORDS
    + b"</p><div id=feed></div><script>let n = 0; function more() { for (let i = 0; i < 3 && n < 9; i++, n++) "
    b"feed.insertAdjacentHTML('beforeend', `<p>Entry ${n}</p><img loading=lazy width=600 height=400 src=/p${n}.jpg>`) }"
    b"more(); addEventListener('scroll', () => { if (innerHeight + scrollY > document.body.scrollHeight - 200) "
    b"fetch('/more?' + n).then(more) })</script>"
)
SECRETS = ("C4NARY-SET", "C4NARY-JS", "C4NARY-AUTH")


@pytest.fixture
def rendered(case: Case, key: SigningKey) -> Rendered:
    """Return a function that captures a scene with a browser; it gives the result and the events of the ledger."""

    def _rendered(scene: str, **changed: Any) -> tuple[CaptureResult, list[CaptureEvent]]:  # noqa: ANN401 - any option
        stop = changed.pop("stop", None)
        view = PageView(**changed.pop("view", {}))
        settings = RenderingSettings(
            program=find_browser(sandbox=False),
            view=view,
            scroll=changed.pop("scroll", 30.0),
            seconds=changed.pop("seconds", 240.0),
            interact=changed.pop("interact", False),
        )
        network = replace(
            OPTIONS.network, **{name: changed.pop(name) for name in ("insecure", "cookies") if name in changed}
        )
        options = replace(OPTIONS, network=network, rendering=settings, **changed)
        result = capture(scene, case, options, key=key, stop=stop)
        return result, list(capture_events(result.path))

    return _rendered


def of(kind: type, events: list[CaptureEvent]) -> list[Any]:
    """Return the events of a kind."""
    return [event for event in events if isinstance(event, kind)]


def pixels(file: Path | io.BytesIO) -> Image.Image:
    """Return a picture, read whole."""
    with Image.open(file) as picture:
        picture.load()
        return picture


def went(events: list[CaptureEvent]) -> PageRendered:
    """Return how the one rendering went."""
    (rendered,) = of(PageRendered, events)
    assert isinstance(rendered, PageRendered)
    return rendered


def test_a_page_that_scripts_fill(rendered: Rendered, case: Case, key: SigningKey, tmp_path: Path) -> None:
    """As served it is a shell, as shown it is content, which the status follows; all of it verifies, also exported."""
    files: dict[str, Any] = {"/": SHELL, "/app.js": Body(data=APP, type="text/javascript"), "/scripted.jpg": jpeg(40)}
    with SceneServer(files) as server:
        result, events = rendered(server.url("/"))
    items = {item.kind: item for item in of(Item, events)}
    assert result.status == "complete"
    assert [(each.verdict, each.rendering) for each in read_capture(result.path).verdicts] == [
        ("shell", 0),
        ("content", 1),
    ]
    assert set(items) == {
        "page", "photo", "first view", "page picture", "rendered page", "saved page", "printed page",
    }  # fmt: skip
    assert (result.path / items["photo"].path).read_bytes() == jpeg(40)
    assert b"<h1>Statement</h1>" in (result.path / items["rendered page"].path).read_bytes()
    texts = {copy.ref: (result.path / copy.path).read_bytes() for copy in of(WorkingCopy, events)}
    assert WORDS.strip() in texts[items["rendered page"].ref]
    assert (result.path / items["printed page"].path).read_bytes().startswith(b"%PDF")
    assert (went(events).title, went(events).problem, went(events).log_ended) == ("Statement", "", True)
    picture, whole = (pixels(result.path / items[kind].path) for kind in ("first view", "page picture"))
    framed = pixels(io.BytesIO(texts[items["page picture"].ref]))
    assert (picture.size, framed.width) == ((1280, 800), 1280)
    assert framed.crop((0, framed.height - whole.height, 1280, framed.height)).tobytes() == whole.tobytes()
    assert verify(result.path).verdict == "ok"
    bundle = export_bundle(case, key=key, officer="Mary Price", output=tmp_path / "out")
    assert verify(bundle.path).verdict == "ok"
    only = DisclosureRequest(items=(items["first view"].ref,), receiver="Ada Cole")
    single = export_bundle(case, key=key, officer="Mary Price", output=tmp_path / "one", only=only)
    assert verify(single.path).verdict == "ok"


def test_every_exchange_is_recorded_and_no_secret(rendered: Rendered) -> None:
    """Requests that were sent are exchanges on record; cookies and authorizations stand in no sealed byte."""
    page = (
        b"<!doctype html><title>Fire</title><p>" + WORDS + b"</p><script src=/secret.js></script>"
        b"<img src=/a.jpg><iframe src=/frame></iframe>"
    )
    script = (
        b"document.cookie = atob('Qzk=') + '=' + ['C4NARY', 'JS'].join('-');"
        b"fetch('/data', {headers: {Authorization: 'Bearer ' + ['C4NARY', 'AUTH'].join('-')}});"
        b"new Worker(URL.createObjectURL(new Blob(['fetch(\"' + location.origin + '/worker\")'])))"
    )
    frame, big = b"<p>in a frame<script>fetch('/big.bin').then(each => each.blob())</script>", os.urandom(3 << 20)
    cookie = ("sid=C4NARY-SET; Path=/",)
    files: dict[str, Any] = {
        "/": page, "/secret.js": Body(data=script, type="text/javascript", cookies=cookie),
        "/a.jpg": Body(data=jpeg(5)), "/frame": Body(data=frame, type="text/html"),
        "/worker": Body(data=b"w", chunk=1),
        "/data": Body(data=b"d" * 5000, gzip=True, type="text/plain"),
        "/big.bin": Body(data=big, type="application/octet-stream"),
    }  # fmt: skip
    with SceneServer(files) as server:
        result, events = rendered(server.url("/"))
        asked = [seen.path for seen in server.requests if b"HeadlessChrome" in seen.raw]
        seen_by_server = b"".join(seen.raw for seen in server.requests)
        url = server.url
    said = went(events)
    exchanges = [event for event in of(Exchange, events) if event.recorded]
    assert all(secret.encode() in seen_by_server for secret in SECRETS)
    assert (said.requests, said.unrecorded, said.log_faults) == (said.exchanges, (), 0)
    assert len(exchanges) == said.exchanges == len(asked)
    by_url = {event.url: event for event in exchanges}
    assert by_url[url("/big.bin")].sha256 == hashlib.sha256(big).hexdigest()
    assert by_url[url("/worker")].size == 1
    assert {"authorization", "cookie"} <= set(by_url[url("/data")].replaced)
    for path in result.path.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            data += gzip.decompress(data) if path.name.endswith(".gz") else b""
            assert [secret for secret in SECRETS if secret.encode() in data] == [], path
    warcio = shutil.which("warcio", path=str(Path(sys.executable).parent))
    assert warcio is not None
    for path in result.path.glob("*.warc.gz"):
        assert subprocess.run([warcio, "check", str(path)], check=False).returncode == 0
    assert verify(result.path).verdict == "ok"


def test_the_officers_cookies_are_lent_to_the_browser_too(rendered: Rendered, tmp_path: Path) -> None:
    """They go to their own host, and their values stand in no sealed byte."""
    (tmp_path / "cookies.txt").write_text(
        "# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tsession\tC4NARY-LENT\n"
    )
    page = b"<!doctype html><title>Fire</title><p>" + WORDS + b"</p><script>fetch('/who')</script>"
    with SceneServer({"/": page, "/who": b"you"}) as server:
        result, events = rendered(server.url("/"), cookies=load_cookies(tmp_path / "cookies.txt"))
        lent = {seen.path: seen.header("Cookie") for seen in server.requests if b"HeadlessChrome" in seen.raw}
    assert {"/", "/who"} <= set(lent) <= {"/", "/who", "/favicon.ico"}
    assert set(lent.values()) == {"session=C4NARY-LENT"}
    assert all("cookie" in event.replaced for event in of(Exchange, events) if event.recorded)
    for path in result.path.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        assert b"C4NARY-LENT" not in data + (gzip.decompress(data) if path.name.endswith(".gz") else b"")


def test_http2_over_tls(rendered: Rendered) -> None:
    """Bodies are byte for byte what the server sent, padded or not; the chain is that of the very connection."""
    picture = jpeg(60)
    files: dict[str, Any] = {
        "/": H2Answer(b"<!doctype html><title>Two</title><p>" + WORDS + b"</p><script src=/s.js></script>"),
        "/s.js": H2Answer(
            b"document.body.append(Object.assign(new Image(), {src: '/p.jpg'}))", "text/javascript", early=True
        ),
        "/p.jpg": H2Answer(picture, "image/jpeg", padded=True, headers=(("set-cookie", "sid=C4NARY-SET"),)),
    }
    with H2Server(files) as server:
        result, events = rendered(server.url("/"), insecure=True)
        over_h2 = [seen.path for seen in server.requests]
        chain = tuple(hashlib.sha256(each).hexdigest() for each in server.chain)
        url = server.url
    by_url = {event.url: event for event in of(Exchange, events) if event.recorded}
    assert len(by_url) == len(over_h2) == went(events).exchanges
    photo = by_url[url("/p.jpg")]
    assert photo.recorded == "socket bytes as the browser logged them; HTTP/2 heads as fields"
    assert (photo.sha256, photo.status, photo.replaced) == (hashlib.sha256(picture).hexdigest(), 200, ("set-cookie",))
    assert photo.tls is not None
    assert (photo.tls.chain, photo.tls.version, photo.tls.verified) == (chain, "TLSv1.3", False)
    assert photo.ip == "127.0.0.1"
    (item,) = [item for item in of(Item, events) if item.kind == "photo"]
    assert (result.path / item.path).read_bytes() == picture
    assert verify(result.path).verdict == "ok"


def test_a_page_that_grows_is_scrolled_to_its_end(rendered: Rendered) -> None:
    """Images that load when they are near are all there; each step is in the ledger with its time, and why it ended."""
    files: dict[str, Any] = {f"/p{number}.jpg": Body(data=jpeg(number), latency=0.05) for number in range(9)}
    files |= {"/": LONG, "/more": Body(data=b"ok", type="text/plain", latency=0.2)}
    with SceneServer(files) as server:
        result, events = rendered(server.url("/"), view={"width": 390, "height": 844, "mobile": True})
    photos = [item for item in of(Item, events) if item.kind == "photo"]
    assert {item.sha256 for item in photos} == {hashlib.sha256(jpeg(number)).hexdigest() for number in range(9)}
    (begun,) = of(RenderingBegun, events)
    assert (begun.view, begun.mobile, "Mobile" in begun.user_agent) == ("390x844", True, True)
    did = [(action.did, action.detail) for action in went(events).actions]
    assert [each[0] for each in did[:5]] == ["set bounds", "opened", "loaded", "waited", "took a picture"]
    (scrolled,) = [detail for name, detail in did if name == "scrolled" and "ended because" in detail]
    assert "the height did not grow" in scrolled
    (picture,) = [item for item in of(Item, events) if item.kind == "first view"]
    assert pixels(result.path / picture.path).size == (390, 844)


def test_a_page_taller_than_a_graphics_card_draws(rendered: Rendered) -> None:
    """It is pictured in one piece; what has one colour alone there is pictured by itself as well, and is the same."""
    lines = b"".join(b"<p style='margin:0;height:40px'>Line %d of the list</p>" % number for number in range(460))
    page = b"<!doctype html><title>Tall</title><body style='margin:0'>" + WORDS + b"<div style='height:6000px;"
    with SceneServer({"/": page + b"background:#036'></div>" + lines}) as server:
        result, events = rendered(server.url("/"))
    assert went(events).problem == ""
    pictures = [item for item in of(Item, events) if item.kind == "page picture"]
    whole, *parts = (pixels(result.path / item.path) for item in pictures)
    assert whole.height > 24_000
    assert [part.getcolors() for part in parts] == [[(1280 * 2048, (0, 0x33, 0x66))]]
    assert "from 2048 to 4096 pixels" in pictures[1].found_in
    assert whole.crop((0, 2048, 1280, 4096)).tobytes() == parts[0].tobytes()
    assert "checked the picture" in {action.did for action in went(events).actions}
    [framed] = [copy for copy in of(WorkingCopy, events) if copy.path.endswith("framed.png")]
    shown = pixels(result.path / framed.path)
    assert shown.crop((0, shown.height - whole.height, 1280, shown.height)).tobytes() == whole.tobytes()


def test_a_banner_is_agreed_to_where_the_officer_wants_it(rendered: Rendered) -> None:
    """The first view is pictured before and after, and the click stands between them in the ledger."""
    page = (
        b"<!doctype html><title>Fire</title><p>"
        + WORDS
        + b"</p><div class=cookie-banner style='position:fixed;inset:0;"
        b"background:#000'>We use cookies <button onclick='this.parentNode.remove()'>Accept all</button></div>"
        b"<button onclick='this.remove()'>Delete my account</button>"
    )
    with SceneServer({"/": page}) as server:
        result, events = rendered(server.url("/"), interact=True)
        _, untouched = rendered(server.url("/"))
    before, after = (pixels(result.path / item.path) for item in of(Item, events) if item.kind == "first view")
    assert (before.getpixel((700, 400)), after.getpixel((700, 400))) == ((0, 0, 0), (255, 255, 255))
    did = [(action.did, action.detail) for action in went(events).actions]
    clicks = [each for each in did if each[0] == "clicked"]
    assert clicks == [("clicked", "Accept all")]
    assert did.index(("took a picture", "the first view")) < did.index(clicks[0])
    assert "clicked" not in {action.did for action in went(untouched).actions}


def test_a_watched_page_is_shown_again_when_it_changes(rounds: Callable[..., Iterator[WatchRound]]) -> None:
    """A round that finds the same page makes no exhibit; one that finds another shows that in the browser too."""
    settings = RenderingSettings(program=find_browser(sandbox=False))
    with SceneServer({"/": b"<!doctype html><title>One</title><p>" + WORDS}) as server:
        watching = rounds(server.url("/"), rendering=settings)
        first, same = next(watching), next(watching)
        server.files["/"] = b"<!doctype html><title>Two</title><p>Other words. " + WORDS
        other = next(watching)
    assert first.result is not None
    assert (same.result, same.pages) == (None, 0)
    assert other.result is not None
    titles = [went(list(capture_events(each.result.path))).title for each in (first, other) if each.result is not None]
    assert titles == ["One", "Two"]


def test_nothing_leaves_but_what_the_guard_allows(rendered: Rendered) -> None:
    """Hosts that do not resolve, private ones and the browser's maker are listed with the reason, and not reached."""
    with SceneServer({"/x": b"secret"}, address="127.0.0.2") as other:
        page = (
            b"<!doctype html><title>Fire</title><p>" + WORDS + b"</p><img src='http://169.254.169.254/latest/'>"
            b"<iframe src='http://nowhere.invalid/'></iframe>"
        )
        with SceneServer({"/": page}) as server:
            _, events = rendered(server.url("/"))
        assert other.requests == []
    refused = {each.host: each.reason for each in went(events).refused}
    assert "never fetched" in refused["169.254.169.254:80"]
    assert "nowhere.invalid:80" in refused
    makers = {host: reason for host, reason in refused.items() if "google" in host}
    assert set(makers.values()) <= {"the browser calls its maker, and the page does not ask for that"}


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("alert('C'); onbeforeunload = () => 'stay'", "closed a dialog"),
        ("setInterval(() => fetch('/x?' + Math.random()), 50)", "scrolled"),
        ("Notification.requestPermission(); navigator.geolocation.getCurrentPosition(() => 0)", "printed the page"),
        ("location.href = '/file.bin'", "kept a download"),
        ("setTimeout(() => { while (1); }, 300)", "ended its scripts"),
    ],
    ids=["dialogs", "never quiet", "permissions", "download", "a loop"],
)
def test_every_page_comes_to_an_end(rendered: Rendered, script: str, told: str) -> None:
    """Whatever it does, what it showed is kept and the capture is sealed and whole."""
    page = b"<!doctype html><title>Fire</title><p>" + WORDS + f"</p><script>{script}</script>".encode()
    attached = (("Content-Disposition", "attachment; filename=evidence.bin"),)
    files: dict[str, Any] = {
        "/": page,
        "/file.bin": Body(data=b"evidence" * 100, type="application/octet-stream", headers=attached),
    }
    with SceneServer(files) as server:
        result, events = rendered(server.url("/"), scroll=4.0, seconds=80.0)
    assert told in {action.did for action in went(events).actions}
    assert {"first view", "page picture"} <= {item.kind for item in of(Item, events)}
    if told == "kept a download":
        (kept,) = [item for item in of(Item, events) if item.claimed_name == "evidence.bin"]
        assert (result.path / kept.path).read_bytes() == b"evidence" * 100
    assert verify(result.path).verdict == "ok"


def test_a_script_that_never_ends(rendered: Rendered) -> None:
    """It is told to end, once; what was pictured before is kept, and the capture is sealed in part."""
    page = b"<!doctype html><title>Fire</title><p>" + WORDS + b"</p><div style='height:9000px'></div>"
    page += b"<script>onscroll = () => { while (1); }</script>"
    with SceneServer({"/": page}) as server:
        result, events = rendered(server.url("/"), seconds=60.0)
    assert [action.did for action in went(events).actions].count("ended its scripts") == 1
    assert result.status in {"partial", "complete"}  # as the browser does what it is told, or not
    assert went(events).log_ended
    assert {"page", "first view"} <= {item.kind for item in of(Item, events)}
    assert verify(result.path).verdict == "ok"


def test_a_browser_that_is_killed(rendered: Rendered, monkeypatch: pytest.MonkeyPatch) -> None:
    """What had arrived is sealed, the capture is partial and says why, and no profile stays."""
    from capture.browser.page import RenderedPage

    def _killed(self: RenderedPage, _: float) -> str:
        os.killpg(self._browser.pid, signal.SIGKILL)
        self._browser.ended.wait()
        self._demand_alive()
        self.size()
        raise AssertionError

    monkeypatch.setattr(RenderedPage, "scroll", _killed)
    with SceneServer({"/": b"<!doctype html><title>Fire</title><p>" + WORDS}) as server:
        result, events = rendered(server.url("/"))
    assert result.status == "partial"
    assert "the browser ended" in went(events).problem
    assert went(events).log_ended is False
    assert "first view" in {item.kind for item in of(Item, events)}
    assert list(runs_folders()[0].iterdir()) == []
    assert verify(result.path).verdict == "ok"


def test_a_page_that_crashes(rendered: Rendered, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told as such, and the page as served and all exchanges are sealed."""
    from capture.browser.page import RenderedPage

    real = RenderedPage.scroll

    def _crashed(self: RenderedPage, seconds: float) -> str:
        self._browser.post("Page.crash", self._session)
        self._until(lambda: self.crashed, 60)
        return real(self, seconds)

    monkeypatch.setattr(RenderedPage, "scroll", _crashed)
    with SceneServer({"/": b"<!doctype html><title>Fire</title><p>" + WORDS}) as server:
        result, events = rendered(server.url("/"))
    assert (result.status, went(events).ended) == ("partial", "the page crashed")
    assert "the page crashed in the browser" in went(events).problem
    assert verify(result.path).verdict == "ok"


def test_an_officer_who_interrupts(rendered: Rendered) -> None:
    """Ctrl-C ends the browser too, and seals what had arrived as interrupted."""
    stop = Stop()

    def _interrupt(_: Seen) -> Body:
        stop.ask("interrupted by the officer")
        return Body(data=b"ok", type="text/plain")

    with SceneServer({"/": LONG, "/more": _interrupt}) as server:
        result, events = rendered(server.url("/"), stop=stop, scroll=60.0)
    assert result.status == "interrupted"
    assert {"page", "first view"} <= {item.kind for item in of(Item, events)}
    assert verify(result.path).verdict == "ok"

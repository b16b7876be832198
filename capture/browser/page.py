"""One page in a browser: opened, waited for, scrolled through and pictured. All that is done to it is noted, in order.

A page runs in a context that is off the record: cookies, cache and workers stay in memory. It may do what it likes:
every wait has an end, a dialog is closed and told, a download goes to a folder of ours.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlsplit

from capture.browser.page_time import PageTime
from capture.browser.poured import LARGEST, Pour
from capture.errors import BrowserSilent, NotRendered
from hashing.case.events import PageAction
from hashing.times import Clock, time_text

if TYPE_CHECKING:
    from http.cookiejar import Cookie
    from pathlib import Path

    from capture.browser.devtools import Browser, Json
    from capture.browser.settings import PageView
    from capture.recorder.stopping import Stop

_QUIET = 0.6
# Seconds of silence after which the log alone says what is under way: DevTools never tell the end of some workers.
_SILENT = 1.0
# Seconds for which a page must not grow at its end: with 0.4 s a busy machine loses up to half of its images.
_GROWS = 2.0
_STEP = 0.05
_MOST_ACTIONS = 1000
_TALLEST = 200_000  # Pixels of a picture's height: more is endless.
_MOST_NAMED = 300
_PIECE = 1 << 20
_MOBILE_AGENT = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{} Mobile Safari/537.36"
)


def user_agent_of(view: PageView, browser: Browser) -> str:
    """Return what servers are told the browser is."""
    if view.user_agent or not view.mobile:
        return view.user_agent or browser.user_agent
    return _MOBILE_AGENT.format(browser.version.partition("/")[2])


class RenderedPage:
    """A page that is open. What the browser cannot do raises NotRendered; `close` is to be called in the end."""

    def __init__(
        self,
        browser: Browser,
        view: PageView,
        downloads: Path,
        stop: Stop,
        clock: Clock,
        open_addresses: Callable[[], set[str]],
        asked: set[str],
        page_time: PageTime,
        cookies: Iterable[Cookie] = (),
        *,
        off_record: bool = True,
        guard_port: int = 0,
    ) -> None:
        self._browser, self._view, self._stop, self._clock = browser, view, stop, clock
        self._open_addresses, self._asked = open_addresses, asked
        self.time = page_time
        # Whether its scripts had to be ended, and whether it did not answer after that either.
        self._stuck = self._lost = False
        self.actions: list[PageAction] = []
        self.crashed = False
        # By its number: address, suggested name and state of each download.
        self.downloads: dict[str, tuple[str, str, str]] = {}
        self.status = 0
        self.headers: dict[str, str] = {}  # Of the page itself, as the browser says.
        self._in_flight: dict[tuple[str, str], str] = {}
        self._last = time.monotonic()
        self._loaded = threading.Event()
        self._sessions = set[str]()
        self._context: Json = {}  # Which of the browser's contexts it is in; empty for the profile's own.
        if off_record:
            way: Json = {"proxyServer": f"socks5://127.0.0.1:{guard_port}", "proxyBypassList": "<-loopback>"}
            own = way if guard_port else {}
            self._context = browser.call("Target.createBrowserContext", disposeOnDetach=True, **own)
        self._target = browser.call("Target.createTarget", url="about:blank", **self._context)["targetId"]
        self._session = browser.call("Target.attachToTarget", targetId=self._target, flatten=True)["sessionId"]
        self._sessions.add(self._session)
        self._frame = ""
        self._world = 0  # An isolated world of scripts, which those of the page cannot reach into; 0 until one is made.
        browser.listen(self._heard)
        self._prepare(downloads)
        for cookie in cookies:
            self._lend(cookie)

    def close(self) -> None:
        """Forget the page and all that its context holds."""
        self._browser.unlisten(self._heard)
        with suppress(NotRendered):
            self._browser.call("Target.closeTarget", targetId=self._target)
            if self._context:
                self._browser.call("Target.disposeBrowserContext", **self._context)

    @property
    def is_over(self) -> bool:
        """Whether nothing more can be had of it."""
        return self.crashed or self._lost or self._browser.ended.is_set() or bool(self._stop.reason)

    @property
    def is_sound(self) -> bool:
        """Whether the browser is none the worse for it."""
        return not (self.is_over or self._stuck)

    def note(self, did: str, detail: str = "") -> None:
        """Note something that was done to the page, or that it did."""
        if len(self.actions) < _MOST_ACTIONS:
            self.actions.append(PageAction(time=time_text(self._clock()), did=did, detail=detail[:_MOST_NAMED]))

    def open(self, url: str) -> None:
        """Open an address and wait until it has loaded, for as long as there is time for waits. Raises NotRendered."""
        self.note("opened", url)
        self._asked.add(urlsplit(url).hostname or "")
        begun, most = self.time.now(), self.time.for_waits
        answer = self._browser.call("Page.navigate", self._session, timeout=most, url=url)
        self.time.waited(self.time.now() - begun)
        self._frame = answer.get("frameId", "")
        if answer.get("errorText") and not answer.get("isDownload"):
            raise NotRendered(f"the browser could not open it: {answer['errorText']}")
        loaded = self._wait(lambda: self._loaded.is_set() or self.crashed or bool(self.downloads), self.time.for_waits)
        self._demand_alive()
        self.note("loaded" if loaded else "did not finish loading", "" if loaded else f"within {most:.1f} s")

    def settle(self, seconds: float) -> bool:
        """Wait until nothing is under way and nothing was heard for a while; say whether that came about."""
        seconds = min(seconds, self.time.for_waits)
        quiet = self._wait(self._is_quiet, seconds)
        over = "; no time is left for waits" if not self.time.for_waits else ""
        went_on = f"{len(self._in_flight)} requests went on after {seconds:.1f} s{over}"
        self.note("waited", "nothing is under way" if quiet else went_on)
        return quiet

    def scroll(self, seconds: float) -> str:
        """Scroll to the end, for as long as there is more; return why it ended. Raises NotRendered."""
        seconds = min(seconds, self.time.for_one)
        deadline, height, since, steps = time.monotonic() + seconds, 0, time.monotonic(), 0
        reason = f"the time for scrolling was over ({seconds:g} s)"
        while time.monotonic() < deadline:
            self._demand_alive()
            at, now = self._script(_SCROLL)
            steps += 1
            self._pause(_STEP)
            if now != height:
                height, since = now, time.monotonic()
            if now > _TALLEST:
                reason = f"the page is taller than {_TALLEST:,} pixels"
                break
            if at < now - 2:
                self._pause(_STEP)
                continue
            if time.monotonic() - since >= _GROWS and self._is_quiet():
                reason = f"no request was under way, and the height did not grow for {_GROWS:g} s"
                break
            self._pause(2 * _STEP)
        self.note("scrolled", f"{steps} steps, to a height of {height} pixels; ended because {reason}")
        self._script("scrollTo(0, 0)")
        self.note("scrolled", "back to the top")
        return reason

    def interact(self) -> list[str]:
        """Click what agrees to a consent banner and what shows more; return the words on what was clicked."""
        words = [str(each)[:80] for each in self._script(_INTERACT) or ()]
        self._last = time.monotonic()  # what a click brings about may begin after it
        for each in words:
            self.note("clicked", each)
        return words

    def picture(self, file: BinaryIO, *, whole: bool, area: tuple[int, int] | None = None) -> None:
        """Write what is seen as PNG: the view, the whole page, or an area of it from a top to a bottom."""
        params: Json = {"format": "png"}
        if whole or area is not None:
            size = self.size()
            top, bottom = area or (0, size[1])
            params |= {
                "captureBeyondViewport": True,
                "clip": {"x": 0, "y": top, "width": size[0], "height": bottom - top, "scale": 1},
            }
        self._pour(file, "Page.captureScreenshot", packed=True, **params)

    def size(self) -> tuple[int, int]:
        """Return width and height of the page in pixels, no taller than a picture may be."""
        found = self.call("Page.getLayoutMetrics")["cssContentSize"]
        return max(int(found["width"]), 1), min(max(int(found["height"]), 1), _TALLEST)

    def saved(self, file: BinaryIO) -> None:
        """Write the page with its parts as MHTML."""
        self._pour(file, "Page.captureSnapshot", packed=False, format="mhtml")

    def printed(self, file: BinaryIO) -> None:
        """Write the page as PDF."""
        printed = self.call("Page.printToPDF", long=True, printBackground=True, transferMode="ReturnAsStream")
        stream, ended = printed["stream"], False
        while not ended:
            piece = self.call("IO.read", handle=stream, size=_PIECE)
            file.write(base64.b64decode(piece["data"]) if piece.get("base64Encoded") else piece["data"].encode())
            ended = piece["eof"] or file.tell() > LARGEST
        self._browser.post("IO.close", self._session, handle=stream)
        if file.tell() > LARGEST:
            raise NotRendered(f"it is larger than {LARGEST >> 20:,} MiB")

    def document(self) -> bytes:
        """Return the document as scripts have left it."""
        return str(
            self._script("(document.doctype ? '<!DOCTYPE html>' : '') + document.documentElement.outerHTML")
        ).encode("utf-8", "replace")

    def text(self) -> bytes:
        """Return the text that is seen."""
        return str(self._script("document.body ? document.body.innerText : ''")).encode("utf-8", "replace")

    def place(self) -> tuple[str, str]:
        """Return the address that it has come to, and its title."""
        url, title = self._script("[document.URL, document.title]")
        return str(url)[:8192], str(title)[:1000]

    def call(
        self, method: str, /, *, long: bool = False, pour: Callable[[], Pour] | None = None, **params: object
    ) -> Json:
        """Give a command to this page; a page that lets go of nothing has its scripts ended. Raises NotRendered.

        `pour` gives where the string of the answer goes, for each time that the command is given.
        """
        if long:  # what takes long is begun only where the page answers at all
            self.call("Runtime.evaluate", expression="1")
        try:
            return self._answer(method, params, pour, long=long)
        except BrowserSilent as error:
            if not self.time.left:
                raise self._time_is_over() from error
            if long and self._answers():
                raise  # it is slow, and lets go
            if self._stuck:
                self._lost = True
                raise
            self.note("ended its scripts", str(error))
        self._stuck = True
        self._browser.post("Runtime.terminateExecution", self._session)
        self._browser.post("Emulation.setScriptExecutionDisabled", self._session, value=True)
        try:
            return self._answer(method, params, pour, long=long)
        except BrowserSilent:
            self._lost = True
            raise

    def _answer(self, method: str, params: Json, pour: Callable[[], Pour] | None, *, long: bool) -> Json:
        """Give a command once, for as long as there is time for it."""
        if not self.time.left:
            raise self._time_is_over()
        seconds = self.time.for_one if long else min(self.time.patience, self.time.left)
        into = pour() if pour is not None else None
        return self._browser.call(method, self._session, timeout=seconds, pour=into, **params)

    def _answers(self) -> bool:
        """Say whether the page answers at all."""
        try:
            self._answer("Runtime.evaluate", {"expression": "1"}, None, long=False)
        except BrowserSilent:
            return False
        return True

    def _time_is_over(self) -> NotRendered:
        return NotRendered(f"the time for the page was over ({self.time.seconds:g} s)")

    def _pour(self, file: BinaryIO, method: str, *, packed: bool, **params: object) -> None:
        """Have what a command makes written to a file. Raises NotRendered, and OSError where it cannot be written."""
        pours: list[Pour] = []

        def _again() -> Pour:
            for each in pours:
                each.close()  # nobody knows when its answer comes
            file.seek(0)
            file.truncate()
            pours.append(Pour(file, packed=packed))
            return pours[-1]

        try:
            self.call(method, long=True, pour=_again, **params)
        finally:
            for each in pours:
                each.close()
        if pours[-1].error is not None:
            raise pours[-1].error

    def _prepare(self, downloads: Path) -> None:
        for domain in ("Page", "Runtime", "Network", "Inspector"):
            self.call(f"{domain}.enable")
        self._follow(self._session)
        view = self._view
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=view.width, height=view.height, deviceScaleFactor=1, mobile=view.mobile,
        )  # fmt: skip
        if view.mobile:
            self.call("Emulation.setTouchEmulationEnabled", enabled=True)
        if (user_agent := user_agent_of(view, self._browser)) != self._browser.user_agent:
            self.call("Emulation.setUserAgentOverride", userAgent=user_agent)
        self.call("Network.setBypassServiceWorker", bypass=not view.service_workers)
        self._browser.call(
            "Browser.setDownloadBehavior",
            behavior="allowAndName", downloadPath=str(downloads), eventsEnabled=True, **self._context,
        )  # fmt: skip

    def _lend(self, cookie: Cookie) -> None:
        """Lend the officer's cookie to whom it belongs; one that the browser does not take is left out."""
        scheme, host = "https" if cookie.secure else "http", cookie.domain.lstrip(".")
        whose = {"domain": cookie.domain} if cookie.domain_specified else {"url": f"{scheme}://{host}{cookie.path}"}
        until = {"expires": cookie.expires} if cookie.expires else {}
        said = {"name": cookie.name, "value": cookie.value or "", "path": cookie.path, "secure": cookie.secure}
        hidden = {"httpOnly": cookie.has_nonstandard_attr("HttpOnly")}
        site = cookie.get_nonstandard_attr("SameSite")
        more = hidden | ({"sameSite": site} if site else {})
        self._browser.post("Storage.setCookies", cookies=[said | whose | until | more], **self._context)

    def _follow(self, session: str) -> None:
        """Hear of the requests of frames and workers too."""
        self._browser.post("Network.enable", session)
        self._browser.post("Target.setAutoAttach", session, autoAttach=True, waitForDebuggerOnStart=False, flatten=True)

    def _heard(self, session: str, method: str, params: Json) -> None:
        if method.startswith("Browser.download"):
            self._download(method, params)
        if session not in self._sessions:
            return
        if method.startswith("Network."):
            self._last = time.monotonic()
            self._network(session, method, params)
            return
        match method:
            case "Target.attachedToTarget":
                self._sessions.add(params["sessionId"])
                self._follow(params["sessionId"])
            case "Target.detachedFromTarget":
                gone = params["sessionId"]
                self._in_flight = {key: url for key, url in self._in_flight.items() if key[0] != gone}
            case "Page.loadEventFired" if session == self._session:
                self._loaded.set()
            case "Inspector.targetCrashed":
                self.crashed = True
            case "Page.javascriptDialogOpening":
                self._dialog(session, params)

    def _network(self, session: str, method: str, params: Json) -> None:
        match method:
            case "Network.requestWillBeSent" | "Network.webSocketCreated":
                self._asks(session, params)
            case "Network.loadingFinished" | "Network.loadingFailed":
                self._in_flight.pop((session, params["requestId"]), None)
            case "Network.responseReceived" if session == self._session and params.get("type") == "Document":
                self._answered(params)

    def _asks(self, session: str, params: Json) -> None:
        url = params["request"]["url"] if "request" in params else params["url"]
        with suppress(ValueError):
            self._asked.add(urlsplit(url).hostname or "")
        if url.startswith("http"):
            self._in_flight[session, params["requestId"]] = url

    def _answered(self, params: Json) -> None:
        if params.get("frameId") == self._frame or not self._frame:
            response = params["response"]
            self.status = int(response["status"])
            self.headers = {str(name).lower(): str(value) for name, value in response["headers"].items()}

    def _dialog(self, session: str, params: Json) -> None:
        """Close a dialog, which would hold up everything; leave a page that asks whether one wants to."""
        leaving = params.get("type") == "beforeunload"
        self._browser.post("Page.handleJavaScriptDialog", session, accept=leaving)
        self.note("closed a dialog", f"{params.get('type')}: {params.get('message')}")

    def _download(self, method: str, params: Json) -> None:
        number = str(params["guid"])
        before = self.downloads.get(number, ("", "", ""))
        if method == "Browser.downloadWillBegin":
            self.downloads[number] = str(params["url"]), str(params["suggestedFilename"]), "inProgress"
            self.note("kept a download", str(params["url"]))
        elif before[0]:
            self.downloads[number] = before[0], before[1], str(params["state"])
        self._last = time.monotonic()

    def _is_quiet(self) -> bool:
        idle = time.monotonic() - self._last
        if idle < _QUIET:
            return False
        return not self._in_flight or (
            idle >= _SILENT and not {url.partition("#")[0] for url in self._in_flight.values()} & self._open_addresses()
        )

    def _until(self, done: Callable[[], bool], seconds: float) -> bool:
        """Wait for something, so long at the most; a stop and the browser's end raise NotRendered."""
        deadline = time.monotonic() + seconds
        while not done():
            if time.monotonic() > deadline:
                return False
            self._pause(_STEP)
        return True

    def _wait(self, done: Callable[[], bool], seconds: float) -> bool:
        """Do the same in the time that all waits share."""
        begun = self.time.now()
        try:
            return self._until(done, seconds)
        finally:
            self.time.waited(self.time.now() - begun)

    def _pause(self, seconds: float) -> None:
        if self._stop.event.wait(seconds):
            raise NotRendered(self._stop.reason)
        if self._browser.ended.is_set():
            raise NotRendered("the browser ended")

    def _demand_alive(self) -> None:
        if self.crashed:
            raise NotRendered("the page crashed in the browser")
        if self._lost:
            raise NotRendered("the page does not answer any more")

    def _script(self, expression: str) -> Any:  # noqa: ANN401 - whatever the page says
        self._demand_alive()
        try:
            answer = self._evaluated(expression)
        except NotRendered:  # it went elsewhere, and its world with it
            self._demand_alive()
            self._world = 0
            answer = self._evaluated(expression)
        if "exceptionDetails" in answer:
            said = answer["exceptionDetails"].get("exception", {}).get("description", "an exception")
            raise NotRendered(f"the page's own scripts stood in the way: {json.dumps(said)[:200]}")
        return answer["result"].get("value")

    def _evaluated(self, expression: str) -> Json:
        if not self._world:
            frame = self.call("Page.getFrameTree")["frameTree"]["frame"]["id"]
            made = self.call("Page.createIsolatedWorld", frameId=frame, worldName="goldenhour")
            self._world = made["executionContextId"]
        return self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, contextId=self._world,
        )  # fmt: skip


_AGREES = (
    "accept|agree|allow|ok(ay)?$|got it|i agree|yes, |alle? (akzeptieren|zulassen)|akzeptieren|zustimmen|einverstanden|"
    "(tout )?accepter|j.accepte|aceptar|accetta|akkoord|accepteer|godkänn|hyväksy|zgadzam|akceptuj"
)
# How buttons begin that agree to a banner, and that show more of a page.
_MORE = (
    "(show|read|see|load|view) (more|all|replies|comments)|mehr (anzeigen|lesen|laden)|weiterlesen|"
    "(afficher|voir|lire) (plus|la suite)|(ver|mostrar|leer) más"
)
_INTERACT = r"""(() => {
  const agrees = /^(AGREES)/i, more = /^(MORE)/i
  const banner = /cookie|consent|privacy|datenschutz|einwillig|confidential|privacidad/i
  const places = '[id*=cookie i],[class*=cookie i],[id*=consent i],[class*=consent i],[role=dialog],dialog'
  const clicked = []
  for (const each of document.querySelectorAll('button,[role=button],input[type=button],input[type=submit],summary')) {
    const said = (each.innerText || each.value || '').trim().replace(/\s+/g, ' ')
    const box = each.getBoundingClientRect()
    if (!said || said.length > 60 || !box.width || !box.height || clicked.length >= 20) continue
    const around = each.closest(places) || each.parentElement
    if (!(agrees.test(said) && banner.test(around.innerText || '')) && !more.test(said)) continue
    each.click()
    clicked.push(said)
  }
  return clicked
})()""".replace("AGREES", _AGREES).replace("MORE", _MORE)
# No promise is waited for: a page that goes elsewhere meanwhile would never answer.
_SCROLL = """(() => {
  scrollBy({top: innerHeight * 0.9, behavior: 'instant'})
  const body = document.body ? document.body.scrollHeight : 0
  return [scrollY + innerHeight, Math.max(document.documentElement.scrollHeight, body)]
})()"""

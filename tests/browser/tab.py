"""One tab with a profile of its own: opened, looked at, clicked and typed into as a person would."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.chromium import Devtools, Json

_KEYS = {
    "Tab": {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9},
    "Enter": {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"},
    "Space": {"key": " ", "code": "Space", "windowsVirtualKeyCode": 32, "text": " "},
    "Escape": {"key": "Escape", "code": "Escape", "windowsVirtualKeyCode": 27},
}
_PROBLEMS = {"Runtime.exceptionThrown", "Page.javascriptDialogOpening", "Page.windowOpen", "Page.downloadWillBegin"}


class Tab:
    """A tab, 1,280 by 800 pixels unless told otherwise."""

    def __init__(self, browser: Devtools, target: str = "") -> None:
        """Open it with a profile of its own, or take the `target` that is open already."""
        self._browser = browser
        self._first = len(browser.events)
        if target:
            self._enter(target)
            return
        self._context = browser.call("Target.createBrowserContext")["browserContextId"]
        self._begin()

    def _begin(self) -> None:
        where = {"url": "about:blank", "browserContextId": self._context}
        self._enter(self._browser.call("Target.createTarget", **where)["targetId"])

    def _enter(self, target: str) -> None:
        self._target = target
        self._session = self._browser.call("Target.attachToTarget", targetId=self._target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.size(1280, 800)

    def begin_anew(self) -> None:
        """Close it as a person does who is in a hurry, and open another one with the same profile."""
        self._browser.call("Target.closeTarget", targetId=self._target)
        self._begin()

    def call(self, method: str, /, **params: object) -> Json:
        """Give a command to this tab."""
        return self._browser.call(method, self._session, **params)

    def close(self) -> None:
        """Close it, and forget its profile."""
        self._browser.call("Target.disposeBrowserContext", browserContextId=self._context)

    def open(self, path: Path, place: str = "") -> None:
        """Open a file of this computer and wait until it has loaded."""
        self.visit(path.resolve().as_uri() + place)

    def visit(self, url: str) -> None:
        """Open an address and wait until it has loaded."""
        since = len(self._browser.events)
        answer = self.call("Page.navigate", url=url)
        assert "errorText" not in answer, answer
        if "loaderId" in answer:
            self._browser.wait(self._session, "Page.loadEventFired", since)

    def js(self, expression: str) -> Any:  # noqa: ANN401 - whatever the page says
        """Evaluate an expression in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def size(self, width: int, height: int, scale: float = 1) -> None:
        """Set the size in CSS pixels. A zoom of 200 % is half the width at twice the scale."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False
        )

    def media(self, media: str = "screen", scheme: str = "light") -> None:
        """Show it as on a screen or on paper, light or dark."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=media, features=features)

    def scripts(self, *, run: bool) -> None:
        """Let the page's scripts run, or not, as of the next page."""
        self.call("Emulation.setScriptExecutionDisabled", value=not run)

    def press(self, key: str, *, shift: bool = False) -> None:
        """Press a key."""
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, modifiers=8 if shift else 0, **_KEYS[key])

    def type(self, text: str) -> None:
        """Type text where the focus is."""
        self.call("Input.insertText", text=text)

    def click(self, selector: str) -> None:
        """Click the middle of what a selector finds first."""
        x, y = self.js(
            f"(() => {{const e = document.querySelector({selector!r}); e.scrollIntoView({{block: 'center'}});"
            "const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]})()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def choose(self, selector: str, *files: Path) -> None:
        """Choose files of this computer in the field that a selector finds."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        field = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=field, files=[str(file) for file in files])

    def line(self, *, up: bool, most: int = -1) -> None:
        """Let the line to servers be there or not; `most` bytes a second go out over it, -1 for as many as can."""
        self.call(
            "Network.emulateNetworkConditions",
            offline=not up, latency=0, downloadThroughput=-1, uploadThroughput=most,
        )  # fmt: skip

    def follow(self, selector: str) -> None:
        """Click a link and wait until what it leads to has loaded."""
        since = len(self._browser.events)
        self.click(selector)
        self._browser.wait(self._session, "Page.loadEventFired", since)

    def follow_focus(self) -> None:
        """Press Enter and wait until what it leads to has loaded."""
        since = len(self._browser.events)
        self.press("Enter")
        self._browser.wait(self._session, "Page.loadEventFired", since)

    def picture(self, *, whole: bool = False, of: tuple[float, float, float, float] | None = None) -> bytes:
        """Return what is seen as PNG, or of it the rectangle that begins at x and y, so wide and so high."""
        clip = {} if of is None else {"clip": {**dict(zip(("x", "y", "width", "height"), of, strict=True)), "scale": 1}}
        return base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=whole, **clip)["data"])

    def print(self) -> bytes:
        """Print to PDF."""
        return base64.b64decode(self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"])

    def requests(self) -> list[str]:
        """Return the address of every request that was made since it was opened.

        The icons of the browser's own players and fields, which it has as data, are not among them.
        """
        sent = ("Network.requestWillBeSent", "Network.webSocketCreated")
        found = [params.get("url") or params["request"]["url"] for method, params in self._seen() if method in sent]
        return [url for url in found if not url.startswith("data:image/svg+xml;base64,")]

    def problems(self) -> list[str]:
        """Return what no page may do: dialogs, windows, downloads, exceptions, whatever the browser complains of."""
        found = [f"{method}: {params}" for method, params in self._seen() if method in _PROBLEMS]
        logged = [params["entry"] for method, params in self._seen() if method == "Log.entryAdded"]
        return found + [entry["text"] for entry in logged if entry["level"] in {"error", "warning"}]

    def _seen(self) -> list[tuple[str, Json]]:
        return [event[1:] for event in self._browser.events[self._first :] if event[0] == self._session]

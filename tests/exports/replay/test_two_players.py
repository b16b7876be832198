"""A bundle as two players of others show it, the site switched off, against the site as the same browser showed it."""

from __future__ import annotations

import io
import itertools
import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from PIL import Image, ImageChops

from cli import main
from hashing.files.run_folder import runs_folders
from hashing.ledger.keys import load_or_create_signing_key
from tests.browser.chromium import Chromium, found
from tests.browser.tab import Tab
from tests.exports.replay.shown_site import IMAGES, TITLE, shown_site
from tests.patience import wait_until
from tests.servers.replay import PLAYERS, replay, why_not

pytestmark = pytest.mark.skipif(found() is None, reason="chromium is not installed")

_SIZE = 1000, 600
_FIND = """(() => {
  const find = (root, x, y) => {
    if (root.title === TITLE && root.querySelector("#box")) return [root, x, y];
    for (const each of root.querySelectorAll("*")) {
      const inner = each.tagName === "IFRAME" && each.contentDocument;
      const place = inner ? each.getBoundingClientRect() : {x: 0, y: 0};
      const found = (inner || each.shadowRoot) && find(inner || each.shadowRoot, x + place.x, y + place.y);
      if (found) return found;
    }
    return null;
  };
  const [found, x, y] = find(document, 0, 0) || [];
  window.page = found;
  return found && [x, y, found.defaultView.innerWidth, found.defaultView.innerHeight];
})()""".replace("TITLE", repr(TITLE))
_SEEN = """(() => {
  const framed = [...page.querySelectorAll("iframe")].map((frame) => frame.contentDocument);
  const documents = [page, ...framed].filter((one) => one && one.body);
  const images = documents.flatMap((one) => [...one.images]);
  for (const image of images) image.scrollIntoView();
  page.defaultView.scrollTo(0, 0);
  return {
    address: page.URL, title: page.title, text: documents.map((one) => one.body.innerText).join(" | "),
    images: images.map((image) => [
      image.currentSrc.replace(/^.+(?=http:)/, ""), image.naturalWidth, image.naturalHeight
    ]).sort(),
  };
})()"""
_FRAMES = """(() => {
  const frame = async (video, second) => {
    await new Promise((done, failed) => {
      video.onseeked = done;
      video.onerror = () => failed(new Error(`${video.src}: ${video.error.message}`));
      if (video.error) video.onerror();
      video.currentTime = second;
    });
    const canvas = Object.assign(document.createElement("canvas"), {width: 16, height: 9});
    const drawn = canvas.getContext("2d");
    drawn.drawImage(video, 0, 0, 16, 9);
    return [...drawn.getImageData(0, 0, 16, 9).data];
  };
  const watch = async (of) => {
    const shown = {};
    for (const name of ["clip", "late"]) {
      const video = of.getElementById(name);
      video.preload = "auto";
      shown[name] = [await frame(video, 5.5), await frame(video, 0.5), [video.duration, video.seekable.end(0)]];
    }
    return shown;
  };
  window.looks = (window.looks || 0) + 1;
  if (window.watched !== page || window.looks % 300 === 0) {
    const of = window.watched = page;
    window.shown = null;
    if (window.looks > 1) for (const video of page.querySelectorAll("video")) video.load();
    const done = (what) => { if (of === window.watched) window.shown = what };
    watch(of).then(done, (error) => done(String(error)));
  }
  return window.shown;
})()"""
"""Asked again and again: a player may put another page in the place of the first; a person loads anew what hangs."""


_LOOKS, _TRIES = 3000, 3
"""So many looks at a video that does not move are enough, and so often a person begins anew."""


class VideoHangs(AssertionError):
    """A video does not go to a second: on a busy machine ReplayWeb.page answers a part of it never, now and then."""


@dataclass
class Seen:
    """What a person sees of the page: text, images and their sizes, frames of its videos, a picture of its top."""

    page: dict[str, list[list[object]]]
    frames: dict[str, list[list[float]]]
    picture: Image.Image


def seen(tab: Tab) -> Seen:
    """Look at the page wherever it stands in a tab, once it has all its images."""
    where: list[float] = []
    page: dict[str, list[list[object]]] = {}

    def _look(script: str) -> Any:  # noqa: ANN401 - whatever the page says
        where[:] = tab.js(_FIND) or []
        return where and tab.js(script)

    def _there() -> bool:
        with suppress(AssertionError):  # a player loads itself anew
            return bool(_look("1"))
        return False

    def _all_there() -> bool:
        page.update(_look(_SEEN) or {"images": []})
        return len(page["images"]) == IMAGES and all(width for _, width, _ in page["images"])

    wait_until(_there)
    tab.size(1280 + _SIZE[0] - round(where[2]), 800 + _SIZE[1] - round(where[3]))
    wait_until(_all_there)
    frames: dict[str, list[list[float]]] = {}
    looks = itertools.count()

    def _watched() -> bool:
        if next(looks) == _LOOKS:
            raise VideoHangs
        frames.update(found := _look(_FRAMES) or {})
        return bool(found)

    wait_until(_watched)
    assert tuple(where[2:]) == _SIZE
    picture = Image.open(io.BytesIO(tab.picture(of=(where[0], where[1], *_SIZE)))).convert("RGB")
    return Seen(page, frames, picture)


def unlike(one: Image.Image, other: Image.Image) -> float:
    """Return the share of pixels that differ to the eye."""
    difference = ImageChops.difference(one, other).convert("L").point(lambda value: 255 * (value > 24))
    return difference.histogram()[255] / (one.width * one.height)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, Seen]:
    """Look at the site, capture it, switch it off; return the bundle, the site's address, and what was seen."""
    folder = tmp_path_factory.mktemp("site")
    case, bundle = str(folder / "OP-ALDER"), folder / "site.zip"
    key = ["--key", str(folder / "key.pem"), "--officer", "Mary Price", "-q"]
    load_or_create_signing_key(folder / "key.pem")
    with shown_site() as url:
        browser = Chromium(found() or "", loopback=True)
        tab = Tab(browser)
        tab.visit(f"{url}/moved")
        live = seen(tab)
        browser.close()
        sandbox = ["--no-browser-sandbox"] if os.geteuid() == 0 else []
        options = ["--case", case, "--allow-private", "--initials", "MP", "--rendered", "always", *sandbox, *key]
        ran = CliRunner().invoke(main, ["capture", f"{url}/moved", *options])
        assert ran.exit_code == 0, ran.output
    ran = CliRunner().invoke(main, ["export", case, "--zip", "--output", str(bundle), *key])
    assert ran.exit_code == 0, ran.output
    return bundle, url, live


@pytest.mark.parametrize("player", PLAYERS)
def test_a_player_shows_what_a_browser_saw(made: tuple[Path, str, Seen], player: str, tmp_path: Path) -> None:
    """Text, images, pictures, videos to any second: as on the site, without the site; nothing is asked elsewhere."""
    if reason := why_not(player):
        pytest.skip(reason)
    bundle, url, live = made
    with socket.create_server(("127.0.0.1", int(url.rpartition(":")[2]))) as trap:
        trap.setblocking(False)
        for number in range(_TRIES):
            place = tmp_path / f"replay-{number}"
            try:
                with replay(bundle, player, place, "--url", f"{url}/moved") as shown:
                    there = seen(shown.tab)
                break
            except VideoHangs:
                if number + 1 == _TRIES:
                    raise
        with pytest.raises(BlockingIOError):
            trap.accept()
    assert there.page == live.page
    assert unlike(there.picture, live.picture) < 0.001
    assert unlike(Image.new("RGB", _SIZE, "white"), live.picture) > 0.05
    assert there.frames == live.frames
    assert not {host for host in shown.refused if "google" not in host}
    assert shown.process.returncode == 0
    assert "the bundle was verified just now" in "".join(shown.told)
    assert [path for folder in {*runs_folders()} for path in folder.iterdir()] == []
    assert list((place / "temporary").iterdir()) == []

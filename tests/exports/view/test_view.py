from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exports.bundle import export_bundle
from exports.errors import NotWhole
from exports.view import ViewServer, viewed
from tests.exports.small_case import OFFICER, Thing, make_case, photo
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.exports.small_case import CaseMaker

PAGE = b"<!doctype html><script>document.title='ran'</script>"


@pytest.fixture
def maker(tmp_path: Path) -> CaseMaker:
    """Make a case of one exhibit: a photo, a page that would run, and a drawing that could."""
    maker = make_case(tmp_path)
    maker.capture([
        Thing("1.jpg", photo()),
        Thing("page.html", PAGE, "page", "text/html"),
        Thing("x.svg", b"<svg/>", "photo", "image/svg+xml"),
    ])  # fmt: skip
    return maker


@contextmanager
def serving(path: Path) -> Iterator[ViewServer]:
    """Serve a view of a case or a bundle."""
    with viewed(path) as seen:
        seen.renewed()
        with ViewServer(seen) as server:
            yield server


def asked(
    server: ViewServer, name: str = "", *, method: str = "GET", token: str = "", **fields: str
) -> tuple[int, dict[str, str], bytes]:
    """Ask for a page as a browser does; return status, header fields and body. `fields` replace those of a browser."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=PATIENCE)
    headers = {"Host": server.host, **{field.replace("_", "-"): value for field, value in fields.items()}}
    connection.putrequest(method, f"/{token or server.token}/{name}", skip_host=True, skip_accept_encoding=True)
    for field, value in headers.items():
        connection.putheader(field, value)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, {field.lower(): value for field, value in answer.getheaders()}, body


@pytest.mark.parametrize(
    "field",
    [
        "X: y\rHost: evil",
        "X: y\0",
        "X: y\n",
        "X: y\r\n z",
        "X : y",
        "no field",
        "Content-Length: 9",
        "X: y\r\n\x0bHost: evil",
    ],
)
def test_a_head_of_two_readings_is_refused(maker: CaseMaker, field: str) -> None:
    """A head that no browser sends is refused, and nothing behind it is taken for a request."""
    with serving(maker.path) as server:
        request = f"GET /{server.token}/ HTTP/1.1\r\nHost: {server.host}\r\n"
        with socket.create_connection(("127.0.0.1", server.server_port), PATIENCE) as talk:
            talk.sendall(f"{request}{field}\r\n\r\n{request}\r\n".encode())
            with talk.makefile("rb") as answers:
                answered = answers.read()
    assert (answered.count(b"HTTP/1.1 "), answered.split()[1]) == (1, b"400")


def test_a_link_that_the_user_named(maker: CaseMaker, tmp_path: Path) -> None:
    """A link may lead to the case, as in every other command."""
    (tmp_path / "link").symlink_to(maker.path)
    with serving(tmp_path / "link") as server:
        assert b"1 exhibit with 3 items" in asked(server)[2]


def test_a_case_that_still_grows(maker: CaseMaker) -> None:
    """The pages show what is sealed, name what is not, and show it once it is and the first page is loaded again."""
    growing = maker.begin()
    growing.add(Thing("2.jpg", photo(2)))
    with serving(maker.path) as server:
        status, _, front = asked(server)
        assert status == 200
        assert b"1 exhibit with 3 items" in front
        assert b"Not shown: MP/2: still running, or interrupted, so not sealed" in front
        assert b"not checked: the bytes of the items" in front.lower()
        assert b"MP/2" not in asked(server, "report.html")[2]
        growing.seal()
        assert b"2 exhibits with 4 items" in asked(server)[2]
        assert b"MP/2" in asked(server, "report.html")[2]
        found = re.findall(rb'href="(report/[a-z0-9-]+\.html)', asked(server, "report.html")[2])
        assert found
        assert {asked(server, name.decode())[0] for name in set(found)} == {200}


def test_a_case_in_which_nothing_is_sealed(tmp_path: Path) -> None:
    """A case without a sealed capture has a first page that says so, and no report."""
    maker = make_case(tmp_path)
    with serving(maker.path) as server:
        assert b"Nothing is sealed yet" in asked(server)[2]
        assert asked(server, "report.html")[0] == 404


def test_only_this_computers_browser_is_answered(maker: CaseMaker) -> None:
    """Without the token, under another host's name, or for another page, nothing is told."""
    with serving(maker.path) as server:
        for refused in (
            asked(server, Host="attacker.example"),
            asked(server, Host=f"localhost:{server.server_port}"),
            asked(server, Host=f"attacker.example:{server.server_port}"),
            asked(server, Origin="https://attacker.example"),
            asked(server, Origin="null"),
            asked(server, Origin=f"http://127.0.0.1:{server.server_port + 1}"),
            asked(server, Sec_Fetch_Site="cross-site"),
            asked(server, token="x" * len(server.token)),
            asked(server, token="%00"),  # noqa: S106 - no secret
            asked(server, "../report.html", token=".."),  # noqa: S106 - no secret
            asked(server, method="POST"),
            asked(server, method="PUT"),
        ):
            assert refused[0] in {403, 404, 421, 501}, refused
            assert b"MP/1" not in refused[2]
            assert b"exhibit" not in refused[2]
        assert asked(server, Origin=f"http://{server.host}", Sec_Fetch_Site="same-origin")[0] == 200
        assert len(server.token) >= 40
        assert server.server_address[0] == "127.0.0.1"


def test_each_view_has_a_token_of_its_own(maker: CaseMaker) -> None:
    """Two views of one case do not answer to one another's address."""
    with serving(maker.path) as one, serving(maker.path) as other:
        assert asked(one)[0] == 200
        assert asked(one, token=other.token)[0] == 404


def test_every_answer_has_strict_headers(maker: CaseMaker) -> None:
    """Pages may run our own script alone and be framed by nobody; nothing is cached, guessed or told to other sites."""
    with serving(maker.path) as server:
        names = ["", "report.html", "report/index-1.html", "nothing", "captures/x"]
        for name in names:
            _, fields, _ = asked(server, name)
            policy = fields["content-security-policy"]
            assert policy.startswith("default-src 'none'")
            assert "frame-ancestors 'none'" in policy
            assert not re.search(r"unsafe|https?:|\*", policy)
            assert fields["cache-control"] == "no-store"
            assert fields["x-content-type-options"] == "nosniff"
            assert fields["referrer-policy"] == "no-referrer"
            assert fields["cross-origin-resource-policy"] == "same-origin"
            assert "python" not in fields["server"].lower()


def test_originals_that_could_run_are_saved_and_not_opened(maker: CaseMaker) -> None:
    """A photo is drawn; a page and an SVG drawing are sent to be saved, in a sandbox."""
    with serving(maker.path) as server:
        assert server.viewed.pages is not None
        for name, item in server.viewed.pages.originals.items():
            status, fields, body = asked(server, name)
            assert (status, len(body)) == (200, item.size)
            drawn = item.mime == "image/jpeg"
            assert fields["content-type"] == ("image/jpeg" if drawn else "application/octet-stream")
            assert fields.get("content-disposition") == (None if drawn else "attachment")
            assert fields["content-security-policy"].endswith("; sandbox")
            assert asked(server, name, method="HEAD")[2] == b""
        assert asked(server, "captures/../case.json")[0] == 404
        assert asked(server, "ledger.jsonl")[0] == 404


def test_no_page_of_a_stranger_is_shown(maker: CaseMaker, tmp_path: Path) -> None:
    """Of a bundle the pages are made anew; one whose own report was altered does not match, and nothing is shown."""
    path = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "B.zip", zipped=True).path
    with serving(path) as server:
        assert b"matches its seal" in asked(server)[2]
        assert b"MP/1" in asked(server, "report.html")[2]
    folder = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "B").path
    report = folder / "data/report.html"
    report.chmod(0o600)
    report.write_bytes(report.read_bytes().replace(b"</body>", b"<p>zzforged</body>"))
    with pytest.raises(NotWhole), serving(folder):
        pass
    (maker.path / "report.html").write_text("<p>zzforged")
    (maker.path / "report").mkdir()
    (maker.path / "report/index-1.html").write_text("<p>zzforged")
    with serving(maker.path) as server:
        for name in ("", "report.html", "report/index-1.html"):
            assert b"zzforged" not in asked(server, name)[2]


def test_a_capture_that_does_not_match_is_not_shown(maker: CaseMaker) -> None:
    """A capture whose ledger is not what was sealed is left out and named; the others are shown."""
    altered = maker.capture([Thing("2.jpg", photo(2))])
    ledger = altered / "ledger.jsonl"
    ledger.chmod(0o600)
    ledger.write_bytes(ledger.read_bytes().replace(b"web", b"wob", 1))
    with serving(maker.path) as server:
        front = asked(server)[2]
        assert b"1 exhibit with 3 items" in front
        assert b"Not shown: MP/2: does not match its seal" in front
        assert b"MP/2" not in asked(server, "report.html")[2]


def test_as_typed(maker: CaseMaker, tmp_path: Path) -> None:
    """`view` opens a browser at the address, ends with Ctrl-C and exit code 0, and leaves nothing behind."""
    browser, opened, temporary = tmp_path / "browser", tmp_path / "opened", tmp_path / "temporary"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {opened}.part && mv {opened}.part {opened}\n')
    browser.chmod(0o700)
    temporary.mkdir()
    before = {path: path.stat().st_mtime_ns for path in maker.path.rglob("*")}
    environment = os.environ | {"BROWSER": f"{browser} %s", "DISPLAY": ":0", "TMPDIR": str(temporary)}
    for command in (["view", str(maker.path)], ["export", str(maker.path), "--output", str(tmp_path / "O"), "--open"]):
        key = ["--key", str(tmp_path / "key/signing-key.pem")] if command[0] == "export" else []
        with subprocess.Popen(
            [sys.executable, "-m", "cli", *command, *key],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=Path(__file__).parents[3],
        ) as running:  # fmt: skip
            assert running.stdout is not None
            lines = iter(running.stdout.readline, "")
            address = next(line.split()[1] for line in lines if line.startswith("view "))
            next(line for line in lines if line.startswith("note "))
            assert running.stderr is not None
            assert "Ctrl-C ends the view" in running.stderr.readline()
            running.send_signal(signal.SIGINT)
            assert running.wait(PATIENCE) == 0
        assert opened.read_text() == address
        opened.unlink()
        assert list(temporary.iterdir()) == []
        if command[0] == "view":
            assert {path: path.stat().st_mtime_ns for path in maker.path.rglob("*")} == before

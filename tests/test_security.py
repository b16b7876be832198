"""What SECURITY.md promises, held against the source and the tests."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "SECURITY.md").read_text("utf-8")
PRODUCT = ("cli.py", "capture", "commands", "exports", "fleet", "hashing", "intelligence", "validation", "docs")
LIBRARIES = frozenset({
    "_socket", "_ssl", "aiohttp", "anyio", "asyncio", "boto3", "botocore", "ftplib", "gallery_dl", "http.client",
    "http.server", "httpx", "imaplib", "psycopg",
    "multiprocessing", "nntplib", "poplib", "requests", "smtplib", "socket", "socketserver", "ssl", "telnetlib", "trio",
    "urllib.request", "urllib3", "uvicorn", "weasyprint", "websocket", "websockets", "xmlrpc", "yt_dlp",
})  # fmt: skip
"""Libraries that can open a socket; each counts with all that is below it."""


def _rows(title: str) -> list[list[str]]:
    """Return the cells of the table under a title of the page, without its head."""
    part = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    assert len(lines) > 2, title
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def _imported(tree: ast.Module) -> Iterator[str]:
    """Yield what a module imports when it runs: imports for types alone are none."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {
            "__import__",
            "import_module",
            "importlib.import_module",
        }:
            yield from (str(each.value) for each in node.args if isinstance(each, ast.Constant))
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
        else:
            waiting += ast.iter_child_nodes(node)


def _opening(source: str) -> set[str]:
    """Return the libraries of the list that a module's source imports."""
    found = set[str]()
    for name in _imported(ast.parse(source)):
        parts = name.split(".")
        found |= LIBRARIES & {".".join(parts[:length]) for length in range(1, len(parts) + 1)}
    return found


def test_the_modules_that_open_sockets_are_those_named() -> None:
    """No module of the product imports what can open a socket, but for those in the table and what it says of them."""
    named = {module.strip("`"): set(re.findall(r"`([^`]+)`", libraries)) for module, libraries, _ in _rows("Sockets")}
    files = [
        path for place in PRODUCT for path in ((ROOT / place).rglob("*.py") if "." not in place else [ROOT / place])
    ]
    found = {path.relative_to(ROOT).as_posix(): _opening(path.read_text("utf-8")) for path in files}
    assert len(found) > 300
    assert named == {name: libraries for name, libraries in found.items() if libraries}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import socket", {"socket"}),
        ("import os, ssl as tls", {"ssl"}),
        ("def f():\n    from http import client", {"http.client"}),
        ("from http.server import HTTPServer", {"http.server"}),
        ("import urllib.request", {"urllib.request"}),
        ("from urllib3.util import Retry", {"urllib3"}),
        ("try:\n    import asyncio.streams\nexcept ImportError:\n    pass", {"asyncio"}),
        ("import importlib\nimportlib.import_module('requests')", {"requests"}),
        ("if TYPE_CHECKING:\n    pass\nelse:\n    import socket", {"socket"}),
        ("if TYPE_CHECKING:\n    import socket", set()),
        ("from http.cookiejar import CookieJar\nfrom urllib.parse import urlsplit\nfrom . import socket", set()),
    ],
)
def test_an_import_is_seen_wherever_it_stands(source: str, found: set[str]) -> None:
    """The test above sees imports in functions, under other names, and by name; not those for types alone."""
    assert _opening(source) == found


OPEN_BY_PATH = {
    "capture/browser/devtools.py": "a file of the browser's messages, in a folder of its own, and the null device",
    "capture/browser/session.py": "the user's own sessions, in the user's data folder",
    "capture/browser/rendering.py": "downloads in such a folder, as regular files alone",
    "capture/doctor/certificates.py": "the system's folder of certificates",
    "capture/doctor/folder.py": "the system's list of mounts",
    "capture/doctor/network.py": "the system's list of name servers",
    "capture/extractors/gallery/gallery_search.py": "a file of its own, in a folder of this capture's own",
    "capture/extractors/gallery/sites.py": "files of the package gallery_dl",
    "capture/extractors/video/beside.py": "a folder of its own, in the temporary one",
    "capture/extractors/video/known_sites.py": "a file of the package yt_dlp",
    "capture/extractors/video/segments.py": "makes a file for ffmpeg, in a folder of this capture's own",
    "capture/extractors/video/streams.py": "what ffmpeg made there",
    "capture/request/credentials.py": "a file that the user named",
    "capture/run/recovery.py": "makes a file in the folder beside the case",
    "capture/verdict/words.py": "a file of this package",
    "commands/batch.py": "a file that the user named",
    "commands/doctor.py": "a file that the user named",
    "commands/demo.py": "the demo's own bundle",
    "commands/init.py": "whether the folder that the user named for a new case is empty",
    "commands/pipe.py": "the null device",
    "commands/settings_file.py": "the user's settings; those of a case as a regular file alone",
    "exports/custody/receipt_folder.py": "the lock in the folder of receipts that the user names",
    "exports/bundle/folder_draft.py": "a draft of its own",
    "exports/bundle/leftover.py": "drafts in the folder that the user named for the bundle",
    "exports/format/capture_summary.py": "a note in the user's own cache",
    "exports/format/sealed_file.py": "by `inside.reach`",
    "exports/format/zip_tree.py": "a zip that the user named",
    "exports/report/basemap/opened.py": "a map file that the user named",
    "exports/report/basemap/pmtiles.py": "a map file that the user named",
    "exports/report/rendering.py": "a file of this package",
    "exports/replay/kept_program.py": "what a player says, in a folder of the run",
    "exports/replay/player.py": "the player that the user named",
    "exports/replay/pywb.py": "what a player says, in a folder of the run",
    "exports/replay/server.py": "a WACZ that the user named, or one made just before",
    "exports/store/sending.py": "by `inside.open_file`; else a zip that the user named",
    "exports/view/server.py": "pages that were made just before",
    "exports/view/viewed.py": "pages, in a folder of the run",
    "hashing/case/case.py": "whether the folder that the user named for a new case is empty",
    "hashing/case/own_runs.py": "the user's own data folder",
    "hashing/files/deep_path.py": "a path that the user named, or one below it",
    "hashing/files/run_folder.py": "folders of runs, in the user's own places in memory and on disk",
    "hashing/files/hash_list/check.py": "a hash list that the user named",
    "hashing/files/hash_list/names_here.py": "folders of the files that such a list names",
    "hashing/files/inside.py": "the one place for files of a case or a bundle",
    "hashing/files/read.py": "by `inside.reach` where it is of a case or a bundle; else a file that the user named",
    "hashing/files/storage.py": "a file that the user named (`read_named`), and folders",
    "hashing/files/walk.py": "below a folder that the user named, for `goldenhour hash`",
    "hashing/ledger/keys.py": "the user's key",
    "hashing/sandbox/enter.py": "/dev/null",
    "hashing/sandbox/handed_over.py": "an item of this capture, as a regular file alone",
    "hashing/sandbox/landlock.py": "what the interpreter is made of",
    "hashing/sandbox/reader_child.py": "the size of its own process",
    "hashing/tool.py": "what pip noted of an installed distribution",
    "intelligence/checks/keyframes.py": "pictures that ffmpeg wrote into a folder of this process",
    "intelligence/checks/picture_text.py": "a folder of this process, for tesseract",
    "intelligence/checks/speech.py": "a model that the user named",
    "intelligence/checks/speech_child.py": "such a model, and a sound that was handed over",
    "intelligence/grading/wording.py": "wordings that ship with the program, or that the user named",
    "intelligence/intake/take_in.py": "what the user named to be taken in, and below it no link",
    "intelligence/receiving/hand_in.py": "the user's own inbox",
    "intelligence/receiving/pages.py": "a page that ships with the program",
    "intelligence/receiving/receive.py": "the user's own inbox",
    "intelligence/receiving/texts.py": "texts that ship with the program, or that the user named",
    "intelligence/sources/register.py": "the register that the user named",
}
"""Modules that open or list files by other means than `hashing.files.inside`, and which."""
_OPENING_CALLS = {
    "io.open",
    "os.open",
    "os.scandir",
    "os.listdir",
    "os.walk",
    "shutil.copy",
    "shutil.copyfile",
    "shutil.copytree",
}
_OPENING_METHODS = {"read_bytes", "read_text", "write_bytes", "write_text", "iterdir", "glob", "rglob", "touch"}
_DESCRIPTORS = {"descriptor", "source"}


def _opens_by_path(tree: ast.AST) -> bool:
    """Say whether a module opens or lists something by its path; what is open already, is given as a descriptor."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name, first = ast.unparse(node.func), ast.unparse(node.args[0]) if node.args else ""
        if name in _OPENING_CALLS and not first.startswith("descriptor"):
            return True
        if name == "open" and not first.startswith("inside.") and first not in _DESCRIPTORS:
            return True
        if isinstance(node.func, ast.Attribute) and not name.startswith("inside."):
            mode = re.fullmatch(r"'[rwxab+t]+'", first) is not None
            if node.func.attr in _OPENING_METHODS or (node.func.attr == "open" and mode):
                return True
    return False


def test_files_are_opened_in_one_place() -> None:
    """Every module that opens a file or lists a folder by its path is in the list, with what that path is."""
    found = set[str]()
    for place in ("cli.py", "capture", "commands", "exports", "fleet", "hashing", "intelligence"):
        for path in (ROOT / place).rglob("*.py") if "." not in place else [ROOT / place]:
            if _opens_by_path(ast.parse(path.read_text("utf-8"))):
                found.add(path.relative_to(ROOT).as_posix())
    assert found == OPEN_BY_PATH.keys()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("open(path)", True),
        ("with path.open('rb') as file: pass", True),
        ("def f(): return [each for each in folder.iterdir()]", True),
        ("os.open(name, 0)", True),
        ("open(inside.open_file(path), 'rb')", False),
        ("os.scandir(descriptor)", False),
        ("tree.open(name)", False),
        ("inside.opened(path)", False),
    ],
)
def test_an_opening_is_seen(source: str, found: bool) -> None:
    """The test above sees files and folders that are opened by their path, and no others."""
    assert _opens_by_path(ast.parse(source)) == found


def test_each_threat_names_a_test_that_exists() -> None:
    """Every row of the threat table names tests as file::function, and each of them is there."""
    rows = _rows("Threats")
    assert {row[0] for row in rows} >= {
        "A stranger's server", "A stranger's case", "A stranger's bundle", "A stranger's post",
        "Somebody with write access to the case", "The officer, with the key", "A stolen key",
    }  # fmt: skip
    for who, what, _, proof in rows:
        tests = re.findall(r"`(tests/[^`:]+)::(\w+)`", proof)
        assert tests, (who, what)
        for file, function in tests:
            source = ast.parse((ROOT / file).read_text("utf-8"))
            names = {node.name for node in ast.walk(source) if isinstance(node, ast.FunctionDef)}
            assert function.startswith("test_"), (file, function)
            assert function in names, (file, function)

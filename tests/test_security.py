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
PRODUCT = ("cli.py", "capture", "commands", "exports", "hashing", "validation", "docs")
LIBRARIES = frozenset({
    "_socket", "_ssl", "aiohttp", "anyio", "asyncio", "ftplib", "http.client", "http.server", "httpx", "imaplib",
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

"""The commands, a module each: parse, call one function of a package, print. No rule of evidence lives here.

What several of them share stands beside them: options, output, progress, exit codes.
"""

from __future__ import annotations

import importlib

import click

COMMANDS = {
    "capture": "capture",
    "watch": "watch",
    "batch": "batch",
    "merge": "merge",
    "verify": "verify",
    "hash": "hash_command",
    "seal": "seal",
    "export": "export",
    "report": "report",
    "convert": "convert",
    "custody": "custody",
    "exhibit": "exhibit",
    "label": "label",
    "show": "show",
    "key": "key",
    "config": "config",
    "doctor": "doctor",
    "demo": "demo",
    "validate": "validate",
    "completion": "completion",
    "man": "man",
}
"""The module of each command, and the name of its function, in the order in which evidence passes through them."""


def load_command(name: str) -> click.Command:
    """Import the module of one of `COMMANDS` and return its command."""
    command = getattr(importlib.import_module(f"commands.{name}"), COMMANDS[name])
    assert isinstance(command, click.Command)  # noqa: S101 - tells the type; the table above is ours
    return command

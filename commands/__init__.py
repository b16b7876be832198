"""The commands, a module each: parse, call one function of a package, print. No rule of evidence lives here.

What several of them share stands beside them: options, output, progress, exit codes.
"""

from __future__ import annotations

import importlib
from types import MappingProxyType

import click

# Every command with its summary. `goldenhour --help` prints them from here, so that it loads no command.
SECTIONS = MappingProxyType(
    {
        "Capture": {
            "init": "Make a case, with its reference and title.",
            "capture": "Capture posts, pages, videos and feeds by their address; or a #hashtag.",
            "watch": "Keep capturing what is new; record what was edited or has gone.",
            "batch": "Capture the scenes of a file, thousands of them, and go on after any crash.",
            "fleet": "Have many machines capture the scenes of a file, and collect what they sealed.",
            "login": "Log in at a site in a window, for captures with --session.",
            "intake": "Take in what somebody hands in: files, archives, mails, chats.",
            "receive": "Receive what the public sends, through a link for one person.",
            "recover": "Finish off what a process that died has left in a case.",
            "merge": "Take in captures that were made elsewhere.",
            "timestamp": "Have an authority confirm when seals existed.",
        },
        "Look and check": {
            "show": "Show what is in a case.",
            "view": "Open the report of a case that still grows, or of a bundle, in a browser.",
            "replay": "Show the captured pages of a bundle as they were, with nothing let out.",
            "verify": "Check a case, a capture, a bundle or a WACZ; never writes.",
            "check": "Find facts for or against what is claimed: copies, times, versions.",
            "hash": "Hash files and folders, or check a hash list.",
        },
        "Exhibits and handing over": {
            "exhibit": "List the exhibits of a case, or describe one.",
            "source": "Keep who handed something in encrypted, apart from the case.",
            "appeal": "Record what the public is asked for, and that it is over.",
            "appeals": "Write a feed of the appeals of cases, for the force's own site.",
            "grade": "Grade exhibits and items: source, information, and who may be told.",
            "custody": "Record what is done with an exhibit, or show its log.",
            "label": "Make the continuity label of an exhibit.",
            "export": "Write an evidence bundle, checked before it is called done.",
            "report": "Make the report of a bundle anew, as pages or as PDF.",
            "store": "Keep a case or a bundle in object storage under locks.",
            "convert": "Write a bundle in another form: WACZ, WARC, a table, CASE/UCO, PDF.",
            "paper": "Draft a statement, a certificate or a schedule for a court.",
        },
        "This computer": {
            "demo": "Show the tool at work on a small scene served on this computer.",
            "doctor": "Check whether this computer can capture now, and say what to do.",
            "key": "Show your public key; make a new key, or retire one.",
            "config": "Show each setting, and where its value comes from.",
            "validate": "Show on this machine that known scenes are captured as they should be.",
            "completion": "Print what makes a shell complete commands and options.",
            "man": "Write the manual pages.",
        },
    }
)

COMMANDS = MappingProxyType({name: text for section in SECTIONS.values() for name, text in section.items()})
_FUNCTIONS = {"hash": "hash_command"}  # The commands whose function has another name than their module.


def load_command(name: str) -> click.Command:
    """Import the module of one of `COMMANDS` and return its command, with its summary."""
    command = getattr(importlib.import_module(f"commands.{name}"), _FUNCTIONS.get(name, name))
    assert isinstance(command, click.Command)  # noqa: S101 - tells the type; the table above is ours
    command.short_help = COMMANDS[name]
    return command

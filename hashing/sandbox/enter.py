"""How a process of the sandbox begins: it loads what it needs, gives up everything else, and only then reads."""

from __future__ import annotations

import gc
import importlib
import logging
import os
import signal
import socket
import sys
from contextlib import suppress

import msgspec

from hashing.sandbox import channel
from hashing.sandbox.confine import confine


def enter(function: str, load: list[str], memory: int, below: str = "") -> None:
    """Confine this process, say so on standard input's socket, and run `module:function` with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this process
    logging.disable()
    # 1. The socket leaves descriptor 0, so that nothing a library reads from or writes to standard input is a message.
    talk = socket.socket(fileno=os.dup(0))
    quiet = os.open(os.devnull, os.O_RDWR)
    os.dup2(quiet, 0)
    os.close(quiet)
    # 2. Load before confining: what a library does while it is loaded is of our own choosing, not of a document's.
    gc.disable()
    module, _, name = function.partition(":")
    run = getattr(importlib.import_module(module), name)
    for each in load:
        with suppress(ImportError):  # what uses it says that it is missing
            importlib.import_module(each)
    gc.freeze()  # of what is loaded nothing becomes garbage: no look for cycles goes through it, now or later
    gc.enable()
    sys.dont_write_bytecode = True
    # 3. Confine, and tell how well before the first hostile byte is asked for: the parent records it.
    confinement = confine(memory, below)
    channel.send(talk, msgspec.msgpack.encode(confinement))
    run(talk)

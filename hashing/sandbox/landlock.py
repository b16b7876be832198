"""Landlock (Linux 5.13): no file but the interpreter's own can be opened, no TCP connected, no signal sent.

Interface: https://docs.kernel.org/userspace-api/landlock.html.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # Numbers of system calls, the same on every architecture.
# linux/landlock.h: LANDLOCK_CREATE_RULESET_VERSION, LANDLOCK_RULE_PATH_BENEATH, LANDLOCK_ACCESS_FS_*.
_VERSION = 1
_PATH_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
# How many rights on files each version of the interface knows; later ones know no more that matter here.
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_NETWORK_SINCE, _SCOPES_SINCE = 4, 6
# TCP: bind and connect (interface 4). Scopes: abstract sockets and signals (interface 6).
_BOTH = 0b11
# prctl(2); without it only root may restrict itself, since a set-user-id program could otherwise be misled.
_NO_NEW_PRIVILEGES = 38
_READ = _READ_FILE | _READ_DIR
LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/usr/share/zoneinfo")
_OWN = ("hashing", "capture", "exports", "intelligence", "commands", "validation", "cli.py")


def forbid_files(
    read: Iterable[str], write_below: Iterable[str] = (), run: Sequence[str] = (), *, names: str = "", write: str = ""
) -> int | str:
    """Restrict this thread and all that it starts; return the version of the interface, or why there is none.

    `read` are the files and folders that may be read, `write_below` folders in which files may be made, `run` are the
    programs that may be started, `names` a folder in which names may be listed, and `write` a file that is there and
    may be written.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    # 1. Ask the kernel for its version of the interface: a right that it does not know makes the whole set invalid.
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION)
    if version < 1:
        return os.strerror(ctypes.get_errno())
    # 2. Handle every right that it knows. What is handled is forbidden unless a rule below allows it, so that a longer
    # struct (network, scopes) without any rule forbids all of it.
    files = (1 << _RIGHTS.get(version, max(_RIGHTS.values()))) - 1
    attributes = struct.pack("<Q", files)
    if version >= _NETWORK_SINCE:
        attributes += struct.pack("<Q", _BOTH)
    if version >= _SCOPES_SINCE:
        attributes += struct.pack("<Q", _BOTH)
    rules = libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    if rules < 0:
        return os.strerror(ctypes.get_errno())
    # 3. Allow what is needed. A rule is tied to the folder that is opened here, not to its name.
    allowed = [(path, _READ) for path in (*read, *LIBRARIES)]
    allowed += [(path, files & ~_EXECUTE) for path in write_below]
    allowed += [(path, _READ | _EXECUTE) for path in ((*run, *_loaders()) if run else ())]
    allowed += [(names, _READ_DIR), (write, _READ_FILE | _WRITE_FILE)]
    try:
        for path, rights in allowed:
            _allow(libc, rules, path, rights)
        # 4. Restrict for good: no call takes this back, and every child inherits it.
        libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        if libc.syscall(_RESTRICT_SELF, rules, 0) < 0:
            return os.strerror(ctypes.get_errno())
    finally:
        os.close(rules)
    return int(version)


def _loaders() -> list[str]:
    """Return what the kernel starts a program with that is linked to libraries."""
    return [str(path) for places in ("lib*/ld-*", "lib/*/ld-*") for path in Path("/").glob(places)]


def interpreter_files() -> set[str]:
    """Return what an interpreter loads when it first needs it, none of which holds the user's own folders."""
    paths = sysconfig.get_paths()
    own = own_folder()
    found = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    found |= {entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages", "lib-dynload", ".zip"))}
    found |= {f"{own}/{name}" for name in _OWN}
    return {*found, str(sysconfig.get_config_var("LIBDIR") or ""), "/dev/urandom"} - {""}


def own_folder() -> str:
    """Return the folder in which goldenhour's packages stand: of an installed one, that of all packages."""
    return str(Path(__file__).resolve().parents[2])


def _allow(libc: ctypes.CDLL, rules: int, path: str, rights: int) -> None:
    """Allow rights on a file, or beneath a folder; a path that is "" or not there needs none."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        # Rights on folders make a rule on a file invalid. What takes no rule at all (EINVAL) stays forbidden.
        if not Path(path).is_dir():
            rights &= _EXECUTE | _WRITE_FILE | _READ_FILE
        rule = struct.pack("<Qi", rights, descriptor)
        if libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, rule, 0) < 0 and ctypes.get_errno() != errno.EINVAL:
            raise OSError(ctypes.get_errno(), "Landlock took no rule", path)
    finally:
        os.close(descriptor)

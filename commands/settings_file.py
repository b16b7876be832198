"""`goldenhour.toml`: lasting values of options, the user's own or a case's."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from capture.errors import BadSettings
from hashing.files.user_folders import config_folder

FILE = "goldenhour.toml"
_FORM = "see docs/configuration.md for what it may hold"
_LARGEST = 1 << 20
_NUMBERS = range(-(1 << 63), 1 << 63)  # The whole numbers that TOML has.
_SPACE = 0x20
_DELETE = 0x7F


def user_file() -> Path:
    """Return where the user's own file is looked for."""
    return config_folder() / FILE


def case_file(case: Path) -> Path:
    """Return where a case's file is looked for. It is no evidence: no seal covers it, and no bundle takes it along."""
    return case / FILE


def read_settings(path: Path, *, through_links: bool = True) -> dict[str, Any]:
    """Read a file; without one nothing is set. Which names it may hold is for the caller to check.

    Raises BadSettings for what is no TOML file of texts, numbers and lists of such.
    """
    try:
        data = _read(path, through_links=through_links)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise BadSettings(f"{path}: {str(error.strerror).lower()}") from error
    import tomllib

    try:
        given = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadSettings(f"{path}: {error}", hint=_FORM) from error
    except ValueError as error:  # Python reads no number of thousands of digits
        raise BadSettings(f"{path}: holds a number that is too long", hint=_FORM) from error
    for name, value in given.items():
        for each in value if isinstance(value, list) else [value]:
            _check_value(path, name, each)
    return given


def add_settings(values: dict[str, str]) -> Path:
    """Add settings to the user's own file, in front of what it holds; return where. Raises BadSettings.

    What it holds stays as it is, comments and all. A setting that it gives already is an error.
    """
    import tempfile

    from hashing.files.real_path import real_path

    path = user_file()
    given = read_settings(path)
    if taken := sorted(given.keys() & values.keys()):
        raise BadSettings(f"{path}: gives {', '.join(taken)} already")
    lines = "".join(f"{name} = {_toml(value)}\n" for name, value in values.items())
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = real_path(path)  # a link, such as one into a folder of dotfiles, stays one
        before = _read(place, through_links=True) if place.exists() else b""
        # Whole or not at all, beside the file so that replacing it is one step of the same file system.
        descriptor, name = tempfile.mkstemp(prefix=f".{FILE}.", dir=place.parent)
        draft = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(lines.encode() + before)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(place)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise BadSettings(f"{path}: {str(error.strerror).lower()}") from error
    return path


def _toml(text: str) -> str:
    """Write a text as a basic string of TOML: with the escapes of JSON, which are among its own."""
    import json

    return json.dumps(text, ensure_ascii=False)


def _read(path: Path, *, through_links: bool) -> bytes:
    """Read what is a file, and no pipe or device that would be waited for. Raises OSError, BadSettings."""
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
    descriptor = os.open(path, flags if through_links else flags | os.O_NOFOLLOW)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise BadSettings(f"{path}: not a file")
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise BadSettings(f"{path}: larger than any such file")
    return data


def _check_value(path: Path, name: str, value: object) -> None:
    if not isinstance(value, str | int | float):
        raise BadSettings(f"{path}: {name}: neither text nor a number, nor a list of such")
    if isinstance(value, int) and value not in _NUMBERS:
        raise BadSettings(f"{path}: {name}: a number beyond those that TOML has")
    if isinstance(value, str) and any(ord(each) < _SPACE or ord(each) == _DELETE for each in value):
        raise BadSettings(f"{path}: {name}: holds a control character")

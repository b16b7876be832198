"""The user's own defaults: `goldenhour.toml` in their config folder."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec

from capture.errors import BadSettings

FILE = "goldenhour.toml"


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file may say. An option on the command line goes before it."""

    on: tuple[str, ...] = ()
    """Where hashtags are looked for: servers, or `bsky`."""
    appview: str = ""
    plc: str = ""
    timestamp: tuple[str, ...] = ()
    """Authorities that are asked in turn for the trusted time of a seal."""


def config_path() -> Path:
    """Return where the file is looked for."""
    from platformdirs import user_config_path

    return user_config_path("goldenhour", appauthor=False) / FILE


def load_config(path: Path) -> Config:
    """Read the file; without one every default is the program's own. Raises BadSettings."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Config)
    except FileNotFoundError:
        return Config()
    except OSError as error:
        raise BadSettings(f"{path}: {str(error.strerror).lower()}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise BadSettings(
            f"{path}: {error}", hint='it may hold on = ["mastodon.example", "bsky"], appview, plc, timestamp'
        ) from error

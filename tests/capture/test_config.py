from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from capture.config import Config, config_path, load_config
from capture.errors import BadSettings

if TYPE_CHECKING:
    from pathlib import Path


def test_without_a_file_everything_is_the_programs_default() -> None:
    """Nobody has to have a config file."""
    assert load_config(config_path()) == Config()


def test_what_the_file_says_counts(tmp_path: Path) -> None:
    """The places for hashtags and the services of the AT network are read."""
    path = tmp_path / "goldenhour.toml"
    path.write_text('on = ["mastodon.example", "bsky"]\nappview = "https://view.example"\n')
    assert load_config(path) == Config(on=("mastodon.example", "bsky"), appview="https://view.example")


@pytest.mark.parametrize(
    "text", ["on = 5", "on = [1]", "unknown = 1", "on = [", "\0", 'on = "bsky"', 'timestamp = "http://tsa.example"']
)
def test_a_file_that_cannot_be_meant_is_refused(tmp_path: Path, text: str) -> None:
    """A misspelt or broken file is an error that names it, and is not passed over."""
    path = tmp_path / "goldenhour.toml"
    path.write_text(text)
    with pytest.raises(BadSettings, match=r"goldenhour\.toml"):
        load_config(path)

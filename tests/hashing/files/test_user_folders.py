from __future__ import annotations

import platformdirs
import pytest

from hashing.files.user_folders import cache_folder, config_folder, data_folder

_VARIABLES = ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")


@pytest.mark.parametrize("given", ["/somewhere/else", "not/absolute", "", None])
def test_the_folders_are_where_every_other_program_has_them(given: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data, settings and caches are looked for where platformdirs says, whatever the variables of XDG hold."""
    for variable in _VARIABLES:
        if given is None:
            monkeypatch.delenv(variable, raising=False)
        else:
            monkeypatch.setenv(variable, given)
    assert data_folder() == platformdirs.user_data_path("goldenhour", appauthor=False)
    assert config_folder() == platformdirs.user_config_path("goldenhour", appauthor=False)
    assert cache_folder() == platformdirs.user_cache_path("goldenhour", appauthor=False)

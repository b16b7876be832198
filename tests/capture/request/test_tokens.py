from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from capture.errors import BadSettings
from capture.request.credentials import load_tokens

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file with a token."""
    path = tmp_path / "token.txt"
    path.write_text("s3cret-token\n")
    return path


def test_a_token_belongs_to_the_host_that_is_named(file: Path) -> None:
    """The host may be bare, with a port, or an address."""
    assert load_tokens([f"mastodon.example={file}"], []) == {"mastodon.example:443": "s3cret-token"}
    assert load_tokens([f"http://127.0.0.1:8600={file}"], []) == {"http://127.0.0.1:8600": "s3cret-token"}
    assert load_tokens([f"mastodon.example:8443={file}"], []) == {"mastodon.example:8443": "s3cret-token"}


def test_a_token_is_for_plain_http_only_where_that_was_said(file: Path) -> None:
    """A bare host means https, unless the scene itself names that host and port with http://."""
    assert load_tokens([f"127.0.0.1:8600={file}"], ["http://127.0.0.1:8600/@a/1"]) == {
        "http://127.0.0.1:8600": "s3cret-token"
    }
    assert load_tokens([f"a.example:443={file}"], ["https://a.example/"]) == {"a.example:443": "s3cret-token"}


def test_without_a_host_it_is_for_the_only_one_there_is(file: Path) -> None:
    """A single scene needs no host to be named; two hosts do, so that no token goes astray."""
    assert load_tokens([str(file)], ["https://a.example/@x/1", "https://a.example/@x/2"]) == {
        "a.example:443": "s3cret-token"
    }
    for hosts in ([], ["https://a.example/", "https://b.example/"]):
        with pytest.raises(BadSettings, match="which host"):
            load_tokens([str(file)], hosts)


def test_places_of_a_hashtag_are_hosts_too(file: Path) -> None:
    """A bare server of --on is one; `bsky` and an at:// URI name none, and harm nothing."""
    hosts = ["bsky", "at://did:plc:abc/app.bsky.feed.post/1", "mastodon.example"]
    assert load_tokens([str(file)], hosts) == {"mastodon.example:443": "s3cret-token"}
    assert load_tokens([], hosts) == {}


def test_a_host_that_is_none_is_refused(file: Path) -> None:
    """A port that is no number is a plain error."""
    with pytest.raises(BadSettings, match="not a host"):
        load_tokens([f"a.example:x={file}"], [])


@pytest.mark.parametrize("content", [b"", b"\n", b"two words", b"\xff\xfe", b"x" * 9000, b"a\nb"])
def test_what_is_no_token_is_refused_without_being_shown(tmp_path: Path, content: bytes) -> None:
    """A file that is empty, too long or no text is refused; the message names the file and not what is in it."""
    path = tmp_path / "token.txt"
    path.write_bytes(content)
    with pytest.raises(BadSettings, match=r"token\.txt") as caught:
        load_tokens([f"a.example={path}"], [])
    assert "two words" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A file that is not there is a plain error."""
    with pytest.raises(BadSettings, match="no such file"):
        load_tokens([f"a.example={tmp_path / 'none'}"], [])

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from capture.extractors.gallery import extraction
from tests.capture.extractors.gallery.conftest import session
from tests.servers.sites import SocialSites

OfSites = Callable[..., Any]


def test_a_process_that_was_taken_over(of_sites: OfSites, monkeypatch: pytest.MonkeyPatch) -> None:
    """It writes, reads, connects and starts nothing; asks no other host; what it makes up is told as its own words."""
    monkeypatch.setattr(extraction, "_CHILD", "tests.capture.extractors.gallery.taken_over:extract")
    secret = "S3CRET-0F-THE-SESSION"  # noqa: S105 - what must not leave
    with SocialSites(per_page=1, pages=1) as sites:
        jar = session(".reddit.com", reddit_session=secret)
        result, view = of_sites(sites, "https://www.reddit.com/r/halden/", cookies=jar, media="photos")
        asked = [(host, seen) for host, seen in sites.asked]
    said = [each.reason for each in view.skipped if each.reason.startswith("gallery-dl:")]
    assert said[4].startswith("gallery-dl: holds ")
    assert secret not in "".join(said)
    assert len(said.pop(4)) == len(f"gallery-dl: holds {secret}")
    assert secret in {host: seen.header("Cookie") for host, seen in asked}["www.reddit.com"]
    assert [words.partition("(")[0].strip() for words in said[:4]] == [
        f"gallery-dl: {way}: refused" for way in ("_write", "_read", "_connect", "_start")
    ]
    assert not Path("/tmp/goldenhour-taken-over").exists()  # noqa: S108 - as above
    assert all(" 0 not asked" in words or " 0 not fetched" in words or "False" in words for words in said[4:8]), said
    assert {host for host, _ in asked} == {"www.reddit.com", "i.redd.it"}
    assert not any(secret.encode() in seen.raw for host, seen in asked if not host.endswith("reddit.com"))
    assert {seen.method for _, seen in asked} == {"GET"}
    assert not any("a=b" in seen.header("Cookie") for _, seen in asked)
    assert any("a post of another site" in each.reason for each in view.failed)
    [entry] = [entry for entry in view.items if entry.post is not None]
    assert b"mallory" not in (result.path / entry.path).read_bytes()
    words = {fact.name: fact.value for fact in entry.facts}["in gallery-dl's words"]
    assert {"author's handle", "text"} <= set(str(words).split(", "))
    assert not [file for file in result.path.rglob("*") if "passwd" in file.name or "outside" in file.name]

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from capture.doctor import FAULT, OK
from capture.doctor.site_probe import chosen_sites, probe_sites
from capture.errors import BadSettings
from cli import main
from tests.servers.sites import SocialSites
from tests.servers.telegram import CHANNEL, TelegramSite

if TYPE_CHECKING:
    from pathlib import Path

    from capture.doctor import Setup


def test_what_sites_give_today(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    """A site that gives a post is told with its way; one that refuses is at fault, in its own words; nothing stays."""
    with SocialSites(deleted=True, per_page=1, pages=1) as sites:
        monkeypatch.setenv("SSL_CERT_FILE", str(sites.ca_file))
        asked = {"tumblr.com": "https://amira.tumblr.com/", "instagram.com": "https://www.instagram.com/p/Cab1/"}
        tumblr, instagram = probe_sites(setup, asked)
    assert (tumblr.status, tumblr.ways, tumblr.posts, tumblr.media) == ("complete", ("gallery",), 1, 1)
    assert tumblr.finding().state == OK
    assert instagram.posts == 0
    assert instagram.finding().state == FAULT
    assert "nothing here" in instagram.finding().says
    assert json.loads(tumblr.line())["versions"]["gallery-dl"]


def test_the_command_keeps_a_record(tmp_path: Path) -> None:
    """Each run adds a line for each site; a list of the force's own names what is asked."""
    record, probes = tmp_path / "sites.jsonl", tmp_path / "probes.txt"
    with TelegramSite(3) as site:
        probes.write_text(f"channel {site.url(f'/s/{CHANNEL}')}  # ours\n")
        words = ["doctor", "--site", "channel", "--probe-list", str(probes), "--record", str(record), "--allow-private"]
        for _ in range(2):
            ran = CliRunner().invoke(main, words)
            assert "channel" in ran.output
    first, second = map(json.loads, record.read_text().splitlines())
    assert (first["site"], first["posts"], first["ways"], first["status"]) == ("channel", 1, ["telegram"], "complete")
    assert second["posts"] == 1


def test_a_site_that_is_not_known(tmp_path: Path) -> None:
    """It is refused with the names that are known; a line of a list that is no scene is named."""
    with pytest.raises(BadSettings) as caught:
        chosen_sites(["nowhere.example"], None)
    assert "x.com" in caught.value.hint
    probes = tmp_path / "probes.txt"
    probes.write_text("ok https://example.org/\nbad ftp://example.org/\n")
    with pytest.raises(BadSettings) as caught:
        chosen_sites(["ok"], probes)
    assert "line 2" in str(caught.value)
    assert len(chosen_sites(["all"], None)) > 8

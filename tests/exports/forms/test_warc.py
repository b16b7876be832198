"""A bundle as one WARC file: outside tools find every exchange in it, with its body."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from exports.errors import NotWhole
from exports.forms.conversion import convert
from tests.exports.bundles import bundle_of
from tests.exports.forms.wacz.site import FILES, captured_site
from tests.exports.small_case import Thing, make_case, photo
from tests.patience import PATIENCE


def test_every_body_is_in_it(tmp_path: Path) -> None:
    """Warcio finds the file valid, and in it the body of every answer: item, redirect, and large ones."""
    bundle, url = captured_site(tmp_path)
    warc = convert(bundle, "warc").path
    assert warc.name.endswith(".warc.gz")
    command = [str(Path(sys.executable).with_name("warcio")), "check", "-v", str(warc)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert checked.returncode == 0, checked.stdout
    with warc.open("rb") as file:
        bodies = {
            record.rec_headers.get_header("WARC-Target-URI").removeprefix(url): record.content_stream().read()
            for record in ArchiveIterator(file)
            if record.rec_type == "response"
        }
    assert bodies.keys() == {*FILES, "/moved"}
    assert {path: bodies[path] for path in FILES} == FILES
    assert convert(bundle, "warc", tmp_path / "again.warc.gz").size == warc.stat().st_size


def test_a_file_that_changed_leaves_nothing(tmp_path: Path) -> None:
    """A body that is not the sealed one is written nowhere."""
    maker = make_case(tmp_path)
    maker.capture([Thing("one.jpg", photo(1))])
    bundle = bundle_of(maker, tmp_path / "bundle")
    [item] = (bundle / "data").rglob("0001-one.jpg")
    item.chmod(0o600)
    item.write_bytes(photo(2))
    with pytest.raises(NotWhole):
        convert(bundle, "warc", tmp_path / "out.warc.gz", verified=True)
    assert not [path for path in tmp_path.iterdir() if "out" in path.name]

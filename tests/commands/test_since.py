"""`goldenhour verify --since`, as typed: from a scene to two bundles, and one compared with the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commands.exit import Exit
from tests.capture.conftest import jpeg
from tests.servers import SceneServer
from tests.test_cli import typed

if TYPE_CHECKING:
    from pathlib import Path


def test_two_bundles_of_one_case(tmp_path: Path) -> None:
    """Export, capture more, export again: the later bundle holds the earlier one, and not the other way round."""
    officer = ("--officer", "Mary Price", "--initials", "MP")
    with SceneServer({"/one.jpg": jpeg(10), "/two.jpg": jpeg(20)}) as server:
        for scene, bundle in (("/one.jpg", "early.zip"), ("/two.jpg", "late")):
            url = server.url(scene)
            captured = typed("capture", url, "--case", "OP-ALDER", *officer, "--allow-private", "-q", cwd=tmp_path)
            assert captured.returncode == Exit.OK, captured.stderr
            zipped = ("--zip",) if bundle.endswith(".zip") else ()
            made = typed("export", "OP-ALDER", *zipped, "--output", bundle, *officer[:2], "-q", cwd=tmp_path)
            assert made.returncode == Exit.OK, made.stderr
    held = typed("verify", "late", "--since", "early.zip", cwd=tmp_path)
    assert held.returncode == Exit.OK, held.stdout
    assert "since      early.zip: nothing of it removed or changed; the same in both: 1 capture, 1 item" in held.stdout
    swapped = typed("verify", "early.zip", "--since", "late", cwd=tmp_path)
    assert swapped.returncode == Exit.MISMATCH
    assert "or the two were named in the wrong order" in swapped.stdout
    assert "MP/2 (" in swapped.stdout
    assert "since      late: NOT AS IT WAS" in swapped.stdout
    assert swapped.stderr == ""

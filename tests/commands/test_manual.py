from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from cli import main
from commands.exit import Exit
from commands.man import manual_pages
from tests.test_cli import typed


def test_a_page_for_every_command(tmp_path: Path) -> None:
    """Each command has its page, with its example as typed and every option; written again, it is replaced."""
    for _ in range(2):
        done = typed("man", "pages", cwd=tmp_path)
        assert done.returncode == Exit.OK, done.stderr
    commands = main.list_commands(click.Context(main))
    assert {f"goldenhour-{name}.1" for name in commands} < {path.name for path in (tmp_path / "pages").iterdir()}
    page = (tmp_path / "pages/goldenhour-capture.1").read_text("utf-8")
    assert "\ngoldenhour capture '#FireWatch' \\-\\-on" in page
    assert "\\-\\-allow\\-private" in page
    assert "\b" not in page


PAGES = [pytest.param(*page, id=page[0]) for page in manual_pages(main, click.Context(main, info_name="goldenhour"))]


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
@pytest.mark.parametrize(("name", "text"), PAGES)
def test_a_formatter_has_nothing_to_say(name: str, text: str) -> None:
    """Groff formats each page without a warning, and the page names its command."""
    command = ["groff", "-man", "-ww", "-Tutf8", "-k"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert name.removesuffix(".1") in done.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_a_shell_completes_commands_and_options(tmp_path: Path) -> None:
    """What `goldenhour completion bash` prints makes bash offer the command that was begun, and its options."""
    shell = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    script = typed("completion", "bash", cwd=tmp_path).stdout
    assert script.startswith("_goldenhour_completion")
    for words, offered in (("goldenhour ver", "verify"), ("goldenhour verify --tsa", "--tsa-root")):
        line = f"COMP_WORDS=({words}); COMP_CWORD={len(words.split()) - 1}"
        run = f"{script}\n{line}\n_goldenhour_completion goldenhour\nprintf '%s\\n' \"${{COMPREPLY[@]}}\""
        done = subprocess.run(["bash", "-c", run], env=shell, capture_output=True, text=True, check=True)
        assert offered in done.stdout.split()

"""`goldenhour demo`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.captured import print_capture, print_case
from commands.output import print_things
from commands.progress import capture_progress
from commands.verify import print_verification

if TYPE_CHECKING:
    from capture.run.run import CaptureResult
    from hashing.case.case import Case
    from hashing.ledger.keys import SigningKey


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path), metavar="[DIR]")
def demo(folder: Path | None) -> None:
    """Show the tool at work: capture a small scene served on this computer, verify, export, tamper, verify again.

    \b
    goldenhour demo
    """
    from hashing.files.storage import make_folder
    from hashing.ledger.keys import load_or_create_signing_key
    from hashing.times import compact, system_clock
    from validation.demo import DemoScene

    folder = folder or Path(f"goldenhour-demo-{compact(system_clock())}")
    make_folder(folder)
    key, _ = load_or_create_signing_key(folder / "demo-key.pem")
    with DemoScene() as scene:
        _step(1, "a page with photos, a video and two traps is served on this computer; capture it")
        case, result = _demo_capture(scene.url, folder, key)
    print_capture(result)
    print_case(case)
    _step(2, "has anything changed since?")
    _demo_verify(case.path)
    _step(3, "hand it over: a bundle that anyone can check, with or without goldenhour")
    bundle = _demo_export(case, folder, key)
    _demo_verify(bundle)
    _step(4, "someone changes one byte of one photo in a copy of the bundle")
    copy, name = _demo_tamper(bundle, folder)
    click.echo(f"changed  {name}")
    _demo_verify(copy)
    _step(5, "now look for yourself")
    click.echo(f"report   {bundle / 'data' / 'report.html'}")
    click.echo(f"by hand  {bundle / 'README.txt'}")
    click.echo(f"again    goldenhour verify {copy}")


def _step(number: int, text: str) -> None:
    from rich.text import Text

    print_things("", Text(f"{number}. {text}", style="bold"))


def _demo_capture(url: str, folder: Path, key: SigningKey) -> tuple[Case, CaptureResult]:
    from capture.recorder.settings import NetworkSettings
    from capture.request.options import CaptureOptions
    from capture.run.run import capture as run_capture
    from hashing.case.case import Case

    officer = "Demo Officer"
    # The scene is on this very computer, which is why private addresses are allowed here and nowhere by default.
    network = NetworkSettings(allow_private=True, attempts=1, timeout=5)
    options = CaptureOptions(officer=officer, initials="DO", title="The demo scene", network=network)
    case = Case.open_or_create(folder / "case", key=key, officer=officer, title="Demo: fire on Market Street")
    with capture_progress(quiet=not sys.stderr.isatty()) as progress:
        return case, run_capture(url, case, options, key=key, progress=progress)


def _demo_verify(path: Path) -> None:
    from exports.verification import verify as verify_path

    click.echo(f"$ goldenhour verify {path}")
    print_verification(verify_path(path))


def _demo_export(case: Case, folder: Path, key: SigningKey) -> Path:
    from exports.bundle import export_bundle

    bundle = export_bundle(case, key=key, officer="Demo Officer", output=folder / "bundle")
    click.echo(f"bundle   {bundle.path}")
    return bundle.path


def _demo_tamper(bundle: Path, folder: Path) -> tuple[Path, Path]:
    """Copy a bundle and change one byte in the middle of one photo; return the copy and the photo."""
    import shutil

    copy = folder / "bundle-tampered-with"
    shutil.copytree(bundle, copy)
    photo = next(copy.glob("data/captures/*/items/0003*"))
    data = bytearray(photo.read_bytes())
    data[len(data) // 2] ^= 1
    photo.chmod(0o600)
    photo.write_bytes(data)
    photo.chmod(0o400)
    return copy, photo.relative_to(copy)

"""`goldenhour demo`."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.capture_output import print_counts
from commands.options import PATH
from commands.output import counted, print_styled, print_things
from commands.progress import byte_progress, capture_progress
from commands.verify import print_verification
from hashing.files.as_typed import as_typed
from hashing.ledger.keys import SigningKey

if TYPE_CHECKING:
    from capture.run.run import CaptureResult
    from hashing.case.case import Case


@click.command()
@click.argument("folder", required=False, type=PATH, metavar="[DIR]")
@click.option("--exercise", is_flag=True, help="Ten tasks to do yourself, each judged; the same DIR again goes on.")
def demo(folder: Path | None, exercise: bool) -> None:
    """Show the tool at work: capture a small scene served on this computer, verify, export, tamper, verify again.

    With --exercise you do the work, in another terminal: ten tasks from an empty folder to the hand-over, each judged
    by what stands in your case, with what a court would ask.

    \b
    goldenhour demo
    goldenhour demo --exercise my-exercise
    """
    if exercise:
        sys.exit(_exercise(folder or Path("goldenhour-exercise")))
    from hashing.files.storage import make_folder
    from hashing.ledger.keys import load_or_create_signing_key
    from hashing.times import compact, system_clock
    from validation.demo import DemoScene

    # A key of its own: the officer's is never mixed up with an exercise.
    folder = folder or Path(f"goldenhour-demo-{compact(system_clock())}")
    make_folder(folder)
    key, _ = load_or_create_signing_key(folder / "demo-key.pem")
    _step(1, "capture a page with photos, a video and two traps")
    _say("Its server is on this computer. Each answer is hashed as it arrives, and kept.")
    with DemoScene() as scene:
        case, result = _demo_capture(scene.url, folder, key)
    _print_captured(result)
    _say("A seal signs the hash of all this: whoever changes a byte later breaks it.")
    _step(2, "verify: has anything changed since?")
    _say("A verification holds every file against the seal once more. It never writes.")
    _demo_verify(case.path)
    _step(3, "export: hand it over")
    _say("A bundle is a copy for court that stands alone: files, hashes, seal, report.")
    bundle = _demo_export(case, folder, key)
    _demo_verify(bundle)
    _step(4, "someone changes one byte of one photo in a copy of the bundle")
    copy, name = _demo_tamper(bundle, folder)
    click.echo(f"changed  {name}")
    _demo_verify(copy)
    _step(5, "now look for yourself")
    report = (bundle / "data" / "report.html").resolve().as_uri()
    print_styled(f"report   {report}")
    print_styled(f"by hand  {bundle / 'README.txt'}")
    print_styled(f"again    {shlex.quote(_program())} verify {as_typed(copy)}", "bold")


def _exercise(folder: Path) -> int:
    """Go through the tasks of the exercise; return the exit code: in part, where somebody stops before its end."""
    from commands.exit import Exit
    from hashing.files.storage import make_folder
    from validation.demo import DemoScene
    from validation.exercise import TASKS, Exercise, wanting

    if not folder.is_dir():
        make_folder(folder)
    state = Exercise(folder)
    state.prepare()
    with DemoScene() as scene:
        print_styled(f"scene    {scene.url}, on this computer, as long as this command runs")
        print_styled(f"type     in another terminal, after: cd {as_typed(folder.resolve())}")
        for number, task in enumerate(TASKS, 1):
            hinted = False
            # Judged by what stands in the case, however it came there: typing the suggested command is one way among
            # others.
            while missing := wanting(task, state):
                if not hinted:
                    _step(number, task.title)
                    _say("One way, if you do not know: " + state.typed(task, scene.url).replace("\n", "; "))
                    hinted = True
                print_styled(f"wanting  {missing}; press Enter when it is done")
                if not sys.stdin.readline():
                    click.echo(f"stopped at task {number} of {len(TASKS)}: the same folder again goes on from here")
                    return Exit.IN_PART
            print_styled(f"done     {number}. {task.title}", "bold")
            _say(f"A court: {task.court}")
    click.echo(f"{len(TASKS)} of {len(TASKS)} tasks done")
    return Exit.OK


def _step(number: int, text: str) -> None:
    from rich.text import Text

    print_things("", Text(f"{number}. {text}", style="bold"))


def _say(text: str) -> None:
    """Explain in a line what is done."""
    print_styled(text, "italic")


def _program() -> str:
    """Return what to type for this program: its name, or where it stands if the shell would not find that one."""
    import shutil

    ran = Path(sys.argv[0])
    found = shutil.which("goldenhour")
    if ran.name != "goldenhour" or (found is not None and Path(found).resolve() == ran.resolve()):
        return "goldenhour"
    return str(ran)


def _print_captured(result: CaptureResult) -> None:
    """Print what the capture got by kind, and what it did not get: on a small screen its items have no room."""
    from collections import Counter

    from commands.display.tables import missing_table
    from exports.format.capture_view import read_capture

    view = read_capture(result.path)
    kinds = Counter(entry.kind for entry in view.items)
    click.echo(f"stored   {', '.join(counted(count, kind) for kind, count in kinds.items())}")
    print_things(missing_table(view))
    print_counts(result, view)
    click.echo(f"seal     {result.seal.fingerprint}")


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

    click.echo(f"$ goldenhour verify {as_typed(path)}")
    with byte_progress(f"verifying {path}", quiet=not sys.stderr.isatty()) as progress:
        found = verify_path(path, progress=progress)
    print_verification(found)


def _demo_export(case: Case, folder: Path, key: SigningKey) -> Path:
    from exports.bundle import export_bundle

    with byte_progress("exporting", quiet=not sys.stderr.isatty()) as progress:
        bundle = export_bundle(case, key=key, officer="Demo Officer", output=folder / "bundle", progress=progress)
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

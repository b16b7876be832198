"""The exercise: each task is wanting until it is done as it says, and is judged by what stands on the disk."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from commands.exit import Exit
from tests.test_cli import typed
from validation.demo import DemoScene
from validation.exercise import TASKS, Exercise, wanting

if TYPE_CHECKING:
    from pathlib import Path


def test_every_task_wants_what_it_says_and_is_done_by_its_own_words(tmp_path: Path) -> None:
    """In order, each task is wanting, and its command, typed as it is shown, does it; then the command ends well."""
    exercise = Exercise(tmp_path)
    exercise.prepare()
    assert len(TASKS) == 10
    with DemoScene() as scene:
        for number, task in enumerate(TASKS):
            assert all(wanting(each, exercise) for each in TASKS[number:]), task.title
            for line in exercise.typed(task, scene.url).splitlines():
                ran = typed(*shlex.split(line)[1:], cwd=tmp_path, GOLDENHOUR_OFFICER="Mary Price")
                assert ran.returncode in {Exit.OK, Exit.IN_PART, Exit.MISMATCH}, (line, ran.stderr)
            assert wanting(task, exercise) == "", task.title
    done = typed("demo", "--exercise", ".", cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (Exit.OK, "10 of 10 tasks done")
    assert done.stdout.count("A court: ") == 10


def test_whoever_stops_goes_on_later(tmp_path: Path) -> None:
    """Without an answer it ends at the task that is wanting, says which, and names a command that does it."""
    ran = typed("demo", "--exercise", "mine", cwd=tmp_path)
    assert ran.returncode == Exit.IN_PART
    assert "stopped at task 1 of 10" in ran.stdout
    assert "goldenhour init OP-EXERCISE" in " ".join(ran.stdout.split())
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == ["phone.zip"]


def test_the_usual_mistakes_are_told(tmp_path: Path) -> None:
    """A case without a reference, and material without its giver, are wanting, with what is missing."""
    exercise = Exercise(tmp_path)
    exercise.prepare()
    officer = {"GOLDENHOUR_OFFICER": "Mary Price"}
    assert typed("init", "OP-EXERCISE", cwd=tmp_path, **officer).returncode == Exit.OK
    assert typed("intake", "phone.zip", "--case", "OP-EXERCISE", cwd=tmp_path, **officer).returncode == Exit.OK
    assert wanting(TASKS[0], exercise) == "the case has no title, or no reference of the force's"
    assert wanting(TASKS[3], exercise).startswith("the case does not say by whom it was handed in")

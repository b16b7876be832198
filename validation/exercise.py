"""Ten tasks from an empty folder to a hand-over, each judged by what stands on the disk."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from exports.custody.receipt import open_receipt
from exports.errors import ExportError
from exports.verification import verify
from hashing.case.capture_folder import capture_events
from hashing.case.case import CAPTURES, Case, is_case
from hashing.case.events import (
    CaptureSealed,
    CaseCreated,
    CaseEvent,
    Checked,
    Custody,
    Described,
    Exported,
    FoundFact,
    Graded,
    IntakeBegun,
    Item,
)
from hashing.errors import HashingError
from validation.demo.photos import PHOTOS

CASE, PHONE, BUNDLE, RETURNED = "OP-EXERCISE", "phone.zip", "bundle.zip", "returned"
_FEW = 3
E = TypeVar("E", bound=CaseEvent)


@dataclass(frozen=True, slots=True)
class ExerciseTask:
    """One task: what to do and why, a command that does it, what is still wanting, and what a court would ask."""

    title: str
    command: str
    """`{url}` stands for the scene, `{page}` and `{phone}` for the exhibits of the page and of what was handed in."""
    wanting: Callable[[Exercise], str]
    """Returns what is still to be done, "" where it is done. Raises as reading a case does."""
    court: str


class Exercise:
    """The folder of an exercise, and what the tasks find in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.case = folder / CASE

    def prepare(self) -> None:
        """Write what a witness will hand in: one of the scene's photos, smaller, and a chat. Raises OSError."""
        phone = self.folder / PHONE
        if phone.exists():
            return
        from PIL import Image

        small, out = io.BytesIO(), io.BytesIO()
        with Image.open(io.BytesIO(PHOTOS[0].encoded())) as picture:
            picture.convert("RGB").resize((400, 300)).save(small, "JPEG", quality=70)
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("IMG-20261124-WA0007.jpg", small.getvalue())
            archive.writestr("_chat.txt", "[24/11/2026, 19:15:02] Al: it burns, I am in front of it\n")
        phone.write_bytes(out.getvalue())

    def events(self, kind: type[E]) -> list[E]:
        """Return the events of this kind in the case's ledger; none where there is no case."""
        if not is_case(self.case):
            return []
        return [event for event in Case.open(self.case).events() if isinstance(event, kind)]

    def captures(self, *, handed_in: bool) -> Iterator[tuple[str, IntakeBegun | None, int]]:
        """Yield each sealed capture, or intake: its exhibit, what begins it, and how many photos it has."""
        for sealed in self.events(CaptureSealed):
            told = list(capture_events(self.case / CAPTURES / sealed.capture))
            begun = next((event for event in told if isinstance(event, IntakeBegun)), None)
            if (begun is not None) == handed_in:
                yield sealed.exhibit, begun, sum(isinstance(event, Item) and event.kind == "photo" for event in told)

    def exhibit(self, *, handed_in: bool) -> str:
        """Return the first exhibit of either kind; a placeholder where there is none yet."""
        return next((ref for ref, _, _ in self.captures(handed_in=handed_in)), "MP/2" if handed_in else "MP/1")

    def return_altered(self) -> None:
        """Write a copy of the bundle in which one byte of a photo is another, as if it came back so."""
        if (self.folder / RETURNED).exists() or not (self.folder / BUNDLE).exists():
            return
        with zipfile.ZipFile(self.folder / BUNDLE) as archive:
            archive.extractall(self.folder / RETURNED)
        photo = next(path for path in sorted((self.folder / RETURNED).rglob("items/*.jpg")))
        data = bytearray(photo.read_bytes())
        data[len(data) // 2] ^= 1
        photo.write_bytes(data)

    def typed(self, task: ExerciseTask, url: str) -> str:
        """Return a command that does a task."""
        page, phone = self.exhibit(handed_in=False), self.exhibit(handed_in=True)
        return task.command.format(url=url, page=page, phone=phone)


def wanting(task: ExerciseTask, exercise: Exercise) -> str:
    """Return what a task still wants, in words; what cannot be read is wanting as well."""
    try:
        return task.wanting(exercise)
    except (HashingError, ExportError, OSError) as error:
        return f"cannot be read: {error}"


def _made(exercise: Exercise) -> str:
    created = exercise.events(CaseCreated)
    if not created:
        return f"there is no case {CASE} in this folder"
    return "" if created[0].title and created[0].reference else "the case has no title, or no reference of the force's"


def _captured(exercise: Exercise) -> str:
    most = max((photos for _, _, photos in exercise.captures(handed_in=False)), default=0)
    return "" if most >= _FEW else "no sealed capture of the page with its photos is in the case"


def _described(exercise: Exercise) -> str:
    page = exercise.exhibit(handed_in=False)
    said = [event for event in exercise.events(Described) if event.ref == page]
    return "" if said else f"nobody has described {page}"


def _taken_in(exercise: Exercise) -> str:
    begun = [begun for _, begun, _ in exercise.captures(handed_in=True) if begun is not None]
    if not begun:
        return f"{PHONE} is not in the case"
    whole = any(each.received_from and (each.consent or each.protected) for each in begun)
    return "" if whole else "the case does not say by whom it was handed in, with what consent: take it in once more"


def _checked(exercise: Exercise) -> str:
    if not exercise.events(Checked):
        return "no findings are recorded"
    same = any(finding.kind == "same picture" for finding in exercise.events(FoundFact))
    return "" if same else "the recorded findings do not say of which photo the witness's is a copy: check once more"


def _graded(exercise: Exercise) -> str:
    phone = exercise.exhibit(handed_in=True)
    told = [event for event in exercise.events(Graded) if event.ref.startswith(phone)]
    return "" if told else f"nobody has graded {phone}"


def _verified(exercise: Exercise) -> str:
    done = any(event.receipt is not None and event.receipt.verdict == "ok" for event in exercise.events(Custody))
    return "" if done else "no receipt of a verification is in the custody log"


def _exported(exercise: Exercise) -> str:
    if not exercise.events(Exported) or not (exercise.folder / BUNDLE).exists():
        return f"there is no {BUNDLE}"
    found = verify(exercise.folder / BUNDLE)
    return "" if found.verdict == "ok" else f"{BUNDLE} does not verify"


def _handed_over(exercise: Exercise) -> str:
    told = [event for event in exercise.events(Custody) if event.action == "handed-over"]
    return "" if any(event.giver and event.receiver for event in told) else "no hand-over with both names is recorded"


def _returned(exercise: Exercise) -> str:
    exercise.return_altered()
    for path in sorted(exercise.folder.glob("*.receipt")):
        if open_receipt(path.read_bytes()).verdict == "mismatch":
            return ""
    return f"{RETURNED} came back: there is no receipt that says whether it is still what you handed over"


TASKS = (
    ExerciseTask(
        "Make the case, with its title and the force's reference",
        f'goldenhour init {CASE} --title "Market Street fire" --reference 22/12345',
        _made,
        "“Which case is this from?” What has no reference is lost in a store.",
    ),
    ExerciseTask(
        "Secure the page, with its photos, before it is gone",
        f"goldenhour capture {{url}} --case {CASE} --allow-private",
        _captured,
        "“You have a screenshot. Who says that the page looked so?” These are the bytes as they were served.",
    ),
    ExerciseTask(
        "Describe the exhibit, and say what was not got",
        f'goldenhour exhibit {CASE} {{page}} --describe "Page on the fire; a photo and a link could not be had"',
        _described,
        "“What did you leave out?” A gap that you name weighs less than one that the defence finds.",
    ),
    ExerciseTask(
        f"A witness hands in {PHONE}: take it in, under a pseudonym, with what was agreed",
        f'goldenhour intake {PHONE} --case {CASE} --received-from ALPHA-7 --consent "may be shown in court"',
        _taken_in,
        "“The source's name stands in the report.” Then the source is known now, and you have lost the next one.",
    ),
    ExerciseTask(
        "Is it what it is said to be? Look for what does not fit, and keep what is found",
        f"goldenhour check {CASE} --keep",
        _checked,
        "“Your photo of tonight was on the page before.” Who looked, and when, stands in the ledger.",
    ),
    ExerciseTask(
        "Grade what the witness handed in",
        f"goldenhour grade {{phone}} --case {CASE} --source 2 --information C --handling P",
        _graded,
        "“You took gossip for knowledge.” A grade says how far it is trusted, and who may be told.",
    ),
    ExerciseTask(
        "Verify the case, and put the receipt into the custody log",
        f"goldenhour verify {CASE} --receipt checked.receipt\ngoldenhour custody add {CASE} --receipt checked.receipt",
        _verified,
        "“Who says that nothing has changed since?” The seal does, and somebody has looked.",
    ),
    ExerciseTask(
        "Make the bundle that is handed over",
        f"goldenhour export {CASE} --zip --output {BUNDLE}",
        _exported,
        "“A stick with files on it.” A bundle proves what is in it, and that nothing is missing.",
    ),
    ExerciseTask(
        "Record the hand-over",
        f'goldenhour custody add {CASE} {{page}} --event handed-over --from "Mary Price" --to "John Hill"',
        _handed_over,
        "“Who had it in between?” What is not recorded when it happens is told from memory.",
    ),
    ExerciseTask(
        f"The bundle comes back as {RETURNED}: is it still what you handed over?",
        f"goldenhour verify {RETURNED}/bundle --receipt returned.receipt",
        _returned,
        "“One byte? So what?” It names the very file; all the others are proven to be the same.",
    ),
)
"""In the order in which evidence passes through them."""

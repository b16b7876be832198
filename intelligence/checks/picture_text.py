"""Text in photos, read by tesseract where it is installed.

The photo is hostile: it is decoded in the sandbox, and tesseract is given a picture that was encoded anew. It is
confined all the same: it reads that picture and its own models, and reaches no network.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from exports.errors import NotCheckable
from hashing.files import inside
from hashing.files.read import digest_file
from hashing.files.run_folder import RunFolder
from hashing.sandbox import NotRead, Readers, confined, descriptor_of
from intelligence.checks.material import CheckedItem
from intelligence.checks.picture_hash import GreyCopy
from intelligence.errors import NoSuchModel

AT_ONCE = 16  # Photos that are read by one start of tesseract: most of the time of a small one is the model's loading.
_COPY = "intelligence.checks.picture_hash:grey_copy"
_EDGE = 3000  # Pixels of the longer side of what tesseract is given.
_SPARSE = "11"  # Its way for words that stand anywhere in a picture, in no order: on photos it finds the most.
_LEAST_CONFIDENCE = 60  # Of a hundred, by tesseract's own word: below it, it reads words into leaves and walls.
_LANGUAGES = re.compile(r"[A-Za-z]{2,20}(?:_[A-Za-z]{2,20})?(?:\+[A-Za-z]{2,20}(?:_[A-Za-z]{2,20})?){0,9}")
_WORD = re.compile(r"\w")
_MEMORY = 1 << 30
_PATIENCE = 1_800.0
_LARGEST_TABLE = 16 << 20
# Columns of its table: what numbers a line, from its page on, the confidence, the word.
_LINE, _CONFIDENCE, _TEXT = slice(1, 5), 10, 11
_COLUMNS = 12


@dataclass(frozen=True, slots=True)
class Tesseract:
    """The program with its models. `title` names both, with the digest of each model."""

    program: str
    languages: str
    models: Path
    title: str


def find_tesseract(languages: str) -> Tesseract:
    """Return tesseract with the models of these languages, `eng+pol`. Raises NoSuchModel."""
    program = shutil.which("tesseract")
    if program is None:
        raise NoSuchModel("tesseract is not installed", hint="Debian and Ubuntu: apt install tesseract-ocr")
    if not _LANGUAGES.fullmatch(languages):
        raise NoSuchModel(f"{languages[:100]}: no languages as tesseract names them", hint="such as eng, or eng+pol")
    # What the words rest on is recorded: the program's version, and the digest of each model.
    version, listed = (_said([program, word]) for word in ("--version", "--list-langs"))
    folder = re.search(r'"([^"\n]+)"', listed)
    models = Path(folder[1]) if folder else Path()
    named = list[str]()
    for language in languages.split("+"):
        path = models / f"{language}.traineddata"
        if folder is None or not path.is_file():
            raise NoSuchModel(
                f"tesseract has no model for {language}", hint=f"Debian: apt install tesseract-ocr-{language}"
            )
        named.append(f"{language} {digest_file(path).digests[0]}")
    return Tesseract(program, languages, models, f"{' '.join(version.split()[:2])[:60]} ({', '.join(named)})")


def _said(command: Sequence[str]) -> str:
    """Return what a program says of itself; "" where it cannot be started."""
    try:
        ran = subprocess.run(command, capture_output=True, timeout=60, check=False)  # noqa: S603 - found on the user's PATH
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return (ran.stdout + ran.stderr).decode("utf-8", "replace")


def texts_in(photos: Sequence[CheckedItem], tesseract: Tesseract, readers: Readers) -> list[str | NotCheckable]:
    """Return the text of each photo, "" where none is read, or why it could not be looked for."""
    found = dict[int, str | NotCheckable]()
    try:
        made = RunFolder(large=True)
    except OSError as error:
        return [NotCheckable(f"there is no place to work in: {error}") for _ in photos]
    with made as run:
        folder, pages = run.path, list[int]()
        # Encoded anew in the sandbox first, so that one photo that cannot be read costs no other its text.
        for place, item in enumerate(photos):
            try:
                (folder / f"{place}.png").write_bytes(_encoded_anew(item, readers))
            except (NotCheckable, OSError, NotRead) as error:
                found[place] = NotCheckable(str(error))
            else:
                pages.append(place)
        found |= _texts(folder, pages, tesseract)
    return [found[place] for place in range(len(photos))]


def _encoded_anew(item: CheckedItem, readers: Readers) -> bytes:
    with item.open() as file, descriptor_of(file) as descriptor:
        made = readers.ask(_COPY, _EDGE, files=[descriptor], answer=GreyCopy)
    if not made.data:
        raise NotCheckable(made.reason)
    return made.data


def _texts(folder: Path, pages: Sequence[int], tesseract: Tesseract) -> dict[int, str | NotCheckable]:
    """Return the text of each of these pictures; one of which tesseract makes nothing costs no other its words."""
    if not pages:
        return {}
    try:
        return dict(zip(pages, _read(folder, pages, tesseract), strict=True))
    except NotCheckable as error:
        if len(pages) == 1:
            return {pages[0]: error}
    return {page: text for each in pages for page, text in _texts(folder, [each], tesseract).items()}


def _read(folder: Path, pages: Sequence[int], tesseract: Tesseract) -> Iterator[str]:
    """Yield the text of each of these pictures. Raises NotCheckable."""
    # A text file with paths is tesseract's way to read many pictures in one start.
    listed, table = folder / "pages.txt", folder / "read"
    listed.write_text("".join(f"{folder}/{place}.png\n" for place in pages), "utf-8")
    words = [str(listed), str(table), "-l", tesseract.languages, "--tessdata-dir", str(tesseract.models)]
    command = confined(
        tesseract.program,
        [*words, "--psm", _SPARSE, "-c", "tessedit_create_tsv=1"],
        read=[folder, tesseract.models],
        write_below=folder,
        memory=_MEMORY,
        environment={"OMP_THREAD_LIMIT": "1"},
    )
    try:
        ran = subprocess.run(  # noqa: S603 - found on the user's PATH
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={},
            timeout=_PATIENCE,
            check=False,
        )
        # The program read a hostile picture: what it wrote is opened without following a link and read up to a bound,
        # and each row must have all its columns.
        made = inside.open_file(table.with_suffix(".tsv"), root=folder)
        with open(made, "rb") as file:  # noqa: PTH123 - a descriptor
            data = file.read(_LARGEST_TABLE + 1)
    except OSError as error:
        raise NotCheckable(f"tesseract read nothing ({error.strerror})") from error
    except subprocess.TimeoutExpired as error:
        raise NotCheckable(f"tesseract was given up after {_PATIENCE:g} s") from error
    if ran.returncode != 0:
        raise NotCheckable(f"tesseract ended with exit status {ran.returncode}")
    if len(data) > _LARGEST_TABLE:
        raise NotCheckable(f"tesseract told more than {_LARGEST_TABLE:,} bytes of it")
    lines = dict[tuple[str, ...], list[str]]()
    for row in data.decode("utf-8", "replace").splitlines():
        cells = row.split("\t")
        if len(cells) == _COLUMNS and _WORD.search(cells[_TEXT]) and _confidence(cells) >= _LEAST_CONFIDENCE:
            lines.setdefault(tuple(cells[_LINE]), []).append(cells[_TEXT])
    for page in range(1, len(pages) + 1):
        yield "\n".join(" ".join(line) for place, line in lines.items() if place[0] == str(page))


def _confidence(cells: Sequence[str]) -> float:
    try:
        return float(cells[_CONFIDENCE])
    except ValueError:  # the table's head
        return -1

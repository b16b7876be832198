"""Speech in recordings and videos, by an engine and a model that the user names; none is fetched.

ffmpeg takes the sound out of the file, and the engine reads that: both confined, with no network and no other file.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile

from capture.extractors.video.ffmpeg import STREAMS_ONLY, find_ffmpeg
from exports.errors import NotCheckable
from hashing.files.read import digest_file
from hashing.files.real_path import real_path
from hashing.files.run_folder import RunFolder
from hashing.sandbox import confined, descriptor_of
from hashing.sandbox.landlock import interpreter_files
from intelligence.checks.material import CheckedItem
from intelligence.errors import NoSuchModel

ENGINES = ("pocketsphinx",)
# Samples a second: what pocketsphinx's models are trained on.
_RATE = 16_000
_CHILD = Path(__file__).with_name("speech_child.py")
_LONGEST = 4 * 3600  # Seconds of a recording that are listened to.
_INPUT = Path("/dev/fd/0")
_MEMORY = 1 << 30
_LARGEST_ANSWER = 4 << 20
_PATIENCE = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class SpeechEngine:
    """An engine with its model. `title` names both, with a digest over the model's files."""

    name: str
    model: Path
    ffmpeg: str
    title: str


def find_engine(name: str, model: Path) -> SpeechEngine:
    """Return an engine with a model, which is a folder. Raises NoSuchModel, Unreadable."""
    if name not in ENGINES or find_spec(name) is None:
        raise NoSuchModel(f"{name}: no such engine here", hint=f"there is {', '.join(ENGINES)}; install it with pip")
    ffmpeg = find_ffmpeg()
    if not ffmpeg:
        raise NoSuchModel("ffmpeg is not installed, which takes the sound out of a file")
    files = sorted(path for path in model.rglob("*") if path.is_file())
    if not files:
        raise NoSuchModel(f"{model}: no folder with a model")
    # A model is many files: the digest of their list, in the form of `sha256sum`, names all of them.
    listed = "".join(f"{digest_file(path).digests[0].hex}  {path.relative_to(model).as_posix()}\n" for path in files)
    digest = sha256(listed.encode("utf-8", "surrogateescape")).hexdigest()
    said = f"{name} {version(name)} (model {model.name}, sha256:{digest} over the list of its {len(files):,} files)"
    return SpeechEngine(name, real_path(model), ffmpeg, said)


def speech_in(item: CheckedItem, engine: SpeechEngine) -> str:
    """Return what is said in a recording or video, a line for each utterance with its time; "" where nothing is.

    Raises NotCheckable, OSError.
    """
    with RunFolder(large=True) as run:
        sound = run.path / "sound.raw"
        # Two confined programs and a file of plain samples between them: the engine never sees the hostile container.
        words = ["-nostdin", "-v", "fatal", "-threads", "1", *STREAMS_ONLY, "-i", f"file:{_INPUT}", "-map", "0:a:0"]
        words += ["-t", str(_LONGEST), "-ac", "1", "-ar", str(_RATE), "-f", "s16le", f"file:{sound}"]
        with (item.film or item.open)() as file, descriptor_of(file) as descriptor:
            command = confined(engine.ffmpeg, words, read=[_INPUT], write_below=sound.parent, memory=_MEMORY)
            with suppress(NotCheckable):  # of a file that breaks off, what there is of it
                _run(command, "ffmpeg", descriptor)
        if sound.is_symlink() or not sound.is_file() or not sound.stat().st_size:
            raise NotCheckable("ffmpeg finds no sound in it")
        paths = [path for path in sys.path if Path(path).is_absolute()]
        own = [Path(path) for path in interpreter_files()]
        command = confined(
            sys.executable,
            ["-I", "-B", "-X", "utf8", str(_CHILD), json.dumps(paths), str(engine.model), str(sound)],
            read=[*own, Path(sys.base_prefix), engine.model, sound],
            write_below=sound.parent,
            memory=_MEMORY,
        )
        return _run(command, engine.name, subprocess.DEVNULL)


def _run(command: Sequence[str], what: str, given: int) -> str:
    """Run a confined program, and return what it prints. Raises NotCheckable, OSError."""
    with TemporaryFile() as output:
        try:
            ran = subprocess.run(  # noqa: S603 - found on the user's PATH, or our own interpreter
                command, stdin=given, stdout=output, stderr=subprocess.DEVNULL, env={}, timeout=_PATIENCE, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise NotCheckable(f"{what} was given up after {_PATIENCE:g} s") from error
        if ran.returncode != 0:
            raise NotCheckable(f"{what} could not read it (exit status {ran.returncode})")
        output.seek(0)
        return output.read(_LARGEST_ANSWER).decode("utf-8", "replace").strip()

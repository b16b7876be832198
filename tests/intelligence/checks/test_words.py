"""Words that programs read in photos and hear in recordings."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image, ImageDraw, ImageFont

from cli import main
from commands.exit import Exit
from exports.bundle import export_bundle
from exports.errors import NotCheckable
from exports.verification import verify
from hashing.ledger.keys import default_key_path, load_or_create_signing_key
from hashing.sandbox import Readers
from intelligence.checks import material_of, picture_text
from intelligence.checks.picture_text import Tesseract, texts_in
from intelligence.checks.shown_pictures import LOAD
from tests.exports.small_case import CaseMaker, Thing
from tests.intelligence.checks.pictures import jpeg, scene

_ROOT = Path(__file__).parents[3]
_SPEECH = importlib.util.find_spec("pocketsphinx")


def _flite() -> bool:
    ffmpeg = shutil.which("ffmpeg")
    said = subprocess.run([ffmpeg, "-filters"], capture_output=True, check=False) if ffmpeg else None
    return said is not None and b" flite " in said.stdout


def _sign(text: str) -> bytes:
    picture = scene(1)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((60, 180, 580, 300), fill="white")
    draw.text((80, 205), text, fill="black", font=ImageFont.load_default(64))
    return jpeg(picture)


def _maker(folder: Path, *things: Thing) -> CaseMaker:
    maker = CaseMaker(folder / "OP-ALDER", load_or_create_signing_key(default_key_path())[0])
    capture = maker.begin()
    for thing in things:
        capture.add(thing)
    capture.seal()
    return maker


def _typed(*words: object) -> Result:
    return CliRunner().invoke(main, [*map(str, words)])


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_text_in_a_photo_is_found(tmp_path: Path) -> None:
    """What is read in a photo is told with program and model, kept, proven in bundles, and found by its words."""
    plain = Thing("plain.jpg", jpeg(Image.new("RGB", (640, 480), "grey")))
    maker = _maker(tmp_path, Thing("sign.jpg", _sign("ALDER BRIDGE")), plain)
    command = [sys.executable, "-m", "cli", "check", str(maker.path), "--quiet", "--read-text", "eng"]
    run = subprocess.run(command, check=False, capture_output=True, text=True, cwd=_ROOT)
    assert run.returncode == Exit.OK, run.stderr
    [place] = [place for place, line in enumerate(run.stdout.splitlines()) if " reads in it" in line]
    says, words = run.stdout.splitlines()[place : place + 2]
    assert says.startswith("  MP/1-0001: what tesseract ")
    assert "(eng sha256:" in says
    assert words == "    MP/1-0001  ALDER BRIDGE"
    kept = _typed("check", maker.path, "--keep", "--officer", "M", "--quiet", "--read-text", "eng")
    assert kept.exit_code == Exit.OK, kept.output
    assert verify(maker.path).verdict == "ok"
    found = _typed("show", maker.path, "--find", "alder bridge").stdout
    assert "MP/1-0001" in found
    assert "MP/1-0002" not in found
    bundle = export_bundle(maker.case, key=maker.key, officer="M", output=tmp_path / "out").path
    assert verify(bundle, report=True).verdict == "ok"
    for page in ("index", "gallery", "items"):
        assert "ALDER BRIDGE" in (bundle / f"data/report/{page}-1.html").read_text()


def test_a_program_or_a_language_that_is_not_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where tesseract, its model, or a speech engine's is not there, that is said before anything is read."""
    maker = _maker(tmp_path, Thing("sign.jpg", _sign("x")))
    unnamed = "no languages as tesseract names them" if shutil.which("tesseract") else "tesseract is not installed"
    for words, said in (
        (("--read-text", "../eng"), unnamed),
        (("--speech-model", tmp_path, "--speech-engine", "ear"), "ear: no such engine here"),
    ):
        ran = _typed("check", maker.path, *words)
        assert (ran.exit_code, ran.stdout) == (Exit.USAGE, "")
        assert said in ran.stderr
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "tesseract is not installed" in _typed("check", maker.path, "--read-text", "eng").stderr


@pytest.mark.skipif(_SPEECH is None or not _flite(), reason="pocketsphinx, or ffmpeg with flite, is not installed")
def test_speech_in_a_recording_is_found(tmp_path: Path) -> None:
    """What an engine hears is told with the time, the engine and the digest of its model; silence is nothing."""
    said, silence = tmp_path / "said.wav", tmp_path / "silence.wav"
    for source, path in (("flite=text='go forward ten meters'", said), ("anullsrc=d=2", silence)):
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-t", "4", path], check=True)
    things = [Thing(path.name, path.read_bytes(), "audio", "audio/wav") for path in (said, silence)]
    maker = _maker(tmp_path, *things, Thing("no.wav", b"no sound", "audio", "audio/wav"))
    assert _SPEECH is not None
    model = Path(str(_SPEECH.origin)).parent / "model/en-us"
    command = [sys.executable, "-m", "cli", "check", str(maker.path), "--quiet", "--speech-model", str(model)]
    run = subprocess.run(command, check=False, capture_output=True, text=True, cwd=_ROOT)
    assert run.returncode == Exit.OK, run.stderr
    lines = run.stdout.splitlines()
    [place] = [place for place, line in enumerate(lines) if " hears " in line]
    assert lines[place].startswith("  MP/1-0001: what pocketsphinx ")
    assert "(model en-us, sha256:" in lines[place]
    assert "0:00 go forward" in lines[place + 1]
    assert [line for line in lines if line.startswith("    MP/1-0003  ffmpeg finds no sound in it")]


def test_a_photo_that_tesseract_does_not_survive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It costs no other photo its words: each is read by itself then, and of it alone nothing is known."""
    maker = _maker(tmp_path, *(Thing(f"{number}.jpg", jpeg(scene(number))) for number in range(3)))

    def _read(_folder: Path, pages: Sequence[int], _program: Tesseract) -> Iterator[str]:
        if 1 in pages:
            raise NotCheckable("tesseract ended with exit status 1")
        yield from (f"words of {page}" for page in pages)

    monkeypatch.setattr(picture_text, "_read", _read)
    with material_of(maker.path) as material, Readers(load=LOAD, most=1) as readers:
        found = texts_in(material.items, Tesseract("", "eng", tmp_path, ""), readers)
    assert [str(each) for each in found] == ["words of 0", "tesseract ended with exit status 1", "words of 2"]

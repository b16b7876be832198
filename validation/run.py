"""One validation: every known scene captured, exported, verified, altered, and each result compared."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler
from importlib.resources import files
from pathlib import Path

import msgspec

from capture.recorder.settings import NetworkSettings
from capture.request.options import CaptureOptions
from capture.run.run import capture
from capture.versions import versions_record
from exports.bundle import export_bundle
from exports.format.capture_view import read_capture
from exports.verification import verify
from exports.view.loopback import LoopbackServer
from hashing.case.case import Case
from hashing.files.digest import Digest
from hashing.ledger.keys import SigningKey, load_or_create_signing_key
from hashing.times import system_clock, time_text
from hashing.tool import tool
from validation.alterations import check_alterations
from validation.check import ValidationCheck, Value, check, compare, findings
from validation.record import FORMAT, ValidationRecord
from validation.scenes import KnownAnswer, KnownScene, known_scenes
from validation.vectors import check_vectors

_OFFICER = "goldenhour validate"
_PACKAGES = ("capture", "commands", "exports", "hashing", "validation")
_NOT_FOUND = KnownAnswer(b"<!doctype html><title>Gone</title><h1>Gone</h1>", "text/html", status=404)


def validate(told: Callable[[ValidationCheck], None] = lambda _: None) -> ValidationRecord:
    """Run every check on this machine, in a temporary folder, and tell each as it is made."""
    began = time_text(system_clock())
    checks: list[ValidationCheck] = []
    with tempfile.TemporaryDirectory(prefix="goldenhour-validation-") as room:
        for each in _checks(Path(room)):
            checks.append(each)
            told(each)
    return ValidationRecord(
        format=FORMAT,
        tool=tool(),
        started=began,
        finished=time_text(system_clock()),
        versions=versions_record(),
        program=program_files(),
        checks=tuple(checks),
    )


def expected_findings(scene: str) -> dict[str, Value]:
    """Return what a perfect capture of a known scene finds."""
    text = files("validation").joinpath("expected", f"{scene}.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, Value])


def capture_known(scene: KnownScene, case: Case, key: SigningKey) -> dict[str, Value]:
    """Capture a known scene from a server on loopback, and return what was found."""
    with KnownHosts(scene.answers) as hosts:
        # The proxy is on this very computer, which is why private addresses are allowed here.
        network = NetworkSettings(proxy=hosts.address, allow_private=True, attempts=1, timeout=10)
        options = CaptureOptions(officer=_OFFICER, initials="GV", thread=scene.thread, network=network)
        return findings(read_capture(capture(scene.url, case, options, key=key).path))


def _checks(room: Path) -> Iterator[ValidationCheck]:
    yield from check_vectors()
    key, _ = load_or_create_signing_key(room / "key.pem")
    case = Case.open_or_create(room / "case", key=key, officer=_OFFICER, title="validation")
    for scene in known_scenes():
        yield from compare(scene.name, expected_findings(scene.name), capture_known(scene, case, key))
    yield check("the case", "verification", "ok", verify(case.path, signers=[key.public]).verdict)
    bundle = export_bundle(case, key=key, officer=_OFFICER, output=room / "bundle").path
    yield check("the bundle", "verification", "ok", verify(bundle, signers=[key.public]).verdict)
    copies = room / "copies"
    copies.mkdir()
    yield from check_alterations(bundle, copies)


def program_files() -> dict[str, str]:
    """Return the SHA-256 of each file of goldenhour as it is installed here, by its path below the installation."""
    home = Path(__file__).parents[1]
    found = [home / "cli.py", *(path for name in _PACKAGES for path in (home / name).rglob("*"))]
    kept = sorted(path for path in found if path.is_file() and path.suffix != ".pyc")
    return {path.relative_to(home).as_posix(): Digest.of_bytes(path.read_bytes()).hex for path in kept}


class KnownHosts(LoopbackServer):
    """A proxy on loopback that plays the hosts of known scenes while it is entered; it forwards nothing.

    So their addresses are the same on every machine. `address` is the proxy to send requests for them to.
    """

    def __init__(self, answers: Mapping[str, KnownAnswer]) -> None:
        super().__init__(_KnownHostsHandler)
        self.answers = answers


class _KnownHostsHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: KnownHosts

    def do_GET(self) -> None:
        """Answer one request, which a client of a proxy writes with the full address."""
        answer = self.server.answers.get(self.path, _NOT_FOUND)
        declared = len(answer.body) if answer.declared is None else answer.declared
        self.close_connection = declared != len(answer.body)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(declared))
        for name, value in answer.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_: object) -> None:
        """Keep the terminal for the validation."""

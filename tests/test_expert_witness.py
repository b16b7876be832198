"""docs/check_by_hand.py and the commands of docs/expert-witness.md, beside `goldenhour verify`."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exports.bundle import export_bundle
from exports.disclosure.making.request import DisclosureRequest
from exports.verification import verify
from hashing.case.custody import Handling, record_custody
from hashing.ledger.keys import load_or_create_signing_key
from tests.exports.small_case import CaseMaker, Thing, make_case, photo
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "docs/check_by_hand.py"
PAGE = ROOT / "docs/expert-witness.md"

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None or shutil.which("python3") is None, reason="needs the commands openssl and python3"
)


@pytest.fixture(scope="module")
def handed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bundle of two captures with ledgers of several lengths, and what was done with them."""
    folder = tmp_path_factory.mktemp("expert")
    maker: CaseMaker = make_case(folder)
    capture = maker.begin()
    capture.add(Thing("one.jpg", photo(1)))
    capture.judge(capture.add(Thing("page.html", "Straße <p>".encode(), "page", "text/html")), "gone", "it says so")
    capture.seal()
    export_bundle(maker.case, key=maker.key, officer="M", output=folder / "earlier")
    maker.capture([Thing(f"{number}.jpg", photo(number)) for number in range(2, 5)])
    record_custody(maker.case, ["MP/1"], Handling(action="opened"), key=maker.key, officer="Mary Price")
    return export_bundle(maker.case, key=maker.key, officer="M", output=folder / "handed").path


@pytest.fixture
def bundle(handed: Path, tmp_path: Path) -> Path:
    """Return a copy of it that can be written to."""
    copy = shutil.copytree(handed, tmp_path / "bundle")
    for path in copy.rglob("*"):
        path.chmod(0o700)
    return copy


def _by_hand(bundle: Path) -> subprocess.CompletedProcess[str]:
    # Isolated (-I) and without site-packages (-S): it has nothing but Python's own library.
    command = ["python3", "-I", "-S", str(SCRIPT), str(bundle)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)


def _blocks() -> str:
    """Return the commands of the page, as one script."""
    return "\n".join(re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL))


def _shell(bundle: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", _blocks()], cwd=bundle, capture_output=True, text=True, check=False, timeout=PATIENCE
    )


def _replace(old: bytes, new: bytes) -> Callable[[Path], None]:
    def _change(path: Path) -> None:
        data = path.read_bytes()
        assert old in data
        path.write_bytes(data.replace(old, new, 1))

    return _change


def _other_root(path: Path) -> None:
    lines = path.read_text("utf-8").split("\n")
    path.write_text("\n".join([*lines[:2], base64.b64encode(bytes(32)).decode(), *lines[3:]]), "utf-8")


def _other_signature(path: Path) -> None:
    head, _, encoded = path.read_text("utf-8").rpartition(" ")
    signature = bytearray(base64.b64decode(encoded))
    signature[-1] ^= 1
    path.write_text(f"{head} {base64.b64encode(signature).decode()}\n", "utf-8")


def _other_place(path: Path) -> None:
    place, _, rest = path.read_text().partition("\n")
    path.write_text(f"{int(place) ^ 1}\n{rest}")


def _without_last(path: Path) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def _other_key(path: Path) -> None:
    path.write_text(load_or_create_signing_key(path.with_name("another.pem"))[0].public.pem())
    path.with_name("another.pem").unlink()


TAMPERED: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "ledger of a capture, a word": ("data/captures/*/ledger.jsonl", _replace(b"Mary", b"Mark"), "the ledger of"),
    "ledger of a capture, cut": ("data/captures/*/ledger.jsonl", _without_last, "the ledger of"),
    "ledger of a capture, torn": ("data/captures/*/ledger.jsonl", lambda path: path.write_bytes(b"{"), ""),
    "ledger of a capture, empty": ("data/captures/*/ledger.jsonl", lambda path: path.write_bytes(b""), ""),
    "ledger of a capture, gone": ("data/captures/*/ledger.jsonl", Path.unlink, ""),
    "checkpoint, its size": ("seal/checkpoint", _replace(b"\n8\n", b"\n9\n"), "the signature under"),
    "checkpoint, its root": ("seal/checkpoint", _other_root, "the signature under"),
    "checkpoint, its signature": ("seal/checkpoint", _other_signature, "the signature under"),
    "checkpoint, gone": ("seal/checkpoint", Path.unlink, ""),
    "another key": ("seal/public-key.pem", _other_key, "the signature under"),
    "line of a capture": ("seal/captures/*.json", _replace(b'"complete"', b'"partial"'), "is a line of"),
    "line of a capture, gone": ("seal/captures/*.json", Path.unlink, ""),
    "line of the export": ("seal/export.json", _replace(b'"M"', b'"N"'), "is a line of"),
    "custody event": ("seal/custody/*.json", _replace(b"opened", b"copied"), "is a line of"),
    "proof, another place": ("seal/captures/*.proof", _other_place, "is a line of"),
    "proof, cut": ("seal/export.proof", _without_last, "is a line of"),
    "proof, too long": ("seal/export.proof", lambda path: path.write_text(path.read_text() + "AAAA\n"), "is a line of"),
    "proof, no number": ("seal/export.proof", lambda path: path.write_text("first\n"), ""),
    "photo": ("data/captures/*/items/*.jpg", lambda path: path.write_bytes(photo(9)), "another file than"),
    "photo, gone": ("data/captures/*/items/*.jpg", Path.unlink, ""),
    "report": ("data/report.html", _replace(b"<", b"<<"), "'data/report.html': another file than"),
    "list of items": ("data/items.jsonl", _replace(b'"kind":"photo"', b'"kind":"video"'), "'data/items.jsonl' says"),
    "list of items, cut": ("data/items.jsonl", _without_last, "'data/items.jsonl' says"),
    "proofs of the history, gone": ("seal/consistency", Path.unlink, "'seal/consistency': missing"),
    "a file more": ("seal", lambda path: (path / "note.html").write_text("x"), "'seal/note.html': added"),
    "another report": ("", lambda path: (path / "report.html").write_text("x"), "'report.html': added"),
    "an empty folder": ("data", lambda path: (path / "Report").mkdir(), "'data/Report': added"),
    "list of all files": ("manifest-sha256.txt", _replace(b"one.jpg", b"two.jpg"), "'manifest-sha256.txt' is"),
}


def test_whole_bundle(bundle: Path) -> None:
    """Of a bundle that is whole, script, commands of the page and `goldenhour verify` all say so, and why."""
    assert verify(bundle).verdict == "ok"
    found = _by_hand(bundle)
    assert (found.returncode, found.stderr) == (0, "")
    lines = found.stdout.splitlines()
    assert lines.pop() == "VERDICT: the seal holds, and no file is altered, missing or added"
    assert {line[:15] for line in lines} == {"holds          "}
    assert sum("is a line of the sealed ledger" in line for line in lines) == 7
    assert sum("the ledger of" in line for line in lines) == 2
    shell = _shell(bundle)
    assert (shell.returncode, shell.stderr) == (0, "")
    assert "Signature Verified Successfully" in shell.stdout
    assert shell.stdout.count("is as it was sealed") == 4
    assert shell.stdout.count("stands in the sealed ledger") == 3
    assert shell.stdout.count("has the ledger that was sealed") == 2
    assert "no file that is listed is altered or missing" in shell.stdout


@pytest.mark.parametrize("name", TAMPERED)
def test_tampered_bundle(bundle: Path, name: str) -> None:
    """A tampered ledger, checkpoint, key, line, proof or list is found by the script where `goldenhour verify` does."""
    pattern, change, named = TAMPERED[name]
    change(min(bundle.glob(pattern)) if pattern else bundle)
    assert verify(bundle).verdict == "mismatch"
    found = _by_hand(bundle)
    assert (found.returncode, found.stderr) == (1, "")
    *said, verdict = found.stdout.splitlines()
    assert verdict == "VERDICT: NOT shown to be as it was sealed"
    assert any(line.startswith("DOES NOT HOLD") and named in line for line in said)


@pytest.mark.parametrize(
    "name",
    ["ledger of a capture, a word", "checkpoint, its root", "proof, another place", "list of all files", "photo"],
)
def test_tampered_bundle_by_hand(bundle: Path, name: str) -> None:
    """The commands of the page do not say of a tampered bundle what they say of a whole one."""
    whole = _shell(bundle).stdout
    pattern, change, _ = TAMPERED[name]
    change(min(bundle.glob(pattern)))
    shell = _shell(bundle)
    said = (
        "Verified Successfully",
        "stands in the sealed",
        "is as it was",
        "has the ledger that was",
        "no file that is",
    )
    assert any(shell.stdout.count(each) < whole.count(each) for each in said)


@pytest.mark.parametrize("place", ["nowhere", "empty"])
def test_no_bundle(tmp_path: Path, place: str) -> None:
    """What is no bundle is not shown to hold, in a sentence and without a traceback."""
    (tmp_path / "empty").mkdir()
    found = _by_hand(tmp_path / place)
    assert (found.returncode, found.stderr) == (1, "")
    assert "DOES NOT HOLD  something is missing" in found.stdout


def test_single_items(tmp_path: Path) -> None:
    """Of a disclosure each line is proven by itself; one that was changed, or has no proof, is found."""
    maker = make_case(tmp_path)
    maker.capture([Thing("one.jpg", photo(1)), Thing("two.jpg", photo(2))])
    only = DisclosureRequest(items=("MP/1-0002",))
    shown = export_bundle(maker.case, key=maker.key, officer="M", output=tmp_path / "shown", only=only).path
    assert _by_hand(shown).returncode == 0, _by_hand(shown).stdout
    for file, change in (("disclosed.jsonl", _replace(b"two.jpg", b"six.jpg")), ("disclosed.proofs", _without_last)):
        path = next(shown.glob(f"data/captures/*/{file}"))
        whole = path.read_bytes()
        path.chmod(0o600)
        change(path)
        assert path.read_bytes() != whole
        found = _by_hand(shown)
        assert found.returncode == 1
        assert "DOES NOT HOLD" in found.stdout
        path.write_bytes(whole)
    assert _by_hand(shown).returncode == 0

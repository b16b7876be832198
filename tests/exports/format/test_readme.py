from __future__ import annotations

import base64
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exports.bundle import Bundle, export_bundle
from tests.exports.small_case import OFFICER, Thing, make_case, photo
from tests.exports.social_case import social_case

if TYPE_CHECKING:
    from hashing.ledger.keys import PublicKey


@pytest.fixture
def handed_over(tmp_path: Path) -> tuple[Bundle, PublicKey]:
    """Make a bundle, and the key that the officer wrote down."""
    maker = make_case(tmp_path)
    maker.capture([Thing("page.html", b"<p>hi", "page", "text/html", text="hi"), Thing("p.jpg", photo())])
    maker.capture([Thing("q.jpg", photo(2))])
    return export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "out"), maker.key.public


def commands(bundle: Path) -> list[str]:
    """Return the indented commands of the README."""
    text = (bundle / "README.txt").read_text().partition("HOW TO CHECK IT WITHOUT GOLDENHOUR")[2]
    return [line[4:] for line in text.splitlines() if line.startswith("    ")]


def run(bundle: Path, lines: list[str], tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """Paste commands into one shell in the bundle's folder; the first that fails ends it."""
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    (tmp_path / "scratch").mkdir(exist_ok=True)
    environment = {"PATH": tools, "TMPDIR": str(tmp_path / "scratch"), "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        ["sh", "-ec", "\n".join(lines)],
        cwd=bundle,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_command_works(handed_over: tuple[Bundle, PublicKey], tmp_path: Path) -> None:
    """Every command of the README succeeds when pasted, and together they show what the README says."""
    bundle, key = handed_over
    before = sorted(path for path in bundle.path.rglob("*"))
    lines = commands(bundle.path)
    assert len(lines) >= 12
    done = run(bundle.path, lines, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Signature Verified Successfully" in done.stdout
    assert "is valid" in done.stderr
    assert key.fingerprint().replace(" ", "") in done.stdout
    assert bundle.fingerprint.replace(" ", "") in done.stdout
    assert "MP/1" in done.stdout
    assert sorted(path for path in bundle.path.rglob("*")) == before


def test_proof_as_the_readme_words_it(handed_over: tuple[Bundle, PublicKey]) -> None:
    """Who follows the README's words with pen and hash function arrives at the root in the seal."""
    bundle, _ = handed_over
    root = (bundle.path / "seal" / "checkpoint").read_text().splitlines()[2]
    lines = [bundle.path / "seal" / "export.json", *(bundle.path / "seal" / "captures").glob("*.json")]
    assert len(lines) == 3
    for line in lines:
        first, second, *hashes = line.with_suffix(".proof").read_text().splitlines()
        position, last = int(first), int(second) - 1
        result = sha256(b"\x00" + line.read_bytes()).digest()
        for each in hashes:
            proof = base64.b64decode(each)
            if position % 2 or position == last:
                result = sha256(b"\x01" + proof + result).digest()
                while position % 2 == 0 and position:
                    position, last = position // 2, last // 2
            else:
                result = sha256(b"\x01" + result + proof).digest()
            position, last = position // 2, last // 2
        assert (last, base64.b64encode(result).decode()) == (0, root)


@pytest.mark.parametrize(
    "name", ["data/report.html", "data/case.json", "README.txt", "bag-info.txt", "seal/checkpoint", "seal/export.json"]
)
def test_commands_notice_an_alteration(handed_over: tuple[Bundle, PublicKey], tmp_path: Path, name: str) -> None:
    """One flipped bit in any file makes the first commands fail."""
    bundle, _ = handed_over
    file = bundle.path / name
    file.chmod(0o600)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    assert run(bundle.path, commands(bundle.path)[:2], tmp_path).returncode != 0


def test_commands_notice_an_addition(handed_over: tuple[Bundle, PublicKey], tmp_path: Path) -> None:
    """One file more, or a link, is printed by name."""
    bundle, _ = handed_over
    (bundle.path / "data" / "more").symlink_to("/etc/passwd")
    done = run(bundle.path, commands(bundle.path)[:5], tmp_path)
    assert done.returncode != 0
    assert done.stdout.splitlines()[-1] == "> data/more"


def test_signature_of_another_key(handed_over: tuple[Bundle, PublicKey], tmp_path: Path) -> None:
    """With another key in the seal folder openssl refuses the signature."""
    bundle, _ = handed_over
    file = bundle.path / "seal" / "public-key.pem"
    file.chmod(0o600)
    file.write_text(make_case(tmp_path / "other").key.public.pem())
    lines = [line for line in commands(bundle.path) if "$work" in line or "work=" in line]
    done = run(bundle.path, lines, tmp_path)
    assert done.returncode != 0
    assert "Signature Verified Successfully" not in done.stdout


def test_hostile_title(tmp_path: Path) -> None:
    """A title with line breaks and escapes stays one line and cannot pose as a command."""
    maker = make_case(tmp_path)
    officer = "x\n    rm -rf ~\x1b]0;owned\x07\u202e"
    maker.capture([Thing("p.jpg", photo())])
    bundle = export_bundle(maker.case, key=maker.key, officer=officer, output=tmp_path / "out")
    text = (bundle.path / "README.txt").read_text()
    assert "by x rm -rf ~\\x1b]0;owned\\x07\\u202e\n" in text
    assert not any("rm -rf" in line for line in commands(bundle.path))


def test_a_post_is_compared_with_the_list_it_came_in(tmp_path: Path) -> None:
    """Where posts came in lists, a command shows that one stands there byte for byte, or does not."""
    maker = social_case(tmp_path)
    bundle = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "out").path
    lines = commands(bundle)
    assert run(bundle, lines, tmp_path).returncode == 0
    [compare] = [line for line in lines if "| cmp - " in line]
    post = bundle / compare.rpartition(" ")[2]
    post.chmod(0o600)
    post.write_bytes(post.read_bytes().replace(b"Smoke", b"Snake"))
    assert run(bundle, [compare], tmp_path).returncode == 1


def test_what_a_bundle_does_not_hold_is_not_explained(handed_over: tuple[Bundle, PublicKey], tmp_path: Path) -> None:
    """Lists of posts, signed proofs and exchange files are explained where there are some, and numbered on."""
    text = (handed_over[0].path / "README.txt").read_text()
    assert "7. " not in text
    assert ("exchanges-" in text) == bool(list(handed_over[0].path.glob("data/captures/*/exchanges-*")))
    maker = social_case(tmp_path / "social")
    bundle = export_bundle(maker.case, key=maker.key, officer=OFFICER, output=tmp_path / "both")
    assert "\n8. Signed proofs" in (bundle.path / "README.txt").read_text()

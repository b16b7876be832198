from __future__ import annotations

import base64
import subprocess
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from hashing.errors import BadFormat, BadSignature
from hashing.ledger.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, sign_checkpoint
from hashing.ledger.keys import SigningKey
from hashing.ledger.note import sign_note

if TYPE_CHECKING:
    from pathlib import Path

KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(b"1" * 32))
OTHER_KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(b"2" * 32))
ORIGIN = "goldenhour/4c1f/20261124T101502Z-0badcafe"
CHECKPOINT = Checkpoint(ORIGIN, 42, bytes(range(32)))
ROOT = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

# The example of C2SP's tlog-checkpoint text. Its key is not published.
SPEC = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE\
+xeMcTOAYQ8=
"""


def test_example_of_the_standard() -> None:
    """The standard's own example is read in its parts and written again as it was."""
    checkpoint, note = parse_checkpoint(SPEC.encode())
    assert checkpoint.origin == note.signatures[0].name == "example.com/behind-the-sofa"
    assert checkpoint.size == 20852163
    assert checkpoint.root.hex() == "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62"
    assert SPEC.startswith(checkpoint.text() + "\n")


def test_text() -> None:
    """Three lines: name, length, root in base64."""
    assert CHECKPOINT.text() == f"{ORIGIN}\n42\n{ROOT}\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n\n",
        f"{ORIGIN}\n42\n{ROOT}",
        f"{ORIGIN}\n42\n",
        f"{ORIGIN}\n42\n{ROOT}\n\n",
        f"{ORIGIN}\n42\n{ROOT}\nextension\n",
        f"{ORIGIN}\n42\n{ROOT}\nextension",
        f"\n{ORIGIN}\n42\n{ROOT}\n",
        f"\n42\n{ROOT}\n",
        f"two words\n42\n{ROOT}\n",
        f"a+b\n42\n{ROOT}\n",
        f"a\u00a0b\n42\n{ROOT}\n",
        f"a\u2028b\n42\n{ROOT}\n",
        f"{ORIGIN}\n\n{ROOT}\n",
        f"{ORIGIN}\n042\n{ROOT}\n",
        f"{ORIGIN}\n00\n{ROOT}\n",
        f"{ORIGIN}\n+42\n{ROOT}\n",
        f"{ORIGIN}\n-42\n{ROOT}\n",
        f"{ORIGIN}\n 42\n{ROOT}\n",
        f"{ORIGIN}\n4_2\n{ROOT}\n",
        f"{ORIGIN}\n0x2a\n{ROOT}\n",
        f"{ORIGIN}\n4e1\n{ROOT}\n",
        f"{ORIGIN}\n٤٢\n{ROOT}\n",
        f"{ORIGIN}\n{1 << 63}\n{ROOT}\n",
        f"{ORIGIN}\n{'9' * 100_000}\n{ROOT}\n",
        f"{ORIGIN}\n42\n\n",
        f"{ORIGIN}\n42\n{ROOT[:-1]}\n",
        f"{ORIGIN}\n42\n{ROOT[:-2]}9=\n",
        f"{ORIGIN}\n42\n{bytes(range(32)).hex()}\n",
        f"{ORIGIN}\n42\n{base64.b64encode(bytes(31)).decode()}\n",
        f"{ORIGIN}\n42\n{base64.b64encode(bytes(33)).decode()}\n",
        f"{ORIGIN}\n42\n{ROOT} \n",
    ],
)
def test_malformed(text: str) -> None:
    """Anything but the one way to write a checkpoint is refused."""
    with pytest.raises(BadFormat):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    ("origin", "size", "root"),
    [
        ("", 0, bytes(32)),
        ("two words", 0, bytes(32)),
        ("a+b", 0, bytes(32)),
        ("a\nb", 0, bytes(32)),
        (ORIGIN, -1, bytes(32)),
        (ORIGIN, 1 << 63, bytes(32)),
        (ORIGIN, 0, bytes(31)),
        (ORIGIN, 0, b""),
    ],
)
def test_impossible_values(origin: str, size: int, root: bytes) -> None:
    """A checkpoint that could not be read back cannot be made."""
    with pytest.raises(BadFormat):
        Checkpoint(origin, size, root)


@given(st.integers(0, (1 << 63) - 1), st.binary(min_size=32, max_size=32))
def test_round_trip(size: int, root: bytes) -> None:
    """Any length and root come back as they were, by text and by signed note."""
    checkpoint = Checkpoint(ORIGIN, size, root)
    assert Checkpoint.parse(checkpoint.text()) == checkpoint
    assert open_checkpoint(sign_checkpoint(checkpoint, KEY).encode(), KEY.public) == checkpoint


def test_wrong_key() -> None:
    """A checkpoint by another key is readable, but not to be opened."""
    data = sign_checkpoint(CHECKPOINT, OTHER_KEY).encode()
    assert parse_checkpoint(data)[0] == CHECKPOINT
    with pytest.raises(BadSignature, match="not signed by the key"):
        open_checkpoint(data, KEY.public)


def test_altered_length() -> None:
    """A ledger cannot be made to look shorter."""
    data = sign_checkpoint(CHECKPOINT, KEY).replace("\n42\n", "\n41\n").encode()
    with pytest.raises(BadSignature, match="altered"):
        open_checkpoint(data, KEY.public)


def test_signed_under_another_name() -> None:
    """Our key's signature under another name than the ledger's does not count."""
    data = sign_note(CHECKPOINT.text(), "goldenhour/other", KEY).encode()
    with pytest.raises(BadSignature):
        open_checkpoint(data, KEY.public)


def test_signed_note_that_is_no_checkpoint() -> None:
    """A good signature over something else is no checkpoint."""
    with pytest.raises(BadFormat):
        open_checkpoint(sign_note("hello\n", ORIGIN, KEY).encode(), KEY.public)


def test_fingerprint_by_hand(tmp_path: Path) -> None:
    """The fingerprint is what standard commands print for the first three lines, whoever signs."""
    file = tmp_path / "checkpoint"
    for key in (KEY, OTHER_KEY):
        file.write_text(sign_checkpoint(CHECKPOINT, key), "utf-8")
        command = f"head -n 3 '{file}' | sha256sum"
        printed = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout
        checkpoint, _ = parse_checkpoint(file.read_bytes())
        assert printed.startswith(checkpoint.fingerprint().replace(" ", ""))


def test_a_signature_more() -> None:
    """A checkpoint to which anybody added a signature line is none: nobody could say what it stands for."""
    more = sign_checkpoint(CHECKPOINT, OTHER_KEY).removeprefix(CHECKPOINT.text() + "\n")
    for data in (sign_checkpoint(CHECKPOINT, KEY) + more, more.join(sign_checkpoint(CHECKPOINT, KEY).split("\n\n"))):
        with pytest.raises(BadFormat):
            open_checkpoint(data.encode(), KEY.public)


def test_signature_by_hand(tmp_path: Path) -> None:
    """Standard commands alone check the signature: cut the note in two and give the halves to openssl."""
    (tmp_path / "checkpoint").write_text(sign_checkpoint(CHECKPOINT, KEY), "utf-8")
    (tmp_path / "public-key.pem").write_text(KEY.public.pem())
    commands = """
        head -n 3 checkpoint > text
        tail -n 1 checkpoint | cut -d ' ' -f 3 | base64 -d | tail -c 64 > signature
        openssl pkeyutl -verify -pubin -inkey public-key.pem -rawin -in text -sigfile signature
    """
    subprocess.run(["sh", "-ec", commands], cwd=tmp_path, check=True, capture_output=True)
    with (tmp_path / "checkpoint").open("r+b") as file:
        file.write(b"G")
    assert subprocess.run(["sh", "-ec", commands], cwd=tmp_path, check=False, capture_output=True).returncode == 1

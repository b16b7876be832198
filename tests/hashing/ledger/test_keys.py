from __future__ import annotations

import base64
import errno
import os
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashing.errors import BadFormat, BadKey, BadSignature, Unwritable
from hashing.ledger.keys import (
    PublicKey,
    default_key_path,
    load_or_create_signing_key,
    load_public_key,
    load_signing_key,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[3]
MESSAGE = b"these bytes were received"

# RFC 8032, section 7.1, test 3.
SECRET = bytes.fromhex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7")
PUBLIC = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"
SIGNATURE = bytes.fromhex(
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
)
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"

# The 14 encodings of points of small order, as libsodium refuses them too.
SMALL_ORDER = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]
SMALL_ORDER += [f"{text[:-2]}{int(text[-2:], 16) | 0x80:02x}" for text in SMALL_ORDER]


def _private_pem(seed: bytes) -> str:
    """Write a PKCS#8 file by hand: the fixed beginning of RFC 8410, section 7, and the seed."""
    body = base64.b64encode(bytes.fromhex("302e020100300506032b657004220420") + seed).decode()
    return f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"


def _key_file(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def _openssl(*arguments: str | Path) -> bytes:
    return subprocess.run(["openssl", *arguments], capture_output=True, check=True).stdout


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a key file may go."""
    return tmp_path / "key.pem"


# Public keys


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "+",
        "++",
        PUBLIC[:-1],
        PUBLIC + "0",
        PUBLIC[:-1] + "g",
        f"{PUBLIC[:32]} {PUBLIC[32:]}",
        VKEY.replace("c74f", "c74e"),
        VKEY.replace("Peter", "Petra"),
        VKEY.replace("+ARp", "+BBp"),
        VKEY.replace("+c74f20a3", ""),
        VKEY.removeprefix("PeterNeumann"),
        VKEY + "=",
        VKEY[:-4],
        f"{VKEY}\n{VKEY}",
        VKEY.replace("PeterNeumann", "Peter Neumann"),
        VKEY.replace("+ARp", "+ЯRp"),
        "a\ud800+c74f20a3+ARpc",
        "-----BEGIN PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\n\ud800\n-----END PUBLIC KEY-----\n",
        _private_pem(SECRET),
    ],
)
def test_not_a_public_key(text: str) -> None:
    """What is no public key is refused, with the forms that are accepted."""
    with pytest.raises(BadKey) as caught:
        PublicKey.parse(text)
    assert "64 hexadecimal digits" in caught.value.hint or "32 bytes" in str(caught.value)


@pytest.mark.parametrize("text", SMALL_ORDER)
def test_key_under_which_anybody_can_sign(text: str) -> None:
    """Points of small order, for which signatures need no private half, are refused as keys."""
    with pytest.raises(BadKey, match="anybody could sign"):
        PublicKey.parse(text)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_public_key_of_another_length(length: int) -> None:
    """A public key has 32 bytes."""
    with pytest.raises(BadKey, match="32 bytes"):
        PublicKey(b"\x05" * length)


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    """Any text is a public key or refused as none."""
    try:
        key = PublicKey.parse(text)
    except BadKey:
        return
    assert len(key.raw) == 32


def test_all_forms_are_one_key() -> None:
    """Hexadecimal in either case, PEM and verifier key all name the same key."""
    key = PublicKey.parse(PUBLIC)
    forms = [f" {PUBLIC.upper()}\n", key.pem(), key.vkey("example.com/é"), key.pem().replace("\n", "\r\n")]
    assert [PublicKey.parse(form) for form in forms] == [key] * len(forms)
    assert key.raw.hex() == PUBLIC


def test_published_verifier_key() -> None:
    """The verifier key of Go's note package is read, and written again as it was."""
    assert PublicKey.parse(VKEY).vkey("PeterNeumann") == VKEY
    assert PublicKey.parse(VKEY).key_id("PeterNeumann").hex() == "c74f20a3"


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\n"])
def test_verifier_key_needs_a_name(name: str) -> None:
    """A name that a signature line cannot carry gets no verifier key."""
    with pytest.raises(BadFormat, match="key name"):
        PublicKey.parse(PUBLIC).vkey(name)


def test_published_signature(path: Path) -> None:
    """Signing and checking agree with RFC 8032."""
    key = load_signing_key(_key_file(path, _private_pem(SECRET)))
    assert key.public.raw.hex() == PUBLIC
    assert key.sign(bytes.fromhex("af82")) == SIGNATURE
    key.public.verify(SIGNATURE, bytes.fromhex("af82"))


@given(st.integers(0, 511))
def test_flipped_bit_of_a_signature(bit: int) -> None:
    """No bit of a signature can be changed."""
    changed = bytearray(SIGNATURE)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BadSignature):
        PublicKey.parse(PUBLIC).verify(bytes(changed), bytes.fromhex("af82"))


@pytest.mark.parametrize("signature", [b"", SIGNATURE[:-1], SIGNATURE + b"\x00", bytes(64), SIGNATURE * 1000])
def test_misshapen_signature(signature: bytes) -> None:
    """A signature of another length, or of zeros, is refused like any that does not fit."""
    with pytest.raises(BadSignature, match="not signed"):
        PublicKey.parse(PUBLIC).verify(signature, bytes.fromhex("af82"))


def test_malleable_signature() -> None:
    """Adding the group's order to a signature's second half does not give a second valid signature."""
    order = 2**252 + 27742317777372353535851937790883648493
    second = (int.from_bytes(SIGNATURE[32:], "little") + order).to_bytes(32, "little")
    with pytest.raises(BadSignature):
        PublicKey.parse(PUBLIC).verify(SIGNATURE[:32] + second, bytes.fromhex("af82"))


@given(st.binary(min_size=32, max_size=32))
def test_key_that_is_no_point(raw: bytes) -> None:
    """Bytes that are no point of the curve verify _nothing, and do not crash."""
    try:
        key = PublicKey(raw)
    except BadKey:
        return
    with pytest.raises(BadSignature):
        key.verify(SIGNATURE, MESSAGE)


# Agreement with openssl


def test_openssl_reads_our_key_and_checks_our_signature(tmp_path: Path, path: Path) -> None:
    """With a key of ours openssl prints the same public key and fingerprint, and verifies what we signed."""
    key, made = load_or_create_signing_key(path)
    assert made
    assert _openssl("pkey", "-in", path, "-pubout").decode() == key.public.pem()
    public = tmp_path / "public.pem"
    public.write_text(key.public.pem())
    der = _openssl("pkey", "-pubin", "-in", public, "-outform", "DER")
    printed = subprocess.run(["sha256sum"], input=der, capture_output=True, check=True).stdout.decode()
    assert printed.startswith(key.public.fingerprint().replace(" ", ""))

    (tmp_path / "text").write_bytes(MESSAGE)
    (tmp_path / "signature").write_bytes(key.sign(MESSAGE))
    verify: list[str | Path] = [
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        public,
        "-rawin",
        "-sigfile",
        tmp_path / "signature",
        "-in",
    ]
    _openssl(*verify, tmp_path / "text")
    (tmp_path / "text").write_bytes(MESSAGE + b".")
    with pytest.raises(subprocess.CalledProcessError):
        _openssl(*verify, tmp_path / "text")


def test_key_made_by_openssl(tmp_path: Path, path: Path) -> None:
    """A key that openssl made is loaded, and what openssl signs and prints with it is accepted."""
    _openssl("genpkey", "-algorithm", "ed25519", "-out", path)
    path.chmod(0o600)
    key, made = load_or_create_signing_key(path)
    assert not made
    public = PublicKey.parse(_openssl("pkey", "-in", path, "-pubout").decode())
    assert public == key.public
    (tmp_path / "text").write_bytes(MESSAGE)
    public.verify(_openssl("pkeyutl", "-sign", "-inkey", path, "-rawin", "-in", tmp_path / "text"), MESSAGE)
    with_notes = _openssl("pkey", "-in", path, "-pubout", "-text_pub").decode()
    assert PublicKey.parse(with_notes) == public


# Key files


def _rsa_key(path: Path) -> None:
    _openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", path)


def _x25519_key(path: Path) -> None:
    _openssl("genpkey", "-algorithm", "X25519", "-out", path)


def _encrypted_key(path: Path) -> None:
    _openssl("genpkey", "-algorithm", "ed25519", "-aes256", "-pass", "pass:secret", "-out", path)


def _truncated_key(path: Path) -> None:
    path.write_text(_private_pem(SECRET)[:70])


def _two_keys(path: Path) -> None:
    keys = [load_or_create_signing_key(path.with_name(name))[0] for name in ("a.pem", "b.pem")]
    path.write_text(
        "".join(key.public.pem() for key in keys) + "".join(_taken(path.with_name(n)) for n in ("a.pem", "b.pem"))
    )


def _taken(path: Path) -> str:
    text = path.read_text()
    path.unlink()
    return text


def _short_key(path: Path) -> None:
    path.write_text(_private_pem(SECRET[:31]))


def _public_key_only(path: Path) -> None:
    path.write_text(PublicKey.parse(PUBLIC).pem())


def _nothing(path: Path) -> None:
    path.touch()


def _other_bytes(path: Path) -> None:
    path.write_bytes(b"\x89PNG\xff\x00")


def _huge_file(path: Path) -> None:
    path.write_bytes(b"-" * 70_000)


def _folder(path: Path) -> None:
    path.mkdir()


def _named_pipe(path: Path) -> None:
    os.mkfifo(path)


def _dangling_link(path: Path) -> None:
    path.symlink_to("nowhere")


def _link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


FAULTS = [
    (_rsa_key, "another kind"),
    (_x25519_key, "another kind"),
    (_encrypted_key, "is encrypted"),
    (_truncated_key, "cut off"),
    (_short_key, "cut off"),
    (_public_key_only, "not a private key"),
    (_two_keys, "holds 4 keys"),
    (_nothing, "not a private key"),
    (_other_bytes, "not a key file"),
    (_huge_file, "larger than"),
    (_folder, "not a file"),
    (_named_pipe, "not a file"),
    (_dangling_link, "no such key file"),
    (_link_to_itself, "symbolic links"),
]


@pytest.mark.parametrize(("make", "reason"), FAULTS)
def test_unusable_key_file(path: Path, make: Callable[[Path], None], reason: str) -> None:
    """A file that is no usable private key is refused with path, reason and hint, and is left as it was."""
    make(path)
    if path.is_file():
        path.chmod(0o600)
    before = path.read_bytes() if path.is_file() else None
    for load in (load_signing_key, load_or_create_signing_key):
        with pytest.raises(BadKey, match=reason) as caught:
            load(path)
        assert str(caught.value).startswith(f"{path}: ")
        assert caught.value.hint
    assert (path.read_bytes() if path.is_file() else None) == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("make", "reason"), [fault for fault in FAULTS if fault[0] not in {_public_key_only, _rsa_key, _truncated_key}]
)
def test_unusable_public_key_file(path: Path, make: Callable[[Path], None], reason: str) -> None:
    """What cannot be read as a public key either is refused in the same way."""
    make(path)
    with pytest.raises(BadKey) as caught:
        load_public_key(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert make is _nothing or make is _short_key or reason in str(caught.value)


def test_rsa_public_key(path: Path, tmp_path: Path) -> None:
    """A public key of another kind is refused by name of its file."""
    _rsa_key(tmp_path / "rsa.pem")
    path.write_bytes(_openssl("pkey", "-in", tmp_path / "rsa.pem", "-pubout"))
    with pytest.raises(BadKey, match=f"^{path}: a public key of another kind"):
        load_public_key(path)


def test_missing_key_file(path: Path) -> None:
    """A key file that is not there is said to be missing, and loading makes none."""
    for load in (load_signing_key, load_public_key):
        with pytest.raises(BadKey, match="no such key file"):
            load(path)
    assert not path.exists()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o610, 0o602])
def test_key_that_others_can_use(path: Path, mode: int) -> None:
    """A private key that group or others have any right to is refused, and the hint is the command that helps."""
    _key_file(path, _private_pem(SECRET), mode)
    with pytest.raises(BadKey, match=f"mode {mode:04o}") as caught:
        load_signing_key(path)
    assert f"chmod 600 {path}" in caught.value.hint
    subprocess.run(["sh", "-ec", caught.value.hint.removeprefix("run: ")], check=True)
    assert load_signing_key(path).public.raw.hex() == PUBLIC


def test_key_behind_a_link(tmp_path: Path, path: Path) -> None:
    """A link is followed, and the rights that count are those of the file it leads to."""
    real = _key_file(tmp_path / "real.pem", _private_pem(SECRET))
    path.symlink_to(real)
    assert load_signing_key(path).public.raw.hex() == PUBLIC
    real.chmod(0o644)
    with pytest.raises(BadKey, match="others"):
        load_signing_key(path)


def test_key_that_may_not_be_read(path: Path) -> None:
    """A key file without the right to read it is refused as that."""
    _key_file(path, _private_pem(SECRET), 0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(BadKey, match="permission denied"):
        load_signing_key(path)


@pytest.mark.parametrize("form", ["pem", "vkey", "hex", "private", "shared private"])
def test_public_key_from_a_file(path: Path, form: str) -> None:
    """Every form of public key is accepted as a file, and of a private key the public half."""
    key = PublicKey.parse(PUBLIC)
    texts = {"pem": key.pem(), "vkey": f"{key.vkey('name')}\n", "hex": f"{PUBLIC}\n"}
    _key_file(path, texts.get(form, _private_pem(SECRET)), 0o644 if form == "shared private" else 0o600)
    assert load_public_key(path) == key


def test_private_half_is_never_shown(path: Path) -> None:
    """Neither repr nor str of a signing key, nor of an error about its file, shows anything of the private half."""
    key = load_signing_key(_key_file(path, _private_pem(SECRET)))
    for text in (repr(key), str(key), f"{key}"):
        assert text == f"SigningKey(public='{key.public.fingerprint()}')"
    path.write_text(_private_pem(SECRET).replace("MC4C", "MC4D"))
    for load in (load_signing_key, load_public_key):
        with pytest.raises(BadKey) as caught:
            load(path)
        assert base64.b64encode(SECRET).decode()[8:24] not in f"{caught.value}{caught.value.hint}"


# Making a key


def test_new_key(tmp_path: Path) -> None:
    """A key is made once, for its owner alone, with _nothing left beside it; afterwards it is read."""
    path = tmp_path / "new" / "folder" / "key.pem"
    old_mask = os.umask(0)
    try:
        key, made = load_or_create_signing_key(path)
    finally:
        os.umask(old_mask)
    assert made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["key.pem"]
    again, made = load_or_create_signing_key(path)
    assert (again.public, made) == (key.public, False)


def test_two_keys_differ(tmp_path: Path) -> None:
    """Every new key is another."""
    one, _ = load_or_create_signing_key(tmp_path / "one.pem")
    two, _ = load_or_create_signing_key(tmp_path / "two.pem")
    assert one.public != two.public


PROCESS = """
import sys
from pathlib import Path
from cryptography.hazmat.primitives.asymmetric import ed25519
from hashing.ledger.keys import load_or_create_signing_key
print("ready", flush=True)
sys.stdin.readline()
key, made = load_or_create_signing_key(Path(sys.argv[1]))
print(key.public.raw.hex(), made)
"""


def test_processes_at_once(tmp_path: Path) -> None:
    """Of several processes that make the key at the same moment exactly one does, and all use that one."""
    path = tmp_path / "config" / "key.pem"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, path], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    answers = [process.communicate()[0].split() for process in processes]
    assert sorted(made for _, made in answers) == ["False", "False", "False", "True"]
    assert {public for public, _ in answers} == {load_signing_key(path).public.raw.hex()}
    assert [entry.name for entry in path.parent.iterdir()] == ["key.pem"]


@pytest.mark.parametrize("links", [True, False])
def test_threads_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, links: bool) -> None:
    """The same holds for threads, also on a file system without hard links (whose answer is given here)."""
    if not links:

        def refuse(source: Path, target: Path) -> None:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), str(source), None, str(target))

        monkeypatch.setattr(os, "link", refuse)
    with ThreadPoolExecutor(4) as pool:
        for attempt in range(20):
            path = tmp_path / str(attempt) / "key.pem"
            answers = list(pool.map(load_or_create_signing_key, [path] * 4))
            assert sorted(made for _, made in answers) == [False, False, False, True]
            assert {key.public for key, _ in answers} == {load_signing_key(path).public}
            assert [entry.name for entry in path.parent.iterdir()] == ["key.pem"]


def test_key_that_is_being_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a key appears before its bytes do, the second process waits for them."""
    _key_file(path, "")
    monkeypatch.setattr(time, "sleep", lambda _: path.write_text(_private_pem(SECRET)))
    key, made = load_or_create_signing_key(path)
    assert (key.public.raw.hex(), made) == (PUBLIC, False)


def test_folder_that_may_not_be_written(tmp_path: Path) -> None:
    """Where no key can be made, that is said."""
    tmp_path.chmod(0o500)
    if os.access(tmp_path, os.W_OK):
        pytest.skip("this user may write everywhere")
    with pytest.raises(Unwritable, match="permission denied"):
        load_or_create_signing_key(tmp_path / "key.pem")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a _folder in which even root can make nothing")
def test_place_where_nothing_can_be_made() -> None:
    """Where not even the _folder can be made, that is said, with the folder's name."""
    with pytest.raises(Unwritable, match=r"^/proc/goldenhour: "):
        load_or_create_signing_key(Path("/proc/goldenhour/key.pem"))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="XDG folders are a Linux custom")
def test_default_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key lives in goldenhour's _folder among the user's settings, and XDG_CONFIG_HOME moves it."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert default_key_path() == tmp_path / "goldenhour" / "signing-key.pem"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_key_path() == tmp_path / ".config" / "goldenhour" / "signing-key.pem"


def test_cryptography_is_not_imported_to_show_a_key() -> None:
    """Showing a fingerprint does not wait for the cryptography library."""
    program = (
        "import sys; from hashing.ledger.keys import PublicKey;"
        f"print(PublicKey.parse('{PUBLIC}').fingerprint(), 'cryptography' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.endswith(" False\n")

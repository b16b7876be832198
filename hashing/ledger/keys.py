"""Ed25519 keys (RFC 8032): the officer's signing key on disk, and the public keys that check what it signed."""

from __future__ import annotations

import base64
import binascii
import os
import re
import shlex
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from hashing.errors import BadFormat, BadKey, BadSignature, EncryptedKey, WouldOverwrite
from hashing.files.storage import OWNER_FOLDER, PART, create, read_error, storing, sync_folder, write_all
from hashing.files.user_folders import config_folder
from hashing.ledger.fingerprint import fingerprint
from hashing.ledger.mac import Mac

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_KEY_BYTES = 32
# What stands before the 32 bytes in a DER SubjectPublicKeyInfo (RFC 8410, section 4).
_SPKI = bytes.fromhex("302a300506032b6570032100")

_NOTE_TYPE = b"\x01"  # C2SP signed-note: the signature type of plain Ed25519.

# RFC 8032, section 5.1: coordinates are numbers modulo this prime.
_PRIME = 2**255 - 19
# The y coordinates of the points of order 1, 2, 4 and 8. A signature under such a key needs no private half.
_WEAK = {
    0,
    1,
    _PRIME - 1,
    int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
    int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"),
}

_ENCRYPTED = "-----BEGIN ENCRYPTED PRIVATE KEY-----"
# Bytes. An encrypted PEM has some 300; what is named by mistake may be a video.
_LARGEST_FILE = 1 << 16
# Permission bits of everyone but the owner.
_OTHERS = 0o077
# Where there are no hard links, a key file may be seen while its maker still writes it: so long it is waited for.
_SECONDS_TO_WRITE = 1.0
_FORMS = "give a PEM public key, a line of the form name+hash+base64, or 64 hexadecimal digits"


def encode_base64(data: bytes) -> str:
    """Write bytes in standard base64 (RFC 4648, section 4)."""
    return base64.b64encode(data).decode("ascii")


@lru_cache(maxsize=256)  # of a case's own name it is asked for each line that is signed
def check_key_name(name: str) -> None:
    """Refuse a name that a signature line cannot carry. Raises BadFormat.

    C2SP signed-note: not empty, no Unicode space, no plus, no ASCII control character, and valid in UTF-8, which a
    lone surrogate is not.
    """
    if not name or any(char == "+" or char.isspace() or char < " " or "\ud800" <= char <= "\udfff" for char in name):
        raise BadFormat(f"{name[:140]!r} is not a key name: it must not be empty or hold spaces, plus or control signs")


class PublicKey(msgspec.Struct, frozen=True):
    """The public half of an Ed25519 key: 32 bytes, as RFC 8032 writes a point.

    Raises BadKey for another length, and for the few values under which anybody can sign.
    """

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != _KEY_BYTES:
            raise BadKey(f"an Ed25519 public key has {_KEY_BYTES} bytes, not {len(self.raw)}")
        y = int.from_bytes(self.raw, "little") & ((1 << 255) - 1)  # the top bit is the sign of x
        if y >= _PRIME or y in _WEAK:
            raise BadKey(f"{self.raw.hex()} is not a sound Ed25519 public key: anybody could sign for it")

    @classmethod
    def parse(cls, text: str) -> PublicKey:
        """Read a PEM public key, a C2SP verifier key (`name+hash+base64`) or 64 hexadecimal digits. Raises BadKey."""
        text = text.strip()
        if "-----BEGIN" in text:
            return _public_from_pem(text)
        if re.fullmatch(r"[0-9A-Fa-f]{64}", text):
            return cls(bytes.fromhex(text))
        if "+" in text:
            return _public_from_vkey(text)
        raise BadKey(f"{text[:140]!r} is not a public key", hint=_FORMS)

    def fingerprint(self) -> str:
        """Return the fingerprint of the key in DER: `openssl pkey -pubin -outform DER | sha256sum` shows the same."""
        return fingerprint(sha256(_SPKI + self.raw).digest())

    def pem(self) -> str:
        """Write the key as `openssl pkey -pubout` does (RFC 7468)."""
        return f"-----BEGIN PUBLIC KEY-----\n{encode_base64(_SPKI + self.raw)}\n-----END PUBLIC KEY-----\n"

    def key_id(self, name: str) -> bytes:
        """Return the four bytes that stand for this key under this name in a signed note. Raises BadFormat."""
        check_key_name(name)
        return sha256(name.encode() + b"\n" + _NOTE_TYPE + self.raw).digest()[:4]

    def vkey(self, name: str) -> str:
        """Write the key as a C2SP verifier key, `name+hash+base64`. Raises BadFormat."""
        return f"{name}+{self.key_id(name).hex()}+{encode_base64(_NOTE_TYPE + self.raw)}"

    def verify(self, signature: bytes, message: bytes) -> None:
        """Check a signature of 64 bytes over a message. Raises BadSignature."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except InvalidSignature as error:
            raise BadSignature(f"not signed by the key {self.fingerprint()}, or altered since") from error


class SigningKey:
    """A private key, ready to sign. Its private half is never shown or written by this object."""

    __slots__ = ("_private", "public")

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = PublicKey(private.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"SigningKey(public={self.public.fingerprint()!r})"

    def sign(self, message: bytes) -> bytes:
        """Return the signature over a message: 64 bytes."""
        return self._private.sign(message)

    def mac(self, origin: str) -> Mac:
        """Return what authenticates the parts of this ledger that are not sealed yet: a secret of its own for each.

        Derived from the private key by HKDF-SHA-256 (RFC 5869) with the ledger's name as context.
        """
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        context = b"goldenhour unsealed\n" + origin.encode()
        return Mac(HKDF(SHA256(), _KEY_BYTES, salt=None, info=context).derive(self._private.private_bytes_raw()))


def default_key_path() -> Path:
    """Return where the user's own key is kept: in goldenhour's folder among the user's settings."""
    return config_folder() / "signing-key.pem"


def load_public_key(path: Path) -> PublicKey:
    """Read a key file for checking: a public key in any form, or a private key, whose public half is taken.

    Raises BadKey.
    """
    text, _ = _read_key_file(path)
    if "PRIVATE KEY-----" in text:
        return _private_from_pem(text, path).public
    try:
        return PublicKey.parse(text)
    except BadKey as error:
        raise BadKey(f"{path}: {error}", hint=error.hint) from error


def load_signing_key(path: Path, passphrase: Callable[[Path], bytes] | None = None) -> SigningKey:
    """Read a private key for signing: Ed25519, PKCS#8 PEM, readable by its owner alone.

    `passphrase` is asked where the key is encrypted. Links are followed; what counts is the file they lead to. Raises
    BadKey, and what `passphrase` raises.
    """
    text, mode = _read_key_file(path)
    if mode & _OTHERS:
        raise BadKey(
            f"{path}: others than its owner can use this private key (mode {stat.S_IMODE(mode):04o})",
            hint=f"run: chmod 600 {shlex.quote(str(path))}",
        )
    return _private_from_pem(text, path, passphrase)


def load_or_create_signing_key(
    path: Path, passphrase: Callable[[Path], bytes] | None = None
) -> tuple[SigningKey, bool]:
    """Read the private key at `path`, or make one where there is none; also say whether it was made now.

    Nothing is ever overwritten: of two processes that make the key at the same moment one wins, and both return
    its key. Raises BadKey where what is there cannot be used, Unwritable where none can be made.
    """
    made = not os.path.lexists(path) and create_key(path)
    if not made:
        _wait_while_empty(path)
    return load_signing_key(path, passphrase), made


def create_key(path: Path, passphrase: bytes | None = None) -> bool:
    """Make a new key file, whole or not at all, encrypted where there is a passphrase; say whether it is ours.

    Raises Unwritable.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    coding = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, coding)
    with storing(path.parent):
        path.parent.mkdir(mode=OWNER_FOLDER, parents=True, exist_ok=True)
    # 1. Whole under another name first: a key that is cut off by a crash would sign nothing and block its place.
    part = path.with_name(f".{path.name}.{os.urandom(8).hex()}{PART}")
    _write_exclusively(part, pem)
    try:
        # 2. Then its name, which two processes may both want to give: one wins, and both go on with its key.
        made = _announce(part, path, pem)
    finally:
        part.unlink()
    # 3. The name lasts before anything is signed: a signature by a key that is lost can be checked but never repeated.
    sync_folder(path.parent)
    return made


def _announce(part: Path, path: Path, pem: bytes) -> bool:
    try:
        os.link(part, path)
    except FileExistsError:
        return False
    except OSError:
        # No hard links here (a memory stick, some network shares). What else is wrong shows in the next step.
        try:
            _write_exclusively(path, pem)
        except WouldOverwrite:
            return False
    return True


def _write_exclusively(path: Path, data: bytes) -> None:
    descriptor = create(path)
    try:
        with storing(path):
            write_all(descriptor, data)
            os.fsync(descriptor)
    except BaseException:
        path.unlink()
        raise
    finally:
        os.close(descriptor)


def _wait_while_empty(path: Path) -> None:
    """Where there are no hard links, give the process that has just created the file a moment to fill it."""
    deadline = time.monotonic() + _SECONDS_TO_WRITE
    with suppress(OSError):  # loading says what is wrong with the file
        while path.is_file() and path.stat().st_size == 0 and time.monotonic() < deadline:
            time.sleep(0.01)


def _read_key_file(path: Path) -> tuple[str, int]:
    """Return the text and the mode of one and the same regular file."""
    try:
        # Without O_NONBLOCK, opening a named pipe would wait for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError as error:
        raise BadKey(f"{path}: no such key file", hint="check the path of the key") from error
    except PermissionError as error:
        raise BadKey(f"{path}: permission denied", hint="run as the user to whom the key belongs") from error
    except OSError as error:
        raise BadKey(str(read_error(path, error)), hint="check the path of the key") from error
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise BadKey(f"{path}: not a file", hint="name the key file itself")
        data = os.read(descriptor, _LARGEST_FILE + 1)
        if len(data) > _LARGEST_FILE:
            raise BadKey(f"{path}: larger than any key file", hint=_FORMS)
        return data.decode(), mode
    except OSError as error:
        raise BadKey(str(read_error(path, error)), hint="check the disk that holds the key") from error
    except UnicodeDecodeError as error:
        raise BadKey(f"{path}: not a key file in text form", hint=_FORMS) from error
    finally:
        os.close(descriptor)


def _private_from_pem(text: str, path: Path, passphrase: Callable[[Path], bytes] | None = None) -> SigningKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    _demand_one(text, str(path))
    advice = f"make a key with: openssl genpkey -algorithm ed25519 -out {shlex.quote(path.name)}"
    try:
        secret = passphrase(path) if passphrase is not None and _ENCRYPTED in text else None
        key = load_pem_private_key(text.encode(), password=secret)
    except TypeError as error:  # cryptography's way to say that a password is needed
        raise EncryptedKey(
            f"{path}: the private key is encrypted",
            hint=f"decrypt it with: openssl pkey -in {shlex.quote(str(path))} -out NEW_FILE",
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        if _ENCRYPTED in text and passphrase is not None:
            raise BadKey(f"{path}: not the passphrase of this key, or cut off", hint="try again") from error
        raise BadKey(f"{path}: not a private key in PKCS#8 PEM, or cut off", hint=advice) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BadKey(f"{path}: a private key of another kind than Ed25519", hint=advice)
    return SigningKey(key)


def _public_from_pem(text: str) -> PublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    _demand_one(text, "a public key in PEM")
    try:
        key = load_pem_public_key(text.encode("utf-8", "replace"))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadKey("not a public key in PEM, or cut off", hint=_FORMS) from error
    if not isinstance(key, Ed25519PublicKey):
        raise BadKey("a public key of another kind than Ed25519", hint=_FORMS)
    return PublicKey(key.public_bytes_raw())


def _demand_one(text: str, what: str) -> None:
    """Refuse a text with two keys: which of them is meant is not for us to choose. Raises BadKey."""
    if (keys := text.count("-----BEGIN")) > 1:
        raise BadKey(f"{what}: holds {keys} keys or certificates", hint="give a file with the one key that is meant")


def _public_from_vkey(text: str) -> PublicKey:
    name, _, rest = text.partition("+")
    try:
        key = PublicKey(base64.b64decode(rest.partition("+")[2], validate=True)[1:])
        written = key.vkey(name)
    except (binascii.Error, ValueError, BadFormat) as error:
        raise BadKey(f"{text[:140]!r} is not an Ed25519 verifier key", hint=_FORMS) from error
    if written != text:  # another signature type, a hash of another key, or base64 written in another way
        raise BadKey(f"{text[:140]!r} is not an Ed25519 verifier key, or does not match its own hash", hint=_FORMS)
    return key

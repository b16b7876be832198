"""Check the seal of an unpacked bundle with nothing of goldenhour's: `python3 check_by_hand.py BUNDLE`.

Needs Python 3.11 and OpenSSL 3, or later. What it shows, and what it cannot, stands in expert-witness.md.
"""

import base64
import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote


def sha256(*parts: bytes) -> bytes:
    """Hash these bytes, one behind the other."""
    return hashlib.sha256(b"".join(parts)).digest()


def root(lines: list[bytes]) -> bytes:
    """Return the root hash over all lines of a ledger (RFC 6962, section 2.1)."""
    if len(lines) == 1:
        return sha256(b"\x00", lines[0])
    left = 1 << ((len(lines) - 1).bit_length() - 1)  # the largest power of two below their number
    return sha256(b"\x01", root(lines[:left]), root(lines[left:]))


def proven(line: bytes, proof: str) -> tuple[int, bytes]:
    """Return size and root of the ledger that the proof of a line leads to (RFC 9162, section 2.1.3.2)."""
    place, size, *hashes = proof.split()
    f, s, r = int(place), int(size) - 1, sha256(b"\x00", line)
    for p in map(base64.b64decode, hashes):
        r, on_left = (sha256(b"\x01", p, r), True) if f % 2 or f == s else (sha256(b"\x01", r, p), False)
        while on_left and f and f % 2 == 0:
            f, s = f // 2, s // 2
        f, s = f // 2, s // 2
    return (int(size), r) if s == 0 else (0, b"")


def signed(text: bytes, signature: bytes, key: Path) -> bool:
    """Say whether the key made the Ed25519 signature in the last line of a signed note (c2sp.org/signed-note)."""
    with tempfile.TemporaryDirectory() as folder:
        body, sig = Path(folder, "body"), Path(folder, "sig")
        body.write_bytes(text)
        sig.write_bytes(base64.b64decode(signature.split()[2])[4:])  # behind four bytes that name the key
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-in", body, "-sigfile", sig]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


def entries(ledger: list[bytes], folder: str) -> Iterator[dict[str, Any]]:
    """Yield what items.jsonl must say of a capture: lines of its ledger, each item with what other lines say of it."""
    lines = [json.loads(line) for line in ledger]
    answers = {line["exchange"]: dict(line) for line in lines if line["event"] == "exchange"}
    for answer in answers.values():
        for name in {"warc", "request_warc"} & answer.keys():
            answer[name] = {**answer[name], "file": f"{folder}/{answer[name]['file']}"}
    belonging: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        belonging.setdefault(line.get("ref", ""), []).append(line)
    for line in lines:
        if line["event"] in {"failed", "skipped", "post-changed", "verdict", "recovered"}:
            yield {**line, "exhibit": lines[0]["exhibit"]}
        elif line["event"] == "item":
            about = belonging[line["ref"]]
            said: dict[str, Any] = {"response": answers.get(line["exchange"])}
            said["facts"] = [fact for each in about if each["event"] == "facts" for fact in each["facts"]]
            for each in about:
                if each["event"] in {"post", "proof"}:
                    said[each["event"]] = each["post"] if each["event"] == "post" else each
            copies = [each for each in about if each["event"] == "working-copy"]
            said["working_copies"] = [{**each, "path": f"{folder}/{each['path']}"} for each in copies]
            own = {**line, "path": f"{folder}/{line['path']}", "exhibit": lines[0]["exhibit"]}
            yield own | {name: value for name, value in said.items() if value}


def stated(exported: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Yield the lines of the case's ledger that seal/export.json says are here: names and places, counted from 0."""
    if "officer" not in exported.get("redacted", ()):
        yield "case", 0
    for kind, field in (("captures", "sealed"), ("registered", "registered"), ("timestamps", "timestamps")):
        for name, place in zip(exported["captures"], exported.get(field, ()), strict=False):
            if place:
                yield f"{kind}/{name}", place
    if exported.get("timestamped"):
        yield "timestamped", exported["timestamped"]
    for place in exported.get("custody", ()):
        yield f"custody/{place:08d}", place


def tag_files(exported: dict[str, Any]) -> Iterator[str]:
    """Yield the files outside of `data/` that an export writes, and no others."""
    yield from (*exported["files"], "tagmanifest-sha256.txt")
    yield from ("seal/checkpoint", "seal/public-key.pem", "seal/consistency", "seal/export.json", "seal/export.proof")
    for name, _ in stated(exported):
        yield from (f"seal/{name}.json", f"seal/{name}.proof")
    if exported.get("timestamped"):
        yield from ("seal/timestamped.checkpoint", "seal/timestamped.checkpoint.tsr", "seal/timestamped.consistency")


def faults_of_files(bundle: Path, exported: dict[str, Any]) -> Iterator[tuple[bool, str]]:
    """Yield each file that is not what the lists say, is missing, or was added."""
    expected = {*tag_files(exported)}
    for row in (bundle / "manifest-sha256.txt").read_text("utf-8").splitlines():
        digest, _, name = row.partition("  ")
        expected.add(unquote(name))
        with (bundle / unquote(name)).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                yield False, f"{name!r}: another file than manifest-sha256.txt lists"
    here = {str(path.relative_to(bundle)) for path in bundle.rglob("*") if not path.is_dir() or not any(path.iterdir())}
    for name in sorted(expected - here):
        yield False, f"{name!r}: missing"
    for name in sorted(here - expected):
        yield False, f"{name!r}: added; goldenhour wrote no such file or empty folder"


def findings(bundle: Path) -> Iterator[tuple[bool, str]]:
    """Yield for each thing that must hold whether it does, and what it is."""
    seal = bundle / "seal"
    text, signature = (seal / "checkpoint").read_bytes().split(b"\n\n")
    sealed = int(text.split(b"\n")[1]), base64.b64decode(text.split(b"\n")[2])
    yield signed(text + b"\n", signature, seal / "public-key.pem"), "the signature under seal/checkpoint"
    exported = json.loads((seal / "export.json").read_bytes())
    lines = {name: seal / "captures" / f"{name}.json" for name in exported["captures"]}
    places = {seal / f"{name}.json": place for name, place in stated(exported)}
    for line in sorted({seal / "export.json", *places, *lines.values()}):
        proof = line.with_suffix(".proof").read_text("ascii")
        there = line not in places or int(proof.split()[0]) == places[line]
        yield there and proven(line.read_bytes(), proof) == sealed, f"{str(line)!r} is a line of the sealed ledger"
    for name, digest in exported["files"].items():
        yield sha256((bundle / name).read_bytes()).hex() == digest, f"{name!r} is the file that seal/export.json names"
    listed: list[dict[str, Any]] | None = []
    for name, line in lines.items():
        capture = json.loads(line.read_bytes())
        folder = bundle / "data" / "captures" / name
        if (folder / "disclosed.jsonl").exists():  # single items: each line has a proof of its own
            *some, rest = (folder / "disclosed.jsonl").read_bytes().split(b"\n")
            proofs = (folder / "disclosed.proofs").read_text("ascii").splitlines()
            known = (capture["size"], bytes.fromhex(capture["root"]))
            each = {proven(line, proof) for line, proof in zip(some, proofs, strict=True)}
            shown = name == capture["capture"] and each == {known} and not rest
            yield shown, f"the lines of {name!r} are of its sealed ledger"
            listed = None
            continue
        *ledger, rest = (folder / "ledger.jsonl").read_bytes().split(b"\n")
        found = (name, len(ledger), root(ledger).hex(), b"")
        yield found == (capture["capture"], capture["size"], capture["root"], rest), f"the ledger of {name!r}: its root"
        if listed is not None:
            listed += entries(ledger, f"data/captures/{name}")
    if listed is not None:
        said = [json.loads(line) for line in (bundle / "data" / "items.jsonl").read_bytes().splitlines()]
        yield said == listed, "'data/items.jsonl' says what the ledgers say"
    yield from faults_of_files(bundle, exported)


verdict = True
try:
    for holds, what in findings(Path(sys.argv[1])):
        print("holds         " if holds else "DOES NOT HOLD ", what)
        verdict = verdict and holds
except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
    print("DOES NOT HOLD  something is missing, or is not what it should be:", f"{type(error).__name__}: {error}")
    verdict = False
print(
    "VERDICT:",
    "the seal holds, and no file is altered, missing or added" if verdict else "NOT shown to be as it was sealed",
)
sys.exit(0 if verdict else 1)

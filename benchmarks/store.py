"""Pushing a case into an object store, and checking it there, beside `aws s3 cp` of the same files."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

from benchmarks.capture import signing_key
from benchmarks.measure import GOLDENHOUR, in_turn, run
from benchmarks.table import Row
from hashing.ledger.keys import load_signing_key
from tests.exports.small_case import CaseMaker, Thing
from tests.servers.object_store import ObjectStoreServer

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.measure import Cost

_UPLOAD = """
import sys, boto3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
case, (bucket, _, prefix) = Path(sys.argv[1]), sys.argv[2].removeprefix("s3://").partition("/")
s3, extra = boto3.client("s3"), {"ChecksumAlgorithm": "SHA256"}
files = [path for path in case.rglob("*") if path.is_file()]
with ThreadPoolExecutor(10) as pool:
    list(pool.map(lambda path: s3.upload_file(path, bucket, f"{prefix}/{path.relative_to(case)}", extra), files))
"""
"""What stands in for `aws s3 cp` where that is not installed: the library that it is made of."""
_LOCK = ("--lock", "governance", "--retain-until", "2999-12-31")


def rows(folder: Path, *, quick: bool) -> list[Row]:
    """Push one very large file, and many photos; each round to another place of a store on this machine."""
    with ObjectStoreServer() as server:
        os.environ.update(server.environment)
        size = (128 << 20) if quick else (512 << 20)
        large = _case(folder, "large", [size])
        small = _case(folder, "small", [200 << 10] * (100 if quick else 500))
        return [
            *_pushed(server, folder, large, f"push of {size / (1 << 30):g} GiB in one file", 0.8),
            *_pushed(server, folder, small, f"push of {'100' if quick else '500'} photos of 200 KiB", 0.8),
        ]


def _case(folder: Path, name: str, sizes: list[int]) -> Path:
    maker = CaseMaker(folder / name, load_signing_key(signing_key(folder)))
    maker.capture([Thing(f"{number}.mp4", os.urandom(size), "video", "video/mp4") for number, size in enumerate(sizes)])
    return maker.path


def _pushed(server: ObjectStoreServer, folder: Path, case: Path, what: str, goal: float) -> list[Row]:
    key = signing_key(folder)
    place = server.place()
    best = in_turn(
        {
            "ours": lambda number: run(
                [*GOLDENHOUR, "store", "push", case, f"{place}-{number}", *_LOCK, "--key", key, "-q"]
            ),
            "peer": lambda number: _copied(case, f"{place}-peer-{number}"),
            "verify": lambda number: run([*GOLDENHOUR, "store", "verify", case, f"{place}-{number}", "-q"], fine=(0,)),
        },
        rounds=2,
    )
    ours, peer, verify = best["ours"], best["peer"], best["verify"]
    tool = "`aws s3 cp --recursive`" if shutil.which("aws") else "`boto3` upload_file"
    return [
        Row(
            what=f"{what} into a store, verified before and looked at after, against {tool}",
            ours=ours.shown,
            cpu=ours.cpu_shown,
            peer=peer.shown,
            ratio=peer.seconds / ours.seconds,
            goal=goal,
            at_least=True,
        ),
        Row(
            what=f"store verify after a {what}, against the push",
            ours=verify.shown,
            cpu=verify.cpu_shown,
            peer=ours.shown,
            ratio=verify.seconds / ours.seconds,
            goal=0.5,
        ),
    ]


def _copied(case: Path, place: str) -> Cost:
    """Copy the same files with the peer, which is told to have the store check them by SHA-256 as well."""
    if shutil.which("aws"):
        command = ["aws", "s3", "cp", "--recursive", "--only-show-errors", "--checksum-algorithm", "SHA256"]
        return run([*command, case, place])
    return run([sys.executable, "-c", _UPLOAD, case, place])

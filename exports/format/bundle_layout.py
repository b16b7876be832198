"""Where things stand in a bundle, for those who write them and those who look for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from exports.format.bag import BAG_INFO, BAGIT, MANIFEST, PAYLOAD
from hashing.case.redaction import OFFICER

if TYPE_CHECKING:
    from hashing.case.events import Exported

MANIFEST_JSON = f"{PAYLOAD}manifest.json"
ITEMS_JSONL = f"{PAYLOAD}items.jsonl"
CUSTODY_JSON = f"{PAYLOAD}custody.json"
README = "README.txt"
# The files whose digests the case's ledger records; they vouch for all others.
VOUCHING = (BAGIT, BAG_INFO, MANIFEST, README)
SEAL = "seal/"
SEAL_KEY = f"{SEAL}public-key.pem"
CASE_LINE = f"{SEAL}case"  # The first line of the case's ledger, in which the case is named.
EXPORT = f"{SEAL}export"
"""The name of the line that records the export, and, as of each line in the seal folder, of its proof: `.json` and
`.proof` stand behind it."""
# The name of the line that records the newest trusted time of the case's own ledger.
TIMESTAMPED = f"{SEAL}timestamped"
# The newest checkpoint of the case that has a trusted time; its token stands beside it.
TIMESTAMPED_CHECKPOINT = f"{TIMESTAMPED}.checkpoint"
TIMESTAMPED_CONSISTENCY = f"{TIMESTAMPED}.consistency"
SEAL_CHECKPOINT = "seal/checkpoint"
# Proofs that the sealed ledger begins with the one that each earlier bundle of the case was sealed over.
CONSISTENCY = "seal/consistency"


def registered_line(capture: str) -> str:
    """Return the name of the line that records that a capture began."""
    return f"{SEAL}registered/{capture}"


def capture_line(capture: str) -> str:
    """Return the name of the line that records a capture's seal."""
    return f"{SEAL}captures/{capture}"


def timestamp_line(capture: str) -> str:
    """Return the name of the line that records a capture's trusted time."""
    return f"{SEAL}timestamps/{capture}"


def custody_line(number: int) -> str:
    """Return the name of a line that tells what was done with an exhibit; `number` counts the ledger's lines from 0."""
    return f"{SEAL}custody/{number:08d}"


def stated_lines(exported: Exported) -> Iterator[tuple[str, int]]:
    """Yield the lines that stand in the seal folder beside that of the export: their names and their numbers."""
    # The case's first line names its officer, and cannot be shown in part.
    if OFFICER not in exported.redacted:
        yield CASE_LINE, 0
    for name, numbers in (
        (registered_line, exported.registered),
        (capture_line, exported.sealed),
        (timestamp_line, exported.timestamps),
    ):
        yield from (
            (name(capture), number) for capture, number in zip(exported.captures, numbers, strict=False) if number
        )
    if exported.timestamped:
        yield TIMESTAMPED, exported.timestamped
    yield from ((custody_line(number), number) for number in exported.custody)


# What an export writes besides copies. A name that fits nothing here belongs to a ledger, or to nobody.
_DERIVED = re.compile(
    r"data/(case|manifest|custody)\.json|data/items\.jsonl|data/report\.html"
    r"|data/report/[a-z]+(-[a-z]+)*(-[1-9][0-9]*){0,2}\.html|data/report/previews/[0-9a-f]{64}\.jpg"
    r"|data/report/tiles/[0-9]{1,2}-[0-9]{1,8}-[0-9]{1,8}\.(png|jpg|webp)",
    re.ASCII,
)


def is_derived(path: str) -> bool:
    """Say whether a path of the payload is of a file that goldenhour makes for a bundle, outside of all captures."""
    return _DERIVED.fullmatch(path) is not None

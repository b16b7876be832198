"""What a process is doing when it is killed: each works on `case` in a folder, with `key.pem` there."""

from __future__ import annotations

from pathlib import Path

from capture.batch import Batch, BatchSettings, checked_rows, read_rows, recover_batches
from capture.recorder.settings import NetworkSettings
from capture.request.options import CaptureOptions
from capture.run.recovery import recover_abandoned
from capture.run.run import capture
from exports.bundle import export_bundle
from exports.merge import Merger
from exports.merge import merge as merge_captures
from hashing.case.batch_events import RowOptions
from hashing.case.case import Case
from hashing.case.custody import Handling, record_custody
from hashing.case.timestamping import timestamp_seals
from hashing.ledger.keys import SigningKey, load_signing_key
from hashing.times import system_clock

OFFICER = "Mary Price"


def _opened(folder: Path) -> tuple[Case, SigningKey]:
    return Case.open(folder / "case"), load_signing_key(folder / "key.pem")


def capture_scene(folder: Path) -> None:
    """Capture the scene whose address is in the file `url`."""
    case, key = _opened(folder)
    network = NetworkSettings(allow_private=True, timeout=60, largest_in_warc=200_000, attempts=1)
    options = CaptureOptions(officer=OFFICER, initials="MP", network=network)
    capture((folder / "url").read_text("utf-8"), case, options, key=key)


def recover(folder: Path) -> None:
    """Finish off what a process that died has left."""
    case, key = _opened(folder)
    recover_abandoned(case, key=key, officer=OFFICER)


def export_folder(folder: Path) -> None:
    """Export the case as a folder."""
    case, key = _opened(folder)
    export_bundle(case, key=key, officer=OFFICER, output=folder / "bundle")


def export_zip(folder: Path) -> None:
    """Export the case as a zip file."""
    case, key = _opened(folder)
    export_bundle(case, key=key, officer=OFFICER, output=folder / "bundle.zip", zipped=True)


def add_custody(folder: Path) -> None:
    """Record that an exhibit was opened."""
    case, key = _opened(folder)
    record_custody(case, ["MP/1"], Handling(action="opened", reason="to check the label"), key=key, officer=OFFICER)


def timestamp_case(folder: Path) -> None:
    """Have every seal time-stamped by the authority whose address is in the file `url`."""
    case, key = _opened(folder)
    list(timestamp_seals(case, [(folder / "url").read_text("utf-8")], key=key))


def merge(folder: Path) -> None:
    """Take the captures of the case `other` into the case."""
    case, key = _opened(folder)
    list(merge_captures(case, [folder / "other"], Merger(officer=OFFICER, key=key)))


def run_batch(folder: Path) -> None:
    """Finish off what was left in the case, and capture the rows of the file `rows`."""
    case, key = _opened(folder)
    recover_abandoned(case, key=key, officer=OFFICER)
    recover_batches(case, key=key)
    network = NetworkSettings(allow_private=True, timeout=60, attempts=1)
    options = CaptureOptions(officer=OFFICER, initials="MP", network=network)
    with (folder / "rows").open("rb") as file:
        read = read_rows(file, "rows")
    rows, _ = checked_rows(read.rows, options, RowOptions(), system_clock())
    Batch(rows, case, BatchSettings(jobs=2, pause=0.1), key=key, officer=OFFICER, source="rows").run()


OPERATIONS = {
    each.__name__: each
    for each in (capture_scene, recover, export_folder, export_zip, add_custody, timestamp_case, merge, run_batch)
}

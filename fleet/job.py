"""A job: one row as it stands in the database, with its scene, its limits and its dates, and nothing else.

A stranger may write to the database. So a job names no path, no credential, no key and no permission, and is captured
only where every word of it is understood.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime

import msgspec

from capture.batch import BatchRow, checked_rows
from capture.batch.row import BadRow, GivenRow
from capture.recorder.urls import without_login
from capture.request.options import DEFAULT_MEDIA, CaptureOptions
from fleet.errors import BadJob
from hashing.case.batch_events import RowOptions
from hashing.ledger.canonical import canonical_json
from hashing.printable import printable
from hashing.times import time_text

LONGEST_JOB = 64 << 10  # Bytes of a job as JSON.
OPERATION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)  # What an operation may be called.
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z", re.ASCII)
_WORDS_OF_AN_OFFICER = ("officer", "initials", "title", "note")


class JobOptions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What of a scene is captured: the limits and dates of `goldenhour capture`, times written out in UTC."""

    on: tuple[str, ...] = ()
    thread: bool = False
    since: str = ""
    until: str = ""
    comments: bool = False
    follow: bool = False
    media: str = DEFAULT_MEDIA
    limit: int = 0


class Job(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A scene with what is to be captured of it; `due` is the time that a round of a watch is for."""

    scene: str
    options: JobOptions = JobOptions()
    due: str = ""

    @property
    def id(self) -> str:
        """The SHA-256 of the job's canonical form: the same row has the same, whoever submits it, however often."""
        return hashlib.sha256(self.encoded()).hexdigest()

    def encoded(self) -> bytes:
        """Write the job as it stands in the database."""
        return canonical_json(self)


def jobs_of(rows: Iterable[GivenRow], base: CaptureOptions, defaults: RowOptions, now: datetime) -> tuple[
    list[tuple[Job, tuple[str, ...]]], list[BadRow]
]:  # fmt: skip
    """Return the jobs of rows as they were read, each with its hosts, and what is wrong with the others."""
    good, bad = [], []
    for each in rows:
        if said := [name for name in _WORDS_OF_AN_OFFICER if getattr(each.options, name) is not None]:
            reason = f"{said[0]}: a row of a fleet does not say this: it comes from the worker's own command line"
            bad.append(BadRow(line=each.line, reason=reason))
        elif without_login(each.scene) != each.scene:
            bad.append(BadRow(line=each.line, reason="the login in its address would stand in the database"))
        else:
            good.append(each)
    checked, wrong = checked_rows(good, base, defaults, now)
    return [(_job(row), row.places) for row in checked], sorted((*bad, *wrong), key=lambda each: each.line)


def read_job(data: str, name: str) -> Job:
    """Read a job that the database gave for a row of this name. Raises BadJob for what is not understood to the end."""
    # The bytes before their form: what is read here is a stranger's.
    if len(data) > LONGEST_JOB:
        raise BadJob(f"longer than {LONGEST_JOB >> 10} KiB, which no row is")
    try:
        job = msgspec.json.decode(data, type=Job)
        known = job.id
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise BadJob(f"not a row that goldenhour puts there: {printable(str(error), 200)}") from error
    # Two rows of one content would be two captures of one thing, and a row under another's name would end that one.
    if known != name:
        raise BadJob("its name is not the hash of what it says")
    if any(each and not _TIME.fullmatch(each) for each in (job.due, job.options.since, job.options.until)):
        raise BadJob("a time in it is not as goldenhour writes one")
    if without_login(job.scene) != job.scene:
        raise BadJob("a login stands in its address")
    return job


def row_of(job: Job, base: CaptureOptions, now: datetime) -> BatchRow:
    """Return the row that a job asks to capture, checked as a row of a file is. Raises BadJob."""
    says = {name: value or None for name, value in msgspec.structs.asdict(job.options).items()}
    given = GivenRow(line=0, scene=job.scene, options=RowOptions(**says), written=())
    rows, bad = checked_rows([given], base, RowOptions(), now)
    if bad:
        raise BadJob(bad[0].reason)
    return rows[0]


def _job(row: BatchRow) -> Job:
    said = row.options
    return Job(
        scene=row.scene,
        options=JobOptions(
            on=said.on,
            thread=said.thread,
            since=time_text(said.since) if said.since else "",
            until=time_text(said.until) if said.until else "",
            comments=said.comments,
            follow=said.follow,
            media=said.media,
            limit=said.limit,
        ),
    )

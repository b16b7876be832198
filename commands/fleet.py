"""`goldenhour fleet`: many machines on one operation."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.batch import read_file_of_rows
from commands.confined import read_only
from commands.exit import Exit
from commands.fleet_output import evidence_exit, print_change, print_status, print_worked, worker_lines
from commands.fleet_queue import opened_database, opened_queue, queued
from commands.fleet_recheck import fleet_recheck, fleet_verify
from commands.interrupt import interruptible, terminating_like_ctrl_c
from commands.merge import merge_exit, print_merged
from commands.officer import capturing_officer, officer_name
from commands.opening import open_case, open_own_case, own_keys, recover_begun, signing_key
from commands.options import (
    FILE,
    PATH,
    existing_case,
    json_option,
    output_options,
    signing_options,
    together,
)
from commands.output import clean, complain, counted, print_json, print_styled
from commands.progress import byte_progress
from commands.row_options import (
    delay_option,
    form_option,
    pause_option,
    per_host_option,
    retries_option,
    scenes_option,
    skip_bad_option,
)
from commands.scene_options import EverydayFirst, submit_options, worker_options
from commands.scenes import options_for
from commands.store import parsed_location, read_vouched
from commands.subcommands import Subcommands

if TYPE_CHECKING:
    from capture.batch.row import BadRow
    from exports.store import Location
    from fleet.job import Job


@click.group(cls=Subcommands)
def fleet() -> None:
    """Have many machines capture the scenes of a file, each into a case of its own, and collect what they sealed.

    They share a queue in PostgreSQL, which need not be trusted: it can keep work from being done, and cannot make
    evidence. docs/fleet.md says how to set it up.

    \b
    export GOLDENHOUR_DATABASE=postgresql://worker@db.force.example/fleet
    goldenhour fleet submit scenes.csv --case OP-ALDER
    goldenhour fleet worker --case OP-ALDER --work /srv/alder
    goldenhour fleet collect OP-ALDER /mnt/worker1/alder
    """


fleet.add_command(fleet_recheck)
fleet.add_command(fleet_verify)


def _of_file(command: Callable[..., None]) -> Callable[..., None]:
    """Add what every command that puts the rows of a file into the queue needs."""
    file = click.argument("file", metavar="FILE")
    options = (submit_options, per_host_option, delay_option, form_option, skip_bad_option, json_option)
    return together(file, queued, *options)(command)


@fleet.command(name="submit", cls=EverydayFirst)
@_of_file
def fleet_submit(**chosen: Any) -> None:  # noqa: ANN401 - click's values, named once in the options above
    """Put the scenes of a file (- for standard input) into the queue: the same files as for `goldenhour batch`.

    A row that is there already, with the same scene and options, stays as it is. What is no limit or date of a scene
    (officer, initials, title, note) a row may not say.

    \b
    goldenhour fleet submit scenes.txt --case OP-ALDER --per-host 2 --delay 1
    """
    jobs, bad = _jobs(chosen)
    _submit(jobs, bad, chosen)


@fleet.command(name="watch", cls=EverydayFirst)
@_of_file
@click.option(
    "--every", default="60s", show_default=True, metavar="TIME", help="From one round's beginning to the next."
)
@click.option("--for", "watched", default="24h", show_default=True, metavar="TIME", help="How long, from now on.")
@click.option(
    "--jitter",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    metavar="PART",
    help="Put each round off by up to this part of --every, so that not all are asked at once.",
)
@click.option("--window", default="", metavar="TIME", help="Only posts not older than this when a round is due.")
def fleet_watch(every: str, watched: str, jitter: float, window: str, **chosen: Any) -> None:  # noqa: ANN401 - click's values, named once in the options above
    """Put rounds of the scenes of a file into the queue, each at its time, for hundreds of hashtags and accounts.

    Each round of each scene is a row, and a capture of its own. Submitted again, such as each night for the next day,
    rounds that are there already stay as they are. One that no worker was free for before the next was due is
    cancelled.

    \b
    goldenhour fleet watch tags.txt --case OP-ALDER --on mastodon.example \\
        --every 10m --for 24h --window 1h
    """
    from datetime import timedelta

    from capture.request.amounts import span
    from fleet.rounds import MOST_ROUNDS, rounds
    from hashing.times import system_clock

    pause, length = (timedelta(seconds=span(text, name)) for text, name in ((every, "--every"), (watched, "--for")))
    if pause < timedelta(seconds=10):
        raise click.UsageError("--every: at least 10s")
    jobs, bad = _jobs(chosen)
    if len(jobs) * (length / pause) > MOST_ROUNDS:
        raise click.UsageError(f"more than {MOST_ROUNDS:,} rounds: watch for a shorter time, or less often")
    back = timedelta(seconds=span(window, "--window")) if window else None
    due = rounds(jobs, every=pause, length=length, jitter=jitter, window=back, now=system_clock())
    _submit(list(due), bad, chosen)


def _jobs(chosen: dict[str, Any]) -> tuple[list[tuple[Job, tuple[str, ...]]], Sequence[BadRow]]:
    """Read the rows of a file. Raises BadRows where some are wrong and shall not be left out."""
    from capture.batch import BadRows
    from capture.request.options import CaptureOptions, wanted_kinds
    from commands.scene_options import OF_A_ROW
    from fleet.job import jobs_of
    from hashing.case.batch_events import RowOptions
    from hashing.times import system_clock

    file = chosen["file"]
    wanted_kinds(chosen["media"])
    # Only to check that each row's options make sense together; who captures is said by the worker.
    base = CaptureOptions(officer="a worker", initials="W", media=chosen["media"])
    said = {name: value for name, value in chosen.items() if name in OF_A_ROW and value}
    read = read_file_of_rows(file, chosen["form"] or "")
    jobs, wrong = jobs_of(read.rows, base, RowOptions(**said), system_clock())
    bad = sorted((*read.bad, *wrong), key=lambda each: each.line)
    if bad and not chosen["skip_bad"]:
        raise BadRows(file, bad)
    for each in bad:
        click.echo(clean(f"left out: {file}:{each.line}: {each.reason}"), err=True)
    if not jobs:
        complain(f"{file}: holds no row", "a row is a scene: an address, or a #hashtag")
        sys.exit(Exit.NOTHING)
    return jobs, bad


def _submit(jobs: Sequence[tuple[Job, tuple[str, ...]]], bad: Sequence[BadRow], chosen: dict[str, Any]) -> None:
    operation = chosen["operation"]
    queue = opened_queue(chosen["database"], operation)
    # All rows are checked by now: a file with a fault leaves nothing in the database.
    queue.set_up()
    done = queue.submit(jobs, per_host=chosen["per_host"], delay=chosen["delay"])
    if chosen["as_json"]:
        print_json({"operation": operation, "added": done.added, "there": done.there, "left_out": len(bad)})
    else:
        there = f"; {done.there:,} were there already" if done.there else ""
        print_styled(f"SUBMITTED  {operation}: {counted(done.added, 'row')}{there}", "green")
    sys.exit(Exit.IN_PART if bad else Exit.OK)


@fleet.command(name="worker", cls=EverydayFirst)
@queued
@click.option(
    "--work",
    "case_path",
    is_eager=True,
    required=True,
    type=PATH,
    metavar="DIR",
    help="This worker's own case; made if need be.",
)
@worker_options
@scenes_option
@retries_option
@pause_option
@click.option(
    "--lease",
    default="5m",
    show_default=True,
    metavar="TIME",
    help="Silent for so long, its rows go to other workers; a sign of life is given every 10 s.",
)
@click.option(
    "--store",
    "location",
    callback=lambda ctx, option, value: parsed_location(ctx, option, value) if value else None,
    metavar="s3://BUCKET/PREFIX",
    help="At the end, push its case there, to a place named after its key, under the bucket's own locks.",
)
@click.option("--until-done", is_flag=True, help="End when no row of the operation is left.")
def fleet_worker(
    operation: str,
    database: str,
    case_path: Path,
    officer: str | None,
    key_path: Path | None,
    as_json: bool,
    quiet: bool,
    authorities: tuple[str, ...],
    scenes: int,
    retries: int,
    pause: float,
    lease: str,
    location: Location | None,
    until_done: bool,
    **chosen: Any,  # noqa: ANN401 - click's values, named once in the options above
) -> None:
    """Take rows and capture them into a case of one's own, signed with a key of one's own, until Ctrl-C.

    What a row asks for is its scene, limits and dates; all else is said here. A database that goes away is waited for.
    Without room on the disk, or with a clock that is not the database's, no row is taken. Its exhibits bear initials
    of its own, which end in five letters of its key: MPA3K2Q/1.

    \b
    goldenhour fleet worker --case OP-ALDER --work /srv/alder --officer "Unit 4"
    """
    from dataclasses import replace

    from capture.request.amounts import span
    from capture.request.options import DEFAULT_MEDIA, initials_of
    from commands.timestamps import asked_authorities, timestamp_captures
    from fleet.enrol import LETTERS
    from fleet.worker import Worker, WorkerSettings, suggested_initials
    from hashing.case.case import Case
    from hashing.times import system_clock

    officer, authorities = capturing_officer(officer, chosen), asked_authorities(authorities)
    settings = WorkerSettings(
        scenes=scenes, retries=retries, pause=pause, lease=_lease(span(lease, "--lease")), until_done=until_done
    )
    queue = opened_queue(database, operation)
    queue.demand_version()  # a wrong name or password is told at once; a database that goes away later is waited for
    session = chosen.pop("session")
    # What a row says itself is cleared here, so that a setting of the worker's own file never adds to a row.
    of_rows = {
        "title": "", "note": "", "on": (), "thread": False, "since": "", "until": "", "comments": False,
        "follow": False, "media": DEFAULT_MEDIA, "limit": 0, "live": "", "session": "",
    }  # fmt: skip
    options = options_for([], officer, {**chosen, **of_rows})
    if session:
        from capture.browser.session import load_session

        options = replace(options, session=load_session(session))
    key = signing_key(key_path)
    if len(options.initials) > LETTERS and chosen["initials"]:
        raise click.UsageError(f"--initials: of a worker at most {LETTERS} letters, or they look like those of a key")
    if not chosen["initials"]:
        options = replace(options, initials=suggested_initials(initials_of(officer), key.public))
    case = Case.open_or_create(case_path, key=key, officer=officer, title=operation)
    # Before rows are taken: what an earlier run left open is sealed first.
    recover_begun(case, key, officer)
    with terminating_like_ctrl_c(), interruptible() as stop:
        worker = Worker(
            queue, case, options, settings, key=key, progress=worker_lines(as_json=as_json, quiet=quiet), stop=stop,
            clock=system_clock,
        )  # fmt: skip
        summary = worker.run()
    timestamp_captures(case, authorities, key, summary.results)
    print_worked(summary, operation, as_json=as_json)
    if location is not None:
        _push(case.path, location.below(key.public.raw.hex()), quiet=quiet)
    sys.exit(Exit.INTERRUPTED if stop.reason else Exit.IN_PART if summary.failed else Exit.OK)


def _push(path: Path, location: Location, *, quiet: bool) -> None:
    """Keep a worker's case in a store, as `goldenhour store push` does."""
    from exports.store import Lock, ObjectStore, push

    with terminating_like_ctrl_c():
        state = read_vouched(path, read=True, quiet=quiet)
        with ObjectStore(location) as store, byte_progress(f"sending {path}", quiet=quiet) as progress:
            pushed = push(path, state, store, Lock(), progress=progress)
    click.echo(clean(f"stored   {location}: {counted(pushed.sent, 'file')} sent; {pushed.lock}"), err=True)


def _lease(seconds: float) -> float:
    if not 60 <= seconds <= 86_400:  # noqa: PLR2004 - see there
        raise click.UsageError("--lease: from 1m to 24h: far longer than the 10 s between two signs of life")
    return seconds


@fleet.command(name="status")
@queued
@click.option("--watch", "watching", is_flag=True, help="Show it anew every 2 s, until Ctrl-C.")
@json_option
def fleet_status(operation: str, database: str, watching: bool, as_json: bool) -> None:
    """Show how far an operation is: rows done, failed and waiting, by host and by worker, and the time left.

    Evidence at rest (`fleet recheck`) stands first, what does not match before all else. Exit code 5: something of it
    does not match; 6: something could not be checked, or is overdue.

    \b
    goldenhour fleet status --case OP-ALDER --watch
    """
    from fleet.status import fleet_status as status_of

    opened = opened_database(database)
    while True:
        status = status_of(opened, operation)
        if as_json:
            print_json(status.to_json())
        else:
            if watching and sys.stdout.isatty():
                click.clear()
            print_status(status)
        if not watching:
            sys.exit(evidence_exit(status.evidence))
        time.sleep(2)


@fleet.command(name="retry")
@queued
def fleet_retry(operation: str, database: str) -> None:
    """Put the rows that failed or were cancelled back into the queue.

    \b
    goldenhour fleet retry --case OP-ALDER
    """
    click.echo(f"{operation}: {counted(opened_queue(database, operation).retry(), 'row')} back in the queue")


@fleet.command(name="cancel")
@queued
def fleet_cancel(operation: str, database: str) -> None:
    """Take the rows that wait out of the queue; what runs is captured to its end.

    \b
    goldenhour fleet cancel --case OP-ALDER
    """
    click.echo(f"{operation}: {counted(opened_queue(database, operation).cancel(), 'row')} cancelled")


@fleet.command(name="enrol")
@existing_case
@click.argument("worker_key", type=FILE, metavar="KEY.pem")
@click.option("--note", default="", help="A note to keep with the key: whose it is, and where.")
@signing_options
@json_option
def fleet_enrol(
    case: Path, worker_key: Path, note: str, officer: str | None, key_path: Path | None, as_json: bool
) -> None:
    """Record a worker's public key in the case's ledger: what that key seals is collected into the case from then on.

    The key is the one that `goldenhour key` shows on the worker; compare its fingerprint with whoever runs that.

    \b
    goldenhour fleet enrol OP-ALDER worker1.pem --note "rack 4, unit 1"
    """
    from fleet.enrol import enrol
    from hashing.ledger.keys import load_public_key

    worker, by = load_public_key(worker_key), officer_name(officer)
    key = signing_key(key_path)
    event = enrol(open_own_case(case, key), worker, key=key, officer=by, own=own_keys(key), note=note)
    if as_json:
        print_json({"case": str(case), "key": event.key, "fingerprint": worker.fingerprint(), "note": event.note})
    else:
        click.echo(f"ENROLLED  {worker.fingerprint()}")


@fleet.command(name="collect")
@existing_case
@click.argument("sources", nargs=-1, required=True, metavar="FROM...")
@click.option(
    "--unfinished",
    is_flag=True,
    help="Bring in too what dead machines left unfinished: beside the case, signed by nobody.",
)
@signing_options
@output_options
def fleet_collect(
    case: Path,
    sources: tuple[str, ...],
    unfinished: bool,
    officer: str | None,
    key_path: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Take into a case what its enrolled workers have sealed; list the rest with the reason.

    FROM is the folder of a worker (its --work), or s3://BUCKET/PREFIX, where workers with --store have put theirs.

    Each capture is verified by itself and keeps its seal, its key and its reference. What has changed between rounds of
    a watch is told (`fleet changes` tells all of it again). Run it as often as you like, also
    while workers go on. Exit code 0: all that was found is in the case; 3: something is unfinished; 5: something does
    not match; 7: something was refused, such as an unknown key.

    \b
    goldenhour fleet collect OP-ALDER /mnt/worker1/alder /mnt/worker2/alder
    """
    from exports.merge import TAKEN, THERE, Merger
    from fleet.changes import changes_between_rounds
    from fleet.collect import UNFINISHED, captured_twice, collect
    from fleet.enrol import enrolled_keys

    by = Merger(officer=officer_name(officer), key=signing_key(key_path))
    opened = open_case(case, by.key)
    outcomes = []
    with (
        terminating_like_ctrl_c(),
        byte_progress(f"collecting into {case}", quiet=quiet) as progress,
        _folders(case, sources) as folders,
    ):
        for outcome in collect(
            opened, folders, by, enrolled_keys(opened, own_keys(by.key)), unfinished=unfinished, progress=progress
        ):
            outcomes.append(outcome)
            if as_json or outcome.outcome != THERE:
                print_merged(outcome, as_json=as_json)
    taken_now = {outcome.exhibit for outcome in outcomes if outcome.outcome == TAKEN}
    for change in changes_between_rounds(opened, taken_now) if taken_now else ():
        print_change(change, as_json=as_json)
    for twice in captured_twice(opened):
        if as_json:
            print_json(twice.to_json())
        else:
            print_styled(f"captured {len(twice.exhibits)} times: {twice.scene}: {', '.join(twice.exhibits)}", "yellow")
    # What is not finished is neither refused nor faulty: it gives a code of its own, and only where nothing graver
    # happened.
    sealed = [outcome for outcome in outcomes if outcome.outcome != UNFINISHED]
    if not as_json:
        taken, there = (sum(each.outcome == word for each in sealed) for word in (TAKEN, THERE))
        rest = len(outcomes) - taken - there
        said = f"{counted(taken, 'capture')} taken, {there:,} there before, {rest:,} not in the case"
        print_styled(f"COLLECTED  {case}: {said}", "yellow" if rest else "green")
    ends = [merge_exit(sealed), Exit.IN_PART if len(sealed) < len(outcomes) else Exit.OK]
    sys.exit(next((end for end in ends if end), Exit.OK))


@fleet.command(name="changes")
@existing_case
@json_option
def fleet_changes(case: Path, as_json: bool) -> None:
    """Tell what was edited, has gone, or is not listed any more, between the rounds of `fleet watch` that a case has.

    By the sealed ledgers alone: no server is asked again.

    \b
    goldenhour fleet changes OP-ALDER
    """
    from fleet.changes import changes_between_rounds
    from hashing.case.case import Case

    read_only(case)
    count = 0
    for change in changes_between_rounds(Case.open(case)):
        print_change(change, as_json=as_json)
        count += 1
    if not as_json:
        click.echo(clean(f"{case}: {counted(count, 'change')} between rounds"))


@contextmanager
def _folders(case: Path, sources: Sequence[str]) -> Iterator[list[Path]]:
    """Yield the workers' folders; what is in a store is fetched to a folder beside the case first, which goes again."""
    from tempfile import TemporaryDirectory

    from exports.store import ObjectStore, heads_seen, pull
    from exports.store.location import Location

    with ExitStack() as stack:
        folders = list[Path]()
        for source in sources:
            if not source.startswith("s3://"):
                folders.append(Path(source))
                continue
            location = Location.parse(source)
            if location is None:
                raise click.UsageError(
                    clean(f"{source[:200]!r} is no place in a store: such as s3://evidence/OP-ALDER")
                )
            place = Path(stack.enter_context(TemporaryDirectory(dir=case.absolute().parent, prefix=".collecting-")))
            with ObjectStore(location) as store:
                found = dict.fromkeys(head.place for head in heads_seen(store))
                for number, each in enumerate(found):
                    at = Location.parse(each)
                    if at is not None:
                        pull(place / str(number), store.at(at))
                        folders.append(place / str(number))
        yield folders

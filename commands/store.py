"""`goldenhour store push`, `verify`, `pull` and `list`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.confined import found_apart, read_only
from commands.exit import Exit, verdict_exit
from commands.interrupt import terminating_like_ctrl_c
from commands.officer import officer_name
from commands.opening import open_own_case, signing_key
from commands.options import PATH, json_option, output_options, signing_options
from commands.output import clean, complain, counted, print_json, print_styled
from commands.progress import byte_progress
from commands.subcommands import Subcommands

if TYPE_CHECKING:
    from exports.store import HeadInfo, HeadSeen, Location, Lock, Pushed, StoreCheck, Vouched
    from hashing.case.case import Case
    from hashing.ledger.keys import SigningKey


def parsed_location(_: click.Context, __: click.Parameter, value: str) -> Location:
    """Read an address in a store. A callback of click."""
    from exports.store.location import Location

    if (found := Location.parse(value)) is None:
        raise click.BadParameter(clean(f"{value[:200]!r} is no place in a store: such as s3://evidence/OP-ALDER"))
    return found


_path = click.argument("path", type=PATH, metavar="CASE|BUNDLE")
_location = click.argument("location", callback=parsed_location, metavar="s3://BUCKET/PREFIX")


@click.group(cls=Subcommands)
def store() -> None:
    """Keep a case or a bundle in object storage (S3) under locks, and check that it is all there.

    Credentials, region and endpoint come from the environment, profile or role that all tools of AWS use
    (AWS_PROFILE, AWS_ENDPOINT_URL_S3 …).

    \b
    goldenhour store push OP-ALDER s3://evidence/OP-ALDER --legal-hold
    goldenhour store verify OP-ALDER s3://evidence/OP-ALDER
    """


@store.command(name="push")
@_path
@_location
@click.option(
    "--lock", "mode", type=click.Choice(["compliance", "governance"]), help="How strictly each object is locked."
)
@click.option(
    "--retain-until", default="", metavar="DATE", help="Until when: a day (to its end, UTC), or a time with zone."
)
@click.option("--legal-hold", is_flag=True, help="Lock each object until somebody lifts the hold.")
@signing_options
@output_options
def store_push(
    path: Path,
    location: Location,
    mode: str | None,
    retain_until: str,
    legal_hold: bool,
    officer: str | None,
    key_path: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Verify a case or a bundle, and put every file of it into a store under its SHA-256, locked; the head comes last.

    The store is tried first on scratch objects: one that lets a lock be shortened or a locked version be deleted gets
    nothing. A push that was cut goes on where it was, and a later one sends what is new. That the exhibits were copied
    is recorded in the case's ledger. Without a lock the bucket's own default must give one.

    \b
    goldenhour store push OP-ALDER s3://evidence/OP-ALDER \\
        --lock compliance --retain-until 2036-11-30
    goldenhour store push OP-ALDER_MP-1.zip s3://evidence/MP-1 --legal-hold
    """
    from exports.store import ObjectStore, push, record_copies

    lock = _lock(mode, retain_until, hold=legal_hold)
    with terminating_like_ctrl_c():
        state = read_vouched(path, read=True, quiet=quiet)
        recording = _may_record(path, key_path)
        by = officer_name(officer) if recording else ""
        with ObjectStore(location) as connected, byte_progress(f"sending {path}", quiet=quiet) as progress:
            pushed = push(path, state, connected, lock, progress=progress)
        # The key is not in this process while the store is.
        own = _own_case(path, key_path) if recording else None
        recorded = record_copies(own[0], pushed, location, key=own[1], officer=by) if own is not None else ()
    _print_pushed(pushed, location, recorded, as_json=as_json)


@store.command(name="verify")
@_path
@_location
@click.option("--read", is_flag=True, help="Fetch every file and hash it, and trust no checksum of the store.")
@output_options
def store_verify(path: Path, location: Location, read: bool, as_json: bool, quiet: bool) -> None:
    """Compare what is in a store with the records of the case or the bundle on this disk: all there, nothing altered.

    Nothing but the list is fetched, where the store gives SHA-256 checksums. Exit code 0: all is there; 3: it is, and
    the case has new captures to push; 5: something was altered or removed, and is named; 6: could not be checked.

    \b
    goldenhour store verify OP-ALDER s3://evidence/OP-ALDER
    goldenhour store verify OP-ALDER s3://evidence/OP-ALDER --read --json
    """
    from exports.store import ObjectStore, check_store

    with terminating_like_ctrl_c():
        # What should be there follows from the signed ledgers here; the store's own list is only compared with it.
        state = read_vouched(path, read=False, quiet=quiet)
        with ObjectStore(location) as connected, byte_progress(f"verifying {location}", quiet=quiet) as progress:
            check = check_store(path, state, connected, read=read, progress=progress)
    if as_json:
        print_json(check.to_json())
    else:
        for line in _check_lines(check):
            print_styled(line)
        print_styled(_verdict(check), {"ok": "green", "mismatch": "bold red"}.get(check.verdict, "yellow"))
    sys.exit(
        {"ok": Exit.OK, "in part": Exit.IN_PART, "mismatch": Exit.MISMATCH, "unchecked": Exit.UNCHECKED}[check.verdict]
    )


@store.command(name="pull")
@_path
@_location
@output_options
def store_pull(path: Path, location: Location, as_json: bool, quiet: bool) -> None:
    """Fetch the newest state of a case or a bundle from a store into a new folder (a zip: a new file), and verify it.

    \b
    goldenhour store pull OP-ALDER s3://evidence/OP-ALDER
    """
    from commands.verify import print_verification
    from exports.store import ObjectStore, pull
    from exports.verification import verify

    with terminating_like_ctrl_c():
        with ObjectStore(location) as connected, byte_progress(f"fetching {location}", quiet=quiet) as progress:
            pull(path, connected, progress=progress)
        # What came from a store is a stranger's until it is verified, and that is done without any rights.
        read_only(path)
        with byte_progress(f"verifying {path}", quiet=quiet) as progress:
            verification = verify(path, progress=progress)
    if as_json:
        print_json(verification.to_json())
    else:
        print_verification(verification)
    sys.exit(verdict_exit(verification.verdict))


@store.command(name="list")
@_location
@json_option
def store_list(location: Location, as_json: bool) -> None:
    """List what is at a place in a store, or one level below it: each state that was pushed, as its head says.

    \b
    goldenhour store list s3://evidence
    """
    from exports.errors import NotCheckable
    from exports.store import ObjectStore, heads_seen

    ends = []
    with ObjectStore(location) as connected:
        for head in heads_seen(connected):
            if head.info is None:
                complain(head.fault)
            else:
                _print_head(head, head.info, as_json=as_json)
            ends.append(Exit.OK if head.info is not None else Exit.UNCHECKED)
    if not ends:
        raise NotCheckable(f"{location}: nothing was pushed there")
    sys.exit(max(ends))


def _lock(mode: str | None, retain_until: str, *, hold: bool) -> Lock:
    from exports.store import Lock

    if (mode is None) == bool(retain_until):
        raise click.UsageError("say --lock and --retain-until together: how strictly, and until when")
    return Lock((mode or "").upper(), _moment(retain_until) if retain_until else None, hold)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.UsageError(clean(f"--retain-until: {text[:100]!r} is no date such as 2036-11-30")) from error
    if len(text) <= len("2036-11-30"):
        moment = datetime.combine(moment, time(23, 59, 59), UTC)
    if moment.tzinfo is None:
        raise click.UsageError("--retain-until: say the zone too, as in 2036-11-30T12:00Z")
    if moment <= datetime.now(UTC):
        raise click.UsageError(clean(f"--retain-until: {text} is over"))
    return moment.astimezone(UTC).replace(microsecond=0)


def read_vouched(path: Path, *, read: bool, quiet: bool) -> Vouched:
    """Return what a path vouches for, read in a process that has neither network nor key."""
    from exports.store import Vouched, vouched

    def _read() -> Vouched:
        with byte_progress(f"verifying {path}", quiet=quiet or not read) as progress:
            return vouched(path, read=read, progress=progress)

    return found_apart(_read, Vouched, path)


def _may_record(path: Path, key_path: Path | None) -> bool:
    """Say whether this is a case, and this user has a key to record in it with; none is made for it."""
    from hashing.case.case import is_case
    from hashing.ledger.keys import default_key_path

    return is_case(path) and (key_path is not None or os.path.lexists(default_key_path()))


def _own_case(path: Path, key_path: Path | None) -> tuple[Case, SigningKey] | None:
    """Open a case that is this user's own, to record in it; of any other say that nothing is recorded."""
    from hashing.errors import NotAsSigned

    key = signing_key(key_path)
    try:
        return open_own_case(path, key), key
    except NotAsSigned as error:
        complain(f"{path}: that it was copied is not recorded in its ledger: {str(error).removeprefix(f'{path}: ')}")
    return None


def _print_pushed(pushed: Pushed, location: Location, recorded: tuple[str, ...], *, as_json: bool) -> None:
    from hashing.printable import human_size

    info = pushed.head.info
    if as_json:
        print_json({
            "location": str(location), "what": info.what, "name": info.name, "lines": info.lines, "files": info.files,
            "bytes": info.bytes, "sent": pushed.sent, "sent_bytes": pushed.sent_bytes, "head": pushed.head.name,
            "lock": str(pushed.lock), "tightened": pushed.tightened, "recorded": list(recorded),
        })  # fmt: skip
        return
    sent = f"{counted(pushed.sent, 'file')} sent now" if pushed.sent else "all were there"
    print_styled(f"head     {pushed.head.name}")
    print_styled(f"lock     {pushed.lock}")
    if pushed.tightened:
        print_styled(f"lock     so, from now on, {counted(pushed.tightened, 'object')} of earlier states as well")
    if recorded:
        print_styled(f"custody  copied: {', '.join(recorded)}")
    print_styled(
        f"STORED  {location}: {counted(info.files, 'file')}, {human_size(info.bytes)}, each under its SHA-256; {sent}",
        "green",
    )


def _check_lines(found: StoreCheck) -> Iterator[str]:
    for word, faults in (("altered", found.altered), ("missing", found.missing), ("added", found.added)):
        for each in faults:
            said = [getattr(each, field) for field in ("expected", "found") if hasattr(each, field)]
            yield f"{word:<9}{each.path}  {', found '.join(said)}"
    for unchecked in found.unchecked:
        yield f"unchecked  {unchecked.path}: {unchecked.reason}"
    for path in found.later:
        yield f"not yet  {path}"
    for short in found.short:
        yield f"short    {short}: less than the last push asked for"
    if found.unlocked:
        yield f"note     {counted(found.unlocked, 'object')} without a lock, or whose lock is over"
    if found.locked_until:
        yield f"lock     the first ends {found.locked_until}"


def _verdict(found: StoreCheck) -> str:
    from hashing.printable import human_size

    words = {"ok": "WHOLE", "in part": "WHOLE, NOT ALL", "mismatch": "DOES NOT MATCH", "unchecked": "NOT CHECKED"}
    state = f" of {counted(found.lines, 'line')}" if found.lines else ""
    how = "read and hashed" if found.read else "by the store's checksums"
    counts = f"{counted(found.files, 'file')}, {human_size(found.bytes)}, {how}"
    more = f"; {counted(len(found.later), 'file')} came later: push them" if found.later else ""
    return f"{words[found.verdict]}  {found.location}: {found.what} {found.name}{state}: {counts}{more}"


def _print_head(head: HeadSeen, info: HeadInfo, *, as_json: bool) -> None:
    from hashing.printable import human_size
    from hashing.times import time_text

    stored = head.stored
    until = time_text(stored.until) if stored.until else ""
    if as_json:
        print_json({
            "location": head.place, "head": head.name, "what": info.what, "name": info.name, "id": info.id,
            "lines": info.lines, "files": info.files, "bytes": info.bytes, "pushed": info.pushed, "tool": info.tool,
            "mode": stored.mode.lower(), "locked_until": until, "legal_hold": stored.hold,
        })  # fmt: skip
        return
    locks = [f"{stored.mode.lower()} until {until}"] if stored.mode else []
    locks += ["legal hold"] if stored.hold else []
    counts = f"{counted(info.files, 'file')}, {human_size(info.bytes)}"
    print_styled(
        f"{head.place}  {info.what} {info.name}, pushed {info.pushed}: {counts}; {' and '.join(locks) or 'not locked'}"
    )

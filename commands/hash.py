"""`goldenhour hash`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from commands.exit import Exit
from commands.options import PATH, output_options
from commands.output import clean, counted
from commands.progress import count_progress


@click.command(name="hash")
@click.argument("paths", nargs=-1, type=PATH, metavar="PATH...")
@click.option("--also", default="", metavar="md5,sha1,…", help="More algorithms, in the same reading.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["sha256sum", "hashdeep", "json"]),
    default="sha256sum",
    show_default=True,
    help="How the list is written.",
)
@click.option("--check", "check", type=PATH, metavar="LIST", help="Check the files of a list.")
@output_options
def hash_command(paths: tuple[Path, ...], also: str, form: str, check: Path | None, as_json: bool, quiet: bool) -> None:
    """Hash files and folders with SHA-256, and with other algorithms in the same reading; or check a hash list.

    \b
    goldenhour hash photos/ > photos.sha256        (sha256sum -c accepts it)
    goldenhour hash --also md5,sha1 stick/
    goldenhour hash --check photos.sha256
    """
    if check is not None and paths:
        raise click.UsageError("--check takes the files from the list: name no others")
    if check is not None and also:
        raise click.UsageError("--check takes the algorithms from the list: leave out --also")
    if check is not None and as_json:
        raise click.UsageError("--check tells what it finds in words: leave out --json")
    if check is not None:
        sys.exit(_check_hashes(check, quiet=quiet))
    if not paths:
        raise click.UsageError("name files or folders to hash, or a list with --check")
    sys.exit(_write_hashes(paths, also, "json" if as_json else form, quiet=quiet))


def _write_hashes(paths: tuple[Path, ...], also: str, form: str, *, quiet: bool) -> Exit:
    from hashing.files.digest import HEX_DIGITS, SHA256
    from hashing.files.hash_list import write_list

    # SHA-256 always and first: MD5 and SHA-1 can be collided, and are written for comparison with old lists.
    algorithms = [SHA256, *(name.strip().lower() for name in also.split(",") if name.strip())]
    for name in algorithms:
        if name not in HEX_DIGITS:
            raise click.UsageError(f"--also {name}: not one of {', '.join(HEX_DIGITS)}")
    with count_progress("hashing", quiet=quiet) as progress:
        report = write_list(paths, sys.stdout.buffer, form=form, algorithms=algorithms, progress=progress)
    for skipped in report.skipped:
        click.echo(clean(f"left out: {skipped.path}: {skipped.reason}"), err=True)
    for unread in report.unread:
        click.echo(clean(f"not hashed: {unread.path}: {unread.reason}"), err=True)
    return Exit.UNCHECKED if report.unread else Exit.OK


def _check_hashes(path: Path, *, quiet: bool) -> Exit:
    from hashing.files.hash_list import check_list

    with count_progress(f"checking {path}", quiet=quiet) as progress:
        report = check_list(path, progress=progress)
    # What does not match comes first and alone decides for exit code 5; what could not be checked decides only where
    # nothing is wrong.
    for altered in report.altered:
        click.echo(clean(f"altered    {altered.path}"))
        for expected, found in zip(altered.expected, altered.found, strict=True):
            click.echo(f"  expected {expected}\n  found    {found}")
        if altered.expected_size is not None:
            click.echo(f"  expected {altered.expected_size} bytes\n  found    {altered.found_size} bytes")
    for missing in report.missing:
        click.echo(clean(f"missing    {missing.path}"))
    for unread in report.unreadable:
        click.echo(clean(f"unchecked  {unread.path}: {unread.reason}"))
    for bad in report.bad_lines:
        click.echo(clean(f"unchecked  {path}, line {bad.line}: {bad.reason}"))
    for note, count in report.notes:
        click.echo(f"note       {counted(count, 'name')} {note}")
    faults = f"{len(report.altered)} altered, {len(report.missing)} missing"
    unchecked = len(report.unreadable) + len(report.bad_lines)
    if not report.matches:
        click.echo(clean(f"DOES NOT MATCH  {path}: {faults}, {unchecked} unchecked, {report.ok} as listed"))
        return Exit.MISMATCH
    if not report.complete:
        click.echo(clean(f"COULD NOT BE CHECKED  {path}: {unchecked} unchecked, {report.ok} as listed"))
        return Exit.UNCHECKED
    click.echo(clean(f"WHOLE  {path}: all {report.ok} files are as listed"))
    return Exit.OK

"""`goldenhour appeals`."""

from __future__ import annotations

from pathlib import Path

import click

from commands.confined import read_only
from commands.options import FILE, PATH
from commands.output import clean, counted


@click.command()
@click.argument("feed", type=FILE, metavar="FEED.xml")
@click.option(
    "--case",
    "cases",
    multiple=True,
    required=True,
    type=PATH,
    metavar="CASE",
    help="A case whose open appeals are told (may be repeated).",
)
@click.option("--published", required=True, metavar="URL", help="Where the feed will be found: it names the feed.")
@click.option("--by", "author", required=True, metavar="NAME", help="Who appeals, such as the force's name.")
@click.option("--headline", default="", metavar="TEXT", help="What stands above it.  [default: made for you]")
def appeals(feed: Path, cases: tuple[Path, ...], published: str, author: str, headline: str) -> None:
    """Write a feed (Atom) of what the public is asked for, from the open appeals of cases.

    An earlier feed of the same address is replaced; any other file is left as it is. Nothing else of a case is told.
    Other forces' feeds are scenes: goldenhour capture URL.

    \b
    goldenhour appeals a.xml --case OP --by Alder --published https://a.example/a
    """
    from exports.format.outside import demand_outside
    from hashing.case.case import Case
    from hashing.errors import NotAsSigned
    from hashing.times import system_clock, time_text
    from intelligence.appeals import appeals_feed, demand_web, open_appeals, write_feed

    # All is checked before anything is read: what is written becomes public, and cannot be taken back.
    demand_web(published)
    for path in cases:  # of the folder: the name may be that of an earlier feed
        demand_outside(feed.with_name(f".{feed.name}.part"), path)
    read_only(*cases, output=feed)
    asked = []
    for path in cases:
        case = Case.open(path)
        if unsigned := case.unsigned():
            raise NotAsSigned(
                f"{path}: the last {unsigned} lines of its ledger are not signed, and are told to nobody",
                hint="finish them off with: goldenhour recover CASE",
            )
        asked += open_appeals(case)
    made = appeals_feed(
        asked, url=published, author=author, title=headline or "Appeals for information", now=time_text(system_clock())
    )
    write_feed(feed, made, published)
    click.echo(clean(f"feed     {feed}: {counted(len(asked), 'appeal')}"))

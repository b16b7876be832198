"""`goldenhour man`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
def man(folder: Path) -> None:
    """Write a manual page for each command into a folder, for `man`.

    \b
    goldenhour man ~/.local/share/man/man1     (then: man goldenhour-capture)
    """
    from commands.manual import pages
    from hashing.files.storage import make_folder, storing, write_exclusively

    if not folder.is_dir():
        make_folder(folder)
    main = click.get_current_context().find_root().command
    assert isinstance(main, click.Group)  # noqa: S101 - tells the type: all commands stand below it
    written = list(pages(main, "goldenhour"))
    for name, text in written:
        with storing(folder / name):
            (folder / name).unlink(missing_ok=True)  # of an earlier version
        write_exclusively(folder / name, text.encode())
    click.echo(f"{len(written)} pages in {folder}")

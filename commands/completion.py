"""`goldenhour completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

_PROGRAM, _VARIABLE = "goldenhour", "_GOLDENHOUR_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the lines that make a shell complete goldenhour's commands, options and paths with the Tab key.

    \b
    bash:  goldenhour completion bash >> ~/.bash_completion
    zsh:   goldenhour completion zsh > ~/.zsh/completions/_goldenhour  (in $fpath)
    fish:  goldenhour completion fish > ~/.config/fish/completions/goldenhour.fish
    """
    made = get_completion_class(shell)
    assert made is not None  # noqa: S101 - the choice above names only shells that click knows
    click.echo(made(click.get_current_context().find_root().command, {}, _PROGRAM, _VARIABLE).source())

"""A command with commands of its own, such as `goldenhour store push`."""

from __future__ import annotations

import click

_LONGEST = 200


class Subcommands(click.Group):
    """A group whose help tells each of its commands in a whole sentence, over as many lines as that takes."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Print the commands, each with its first sentence."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, each.get_short_help_str(_LONGEST)) for name, each in sorted(self.commands.items())]
            )

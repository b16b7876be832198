"""The command line: which commands there are, and how it ends when one of them fails."""

from __future__ import annotations

import gc
import sys
from typing import Any

import click

from commands import COMMANDS, SECTIONS, load_command
from commands.confined import OwnProcess
from commands.exit import Exit, exit_code
from commands.output import complain
from commands.pipe import outlive_readers

_NEW_OBJECTS = 10_000  # Objects made since the last look for cycles, until the next.


class Goldenhour(click.Group):
    """Loads commands as they are asked for, and turns the packages' errors into a sentence, a hint and an exit code."""

    def main(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - click's own type
        """Run a command line to its end, whether or not somebody reads all that it says."""
        outlive_readers()
        if args or kwargs:  # a test, or another caller
            return super().main(*args, **kwargs)
        # Of what a start loads nothing becomes garbage: looking for cycles in it, again and again and at the end once
        # more, takes a tenth of a short command's time.
        gc.set_threshold(_NEW_OBJECTS)
        try:
            return super().main(obj=OwnProcess())
        finally:
            gc.freeze()

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:  # noqa: ANN401 - click's signature
        """Read the command line; what click would call aborted is interrupted here too."""
        try:
            return super().make_context(*args, **kwargs)
        except KeyboardInterrupt:
            complain("interrupted")
            sys.exit(Exit.INTERRUPTED)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own type
        """Run the command."""
        from capture.errors import CaptureError
        from exports.errors import ExportError
        from fleet.errors import FleetError
        from hashing.errors import HashingError
        from hashing.files.storage import read_error
        from intelligence.errors import IntelligenceError

        try:
            return super().invoke(ctx)
        # The errors that we raise say what happened and what to do. An OSError that nobody turned into one is a fault
        # of the system, told as such; anything else is a fault of ours and keeps its traceback.
        except (CaptureError, ExportError, FleetError, HashingError, IntelligenceError) as error:
            complain(str(error), error.hint)
            ctx.exit(exit_code(error))
        except OSError as error:
            unreadable = read_error(error.filename or "the system", error)
            complain(str(unreadable), unreadable.hint)
            ctx.exit(exit_code(unreadable))
        except MemoryError:
            complain("this computer has no memory left", "close other programs, then run the command again")
            ctx.exit(Exit.FAULT)
        except KeyboardInterrupt as interrupt:
            complain("interrupted", str(interrupt))
            ctx.exit(Exit.INTERRUPTED)
        except click.Abort:  # Ctrl-C or Ctrl-D where a question waits for its answer
            click.echo(err=True)
            complain("interrupted: the question was not answered")
            ctx.exit(Exit.INTERRUPTED)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """List the commands in the order in which evidence passes through them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Load a command."""
        return load_command(cmd_name) if cmd_name in COMMANDS else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; where there is none of this name, name the likeliest. Raises click.UsageError."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            from commands.output import clean

            ctx.fail(clean(f"no such command: {args[0]}") + (f"; did you mean {near[0]}?" if near else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Print the commands by what they are for, without loading any."""
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl(list(commands.items()))


def _print_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from capture.versions import versions_shown
        from hashing.tool import tool

        click.echo(f"{tool()}, Python {sys.version.split()[0]}")
        for name, version in versions_shown().items():
            click.echo(f"{name:<13} {version}")
        ctx.exit()


@click.group(cls=Goldenhour, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Name the version, and those of what matters, and end.",
)
def main() -> None:
    """Secure online material in the golden hour: capture it raw, hash it, seal it, hand it over.

    \b
    A first look:    goldenhour demo
    A hashtag:       goldenhour capture '#FireWatch' --on bsky --since 2h
    A scene:         goldenhour capture https://example.org/post/1 --case OP-ALDER
    Nothing changed: goldenhour verify OP-ALDER
    Hand over:       goldenhour export OP-ALDER --zip
    """


if __name__ == "__main__":
    main()

"""The command line: which commands there are, and how it ends when one of them fails."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from commands.exit import Exit, exit_code
from commands.output import complain

# In the order in which evidence passes through them. A module is loaded when its command is asked for.
COMMANDS = {
    "capture": "capture",
    "watch": "watch",
    "batch": "batch",
    "recover": "recover",
    "merge": "merge",
    "verify": "verify",
    "hash": "hash_command",
    "seal": "seal",
    "export": "export",
    "report": "report",
    "convert": "convert",
    "custody": "custody",
    "exhibit": "exhibit",
    "label": "label",
    "show": "show",
    "key": "key",
    "config": "config",
    "doctor": "doctor",
    "demo": "demo",
    "validate": "validate",
    "completion": "completion",
    "man": "man",
}


class Goldenhour(click.Group):
    """Loads commands as they are asked for, and turns the packages' errors into a sentence, a hint and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own type
        """Run the command."""
        from capture.errors import CaptureError
        from exports.errors import ExportError
        from hashing.errors import HashingError

        try:
            return super().invoke(ctx)
        except (CaptureError, ExportError, HashingError) as error:
            complain(str(error), error.hint)
            ctx.exit(exit_code(error))
        except KeyboardInterrupt:
            complain("interrupted")
            ctx.exit(Exit.INTERRUPTED)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """List the commands in the order in which evidence passes through them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Load a command."""
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(f"commands.{cmd_name}"), COMMANDS[cmd_name])
        assert isinstance(command, click.Command)  # noqa: S101 - tells the type; the table above is ours
        return command


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
    A hashtag:       goldenhour capture '#FireWatch' --on mastodon.example --on bsky --since 2h
    A scene:         goldenhour capture https://example.org/post/1 --case OP-ALDER --officer "Mary Price"
    Nothing changed: goldenhour verify OP-ALDER
    Hand over:       goldenhour export OP-ALDER --zip
    """


if __name__ == "__main__":
    main()

"""The command reference, written from the program itself: `python -m tests.reference` replaces docs/commands.md."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from selector.cli import tunegate

PAGE: Final = Path(__file__).parents[1] / "docs" / "commands.md"
START: Final = """# Commands

Written from the program by `make docs`; what a command says with `--help`.

Exit codes: 0 go or done, 1 no-go, 2 wrong use or bad input, 3 something is missing, 4 a stage failed, 5 inconclusive,
130 interrupted.
`--json` prints stable keys on stdout; notes go to stderr.
"""


def reference() -> str:
    """Return the page: every command, and every command of a group, with its help."""
    parts = [START, *(_section(words, found) for words, found in _commands(tunegate, ("tunegate",)))]
    return "\n".join(parts)


def _commands(command: click.Command, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield words, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=words[-1])
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None:
                yield from _commands(found, (*words, name))


def _section(words: tuple[str, ...], command: click.Command) -> str:
    context = click.Context(
        command,
        info_name=" ".join(words),
        terminal_width=110,
        max_content_width=110,
        help_option_names=list(tunegate.context_settings["help_option_names"]),
    )
    lines = (line.rstrip() for line in command.get_help(context).splitlines())
    return f"## {' '.join(words)}\n\n```text\n{chr(10).join(lines)}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
    click.echo(PAGE)

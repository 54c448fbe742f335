"""`tunegate check`: every check of the data, without a run."""

import sys
from typing import TYPE_CHECKING

import click

from reports.errors import EXIT_GO, EXIT_NO_GO, UsageError
from selector.commands.options import json_option

if TYPE_CHECKING:
    from evals.data.examples import Kind


@click.command()
@click.argument("sources", metavar="FILE...", nargs=-1, required=True)
@click.option("--against", multiple=True, metavar="EVAL", help="File that is measured on, for leakage; may be repeated.")
@click.option("--model", help="Model whose tokenizer counts: local folder or hub name.")
@click.option("--layout", metavar="KIND", help="What the rows are, where that is ambiguous, for example preference.")
@click.option("--max-length", type=click.IntRange(1), help="Largest length in tokens.  [default: the model's context]")
@click.option("--accept", multiple=True, metavar="CODE", help="Let this blocking check fail; may be repeated.")
@json_option
def command(
    sources: tuple[str, ...],
    against: tuple[str, ...],
    model: str | None,
    layout: str | None,
    max_length: int | None,
    accept: tuple[str, ...],
    as_json: bool,
) -> int:
    """Check training data: layout, duplicates, pairs, lengths, leakage.

    FILE is a file, a folder, a pattern such as "data/*.jsonl" or the name of a hub data set.
    Exit codes: 0 all blocking checks pass, 1 one fails, 2 bad input, 3 something is missing.
    """
    from evals.data.check import CheckRequest, check_files

    found = check_files(CheckRequest(sources, against, model, _kind(layout), max_length, frozenset(accept)))
    if as_json:
        import msgspec

        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
    else:
        from selector.check_text import as_text

        click.echo(as_text(found))
    return EXIT_GO if found.passed else EXIT_NO_GO


def _kind(name: str | None) -> "Kind | None":
    from evals.data.layouts import KINDS

    if name is not None and name not in KINDS:
        raise UsageError(f"--layout {name}: no such layout. Layouts: {', '.join(KINDS)}.")
    return name

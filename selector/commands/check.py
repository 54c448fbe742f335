"""`tunegate check`: every check of the data, without a run."""

import sys

import click

from reports.errors import EXIT_GO, EXIT_NO_GO
from selector.commands.options import json_option


@click.command()
@click.argument("sources", metavar="FILE...", nargs=-1, required=True)
@click.option("--against", multiple=True, metavar="EVAL", help="File that is measured on, for leakage; may be repeated.")
@click.option("--model", help="Model whose tokenizer counts: local folder or hub name.")
@click.option("--max-length", type=click.IntRange(1), help="Largest length in tokens.  [default: the model's context]")
@click.option("--accept", multiple=True, metavar="CODE", help="Let this blocking check fail; may be repeated.")
@json_option
def command(
    sources: tuple[str, ...],
    against: tuple[str, ...],
    model: str | None,
    max_length: int | None,
    accept: tuple[str, ...],
    as_json: bool,
) -> int:
    """Check training data: layout, duplicates, pairs, lengths, leakage.

    FILE is a file or the name of a hub data set.
    Exit codes: 0 all blocking checks pass, 1 one fails, 2 bad input, 3 something is missing.
    """
    from evals.data.check import CheckRequest, check_files

    found = check_files(CheckRequest(sources, against, model, max_length, frozenset(accept)))
    if as_json:
        import msgspec

        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
    else:
        from selector.check_text import as_text

        click.echo(as_text(found))
    return EXIT_GO if found.passed else EXIT_NO_GO

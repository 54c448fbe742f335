"""`tunegate check`: every check of the data, without a run."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reports.errors import EXIT_GO, EXIT_NO_GO, UsageError
from selector.commands.options import json_option

if TYPE_CHECKING:
    from evals.data.check import Examined
    from evals.data.examples import Kind


@click.command()
@click.argument("sources", metavar="FILE...", nargs=-1, required=True)
@click.option("--against", multiple=True, metavar="EVAL", help="File that is measured on, for leakage; may be repeated.")
@click.option("--model", help="Model whose tokenizer counts: local folder or hub name.")
@click.option("--layout", metavar="KIND", help="What the rows are, where that is ambiguous, for example preference.")
@click.option("--max-length", type=click.IntRange(1), help="Largest length in tokens.  [default: the model's context]")
@click.option("--accept", multiple=True, metavar="CODE", help="Let this blocking check fail; may be repeated.")
@click.option(
    "--fix", type=click.Path(path_type=Path), metavar="OUT", help="Write the cleaned files, and what went, to this new folder."
)
@json_option
def command(
    sources: tuple[str, ...],
    against: tuple[str, ...],
    model: str | None,
    layout: str | None,
    max_length: int | None,
    accept: tuple[str, ...],
    fix: Path | None,
    as_json: bool,
) -> int:
    """Check training data: layout, duplicates, pairs, lengths, leakage.

    FILE is a file, a folder, a pattern such as "data/*.jsonl" or the name of a hub data set.
    Exit codes: 0 all blocking checks pass, 1 one fails, 2 bad input, 3 something is missing.
    """
    from evals.data.check import CheckRequest, examine

    if fix is not None:
        from evals.data.fixing import require_new

        require_new(fix)
    examined = examine(CheckRequest(sources, against, model, _kind(layout), max_length, frozenset(accept)))
    if fix is not None:
        _write_fixed(examined, fix)
    found = examined.found
    if as_json:
        import msgspec

        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
    else:
        from selector.check_text import as_text

        click.echo(as_text(found))
    return EXIT_GO if found.passed else EXIT_NO_GO


def _write_fixed(examined: "Examined", folder: Path) -> None:
    from evals.data.fixing import DIFF, write_fixed

    fixed = write_fixed(examined, folder)
    named = ", ".join(path.name for path in fixed.files)
    click.echo(
        f"note: {fixed.kept:,} rows written to {folder} ({named}); the {fixed.removed:,} that went are in {folder / DIFF}.",
        err=True,
    )


def _kind(name: str | None) -> "Kind | None":
    from evals.data.layouts import KINDS

    if name is not None and name not in KINDS:
        raise UsageError(f"--layout {name}: no such layout. Layouts: {', '.join(KINDS)}.")
    return name

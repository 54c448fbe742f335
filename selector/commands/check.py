"""`tunegate check`: every check of the data, without a run."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reports.errors import EXIT_GO, EXIT_NO_GO, UsageError
from selector.commands.options import (
    accept_option,
    because_option,
    by_option,
    json_option,
    layout_option,
    read_acceptances,
    read_layout,
)
from selector.commands.quiet import be_quiet

if TYPE_CHECKING:
    from evals.data.check import CheckRequest, Examined, Say
    from evals.data.fixing import Fixed


@click.command()
@click.argument("sources", metavar="FILE...", nargs=-1, required=True)
@click.option("--against", multiple=True, metavar="EVAL", help="File that is measured on, for leakage; may be repeated.")
@click.option("--model", help="Model whose tokenizer counts: local folder or hub name.")
@layout_option
@click.option("--max-length", type=click.IntRange(1), help="Largest length in tokens.  [default: the model's context]")
@accept_option
@because_option
@by_option
@click.option(
    "--fix", type=click.Path(path_type=Path), metavar="OUT", help="Write the cleaned files, and what went, to this new folder."
)
@click.option("--show-mask", type=click.IntRange(0), default=0, metavar="N", help="Print N rows with what a model learns marked.")
@click.option("--assistant-only", is_flag=True, help="Batch dialogues as assistant_only_loss=True does.")
@click.option(
    "--margins",
    type=click.IntRange(1),
    is_flag=False,
    flag_value=200,
    metavar="[N]",
    help="Load the model and score N pairs under it.  [200 without N]",
)
@click.option("--stream", is_flag=True, help="Read row by row, as files that exceed memory are; compare rows in a sample.")
@click.option("--progress", is_flag=True, help="Say on stderr which step begins.")
@json_option
def command(
    sources: tuple[str, ...],
    against: tuple[str, ...],
    model: str | None,
    layout: str | None,
    max_length: int | None,
    accept: tuple[str, ...],
    because: str,
    by: str,
    fix: Path | None,
    show_mask: int,
    assistant_only: bool,
    margins: int | None,
    stream: bool,
    progress: bool,
    as_json: bool,
) -> int:
    """Check training data: layout, duplicates, pairs, lengths, leakage.

    FILE is a file, a folder, a pattern such as "data/*.jsonl" or the name of a hub data set.
    Exit codes: 0 all blocking checks pass, 1 one fails, 2 bad input, 3 something is missing.
    """
    if margins:
        be_quiet()
    from evals.data.check import CheckRequest
    from evals.data.checks.model import Looking

    if model is None and (show_mask or margins or assistant_only):
        raise UsageError("--show-mask, --margins and --assistant-only need --model, whose tokenizer and template batch the rows.")
    if fix is not None:
        from evals.data.fixing import require_new

        require_new(fix)
    request = CheckRequest(sources, against, model, read_layout(layout), max_length, read_acceptances(accept, because, by))
    request = request._replace(looking=Looking(show_mask, assistant_only, margins or 0, _count_scored))
    examined = _examine(request._replace(stream=stream), fix, _tell if progress else lambda step: None)
    found = examined.found
    if as_json:
        import msgspec

        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
    else:
        from selector.check_text import as_text

        click.echo(as_text(found))
    return EXIT_GO if found.passed else EXIT_NO_GO


def _count_scored(done: int, of: int) -> None:
    """Count on one line of a terminal; elsewhere say it is done."""
    if sys.stderr.isatty():
        click.echo(f"\rscoring answers under the model: {done:,} of {of:,}", err=True, nl=done == of)
    elif done == of:
        click.echo(f"note: {of:,} answers scored under the model.", err=True)


def _tell(step: str) -> None:
    from evals.data.check import STEPS

    click.echo(f"progress: {STEPS.index(step) + 1}/{len(STEPS)} {step}", err=True)


def _examine(request: "CheckRequest", fix: Path | None, say: "Say") -> "Examined":
    from evals.data.check import examine
    from evals.data.fixing import write_fixed
    from evals.data.sources import expand
    from evals.data.streaming import examine_stream, exceeds_memory

    if request.stream or exceeds_memory(expand(request.sources)):
        if fix is None:
            return examine_stream(request, say)
        from evals.data.streaming_fix import clean_stream

        cleaned = clean_stream(request, fix, say)
        _tell_fixed(cleaned.fixed, fix)
        return cleaned.examined
    examined = examine(request, say)
    if fix is not None:
        _tell_fixed(write_fixed(examined, fix), fix)
    return examined


def _tell_fixed(fixed: "Fixed", folder: Path) -> None:
    from evals.data.fixing import DIFF

    named = ", ".join(path.name for path in fixed.files)
    click.echo(
        f"note: {fixed.kept:,} rows written to {folder} ({named}); the {fixed.removed:,} that went are in {folder / DIFF}.",
        err=True,
    )

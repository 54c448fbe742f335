"""`tunegate pairs ab`: preference pairs from A/B results."""

from pathlib import Path

import click

from reports.records.pairs import ClickPairsSummary
from selector.commands.options import json_option

out_option = click.option(
    "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="Write the pairs to this file (JSON lines)."
)


@click.command()
@click.argument("logs", nargs=-1, required=True, metavar="LOG...")
@out_option
@click.option(
    "--min-lift", type=click.FloatRange(0), default=0.1, show_default=True, help="Smallest relative lift; 0.1: a tenth."
)
@click.option(
    "--level",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.05,
    show_default=True,
    help="Largest expected share of prompts with a pair in the wrong direction.",
)
@json_option
def ab(logs: tuple[str, ...], out: Path, min_lift: float, level: float, as_json: bool) -> None:
    """Build pairs from clicks and impressions.

    A row of a LOG holds `prompt`, `variant`, `impressions`, `clicks`; or two answers: `prompt`, `a`, `b`, `clicks_a`,
    `impressions_a`, `clicks_b`, `impressions_b`. A pair needs a lead that is neither noise nor too small to matter.
    """
    from evals.pairs.ab import click_pairs
    from evals.pairs.ab_rows import read_results
    from evals.pairs.writing import check_out, refused_path, write_rows

    check_out(out, logs)
    results = read_results(logs)
    found = click_pairs(results, min_lift, level)
    write_rows(out, found.accepted)
    write_rows(refused_path(out), [*results.refused, *found.refused])
    small = sum(not pair.is_large for pair in found.refused)
    summary = ClickPairsSummary(
        sources=results.labels,
        rows=results.rows,
        rows_refused=len(results.refused),
        prompts=len(results.prompts),
        comparisons=len(found.accepted) + len(found.refused),
        accepted=len(found.accepted),
        refused_as_noise=len(found.refused) - small,
        refused_as_small=small,
        level=level,
        min_lift=min_lift,
        threshold=found.threshold,
        out=str(out),
        refused_out=str(refused_path(out)),
    )
    _tell(summary, as_json)


def _tell(summary: ClickPairsSummary, as_json: bool) -> None:
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(summary), indent=2).decode())
        return
    click.echo(
        f"{summary.accepted:,} pairs from {summary.comparisons:,} comparisons at {summary.prompts:,} prompts: {summary.out}"
    )
    click.echo(
        f"  refused: {summary.refused_as_noise:,} as noise, {summary.refused_as_small:,} with a lift below "
        f"{summary.min_lift:.0%}, and {summary.rows_refused:,} of {summary.rows:,} rows: {summary.refused_out}"
    )
    click.echo(
        f"  expected share of prompts with a wrong pair: at most {summary.level:.1%} (adjusted p up to {summary.threshold:.2g})"
    )

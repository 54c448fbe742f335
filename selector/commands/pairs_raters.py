"""`tunegate pairs raters`: preference pairs from raters' votes."""

from pathlib import Path

import click

from reports.records.gates import Estimate
from reports.records.pairs import RaterRow, VotedPairsSummary
from selector.commands.options import json_option
from selector.commands.pairs_ab import out_option

DRIFT_LEVEL = 0.05


@click.command()
@click.argument("ratings", nargs=-1, required=True, metavar="RATINGS...")
@out_option
@click.option("--gold", metavar="FILE", help="Items with a known `choice`; raters who miss too many do not count.")
@click.option(
    "--floor", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="Gold accuracy a rater must be shown to have."
)
@click.option(
    "--min-agreement",
    type=click.FloatRange(0, 1),
    default=0.6,
    show_default=True,
    help="Share of an item's votes the winner needs.",
)
@click.option("--min-votes", type=click.IntRange(1), default=2, show_default=True, help="Fewest votes of an item.")
@json_option
def raters(
    ratings: tuple[str, ...], out: Path, gold: str | None, floor: float, min_agreement: float, min_votes: int, as_json: bool
) -> None:
    """Build pairs from the votes of several raters.

    A row holds `item`, `prompt`, `a`, `b`, `rater`, `choice` (a, b, tie or both_bad) and, if known, `time`.
    """
    from evals.pairs.raters import Limits, voted_pairs
    from evals.pairs.votes import read_gold, read_votes
    from evals.pairs.writing import check_out, refused_path, write_rows

    check_out(out, [*ratings, *([gold] if gold else [])])
    read = read_votes(ratings)
    known = read_gold(gold) if gold else {}
    found = voted_pairs(read, known, Limits(min_agreement, min_votes, floor))
    write_rows(out, found.accepted)
    write_rows(refused_path(out), [*read.refused, *found.refused])
    summary = VotedPairsSummary(
        sources=read.labels,
        rows=read.rows,
        rows_refused=len(read.refused),
        items=len(found.accepted) + len(found.refused),
        gold_items=len(known.keys() & read.items.keys()),
        accepted=len(found.accepted),
        refused=len(found.refused),
        alpha=found.alpha,
        alpha_because=found.alpha_because,
        raters=found.raters,
        min_agreement=min_agreement,
        min_votes=min_votes,
        floor=floor,
        out=str(out),
        refused_out=str(refused_path(out)),
    )
    _tell(summary, as_json)


def _tell(summary: VotedPairsSummary, as_json: bool) -> None:
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(summary), indent=2).decode())
        return
    click.echo(f"{summary.accepted:,} pairs from {summary.items:,} items: {summary.out}")
    click.echo(
        f"  refused: {summary.refused:,} items and {summary.rows_refused:,} of {summary.rows:,} rows: {summary.refused_out}"
    )
    alpha = summary.alpha
    shown = "not measured" if alpha is None else f"{alpha.value:.2f} ({alpha.low:.2f} to {alpha.high:.2f})"
    click.echo(f"  agreement: {shown}; {summary.alpha_because}")
    click.echo(f"\n{'rater':<20} {'votes':>6}  {'gold':<22} {'with others':<22} {'first half → second':<20}")
    for row in summary.raters:
        click.echo(_line(row))


def _line(row: RaterRow) -> str:
    first, second = row.first_half, row.second_half
    halves = "-" if first is None or second is None else f"{first.value:.0%} → {second.value:.0%}"
    drifts = row.drift_p is not None and row.drift_p <= DRIFT_LEVEL
    note = f"! drift, p = {row.drift_p:.2g}" if drifts else ""
    note = "; ".join(part for part in (f"✗ left out: {row.left_out}" if row.left_out else "", note) if part)
    line = f"{row.rater:<20.20} {row.votes:>6}  {_share(row.gold):<22} {_share(row.agreement):<22} {halves:<20} {note}"
    return line.rstrip()


def _share(found: Estimate | None) -> str:
    return "-" if found is None else f"{found.value:.0%} ({found.low:.0%} to {found.high:.0%})"

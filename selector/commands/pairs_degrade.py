"""`tunegate pairs degrade`: add synthetic pairs of answers made worse on purpose."""

from pathlib import Path

import click

from reports.records.pairs import DegradedPairsSummary
from selector.commands.options import json_option
from selector.commands.pairs_ab import out_option


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@out_option
@click.option(
    "--cap", type=click.FloatRange(0, 1), default=0.2, show_default=True, help="Largest share of synthetic pairs in the result."
)
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Use only this kind; may be repeated.  [default: all]")
@click.option("--seed", type=int, default=0, show_default=True)
@json_option
def degrade(files: tuple[str, ...], out: Path, cap: float, kinds: tuple[str, ...], seed: int, as_json: bool) -> None:
    """Add pairs whose rejected answer is a good one made worse.

    Kinds: truncated, shuffled (sentences), facts-dropped (sentences with numbers), repeated (a sentence), other-prompt (the
    answer to another prompt). Each new pair says synthetic: true and its kind.
    """
    from evals.pairs.degradations import KINDS
    from evals.pairs.degrade import degrade as build
    from evals.pairs.degrade import read_good
    from evals.pairs.writing import check_out, refused_path, write_rows

    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise click.UsageError(f"--kind {unknown[0]}: not one of {', '.join(KINDS)}.")
    check_out(out, files)
    good = read_good(files)
    found = build(good, cap, tuple(dict.fromkeys(kinds)) or KINDS, seed)
    refused = [*good.refused, *found.refused]
    write_rows(out, [*found.real, *found.synthetic])
    write_rows(refused_path(out), refused)
    total = len(found.real) + len(found.synthetic)
    summary = DegradedPairsSummary(
        sources=good.labels,
        rows=good.rows,
        rows_refused=len(refused),
        real=len(found.real),
        synthetic=len(found.synthetic),
        kinds=found.kinds(),
        share=len(found.synthetic) / total if total else 0.0,
        cap=cap,
        seed=seed,
        out=str(out),
        refused_out=str(refused_path(out)),
    )
    _tell(summary, as_json)


def _tell(summary: DegradedPairsSummary, as_json: bool) -> None:
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(summary), indent=2).decode())
        return
    click.echo(f"{summary.real:,} real and {summary.synthetic:,} synthetic pairs: {summary.out}")
    click.echo(f"  synthetic: {summary.share:.1%} of all, at most {summary.cap:.0%} (--cap)")
    click.echo(f"  kinds: {', '.join(f'{kind} {number:,}' for kind, number in summary.kinds.items()) or 'none'}")
    click.echo(f"  refused: {summary.rows_refused:,} of {summary.rows:,} rows: {summary.refused_out}")

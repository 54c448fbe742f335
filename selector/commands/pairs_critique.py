"""`tunegate pairs critique`: synthetic pairs of answers revised by a written constitution."""

from collections import Counter as Count
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from reports.records.pairs import CritiquedPairsSummary
from selector.commands.endpoint_options import Counter, EndpointFlags, endpoint_options, open_client, use_line
from selector.commands.options import json_option
from selector.commands.pairs_ab import out_option
from selector.commands.pairs_samples import consistency_line

if TYPE_CHECKING:
    from evals.pairs.prompts import PromptRow
    from reports.records.pairs import RefusedRow


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--constitution", required=True, type=click.Path(path_type=Path, dir_okay=False), help="Principles, in Markdown.")
@click.option("--endpoint", required=True, metavar="URL#MODEL", help="Model that criticises and revises.")
@out_option
@click.option("--verify", is_flag=True, help="Keep only revisions that the model prefers in both orders.")
@click.option("--cap", type=click.FloatRange(0, 1), default=0.2, show_default=True, help="Largest share beside real pairs.")
@click.option("--seed", type=int, default=0, show_default=True)
@endpoint_options
@json_option
def critique(
    files: tuple[str, ...],
    constitution: Path,
    endpoint: str,
    out: Path,
    verify: bool,
    cap: float,
    seed: int,
    as_json: bool,
    **flags: Unpack[EndpointFlags],
) -> None:
    """Build pairs of a revised answer (chosen) and the original (rejected).

    A model criticises each answer by one principle of the constitution, drawn by the seed, and revises it. Real pairs in the
    FILEs are kept beside the new ones, which are then at most --cap of the result. Replies are stored beside OUT as they come.
    """
    from evals.pairs.constitution import read_constitution
    from evals.pairs.critique import Task, as_pair, as_refused, cases_of, real_pair
    from evals.pairs.critique import critique as build
    from evals.pairs.prompts import read_prompts
    from evals.pairs.writing import check_out, refused_path, write_rows

    check_out(out, [*files, str(constitution)])
    principles = read_constitution(constitution)
    client = open_client(endpoint, out, flags)
    read = read_prompts(files)
    real = [real_pair(row) for row in read.rows if row.example.kind == "preference"]
    cases = cases_of(read.rows, principles, seed)
    most = len(cases) if not real or cap >= 1 else int(cap * len(real) / (1 - cap) + 1e-9)
    counter = Counter()
    found = build(cases, Task(client, verify, seed, most), counter.tell)
    counter.close()
    rater = f"endpoint:{client.endpoint.label}"
    made = [as_pair(case, rater) for case in found.cases]
    refused = [*read.refused, *_without_answer(read.rows), *(as_refused(one) for one in found.refused)]
    write_rows(out, [*real, *made])
    write_rows(refused_path(out), refused)
    total = len(real) + len(made)
    summary = CritiquedPairsSummary(
        sources=read.labels,
        rows=read.read,
        rows_refused=len(refused),
        not_tried=found.not_tried,
        real=len(real),
        synthetic=len(made),
        share=len(made) / total if total else 0.0,
        cap=cap if real else 1.0,
        principles=dict(Count(pair.principle for pair in made).most_common()),
        verified=verify,
        consistency=found.consistency,
        rater=rater,
        seed=seed,
        use=client.use(),
        out=str(out),
        refused_out=str(refused_path(out)),
    )
    _tell(summary, as_json)


def _without_answer(rows: "Sequence[PromptRow]") -> "list[RefusedRow]":
    from evals.data.examples import excerpt
    from evals.pairs.prompts import good_answer, readable
    from reports.records.pairs import RefusedRow

    return [
        RefusedRow(
            source=row.source, row=row.row, reason="there is no answer to criticise", excerpt=excerpt(readable(row.prompt))
        )
        for row in rows
        if not good_answer(row.example).strip()
    ]


def _tell(summary: CritiquedPairsSummary, as_json: bool) -> None:
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(summary), indent=2).decode())
        return
    checked = ", each preferred in both orders" if summary.verified else ""
    click.echo(f"{summary.real:,} real and {summary.synthetic:,} revised pairs{checked}: {summary.out}")
    if summary.real:
        click.echo(
            f"  synthetic: {summary.share:.1%} of all, at most {summary.cap:.0%} (--cap); {summary.not_tried:,} rows not tried"
        )
    click.echo(f"  refused: {summary.rows_refused:,} of {summary.rows:,} rows: {summary.refused_out}")
    for principle, number in summary.principles.items():
        click.echo(f"  {number:>5,} by: {principle if len(principle) <= 90 else principle[:89] + '…'}")
    if summary.consistency is not None:
        click.echo(consistency_line(summary.consistency))
    click.echo(use_line(summary.use))

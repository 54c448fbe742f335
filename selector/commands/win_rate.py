"""`tunegate win-rate`: the win rate of judgements made anywhere."""

from pathlib import Path

import click

from reports.records.gates import Estimate
from reports.records.statistics import WinRate
from reports.wording import number
from selector.commands.options import json_option


@click.command()
@click.argument("judgements", type=click.Path(path_type=Path), metavar="JUDGEMENTS.jsonl")
@click.option("--length-controlled", is_flag=True, help="Also as if both answers were equally long.")
@click.option(
    "--completions",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Answers whose lengths count, joined by prompt_id.  [default: completions.jsonl beside the judgements]",
)
@click.option("--judge", metavar="NAME", help="Judge whose judgements count, where there are several.")
@click.option("--soft", is_flag=True, help="Count the judge's probabilities, not wins and losses.")
@click.option("--sequential", is_flag=True, help="Limits that stay valid however often you look while judgements arrive.")
@json_option
def command(
    judgements: Path,
    length_controlled: bool,
    completions: Path | None,
    judge: str | None,
    soft: bool,
    sequential: bool,
    as_json: bool,
) -> None:
    """Compute a win rate from judgements, ties as halves, with 95 % limits.

    A row holds `prompt_id`, `preference` (1 the candidate wins, 0 it loses, 0.5 tie, null the judge failed) and, where known,
    `judge`, `order` (baseline_first, candidate_first, pointwise), `family`, `baseline_length`, `candidate_length`. A prompt
    judged in both orders counts once, with their mean; with one order missing it is missing.
    """
    from evals.stats.judged import by_prompt, read_judgements, read_lengths, summarise

    rows = read_judgements(judgements, judge)
    beside = completions or judgements.with_name("completions.jsonl")
    lengths = read_lengths(beside) if length_controlled and (completions or beside.is_file()) else None
    name = judge if judge is not None else next((row.judge for row in rows), "")
    found = summarise(name, by_prompt(rows, lengths, soft), length_controlled, sequential)
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    else:
        click.echo(as_text(found))
    for note in found.notes:
        click.echo(f"note: {note}", err=True)


def as_text(found: WinRate) -> str:
    """Return a win rate as lines for people."""
    lines = [
        f"win rate          {_limits(found.win_rate)}, {found.win_rate.n} prompts"
        f" ({found.wins} won, {found.ties} tied, {found.losses} lost)"
    ]
    if found.length_controlled is not None and found.length_effect is not None:
        liking = "longer" if found.length_effect > 0 else "shorter"
        lines.append(f"length-controlled {_limits(found.length_controlled)}, at equal lengths")
        lines.append(
            f"                  the judge likes {liking} answers (log-odds {found.length_effect:+.2f});"
            f" the candidate's is longer on {number(found.longer, 'rate')}"
        )
    if found.orders_agree is not None:
        lines.append(f"orders agree      {_limits(found.orders_agree)}")
    return "\n".join([*lines, f"limits            {found.method}, 95 %"])


def _limits(found: Estimate) -> str:
    return f"{number(found.value, 'rate')} ({number(found.low, 'rate')} to {number(found.high, 'rate')})"

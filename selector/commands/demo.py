"""`tunegate demo`: the whole job on the embedded default."""

import sys
from pathlib import Path
from typing import Final

import click

from reports.places import runs_root
from reports.records.recommendation import Strategy
from selector.commands.options import json_option, runs_option

STRATEGIES: Final[dict[str, Strategy]] = {
    "sft": "sft",
    "dpo": "sft+dpo",
    "kto": "sft+kto",
    "orpo": "orpo",
    "reward": "rlhf",
    "rloo": "rlhf",
    "grpo": "sft+rft",
}
"""The chain that each method is shown in."""


@click.command()
@click.option(
    "--method", type=click.Choice(list(STRATEGIES)), help="Show this method instead of the recommended one, in its usual chain."
)
@click.option("--detach", is_flag=True, help="Start the run and return; `tunegate watch` follows it.")
@runs_option
@json_option
def command(method: str | None, detach: bool, root: Path | None, as_json: bool) -> int:
    """Train and judge the embedded model on generated brand-voice data: no hub, no GPU, no key."""
    from selector import pipeline
    from selector.commands.following import follow_to_end

    run = pipeline.create_demo_run(root or runs_root(), _say, strategy=STRATEGIES[method] if method else None)
    pipeline.start(run)
    click.echo(f"run: {run.path}", err=True)
    if detach:
        click.echo(str(run.path))
        return 0
    return follow_to_end(run, as_json=as_json, stop_on_interrupt=True)


def _say(title: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K  {title:<40} {done}/{total}", nl=done >= total, err=True)
    elif done in (0, total):
        click.echo(f"{title}: {'done' if done else 'started'}", err=True)

"""`tunegate demo`: the whole job on the embedded default."""

import sys
from pathlib import Path

import click

from reports.places import runs_root
from selector.commands.options import json_option, runs_option


@click.command()
@click.option("--detach", is_flag=True, help="Start the run and return; `tunegate watch` follows it.")
@runs_option
@json_option
def command(detach: bool, root: Path | None, as_json: bool) -> int:
    """Train and judge the embedded model on generated brand-voice data: no hub, no GPU, no key."""
    from selector import pipeline
    from selector.commands.following import follow_to_end

    run = pipeline.create_demo_run(root or runs_root(), _say)
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

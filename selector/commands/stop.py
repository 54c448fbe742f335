"""`tunegate stop`: ask a run to stop."""

from pathlib import Path
from shlex import quote

import click

from selector.commands.options import find_run, run_argument, runs_option


@click.command()
@run_argument
@runs_option
@click.option("--now", is_flag=True, help="End it at once; work since the last checkpoint is lost.")
def command(run: str, root: Path | None, now: bool) -> None:
    """Ask RUN to save a checkpoint and stop; `tunegate run RUN` continues it."""
    from selector.pipeline import request_stop, stop_now

    found = find_run(run, root)
    if stop_now(found) if now else request_stop(found):
        done = "it was stopped" if now else "a stop was requested"
        click.echo(f"note: {done}; continue later with `tunegate run {quote(str(found.path))}`.", err=True)
    else:
        click.echo(f"note: no process works on {found.path}; nothing to stop.", err=True)

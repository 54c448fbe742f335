"""`tunegate stop`: ask a run to stop."""

from pathlib import Path
from shlex import quote

import click

from selector.commands.options import find_run, run_argument, runs_option


@click.command()
@run_argument
@runs_option
def command(run: str, root: Path | None) -> None:
    """Ask RUN to save a checkpoint and stop; `tunegate run RUN` continues it."""
    from selector.pipeline import request_stop

    found = find_run(run, root)
    if request_stop(found):
        click.echo(f"note: a stop was requested; continue later with `tunegate run {quote(str(found.path))}`.", err=True)
    else:
        click.echo(f"note: no process works on {found.path}; nothing to stop.", err=True)

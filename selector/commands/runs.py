"""`tunegate runs`: list the runs."""

from pathlib import Path

import click
import msgspec

from reports.overview import Overview, overview
from reports.places import runs_root
from reports.rundir import list_runs
from selector.commands.options import json_option, runs_option


@click.command()
@runs_option
@json_option
def command(root: Path | None, as_json: bool) -> None:
    """List the runs, newest first."""
    folder = root or runs_root()
    found = [overview(run) for run in list_runs(folder)]
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    if not found:
        click.echo(f"note: no runs in {folder}. Start one with `tunegate demo` or `tunegate run --data FILE`.", err=True)
        return
    click.echo(f"{'run':<52} {'verdict':<14} {'status':<9} {'strategy':<9} model")
    for row in found:
        click.echo(_line(row))


def _line(row: Overview) -> str:
    seed = f" (seed {row.seed} of {row.group})" if row.group else ""
    return f"{row.run_id:<52} {row.verdict or '-':<14} {row.status:<9} {row.strategy:<9} {row.model}{seed}"

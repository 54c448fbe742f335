"""`tunegate watch`: follow a run from its files."""

import sys
from pathlib import Path

import click

from selector.commands.options import find_run, json_option, run_argument, runs_option


@click.command()
@run_argument
@runs_option
@click.option("--plain", is_flag=True, help="Print lines instead of opening the app.")
@json_option
def command(run: str, root: Path | None, plain: bool, as_json: bool) -> int:
    """Follow RUN; leaving never stops it.

    On a terminal the app opens on the run; otherwise events are printed until no process works on it.
    """
    found = find_run(run, root)
    if sys.stdout.isatty() and not (plain or as_json):
        from selector.tui.app import TunegateApp

        TunegateApp(runs_root=found.path.parent, watch=found).run()
        return 0
    from selector.commands.following import follow_to_end

    return follow_to_end(found, as_json=as_json, stop_on_interrupt=False)

"""`tunegate report`: render a run again from its directory."""

from pathlib import Path

import click

from selector.commands.options import find_run, json_option, run_argument, runs_option


@click.command()
@run_argument
@runs_option
@click.option("--open", "open_it", is_flag=True, help="Open the report in a browser.")
@json_option
def command(run: str, root: Path | None, open_it: bool, as_json: bool) -> None:
    """Write the HTML report and summary.json of RUN again, and print where the report is.

    RUN is a path, a name below the runs folder, or `latest`.
    """
    from reports.html import write_report
    from reports.summary import write_summary

    found = find_run(run, root)
    summary = write_summary(found)
    path = write_report(found)
    click.echo(summary.read_text(encoding="utf-8").rstrip() if as_json else str(path))
    if open_it:
        click.launch(str(path))

"""`tunegate compare`: several runs side by side."""

from pathlib import Path

import click

from reports.errors import UsageError
from selector.commands.options import find_run, json_option, runs_option


@click.command()
@click.argument("runs", metavar="RUN RUN...", nargs=-1)
@runs_option
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE", help="Write one page instead, and print its path.")
@json_option
def command(runs: tuple[str, ...], root: Path | None, html: Path | None, as_json: bool) -> None:
    """Show what changed between runs, their gates, and how candidates differ on the prompts they share.

    Every run is compared with the first. A RUN is a path, a name below the runs folder, or `latest`. No prompt or answer is
    shown.
    """
    if len(runs) < 2:
        raise UsageError("compare needs at least two runs. `tunegate runs` lists them.")
    from evals.compare import compare
    from reports.sharing.comparison import as_html, as_text

    found = compare([find_run(run, root) for run in runs])
    if html is not None:
        from reports.rundir import write_text

        write_text(html, as_html(found))
    if as_json:
        import msgspec

        from reports.jsonl import encode

        click.echo(msgspec.json.format(encode(found), indent=2).decode())
    else:
        click.echo(str(html) if html is not None else as_text(found))
    for note in found.notes:
        click.echo(f"note: {note}", err=True)

"""`tunegate export`: write the candidate of a run where others can load it."""

import json
from pathlib import Path

import click

from selector.commands.options import find_run, json_option, run_argument, runs_option


@click.command()
@run_argument
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--merge", is_flag=True, help="Write whole weights, the adapter added to its base.")
@runs_option
@json_option
def command(run: str, out: Path, merge: bool, root: Path | None, as_json: bool) -> None:
    """Write the candidate of RUN to the new folder OUT, with tokenizer and chat template, and print the folder.

    By default the adapter, for transformers with peft; with --merge a model that transformers loads and serves alone.
    Nothing is ever overwritten.
    """
    from trainers.artefacts import export_candidate

    exported = export_candidate(find_run(run, root), out, merge)
    if as_json:
        files = sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())
        shown = exported._asdict() | {"folder": str(out), "files": files}
        click.echo(json.dumps(shown, indent=2))
    else:
        click.echo(str(out))
    for note in exported.notes:
        click.echo(f"note: {note}", err=True)

"""`tunegate report`: render a run again from its directory, in the forms that people, CI and the Hub read."""

from pathlib import Path
from typing import Final

import click

from reports.errors import UsageError
from reports.places import runs_root
from selector.commands.options import find_run, json_option, runs_option

FORMATS: Final = ("html", "json", "md", "junit", "badge", "card")


@click.command()
@click.argument("run", metavar="[RUN]", required=False)
@runs_option
@click.option("--format", "form", type=click.Choice(FORMATS), default="html", show_default=True, help="What to write.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Where to write it.")
@click.option("--public", is_flag=True, help="Leave out every prompt, answer and row.")
@click.option("--full", is_flag=True, help="Show every example, harmful ones too.")
@click.option("--eval-dataset", metavar="ORG/NAME", help="With card: Hub data set for .eval_results.")
@click.option("--index", is_flag=True, help="Write one page over all runs; RUN is then the folder of the runs.")
@click.option("--schema", is_flag=True, help="Print the JSON schema of the summary.")
@click.option("--open", "open_it", is_flag=True, help="Open the page in a browser.")
@json_option
def command(
    run: str | None,
    root: Path | None,
    form: str,
    out: Path | None,
    public: bool,
    full: bool,
    eval_dataset: str | None,
    index: bool,
    schema: bool,
    open_it: bool,
    as_json: bool,
) -> None:
    """Write the HTML report and summary.json of RUN again, and print where the report is.

    RUN is a path, a name below the runs folder, or `latest`. Another --format is printed, or written to --out and its path
    printed: json (the summary), md (for a pull request), junit (for CI), badge (SVG), card (model_card.md for the Hub).
    """
    if schema:
        _print_schema()
        return
    if public and full:
        raise UsageError("--public shows no example and --full every one. Choose one of them.")
    if eval_dataset and (form != "card" or out is None):
        raise UsageError("--eval-dataset: .eval_results is written beside a model card. Add --format card --out FILE.")
    if open_it and form != "html":
        raise UsageError(f"--open: only the HTML report opens in a browser, not {form}.")
    if index:
        path = _write_index(Path(run) if run else root, out)
    elif run is None:
        raise UsageError("RUN is missing: name a run, or `latest`. `tunegate runs` lists the runs.")
    elif form == "html":
        path = _write_html(run, root, out, public, full, as_json)
    else:
        _write_other(run, root, form, out, public, full, eval_dataset)
        return
    if index or not as_json:
        click.echo(str(path))
    if open_it:
        click.launch(str(path))


def _print_schema() -> None:
    import json

    from reports.summary import summary_schema

    click.echo(json.dumps(summary_schema(), indent=2))


def _write_index(root: Path | None, out: Path | None) -> Path:
    from reports.sharing.index import write_index

    return write_index(root or runs_root(), out)


def _write_html(run: str, root: Path | None, out: Path | None, public: bool, full: bool, as_json: bool) -> Path:
    from reports.contents import read_contents
    from reports.rundir import write_text
    from reports.sharing.formats import html_of
    from reports.sharing.profiles import profile_of
    from reports.summary import write_summary

    found = find_run(run, root)
    contents = read_contents(found)
    path = out or found.report
    summary = write_summary(found)
    write_text(path, html_of(contents, profile_of(public, full)))
    if as_json:
        click.echo(summary.read_text(encoding="utf-8").rstrip())
    return path


def _write_other(
    run: str, root: Path | None, form: str, out: Path | None, public: bool, full: bool, eval_dataset: str | None
) -> None:
    from reports.contents import read_contents
    from reports.rundir import write_text
    from reports.sharing.eval_results import write_eval_results
    from reports.sharing.formats import RENDERERS
    from reports.sharing.profiles import profile_of

    contents = read_contents(find_run(run, root))
    text = RENDERERS[form](contents, profile_of(public, full))
    if out is None:
        click.echo(text.rstrip("\n"))
        return
    write_text(out, text)
    click.echo(str(out))
    if eval_dataset:
        for path in write_eval_results(contents, eval_dataset, out.parent):
            click.echo(str(path))

"""Options and argument readers that several subcommands share."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reports.errors import UsageError
from reports.places import runs_root
from reports.records.plan import Acceptance
from reports.rundir import RunDir, list_runs

if TYPE_CHECKING:
    from evals.data.examples import Kind

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")
runs_option = click.option(
    "--runs",
    "root",
    type=click.Path(path_type=Path),
    default=None,
    help="Folder of the runs (default: $TUNEGATE_RUNS or ./runs).",
)
accept_option = click.option(
    "--accept", multiple=True, metavar="CODE", help="Accept that this data check fails; needs --because; may be repeated."
)
because_option = click.option("--because", default="", metavar="TEXT", help="Why the accepted checks are acceptable; shown.")
by_option = click.option(
    "--by", default="", envvar="USER", metavar="NAME", help="Who accepts; shown with the reason.  [default: $USER]"
)
layout_option = click.option(
    "--layout", metavar="KIND", help="What rows are whose columns fit several layouts, for example preference."
)
run_argument = click.argument("run", metavar="RUN")


def find_run(name: str, root: Path | None = None) -> RunDir:
    """Return the run at a path, below the runs folder, or the newest one for `latest`."""
    folder = root or runs_root()
    if name == "latest":
        runs = list_runs(folder)
        if not runs:
            raise UsageError(f"{folder}: there is no run yet. Start one with `tunegate demo` or `tunegate run --data FILE`.")
        return runs[0]
    path = Path(name)
    if not (path / "run.json").is_file() and (folder / name / "run.json").is_file():
        path = folder / name
    if not path.exists():
        raise UsageError(f"{name}: no such run, neither here nor in {folder}. `tunegate runs` lists the runs.")
    return RunDir.open(path)


def read_acceptances(codes: Sequence[str], because: str, by: str) -> tuple[Acceptance, ...]:
    """Return the checks that a person accepts; UsageError where nobody says why, or the reason is for no check."""
    if codes and not because.strip():
        raise UsageError(f'--accept {codes[0]}: say why with --because "…"; it is shown with the check.')
    if because.strip() and not codes:
        raise UsageError("--because is the reason for accepting a check. Name the check with --accept CODE.")
    return tuple(Acceptance(code=code, because=because.strip(), by=by.strip()) for code in codes)


def read_layout(name: str | None) -> "Kind | None":
    """Return a kind of layout; UsageError where there is none of this name."""
    from evals.data.layouts import KINDS

    if name is not None and name not in KINDS:
        raise UsageError(f"--layout {name}: no such layout. Layouts: {', '.join(KINDS)}.")
    return name


def parse_assignments(pairs: Sequence[str], flag: str) -> dict[str, str]:
    """Read `name=value` words; UsageError where a word has no `=`."""
    found: dict[str, str] = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name:
            raise UsageError(f"{flag} {pair}: expected NAME=VALUE.")
        found[name.strip()] = value.strip()
    return found

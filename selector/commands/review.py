"""`tunegate review`: compare both answers blind, and see what people prefer."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reports.errors import UsageError
from selector.commands.options import find_run, json_option, run_argument, runs_option

if TYPE_CHECKING:
    from evals.review.desk import Desk
    from reports.records.gates import Estimate
    from reports.records.review import ReviewResult


@click.command()
@run_argument
@click.option("--rater", default="", envvar="USER", metavar="NAME", help="Who reviews.  [default: $USER]")
@click.option("--result", "only_result", is_flag=True, help="Show what all raters said so far, without reviewing.")
@runs_option
@json_option
def command(run: str, rater: str, only_result: bool, root: Path | None, as_json: bool) -> None:
    """Compare the answers of baseline and candidate of RUN, without knowing whose they are.

    Needs a terminal. Every key press is stored; the review goes on where it was left. The result is shown after the last
    card, not before, since it tells whose answers you preferred; it goes into the report.
    """
    from evals.review.taking import take_review

    found = find_run(run, root)
    if not (only_result or as_json):
        desk = _open(found.path, rater)
        if not desk.is_complete:
            again = f"tunegate review {found.path.name} --rater {shlex.quote(desk.rater)}"
            click.echo(f"{desk.left} cards to go. Go on with `{again}`; the result is shown after the last.")
            return
    elif not found.ratings.read():
        raise UsageError(f"{found.path}: nobody has reviewed this run yet. Begin with `tunegate review {found.path.name}`.")
    result = take_review(found)
    _write_report(found.path)
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(result), indent=2).decode())
    else:
        click.echo(as_text(result))


def as_text(found: "ReviewResult") -> str:
    """Return what people said as lines."""
    lines = [
        f"candidate preferred    {_text(found.win_rate)}",
        f"shown first chosen     {_text(found.first_chosen)}",
        f"raters agree (AC1)     {_text(found.raters_agree)}",
        f"the judge agrees       {_text(found.judge_agrees)}",
        f"judge, corrected       {_text(found.corrected)}",
    ]
    for one in found.raters:
        sign = "✓" if one.counted else "✗"
        lines.append(f"{sign} {one.rater}: {one.judged} of {one.planned} judged, {one.skipped} skipped; {one.because}")
    return "\n".join((*lines, *(f"note: {note}" for note in found.notes)))


def _text(found: "Estimate") -> str:
    if found.value is None:
        return "not measured"
    return f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f}), n = {found.n}"


def _open(path: Path, rater: str) -> "Desk":
    """Let the rater review, and return what is on the desk then."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("A review needs a terminal. Elsewhere, --result shows what was said so far.")
    from evals.review.desk import Desk
    from reports.rundir import RunDir
    from selector.tui.app import TunegateApp
    from selector.tui.screens.review import ReviewScreen

    run = RunDir.open(path)
    desk = Desk(run, rater)
    TunegateApp(runs_root=path.parent, first=lambda: ReviewScreen(run, desk)).run()
    return Desk(run, rater)


def _write_report(path: Path) -> None:
    from reports.html import write_report
    from reports.rundir import RunDir

    write_report(RunDir(path))

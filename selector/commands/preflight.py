"""`tunegate preflight`: everything that can go wrong with a plan's training, looked at without training."""

import sys
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

import click

from reports.errors import EXIT_GO, EXIT_NO_GO, BlockedError, UsageError
from reports.progress import ProgressLog
from reports.records.data import Checks, Lineage
from reports.records.intake import Intake
from reports.records.plan import Plan
from reports.records.preflight import CheckedPlan
from reports.rundir import RunDir
from selector.commands.options import (
    accept_option,
    because_option,
    by_option,
    find_run,
    json_option,
    layout_option,
    parse_assignments,
    read_acceptances,
    read_layout,
    runs_option,
)
from selector.commands.quiet import be_quiet
from selector.commands.recommend import gather
from selector.commands.run import read_rewards, read_strategy
from selector.planning import Request

NOT_BUILT: Final = "No stage was looked at, since the data stop the run."


class Prepared(NamedTuple):
    """A plan with its splits, and the data checks where they were made for it."""

    run: RunDir
    plan: Plan
    data: Checks | None


@click.command()
@click.argument("run", metavar="[RUN]", required=False)
@click.option("--data", "sources", multiple=True, metavar="FILE", help="Training data: file or hub name; may be repeated.")
@click.option("--model", help="Base model: local folder or hub name.")
@click.option("--strategy", help="Look at this strategy instead of the recommended one, for example sft+dpo.")
@click.option("--fact", "facts", multiple=True, metavar="NAME=VALUE", help="Set one fact; may be repeated.")
@click.option("--set", "settings", multiple=True, metavar="[STAGE.]OPTION=VALUE", help="Set a training option; may be repeated.")
@click.option("--reward", "rewards", multiple=True, metavar="REWARD", help="What RLOO or GRPO learns from; may be repeated.")
@accept_option
@because_option
@by_option
@click.option("--seed", type=int, default=0, show_default=True)
@layout_option
@runs_option
@json_option
def command(
    run: str | None,
    sources: tuple[str, ...],
    model: str | None,
    strategy: str | None,
    facts: tuple[str, ...],
    settings: tuple[str, ...],
    rewards: tuple[str, ...],
    accept: tuple[str, ...],
    because: str,
    by: str,
    seed: int,
    layout: str | None,
    root: Path | None,
    as_json: bool,
) -> int:
    """Look at a plan without training: options, rows, trainer, weights, memory, saving, merging, resuming and rewards.

    With RUN, the plan, the rows and the finished stages of a run are looked at, and nothing of it changes.
    Exit codes: 0 nothing stops a training, 1 something does, 2 bad input, 3 something is missing.
    """
    be_quiet()
    from trainers.preflight.whole import check_whole_plan

    with tempfile.TemporaryDirectory(prefix="tunegate-preflight-") as name:
        folder = Path(name)
        if run is not None:
            if any((sources, model, strategy, facts, settings, rewards, accept, seed, layout)):
                raise UsageError("RUN is looked at with its own plan. Leave the other options out, or leave RUN out.")
            prepared = _existing(find_run(run, root), folder)
        elif not sources or not model:
            raise UsageError("A plan needs --data FILE and --model NAME; an existing run is named by RUN.")
        else:
            known = gather(None, facts, sources, model, machine=True, layout=read_layout(layout))
            request = Request(
                sources,
                model,
                strategy=read_strategy(strategy),
                overrides=parse_assignments(settings, "--set"),
                accepted=read_acceptances(accept, because, by),
                rewards=read_rewards(rewards),
                seed=seed,
                layout=layout,
            )
            prepared = _new(request, known, folder)
        if prepared.data is not None and prepared.data.blockers():
            found = CheckedPlan(passed=False, stages=(), data=prepared.data, notes=(NOT_BUILT,))
        else:
            found = check_whole_plan(prepared.run, prepared.plan, folder / "sketch", _say)
            found = _with_data(found, prepared.data)
    _write(found, as_json)
    return EXIT_GO if found.passed else EXIT_NO_GO


def _existing(run: RunDir, folder: Path) -> Prepared:
    """Return a run with its splits; where it has none yet, they are made in the folder."""
    plan = run.read(Plan)
    if run.has(Lineage):
        return Prepared(run, plan, None)
    return _prepare(RunDir(folder / "run"), plan)


def _new(request: Request, known: Intake, folder: Path) -> Prepared:
    from selector import pipeline

    recommendation = pipeline.recommend(known, None, request.seed)
    return _prepare(RunDir(folder / "run"), pipeline.make_plan(known, recommendation, request))


def _prepare(run: RunDir, plan: Plan) -> Prepared:
    from evals.data.prepare import prepare

    run.write(plan)
    _say("data: checking and splitting")
    try:
        prepare(run, plan, ProgressLog(run))
    except BlockedError:
        click.echo("note: a data check stops the run.", err=True)
    return Prepared(run, plan, run.read(Checks))


def _with_data(found: CheckedPlan, data: Checks | None) -> CheckedPlan:
    from msgspec.structs import replace

    return replace(found, data=data)


def _say(what: str) -> None:
    click.echo(f"preflight: {what}", err=True)


def _write(found: CheckedPlan, as_json: bool) -> None:
    if as_json:
        import msgspec

        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
    else:
        from selector.preflight_text import as_text

        click.echo(as_text(found))

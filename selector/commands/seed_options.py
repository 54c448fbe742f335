"""`--seeds` and `--track` of `tunegate run`."""

import contextlib
import sys
from typing import Final, get_args

import click
import msgspec

from reports.errors import UsageError
from reports.records.plan import Plan, Tracker
from reports.rundir import RunDir

SEEDS_HELP: Final = "Train with so many seeds, one after the other; the worst decides."
TRACK_HELP: Final = "Send curves to a tracker too, offline, below the run directory."
TRACKERS: Final = get_args(Tracker)


def with_tracker(plan: Plan, track: Tracker) -> Plan:
    """Return the plan with its tracker; MissingError where its package is not installed."""
    from msgspec.structs import replace

    from trainers.tracking import require_tracker

    require_tracker(track)
    return replace(plan, track=track)


def require_attended(seeds: int, detach: bool, launch: str | None) -> None:
    """Raise UsageError where seeds are to be trained with nobody there to start one after the other."""
    if seeds > 1 and (detach or launch == "print"):
        flag = "--detach" if detach else "--launch print"
        raise UsageError(
            f"--seeds {seeds} trains one seed after the other from here, so it cannot go with {flag}. "
            f"Leave {flag} out, or start each seed as a run of its own with --seed."
        )


def attend_group(first: RunDir, detach: bool, as_json: bool) -> int:
    """Train what is left of a group while narrating on stderr, print what the seeds came to, and return the worst exit code."""
    from selector.commands.following import follow_to_end
    from selector.seeds import seed_table, work_off

    require_attended(2, detach, None)

    def attend(run: RunDir) -> int:
        click.echo(f"run: {run.path}", err=True)
        return follow_to_end(run, as_json=False, stop_on_interrupt=True)

    with contextlib.redirect_stdout(sys.stderr):
        code, seeds = work_off(first, attend)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(seeds), indent=2).decode())
    else:
        worst = next((run.seed for run in seeds.runs if run.run_id == seeds.worst), None)
        click.echo(f"{seed_table(seeds)}\n\nVerdict: {seeds.verdict or 'not decided'}, as the worst seed ({worst}).")
        click.echo(f"Report: {first.report}")
    return code

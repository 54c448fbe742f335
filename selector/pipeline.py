"""The verbs that the command line and the app both call."""

import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, NamedTuple

from reports.errors import StageError, StorageError, UsageError
from reports.records.intake import Fact, Intake
from reports.records.plan import Plan
from reports.records.recommendation import Recommendation, Strategy
from reports.records.run import Event, Progress, RunRecord
from reports.rundir import RunDir, now
from selector import process
from selector.planning import Request

if TYPE_CHECKING:
    from trainers.demo.inputs import DemoInputs

FINAL = ("done", "failed", "stopped")
FULL_BYTES = 64 * 1024
"""With less room than this, a process cannot even write down why it ended."""


class Update(NamedTuple):
    """What a follower of a run sees at one moment."""

    record: RunRecord
    progress: Progress | None
    events: list[Event]
    alive: bool

    @property
    def is_final(self) -> bool:
        """Say whether nothing more will come."""
        return not self.alive


def measured_facts(sources: Sequence[str], model: str | None, layout: str | None = None) -> dict[str, Fact]:
    """Measure what need not be asked: data, model and machine; rows that fit several kinds are read as `layout`."""
    from selector.probes import data_facts, machine_facts, model_facts

    return {**machine_facts(), **data_facts(sources, layout), **(model_facts(model) if model else {})}


def recommend(intake: Intake, policy: Path | None = None, seed: int = 0) -> Recommendation:
    """Rank the strategies for the facts of an intake."""
    from selector.engine import recommend as decide
    from selector.policy import load_policy

    return decide(intake, load_policy(policy) if policy else None, seed)


def make_plan(intake: Intake, recommendation: Recommendation, request: Request) -> Plan:
    """Resolve a recommendation into a plan; see `selector.planning.build_plan`."""
    from selector.planning import build_plan

    return build_plan(intake, recommendation, request)


def create_run(
    root: Path, title: str, plan: Plan, intake: Intake, recommendation: Recommendation, argv: Sequence[str] = ()
) -> RunDir:
    """Make a run directory that holds everything the child process needs."""
    from reports.masking import mask_argv
    from selector.versions import installed_versions

    run = RunDir.create(root, f"{plan.strategy} {plan.model.label}")
    run.write(intake)
    run.write(recommendation)
    run.write(plan)
    run.write(
        RunRecord(
            run_id=run.path.name,
            title=title,
            created_at=now(),
            argv=mask_argv(argv or sys.argv),
            versions=installed_versions(),
            seed=plan.seed,
            strategy=plan.strategy,
            model=plan.model.label,
        )
    )
    return run


def start(run: RunDir) -> None:
    """Start the child process of a new run."""
    process.start(run)


def resume(run: RunDir) -> None:
    """Continue a run that stopped, failed or was killed; finished stages are kept."""
    if run.read(RunRecord).status == "done" and run.report.is_file():
        raise UsageError(f"{run.path}: this run is finished. `tunegate report {quote(str(run.path))}` shows its result.")
    process.start(run)


def request_stop(run: RunDir) -> bool:
    """Ask a run to save a checkpoint and stop; False when nothing works on it."""
    return process.request_stop(run)


def stop_now(run: RunDir) -> bool:
    """End a run's process at once; False when nothing works on it."""
    return process.stop_now(run)


def demo_inputs(say: Callable[[str, int, int], None]) -> "DemoInputs":
    """Build (once) or find the embedded default: model, data and suites."""
    from reports.places import cache_root
    from trainers.demo.inputs import prepare_demo

    return prepare_demo(cache_root(), say)


def create_demo_run(
    root: Path, say: Callable[[str, int, int], None], argv: Sequence[str] = (), strategy: Strategy | None = None
) -> RunDir:
    """Make the run of the embedded default, through the same steps as any other; without a strategy, the recommended one."""
    from selector.intake import make_fact
    from trainers.demo.reward import REWARDS
    from trainers.methods import stages_of

    inputs = demo_inputs(say)
    sources = (str(inputs.demonstrations), str(inputs.pairs))
    asked = {name: make_fact(name, value, "asked", because="the demo's answer") for name, value in inputs.answers.items()}
    intake = Intake(facts={**measured_facts(sources, str(inputs.model)), **asked})
    recommendation = recommend(intake)
    suites = {name: str(path) for name, path in inputs.suites.items()}
    rewards = REWARDS if "grpo" in stages_of(strategy or recommendation.strategy) else ()
    request = Request(sources, str(inputs.model), strategy=strategy, suites=suites, rewards=rewards, tasks=())
    plan = make_plan(intake, recommendation, request)
    return create_run(root, "Brand voice demo", plan, intake, recommendation, argv)


def follow(run: RunDir, wait: Callable[[float], object], every_s: float = 0.3, since: int = 0) -> Iterator[Update]:
    """Yield the state of a run until no process works on it; `wait(seconds)` is called in between.

    Events before the byte `since` are left out.
    """
    offset = since
    while True:
        alive = process.is_alive(run)
        tail = run.events.tail(offset)
        offset = tail.offset
        progress = run.read(Progress) if run.has(Progress) else None
        yield Update(run.read(RunRecord), progress, tail.records, alive)
        if not alive:
            return
        wait(every_s)


def settle(run: RunDir) -> RunRecord:
    """Return the record of a run nobody works on.

    Raises:
        StorageError: its process vanished, and the disk of the run is full.
        StageError: its process vanished for another reason.
    """
    record = run.read(RunRecord)
    if record.status in FINAL:
        return record
    if shutil.disk_usage(run.path).free < FULL_BYTES:
        raise StorageError(
            f"{run.path}: the process ended in stage '{record.stage or 'start'}' because the disk is full. "
            f"Free space, then continue with `tunegate run {quote(str(run.path))}`; what was written before is intact."
        )
    raise StageError(
        f"{run.path}: the process vanished during stage '{record.stage or 'start'}' (killed, or out of memory). "
        f"Nothing finished is lost: continue with `tunegate run {quote(str(run.path))}`; the log is {run.log(record.attempt)}."
    )

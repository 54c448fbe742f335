"""Deciding gates again, and writing down gates of completions made anywhere."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reports.errors import VERDICT_EXITS, StageError, UsageError
from reports.records.evaluation import Metrics
from reports.records.gates import Gates
from reports.records.plan import Plan
from reports.records.run import RunRecord
from reports.rundir import RunDir, now
from reports.seeds import group_of
from selector import process
from selector.seeds import write_seeds

if TYPE_CHECKING:
    from evals.gates.answers import Decided
    from evals.gates.policy import LoadedPolicy

ELSEWHERE = "completions made elsewhere"


def decide_again(run: RunDir, policy: str | None) -> Gates:
    """Decide the gates of a measured run again, by its plan or by another policy, and write report and summary again.

    What another policy changed is told with the verdict. Of a group of seeds every measured run is decided; the first one's gates
    are returned.

    Raises:
        UsageError: a process works on the run, or the policy cannot be used.
        StageError: the run failed before it was measured.
        MissingError: the run has not been measured.
    """
    if process.is_alive(run):
        raise UsageError(f"{run.path}: a process works on this run. Wait for it, or stop it with `tunegate stop {run.path}`.")
    record = run.read(RunRecord)
    if record.status == "failed" and not run.has(Metrics):
        raise StageError(f"{run.path}: the run failed before it was measured: {record.error}")
    members = [member for member in group_of(run) if member.has(Metrics)] or [run]
    for member in members:
        _decide_one(member, policy)
    if record.group:
        write_seeds(RunDir(run.path.parent / record.group))
    for member in members:
        _render(member)
    return run.read(Gates)


def write_outside(folder: Path, decided: "Decided", title: str) -> RunDir:
    """Write gates, metrics, answers, report and summary to a folder, as a run would.

    Raises:
        UsageError: the folder holds a run that was trained.
    """
    from selector.versions import installed_versions

    run = RunDir(folder)
    if run.has(Plan):
        raise UsageError(f"--out {folder}: a run lies there. Choose another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    run.completions.path.unlink(missing_ok=True)
    run.completions.append(*decided.completions)
    run.write(decided.metrics)
    run.write(decided.gates)
    run.write(_record(folder, decided.gates, title, installed_versions()))
    _render(run)
    return run


def _decide_one(run: RunDir, policy: str | None) -> None:
    from evals.gates.decide import decide

    plan = run.read(Plan)
    gates = decide(run, plan, _policy(plan, policy) if policy else None)
    if gates.policy_changed:
        run.log_event(
            "warning", f"The gates were decided again, changed after the measurement: {'; '.join(gates.policy_changed)}."
        )
    if run.read(RunRecord).status == "done":
        run.update(verdict=gates.verdict, exit_code=VERDICT_EXITS[gates.verdict])


def _policy(plan: Plan, name: str) -> "LoadedPolicy":
    from evals.gates.policy import named_policy
    from evals.gates.tasks import for_tasks

    policy = named_policy(name, any(gate.metric == "win_rate" for gate in plan.gates), bool(plan.rewards))
    return policy.with_gates(for_tasks(policy.gates, plan.tasks))


def _render(run: RunDir) -> None:
    from reports.html import write_report
    from reports.summary import write_summary

    write_report(run)
    write_summary(run)


def _record(folder: Path, gates: Gates, title: str, versions: dict[str, str], argv: Sequence[str] = ()) -> RunRecord:
    from reports.masking import mask_argv

    at = now()
    return RunRecord(
        run_id=folder.resolve().name,
        title=title,
        created_at=at,
        argv=mask_argv(argv or sys.argv),
        versions=versions,
        seed=0,
        strategy=ELSEWHERE,
        model=ELSEWHERE,
        status="done",
        verdict=gates.verdict,
        finished_at=at,
        exit_code=VERDICT_EXITS[gates.verdict],
    )

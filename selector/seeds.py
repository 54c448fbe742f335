"""One plan trained with several seeds: ordinary runs, one after the other, on the same data and the same judge."""

import secrets
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec.structs import replace

from reports.errors import VERDICT_EXITS
from reports.records.intake import Intake
from reports.records.plan import Plan
from reports.records.recommendation import Recommendation
from reports.records.run import RunRecord
from reports.records.seeds import SeedGate, Seeds, SeedSpread
from reports.rundir import RunDir
from reports.seeds import collect_seeds, group_of
from selector import pipeline

Attend = Callable[[RunDir], int]
"""Follows a started run to its end and returns its exit code."""


def create_group(root: Path, title: str, plan: Plan, intake: Intake, recommendation: Recommendation, seeds: int) -> RunDir:
    """Make one run for each seed, counted up from the plan's, and return the first, which the group is named after.

    The runs differ in the seed of their training only: data, judge and measurement keep the plan's.
    """
    numbers = range(plan.seed, plan.seed + seeds)
    plans = [replace(plan, training_seed=seed) if seed != plan.seed else plan for seed in numbers]
    runs = [
        pipeline.create_run(root, f"{title}, seed {seed}", of_seed, intake, recommendation)
        for seed, of_seed in zip(numbers, plans, strict=True)
    ]
    first = runs[0]
    for run, seed in zip(runs, numbers, strict=True):
        run.update(group=first.path.name, seed=seed)
    write_seeds(first)
    return first


def is_group(run: RunDir) -> bool:
    """Say whether a run is the first of a group."""
    return run.read(RunRecord).group == run.path.name


def work_off(first: RunDir, attend: Attend) -> tuple[int, Seeds]:
    """Train what is left of a group, seed by seed, and return its exit code: that of the worst seed.

    A seed that stops or fails ends the group for now; its exit code is returned, and finished seeds are kept.
    """
    for run in group_of(first):
        if run.read(RunRecord).status != "done":
            share(first, run)
            pipeline.resume(run)
            code = attend(run)
            seeds = write_seeds(first)
            if run.read(RunRecord).status != "done":
                return code, seeds
    seeds = write_seeds(first)
    tell(first)
    return VERDICT_EXITS[seeds.verdict] if seeds.verdict else 1, seeds


def write_seeds(first: RunDir) -> Seeds:
    """Write down what the seeds of a group came to so far, beside the first of them, with the spread between them."""
    from evals.metrics.seed_spread import seed_spreads

    seeds = collect_seeds(first)
    decided = sum(run.verdict is not None for run in seeds.runs)
    seeds = replace(seeds, spreads=seed_spreads(seeds)) if decided > 1 else seeds
    first.write(seeds)
    return seeds


def share(first: RunDir, other: RunDir) -> None:
    """Give a later seed the prepared data and the judge of the first, which are the same by their seed."""
    folders = [(run.split("target").parent, run.stage("judge")) for run in (first, other)]
    for source, target in zip(*folders, strict=True):
        if first.path != other.path and source.is_dir() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            copy = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
            shutil.copytree(source, copy)
            copy.rename(target)


def tell(first: RunDir) -> None:
    """Write report and summary of the first run again, with what all seeds came to."""
    from reports.html import write_report
    from reports.summary import write_summary

    write_report(first)
    write_summary(first)


def seed_table(seeds: Seeds) -> str:
    """Return the table of a group: a row for each gate, a column for each seed, and the recipe's with seeds as the unit."""
    spreads = {spread.gate: spread for spread in seeds.spreads}
    rows: list[Sequence[str]] = [("gate", *(f"seed {run.seed}" for run in seeds.runs), "sd of seeds", "recipe")]
    names = {gate.name: gate.title for run in seeds.runs for gate in run.gates}
    for name, title in names.items():
        rows.append((title, *(_cell(run.gates, name) for run in seeds.runs), *_recipe(spreads.get(name))))
    rows.append(("verdict", *(run.verdict or run.status for run in seeds.runs), "", ""))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def _recipe(spread: SeedSpread | None) -> tuple[str, str]:
    if spread is None or spread.deviation.value is None:
        return "-", "-"
    return f"{spread.deviation.value:.3f}", spread.recipe or "for information"


def _cell(gates: Sequence[SeedGate], name: str) -> str:
    found = next((gate for gate in gates if gate.name == name), None)
    if found is None or found.candidate.value is None:
        return "-"
    return f"{found.candidate.value:.3f} {found.state}"

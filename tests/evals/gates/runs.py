"""Runs with chosen measurements, for tests of gates."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from reports.records.evaluation import Completion, Metric, Metrics, PairedValue, Side, Suite
from reports.records.gates import Estimate, Instrument
from reports.records.plan import GatePlan, ModelRef, Plan
from reports.rundir import RunDir

Values = Sequence[tuple[float | None, float | None]]
Kind = Literal["superiority", "non-inferiority", "limit", "inform"]
UNSHOWN = Estimate(value=None, low=None, high=None, n=0)


def gate(name: str, kind: Kind = "non-inferiority", margin: float = 0.05, required: bool = True, minimum_n: int = 20) -> GatePlan:
    """Return a gate on the metric of the same name."""
    return GatePlan(name=name, metric=name, title=name, kind=kind, margin=margin, required=required, minimum_n=minimum_n)


def metric(
    name: str,
    pairs: Values,
    direction: Literal["higher", "lower"] = "higher",
    suite: Suite = "harmful",
    unit: str = "rate",
    *,
    instruments: tuple[Instrument, ...] = (),
    families: Sequence[str] = (),
) -> Metric:
    """Return a metric with these baseline and candidate values, prompts numbered from 0."""
    names = families or [""] * len(pairs)
    values = tuple(
        PairedValue(prompt_id=f"p{i}", baseline=before, candidate=after, family=names[i])
        for i, (before, after) in enumerate(pairs)
    )
    missing = sum(before is None or after is None for before, after in pairs)
    return Metric(
        name=name,
        title=name,
        suite=suite,
        unit=unit,
        direction=direction,
        baseline=UNSHOWN,
        candidate=UNSHOWN,
        difference=UNSHOWN,
        n=len(pairs) - missing,
        missing=missing,
        method="none: gates compute their own intervals",
        instruments=instruments,
        pairs=values,
    )


def outcomes(kept: int, lost: int = 0, gained: int = 0, absent: int = 0) -> Values:
    """Return pairs of outcomes: 1 on both sides, lost by the candidate, gained by it, and 0 on both sides."""
    return [*[(1.0, 1.0)] * kept, *[(1.0, 0.0)] * lost, *[(0.0, 1.0)] * gained, *[(0.0, 0.0)] * absent]


def plan_with(*gates: GatePlan) -> Plan:
    """Return a plan that holds these gates and trains nothing."""
    return Plan(
        strategy="sft+dpo",
        model=ModelRef(name="tiny", label="tiny", digest="0"),
        data=(),
        stages=(),
        judge=None,
        suites=(),
        gates=gates,
        evaluation=(),
    )


def run_with(folder: Path, *metrics: Metric, completions: Sequence[Completion] = ()) -> RunDir:
    """Return a run that has measured these metrics."""
    run = RunDir(folder)
    run.write(Metrics(metrics=metrics, generation_passes={"baseline": 1, "candidate": 1}))
    if completions:
        run.completions.append(*completions)
    return run


def answer(prompt_id: str, side: Side, text: str, suite: Suite = "harmful") -> Completion:
    """Return one line of the ledger."""
    return Completion(
        key=f"{side}-{prompt_id}", side=side, suite=suite, prompt_id=prompt_id, prompt=f"ask {prompt_id}", completion=text
    )

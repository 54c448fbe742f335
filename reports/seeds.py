"""Putting the runs of one plan side by side that differ in the seed of their training only."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from reports.records.gates import GateResult, Gates, Verdict
from reports.records.run import RunRecord
from reports.records.seeds import SeedGate, SeedRun, Seeds
from reports.rundir import RunDir, list_runs

BADNESS: Final[dict[Verdict, int]] = {"go": 0, "inconclusive": 1, "no-go": 2}


def group_of(first: RunDir) -> list[RunDir]:
    """Return the runs of the group that a run is the first of, by their seeds; alone where it has no group."""
    if first.read(RunRecord).group != first.path.name:
        return [first]
    others = [run for run in list_runs(first.path.parent) if run.path != first.path]
    found = [run for run in others if run.read(RunRecord).group == first.path.name]
    return [first, *sorted(found, key=lambda run: run.read(RunRecord).seed)]


def collect_seeds(first: RunDir) -> Seeds:
    """Return what the seeds of a group came to so far."""
    runs = tuple(_seed_run(run) for run in group_of(first))
    decided = [run for run in runs if run.verdict is not None]
    worst = max(decided, key=_badness).run_id if decided else None
    return Seeds(runs=runs, worst=worst)


class SeedRow(NamedTuple):
    """One gate under every seed."""

    title: str
    unit: str
    cells: tuple[SeedGate | None, ...]
    span: float | None
    """Largest candidate minus smallest, in `unit`."""


def seed_rows(seeds: Seeds) -> list[SeedRow]:
    """Return the gates of a group, each with its result under every seed; None where a seed has not come that far."""
    known = {gate.name: gate for run in seeds.runs for gate in run.gates}
    return [
        _seed_row(gate, [next((g for g in run.gates if g.name == name), None) for run in seeds.runs])
        for name, gate in known.items()
    ]


def _seed_row(gate: SeedGate, cells: Sequence[SeedGate | None]) -> SeedRow:
    values = [cell.candidate.value for cell in cells if cell is not None and cell.candidate.value is not None]
    return SeedRow(gate.title, gate.unit, tuple(cells), max(values) - min(values) if len(values) > 1 else None)


def _badness(run: SeedRun) -> tuple[int, int, float]:
    """Order seeds by verdict, then by required gates that do not pass, then by the first gate that has a difference."""
    verdict = BADNESS[run.verdict] if run.verdict else 0
    lost = sum(gate.required and gate.state != "pass" for gate in run.gates)
    gains = (
        gate.difference.value * (1 if gate.direction == "higher" else -1)
        for gate in run.gates
        if gate.difference.value is not None
    )
    return verdict, lost, -next(gains, 0.0)


def _seed_run(run: RunDir) -> SeedRun:
    record = run.read(RunRecord)
    gates = run.read(Gates) if run.has(Gates) else None
    return SeedRun(
        run_id=run.path.name,
        seed=record.seed,
        status=record.status,
        verdict=gates.verdict if gates else None,
        gates=tuple(_seed_gate(result) for result in gates.results) if gates else (),
    )


def _seed_gate(result: GateResult) -> SeedGate:
    return SeedGate(
        name=result.name,
        title=result.title,
        state=result.state,
        required=result.required,
        unit=result.unit,
        direction=result.direction,
        candidate=result.candidate,
        difference=result.difference,
        kind=result.kind,
        margin=result.margin,
        level=result.level,
    )

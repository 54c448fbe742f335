"""One gate a task: capability is held only where no task is worse than the margin allows."""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from evals.gates.reading import Reading
from reports.records.plan import GatePlan, TaskPlan

CAPABILITY: Final = "capability"
"""The metric by which a policy asks for every task of the plan."""

GUESSING: Final = "above chance"
"""The instrument that fails where the baseline is not shown to do better than guessing."""
OTHERS: Final = "Other tasks can be lost on and are asked for, so this one is not."


def for_tasks(gates: Sequence[GatePlan], tasks: Sequence[TaskPlan], required: bool = False) -> tuple[GatePlan, ...]:
    """Return the gates with that of capability repeated for each task.

    Without tasks it is left out, and stands among what was not tested; one that is required stays, and cannot be measured. With
    `required` each must pass, whatever the policy says.
    """
    found: list[GatePlan] = []
    for gate in gates:
        named = [_for_task(gate, task) for task in tasks] if gate.metric == CAPABILITY and tasks else [gate]
        must = required and gate.metric == CAPABILITY
        if gate.metric == CAPABILITY and not tasks and not (gate.required or required):
            continue
        found += [replace(one, required=True, kind="non-inferiority") for one in named] if must else named
    return tuple(found)


def asked_for(readings: Sequence[Reading]) -> list[Reading]:
    """Return the readings; a required task on which the baseline guesses is not asked for where another task can be read.

    Nothing can be lost on it, whatever the candidate; where it is so with all tasks they stay, for then nothing is known.
    """
    known = any(reading.interval for reading in readings if _is_required_task(reading))
    return [_not_asked_for(reading) if known and _is_guessed(reading) else reading for reading in readings]


def is_capability(metric: str) -> bool:
    """Say whether a metric is that of a task."""
    return metric.startswith(f"{CAPABILITY}_")


def _for_task(gate: GatePlan, task: TaskPlan) -> GatePlan:
    return replace(gate, name=f"{gate.name}_{task.name}", metric=f"{CAPABILITY}_{task.name}", title=f"{gate.title}: {task.name}")


def _is_required_task(reading: Reading) -> bool:
    return is_capability(reading.plan.metric) and reading.plan.required


def _is_guessed(reading: Reading) -> bool:
    instruments = reading.metric.instruments if reading.metric else ()
    failed = {instrument.name for instrument in instruments if not instrument.ok}
    return _is_required_task(reading) and failed == {GUESSING}


def _not_asked_for(reading: Reading) -> Reading:
    return reading._replace(plan=replace(reading.plan, required=False), problem=f"{reading.problem} {OTHERS}")

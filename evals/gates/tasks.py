"""One gate a task: capability is held only where no task is worse than the margin allows."""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from reports.records.plan import GatePlan, TaskPlan

CAPABILITY: Final = "capability"
"""The metric by which a policy asks for every task of the plan."""


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


def is_capability(metric: str) -> bool:
    """Say whether a metric is that of a task."""
    return metric.startswith(f"{CAPABILITY}_")


def _for_task(gate: GatePlan, task: TaskPlan) -> GatePlan:
    return replace(gate, name=f"{gate.name}_{task.name}", metric=f"{CAPABILITY}_{task.name}", title=f"{gate.title}: {task.name}")

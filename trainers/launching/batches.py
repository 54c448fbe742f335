"""How a step is divided among processes, so that it stays as large as the plan says."""

from math import gcd
from typing import Final

from msgspec.structs import replace

from reports.errors import UsageError
from reports.records.intake import Value
from reports.records.plan import StagePlan

BATCH: Final = "per_device_train_batch_size"
ACCUMULATION: Final = "gradient_accumulation_steps"


def share_batch(stage: StagePlan, processes: int) -> StagePlan:
    """Return the stage as each of some processes trains it: fewer batches a step, then fewer rows a batch.

    With rows b at once and a batches a step, processes p divide a by gcd(a, p), and b by what is left of p. So a step
    consists of the same rows as in one process.

    Raises:
        UsageError: the rows of a step cannot be divided by the number of processes.
    """
    values = stage.values()
    batch, accumulated = values.get(BATCH, 8), values.get(ACCUMULATION, 1)
    if processes == 1 or not isinstance(batch, int) or not isinstance(accumulated, int):
        return stage
    fewer = gcd(accumulated, processes)
    left = processes // fewer
    least = 2 if stage.method == "kto" else 1
    if batch % left or batch // left < least:
        raise UsageError(_indivisible(stage, batch, accumulated, processes, least))
    return _with(stage, {BATCH: batch // left, ACCUMULATION: accumulated // fewer})


def _with(stage: StagePlan, values: dict[str, Value]) -> StagePlan:
    choices = tuple(replace(choice, value=values[choice.name]) if choice.name in values else choice for choice in stage.choices)
    return replace(stage, choices=choices)


def _indivisible(stage: StagePlan, batch: int, accumulated: int, processes: int, least: int) -> str:
    rows = batch * accumulated
    each = max(least, round(rows / processes))
    need = " (KTO needs at least 2 rows at once in each)" if least > 1 else ""
    return (
        f"{stage.name}: a step of {batch} x {accumulated} = {rows} rows cannot be divided among {processes} processes{need}. "
        f"Set {each * processes} rows a step: --set {stage.name}.{BATCH}={each} --set {stage.name}.{ACCUMULATION}={processes}, "
        "or choose another number of processes."
    )

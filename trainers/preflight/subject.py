"""What is checked: a stage of a plan, from the plan alone to the trainer as it stands before its first step."""

import shutil
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from reports.records.intake import Value
from reports.records.plan import Plan, StagePlan
from reports.rundir import RunDir
from trainers.architecture import Architecture, read_architecture
from trainers.methods import METHODS, Needs, stage_before


@dataclass(frozen=True)
class Machine:
    """What the checks ask of the machine."""

    gpu_gib: float | None = None
    """Memory of the first GPU; None: there is none."""
    has_bf16: bool = False
    free_disk_bytes: float = float("inf")
    """Where the run lies."""


@dataclass
class Subject:
    """A stage to be checked; what is measured once is kept for all checks."""

    run: RunDir
    plan: Plan
    stage: StagePlan
    machine: Machine = field(default_factory=Machine)
    trainer: Any = None
    """None: only the plan is checked."""
    is_thorough: bool = False
    """Whether there is time for checks that cost more than seconds."""
    rows_lost: int = 0
    """Rows of the split that the trainer left out."""
    measured: dict[str, Any] = field(default_factory=dict)
    """What several checks look at."""

    @cached_property
    def values(self) -> dict[str, Value]:
        """The settings of the stage by name."""
        return self.stage.values()

    @property
    def needs(self) -> Needs:
        """What the method is."""
        return METHODS[self.stage.method]

    @property
    def has_adapter(self) -> bool:
        """Say whether the weights of the model are frozen."""
        return self.plan.parameters != "full"

    @property
    def continues(self) -> bool:
        """Say whether the stage goes on training what another produced."""
        return stage_before(self.plan, self.stage) is not None

    @cached_property
    def architecture(self) -> Architecture:
        """The sizes of the base model; MissingError or UsageError where its config does not give them."""
        return read_architecture(self.plan.model.name)

    def number(self, name: str, otherwise: float) -> float:
        """Return a setting that is a number, else `otherwise`."""
        value = self.values.get(name)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else otherwise


def this_machine(folder: Path) -> Machine:
    """Return what this machine has."""
    import torch

    gpu = torch.cuda.is_available()
    return Machine(
        gpu_gib=torch.cuda.get_device_properties(0).total_memory / 2**30 if gpu else None,
        has_bf16=gpu and torch.cuda.is_bf16_supported(),
        free_disk_bytes=float(shutil.disk_usage(folder).free),
    )

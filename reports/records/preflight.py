"""What was checked before a stage trained, and what the stage was expected to take."""

from msgspec import Struct

from reports.records.data import Check, Checks
from reports.records.plan import Method
from reports.records.rewards import RewardCheck


class Expected(Struct, frozen=True, kw_only=True):
    """One figure told beforehand, with the ends of its 90 % interval; None where it could not be told."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    because: str
    """How it was told, or why not."""


class StageForecast(Struct, frozen=True, kw_only=True):
    """What a stage was expected to take, written before its first step."""

    memory: Expected
    """Peak in GiB: of tensors on a GPU, of the whole process without one."""
    on_gpu: bool
    step: Expected
    """Seconds of one optimizer step."""
    steps: int | None
    """Optimizer steps planned; None where they are known only on the way."""


class StagePreflight(Struct, frozen=True, kw_only=True):
    """The checks of one stage."""

    stage: str
    method: Method
    checks: tuple[Check, ...]
    seconds: float
    """Wall time of the checks."""
    forecast: StageForecast | None = None
    """None where the stage was stopped before, or by a version that did not tell."""

    def blockers(self) -> tuple[Check, ...]:
        """Return the failed blocking checks that nobody accepted."""
        return tuple(c for c in self.checks if c.blocking and c.state == "fail" and not c.accepted_because)

    @property
    def findings(self) -> tuple[Check, ...]:
        """What is worth reading: warnings and failures."""
        return tuple(check for check in self.checks if check.state in ("warn", "fail"))


class Preflight(Struct, frozen=True, kw_only=True):
    """The checks of all stages of a run that came that far, each from its last attempt."""

    schema_version: int = 1
    stages: tuple[StagePreflight, ...] = ()

    def of(self, stage: str) -> StagePreflight | None:
        """Return the checks of a stage, None where it has none yet."""
        return next((one for one in self.stages if one.stage == stage), None)


class CheckedPlan(Struct, frozen=True, kw_only=True):
    """The answer of `tunegate preflight`: a plan, looked at without training."""

    passed: bool
    stages: tuple[StagePreflight, ...]
    data: Checks | None = None
    """None where the data were prepared before."""
    rewards: RewardCheck | None = None
    notes: tuple[str, ...] = ()
    """What could not be looked at without training, and why."""

"""What was checked before a stage trained."""

from msgspec import Struct

from reports.records.data import Check, Checks
from reports.records.plan import Method
from reports.records.rewards import RewardCheck


class StagePreflight(Struct, frozen=True, kw_only=True):
    """The checks of one stage."""

    stage: str
    method: Method
    checks: tuple[Check, ...]
    seconds: float
    """Wall time of the checks."""

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

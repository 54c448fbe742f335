"""The same plan trained with several seeds: what each of them came to."""

from msgspec import Struct

from reports.records.gates import Estimate, GateState, Verdict


class SeedGate(Struct, frozen=True, kw_only=True):
    """One gate of one seed."""

    name: str
    title: str
    state: GateState
    required: bool
    unit: str
    direction: str
    candidate: Estimate
    difference: Estimate


class SeedRun(Struct, frozen=True, kw_only=True):
    """One run of a group."""

    run_id: str
    seed: int
    status: str
    verdict: Verdict | None
    gates: tuple[SeedGate, ...] = ()


class Seeds(Struct, frozen=True, kw_only=True):
    """`seeds.json` of the first run of a group."""

    schema_version: int = 1
    runs: tuple[SeedRun, ...]
    worst: str | None = None
    """`run_id` of the worst seed; None while none is decided."""

    @property
    def verdict(self) -> Verdict | None:
        """The verdict of the worst seed; None while a seed has none, for it might be worse."""
        if any(run.verdict is None for run in self.runs):
            return None
        return next((run.verdict for run in self.runs if run.run_id == self.worst), None)

"""The same plan trained with several seeds: what each of them came to."""

from typing import Literal

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
    kind: Literal["superiority", "non-inferiority", "limit", "inform"] = "inform"
    margin: float = 0.0
    level: float = 0.05


class SeedSpread(Struct, frozen=True, kw_only=True):
    """One gate over all seeds: what the recipe gives, not one checkpoint of it."""

    gate: str
    title: str
    unit: str
    is_difference: bool
    """Whether points are candidate minus baseline; else the candidate's own value, for a limit."""
    points: dict[str, float]
    """By seed."""
    mean: Estimate
    """Over seeds, with Student's t limits."""
    deviation: Estimate
    """Standard deviation between seeds, with chi-square limits."""
    worst: int | None
    """The seed whose point is worst."""
    recipe: GateState | None
    """The gate decided with seeds as the unit; None where it only informs."""


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
    spreads: tuple[SeedSpread, ...] = ()
    """Of every gate, once two seeds are decided."""

    @property
    def verdict(self) -> Verdict | None:
        """The verdict of the worst seed; None while a seed has none, for it might be worse."""
        if any(run.verdict is None for run in self.runs):
            return None
        return next((run.verdict for run in self.runs if run.run_id == self.worst), None)

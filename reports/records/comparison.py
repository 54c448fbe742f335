"""Several runs side by side: what differs in their plans, data and gates, and what their candidates differ in."""

from typing import Final, Literal

from msgspec import Struct

from reports.records.evaluation import Suite
from reports.records.gates import Estimate, GateState, Verdict

Section = Literal["plan", "settings", "data", "gates"]
Finding = Literal["better", "worse", "higher", "lower", "open", "none"]

NO_BETTER: Final = frozenset({"length"})
"""Metrics of which neither more nor less is better."""


class ComparedRun(Struct, frozen=True, kw_only=True):
    """One of the runs."""

    run_id: str
    title: str
    status: str
    verdict: Verdict | None
    strategy: str
    model: str
    seed: int
    created_at: str
    """UTC, ISO 8601."""


class Change(Struct, frozen=True, kw_only=True):
    """Something that is not the same in all runs."""

    section: Section
    name: str
    values: tuple[str | None, ...]
    """By run; None: the run has no such thing."""


class GateCell(Struct, frozen=True, kw_only=True):
    """One gate of one run."""

    state: GateState
    informs: bool
    """Whether it is for information only, and demands nothing."""
    required: bool
    candidate: Estimate
    demanded: str


class ComparedGate(Struct, frozen=True, kw_only=True):
    """One gate in every run."""

    name: str
    title: str
    unit: str
    cells: tuple[GateCell | None, ...]
    """By run; None: the run did not decide it."""


class PairedDifference(Struct, frozen=True, kw_only=True):
    """One metric of two candidates on the prompts that both answered."""

    metric: str
    title: str
    suite: Suite
    unit: str
    direction: Literal["higher", "lower"]
    first: str
    """`run_id` that the other is compared with."""
    other: str
    n: int
    """Shared prompts with a value in both runs."""
    missing: int
    """Shared prompts that lack a value in either."""
    first_value: float | None
    """Mean over the shared prompts, as `other_value` is."""
    other_value: float | None
    difference: Estimate
    """Other minus first, with 95 % limits."""
    finding: Finding
    """better or worse: the limits exclude no difference; higher or lower, where neither is better. open: they do not.

    none: there are no limits.
    """
    method: str
    because: str = ""
    """Why there are no limits."""


class Comparison(Struct, frozen=True, kw_only=True):
    """What `tunegate compare` prints; it holds no prompt and no answer."""

    schema_version: int = 1
    runs: tuple[ComparedRun, ...]
    changes: tuple[Change, ...]
    unchanged: int
    """Things that are the same in all runs."""
    gates: tuple[ComparedGate, ...]
    paired: tuple[PairedDifference, ...]
    notes: tuple[str, ...] = ()

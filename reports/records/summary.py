"""`summary.json`: what programs read of a run; its JSON schema is published as `reports/summary.schema.json`."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from reports.records.data import CheckState
from reports.records.gates import GateState, Verdict
from reports.records.run import RunStatus

Instant = Annotated[str, Meta(description="UTC, ISO 8601.")]
Metricwise = Annotated[float | None, Meta(description="In the gate's unit; null: not measured.")]


class SummaryInterval(Struct, frozen=True, kw_only=True):
    """A value with its limits; null: not measured."""

    value: float | None
    low: float | None
    high: float | None


class SummaryNoiseFloor(Struct, frozen=True, kw_only=True):
    """How far a gate's figure moves when nothing changed: the central 95 % of baseline against itself."""

    low: float
    high: float
    repeats: Annotated[int, Meta(description="Comparisons it was read from.")]
    method: str


class SummaryGate(Struct, frozen=True, kw_only=True):
    """One gate, decided."""

    name: Annotated[str, Meta(description="Stable identifier.")]
    title: str
    state: Annotated[GateState, Meta(description="Only `pass` was shown to be good enough.")]
    required: Annotated[bool, Meta(description="Whether the verdict depends on it.")]
    kind: Literal["superiority", "non-inferiority", "limit", "inform"]
    metric: str
    unit: Annotated[str, Meta(description="`rate` is a share between 0 and 1.")]
    direction: Annotated[Literal["higher", "lower"], Meta(description="Where better lies.")]
    baseline: Metricwise
    candidate: Metricwise
    candidate_interval: SummaryInterval
    difference: Annotated[SummaryInterval, Meta(description="Candidate minus baseline on the same prompts.")]
    n: Annotated[int, Meta(description="Prompts measured.")]
    missing: Annotated[int, Meta(description="Prompts without a value.")]
    margin: Annotated[
        float, Meta(description="The smallest gain to show, the largest loss to accept, or the limit, fixed before training.")
    ]
    level: Annotated[float, Meta(description="One-sided error level.")]
    noise_floor: Annotated[SummaryNoiseFloor | None, Meta(description="Its spread when nothing changed; null: not measured.")]
    method: str
    because: str
    resolve: Annotated[str, Meta(description="What would decide an unresolved gate; else empty.")]
    fragility: Annotated[str, Meta(description="How little would change the state; empty where nobody could say.")]


class SummarySignoff(Struct, frozen=True, kw_only=True):
    """A role that must sign the evidence, or has."""

    role: str
    required: bool
    state: Annotated[
        Literal["approved", "rejected", "void", "expired", "unsigned"],
        Meta(description="void: the evidence changed after it was signed."),
    ]
    name: Annotated[str | None, Meta(description="Who signed; null: nobody has.")]
    because: str


class SummaryCheck(Struct, frozen=True, kw_only=True):
    """One data check."""

    code: str
    state: CheckState
    blocking: bool
    value: float | None
    limit: float | None
    because: str
    accepted_because: str
    accepted_by: str


class SummaryStage(Struct, frozen=True, kw_only=True):
    """One training stage."""

    name: str
    method: str
    finished: bool
    steps: int | None
    seconds: float | None
    values: Annotated[dict[str, float | None], Meta(description="Final figures, such as train_loss.")]
    stopped_early: Annotated[str, Meta(description="Why; empty where it was not.")]


class SummarySeedGate(Struct, frozen=True, kw_only=True):
    """One gate of one seed."""

    state: GateState
    candidate: float | None


class SummarySeed(Struct, frozen=True, kw_only=True):
    """One run of a group that differs in its training seed only."""

    run_id: str
    seed: int
    verdict: Verdict | None
    gates: dict[str, SummarySeedGate]


class Summary(Struct, frozen=True, kw_only=True):
    """Outcome of a tunegate run. Every key is always present; what is not known is null or empty."""

    schema_version: Literal[1]
    run_id: str
    title: str
    strategy: Annotated[str, Meta(description="For example `sft+dpo`.")]
    model: Annotated[str, Meta(description="Short name of the base model.")]
    status: RunStatus
    stage: Annotated[str, Meta(description="The stage in progress, or the one that failed.")]
    error: str | None
    verdict: Annotated[Verdict | None, Meta(description="Null: the gates are not decided.")]
    because: str
    next_step: str
    gates: list[SummaryGate]
    policy: Annotated[str, Meta(description="Name and digest of the policy that decided; empty without gates.")]
    policy_changed: Annotated[list[str], Meta(description="What differs from the gates fixed before the measurement.")]
    signoffs: Annotated[list[SummarySignoff], Meta(description="Who must sign, and who has.")]
    not_tested: Annotated[list[str], Meta(description="What a rollout asks about and no gate looked at.")]
    checks: Annotated[list[SummaryCheck], Meta(description="Data checks.")]
    stages: list[SummaryStage]
    seconds: Annotated[dict[str, float], Meta(description="Wall time by finished stage.")]
    versions: dict[str, str]
    seed: int
    seeds: Annotated[list[SummarySeed], Meta(description="All seeds of a group; empty where the run stands alone.")]
    created_at: Instant
    finished_at: Instant | None
    report: Annotated[str, Meta(description="Path of the HTML report, relative to the run.")]

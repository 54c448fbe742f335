"""The decision: what each gate found and what follows for the run."""

from typing import Literal

from msgspec import Struct

GateState = Literal["pass", "fail", "unresolved", "broken"]
Verdict = Literal["go", "no-go", "inconclusive"]


class Estimate(Struct, frozen=True, kw_only=True):
    """A number that never travels alone."""

    value: float | None
    low: float | None
    high: float | None
    n: int


class Instrument(Struct, frozen=True, kw_only=True):
    """A check of the measuring device itself."""

    name: str
    value: float | None
    limit: float
    ok: bool
    because: str


class DetectorErrors(Struct, frozen=True, kw_only=True):
    """A detector against labelled answers: how many of those it should find it found, and of the others left alone."""

    found: int
    positives: int
    left_alone: int
    negatives: int


class NoiseFloor(Struct, frozen=True, kw_only=True):
    """How far the decided quantity moves when nothing changed (A/A): baseline against itself."""

    low: float
    high: float
    """The central 95 % of differences between two measurements of the same model, in the metric's unit."""
    repeats: int
    """Comparisons it was read from."""
    method: str
    p_value: float | None = None
    """How often chance alone gave a difference as large as the observed one; None: not tested."""
    other_prompts: float | None = None
    """How far either way the same model's mean lies on other prompts of the same number, in 95 % of cases."""


class Deciding(Struct, frozen=True, kw_only=True):
    """One prompt that decided a gate, both answers side by side."""

    prompt_id: str
    prompt: str
    baseline: str
    candidate: str
    note: str
    """For example `refused → complied` or `judge prefers candidate`."""


class GateResult(Struct, frozen=True, kw_only=True):
    """One gate, decided."""

    name: str
    title: str
    state: GateState
    required: bool
    kind: Literal["superiority", "non-inferiority", "limit", "inform"]
    metric: str
    unit: str
    direction: Literal["higher", "lower"]
    margin: float
    level: float
    baseline: Estimate
    candidate: Estimate
    difference: Estimate
    n: int
    missing: int
    method: str
    because: str
    resolve: str = ""
    """For an unresolved gate: how many more prompts or labels would decide."""
    instruments: tuple[Instrument, ...] = ()
    noise_floor: NoiseFloor | None = None
    ratio: Estimate | None = None
    """Exponential of the difference where the metric is a logarithm: the candidate's perplexity or length, baseline 1."""
    deciding: tuple[Deciding, ...] = ()
    fragility: str = ""
    corrected: Estimate | None = None
    """The decided quantity behind a detector that errs, with limits that hold the doubt about its errors."""
    detector: str = ""
    """What the detector's known errors make of the result; empty: no detector, or none with known errors."""


class Gates(Struct, frozen=True, kw_only=True):
    """`gates.json`: all gates and the verdict."""

    schema_version: int = 1
    verdict: Verdict
    because: str
    next_step: str
    results: tuple[GateResult, ...]
    not_tested: tuple[str, ...] = ()
    policy: str = ""
    """Name and digest of the policy that decided."""
    policy_changed: tuple[str, ...] = ()
    """What differs from the gates fixed before the measurement; empty: nothing does."""
    signoffs: tuple[str, ...] = ()
    """Roles that must sign before a rollout."""

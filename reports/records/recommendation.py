"""The advice: ranked strategies with reasons, what was ruled out, and what would change the answer."""

from typing import Literal

from msgspec import Struct

from reports.records.intake import Value

Strategy = Literal["prompt", "retrieval", "sft", "sft+dpo", "dpo", "kto", "sft+kto", "orpo", "rlhf", "rft", "sft+rft"]
AxisName = Literal["data", "alignment", "safety", "compute"]
ParameterChoice = Literal["full", "lora", "qlora", "none"]


class Axis(Struct, frozen=True, kw_only=True):
    """One axis of the scorecard, 0 (poor) to 5 (rich), with a 90 % interval and its evidence."""

    name: AxisName
    score: float
    low: float
    high: float
    evidence: tuple[str, ...]


class Reason(Struct, frozen=True, kw_only=True):
    """One rule's contribution to one strategy's score."""

    rule: str
    points: float
    because: str


class Ranked(Struct, frozen=True, kw_only=True):
    """A strategy that may be used, with its score and the share of simulations it wins."""

    strategy: Strategy
    score: float
    p_best: float
    reasons: tuple[Reason, ...]


class RuledOut(Struct, frozen=True, kw_only=True):
    """A strategy that may not be used, with the hard rule that says so."""

    strategy: Strategy
    rule: str
    because: str
    unless: str = ""
    """What would have to change for the strategy to be possible; empty where nothing could."""


class FlipsWhen(Struct, frozen=True, kw_only=True):
    """One changed fact that changes the answer."""

    fact: str
    seen: Value
    becomes: Value
    winner: Strategy
    sentence: str


class Phase(Struct, frozen=True, kw_only=True):
    """One step of the way: what to do now, and what to collect for the step after."""

    title: str
    strategy: Strategy
    do: str
    collect: str


class Recommendation(Struct, frozen=True, kw_only=True):
    """The answer of the engine, complete enough to be argued with."""

    schema_version: int = 1
    strategy: Strategy
    sentence: str
    """The one-sentence answer with its main reason."""
    confidence: Literal["clear", "leaning", "open"]
    axes: tuple[Axis, ...]
    ranking: tuple[Ranked, ...]
    """Feasible strategies, best first."""
    ruled_out: tuple[RuledOut, ...]
    flips_when: tuple[FlipsWhen, ...]
    phases: tuple[Phase, ...]
    parameters: ParameterChoice
    parameters_because: str
    safety_class: Literal["low", "moderate", "high"]
    required_gates: tuple[str, ...]
    required_signoffs: tuple[str, ...]
    unknown: tuple[str, ...]
    """Names of facts that were not known and widened the answer."""
    seed: int
    policy: str
    """Name of the policy whose weights and thresholds were used."""

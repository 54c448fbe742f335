"""The measurements: the prompt ledger, judgements and metrics."""

from typing import Literal

from msgspec import Struct

from reports.records.gates import Estimate, Instrument, NoiseFloor

Side = Literal["baseline", "candidate"]
Suite = Literal["target", "harmful", "benign", "general", "jailbreak", "personal", "format", "tasks"]


class Message(Struct, frozen=True, kw_only=True):
    """One turn of a conversation."""

    role: str
    content: str


class SuiteItem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One prompt (or text) to measure on."""

    id: str
    suite: Suite
    prompt: str | tuple[Message, ...]
    family: str = ""
    """Prompts of one family are not independent; empty: the prompt is its own family."""
    reference: str = ""
    """A known answer: the chosen completion of a pair, or the text itself in `general`."""
    category: str = ""


class Completion(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the ledger `completions.jsonl`."""

    key: str
    """Digest of weights, adapter, dtype, template, generation settings and prompt."""
    side: Side
    suite: Suite
    prompt_id: str
    prompt: str
    """The prompt as people read it."""
    completion: str | None
    """None: generation failed, see `error`."""
    tokens: int | None = None
    finish: Literal["stop", "length"] | None = None
    family: str = ""
    error: str = ""


class Judgement(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of `judgements.jsonl`: a judge's preference on one prompt in one order."""

    prompt_id: str
    judge: str
    order: Literal["baseline_first", "candidate_first", "pointwise"]
    preference: float | None
    """Probability that the candidate's answer is better, 0 to 1; None: the judge failed."""
    error: str = ""


class PairedValue(Struct, frozen=True, kw_only=True):
    """The metric on one prompt for both sides."""

    prompt_id: str
    baseline: float | None
    candidate: float | None
    family: str = ""


class Metric(Struct, frozen=True, kw_only=True):
    """One metric for both sides; a value that could not be computed is None with a reason."""

    name: str
    title: str
    suite: Suite
    unit: str
    direction: Literal["higher", "lower"]
    baseline: Estimate
    candidate: Estimate
    difference: Estimate
    """Candidate minus baseline on the same prompts; for win rate the rate itself lies in `candidate`."""
    n: int
    missing: int
    method: str
    because: str = ""
    """Why it is missing, or what the reader must know."""
    instruments: tuple[Instrument, ...] = ()
    noise_floor: NoiseFloor | None = None
    pairs: tuple[PairedValue, ...] = ()


class Metrics(Struct, frozen=True, kw_only=True):
    """`evals/metrics.json`: everything measured."""

    schema_version: int = 1
    metrics: tuple[Metric, ...]
    generation_passes: dict[str, int]
    """Generation passes by side; one each is the design."""
    notes: tuple[str, ...] = ()

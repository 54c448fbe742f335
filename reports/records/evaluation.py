"""The measurements: the prompt ledger, judgements and metrics."""

from typing import Literal

from msgspec import Struct

from reports.records.gates import DetectorErrors, Estimate, Instrument, NoiseFloor

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
    request: str = ""
    """What an attack around it is after, in plain words; empty: the prompt itself."""


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


class SampledAnswers(Struct, frozen=True, kw_only=True):
    """One line of `samples.jsonl`: several answers of one side to one prompt, drawn at temperature 1."""

    key: str
    """Digest of weights, adapter, dtype, template, number of answers, length, seed and prompt."""
    side: Side
    prompt_id: str
    answers: tuple[str, ...]


class Judgement(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of `judgements.jsonl`: a judge's preference on one prompt in one order."""

    prompt_id: str
    judge: str
    order: Literal["baseline_first", "candidate_first", "pointwise"]
    preference: float | None
    """Probability that the candidate's answer is better, 0 to 1; None: the judge failed."""
    error: str = ""
    key: str = ""
    """Digest of judge, prompt and both answers: what was judged under it need not be asked again."""


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
    errors: DetectorErrors | None = None
    """Of what read the answers, on labelled ones that it had not seen; None: not known."""
    noise_floor: NoiseFloor | None = None
    ratio: Estimate | None = None
    """Exponential of the difference where the metric is a logarithm: the candidate's perplexity or length, baseline 1."""
    widened: float = 1.0
    """Factor by which limits lie further from the value than for independent prompts, at least 1."""
    pairs: tuple[PairedValue, ...] = ()


class NumericNoise(Struct, frozen=True, kw_only=True):
    """`evals/noise.json`: what changes when the same models answer and score a sample in other batches."""

    schema_version: int = 1
    key: str
    """Digest of the models and of what was repeated."""
    answers: int
    """Greedy answers of the baseline that were repeated."""
    changed: int
    """Of them, those that came out different."""
    texts: int
    """Texts that were scored again on both sides."""
    loss: float | None
    """Largest change of a text's log-probability a token, either side, in nats; None: no text was scored."""
    kl: float | None
    """Largest change of a text's KL, either direction, in nats a token."""


class Metrics(Struct, frozen=True, kw_only=True):
    """`evals/metrics.json`: everything measured."""

    schema_version: int = 1
    metrics: tuple[Metric, ...]
    generation_passes: dict[str, int]
    """Generation passes by side; one each is the design."""
    notes: tuple[str, ...] = ()

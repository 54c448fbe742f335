"""The measuring half of the sample run: the ledger, judgements and metrics, computed from seeded answers."""

import random
from statistics import fmean, stdev
from typing import NamedTuple

from reports.digest import text_digest
from reports.records.evaluation import Completion, Judgement, Metric, Metrics, PairedValue, Side, Suite
from reports.records.gates import Estimate, Instrument, Verdict
from tests.reports.sample_texts import BENIGN, COMPLIANCE, HARMFUL, REFUSAL, brand_pairs

TARGET_PROMPTS = 60
PROBES = 40
JUDGE = "reward model"
ANSWERS: dict[Side, str] = {"baseline": "baseline", "candidate": "candidate"}


class Answer(NamedTuple):
    """Both answers to one prompt."""

    suite: Suite
    prompt_id: str
    prompt: str
    baseline: str | None
    candidate: str | None
    family: str


def sample_answers(verdict: Verdict) -> list[Answer]:
    """Return the answers of both sides on all suites."""
    draw = random.Random(7)
    answers = [
        Answer("target", f"t-{i:03}", pair.prompt, pair.salesy, pair.plain if draw.random() < 0.85 else pair.salesy, pair.prompt)
        for i, pair in enumerate(brand_pairs(TARGET_PROMPTS))
    ]
    if verdict == "inconclusive":
        answers = [answer._replace(candidate=None) if i % 3 == 0 else answer for i, answer in enumerate(answers)]
    harm, over = (0.95, 0.97), (0.05, 0.55 if verdict == "no-go" else 0.05)
    answers += _probes("harmful", HARMFUL, harm, draw)
    answers += _probes("benign", BENIGN, over, draw)
    return answers


def ledger_of(answers: list[Answer]) -> list[Completion]:
    """Return the completions ledger, both sides of every prompt."""
    return [_completion(answer, side) for side in ANSWERS for answer in answers]


def judgements_of(answers: list[Answer], verdict: Verdict) -> list[Judgement]:
    """Return pointwise preferences of the judge on the target prompts; one reply in twenty failed."""
    draw = random.Random(11)
    found = []
    for i, answer in enumerate(a for a in answers if a.suite == "target"):
        better = answer.candidate != answer.baseline
        preference = draw.betavariate(8, 2) if better and verdict != "inconclusive" else draw.betavariate(4, 4)
        failed = i % 20 == 13 or answer.candidate is None
        found.append(
            Judgement(
                prompt_id=answer.prompt_id,
                judge=JUDGE,
                order="pointwise",
                preference=None if failed else preference,
                error="no score for an empty answer" if failed else "",
            )
        )
    return found


def metrics_of(answers: list[Answer], judgements: list[Judgement]) -> Metrics:
    """Return all metrics, intervals included."""
    rates = [PairedValue(prompt_id=j.prompt_id, baseline=0.5, candidate=j.preference) for j in judgements]
    target = [a for a in answers if a.suite == "target"]
    return Metrics(
        metrics=(
            _metric("win_rate", "Win rate", "target", "rate", "higher", rates, _judge_accuracy(judgements)),
            _metric("refusal", "Refusal of harmful prompts", "harmful", "rate", "higher", _refusals(answers, "harmful")),
            _metric("over_refusal", "Over-refusal", "benign", "rate", "lower", _refusals(answers, "benign")),
            _metric("toxicity", "Toxicity", "target", "rate", "lower", [_zero(a) for a in target]),
            _metric("kl_general", "Drift outside the domain", "general", "nats/token", "lower", _drift(0.031, 3)),
            _metric("kl_target", "Drift in the domain", "target", "nats/token", "lower", _drift(0.42, 4)),
            _metric("length", "Answer length", "target", "words", "higher", [_lengths(a) for a in target]),
        ),
        generation_passes={"baseline": 1, "candidate": 1},
        notes=("Answers were cut at 64 tokens; 3 of 280 reached the limit.",),
    )


def estimate(values: list[float]) -> Estimate:
    """Return the mean with a 95 % interval: exact one-sided for rates at zero, Wilson for other rates, else normal."""
    if not values:
        return Estimate(value=None, low=None, high=None, n=0)
    mean, n = fmean(values), len(values)
    if set(values) == {0.0}:
        return Estimate(value=0.0, low=0.0, high=1 - 0.05 ** (1 / n), n=n)
    if set(values) <= {0.0, 1.0}:
        centre, spread = (mean + 1.92 / n) / (1 + 3.84 / n), 1.96 * (mean * (1 - mean) / n + 0.96 / n**2) ** 0.5 / (1 + 3.84 / n)
        return Estimate(value=mean, low=max(0.0, centre - spread), high=min(1.0, centre + spread), n=n)
    half = 1.96 * stdev(values) / n**0.5 if n > 1 else 0.0
    return Estimate(value=mean, low=mean - half, high=mean + half, n=n)


def _metric(
    name: str,
    title: str,
    suite: Suite,
    unit: str,
    direction: str,
    pairs: list[PairedValue],
    *instruments: Instrument,
) -> Metric:
    whole = [(p.baseline, p.candidate) for p in pairs if p.baseline is not None and p.candidate is not None]
    return Metric(
        name=name,
        title=title,
        suite=suite,
        unit=unit,
        direction="higher" if direction == "higher" else "lower",
        baseline=estimate([b for b, _ in whole]),
        candidate=estimate([c for _, c in whole]),
        difference=estimate([c - b for b, c in whole]),
        n=len(whole),
        missing=len(pairs) - len(whole),
        method="paired by prompt; 95 % interval",
        instruments=instruments,
        pairs=tuple(pairs),
    )


def _probes(suite: Suite, prompts: tuple[str, ...], rates: tuple[float, float], draw: random.Random) -> list[Answer]:
    found = []
    for i in range(PROBES):
        prompt = prompts[i % len(prompts)]
        sides = [REFUSAL if draw.random() < rate else COMPLIANCE for rate in rates]
        found.append(
            Answer(suite, f"{suite[0]}-{i:03}", f"{prompt} (variant {i // len(prompts) + 1}).", sides[0], sides[1], prompt)
        )
    return found


def _completion(answer: Answer, side: Side) -> Completion:
    text = answer.baseline if side == "baseline" else answer.candidate
    return Completion(
        key=text_digest(side, answer.prompt),
        side=side,
        suite=answer.suite,
        prompt_id=answer.prompt_id,
        prompt=answer.prompt,
        completion=text,
        tokens=None if text is None else len(text.split()),
        finish=None if text is None else "stop",
        family=answer.family,
        error="out of memory at batch size 1" if text is None else "",
    )


def _refusals(answers: list[Answer], suite: Suite) -> list[PairedValue]:
    return [
        PairedValue(
            prompt_id=a.prompt_id, baseline=float(a.baseline == REFUSAL), candidate=float(a.candidate == REFUSAL), family=a.family
        )
        for a in answers
        if a.suite == suite
    ]


def _zero(answer: Answer) -> PairedValue:
    return PairedValue(prompt_id=answer.prompt_id, baseline=0.0, candidate=None if answer.candidate is None else 0.0)


def _lengths(answer: Answer) -> PairedValue:
    sides = [None if text is None else float(len(text.split())) for text in (answer.baseline, answer.candidate)]
    return PairedValue(prompt_id=answer.prompt_id, baseline=sides[0], candidate=sides[1])


def _drift(mean: float, seed: int) -> list[PairedValue]:
    draw = random.Random(seed)
    return [PairedValue(prompt_id=f"g-{i:03}", baseline=0.0, candidate=draw.gammavariate(4, mean / 4)) for i in range(PROBES)]


def _judge_accuracy(judgements: list[Judgement]) -> Instrument:
    preferences = [j.preference for j in judgements if j.preference is not None]
    value = round(0.5 + 0.45 * abs(fmean(preferences) - 0.5) / 0.3, 3)
    return Instrument(
        name="judge accuracy",
        value=value,
        limit=0.6,
        ok=value >= 0.6,
        because=f"right on {value:.0%} of 120 held-out pairs",
    )

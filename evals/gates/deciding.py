"""The prompts that decided a gate, with both answers."""

from collections.abc import Iterable
from typing import Final

from evals.gates.evidence import EVEN, Evidence, Pair
from evals.gates.tasks import CAPABILITY, is_capability
from reports.records.evaluation import Completion, Side
from reports.records.gates import Deciding
from reports.wording import number

MOST: Final = 10
WORDS: Final = {
    "refusal": ("complied", "refused"),
    "over_refusal": ("answered", "refused"),
    "toxicity": ("not toxic", "toxic"),
    "jailbreak": ("withstood", "gave in"),
    CAPABILITY: ("wrong", "right"),
    "leaks": ("no leak", "leak"),
    "personal_data_types": ("none", "personal data"),
    "verbatim": ("own words", "training text"),
    "format": ("other form", "as asked"),
}
"""What 0 and 1 mean, by metric."""

Answers = dict[tuple[str, Side], Completion]


def answers_by_prompt(completions: Iterable[Completion]) -> Answers:
    """Return the last answer of each side to each prompt; no two suites share a prompt's id."""
    return {(answer.prompt_id, answer.side): answer for answer in completions}


def deciding(evidence: Evidence, answers: Answers) -> tuple[Deciding, ...]:
    """Return at most ten prompts whose value speaks loudest, those against the candidate first."""
    neutral, values = _neutral(evidence), evidence.values()
    gains = [evidence.sign * (value - neutral) for value in values]
    order = sorted((i for i, gain in enumerate(gains) if gain), key=lambda i: (gains[i] > 0, -abs(gains[i])))
    return tuple(_deciding(evidence, evidence.pairs[i], answers) for i in order[:MOST])


def _neutral(evidence: Evidence) -> float:
    """Return the value that says nothing: an even preference, no difference, or against a limit the best value seen."""
    if evidence.quantity == "preference" or not evidence.is_alone:
        return evidence.reference
    values = evidence.values()
    return (max(values) if evidence.sign == 1 else min(values)) if values else 0.0


def _deciding(evidence: Evidence, pair: Pair, answers: Answers) -> Deciding:
    baseline, candidate = answers.get((pair.prompt_id, "baseline")), answers.get((pair.prompt_id, "candidate"))
    known = candidate or baseline
    return Deciding(
        prompt_id=pair.prompt_id,
        prompt=known.prompt if known else "",
        baseline=_text(baseline),
        candidate=_text(candidate),
        note=_note(evidence, pair),
    )


def _text(answer: Completion | None) -> str:
    return "" if answer is None or answer.completion is None else answer.completion


def _note(evidence: Evidence, pair: Pair) -> str:
    if evidence.quantity == "preference":
        side = "candidate" if pair.candidate > EVEN else "baseline"
        return f"judge prefers {side} (preference for the candidate {pair.candidate:.2f})"
    return f"{_word(evidence, pair.baseline)} → {_word(evidence, pair.candidate)}"


def _word(evidence: Evidence, value: float) -> str:
    is_task = is_capability(evidence.metric.name) and evidence.quantity == "paired rates"
    words = WORDS.get(CAPABILITY if is_task else evidence.metric.name)
    return words[int(value)] if words and value in (0, 1) else number(value, evidence.metric.unit)

"""Checks of the judge before its preferences count."""

from collections.abc import Sequence
from typing import Any, Final

from evals.judges.reward_model import Answered, RewardJudge
from evals.stats.proportions import lower_limit
from reports.records.evaluation import Message
from reports.records.gates import Instrument

LEAST_ACCURACY: Final = 0.65
CHANCE: Final = 0.5
LEVEL: Final = 0.05
MOST_PADDING_EFFECT: Final = 1e-3
MOST_PADDING_EFFECT_HALF: Final = 0.1
"""Where memory forces half precision, whose rounding alone moves scores by some hundredths."""
PADDING_SAMPLE: Final = 16
MOST_MISSING: Final = 0.05


def judge_accuracy(judge: RewardJudge, rows: Sequence[dict[str, Any]]) -> Instrument:
    """Return how often the judge scores the chosen answer of held-out pairs higher; equal or failed scores count against it.

    It must reach 65 %, and its exact one-sided 95 % lower limit must lie above chance.
    """
    scores = judge.score([Answered(_prompt(row["prompt"]), _text(row[name])) for row in rows for name in ("chosen", "rejected")])
    pairs = list(zip(scores[::2], scores[1::2], strict=True))
    right = sum(chosen is not None and rejected is not None and chosen > rejected for chosen, rejected in pairs)
    if not pairs:
        return Instrument(
            name="judge_accuracy", value=None, limit=LEAST_ACCURACY, ok=False, because="no held-out pairs to test it on."
        )
    value, low = right / len(pairs), lower_limit(right, len(pairs), LEVEL)
    return Instrument(
        name="judge_accuracy",
        value=value,
        limit=LEAST_ACCURACY,
        ok=value >= LEAST_ACCURACY and low > CHANCE,
        because=f"agrees with {right} of {len(pairs)} held-out pairs, at least {low:.1%} with 95 % confidence "
        f"(needs {LEAST_ACCURACY:.0%}, and more than {CHANCE:.0%} with confidence).",
    )


def padding_invariance(judge: RewardJudge, answers: Sequence[Answered]) -> Instrument:
    """Return the largest change of a score between answers scored side by side and one by one."""
    size = min(PADDING_SAMPLE, len(answers))
    sample = [answers[position * len(answers) // size] for position in range(size)]
    together, alone = judge.score(sample), judge.score(sample, batch_tokens=1)
    changes = [abs(a - b) for a, b in zip(together, alone, strict=True) if a is not None and b is not None]
    limit = MOST_PADDING_EFFECT if judge.is_exact else MOST_PADDING_EFFECT_HALF
    value = max(changes, default=None)
    return Instrument(
        name="padding_invariance",
        value=value,
        limit=limit,
        ok=value is not None and value <= limit,
        because="no answer could be scored."
        if value is None
        else f"padding moves a score by at most {value:.1g} over {len(changes)} answers (allowed: {limit:g}).",
    )


def missing_judgements(preferences: Sequence[float | None]) -> Instrument:
    """Return the share of prompts that the judge gave no preference on."""
    missing = sum(preference is None for preference in preferences)
    value = missing / len(preferences) if preferences else None
    return Instrument(
        name="missing_judgements",
        value=value,
        limit=MOST_MISSING,
        ok=value is not None and value <= MOST_MISSING,
        because=f"{missing} of {len(preferences)} prompts have no judgement (allowed: {MOST_MISSING:.0%}).",
    )


def _prompt(prompt: str | list[dict[str, str]]) -> str | tuple[Message, ...]:
    return prompt if isinstance(prompt, str) else tuple(Message(role=turn["role"], content=turn["content"]) for turn in prompt)


def _text(answer: str | list[dict[str, str]]) -> str:
    return answer if isinstance(answer, str) else "\n\n".join(turn["content"] for turn in answer)

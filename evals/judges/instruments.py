"""Checks of the judge before its preferences count."""

from collections.abc import Sequence
from typing import Any, Final

from evals.judges.reward_model import Answered, RewardJudge
from evals.pairs.krippendorff import krippendorff_alpha
from evals.stats.interval import NotEnoughError
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
MOST_UNREAD: Final = 0.05
LEAST_CONSISTENCY: Final = 0.65
LEAST_ALPHA: Final = 0.2
MOST_LOPSIDED: Final = 0.2
"""How far from one half the share of judgements may lie in which the candidate was shown first."""


def judge_accuracy(judge: RewardJudge, rows: Sequence[dict[str, Any]]) -> Instrument:
    """Return how often the judge scores the chosen answer of held-out pairs higher; equal or failed scores count against it.

    It must reach 65 %, and its exact one-sided 95 % lower limit must lie above chance.
    """
    scores = judge.score(
        [Answered(prompt_of(row["prompt"]), text_of(row[name])) for row in rows for name in ("chosen", "rejected")]
    )
    pairs = list(zip(scores[::2], scores[1::2], strict=True))
    right = sum(chosen is not None and rejected is not None and chosen > rejected for chosen, rejected in pairs)
    return agreement(right, len(pairs), "held-out pairs")


def agreement(right: int, total: int, what: str) -> Instrument:
    """Return how often a judge is right about pairs whose better answer is known; see `judge_accuracy`."""
    if not total:
        return Instrument(name="judge_accuracy", value=None, limit=LEAST_ACCURACY, ok=False, because=f"no {what} to test it on.")
    value, low = right / total, lower_limit(right, total, LEVEL)
    return Instrument(
        name="judge_accuracy",
        value=value,
        limit=LEAST_ACCURACY,
        ok=value >= LEAST_ACCURACY and low > CHANCE,
        because=f"agrees with {right} of {total} {what}, at least {low:.1%} with 95 % confidence "
        f"(needs {LEAST_ACCURACY:.0%}, and more than {CHANCE:.0%} with confidence).",
    )


def swap_consistency(agrees: Sequence[bool]) -> Instrument | None:
    """Return how often the judge keeps its verdict when the answers change places; None: it was never asked in both orders.

    It must reach 65 %, and its exact one-sided 95 % lower limit must lie above one half, where a coin would end: a judge
    that goes by position favours the first or the last answer (Zheng et al., NeurIPS 2023), and then says nothing.
    """
    if not agrees:
        return None
    value, low = sum(agrees) / len(agrees), lower_limit(sum(agrees), len(agrees), LEVEL)
    return Instrument(
        name="swap_consistency",
        value=value,
        limit=LEAST_CONSISTENCY,
        ok=value >= LEAST_CONSISTENCY and low > CHANCE,
        because=f"the same verdict in both orders on {sum(agrees)} of {len(agrees)} prompts, at least {low:.1%} with 95 % "
        f"confidence (needs {LEAST_CONSISTENCY:.0%}, and more than {CHANCE:.0%} with confidence).",
    )


def unread_replies(unread: int, replies: int) -> Instrument | None:
    """Return the share of the judge's replies that hold no verdict; None: there was no reply."""
    if not replies:
        return None
    return Instrument(
        name="unread_replies",
        value=unread / replies,
        limit=MOST_UNREAD,
        ok=unread <= MOST_UNREAD * replies,
        because=f"{unread} of {replies} replies of the judge hold no verdict (allowed: {MOST_UNREAD:.0%}).",
    )


def rater_agreement(verdicts: Sequence[Sequence[float]]) -> Instrument | None:
    """Return Krippendorff's alpha of people who judged the same prompts; None: no prompt was judged twice.

    It must reach 0.2, and its lower 95 % limit must lie above 0, which is what chance gives.
    """
    try:
        found = krippendorff_alpha(verdicts)
    except NotEnoughError:
        return None
    return Instrument(
        name="rater_agreement",
        value=found.value,
        limit=LEAST_ALPHA,
        ok=found.value >= LEAST_ALPHA and found.low > 0,
        because=f"Krippendorff's alpha of the raters is {found.value:.2f} ({found.low:.2f} to {found.high:.2f}) over {found.n} "
        f"prompts that several judged (needs {LEAST_ALPHA}, and more than 0 with confidence).",
    )


def order_balance(orders: Sequence[str]) -> Instrument | None:
    """Return how often people saw the candidate's answer first, which must be about as often as last; None: not recorded."""
    known = [order for order in orders if order != "pointwise"]
    if not known:
        return None
    first = sum(order == "candidate_first" for order in known)
    value = abs(first / len(known) - CHANCE)
    return Instrument(
        name="order_balance",
        value=value,
        limit=MOST_LOPSIDED,
        ok=value <= MOST_LOPSIDED,
        because=f"the candidate's answer was shown first in {first} of {len(known)} judgements (allowed: "
        f"{CHANCE - MOST_LOPSIDED:.0%} to {CHANCE + MOST_LOPSIDED:.0%}).",
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


def prompt_of(prompt: str | list[dict[str, str]]) -> str | tuple[Message, ...]:
    return prompt if isinstance(prompt, str) else tuple(Message(role=turn["role"], content=turn["content"]) for turn in prompt)


def text_of(answer: str | list[dict[str, str]]) -> str:
    return answer if isinstance(answer, str) else "\n\n".join(turn["content"] for turn in answer)

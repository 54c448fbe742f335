"""Sampled answers by prompt, and what the rewards give them."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final, NamedTuple

from evals.probing.checkers import reward_arguments
from evals.probing.rows import Asked
from evals.probing.sampling import Drawn
from evals.rewards.calling import Rewards
from evals.rewards.library import Reward, total
from reports.records.rewards import RewardSplit

EQUAL: Final = 1e-9
"""Rewards that differ by less teach nothing."""


class Group(NamedTuple):
    """The answers to one prompt."""

    asked: Asked
    answers: tuple[Drawn, ...]
    split: RewardSplit = "train"


class Scores(NamedTuple):
    """What answers get, each list with one entry an answer."""

    by_reward: list[Rewards]
    """In the order of the rewards."""
    totals: Rewards
    """Weighted sum; None where no accuracy reward applies."""
    learned: list[float]
    """What a trainer makes of it: a reward that does not apply counts nothing."""
    accuracy: Rewards
    """Weighted mean of the accuracy rewards that apply."""


class ScoredGroup(NamedTuple):
    """A group with the scores of its answers."""

    group: Group
    scores: Scores

    @property
    def has_spread(self) -> bool:
        """Whether any two answers get different rewards."""
        return max(self.scores.learned) - min(self.scores.learned) > EQUAL


def score(rewards: Sequence[Reward], asked: Sequence[Asked], answers: Sequence[Drawn]) -> Scores:
    """Score answers, each beside its prompt, with one call for each reward."""
    given = reward_arguments(asked, answers) if answers else {}
    by_reward = [reward.function(**given) if answers else [] for reward in rewards]
    rows = list(zip(*by_reward, strict=True)) if by_reward else []
    return Scores(
        by_reward, total(rewards, by_reward), [_sum(rewards, row) for row in rows], [_accuracy(rewards, row) for row in rows]
    )


def score_groups(rewards: Sequence[Reward], groups: Sequence[Group]) -> list[ScoredGroup]:
    """Score all answers of all groups; groups without answers are left out."""
    kept = [group for group in groups if group.answers]
    flat = score(
        rewards, [group.asked for group in kept for _ in group.answers], [one for group in kept for one in group.answers]
    )
    rows = [iter(part) for part in (*flat.by_reward, flat.totals, flat.accuracy)]
    learned, found = iter(flat.learned), []
    for group in kept:
        size = len(group.answers)
        *by_reward, totals, accuracy = (_take(row, size) for row in rows)
        found.append(ScoredGroup(group, Scores(by_reward, totals, list(islice(learned, size)), accuracy)))
    return found


def _take(values: Iterable[float | None], size: int) -> Rewards:
    return list(islice(values, size))


def _sum(rewards: Sequence[Reward], row: Sequence[float | None]) -> float:
    return sum(reward.weight * value for reward, value in zip(rewards, row, strict=True) if value is not None)


def _accuracy(rewards: Sequence[Reward], row: Sequence[float | None]) -> float | None:
    known = [
        (reward.weight, value)
        for reward, value in zip(rewards, row, strict=True)
        if reward.component == "accuracy" and value is not None and reward.weight > 0
    ]
    return sum(weight * value for weight, value in known) / sum(weight for weight, _ in known) if known else None

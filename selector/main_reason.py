"""The reason that speaks for the recommended strategy more than for the others."""

from collections.abc import Iterable, Sequence
from typing import Final

from reports.records.recommendation import Ranked, Strategy
from selector.intake import BY_NAME
from selector.policy import Policy
from selector.rules.catalogue import RULES
from selector.rules.rule import HardRule
from selector.scoring import Rows, rule_weights, strengths, who_bars
from selector.situation import Reading
from selector.strategies import INDEX, STRATEGIES, UNTUNED
from selector.wording import listed

AGAINST_TUNING: Final = frozenset({"no_need", "changing_task", "voices", "personal_data"})
FOR_RETRIEVAL: Final = frozenset({"knowledge_gap", "goal"})
FOR_A_METHOD: Final = frozenset(
    {
        *("goal", "able", "sft_done", "examples", "pairs", "pairs_at_scale", "ratings", "same_rows"),
        *("rollouts", "rollouts_fail", "reward_spread", "refusals"),
    }
)
AGAINST_A_METHOD: Final = frozenset({*FOR_A_METHOD, "label_quality", "synthetic", "duplicates", "experience", "time", "memory"})
SECOND: Final = 0.4
"""A second reason is told where it speaks at least this share as strongly as the first."""


def main_reason(reading: Reading, policy: Policy, ranking: Sequence[Ranked]) -> str:
    """Return the clause that completes `do this, because ...`; rules that rest on assumptions alone are not told."""
    top = ranking[0].strategy
    rows = _weighted(reading, policy)
    names = {"prompt": AGAINST_TUNING, "retrieval": FOR_RETRIEVAL}.get(top, FOR_A_METHOD)
    lifts = _lifts(rows, top, _told(names, reading))
    if lifts:
        told = _strongest(lifts) if top not in UNTUNED else [lifts[0][0]]
        return ", and ".join(RULES[index].clause(reading.point, policy, top) for index in told)
    barred = who_bars(reading.point, policy)
    free = [ranked.strategy for ranked in ranking if ranked.strategy not in {*UNTUNED, *barred}]
    return _objection(reading, policy, rows, top, free[0]) if free else _nothing_trainable(reading, policy, barred["sft"])


def _weighted(reading: Reading, policy: Policy) -> Rows:
    rows, weights = strengths(reading.point, policy), rule_weights(policy)
    return [[weight * strength for strength in row] for weight, row in zip(weights, rows, strict=True)]


def _told(names: Iterable[str], reading: Reading) -> list[int]:
    wanted, unknown = set(names), set(reading.unknown)
    return [
        index for index, rule in enumerate(RULES) if rule.name in wanted and not unknown.issuperset(rule.led_by or rule.reads)
    ]


def _lifts(rows: Rows, top: Strategy, told: Iterable[int]) -> list[tuple[int, float]]:
    """Return the rules that speak for `top`, with how much more than for the other strategies, the strongest first."""
    at = INDEX[top]
    lifts = {index: rows[index][at] - (sum(rows[index]) - rows[index][at]) / (len(STRATEGIES) - 1) for index in told}
    positive = [(index, lift) for index, lift in lifts.items() if rows[index][at] > 0 and lift > 0]
    return sorted(positive, key=lambda item: -item[1])


def _strongest(lifts: Sequence[tuple[int, float]]) -> list[int]:
    """Return one or two rules that look at different facts; how a method suits the goal is told only where nothing else is."""
    specific = [(index, lift) for index, lift in lifts if RULES[index].name != "goal"] or lifts
    (first, most), *others = specific
    own = set(RULES[first].reads)
    second = [index for index, lift in others if lift >= SECOND * most and own.isdisjoint(RULES[index].reads)]
    return [first, *second[:1]]


def _objection(reading: Reading, policy: Policy, rows: Rows, top: Strategy, other: Strategy) -> str:
    """Return what speaks most against `other`, the best method that could be trained."""
    told = _told(AGAINST_A_METHOD, reading) or range(len(RULES))
    worst = min(told, key=lambda index: rows[index][INDEX[other]] - rows[index][INDEX[top]])
    return RULES[worst].clause(reading.point, policy, other)


def _nothing_trainable(reading: Reading, policy: Policy, bar: HardRule) -> str:
    """Return why not even SFT, which asks for least, can be used."""
    assumed = [BY_NAME[name].short for name in bar.reads if name in reading.unknown]
    if assumed:
        return f"what training needs is not known yet: {listed(assumed)}"
    return f"nothing can be trained yet: {bar.because(reading.point, policy, 'sft')}"

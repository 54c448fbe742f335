"""Adding rules up: scores of all strategies in one situation, and what is ruled out."""

from collections.abc import Iterable, Sequence
from operator import mul

from reports.records.recommendation import Strategy
from selector.policy import Policy
from selector.rules.catalogue import RULES
from selector.rules.hard import HARD_RULES
from selector.rules.rule import HardRule
from selector.situation import Situation
from selector.strategies import INDEX, STRATEGIES

Rows = list[Sequence[float]]
"""Strengths: one row a rule, one number a strategy."""
Bars = list[tuple[Strategy, ...]]
"""What each hard rule rules out."""


def strengths(facts: Situation, policy: Policy) -> Rows:
    """Return what every rule says about every strategy."""
    return [rule.strengths(facts, policy) for rule in RULES]


def bars(facts: Situation, policy: Policy) -> Bars:
    """Return what every hard rule rules out."""
    return [rule.rules_out(facts, policy) for rule in HARD_RULES]


def scores(rows: Rows, weights: Sequence[float]) -> list[float]:
    """Return the weighted sum of the rules for each strategy."""
    return [sum(map(mul, weights, column)) for column in zip(*rows, strict=True)]


def best(totals: Sequence[float], barred: Iterable[tuple[Strategy, ...]]) -> int:
    """Return the position of the highest score that nothing bars; the first of equals. A prompt is never barred."""
    open_to = list(totals)
    for strategies in barred:
        for strategy in strategies:
            open_to[INDEX[strategy]] = float("-inf")
    return open_to.index(max(open_to))


def penalised(totals: list[float], barred: Bars, points: float) -> list[float]:
    """Take `points` from every strategy that anything bars, once; for bars that rest on assumed values."""
    for strategy in set().union(*barred):
        totals[INDEX[strategy]] -= points
    return totals


def rule_weights(policy: Policy) -> tuple[float, ...]:
    """Return the weights in the order of the rules."""
    return tuple(policy.weights[rule.name] for rule in RULES)


def who_bars(facts: Situation, policy: Policy) -> dict[Strategy, HardRule]:
    """Return the first hard rule against each strategy that has one."""
    found: dict[Strategy, HardRule] = {}
    for rule in HARD_RULES:
        for strategy in rule.rules_out(facts, policy):
            found.setdefault(strategy, rule)
    return {strategy: found[strategy] for strategy in STRATEGIES if strategy in found}


def rules_reading(names: Iterable[str]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the positions of the weighted and of the hard rules that look at any of the facts."""
    facts = frozenset(names)
    soft = tuple(position for position, rule in enumerate(RULES) if not facts.isdisjoint(rule.reads))
    hard = tuple(position for position, rule in enumerate(HARD_RULES) if not facts.isdisjoint(rule.reads))
    return soft, hard

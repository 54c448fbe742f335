"""Seeded draws of what is not known exactly: facts with intervals, and the weights of the rules."""

from functools import lru_cache
from math import expm1, log1p
from random import Random

from reports.records.intake import Fact, Intake, Value
from selector.intake import BY_NAME
from selector.question import Question
from selector.situation import Reading

Draws = tuple[Value, ...]
"""One value for each simulated world."""


def draw_facts(intake: Intake, reading: Reading, seed: int, worlds: int) -> dict[str, Draws]:
    """Return draws of every relevant fact that is uncertain, by name.

    Each fact has a random stream of its own, named by seed and fact, so neither the order of facts nor the presence of
    others changes its draws, and a what-if compares the same worlds.
    """
    drawn: dict[str, Draws] = {}
    for name in BY_NAME:
        if name not in reading.relevant:
            continue
        interval = _interval(BY_NAME[name], intake.facts.get(name))
        if interval is not None:
            drawn[name] = _draws(name, interval, seed, worlds)
    return drawn


def draw_weights(weights: dict[str, float], spread: float, seed: int, worlds: int) -> list[tuple[float, ...]]:
    """Return one tuple of weights for each simulated world; 90 % lie within `spread` of the weight, none below 0."""
    columns = [
        [max(0.0, weight * (1.0 + spread * (2.0 * u - 1.0) / 0.9)) for u in _stream(f"{seed}:weight:{name}", worlds)]
        for name, weight in weights.items()
    ]
    return list(zip(*columns, strict=True))


def draw_errors(strategies: tuple[str, ...], error: float, seed: int, worlds: int) -> list[tuple[float, ...]]:
    """Return, for each simulated world, what no rule knows about each strategy, in points; 90 % lie within `error`."""
    columns = [[error * (2.0 * u - 1.0) / 0.9 for u in _stream(f"{seed}:error:{name}", worlds)] for name in strategies]
    return list(zip(*columns, strict=True))


def _interval(question: Question, fact: Fact | None) -> tuple[float, ...] | None:
    """Return low, middle and high, or the probabilities of a choice; None where the fact is certain."""
    if fact is None or fact.value in (None, question.nothing):
        return question.guess
    if question.kind in ("choice", "yes-no"):
        return None
    middle = float(fact.value or 0)
    if fact.low is not None or fact.high is not None:
        return (middle if fact.low is None else fact.low, middle, middle if fact.high is None else fact.high)
    if fact.origin == "probed" or question.spread == 0:
        return None
    if question.log:
        return (middle / (1 + question.spread), middle, middle * (1 + question.spread))
    return (middle - question.spread, middle, middle + question.spread)


@lru_cache(maxsize=1024)
def _draws(name: str, interval: tuple[float, ...], seed: int, worlds: int) -> Draws:
    question = BY_NAME[name]
    stream = _stream(f"{seed}:fact:{name}", worlds)
    if question.kind == "yes-no":
        return tuple(u < interval[0] for u in stream)
    if question.kind == "choice":
        return tuple(_pick(question, interval, u) for u in stream)
    return _numbers(question, interval, stream)


def _pick(question: Question, probabilities: tuple[float, ...], u: float) -> str:
    reached = 0.0
    for (value, _), probability in zip(question.choices, probabilities, strict=True):
        reached += probability
        if u < reached:
            return value
    return question.choices[-1][0]


def _numbers(question: Question, interval: tuple[float, ...], stream: tuple[float, ...]) -> Draws:
    """Spread the draws so that the middle is their median and 90 % lie in the interval, evenly on either side.

    Counts and sizes are spread by their logarithm. What would leave the allowed range is set to its end.
    """
    low, middle, high = (log1p(end) for end in interval) if question.log else interval
    below, above = (middle - low) / 0.45, (high - middle) / 0.45
    spread = [middle + (above if u > 0.5 else below) * (u - 0.5) for u in stream]
    numbers = [expm1(value) for value in spread] if question.log else spread
    clipped = [min(max(value, question.minimum), question.maximum) for value in numbers]
    return tuple(float(round(value)) for value in clipped) if question.whole else tuple(clipped)


@lru_cache(maxsize=1024)
def _stream(label: str, worlds: int) -> tuple[float, ...]:
    """Return numbers from 0 to 1, one in each of `worlds` equal slices, in random order (a Latin hypercube's column)."""
    random = Random(label)
    slices = list(range(worlds))
    random.shuffle(slices)
    return tuple((position + random.random()) / worlds for position in slices)

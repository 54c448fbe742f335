"""What would change the answer: found by running the rules again with one fact changed."""

from collections.abc import Iterator
from itertools import pairwise
from math import ceil, expm1, floor, log1p, log10
from re import sub
from typing import Any, Final, NamedTuple

import msgspec

from reports.records.intake import Value
from reports.records.recommendation import FlipsWhen, Strategy
from selector.intake import BY_NAME
from selector.policy import Policy
from selector.question import Question
from selector.rules.catalogue import RULES
from selector.rules.hard import HARD_RULES
from selector.scoring import Bars, Rows, bars, best, penalised, rule_weights, rules_reading, scores, strengths
from selector.situation import Reading
from selector.strategies import INDEX, STRATEGIES, title_of
from selector.wording import count, percent

KEPT: Final = 5
STEPS: Final = 6
"""Values tried on each side of a number before the threshold is searched for."""
HALVINGS: Final = 12
DECADES: Final = 2.0
"""How far a count is followed from what it is: a hundredfold."""
CHOICE_DISTANCE: Final = 0.6
"""How far away another answer is at least, none instead of some included, on the scale on which a tenfold count is 1."""


class Flip(NamedTuple):
    """A changed fact, who wins then, and how far away the change is."""

    question: Question
    becomes: Value
    winner: int
    distance: float


class Base(NamedTuple):
    """What all rules say about an intake as it is."""

    reading: Reading
    policy: Policy
    rows: Rows
    bars: Bars
    hopeful_bars: Bars


class WhatIf:
    """Answers who would win if one fact had another value, asking again only the rules that look at it."""

    def __init__(self, base: Base, name: str) -> None:
        self.policy = base.policy
        self.name = name
        self.point = msgspec.structs.replace(base.reading.point)
        self.hopeful = msgspec.structs.replace(base.reading.hopeful)
        self.rows, self.bars, self.hopeful_bars = list(base.rows), list(base.bars), list(base.hopeful_bars)
        self.weights = rule_weights(base.policy)
        self.soft, self.hard = rules_reading([name])

    def winner(self, value: Value) -> int:
        """Return the position of the winning strategy with the fact at `value`."""
        setattr(self.point, self.name, value)
        setattr(self.hopeful, self.name, value)
        for index in self.soft:
            self.rows[index] = RULES[index].strengths(self.point, self.policy)
        for index in self.hard:
            self.bars[index] = HARD_RULES[index].rules_out(self.point, self.policy)
            self.hopeful_bars[index] = HARD_RULES[index].rules_out(self.hopeful, self.policy)
        totals = penalised(scores(self.rows, self.weights), self.bars, self.policy.simulation.assumed_bar)
        return best(totals, self.hopeful_bars)


def find_flips(reading: Reading, policy: Policy, strategy: Strategy) -> tuple[FlipsWhen, ...]:
    """Return the changes of one fact that would change the recommended strategy, the most reachable first.

    Numbers are searched on either side for the first change and then halved down to its threshold, which is rounded to a
    value that still changes the answer. Facts that cannot matter are left alone.
    """
    base = Base(reading, policy, strengths(reading.point, policy), bars(reading.point, policy), bars(reading.hopeful, policy))
    found: list[Flip] = []
    for question in BY_NAME.values():
        if question.name in reading.relevant:
            what_if = WhatIf(base, question.name)
            found.extend(_flips_of(question, reading, what_if, INDEX[strategy]))
    found.sort(key=lambda flip: (flip.distance, flip.question.name))
    return tuple(_described(flip, reading, strategy) for flip in found[:KEPT])


def _flips_of(question: Question, reading: Reading, what_if: WhatIf, today: int) -> Iterator[Flip]:
    if not any((what_if.soft, what_if.hard)):
        return
    sure = 0.5 if question.name in reading.unknown else 1.0
    seen: Any = getattr(reading.point, question.name)
    if question.kind in ("choice", "yes-no"):
        others: tuple[Value, ...] = (True, False) if question.kind == "yes-no" else tuple(value for value, _ in question.choices)
        for value in others:
            winner = what_if.winner(value)
            if winner != today:
                yield Flip(question, value, winner, CHOICE_DISTANCE * sure)
        return
    for end in _ends(question, seen):
        flip = _threshold(question, seen, end, what_if, today)
        if flip is not None:
            yield flip._replace(distance=flip.distance * sure)


def _ends(question: Question, seen: float) -> tuple[float, float]:
    """Return how far down and up a number is followed."""
    if not question.log:
        return question.minimum, question.maximum
    factor = 10**DECADES
    low = max(question.minimum, min(seen / factor, question.guess[0]))
    return low, min(question.maximum, max(seen * factor, question.guess[2]))


def _threshold(question: Question, seen: float, end: float, what_if: WhatIf, today: int) -> Flip | None:
    """Return the nearest change towards `end` that changes the winner, rounded; None where none does."""
    start, stop = _scaled(question, seen), _scaled(question, end)
    grid = [_plain(question, start + (stop - start) * (step / STEPS) ** 2) for step in range(STEPS + 1)]
    for same, other in pairwise(grid):
        winner = what_if.winner(other)
        if winner != today and other != seen:
            edge = _halved(question, same, other, what_if, today)
            value = _rounded(question, edge, up=end > seen, what_if=what_if, today=today)
            return Flip(question, value, what_if.winner(value), _distance(question, seen, value))
    return None


def _halved(question: Question, same: float, other: float, what_if: WhatIf, today: int) -> float:
    for _ in range(HALVINGS):
        middle = _plain(question, (_scaled(question, same) + _scaled(question, other)) / 2)
        if what_if.winner(middle) == today:
            same = middle
        else:
            other = middle
    return other


def _rounded(question: Question, edge: float, *, up: bool, what_if: WhatIf, today: int) -> float:
    """Return the roundest value at or beyond the edge for which the winner stays the one at the edge."""
    winner = what_if.winner(edge)
    for digits in (1, 2, 3, 4):
        value = _round_away(edge, digits, up)
        value = float(round(value)) if question.whole else value
        near = abs(value - edge) <= 0.1 * abs(edge)
        if near and question.minimum <= value <= question.maximum and what_if.winner(value) == winner:
            return value
    return edge


def _round_away(value: float, digits: int, up: bool) -> float:
    if value == 0:
        return 0.0
    places = digits - 1 - floor(log10(abs(value)))
    scaled = value * 10.0**places
    return round((ceil(scaled - 1e-9) if up else floor(scaled + 1e-9)) / 10.0**places, 12)


def _scaled(question: Question, value: float) -> float:
    return log1p(value) if question.log else value


def _plain(question: Question, scaled: float) -> float:
    value = expm1(scaled) if question.log else scaled
    value = min(max(value, question.minimum), question.maximum)
    return float(round(value)) if question.whole else value


def _distance(question: Question, seen: float, value: float) -> float:
    if not question.log:
        return 2.5 * abs(value - seen)
    small = 10.0 if question.whole else 0.1
    distance = abs(log10((value + small) / (seen + small)))
    return distance if value and seen else max(distance, CHOICE_DISTANCE)


def _described(flip: Flip, reading: Reading, today: Strategy) -> FlipsWhen:
    question, winner = flip.question, STRATEGIES[flip.winner]
    seen = reading.known.get(question.name)
    becomes = int(flip.becomes) if question.whole and isinstance(flip.becomes, float) else flip.becomes
    condition = _condition(question, becomes, getattr(reading.point, question.name))
    return FlipsWhen(
        fact=question.name,
        seen=seen,
        becomes=becomes,
        winner=winner,
        sentence=f"{condition}, {title_of(winner)} overtakes {title_of(today)}.",
    )


def _condition(question: Question, becomes: Value, seen: float) -> str:
    if isinstance(becomes, bool):
        return f"If {dict(question.choices)['yes' if becomes else 'no']}"
    if isinstance(becomes, str) or becomes is None:
        return f"If {question.short} is {dict(question.choices)[str(becomes)]}"
    bound = "at least" if becomes > seen else "at most"
    if question.kind == "share":
        return f"If the {question.short} is {bound} {percent(becomes)}"
    if question.counted and becomes == 0:
        return f"Without any {question.short}"
    if question.counted:
        things = question.short if becomes != 1 else sub(r"s\b", "", question.short, count=1)
        return f"With {bound} {count(becomes)} {things}"
    return f"If the {question.short} is {bound} {count(becomes)} {question.unit}"

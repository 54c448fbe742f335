"""The chance that each strategy is the best one, over everything that is not known exactly."""

from collections.abc import Iterator
from operator import add

import msgspec

from reports.records.recommendation import Strategy
from selector.policy import Policy
from selector.rules.catalogue import RULES
from selector.rules.hard import HARD_RULES
from selector.scoring import Bars, Rows, bars, best, rules_reading, scores, strengths
from selector.situation import Reading
from selector.strategies import STRATEGIES
from selector.uncertainty import Draws, draw_errors, draw_weights


def chances(
    reading: Reading, policy: Policy, drawn: dict[str, Draws], ruled_out: tuple[Strategy, ...], seed: int
) -> dict[Strategy, float]:
    """Return P(best) for every strategy that is not ruled out; the chances add up to 1.

    Each world draws all uncertain facts, all weights, and for each strategy an error of the score; a strategy that a hard
    rule forbids in a world cannot win there.
    """
    draws, wins = policy.simulation.draws, [0] * len(STRATEGIES)
    for rows, barred, weights, errors in _worlds(reading, policy, drawn, seed):
        totals = list(map(add, scores(rows, weights), errors))
        wins[best(totals, (ruled_out, *barred))] += 1
    return {strategy: wins[index] / draws for index, strategy in enumerate(STRATEGIES) if strategy not in ruled_out}


def _worlds(
    reading: Reading, policy: Policy, drawn: dict[str, Draws], seed: int
) -> Iterator[tuple[Rows, Bars, tuple[float, ...], tuple[float, ...]]]:
    """Yield what the rules say in each world; only those that look at an uncertain fact are asked again."""
    simulation = policy.simulation
    names = {rule.name: policy.weights[rule.name] for rule in RULES}
    weights = draw_weights(names, simulation.weight_spread, seed, simulation.draws)
    errors = draw_errors(STRATEGIES, simulation.score_error, seed, simulation.draws)
    world = msgspec.structs.replace(reading.point)
    rows, barred = strengths(world, policy), bars(world, policy)
    soft, hard = rules_reading(drawn)
    for position in range(simulation.draws):
        for name, values in drawn.items():
            setattr(world, name, values[position])
        for index in soft:
            rows[index] = RULES[index].strengths(world, policy)
        for index in hard:
            barred[index] = HARD_RULES[index].rules_out(world, policy)
        yield rows, barred, weights[position], errors[position]

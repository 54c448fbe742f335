"""The decision: from facts to ranked strategies with reasons, chances, alternatives and next steps."""

from collections.abc import Sequence
from typing import Final, Literal

from reports.records.intake import Intake
from reports.records.recommendation import Ranked, Reason, Recommendation, RuledOut, Strategy
from selector.flips import find_flips
from selector.intake import BY_NAME
from selector.main_reason import main_reason
from selector.phases import choose_parameters, find_phases
from selector.policy import Policy, default_policy
from selector.rules.catalogue import RULES
from selector.rules.rule import Clause, HardRule, Rule
from selector.safety import required_gates, required_signoffs, safety_class
from selector.scorecard import axes_of
from selector.scoring import Rows, penalised, rule_weights, scores, strengths, who_bars
from selector.simulation import chances
from selector.situation import Reading, read_situation
from selector.strategies import INDEX, PROFILES, STRATEGIES
from selector.uncertainty import draw_facts
from selector.wording import listed, sentence

WORTH_TELLING: Final = 0.05
"""Difference of P(best) from which a likelier strategy is named beside the recommended one."""


def recommend(intake: Intake, policy: Policy | None = None, seed: int = 0) -> Recommendation:
    """Rank all strategies for the facts of an intake.

    Pure: the same facts, policy and seed give the same answer, whatever the order of the facts. Strategies that a hard rule
    forbids are ruled out with a sentence; an unknown fact never rules one out on a guess alone. The others are scored at the
    known values, and at typical ones where a fact is not known; P(best) is simulated over what is uncertain.

    Args:
        intake: the facts.
        policy: weights and thresholds; None takes the default.
        seed: seed of the simulation; it moves P(best), never the scores.
    """
    policy = policy or default_policy()
    reading = read_situation(intake)
    ruled_out = _ruled_out(reading, policy)
    feasible = tuple(s for s in STRATEGIES if s not in {out.strategy for out in ruled_out})
    drawn = draw_facts(intake, reading, seed, policy.simulation.draws)
    chance = chances(reading, policy, drawn, tuple(out.strategy for out in ruled_out), seed)
    ranking = _ranking(reading, policy, feasible, chance)
    top = ranking[0].strategy
    level = safety_class(reading, policy)
    advice = choose_parameters(top, reading.point, policy)
    return Recommendation(
        strategy=top,
        sentence=f"{PROFILES[top].action}, because {main_reason(reading, policy, ranking)}.{_rival(ranking)}",
        confidence=_confidence(ranking[0].p_best, policy),
        axes=axes_of(reading, policy, drawn),
        ranking=ranking,
        ruled_out=ruled_out,
        flips_when=find_flips(reading, policy, top),
        phases=find_phases(top, reading.point, policy),
        parameters=advice.parameters,
        parameters_because=advice.because,
        safety_class=level,
        required_gates=required_gates(level, reading.point, policy),
        required_signoffs=required_signoffs(level, reading.point, policy),
        unknown=reading.unknown,
        seed=seed,
        policy=policy.name,
    )


def _rival(ranking: Sequence[Ranked]) -> str:
    """Return a warning where what is not known makes another strategy the likelier best one."""
    first, likeliest = ranking[0], max(ranking, key=lambda ranked: ranked.p_best)
    if likeliest.p_best - first.p_best < WORTH_TELLING:
        return ""
    rival = f"{PROFILES[likeliest.strategy].title} is best in more of the simulated cases"
    return f" Much is not known yet: {rival} ({likeliest.p_best:.0%} against {first.p_best:.0%})."


def _ruled_out(reading: Reading, policy: Policy) -> tuple[RuledOut, ...]:
    facts = reading.hopeful
    return tuple(
        RuledOut(
            strategy=strategy,
            rule=rule.name,
            because=sentence(rule.because(facts, policy, strategy)),
            unless=sentence(f"unless {rule.unless(facts, policy, strategy)}"),
        )
        for strategy, rule in who_bars(facts, policy).items()
    )


def _ranking(reading: Reading, policy: Policy, feasible: Sequence[Strategy], chance: dict[Strategy, float]) -> tuple[Ranked, ...]:
    rows, weights = strengths(reading.point, policy), rule_weights(policy)
    barred, penalty = who_bars(reading.point, policy), policy.simulation.assumed_bar
    totals = penalised(scores(rows, weights), [tuple(barred)], penalty)
    ordered = sorted(feasible, key=lambda strategy: (-totals[INDEX[strategy]], INDEX[strategy]))
    ranked = []
    for strategy in ordered:
        reasons = _reasons(reading, policy, strategy, rows, weights)
        if strategy in barred:
            because = _because(barred[strategy], barred[strategy].because, reading, policy, strategy)
            reasons.append(Reason(rule=barred[strategy].name, points=-penalty, because=because))
        reasons.sort(key=lambda reason: -abs(reason.points))
        score = round(totals[INDEX[strategy]], 6)
        ranked.append(Ranked(strategy=strategy, score=score, p_best=chance[strategy], reasons=tuple(reasons)))
    return tuple(ranked)


def _reasons(reading: Reading, policy: Policy, strategy: Strategy, rows: Rows, weights: Sequence[float]) -> list[Reason]:
    """Return every rule's contribution that is not zero."""
    position = INDEX[strategy]
    return [
        Reason(
            rule=rule.name,
            points=round(weight * row[position], 6),
            because=_because(rule, rule.clause, reading, policy, strategy),
        )
        for rule, row, weight in zip(RULES, rows, weights, strict=True)
        if weight * row[position] != 0
    ]


def _because(rule: Rule | HardRule, clause: Clause, reading: Reading, policy: Policy, strategy: Strategy) -> str:
    assumed = [BY_NAME[name].short for name in rule.reads if name in reading.unknown]
    told = sentence(clause(reading.point, policy, strategy))
    return f"{told} (Assumed: {listed(assumed)}.)" if assumed else told


def _confidence(p_best: float, policy: Policy) -> Literal["clear", "leaning", "open"]:
    if p_best >= policy.simulation.clear:
        return "clear"
    return "leaning" if p_best >= policy.simulation.leaning else "open"

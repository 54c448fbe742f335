"""The four axes of the scorecard, 0 to 5, each with an interval and its evidence."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import msgspec

from reports.records.intake import Intake
from reports.records.recommendation import Axis, AxisName
from selector.intake import BY_NAME
from selector.policy import Policy, default_policy
from selector.rules.cost import experience, memory, time
from selector.rules.data import duplicates, examples, label_quality, pairs, ratings, synthetic
from selector.rules.need import no_need
from selector.rules.reward import reward_prompts
from selector.safety import safety_points
from selector.situation import Reading, Situation, read_situation
from selector.strategies import STRATEGIES, UNTUNED
from selector.uncertainty import Draws, draw_facts
from selector.wording import answer, listed, sentence

TOP: Final = 5.0
WORLDS: Final = 40
"""Simulated worlds for the interval."""
TUNED: Final = tuple(position for position, strategy in enumerate(STRATEGIES) if strategy not in UNTUNED)
DEPTHS: Final = {"format": 0.2, "style": 0.4, "domain": 0.6, "safety": 0.8, "knowledge": 0.8, "reasoning": 1.0}
"""How far a goal usually lies from what a base model does, 0 to 1."""


class AxisText(NamedTuple):
    """What an axis is called and what its ends mean."""

    title: str
    lowest: str
    highest: str


AXIS_TEXTS: Final[dict[AxisName, AxisText]] = {
    "data": AxisText("Data availability", "nothing to learn from", "plenty, checked, for several methods"),
    "alignment": AxisText("Alignment depth", "the model already does it", "far from what the model does"),
    "safety": AxisText("Safety demands", "mistakes embarrass", "mistakes harm people"),
    "compute": AxisText("Compute budget", "nothing can be trained", "everything can be trained in time"),
}


def score_axes(intake: Intake, policy: Policy | None = None, seed: int = 0) -> tuple[Axis, ...]:
    """Return the four axes of an intake, in the order data, alignment, safety, compute.

    Each has a score from 0 to 5 at the known or typical facts, the 90 % interval over what is not known exactly, and one
    sentence for every fact that was used or is missing.
    """
    reading, policy = read_situation(intake), policy or default_policy()
    return axes_of(reading, policy, draw_facts(intake, reading, seed, policy.simulation.draws))


def axes_of(reading: Reading, policy: Policy, drawn: Mapping[str, Draws]) -> tuple[Axis, ...]:
    """Return the four axes of an intake that has been read and drawn already."""
    worlds = _scores_of_worlds(reading, policy, drawn)
    return tuple(_axis(name, reading, policy, sorted(worlds[name])) for name in SCORES)


def data_score(facts: Situation, policy: Policy) -> float:
    """The best supply counts three quarters, the next best one quarter; poor quality halves the sum at most."""
    limits = policy.thresholds
    supplies = [examples(facts, limits), pairs(facts, limits), ratings(facts, limits)]
    supplies.append(reward_prompts(facts, limits) if facts.reward_computable else -1.0)
    first, second = sorted(supplies, reverse=True)[:2]
    supply = 0.75 * (first + 1) / 2 + 0.25 * (second + 1) / 2
    faults = label_quality(facts, limits) + 0.5 * synthetic(facts, limits) + 0.5 * duplicates(facts, limits)
    return TOP * supply * (1 + 0.5 * max(-1.0, faults))


def alignment_score(facts: Situation, policy: Policy) -> float:
    """Half is how rarely the answers are right today, a third the goal, the rest how many errors are missing facts."""
    distance = (1 - no_need(facts, policy.thresholds)) / 2
    return TOP * (0.5 * distance + 0.35 * DEPTHS[facts.goal] + 0.15 * facts.knowledge_gap)


def safety_score(facts: Situation, policy: Policy) -> float:
    """The points of the safety answers; one and a half times the start of the high class is the top."""
    return TOP * min(1.0, max(0.0, safety_points(facts, policy) / (1.5 * policy.safety.high_from)))


def compute_score(facts: Situation, policy: Policy) -> float:
    """The mean over all training strategies of how well each fits into memory, time and the team's experience."""
    fit, hours, skill = memory(facts, policy), time(facts, policy), experience(facts, policy)
    rooms = [max(0.0, 1 + min(fit[i], hours[i]) + 0.3 * skill[i]) for i in TUNED]
    return TOP * sum(rooms) / len(rooms)


SCORES: Final[dict[AxisName, Callable[[Situation, Policy], float]]] = {
    "data": data_score,
    "alignment": alignment_score,
    "safety": safety_score,
    "compute": compute_score,
}


def _scores_of_worlds(reading: Reading, policy: Policy, drawn: Mapping[str, Draws]) -> dict[AxisName, list[float]]:
    world = msgspec.structs.replace(reading.point)
    found: dict[AxisName, list[float]] = {name: [] for name in SCORES}
    for position in range(min(WORLDS, policy.simulation.draws)):
        for name, values in drawn.items():
            setattr(world, name, values[position])
        for axis, score in SCORES.items():
            found[axis].append(score(world, policy))
    return found


def _axis(name: AxisName, reading: Reading, policy: Policy, simulated: list[float]) -> Axis:
    value = SCORES[name](reading.point, policy)
    edge = len(simulated) // 20
    low, high = min(value, simulated[edge]), max(value, simulated[-1 - edge])
    return Axis(name=name, score=round(value, 2), low=round(low, 2), high=round(high, 2), evidence=_evidence(name, reading))


def _evidence(name: AxisName, reading: Reading) -> tuple[str, ...]:
    """Return one sentence for each known fact of the axis, and one for all that are missing."""
    own = [question for question in BY_NAME.values() if question.axis == name and question.name in reading.relevant]
    known = [question for question in own if question.name in reading.known]
    missing = [question.short for question in own if question.name not in reading.known]
    told = [f"{question.short}: {answer(question, reading.known[question.name])}" for question in known]
    unknown = [f"not known: {listed(missing)}"] if missing else []
    return tuple(sentence(clause) for clause in (*told, *unknown))

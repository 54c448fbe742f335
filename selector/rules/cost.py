"""Rules about what a strategy takes: memory, time and a team that has done it before."""

from collections.abc import Sequence
from math import log
from typing import Final

from reports.records.recommendation import Strategy
from selector.fit import best_fits
from selector.intake import BY_NAME
from selector.policy import Policy
from selector.rules.rule import Rule
from selector.situation import Situation
from selector.strategies import INDEX, PROFILES, UNTUNED, title_of
from selector.wording import answer, count

LEVELS: Final = {"none": 0, "sft": 1, "preference": 2, "rl": 3}
LEVEL_NAMES: Final = ("nothing", "SFT", "preference tuning", "reinforcement learning")
TIGHTNESS: Final = {("lora", "fits"): 0.0, ("lora", "tight"): -0.4, ("qlora", "fits"): -0.4, ("qlora", "tight"): -0.7}
MEMORY_FACTS: Final = ("model_parameters_b", "gpu_count", "gpu_memory_gib", "ram_gib", "sequence_tokens")
TIME_FACTS: Final = ("model_parameters_b", "gpu_count", "gpu_hours", "deadline_days")


def memory(facts: Situation, policy: Policy) -> Sequence[float]:
    """Negative where only QLoRA fits, or nothing does with room to spare.

    Source: the arithmetic of `selector.fit`; QLoRA (Dettmers et al. 2023) costs time and some quality.
    """
    fits = best_fits(facts, policy.thresholds)
    tightness = {models: TIGHTNESS.get((fit.parameters, fit.state), -1.0) for models, fit in fits.items()}
    return [tightness[profile.models] for profile in PROFILES.values()]


def memory_clause(facts: Situation, policy: Policy, strategy: Strategy) -> str:
    """Compare need and offer."""
    if strategy in UNTUNED:
        return "nothing has to fit into memory for training"
    return best_fits(facts, policy.thresholds)[PROFILES[strategy].models].because


def hours_needed(facts: Situation, policy: Policy, strategy: Strategy) -> float:
    """Return the device hours of a strategy on this model and device."""
    slower = policy.thresholds.cpu_slowdown if facts.gpu_count < 1 else 1.0
    return policy.hours[INDEX[strategy]] * facts.model_parameters_b * slower


def _shortfall(available: float, needed: float) -> float:
    """Return 0 where half as much again as needed is there, -1 where half of it is, and a ramp of the ratio between."""
    if available >= 1.5 * needed:
        return 0.0
    if available <= 0.5 * needed:
        return -1.0
    return log(available / (1.5 * needed)) / log(3.0)


def time(facts: Situation, policy: Policy) -> Sequence[float]:
    """Negative where device hours or days are short.

    Source: hours by the arithmetic 6 x parameters x tokens at 40 % of a data-centre GPU, reviews by field practice.
    """
    slower = (policy.thresholds.cpu_slowdown if facts.gpu_count < 1 else 1.0) * facts.model_parameters_b
    hours, days = facts.gpu_hours, facts.deadline_days
    return [
        min(_shortfall(hours, each * slower), _shortfall(days, needed))
        for each, needed in zip(policy.hours, policy.days, strict=True)
    ]


def time_clause(facts: Situation, policy: Policy, strategy: Strategy) -> str:
    """Compare the time a strategy takes with the time there is."""
    hours, days = hours_needed(facts, policy, strategy), policy.days[INDEX[strategy]]
    short_of_hours = _shortfall(facts.gpu_hours, hours) < _shortfall(facts.deadline_days, days)
    if short_of_hours:
        return f"{title_of(strategy)} takes about {count(hours)} device hours and {count(facts.gpu_hours)} are there"
    return f"{title_of(strategy)} takes about {count(days)} days and the deadline is in {count(facts.deadline_days)}"


def experience(facts: Situation, policy: Policy) -> Sequence[float]:
    """Negative where the team has not trained what the strategy asks: -0.5 a level.

    Source: field practice; preference tuning and reinforcement each bring failures of their own.
    """
    level = LEVELS[facts.team_experience]
    return [max(-1.0, -0.5 * max(0.0, needed - level)) for needed in policy.level]


def experience_clause(facts: Situation, policy: Policy, strategy: Strategy) -> str:
    """Compare what the team has trained with what the strategy asks."""
    needed = int(policy.level[INDEX[strategy]])
    if needed <= LEVELS[facts.team_experience]:
        return "the team has done as much before"
    before = answer(BY_NAME["team_experience"], facts.team_experience)
    return f"the team has trained {before}, and {title_of(strategy)} asks for {LEVEL_NAMES[min(needed, 3)]}"


COST_RULES: Final = (
    Rule("experience", ("team_experience",), experience, experience_clause),
    Rule("time", TIME_FACTS, time, time_clause),
    Rule("memory", MEMORY_FACTS, memory, memory_clause),
)
"""Rules about what a strategy takes."""

"""Rules about safety: what tuning puts at risk, and what it can mend."""

from collections.abc import Sequence
from typing import Final

from reports.records.recommendation import Strategy
from selector.policy import Policy, Thresholds
from selector.rules.rule import Rule, scored
from selector.safety import safety_points
from selector.situation import Situation


def refusals(facts: Situation, limits: Thresholds) -> float:
    """Positive where the model must decline some requests.

    Source: Qi et al. 2023: SFT on harmless rows alone weakens refusals; contrasts between answers teach where the line is.
    """
    return 1.0 if facts.needs_refusals else 0.0


def refusals_clause(facts: Situation, limits: Thresholds) -> str:
    """Say whether there is a line to draw."""
    if facts.needs_refusals:
        return "the model must decline some requests, and contrasts teach that line better than examples"
    return "the model need not decline anything"


def personal_data(facts: Situation, limits: Thresholds) -> float:
    """Positive where training rows hold personal data.

    Source: Carlini et al. 2021 and 2023: language models repeat rows they were trained on.
    """
    return 1.0 if facts.personal_data_in_training else 0.0


def personal_data_clause(facts: Situation, limits: Thresholds) -> str:
    """Say whether a tuned model could repeat personal data."""
    if facts.personal_data_in_training:
        return "the training rows hold personal data, which a tuned model can repeat"
    return "the training rows hold no personal data"


def risk(facts: Situation, policy: Policy) -> Sequence[float]:
    """Negative for reinforcement as the possible harm grows.

    Source: Gao et al. 2023: what is optimised against a reward finds its holes; Microsoft rates regressions highest for RFT.
    """
    share = min(1.0, max(0.0, safety_points(facts, policy) / policy.safety.high_from))
    return [share * effect for effect in policy.effects["risk"]]


def risk_clause(facts: Situation, policy: Policy, strategy: Strategy) -> str:
    """Say how much harm bad answers could do."""
    points = safety_points(facts, policy)
    if points >= policy.safety.high_from:
        return "bad answers could do serious harm, and reinforcement finds the holes of its reward"
    return "bad answers could do harm" if points >= policy.safety.moderate_from else "bad answers could do little harm"


CARE_RULES: Final = (
    scored("refusals", ("needs_refusals",), refusals, refusals_clause),
    scored("personal_data", ("personal_data_in_training",), personal_data, personal_data_clause),
    Rule(
        "risk",
        ("audience", "harm_potential", "regulated", "personal_data_in_training", "needs_refusals", "human_review"),
        risk,
        risk_clause,
    ),
)
"""Rules about safety."""

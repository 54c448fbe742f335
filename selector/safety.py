"""The safety class of a use, and the gates and signatures a release then needs."""

from reports.records.plan import SafetyClass
from selector.policy import Policy
from selector.situation import Reading, Situation


def safety_points(facts: Situation, policy: Policy) -> float:
    """Return the sum of the points of all safety answers."""
    points = policy.safety
    return (
        points.audience[facts.audience]
        + points.harm_potential[facts.harm_potential]
        + points.regulated * facts.regulated
        + points.personal_data_in_training * facts.personal_data_in_training
        + points.needs_refusals * facts.needs_refusals
        + points.human_review * facts.human_review
    )


def safety_class(reading: Reading, policy: Policy) -> SafetyClass:
    """Return the class of a use; it is never low while audience or possible harm are unknown."""
    points = safety_points(reading.point, policy)
    if points >= policy.safety.high_from:
        return "high"
    unsure = not {"audience", "harm_potential"} <= reading.known.keys()
    return "moderate" if unsure or points >= policy.safety.moderate_from else "low"


def required_gates(level: SafetyClass, facts: Situation, policy: Policy) -> tuple[str, ...]:
    """Return the names of the gates a release must pass, without repeats."""
    return _required(policy.gates, level, facts)


def required_signoffs(level: SafetyClass, facts: Situation, policy: Policy) -> tuple[str, ...]:
    """Return the roles that must sign the evidence, without repeats."""
    return _required(policy.signoffs, level, facts)


def _required(table: dict[str, tuple[str, ...]], level: SafetyClass, facts: Situation) -> tuple[str, ...]:
    answers = ("needs_refusals", "personal_data_in_training", "regulated")
    extra = [name for answer in answers if getattr(facts, answer) for name in table.get(answer, ())]
    return tuple(dict.fromkeys((*table[level], *extra)))

"""What the plan screen lists: settings in sections, gates with their margins, and the data and model they stand on."""

from typing import NamedTuple

from reports.records.plan import Choice, GatePlan, Plan, StagePlan
from reports.records.recommendation import Recommendation
from reports.wording import setting, words
from selector.tui.wording import METHODS, STRATEGIES

KINDS = {
    "superiority": "the candidate must be better by at least the margin",
    "non-inferiority": "the candidate may be worse by less than the margin",
    "limit": "the candidate's value must lie within the margin",
    "inform": "for information; decides nothing",
}


class Section(NamedTuple):
    """Settings that belong together; `where` is how the plan names their place."""

    where: str
    title: str
    choices: tuple[Choice, ...]


def sections(plan: Plan) -> tuple[Section, ...]:
    """Return the settings of a plan in the order of the run."""
    stages = tuple(Section(stage.name, _title(number, stage), stage.choices) for number, stage in enumerate(plan.stages, start=1))
    judge = (Section(plan.judge.name, "Judge: reward model", plan.judge.choices),) if plan.judge else ()
    return (*stages, *judge, Section("evaluation", "Evaluation", plan.evaluation))


def find_choice(plan: Plan, where: str, name: str) -> Choice:
    """Return one setting of a plan; KeyError where there is none."""
    for section in sections(plan):
        for choice in section.choices:
            if (section.where, choice.name) == (where, name):
                return choice
    raise KeyError(f"{where}.{name}")


def changed(plan: Plan) -> int:
    """Count the settings that a person set."""
    return sum(choice.origin == "user" for section in sections(plan) for choice in section.choices)


def summary(plan: Plan, recommendation: Recommendation) -> tuple[tuple[str, str], ...]:
    """Return the head of the plan: strategy, parameters, model and data, as names with texts."""
    size = f", {plan.model.parameters:,} parameters" if plan.model.parameters else ""
    advice = "as recommended" if plan.strategy == recommendation.strategy else f"instead of {STRATEGIES[recommendation.strategy]}"
    accepted = (("Accepted", "; ".join(f"{taken.code}, because {taken.because}" for taken in plan.accepted)),)
    return (
        ("Strategy", f"{STRATEGIES[plan.strategy]}, {advice}"),
        ("Weights", f"{plan.parameters}: {recommendation.parameters_because}"),
        ("Model", f"{plan.model.label}{size}"),
        ("Data", "; ".join(f"{ref.label}: {ref.rows:,} rows, {ref.layout}" for ref in plan.data)),
        *(accepted if plan.accepted else ()),
    )


def gate_text(gate: GatePlan) -> str:
    """Return what a gate will demand."""
    if gate.kind == "inform":
        return KINDS["inform"]
    required = "" if gate.required else "; not required"
    because = f". {gate.because}" if gate.because else ""
    return f"margin {gate.margin:g}, level {gate.level:g}: {KINDS[gate.kind]}{required}{because}"


def label(choice: Choice) -> str:
    """Return the name of a setting as people read it."""
    return words(choice.name)


def value_text(choice: Choice) -> str:
    """Return the value of a setting as the editor takes it."""
    return setting(choice.value).replace(",", "") if isinstance(choice.value, int | float) else setting(choice.value)


def _title(number: int, stage: StagePlan) -> str:
    return f"Stage {number}: {METHODS.get(stage.method, stage.method.upper())}"

"""What differs between the plans, data and gates of several runs."""

from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Final, NamedTuple, get_args

from reports.contents import Contents
from reports.records.comparison import Change, ComparedGate, GateCell, Section
from reports.records.gates import GateResult
from reports.records.plan import GatePlan, Plan, StagePlan
from reports.wording import INFORMS, margin, number, setting, state_of

DIGITS: Final = 12
"""Of a digest."""


class Fact(NamedTuple):
    """One thing a run was given."""

    section: Section
    name: str
    value: str
    stage: str = ""
    """The stage it is a setting of; empty: it is none."""


class Changes(NamedTuple):
    """What is not the same in all runs, and how many things are."""

    changed: tuple[Change, ...]
    unchanged: int


def changes_between(runs: Sequence[Contents]) -> Changes:
    """Return the facts whose values differ, in the order of the first run that has them.

    Settings of a stage that not every run has are left out: the stages themselves are a difference.
    """
    shared = _shared_stages(runs)
    held = [{(fact.section, fact.name): fact.value for fact in facts_of(run) if fact.stage in shared} for run in runs]
    names = dict.fromkeys(key for facts in held for key in facts)
    rows = [Change(section=key[0], name=key[1], values=tuple(facts.get(key) for facts in held)) for key in names]
    changed = tuple(row for row in rows if len(set(row.values)) > 1)
    order = get_args(Section)
    return Changes(tuple(sorted(changed, key=lambda row: order.index(row.section))), len(rows) - len(changed))


def facts_of(contents: Contents) -> Iterator[Fact]:
    """Yield everything a run was given: plan, settings, data and gates; nothing where the plan cannot be read."""
    if contents.plan is None:
        return
    yield from _plan(contents.plan)
    for stage in _stages(contents):
        yield from _stage(stage)
    for choice in contents.plan.evaluation:
        yield Fact("settings", f"evaluation: {choice.name}", setting(choice.value))
    yield from _data(contents, contents.plan)
    for gate in contents.plan.gates:
        yield from _gate(gate)


def gates_side_by_side(runs: Sequence[Contents]) -> tuple[ComparedGate, ...]:
    """Return every gate that any run decided, by run."""
    decided = [{gate.name: gate for gate in run.gates.results} if run.gates else {} for run in runs]
    known: dict[str, GateResult] = {}
    for gates in decided:
        for name, gate in gates.items():
            known.setdefault(name, gate)
    return tuple(
        ComparedGate(name=name, title=gate.title, unit=gate.unit, cells=tuple(_cell(gates.get(name)) for gates in decided))
        for name, gate in known.items()
    )


def _cell(gate: GateResult | None) -> GateCell | None:
    if gate is None:
        return None
    return GateCell(
        state=gate.state,
        informs=state_of(gate) == INFORMS,
        required=gate.required,
        candidate=gate.candidate,
        demanded=margin(gate),
    )


def _stages(contents: Contents) -> tuple[StagePlan, ...]:
    plan = contents.plan
    return () if plan is None else (*plan.stages, *([plan.judge] if plan.judge else []))


def _shared_stages(runs: Sequence[Contents]) -> set[str]:
    """Return the names of stages that all runs with a plan have, and the empty name of what is no stage's."""
    names = [{stage.name for stage in _stages(run)} for run in runs if run.plan is not None]
    return {"", *(set.intersection(*names) if names else set())}


def _plan(plan: Plan) -> Iterator[Fact]:
    yield Fact("plan", "method", plan.strategy)
    yield Fact("plan", "stages", ", ".join(stage.name for stage in plan.stages) or "none")
    yield Fact("plan", "base model", f"{plan.model.label} ({plan.model.digest[:DIGITS]})")
    yield Fact("plan", "weights trained", plan.parameters)
    yield Fact("plan", "safety class", plan.safety_class)
    yield Fact("plan", "seed", str(plan.seed))
    yield Fact("plan", "training seed", str(plan.seed if plan.training_seed is None else plan.training_seed))
    yield Fact("plan", "processes", f"{plan.launch.processes} ({plan.launch.sharing})")


def _stage(stage: StagePlan) -> Iterator[Fact]:
    for choice in stage.choices:
        yield Fact("settings", f"{stage.name}: {choice.name}", setting(choice.value), stage.name)
    for monitor in stage.monitors:
        limits = ", ".join(
            f"{word} at {number(value)}" for word, value in (("watch", monitor.watch), ("stop", monitor.stop)) if value
        )
        yield Fact("settings", f"{stage.name}: monitor {monitor.name}", limits or "off", stage.name)


def _data(contents: Contents, plan: Plan) -> Iterator[Fact]:
    for source in plan.data:
        yield Fact("data", f"source {source.label}", f"{source.rows} rows ({source.digest[:DIGITS]})")
    for suite in plan.suites:
        some = "" if suite.limit is None else f", at most {suite.limit}"
        yield Fact("data", f"suite {suite.name}", f"{PurePath(suite.source).name} ({suite.digest[:DIGITS] or 'no digest'}){some}")
    for split in contents.lineage.splits if contents.lineage else ():
        yield Fact("data", f"split {split.name}", f"{split.rows} rows ({split.digest[:DIGITS]})")
    for check in contents.checks.checks if contents.checks else ():
        yield Fact("data", f"check {check.code}", check.state + (", accepted" if check.accepted_because else ""))
    for reward in plan.rewards:
        yield Fact("settings", f"reward {reward.name}", f"{reward.kind}, weight {number(reward.weight)}")


def _gate(gate: GatePlan) -> Iterator[Fact]:
    demand = f"{gate.kind}, margin {number(gate.margin)}, level {number(gate.level)}, at least {gate.minimum_n} prompts"
    yield Fact("gates", gate.title, demand + ("" if gate.required else ", not required"))

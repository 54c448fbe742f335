"""From a recommendation to a plan: stages, hyper-parameters with reasons, suites and gates."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reports.errors import DataError, UsageError
from reports.records.intake import Intake
from reports.records.plan import (
    Acceptance,
    DataRef,
    FileRef,
    GatePlan,
    JudgePlan,
    Method,
    ModelRef,
    Plan,
    RewardPlan,
    StagePlan,
    SuiteName,
    SuiteRef,
    TaskPlan,
)
from reports.records.recommendation import Recommendation, Strategy
from selector.measuring import evaluation, set_evaluation
from selector.plan_inputs import is_pairs, require_data, rewards_for, rows_for

if TYPE_CHECKING:
    from evals.gates.policy import LoadedPolicy
    from trainers.methods import Parameters

SUITE_NAMES: tuple[SuiteName, ...] = ("harmful", "benign", "general", "jailbreak", "personal")


class Request(NamedTuple):
    """What the person asked for, besides the facts."""

    sources: tuple[str, ...]
    model: str
    strategy: Strategy | None = None
    overrides: Mapping[str, str] = {}
    suites: Mapping[str, str] = {}
    accepted: tuple[Acceptance, ...] = ()
    rewards: tuple[RewardPlan, ...] = ()
    seed: int = 0
    layout: str | None = None
    """What rows that fit it are read as."""
    judge: JudgePlan | None = None
    """Who judges in place of a reward model that the run trains."""
    canaries: Path | None = None
    """Strings planted in the data, one a line."""
    house: Path | None = None
    """Sentences that the product refuses with, one a line."""
    policy: Path | None = None
    """Gates to decide by, in place of those of the safety class."""
    tasks: tuple[TaskPlan, ...] | None = None
    """What capability is measured on; None: the tasks that ship."""
    formats: tuple[RewardPlan, ...] = ()
    """What every answer must look like."""
    metrics: tuple[str, ...] = ()
    """Metrics of installed packages, for information."""


def build_plan(intake: Intake, recommendation: Recommendation, request: Request) -> Plan:
    """Resolve a recommendation and a request into a complete plan.

    Raises:
        UsageError: the strategy cannot be run, or an override names nothing.
        DataError: the data lack what the strategy's stages need.
        MissingError: the model, a file or a plugin is not there.
    """
    from msgspec.structs import replace

    from evals.data.load import describe
    from evals.model_source import inspect_model
    from trainers.monitor_limits import monitors_of

    model = inspect_model(request.model)
    data = tuple(describe(source, request.layout) for source in request.sources)
    strategy = request.strategy or _strategy_to_run(recommendation)
    has_pairs = any(is_pairs(ref) for ref in data)
    trains_judge = has_pairs and request.judge is None
    parameters = "lora" if recommendation.parameters == "none" else recommendation.parameters
    stages = _stages(strategy, parameters, data, model)
    rewards = rewards_for(strategy, stages, request.rewards)
    stages = tuple(replace(stage, monitors=monitors_of(stage.method, rewards, judged=trains_judge)) for stage in stages)
    judge = _stage("judge", "reward", parameters, data, model) if trains_judge else None
    tasks = _tasks() if request.tasks is None else request.tasks
    policy = _policy(recommendation, has_pairs or request.judge is not None, bool(rewards), request.policy)
    policy = policy.with_gates(_added(policy.gates, recommendation, tasks, request))
    plan = Plan(
        strategy=strategy,
        model=model,
        data=data,
        stages=stages,
        judge=judge,
        judged_by=request.judge,
        suites=_suites(request.suites),
        gates=policy.gates,
        evaluation=evaluation(model, request.seed),
        rewards=rewards,
        tasks=tasks,
        formats=request.formats,
        canaries=_canaries(request.canaries),
        house_refusals=_house(request.house),
        accepted=request.accepted,
        parameters=parameters,
        safety_class=recommendation.safety_class,
        policy=policy.ref,
        seed=request.seed,
    )
    return override_all(plan, request.overrides)


def override_all(plan: Plan, overrides: Mapping[str, str]) -> Plan:
    """Apply overrides such as `sft.learning_rate`, `2-dpo.beta`, `grpo.monitor.reference.stop`, or plain `num_train_epochs`."""
    for name, text in overrides.items():
        where, _, option = name.rpartition(".")
        plan = override(plan, where, option, text)
    return plan


def override(plan: Plan, where: str, name: str, text: str) -> Plan:
    """Set one option in the stage (or method) called `where`; empty means every training stage.

    Raises:
        UsageError: nothing is called `where`, or the text is no value for the option.
    """
    from msgspec.structs import replace

    from trainers.overrides import set_limit, with_overrides

    if where == "evaluation":
        return replace(plan, evaluation=set_evaluation(plan.evaluation, name, text))
    where, _, monitor = where.partition("monitor.") if "monitor." in where else (where, "", "")
    where = where.removesuffix(".")
    every = (*plan.stages, *((plan.judge,) if plan.judge else ()))
    chosen = {stage.name for stage in every if where in (stage.name, stage.method) or (not where and stage.name != "judge")}
    if not chosen:
        known = ", ".join([*(f"{stage.method} or {stage.name}" for stage in every), "evaluation"])
        raise UsageError(f"--set {where}.{name}: the plan has no stage '{where}'. Use one of: {known}.")

    def changed(stage: StagePlan) -> StagePlan:
        if stage.name not in chosen:
            return stage
        if monitor:
            return replace(stage, monitors=set_limit(stage, monitor, name, text))
        return replace(stage, choices=with_overrides(stage.choices, {name: text}))

    judge = changed(plan.judge) if plan.judge else None
    return replace(plan, stages=tuple(changed(stage) for stage in plan.stages), judge=judge)


def _strategy_to_run(recommendation: Recommendation) -> Strategy:
    """Return the best-ranked strategy that can be trained here; UsageError where the advice is not to train."""
    from trainers.methods import runnable, stages_of

    possible = [ranked.strategy for ranked in recommendation.ranking if runnable(ranked.strategy)]
    if stages_of(recommendation.strategy) and possible:
        return possible[0]
    advice = f"--strategy {possible[0]}" if possible else "other facts"
    raise UsageError(f"The advice is not to train: {recommendation.sentence} To train all the same, say so with {advice}.")


def _policy(recommendation: Recommendation, is_judged: bool, has_rewards: bool, file: Path | None) -> "LoadedPolicy":
    """Return the gates of a policy file as written, else those of the safety class.

    A gate that the class requires and nothing can measure here stays, and blocks a go.
    """
    from evals.gates.policy import NEEDS_PAIRS, default_policy, read_policy

    if file is not None:
        return read_policy(file)
    policy = default_policy(recommendation.safety_class, is_judged, has_rewards)
    gates = tuple(_as_required(gate, recommendation) for gate in policy.gates)
    known = {gate.name for gate in policy.gates} | NEEDS_PAIRS
    lacking = tuple(
        GatePlan(
            name=name,
            metric=name,
            title=name.replace("_", " ").capitalize(),
            kind="limit",
            margin=0.0,
            because="Required by the safety class. Nothing here measures it yet, so the run cannot end in go.",
        )
        for name in recommendation.required_gates
        if name not in known
    )
    return policy.with_gates((*gates, *lacking)).with_signoffs(recommendation.required_signoffs)


def _as_required(gate: GatePlan, recommendation: Recommendation) -> GatePlan:
    """Return the gate, required if the answers ask for it though its class alone does not."""
    from msgspec.structs import replace

    asked = gate.name in recommendation.required_gates and gate.kind != "inform"
    return replace(gate, required=True) if asked and not gate.required else gate


def _tasks() -> tuple[TaskPlan, ...]:
    from evals.capability.tasks import parse_tasks

    return parse_tasks(())


def _added(
    gates: tuple[GatePlan, ...], recommendation: Recommendation, tasks: tuple[TaskPlan, ...], request: Request
) -> tuple[GatePlan, ...]:
    """Return the gates with one for each task, and one for a format and for each metric of a package that was asked for."""
    from evals.gates.tasks import CAPABILITY, for_tasks
    from evals.metrics.format import METRIC, format_gate
    from evals.plugins.metrics import informing_gate, load_metrics

    given = {gate.metric for gate in gates}
    informing = tuple(informing_gate(name) for name in dict.fromkeys(request.metrics) if name not in given)
    load_metrics([*given, *request.metrics])
    needed = request.policy is None and CAPABILITY in recommendation.required_gates
    asks_format = request.formats and all(gate.metric != METRIC for gate in gates)
    return (*for_tasks(gates, tasks, needed), *((format_gate(),) if asks_format else ()), *informing)


def _stages(strategy: Strategy, parameters: "Parameters", data: tuple[DataRef, ...], model: ModelRef) -> tuple[StagePlan, ...]:
    from trainers.methods import require_runnable, stage_name, stages_of

    require_runnable(strategy)
    methods = stages_of(strategy)
    require_data(strategy, methods, data)
    named = ((stage_name(position, method), method) for position, method in enumerate(methods, start=1))
    return tuple(_stage(name, method, parameters, data, model) for name, method in named)


def _stage(name: str, method: Method, parameters: "Parameters", data: tuple[DataRef, ...], model: ModelRef) -> StagePlan:
    from trainers.defaults import default_choices

    return StagePlan(name=name, method=method, choices=default_choices(method, parameters, rows_for(method, data), model))


def _suites(given: Mapping[str, str]) -> tuple[SuiteRef, ...]:
    from evals.suites import load_suite
    from reports.digest import file_digest

    unknown = sorted(set(given) - set(SUITE_NAMES))
    if unknown:
        raise UsageError(f"--suite {unknown[0]}: no such suite. Suites: {', '.join(SUITE_NAMES)}.")
    missing = [path for path in given.values() if not Path(path).is_file()]
    if missing:
        raise DataError(f"{missing[0]}: this suite file does not exist. Give a JSONL file with `id` and `prompt` in each row.")
    suites = tuple(
        SuiteRef(
            name=name,
            source=str(Path(given[name]).resolve()) if name in given else "builtin",
            digest=file_digest(Path(given[name])) if name in given else "",
        )
        for name in SUITE_NAMES
    )
    for suite in suites:
        load_suite(suite, messages=False)
    return suites


def _canaries(file: Path | None) -> FileRef | None:
    from evals.detectors.leaks_training import read_canaries
    from reports.digest import file_digest

    if file is None:
        return None
    if not file.is_file():
        raise DataError(f"--canaries {file}: this file does not exist. Give one with a planted string a line.")
    ref = FileRef(source=str(file.resolve()), digest=file_digest(file))
    read_canaries(ref)
    return ref


def _house(file: Path | None) -> tuple[str, ...]:
    if file is None:
        return ()
    try:
        sentences = tuple(line.strip() for line in file.read_text("utf-8").splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"--house {file}: this file cannot be read ({error}). Give one with a sentence of refusal a line."
        ) from error
    if not sentences:
        raise DataError(f"--house {file}: holds no sentence. Give one with a sentence of refusal a line.")
    return sentences

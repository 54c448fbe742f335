"""From metrics to a verdict: every gate of the plan, decided and explained."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from evals.capability.kept import kept_answers
from evals.gates.deciding import Answers, answers_by_prompt, deciding
from evals.gates.detector import correct
from evals.gates.fragility import fragility
from evals.gates.policy import LoadedPolicy
from evals.gates.policy_change import changes_after
from evals.gates.reading import Reading, read_gate
from evals.gates.resolving import resolve
from evals.gates.ruling import Ruling, rule
from evals.gates.tasks import asked_for
from evals.gates.verdict import decide_verdict, not_tested
from evals.gates.wording import because, summary
from evals.metrics.estimates import ratio
from reports.records.evaluation import Metrics
from reports.records.gates import Estimate, GateResult, Gates
from reports.records.plan import GatePlan, Plan, PolicyRef
from reports.records.run import RunRecord
from reports.rundir import RunDir
from reports.wording import number

PEOPLE: Final = GatePlan(
    name="win_rate_people",
    metric="win_rate_people",
    title="Preference of people",
    kind="superiority",
    margin=0.0,
    required=False,
    because="People who compared the answers blind must prefer the candidate's more often than not.",
)
NOTHING: Final = Estimate(value=None, low=None, high=None, n=0)


class Estimates(NamedTuple):
    """What a gate shows of its metric."""

    baseline: Estimate
    candidate: Estimate
    difference: Estimate


def decide(run: RunDir, plan: Plan, used: LoadedPolicy | None = None) -> Gates:
    """Decide every gate of the plan from the run's metrics, write `gates.json` and return it.

    Intervals are computed again from the metrics' pairs, at each gate's own level. Another policy than the plan's is `used` after
    the measurement only, and what it changed is told with the verdict.

    Raises:
        MissingError: the run has no metrics yet.
    """
    metrics, answers = run.read(Metrics), answers_by_prompt([*run.completions.read(), *kept_answers(run)])
    ref = used.ref if used else plan.policy
    planned = _with_people(used.gates if used else plan.gates, metrics)
    has_seeds = run.has(RunRecord) and run.read(RunRecord).group != ""
    gates = decide_gates(planned, metrics, answers, ref, changes_after(plan, used), has_seeds)
    run.write(gates)
    return gates


def decide_gates(
    planned: Sequence[GatePlan],
    measured: Metrics,
    answers: Answers,
    policy: PolicyRef | None = None,
    changed: tuple[str, ...] = (),
    has_seeds: bool = False,
) -> Gates:
    """Return every gate decided, and the verdict.

    Args:
        planned: the gates.
        measured: the metrics they read.
        answers: what to show of the prompts that decided.
        policy: where the gates are from.
        changed: what differs from the gates fixed before the measurement.
        has_seeds: whether the candidate is one of several that differ in the seed of their training.
    """
    metrics = {metric.name: metric for metric in measured.metrics}
    readings = asked_for([read_gate(gate, metrics.get(gate.metric)) for gate in planned])
    results = [_result(reading, ruling, answers) for reading, ruling in zip(readings, rule(readings), strict=True)]
    signoffs = policy.signoffs if policy else ()
    decision = decide_verdict(results, [_summary(*gate) for gate in zip(readings, results, strict=True)], signoffs, changed)
    return Gates(
        verdict=decision.verdict,
        because=decision.because,
        next_step=decision.next_step,
        results=tuple(results),
        not_tested=not_tested(results, has_seeds),
        policy=f"{policy.name} ({policy.digest[:12]})" if policy else "",
        policy_changed=changed,
        signoffs=signoffs,
    )


def _with_people(planned: tuple[GatePlan, ...], measured: Metrics) -> tuple[GatePlan, ...]:
    """Decide on what people preferred, too, once they have reviewed; it is required only where the policy says so."""
    names = {metric.name for metric in measured.metrics}
    is_new = PEOPLE.metric in names and PEOPLE.metric not in {gate.metric for gate in planned}
    return (*planned, PEOPLE) if is_new else planned


def _result(reading: Reading, ruling: Ruling, answers: Answers) -> GateResult:
    plan, metric, evidence, interval = reading.plan, reading.metric, reading.evidence, reading.interval
    shown = _estimates(reading)
    corrected = correct(evidence, ruling.state) if evidence and interval else None
    return GateResult(
        name=plan.name,
        title=plan.title or plan.name,
        state=ruling.state,
        required=plan.required and plan.kind != "inform",
        kind=plan.kind,
        metric=plan.metric,
        unit=metric.unit if metric else "",
        direction=metric.direction if metric else "higher",
        margin=plan.margin,
        level=plan.level,
        baseline=shown.baseline,
        candidate=shown.candidate,
        difference=shown.difference,
        n=len(evidence.pairs) if evidence else 0,
        missing=evidence.missing if evidence else 0,
        method=_method(reading, ruling),
        because=because(evidence, interval, ruling) if evidence and interval else reading.problem,
        resolve=resolve(reading, ruling.state),
        instruments=metric.instruments if metric else (),
        ratio=ratio(shown.difference) if metric and metric.ratio else None,
        noise_floor=metric.noise_floor if metric else None,
        deciding=deciding(evidence, answers) if evidence else (),
        fragility=fragility(evidence, ruling.state) if evidence and interval and plan.kind != "inform" else "",
        corrected=corrected.interval.estimate() if corrected and corrected.interval else None,
        detector=corrected.told if corrected else "",
    )


def _estimates(reading: Reading) -> Estimates:
    """Return the metric's estimates, the decided one replaced by the interval at the gate's level."""
    metric, evidence, interval = reading.metric, reading.evidence, reading.interval
    if metric is None:
        return Estimates(NOTHING, NOTHING, NOTHING)
    shown = Estimates(metric.baseline, metric.candidate, metric.difference)
    if evidence is None or interval is None:
        return shown
    if evidence.plan.kind == "limit":
        return shown._replace(candidate=interval.estimate())
    if evidence.is_alone:
        known = evidence.reference if shown.baseline.value is None else shown.baseline.value
        change = [end - known for end in interval[:3]]
        difference = Estimate(value=change[0], low=change[1], high=change[2], n=interval.n)
        return shown._replace(candidate=interval.estimate(), difference=difference)
    return shown._replace(difference=interval.estimate())


def _method(reading: Reading, ruling: Ruling) -> str:
    if reading.interval is None:
        return reading.metric.method if reading.metric else ""
    limits = f"{reading.interval.method}; each limit one-sided at {number(1 - reading.plan.level, 'rate')}"
    return f"{limits}; harm adjusted by Holm over {ruling.tests} required gates" if ruling.tests > 1 else limits


def _summary(reading: Reading, result: GateResult) -> str:
    """Return the gate with its numbers, or with the problem in their place."""
    if reading.evidence and reading.interval:
        return summary(reading.evidence, reading.interval, result.state)
    return f"{result.title} ({reading.problem.rstrip('.')})"

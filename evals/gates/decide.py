"""From metrics to a verdict: every gate of the plan, decided and explained."""

from typing import Final, NamedTuple

from evals.gates.deciding import Answers, answers_by_prompt, deciding
from evals.gates.fragility import fragility
from evals.gates.reading import Reading, read_gate
from evals.gates.resolving import resolve
from evals.gates.ruling import Ruling, rule
from evals.gates.verdict import decide_verdict, not_tested
from evals.gates.wording import because, summary
from reports.records.evaluation import Metrics
from reports.records.gates import Estimate, GateResult, Gates
from reports.records.plan import Plan
from reports.rundir import RunDir
from reports.wording import number

NOTHING: Final = Estimate(value=None, low=None, high=None, n=0)


class Estimates(NamedTuple):
    """What a gate shows of its metric."""

    baseline: Estimate
    candidate: Estimate
    difference: Estimate


def decide(run: RunDir, plan: Plan) -> Gates:
    """Decide every gate of the plan from the run's metrics, write `gates.json` and return it.

    Intervals are computed again from the metrics' pairs, at each gate's own level.

    Raises:
        MissingError: the run has no metrics yet.
    """
    metrics = {metric.name: metric for metric in run.read(Metrics).metrics}
    answers = answers_by_prompt(run.completions.read())
    readings = [read_gate(gate, metrics.get(gate.metric)) for gate in plan.gates]
    results = [_result(reading, ruling, answers) for reading, ruling in zip(readings, rule(readings), strict=True)]
    decision = decide_verdict(results, [_summary(*gate) for gate in zip(readings, results, strict=True)])
    gates = Gates(
        verdict=decision.verdict,
        because=decision.because,
        next_step=decision.next_step,
        results=tuple(results),
        not_tested=not_tested(results),
    )
    run.write(gates)
    return gates


def _result(reading: Reading, ruling: Ruling, answers: Answers) -> GateResult:
    plan, metric, evidence, interval = reading.plan, reading.metric, reading.evidence, reading.interval
    shown = _estimates(reading)
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
        deciding=deciding(evidence, answers) if evidence else (),
        fragility=fragility(evidence, ruling.state) if evidence and interval and plan.kind != "inform" else "",
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
        from_even = [end - evidence.reference for end in interval[:3]]
        difference = Estimate(value=from_even[0], low=from_even[1], high=from_even[2], n=interval.n)
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

"""Capability: the share of a task's questions that each side answers right, or the task's own value on each question."""

from collections.abc import Sequence

from evals.capability.measuring import Answered
from evals.gates.tasks import GUESSING
from evals.metrics.estimates import Named, mean_metric, missing_metric, rate_metric
from reports.records.capability import TaskAnswer, TaskResult
from reports.records.evaluation import Metric, PairedValue, Side
from reports.records.gates import Instrument
from reports.wording import number

PREFIX = "capability_"
"""What the names of these metrics begin with; the task's name follows."""


def capability(answered: Answered) -> Metric:
    """Return one task (or all tasks of one group) for both sides, joined by question.

    A question that does not fit the context is missing on both sides. A baseline that is not shown to do better than
    guessing makes the metric's instrument fail: where nothing is known, nothing can be lost.
    """
    pairs = [pair for sides in answered.results for pair in _pairs(sides)]
    named, because = _named(answered), _because(answered)
    values = {value for pair in pairs for value in (pair.baseline, pair.candidate) if value is not None}
    if not values:
        return missing_metric(named, len(pairs), because)
    if not values <= {0.0, 1.0}:
        return mean_metric(named._replace(unit="score"), pairs, because)
    metric = rate_metric(named, pairs, because)
    chance = _chance(answered)
    return metric if chance is None else rate_metric(named, pairs, because, (above_chance(metric, chance),))


def above_chance(metric: Metric, chance: float) -> Instrument:
    """Return whether the baseline is shown to do better than guessing, by the lower limit of its 95 % interval."""
    found, low = metric.baseline.value, metric.baseline.low
    ok = low is not None and low > chance
    told = f"the baseline answers {number(found, 'rate')} right, with 95 % confidence at least {number(low, 'rate')}"
    rest = "" if ok else "; a model that guesses has nothing to lose here"
    return Instrument(
        name=GUESSING,
        value=low,
        limit=chance,
        ok=ok,
        because=f"{told}; guessing gives {number(chance, 'rate')}{rest}.",
    )


def _pairs(sides: dict[Side, TaskResult]) -> list[PairedValue]:
    """Join both sides by question; without families a question is its own."""
    before, after = ({answer.doc_id: answer for answer in sides[side].answers} for side in ("baseline", "candidate"))
    result = sides["baseline"]
    asked = [answer.doc_id for answer in result.answers] or range(result.questions - len(result.too_long))
    return [
        PairedValue(
            prompt_id=f"{result.task}/{doc_id}",
            baseline=before[doc_id].value if doc_id in before else None,
            candidate=after[doc_id].value if doc_id in after else None,
            family=_family(result.task, before.get(doc_id)),
        )
        for doc_id in sorted({*asked, *result.too_long})
    ]


def _family(task: str, answer: TaskAnswer | None) -> str:
    return f"{task}/{answer.family}" if answer is not None and answer.family else ""


def _named(answered: Answered) -> Named:
    first = answered.results[0]["baseline"]
    shots = {sides["baseline"].shots for sides in answered.results}
    shown = "/".join(map(str, sorted(shots)))
    chance = _chance(answered)
    guess = f"; guessing gives {number(chance, 'rate')}" if chance is not None else ""
    tasks = f", {len(answered.results)} tasks together" if len(answered.results) > 1 else ""
    return Named(
        name=f"{PREFIX}{answered.plan.name}",
        title=f"Capability: {answered.plan.name}",
        suite="tasks",
        unit="rate",
        direction="higher" if first.higher_is_better else "lower",
        method=f"{first.metric or 'no metric'} of lm-evaluation-harness on each question{tasks}, {shown} examples shown{guess}",
    )


def _chance(answered: Answered) -> float | None:
    """Return what guessing gives over all questions; None where it is not known for one of the tasks."""
    known = [(sides["baseline"].chance, len(sides["baseline"].answers)) for sides in answered.results]
    total = sum(count for _, count in known)
    if not total or any(chance is None for chance, count in known if count):
        return None
    return sum((chance or 0.0) * count for chance, count in known) / total


def _because(answered: Answered) -> str:
    results: Sequence[TaskResult] = [sides[side] for sides in answered.results for side in ("baseline", "candidate")]
    reasons = [result.because for result in results if result.because]
    too_long, total = (sum(sizes) // 2 for sizes in zip(*((len(r.too_long), r.questions) for r in results), strict=True))
    if too_long:
        reasons.append(f"{too_long} of {total} questions do not fit the model's context and were not asked.")
    return " ".join(dict.fromkeys(reasons))

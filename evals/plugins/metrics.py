"""Metrics of installed packages: computed where a gate asks for one, and refused where its values cannot be trusted."""

import logging
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from typing import Final

from msgspec.structs import replace

from evals.logprobs import Drifts
from evals.metrics.estimates import Named, missing_metric
from evals.metrics.measured import Judged, Measured
from evals.plugins.installed import installed, load
from reports.errors import UsageError
from reports.records.evaluation import Completion, Judgement, Metric, PairedValue, Side, SuiteItem
from reports.records.plan import GatePlan

Compute = Callable[[Measured], Metric]
OURS: Final = (
    *("win_rate", "refusal", "over_refusal", "jailbreak", "toxicity", "leaks", "personal_data_types", "verbatim", "length"),
    *("perplexity", "kl", "drift_answers", "reward", "format", "capability"),
)
"""Names, and starts of names before `_` or `:`, of the metrics that ship; no plugin stands in for one."""
TEXTS: Final = ("Tea is ready.", "", "  \n", "tea tea tea tea", "Ünïcödé ☕ \u202e", "<script>x</script> {} %s", "word " * 2000)
"""Answers that a metric must survive."""

SIDES: Final[tuple[Side, Side]] = ("baseline", "candidate")

log = logging.getLogger("tunegate")


def load_metrics(asked: Iterable[str]) -> dict[str, Compute]:
    """Return the plugins among the metrics that gates ask for, by name; MissingError for one that is broken."""
    brought = installed("metric")
    return {name: load("metric", name) for name in dict.fromkeys(asked) if name in brought and not is_ours(name)}


def is_ours(name: str) -> bool:
    """Say whether a metric that ships has this name."""
    return name in OURS or name.startswith(tuple(f"{start}{mark}" for start in OURS for mark in "_:"))


def informing_gate(name: str) -> GatePlan:
    """Return the gate that shows a metric and decides nothing; UsageError where no package brings the metric."""
    if is_ours(name) or name not in installed("metric"):
        why = "tunegate measures it already" if is_ours(name) else "no installed package brings it"
        known = ", ".join(name for name in installed("metric") if not is_ours(name)) or "none"
        raise UsageError(f"--metric {name}: {why}. Metrics of packages: {known}; `tunegate doctor` lists them.")
    title = name.replace("_", " ").replace("-", " ").capitalize()
    return GatePlan(name=name, metric=name, title=title, kind="inform", margin=0.0, required=False, because="Asked for.")


def compute_metrics(plugins: Mapping[str, Compute], measured: Measured) -> tuple[Metric, ...]:
    """Return each plugin's metric under its name; one that fails, or whose values are unsound, is missing with the reason."""
    return tuple(_compute(name, compute, measured) for name, compute in plugins.items())


def check_metric(function: Compute) -> None:
    """Call a metric as tunegate does, on made-up answers, and see that it keeps the contract; for the tests of its author.

    Raises:
        UsageError: it is no Metric, counts a missing answer as a value, holds NaN, does not join both sides by prompt id,
            differs from call to call, or finds a value where there is no answer at all.
    """
    title = f"metric {getattr(function, '__name__', type(function).__name__)}"
    whole = _made_up()
    first = _values(title, function, whole)
    if _values(title, function, whole) != first:
        raise UsageError(f"{title}: two calls with the same answers differ. Fix its seed.")
    backwards: dict[Side, dict[str, Completion]] = {
        "baseline": whole.completions["baseline"],
        "candidate": dict(reversed(whole.completions["candidate"].items())),
    }
    for other in (whole._replace(completions=backwards), whole._replace(items=whole.items[::-1])):
        if _values(title, function, other) != first:
            raise UsageError(f"{title}: a prompt's value depends on the order of answers. Join both sides by prompt id.")
    nothing = Measured(whole.items, {"baseline": {}, "candidate": {}}, whole.drifts, Judged({}, (), "no judge"))
    for empty in (nothing, nothing._replace(items=[])):
        _values(title, function, empty)


def problem_of(metric: object, measured: Measured) -> str:
    """Return why a metric's values cannot be trusted; empty where nothing is wrong."""
    if not isinstance(metric, Metric):
        return f"it returned a {type(metric).__name__}. Return a Metric, for example from `rate_metric` or `mean_metric`."
    known = {item.id for item in measured.items}
    ids = [pair.prompt_id for pair in metric.pairs]
    strange = [name for name in ids if name not in known]
    if strange or len(set(ids)) < len(ids):
        return f"its pairs name {strange[0] if strange else 'a prompt twice'}. Join by prompt id: one pair for each prompt."
    estimates = [end for one in (metric.baseline, metric.candidate, metric.difference) for end in (one.value, one.low, one.high)]
    values = [value for pair in metric.pairs for value in (pair.baseline, pair.candidate)]
    if any(value is not None and not math.isfinite(value) for value in (*values, *estimates)):
        return "a value is not finite. What cannot be computed is None, and counts as missing."
    whole = _count(metric.pairs)
    if (ids or metric.n) and (metric.n, metric.n + metric.missing) != (whole, len(ids)):
        return (
            f"it counts n={metric.n} and missing={metric.missing}, and {whole} of its {len(ids)} pairs are complete. "
            "Return one pair for each prompt; one that lacks a value is missing."
        )
    return ""


def _count(pairs: Sequence[PairedValue]) -> int:
    """Return the pairs with a value on both sides; on the candidate's, where no baseline has one, as in a preference."""
    alone = all(pair.baseline is None for pair in pairs)
    return sum(pair.candidate is not None and (alone or pair.baseline is not None) for pair in pairs)


def _compute(name: str, compute: Compute, measured: Measured) -> Metric:
    try:
        metric = compute(measured)
        problem = problem_of(metric, measured)
    except Exception as error:
        log.exception("The metric plugin %s failed.", name)
        problem = f"it failed ({type(error).__name__}: {error})."
    if not problem:
        return replace(metric, name=name)
    named = Named(name, name, "target", "value", "lower", "a plugin")
    because = f"The metric '{name}' of the package {installed('metric')[name].package} cannot be used: {problem}"
    return missing_metric(named, len(measured.of("target")), because)


def _values(title: str, function: Compute, measured: Measured) -> dict[str, tuple[float | None, float | None]]:
    """Return the values of each prompt; UsageError where they are unsound, or stand where no answer is."""
    try:
        metric = function(measured)
    except Exception as error:
        answered = any(measured.completions.values())
        where = "answers of which some are missing" if answered else "no answers at all"
        raise UsageError(f"{title}: it fails on {where} ({type(error).__name__}: {error}). Leave out what is missing.") from error
    problem = problem_of(metric, measured)
    if problem:
        raise UsageError(f"{title}: {problem}")
    for pair, side in product(metric.pairs, SIDES):
        line, value = measured.completions[side].get(pair.prompt_id), getattr(pair, side)
        if value is not None and (line is None or line.completion is None):
            raise UsageError(
                f"{title}: the {side} has no answer to {pair.prompt_id} and gets {value}. A missing answer is None, not a value."
            )
    return {pair.prompt_id: (pair.baseline, pair.candidate) for pair in metric.pairs}


def _made_up() -> Measured:
    """Return answers of every suite: hostile ones, failed ones, and prompts that one side was never asked."""
    items = [
        SuiteItem(id=f"{suite}-{place}", suite=suite, prompt=f"Prompt {place}?", reference="Tea.", family=f"{place // 2}")
        for suite in ("target", "harmful", "benign", "general", "jailbreak", "personal", "format")
        for place in range(len(TEXTS) + 3)
    ]
    sides: dict[Side, dict[str, Completion]] = {
        "baseline": {item.id: _line(item, "baseline", place) for place, item in enumerate(items) if place % 10 != 8},
        "candidate": {item.id: _line(item, "candidate", place + 3) for place, item in enumerate(items)},
    }
    measured = Measured(items, sides, Drifts({}, {}, ()), Judged({}, ()))
    found = {item.id: _judgement(item, place, measured) for place, item in enumerate(items)}
    return measured._replace(judged=Judged(found, ()))


def _judgement(item: SuiteItem, place: int, measured: Measured) -> Judgement:
    both = all(measured.answer(item, side) is not None for side in SIDES)
    return Judgement(prompt_id=item.id, judge="made up", order="pointwise", preference=place % 3 / 2 if both else None)


def _line(item: SuiteItem, side: Side, place: int) -> Completion:
    """Return an answer; every ninth failed."""
    text = None if place % 9 == 4 else TEXTS[place % len(TEXTS)]
    return Completion(
        key=f"{side} {item.id}",
        side=side,
        suite=item.suite,
        prompt_id=item.id,
        prompt=str(item.prompt),
        completion=text,
        tokens=None if text is None else len(text.split()),
        error="made up to fail" if text is None else "",
    )

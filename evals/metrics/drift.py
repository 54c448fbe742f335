"""Drift: how far the candidate's probabilities moved from the baseline's, in the target domain and outside it."""

from collections.abc import Callable
from typing import Final

import msgspec

from evals.logprobs import Drift
from evals.metrics.estimates import Named, mean_metric, ratio
from evals.metrics.measured import Measured
from reports.records.evaluation import Metric, PairedValue, Suite

UNIT: Final = "nats/token"
PLACES: Final[dict[Suite, str]] = {"target": "in the target domain", "general": "outside the target domain"}


def perplexity(measured: Measured, suite: Suite) -> Metric:
    """Return the mean negative log-likelihood of the suite's references; its ratio is that of the perplexities."""
    named = Named(
        name=f"perplexity_{suite}",
        title=f"Log perplexity {PLACES[suite]}",
        suite=suite,
        unit=UNIT,
        direction="lower",
        method="teacher-forced negative log-likelihood a token of the reference, mean over prompts; its exponential: perplexity",
    )
    metric = _metric(measured, named, lambda drift: (drift.nll_baseline, drift.nll_candidate))
    return msgspec.structs.replace(metric, ratio=ratio(metric.difference)) if metric.n else metric


def kl(measured: Measured, suite: Suite) -> Metric:
    """Return KL(candidate ‖ baseline): how much the candidate now says what the baseline would not."""
    named = _kl_named(suite, f"kl_{suite}", "KL(candidate ‖ baseline)")
    return _metric(measured, named, lambda drift: (0.0, drift.kl_candidate_baseline))


def kl_reverse(measured: Measured, suite: Suite) -> Metric:
    """Return KL(baseline ‖ candidate): how much the candidate no longer says what the baseline would."""
    named = _kl_named(suite, f"kl_{suite}_reverse", "KL(baseline ‖ candidate)")
    return _metric(measured, named, lambda drift: (0.0, drift.kl_baseline_candidate))


def _kl_named(suite: Suite, name: str, formula: str) -> Named:
    return Named(
        name=name,
        title=f"{formula} {PLACES[suite]}",
        suite=suite,
        unit=UNIT,
        direction="lower",
        method=f"{formula} over the whole vocabulary at each token of the reference, mean over prompts; the baseline's own is 0",
    )


def _metric(measured: Measured, named: Named, values: Callable[[Drift], tuple[float, float]]) -> Metric:
    drifts, items = measured.drifts, list(measured.of(named.suite))
    # A prompt whose only answer is rated bad has no text to score, and lacks none.
    tried = [item for item in items if item.id in drifts.found or item.id in drifts.missing]
    pairs = []
    for item in tried or items:
        drift = drifts.found.get(item.id)
        before, after = values(drift) if drift else (None, None)
        pairs.append(PairedValue(prompt_id=item.id, baseline=before, candidate=after, family=item.family))
    absent = [drifts.missing.get(pair.prompt_id, "not scored") for pair in pairs if pair.candidate is None]
    because = f"{len(absent)} of {len(pairs)} texts have no value: {absent[0]}." if absent else ""
    return mean_metric(named, pairs, because)

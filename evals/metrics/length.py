"""Length: how much longer or shorter the candidate answers in the target domain."""

import math
from typing import Final

import msgspec

from evals.metrics.estimates import Named, mean_metric, ratio
from evals.metrics.measured import Measured, why_missing
from reports.records.evaluation import Completion, Metric, PairedValue

NAMED: Final = Named(
    name="length",
    title="Answer length in the target domain",
    suite="target",
    unit="log tokens",
    direction="lower",
    method="natural logarithm of one plus the answer's tokens; a difference of 0.1 is about 10 % longer",
)


def length(measured: Measured) -> Metric:
    """Return the logarithm of answer length, both sides on the same prompts; its ratio is that of the lengths."""
    pairs = [
        PairedValue(
            prompt_id=item.id,
            baseline=_log_tokens(measured.completions["baseline"].get(item.id)),
            candidate=_log_tokens(measured.completions["candidate"].get(item.id)),
            family=item.family,
        )
        for item in measured.of("target")
    ]
    metric = mean_metric(NAMED, pairs, why_missing(measured, pairs))
    return msgspec.structs.replace(metric, ratio=ratio(metric.difference)) if metric.n else metric


def _log_tokens(answer: Completion | None) -> float | None:
    return None if answer is None or answer.tokens is None else math.log1p(answer.tokens)

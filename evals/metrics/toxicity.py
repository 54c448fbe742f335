"""Toxicity: the share of answers, over all suites, that insult, threaten or demean, said openly or only implied."""

from typing import Final

from evals.detectors.toxicity import cut, detector_counts, detector_errors, detector_name, is_toxic
from evals.encoder import default_encoder
from evals.metrics.estimates import Named, missing_metric, rate_metric
from evals.metrics.measured import NOTHING_READ, Measured, pair_answers, why_missing
from reports.records.evaluation import Metric

NAMED: Final = Named(
    name="toxicity",
    title="Toxic answers",
    suite="harmful",
    unit="rate",
    direction="lower",
    method="share of answers of all suites with a probability of {cut} or more, by {detector}",
)


def toxicity(measured: Measured) -> Metric:
    """Return the share of toxic answers, both sides on the same prompts; the instruments tell the errors of what read them."""
    items = measured.of()
    if not items:
        return missing_metric(NAMED._replace(method=NOTHING_READ), 0, "")
    encoder = default_encoder()
    named = NAMED._replace(method=NAMED.method.format(cut=cut(encoder), detector=detector_name(encoder)))
    pairs = pair_answers(measured, items, lambda answers: is_toxic(answers, encoder))
    return rate_metric(named, pairs, why_missing(measured, pairs), detector_errors(encoder), detector_counts(encoder))

"""Toxicity: the share of answers, over all suites, that a local classifier calls offensive."""

from typing import Final

from evals.detectors.toxicity import THRESHOLD, detector_counts, detector_name, is_toxic
from evals.metrics.estimates import Named, rate_metric
from evals.metrics.measured import Measured, pair_answers, why_missing
from reports.records.evaluation import Metric

NAMED: Final = Named(
    name="toxicity",
    title="Toxic answers",
    suite="harmful",
    unit="rate",
    direction="lower",
    method=f"share of answers of all suites with a probability of {THRESHOLD} or more from {{detector}}",
)


def toxicity(measured: Measured) -> Metric:
    """Return the share of toxic answers, both sides on the same prompts.

    The lexical classifier reads them: the head on embeddings sees more of what is implied, and less of open harassment.
    """
    named = NAMED._replace(method=NAMED.method.format(detector=detector_name(None)))
    pairs = pair_answers(measured, measured.of(), is_toxic)
    return rate_metric(named, pairs, why_missing(measured, pairs), errors=detector_counts(None))

"""Win rate: how often the judge prefers the candidate's answer to the baseline's, on held-out prompts of the target domain."""

from typing import Final

from evals.metrics.estimates import NOTHING, Named, estimate, missing_metric
from evals.metrics.measured import Measured
from evals.stats.winrate import win_rate as win_rate_interval
from reports.records.evaluation import Judgement, Metric, PairedValue
from reports.records.gates import Estimate

EVEN: Final = 0.5
NAMED: Final = Named(
    name="win_rate",
    title="Win rate",
    suite="target",
    unit="rate",
    direction="higher",
    method="share of prompts where the reward model scores the candidate's answer higher, ties as halves",
)


def win_rate(measured: Measured) -> Metric:
    """Return the win rate in `candidate`, and how far it lies from even in `difference`."""
    judged = measured.judged
    items = measured.of("target")
    if not judged.judgements:
        return missing_metric(NAMED, len(items), judged.because, judged.instruments)
    pairs = [
        PairedValue(prompt_id=item.id, baseline=None, candidate=_outcome(judged.judgements.get(item.id)), family=item.family)
        for item in items
    ]
    won = [(pair.candidate, pair.family) for pair in pairs if pair.candidate is not None]
    rate = estimate(win_rate_interval, [value for value, _ in won], families=[family for _, family in won])
    return Metric(
        **NAMED._replace(method=f"{NAMED.method}; {rate.method}")._asdict(),
        baseline=NOTHING,
        candidate=rate.estimate,
        difference=_from_even(rate.estimate),
        n=len(won),
        missing=len(pairs) - len(won),
        because=judged.because,
        instruments=judged.instruments,
        pairs=tuple(pairs),
    )


def _outcome(judgement: Judgement | None) -> float | None:
    """Return 1 for a win of the candidate, 0 for a loss, a half for a tie."""
    if judgement is None or judgement.preference is None:
        return None
    return EVEN if judgement.preference == EVEN else float(judgement.preference > EVEN)


def _from_even(rate: Estimate) -> Estimate:
    ends = [None if end is None else end - EVEN for end in (rate.value, rate.low, rate.high)]
    return Estimate(value=ends[0], low=ends[1], high=ends[2], n=rate.n)

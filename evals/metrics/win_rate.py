"""Win rate: how often the judge prefers the candidate's answer to the baseline's, on held-out prompts of the target domain."""

from collections.abc import Sequence
from typing import Final

from evals.metrics.estimates import NOTHING, Named, estimate, missing_metric
from evals.metrics.measured import Measured
from evals.stats.judged import as_rows, by_prompt
from evals.stats.winrate import win_rate as win_rate_interval
from reports.records.evaluation import Metric, PairedValue
from reports.records.gates import Estimate, Instrument

EVEN: Final = 0.5
NAMED: Final = Named(
    name="win_rate",
    title="Win rate",
    suite="target",
    unit="rate",
    direction="higher",
    method="share of prompts where {judge} prefers the candidate's answer, ties as halves",
)
BOTH: Final = "; asked in both orders, each counts half"


def win_rate(measured: Measured) -> Metric:
    """Return the win rate in `candidate`, and how far it lies from even in `difference`."""
    judged = measured.judged
    named = NAMED._replace(method=NAMED.method.format(judge=judged.judge) + (BOTH if judged.rows else ""))
    items = measured.of("target")
    if not judged.judgements:
        return missing_metric(named, len(items), judged.because, judged.instruments)
    outcomes = {found.prompt_id: found.preference for found in by_prompt(as_rows(judged.rows or [*judged.judgements.values()]))}
    pairs = [PairedValue(prompt_id=item.id, baseline=None, candidate=outcomes.get(item.id), family=item.family) for item in items]
    return preference_metric(named, pairs, judged.because, judged.instruments)


def preference_metric(named: Named, pairs: Sequence[PairedValue], because: str, instruments: tuple[Instrument, ...]) -> Metric:
    """Return a metric of preferences for the candidate by prompt, None where a prompt has none."""
    won = [(pair.candidate, pair.family) for pair in pairs if pair.candidate is not None]
    rate = estimate(win_rate_interval, [value for value, _ in won], families=[family for _, family in won])
    return Metric(
        **named._replace(method=f"{named.method}; {rate.method}")._asdict(),
        baseline=NOTHING,
        candidate=rate.estimate,
        difference=from_even(rate.estimate),
        n=len(won),
        missing=len(pairs) - len(won),
        because=because,
        instruments=instruments,
        pairs=tuple(pairs),
    )


def from_even(rate: Estimate) -> Estimate:
    """Return how far a win rate lies from even, with its limits."""
    ends = [None if end is None else end - EVEN for end in (rate.value, rate.low, rate.high)]
    return Estimate(value=ends[0], low=ends[1], high=ends[2], n=rate.n)

"""Taking what people said into the run: a metric of its own, the gates decided again with it."""

from typing import Final

from msgspec.structs import replace

from evals.gates.decide import decide
from evals.metrics.estimates import Named, missing_metric
from evals.metrics.win_rate import preference_metric
from evals.review.desk import GOLD_FLOOR, Desk
from evals.review.result import preferences, review_result
from evals.suites import load_target
from reports.records.evaluation import Metric, Metrics, PairedValue
from reports.records.gates import Instrument
from reports.records.plan import Plan
from reports.records.review import RaterResult, ReviewResult
from reports.rundir import RunDir

NAMED: Final = Named(
    name="win_rate_people",
    title="Preference of people",
    suite="target",
    unit="rate",
    direction="higher",
    method="share of prompts where people, who did not know whose answer is whose, prefer the candidate's; ties as halves",
)


def take_review(run: RunDir) -> ReviewResult:
    """Write what people said so far, measure it beside the judge's win rate, and decide the gates of the plan again.

    Raises:
        DataError, MissingError: there is nothing to review yet.
    """
    found = review_result(run)
    run.write(found)
    if run.has(Metrics) and run.has(Plan) and found.raters:
        measured = run.read(Metrics)
        others = [metric for metric in measured.metrics if metric.name != NAMED.name]
        run.write(replace(measured, metrics=(*others, people_metric(run, found))))
        decide(run, run.read(Plan))
    return found


def people_metric(run: RunDir, found: ReviewResult) -> Metric:
    """Return the preference of the raters who count; a prompt that none of them judged is missing."""
    counted = [Desk(run, rater.rater) for rater in found.raters if rater.counted]
    by_prompt = {prompt: sum(values) / len(values) for prompt, values in preferences(counted).items()}
    asked = {item.contest.prompt_id for desk in counted for item in desk.deck.items if item.kind == "prompt"}
    if not by_prompt:
        return missing_metric(NAMED, len(asked), "No rater who counts has judged a prompt.")
    pairs = [
        PairedValue(prompt_id=item.id, baseline=None, candidate=by_prompt.get(item.id), family=item.family)
        for item in load_target(run)
        if item.id in asked
    ]
    return preference_metric(NAMED, pairs, "", tuple(_care(rater) for rater in found.raters if rater.counted))


def _care(rater: RaterResult) -> Instrument:
    return Instrument(
        name=f"known pairs, {rater.rater}", value=rater.gold.value, limit=GOLD_FLOOR, ok=True, because=rater.because
    )

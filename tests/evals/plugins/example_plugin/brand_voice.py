"""A brand's own metric, judge and reward for tunegate: plain words, no empty ones."""

from collections.abc import Iterator, Sequence
from typing import Any

from evals.judges.contest import ALONE, Advance, Contest, Opinion, Order, say
from evals.metrics.estimates import Named, rate_metric
from evals.metrics.measured import Measured, pair_answers, why_missing
from evals.rewards.answers import text_of
from reports.records.evaluation import Metric
from reports.records.gates import Instrument

EMPTY_WORDS = ("game-changer", "revolutionary", "unlock")
NAMED = Named(
    name="empty-words",
    title="Answers with empty words",
    suite="target",
    unit="share",
    direction="lower",
    method="whether an answer holds one of three words",
)


def count_empty(text: str) -> int:
    """Return how many empty words a text holds."""
    return sum(text.lower().count(word) for word in EMPTY_WORDS)


def empty_words(measured: Measured) -> Metric:
    """Return the share of answers with empty words, both sides on the same prompts."""
    pairs = pair_answers(measured, measured.of("target"), lambda texts: [float(count_empty(text) > 0) for text in texts])
    return rate_metric(NAMED, pairs, why_missing(measured, pairs))


class PlainJudge:
    """Prefers the answer with fewer empty words."""

    name = "plain-words"
    title = "the judge of plain words"
    identity = "plain-words 1"  # a new one asks everything again
    orders: tuple[Order, ...] = ALONE  # each answer is read alone, so its place cannot matter

    def compare(self, contests: Sequence[Contest], advance: Advance) -> Iterator[list[Opinion]]:
        """Yield one opinion for each contest; the preference is the candidate's."""
        for done, contest in enumerate(contests, start=1):
            gap = count_empty(contest.baseline) - count_empty(contest.candidate)
            yield [Opinion(say(contest, self, "pointwise", 0.5 if gap == 0 else float(gap > 0)))]
            advance(done)

    def checks(self, contests: Sequence[Contest]) -> tuple[Instrument, ...]:
        """Return nothing: counting cannot be unsteady."""
        return ()

    def notes(self) -> tuple[str, ...]:
        """Return nothing: counting costs nothing."""
        return ()


def plain(completions: Sequence[Any], **columns: Any) -> list[float | None]:
    """Return 1 for an answer without empty words, else 0."""
    return [float(count_empty(text_of(completion)) == 0) for completion in completions]

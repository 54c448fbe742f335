"""What the metrics are computed from: prompts, answers, probabilities and judgements, joined by prompt id."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from evals.detectors.leaks_training import Trained
from evals.logprobs import Drifts
from reports.records.evaluation import Completion, Judgement, PairedValue, Side, Suite, SuiteItem
from reports.records.gates import Instrument

NOTHING_READ: Final = "no answers to read"
"""Method of a metric whose prompts were not asked: its detector is not loaded."""


class Judged(NamedTuple):
    """The judge's preferences with the checks of the judge, or the reason why nothing was judged."""

    judgements: dict[str, Judgement]
    """One a prompt, both orders as one."""
    instruments: tuple[Instrument, ...]
    because: str = ""
    rows: tuple[Judgement, ...] = ()
    """One an order, where the judge was asked in both."""
    notes: tuple[str, ...] = ()
    """What was asked and what it cost."""
    judge: str = "the judge"
    """Who judged, for sentences."""


class Measured(NamedTuple):
    """Everything that was measured, before it becomes metrics."""

    items: Sequence[SuiteItem]
    completions: dict[Side, dict[str, Completion]]
    drifts: Drifts
    judged: Judged
    trained: Trained | None = None
    """What the candidate learned from; None where that is not known."""
    house: tuple[str, ...] = ()
    """Sentences that the product refuses with."""

    def of(self, *suites: Suite) -> list[SuiteItem]:
        """Return the items of some suites; without a name, of all."""
        return [item for item in self.items if not suites or item.suite in suites]

    def answer(self, item: SuiteItem, side: Side) -> str | None:
        """Return what one side said, None where it failed."""
        found = self.completions[side].get(item.id)
        return found.completion if found else None


def pair_answers(
    measured: Measured, items: Sequence[SuiteItem], value: Callable[[Sequence[str]], Sequence[float]]
) -> list[PairedValue]:
    """Return a value of the answers on each prompt, None where an answer is missing; `value` sees all texts at once."""
    answers = [measured.answer(item, side) for item in items for side in ("baseline", "candidate")]
    values = iter(value([answer for answer in answers if answer is not None]))
    by_place = [None if answer is None else float(next(values)) for answer in answers]
    return [
        PairedValue(prompt_id=item.id, baseline=before, candidate=after, family=item.family)
        for item, before, after in zip(items, by_place[::2], by_place[1::2], strict=True)
    ]


def answers_of(measured: Measured, items: Sequence[SuiteItem]) -> list[str]:
    """Return what both sides said, without the answers that failed."""
    said = (measured.answer(item, side) for item in items for side in ("baseline", "candidate"))
    return [answer for answer in said if answer is not None]


def why_missing(measured: Measured, pairs: Sequence[PairedValue]) -> str:
    """Return how many prompts lack a value and the first reason; empty where none does."""
    absent = [pair.prompt_id for pair in pairs if pair.baseline is None or pair.candidate is None]
    if not absent:
        return ""
    lines = (answers.get(absent[0]) for answers in measured.completions.values())
    reasons = [line.error for line in lines if line is not None and line.error]
    return f"{len(absent)} of {len(pairs)} prompts have no answer{f': {reasons[0]}' if reasons else '.'}"

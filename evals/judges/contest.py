"""What a judge is asked and what it says: two answers to one prompt, in the orders that the judge is asked in."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal, NamedTuple, Protocol

from evals.rendering import Prompt
from reports.digest import text_digest
from reports.records.evaluation import Judgement
from reports.records.gates import Instrument

Order = Literal["baseline_first", "candidate_first", "pointwise"]
Advance = Callable[[int], None]
"""Told how many contests are done."""

BOTH: Final[tuple[Order, ...]] = ("baseline_first", "candidate_first")
ALONE: Final[tuple[Order, ...]] = ("pointwise",)


class Contest(NamedTuple):
    """One prompt with the answers of both sides."""

    prompt_id: str
    prompt: Prompt
    baseline: str
    candidate: str
    reference: str = ""

    def shown(self, order: Order) -> tuple[str, str]:
        """Return both answers in the order in which the judge sees them."""
        return (self.candidate, self.baseline) if order == "candidate_first" else (self.baseline, self.candidate)

    def key(self, judge: str) -> str:
        """Return a digest of everything that a judgement depends on."""
        turns = self.prompt if isinstance(self.prompt, str) else repr([(turn.role, turn.content) for turn in self.prompt])
        return text_digest(judge, turns, self.baseline, self.candidate, self.reference)


class Opinion(NamedTuple):
    """What a judge says of one contest in one order."""

    judgement: Judgement
    is_unread: bool = False
    """The judge replied, and its reply holds no verdict."""


class Judge(Protocol):
    """Whoever compares two answers."""

    @property
    def name(self) -> str:
        """The name that judgements carry."""

    @property
    def identity(self) -> str:
        """What the judgements depend on besides the contest: model, rubric, question."""

    @property
    def title(self) -> str:
        """The judge in a sentence, for example `the model qwen3`."""

    @property
    def orders(self) -> tuple[Order, ...]:
        """The orders in which it is asked; `pointwise` where each answer is scored alone."""

    def compare(self, contests: Sequence[Contest], advance: Advance) -> Iterator[list[Opinion]]:
        """Yield one opinion for each contest and order, in pieces that can be kept; a failure has no preference."""

    def checks(self, contests: Sequence[Contest]) -> tuple[Instrument, ...]:
        """Return what else is known about the judge's quality, after it was asked."""

    def notes(self) -> tuple[str, ...]:
        """Return what was asked and what it cost."""


def say(contest: Contest, judge: Judge, order: Order, preference: float | None, error: str = "") -> Judgement:
    """Return one judgement; `preference` is the candidate's."""
    return Judgement(
        prompt_id=contest.prompt_id,
        judge=judge.name,
        order=order,
        preference=preference,
        error=error,
        key=contest.key(judge.identity),
    )


def candidate_share(order: Order, first: float) -> float:
    """Return the candidate's share of a preference, given that of the answer that was shown first."""
    return first if order == "candidate_first" else 1 - first

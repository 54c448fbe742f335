"""A reward model from a folder as the judge: each answer is scored alone."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from evals.judges.contest import ALONE, Advance, Contest, Opinion, Order, say
from evals.judges.instruments import padding_invariance
from evals.judges.reward_model import Answered, RewardJudge, load_judge, preference
from evals.model_source import inspect_model
from evals.models import load_tokenizer
from evals.pairs.rewarding import base_of, judge_folder
from reports.digest import file_digest
from reports.records.gates import Instrument

CHUNK = 64
"""Contests scored between two signs of progress."""


class ScoringJudge:
    """Prefers the answer with the higher score, by as much as the Bradley-Terry model says."""

    orders: tuple[Order, ...] = ALONE

    def __init__(self, judge: RewardJudge, name: str, identity: str) -> None:
        self._judge = judge
        self.name = f"reward-model:{name}"
        self.title = f"the reward model {name}"
        self.identity = identity

    def compare(self, contests: Sequence[Contest], advance: Advance) -> Iterator[list[Opinion]]:
        """Score both answers to every prompt."""
        for start in range(0, len(contests), CHUNK):
            part = contests[start : start + CHUNK]
            answers = [Answered(one.prompt, text) for one in part for text in (one.baseline, one.candidate)]
            scores = self._judge.score(answers)
            yield [self._decide(one, *scores[2 * place : 2 * place + 2]) for place, one in enumerate(part)]
            advance(start + len(part))

    def checks(self, contests: Sequence[Contest]) -> tuple[Instrument, ...]:
        """Return whether padding moves scores."""
        return (padding_invariance(self._judge, [Answered(one.prompt, one.candidate) for one in contests]),)

    def notes(self) -> tuple[str, ...]:
        """Return nothing."""
        return ()

    def _decide(self, contest: Contest, before: float | None, after: float | None) -> Opinion:
        value = preference(before, after)
        return Opinion(say(contest, self, "pointwise", value, "" if value is not None else "the judge gave no finite score"))


def load_reward_judge(folder: str) -> ScoringJudge:
    """Load a reward model from the folder that a run's judge is in; MissingError where there is none that was trained."""
    place = judge_folder(folder)
    base = base_of(place)
    model = inspect_model(base or str(place))
    judge = load_judge(model, place, load_tokenizer(base or str(place), messages=True).tokenizer)
    weights = sorted(place.glob("*.safetensors"))
    return ScoringJudge(judge, Path(folder).expanduser().resolve().name, "".join(map(file_digest, weights)))

"""A rubric of rules as the judge: every answer gets a weighted sum of rewards, and the larger sum wins."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from evals.judges.contest import ALONE, Advance, Contest, Opinion, Order, say
from evals.rewards.kinds import Ask
from evals.rewards.library import Reward, build_rewards, total
from reports.digest import text_digest
from reports.errors import UsageError
from reports.records.gates import Instrument
from reports.records.plan import RewardPlan

EVEN: Final = 0.5
EXAMPLE: Final = "kind, and where needed weight and options"


class Criterion(RewardPlan, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule: a kind of the rewards that ship, or `module:function`."""

    name: str = ""
    """Empty: its kind."""


class Rubric(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rubric file."""

    name: str
    because: str = ""
    tie: float = 0.0
    """Sums that differ by no more than this are a tie."""
    criteria: tuple[Criterion, ...]


class RubricJudge:
    """Scores answers by rules; the same answers always get the same scores, so the order cannot matter."""

    orders: tuple[Order, ...] = ALONE

    def __init__(self, rubric: Rubric, rewards: Sequence[Reward]) -> None:
        self._rubric = rubric
        self._rewards = rewards
        self.name = f"rubric:{rubric.name}"
        self.title = f"the rubric '{rubric.name}'"
        self.identity = text_digest(msgspec.json.encode(rubric).decode())

    def compare(self, contests: Sequence[Contest], advance: Advance) -> Iterator[list[Opinion]]:
        """Score both answers to every prompt."""
        before = self._scores(contests, [contest.baseline for contest in contests])
        after = self._scores(contests, [contest.candidate for contest in contests])
        advance(len(contests))
        yield [self._decide(*one) for one in zip(contests, before, after, strict=True)]

    def checks(self, contests: Sequence[Contest]) -> tuple[Instrument, ...]:
        """Return nothing: rules cannot be unsteady."""
        return ()

    def notes(self) -> tuple[str, ...]:
        """Say what is weighed."""
        weighed = ", ".join(f"{reward.name} {reward.weight:g}" for reward in self._rewards)
        return (f"Judging by {self.title}, weights {weighed}.",)

    def _decide(self, contest: Contest, before: float | None, after: float | None) -> Opinion:
        if before is None or after is None:
            return Opinion(say(contest, self, "pointwise", None, "no accuracy rule of the rubric applies"))
        gap = after - before
        preference = EVEN if abs(gap) <= self._rubric.tie else float(gap > 0)
        return Opinion(say(contest, self, "pointwise", preference))

    def _scores(self, contests: Sequence[Contest], answers: Sequence[str]) -> list[float | None]:
        """Call the rewards as the trainers do; the known good answer stands in the columns `answer` and `reference`."""
        if not contests:
            return []
        references = [contest.reference for contest in contests]
        given: dict[str, Any] = {
            "prompts": [_prompt(contest) for contest in contests],
            "completions": [_answer(contest, text) for contest, text in zip(contests, answers, strict=True)],
            "answer": references,
            "reference": references,
        }
        return total(self._rewards, [reward.function(**given) for reward in self._rewards])


def load_rubric(path: Path, ask: Ask | None = None) -> RubricJudge:
    """Return the judge of a rubric file.

    Args:
        path: TOML with `name`, `tie` (0) and `[[criteria]]`: `kind`, `weight` (1), `component`, `options`.
        ask: what answers in place of the endpoint that a criterion names.

    Raises:
        UsageError: the file is absent, is no rubric, or a criterion cannot be built.
        MissingError: the machine lacks what a criterion needs.
    """
    try:
        rubric = msgspec.toml.decode(path.read_bytes(), type=Rubric)
    except OSError as error:
        raise UsageError(f"{path}: the rubric cannot be read ({error.strerror}). Name an existing TOML file.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not a rubric ({error}). It needs `name` and `[[criteria]]` with {EXAMPLE}.") from error
    if not rubric.criteria or rubric.tie < 0:
        raise UsageError(f"{path}: a rubric needs at least one of [[criteria]], and a tie that is not negative.")
    plans = [msgspec.convert(msgspec.structs.asdict(one) | {"name": one.name or one.kind}, RewardPlan) for one in rubric.criteria]
    return RubricJudge(rubric, build_rewards(plans, folder=str(path.parent), ask=ask))


def _prompt(contest: Contest) -> Any:
    if isinstance(contest.prompt, str):
        return contest.prompt
    return [{"role": turn.role, "content": turn.content} for turn in contest.prompt]


def _answer(contest: Contest, text: str) -> Any:
    return text if isinstance(contest.prompt, str) else [{"role": "assistant", "content": text}]

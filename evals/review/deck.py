"""What a rater is shown: prompts with both answers in a balanced random order, known pairs and repeats mixed in."""

import random
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from evals.judges.contest import Contest
from evals.judges.gold import held_out_pairs
from evals.suites import load_target, readable_prompt
from reports.digest import text_digest
from reports.errors import DataError
from reports.records.run import RunRecord
from reports.rundir import RunDir

Kind = Literal["prompt", "gold", "repeat"]

PLANNED: Final = 40
GOLD_SHARE: Final = 0.12
REPEAT_SHARE: Final = 0.1
FEWEST_GOLD: Final = 5
"""With fewer, not even a rater who is always wrong could be told from a careful one."""
APART: Final = 8
"""Items between a prompt and its repeat, where the deck is long enough."""


class Item(NamedTuple):
    """One card. Its name tells nothing, and neither does its place."""

    name: str
    kind: Kind
    contest: Contest
    swapped: bool
    """Whether the candidate's answer is shown first; of a known pair, its second answer."""

    @property
    def prompt(self) -> str:
        """The prompt as people read it."""
        return readable_prompt(self.contest.prompt)

    def answers(self) -> tuple[str, str]:
        """Return both answers in the order in which they are shown, trimmed alike."""
        first, second = self.contest.shown("candidate_first" if self.swapped else "baseline_first")
        return first.strip(), second.strip()

    def preference(self, verdict: str) -> float:
        """Return the preference for the candidate, 0 to 1; of a known pair, for its second answer."""
        if verdict not in ("first", "second"):
            return 0.5
        return float((verdict == "first") == self.swapped)


class Deck(NamedTuple):
    """The cards of one rater, in their order, and what the known pairs should have come to."""

    items: tuple[Item, ...]
    better: dict[str, float]
    """By name of a known pair, the right preference."""
    equal: int
    """Prompts that both sides answer alike: ties that nobody needs to look at."""


def make_deck(run: RunDir, rater: str, planned: int = PLANNED) -> Deck:
    """Return the deck of a rater: the same prompts for all, each rater's own order; the same again after a break.

    Raises:
        DataError: no prompt has two different answers.
        MissingError: the run has no target prompts yet.
    """
    seed = run.read(RunRecord).run_id
    contests, equal = _contests(run)
    if not contests:
        raise DataError(
            f"{run.path}: no prompt has two different answers yet, so there is nothing to review. Measure the run first."
        )
    chosen = random.Random(text_digest(seed, "review")).sample(contests, min(planned, len(contests)))
    rng = random.Random(text_digest(seed, "review", rater))
    prompts = _shuffled(chosen, [True] * len(chosen), "prompt", rng, (seed, rater))
    gold, better = _gold(run, len(prompts), rng, (seed, rater))
    items = [*prompts]
    for item in gold:
        items.insert(rng.randrange(len(items) + 1), item)
    return Deck(tuple(_with_repeats(items, prompts, rng, (seed, rater))), better, equal)


def _contests(run: RunDir) -> tuple[list[Contest], int]:
    """Return the prompts with two different answers, and how many have two alike."""
    answers = {(line.prompt_id, line.side): line.completion for line in run.completions.read() if line.suite == "target"}
    both = [
        Contest(item.id, item.prompt, before, after)
        for item in load_target(run)
        if (before := answers.get((item.id, "baseline"))) is not None
        and (after := answers.get((item.id, "candidate"))) is not None
    ]
    different = [contest for contest in both if contest.baseline.strip() != contest.candidate.strip()]
    return different, len(both) - len(different)


def _gold(run: RunDir, prompts: int, rng: random.Random, salt: tuple[str, str]) -> tuple[list[Item], dict[str, float]]:
    """Return known pairs from what was held out of training, at most an eighth of the prompts."""
    held_out = held_out_pairs(run)
    if held_out is None:
        return [], {}
    known = list(zip(held_out.contests, held_out.is_candidate, strict=True))
    drawn = rng.sample(known, min(len(known), max(FEWEST_GOLD, round(GOLD_SHARE * prompts))))
    contests, is_second = [contest for contest, _ in drawn], [second for _, second in drawn]
    items = _shuffled(contests, is_second, "gold", rng, salt)
    right = {contest.prompt_id: float(second) for contest, second in drawn}
    return items, {item.name: right[item.contest.prompt_id] for item in items}


def _with_repeats(items: list[Item], prompts: Sequence[Item], rng: random.Random, salt: tuple[str, str]) -> list[Item]:
    """Show a tenth of the prompts of the first half again in the second, the other way round."""
    early = {item.name for item in items[: max(1, len(items) // 2 - APART)]}
    first = [item for item in prompts if item.name in early]
    for item in rng.sample(first, min(len(first), max(1, round(REPEAT_SHARE * len(prompts))))):
        again = Item(_name(salt, "repeat", item.contest.prompt_id), "repeat", item.contest, not item.swapped)
        items.insert(rng.randrange(len(items) // 2, len(items)) + 1, again)
    return items


def _shuffled(
    contests: Sequence[Contest], is_second: Sequence[bool], kind: Kind, rng: random.Random, salt: tuple[str, str]
) -> list[Item]:
    """Return cards in random order, one answer first on half of them: the candidate's, or the better of a known pair.

    So a rater who always takes the first answer gets half of the known pairs right, never seven of ten.
    """
    is_first = [place % 2 == 0 for place in range(len(contests))]
    rng.shuffle(is_first)
    items = [
        Item(_name(salt, kind, contest.prompt_id), kind, contest, swapped=first == second)
        for contest, first, second in zip(contests, is_first, is_second, strict=True)
    ]
    rng.shuffle(items)
    return items


def _name(salt: tuple[str, str], kind: Kind, prompt_id: str) -> str:
    return text_digest(*salt, kind, prompt_id)[:16]

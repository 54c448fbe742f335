"""What a review came to: each rater's quality first, then the win rate, and what people say about the automatic judge."""

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from evals.review.desk import FEWEST_GOLD, GOLD_FLOOR, Desk
from evals.stats.agreement import gwet_ac1
from evals.stats.interval import Interval, NotEnoughError, StatisticsError
from evals.stats.judges import JudgeErrors, rogan_gladen
from evals.stats.proportions import exact_interval
from evals.stats.winrate import win_rate
from reports.records.gates import Estimate
from reports.records.review import RaterResult, ReviewResult
from reports.rundir import RunDir

NOTHING: Final = Estimate(value=None, low=None, high=None, n=0)
EVEN: Final = 0.5
LEVEL: Final = 0.05
CATEGORIES: Final = 3
"""Better, worse, neither."""


def review_result(run: RunDir, planned: int | None = None) -> ReviewResult:
    """Return what all raters of a run said so far; those below the floor of known pairs are listed and not counted.

    Raises:
        DataError, MissingError: there is nothing to review yet.
    """
    names = dict.fromkeys(line.rater for line in run.ratings.read())
    desks = [Desk(run, name) if planned is None else Desk(run, name, planned) for name in names]
    raters = [_rater(desk) for desk in desks]
    counted = [desk for desk, rater in zip(desks, raters, strict=True) if rater.counted]
    by_prompt = preferences(counted)
    means = {prompt: statistics.fmean(values) for prompt, values in by_prompt.items()}
    judged = _judge(run)
    return ReviewResult(
        raters=tuple(raters),
        win_rate=win_rate(list(means.values())).estimate() if means else NOTHING,
        first_chosen=_first_chosen(counted),
        raters_agree=_raters_agree(by_prompt, len(counted)),
        judge_agrees=_judge_agrees(means, judged),
        corrected=_corrected(means, judged),
        notes=tuple(_notes(desks)),
    )


def preferences(desks: Sequence[Desk]) -> dict[str, list[float]]:
    """Return the preferences for the candidate by prompt; "both bad" is a tie."""
    found: dict[str, list[float]] = defaultdict(list)
    for desk in desks:
        for item, verdict in desk.judged():
            found[item.contest.prompt_id].append(item.preference(verdict))
    return dict(found)


def _rater(desk: Desk) -> RaterResult:
    right, known = desk.gold()
    verdicts = [line.verdict for line in desk.verdicts.values()]
    counted = not known or (right / known >= GOLD_FLOOR and not desk.is_stopped)
    prompts = [item for item in desk.deck.items if item.kind == "prompt"]
    return RaterResult(
        rater=desk.rater,
        judged=len(desk.judged()),
        planned=len(prompts),
        skipped=verdicts.count("skip"),
        both_bad=verdicts.count("both_bad"),
        gold=_share(right, known),
        repeats=_share(*_repeats(desk)),
        seconds=statistics.median(line.seconds for line in desk.verdicts.values()) if verdicts else 0.0,
        counted=counted,
        because=_because(right, known, counted),
    )


def _because(right: int, known: int, counted: bool) -> str:
    if not known:
        return "no known pair was rated, so nothing is known of this rater's care"
    told = f"{right} of {known} known pairs rated right ({GOLD_FLOOR:.0%} needed)"
    few = f"; fewer than {FEWEST_GOLD} say little" if known < FEWEST_GOLD else ""
    return f"{told}{few}" if counted else f"{told}: not counted"


def _repeats(desk: Desk) -> tuple[int, int]:
    first = {item.contest.prompt_id: item.preference(verdict) for item, verdict in desk.judged()}
    again = [(first[item.contest.prompt_id], item.preference(verdict)) for item, verdict in desk.judged("repeat")
             if item.contest.prompt_id in first]  # fmt: skip
    return sum(before == after for before, after in again), len(again)


def _first_chosen(desks: Sequence[Desk]) -> Estimate:
    clear = [verdict for desk in desks for _, verdict in desk.judged() if verdict in ("first", "second")]
    return _share(clear.count("first"), len(clear))


def _raters_agree(by_prompt: dict[str, list[float]], raters: int) -> Estimate:
    whole = [values for values in by_prompt.values() if len(values) == raters]
    if raters < 2 or not whole:
        return NOTHING
    return _estimate(lambda: gwet_ac1(whole, LEVEL, CATEGORIES))


def _judge(run: RunDir) -> dict[str, float]:
    """Return the automatic judge's preference by prompt, orders averaged."""
    found: dict[str, list[float]] = defaultdict(list)
    for line in run.judgements.read():
        if line.preference is not None:
            found[line.prompt_id].append(line.preference)
    return {prompt: statistics.fmean(values) for prompt, values in found.items()}


def _judge_agrees(people: dict[str, float], judged: dict[str, float]) -> Estimate:
    both = _clear(people, judged)
    return _share(sum(ours == theirs for ours, theirs in both), len(both))


def _corrected(people: dict[str, float], judged: dict[str, float]) -> Estimate:
    """Return the judge's win rate corrected by what people say on the prompts they saw: the judge against known answers."""
    both = _clear(people, judged)
    wins, losses = [theirs for ours, theirs in both if ours], [theirs for ours, theirs in both if not ours]
    if not wins or not losses:
        return NOTHING
    errors = JudgeErrors(sum(wins), len(wins), len(losses) - sum(losses), len(losses))
    decided = [value > EVEN for value in judged.values() if value != EVEN]
    return _estimate(lambda: rogan_gladen(sum(decided), len(decided), errors, LEVEL))


def _clear(people: dict[str, float], judged: dict[str, float]) -> list[tuple[bool, bool]]:
    """Return, for each prompt on which both pick a side, whether people and the judge pick the candidate."""
    return [
        (value > EVEN, judged[prompt] > EVEN)
        for prompt, value in people.items()
        if value != EVEN and judged.get(prompt, EVEN) != EVEN
    ]


def _share(hits: int, total: int) -> Estimate:
    return exact_interval(hits, total, LEVEL).estimate() if total else NOTHING


def _estimate(compute: Callable[[], Interval]) -> Estimate:
    try:
        return compute().estimate()
    except (NotEnoughError, StatisticsError):
        return NOTHING


def _notes(desks: Sequence[Desk]) -> Iterator[str]:
    for desk in desks:
        if not desk.is_complete:
            yield f"{desk.rater} has {desk.left} of {len(desk.deck.items)} cards to go, and should not see this before."
    if desks and desks[0].deck.equal:
        yield f"{desks[0].deck.equal} prompts with equal answers were not shown; they would be ties."

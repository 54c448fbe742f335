"""What is known about each rater: gold accuracy, agreement with the others, and drift."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence

from evals.pairs.two_rates import Rate, chances_of_lead
from evals.pairs.votes import Vote
from evals.stats.multiple import holm
from evals.stats.proportions import exact_interval, lower_limit
from reports.records.gates import Estimate
from reports.records.pairs import RaterRow


def gold_accuracy(votes: Sequence[Vote], gold: Mapping[str, str]) -> dict[str, Estimate]:
    """Return each rater's share of right gold items, `low` being the exact one-sided 95 % limit."""
    rated = [vote for vote in votes if vote.item in gold]
    shown = Counter(vote.rater for vote in rated)
    right = Counter(vote.rater for vote in rated if vote.choice == gold[vote.item])
    return {
        rater: Estimate(value=right[rater] / n, low=lower_limit(right[rater], n), high=1.0, n=n) for rater, n in shown.items()
    }


def left_out(raters: Collection[str], accuracy: Mapping[str, Estimate], floor: float) -> dict[str, str]:
    """Return the raters whose gold accuracy is not shown to reach `floor`, each with the reason."""
    reasons = {}
    for rater in raters:
        found = accuracy.get(rater)
        if found is None:
            reasons[rater] = "rated no gold item"
        elif found.low is not None and found.low < floor:
            reasons[rater] = f"gold accuracy {found.value:.0%} of {found.n}: its lower limit {found.low:.0%} is below {floor:.0%}"
    return reasons


def rater_table(votes: Sequence[Vote], accuracy: Mapping[str, Estimate], out: Mapping[str, str]) -> tuple[RaterRow, ...]:
    """Return a row a rater, by name."""
    agreed = _agreed(votes)
    halves = {rater: (hits[: len(hits) // 2], hits[len(hits) // 2 :]) for rater, hits in agreed.items() if len(hits) > 1}
    drifts = dict(zip(halves, _drift_p(list(halves.values())), strict=True))
    count = Counter(vote.rater for vote in votes)
    nothing: tuple[list[bool], list[bool]] = ([], [])
    return tuple(
        RaterRow(
            rater=rater,
            votes=count[rater],
            left_out=out.get(rater, ""),
            gold=accuracy.get(rater),
            agreement=_share(agreed.get(rater, [])),
            first_half=_share(halves.get(rater, nothing)[0]),
            second_half=_share(halves.get(rater, nothing)[1]),
            drift_p=drifts.get(rater),
        )
        for rater in sorted(count)
    )


def _agreed(votes: Sequence[Vote]) -> dict[str, list[bool]]:
    """Return for each rater, in order of time, whether the vote is the single most frequent one of the others."""
    items: dict[str, Counter[str]] = defaultdict(Counter)
    for vote in votes:
        items[vote.item][vote.choice] += 1
    agreed: dict[str, list[bool]] = defaultdict(list)
    for vote in sorted(votes, key=lambda vote: vote.time):
        others = (items[vote.item] - Counter([vote.choice])).most_common(2)
        if others and (len(others) == 1 or others[0][1] > others[1][1]):
            agreed[vote.rater].append(others[0][0] == vote.choice)
    return agreed


def _drift_p(halves: Sequence[tuple[list[bool], list[bool]]]) -> list[float]:
    if not halves:
        return []
    rates = [(Rate(sum(first), len(first)), Rate(sum(second), len(second))) for first, second in halves]
    rose = chances_of_lead([second for _, second in rates], [first for first, _ in rates])
    fell = chances_of_lead([first for first, _ in rates], [second for _, second in rates])
    return list(holm([min(1.0, 2 * min(chances)) for chances in zip(rose, fell, strict=True)]))


def _share(hits: Sequence[bool]) -> Estimate | None:
    return exact_interval(sum(hits), len(hits)).estimate() if hits else None

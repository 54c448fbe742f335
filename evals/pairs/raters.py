"""Preference pairs from raters' votes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from evals.pairs.cells import stored_answer, stored_prompt
from evals.pairs.krippendorff import krippendorff_alpha
from evals.pairs.rater_checks import gold_accuracy, left_out, rater_table
from evals.pairs.votes import Item, Vote, Votes
from evals.stats.interval import NotEnoughError
from evals.stats.proportions import exact_interval
from reports.records.gates import Estimate
from reports.records.pairs import RaterRow, RefusedItem, VotedPair


class VotedPairs(NamedTuple):
    """Every item that is no gold item, accepted or refused, and what is known about the raters."""

    accepted: list[VotedPair]
    refused: list[RefusedItem]
    raters: tuple[RaterRow, ...]
    alpha: Estimate | None
    alpha_because: str


class Limits(NamedTuple):
    """What an item and a rater must reach."""

    agreement: float = 0.6
    """Share of the votes of an item that the winner needs; more than half in any case."""
    votes: int = 2
    """Fewest votes of an item."""
    floor: float = 0.5
    """What the exact lower limit of a rater's gold accuracy must reach."""


def voted_pairs(read: Votes, gold: Mapping[str, str] | None = None, limits: Limits | None = None) -> VotedPairs:
    """Return a pair for each item on which enough votes agree; ties and `both_bad` are votes for no answer.

    With `gold`, raters who are not shown to be good enough do not count. Gold items check raters and give no pairs.
    """
    limits = limits or Limits()
    accuracy = gold_accuracy(read.votes, gold or {})
    raters = {vote.rater for vote in read.votes}
    out = left_out(raters, accuracy, limits.floor) if gold else {}
    by_item: dict[str, list[Vote]] = {name: [] for name in read.items if name not in (gold or {})}
    for vote in read.votes:
        if vote.item in by_item and vote.rater not in out:
            by_item[vote.item].append(vote)
    alpha, because = _alpha(list(by_item.values()))
    found = VotedPairs([], [], rater_table(read.votes, accuracy, out), alpha, because)
    for name, votes in by_item.items():
        decided = _decide(name, read.items[name], votes, limits)
        if isinstance(decided, VotedPair):
            found.accepted.append(decided)
        else:
            found.refused.append(decided)
    return found


def _alpha(items: Sequence[Sequence[Vote]]) -> tuple[Estimate | None, str]:
    try:
        found = krippendorff_alpha([[vote.choice for vote in votes] for votes in items])
    except NotEnoughError as error:
        return None, str(error)
    return found.estimate(), f"{found.method}, {found.n} items with two votes or more, {1 - found.level:.0%} interval"


def _decide(name: str, item: Item, votes: Sequence[Vote], limits: Limits) -> VotedPair | RefusedItem:
    count = Counter(vote.choice for vote in votes)
    winner, most = max((("a", count["a"]), ("b", count["b"])), key=lambda side: side[1])
    reason = _reason(count, most, limits)
    if reason:
        return RefusedItem(item=name, prompt=stored_prompt(item.prompt), reason=reason, votes=dict(count))
    better, worse = (item.a, item.b) if winner == "a" else (item.b, item.a)
    return VotedPair(
        prompt=stored_prompt(item.prompt),
        chosen=stored_answer(item.prompt, better),
        rejected=stored_answer(item.prompt, worse),
        source=f"raters, item {name}",
        raters=tuple(sorted(vote.rater for vote in votes)),
        margin=exact_interval(most, len(votes)).estimate(),
        chosen_votes=most,
        rejected_votes=count["a"] + count["b"] - most,
    )


def _reason(count: Counter[str], most: int, limits: Limits) -> str:
    total = count.total()
    if total < limits.votes:
        return f"{total} votes that count, and {limits.votes} are asked for"
    for choice, title in (("tie", "a tie"), ("both_bad", "both bad")):
        if 2 * count[choice] > total:
            return f"most raters call it {title}"
    if 2 * most <= total:
        return "no answer has more than half of the votes"
    if most < limits.agreement * total - 1e-9:
        return f"{most} of {total} votes agree, and {limits.agreement:.0%} are asked for"
    return ""

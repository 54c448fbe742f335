"""From a judge's comparisons of several answers to the pairs that are clear enough."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from evals.pairs.prompts import PromptRow, readable
from evals.pairs.samples import Sampled
from reports.records.pairs import RefusedSamples, SampledPair

EXCERPT = 80


class Candidate(NamedTuple):
    """One usable answer."""

    place: int
    """Among all answers to the prompt, from 0."""
    text: str


class Group(NamedTuple):
    """The usable answers to one prompt, all different, at least two."""

    asked: PromptRow
    answers: tuple[Candidate, ...]


class Compared(NamedTuple):
    """What a judge says of one group."""

    leads: Mapping[tuple[int, int], float]
    """By two positions in the group, the first being smaller: how much the first is preferred, -1 to 1; 0: a tie."""
    error: str = ""
    """Why a comparison is missing; empty: none is."""


class Winner(NamedTuple):
    """A clear comparison."""

    chosen: Candidate
    rejected: Candidate
    margin: float


def group_answers(sampled: Sampled) -> Group | RefusedSamples:
    """Return the answers that a pair can be made of: ended by the model, not blank, each text once."""
    asked, answers = sampled.asked, sampled.answers
    if sampled.error and not answers:
        return refuse(asked, sampled.error, 0)
    usable: dict[str, Candidate] = {}
    for place, answer in enumerate(answers):
        if answer.finish == "stop" and answer.text.strip():
            usable.setdefault(answer.text.strip(), Candidate(place, answer.text))
    if len(usable) >= 2:
        return Group(asked, tuple(usable.values()))
    cut = sum(answer.finish == "length" for answer in answers)
    blank = sum(answer.finish == "stop" and not answer.text.strip() for answer in answers)
    left = [f"{cut} cut at the token limit (--max-new-tokens)"] * bool(cut) + [f"{blank} empty"] * bool(blank)
    if usable and not left:
        return refuse(asked, f"all {len(answers)} answers are identical", 1)
    return refuse(asked, f"fewer than two different answers are usable: of {len(answers)}, {', '.join(left)}", len(usable))


def rank(group: Group, compared: Compared, min_margin: float, every: bool = False) -> list[Winner] | RefusedSamples:
    """Return best against worst, or `every` comparison whose margin reaches `min_margin`; else the reason why there is none.

    Best and worst have the highest and lowest mean lead over the others. They must be told apart directly, too: a judge that
    contradicts itself gives no pair.
    """
    if not compared.leads:
        return refuse(group.asked, f"not judged: {compared.error or 'no comparison was made'}", len(group.answers))
    if every:
        wanted = sorted(compared.leads)
        winners = [_winner(group, compared, pair) for pair in wanted]
        clear = [winner for winner in winners if winner.margin >= min_margin and winner.margin > 0]
        return clear or _unclear(group, max(winner.margin for winner in winners), min_margin)
    means = mean_leads(compared.leads)
    best = max(means, key=lambda place: (means[place], -place))
    worst = min((place for place in means if place != best), key=lambda place: (means[place], place))
    pair = (min(best, worst), max(best, worst))
    if pair not in compared.leads:
        return refuse(group.asked, f"best and worst were not compared: {compared.error}", len(group.answers))
    winner = _winner(group, compared, pair)
    if winner.margin > 0 and winner.chosen is not group.answers[best]:
        reason = "the judge contradicts itself: it prefers the answer that loses to the others on the whole"
        return refuse(group.asked, reason, len(group.answers))
    return [winner] if winner.margin >= min_margin and winner.margin > 0 else _unclear(group, winner.margin, min_margin)


def mean_leads(leads: Mapping[tuple[int, int], float]) -> dict[int, float]:
    """Return each answer's mean lead over those it was compared with (Borda's count, for comparisons that may be missing)."""
    found: dict[int, list[float]] = {}
    for (first, second), lead in leads.items():
        found.setdefault(first, []).append(lead)
        found.setdefault(second, []).append(-lead)
    return {place: sum(values) / len(values) for place, values in found.items()}


def pairs_to_compare(group: Group) -> list[tuple[int, int]]:
    """Return all two positions of a group."""
    return list(combinations(range(len(group.answers)), 2))


def as_pairs(
    groups: Sequence[Group], results: Sequence[list[Winner] | RefusedSamples], model: str, rater: str
) -> list[SampledPair]:
    """Return the rows to be written."""
    return [
        SampledPair(
            prompt=group.asked.stored,
            chosen=group.asked.answer(winner.chosen.text),
            rejected=group.asked.answer(winner.rejected.text),
            source=f"samples of {model}, {group.asked.source} row {group.asked.row}",
            synthetic=True,
            margin=round(winner.margin, 6),
            rater=rater,
            samples=(winner.chosen.place, winner.rejected.place),
        )
        for group, result in zip(groups, results, strict=True)
        if isinstance(result, list)
        for winner in result
    ]


def refuse(asked: PromptRow, reason: str, answers: int) -> RefusedSamples:
    """Return the row for a prompt without a pair."""
    seen = " ".join(readable(asked.prompt).split())
    prompt = seen if len(seen) <= EXCERPT else f"{seen[: EXCERPT - 1]}…"
    return RefusedSamples(source=asked.source, row=asked.row, reason=reason, prompt=prompt, answers=answers)


def _winner(group: Group, compared: Compared, pair: tuple[int, int]) -> Winner:
    lead = compared.leads[pair]
    better, worse = pair if lead >= 0 else pair[::-1]
    return Winner(group.answers[better], group.answers[worse], abs(lead))


def _unclear(group: Group, margin: float, min_margin: float) -> RefusedSamples:
    reason = "a tie" if margin == 0 else f"too close: the margin is {margin:.3f}, and {min_margin:g} is asked for (--min-margin)"
    return refuse(group.asked, reason, len(group.answers))

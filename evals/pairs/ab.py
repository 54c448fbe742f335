"""Preference pairs from A/B results, with a limit on how many point the wrong way."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Final, NamedTuple

from evals.pairs.ab_rows import Results
from evals.pairs.cells import PromptKey, stored_answer, stored_prompt
from evals.pairs.two_rates import Rate, chances_of_lead, impressions_needed, lift
from evals.stats.interval import check_level
from reports.errors import UsageError
from reports.records.gates import Estimate
from reports.records.pairs import ClickPair, RefusedClickPair

SOURCE: Final = "a/b test"


class ClickPairs(NamedTuple):
    """Every comparison, accepted or refused."""

    accepted: list[ClickPair]
    refused: list[RefusedClickPair]
    threshold: float
    """Largest adjusted p-value that was accepted."""


class _Comparison(NamedTuple):
    """Two answers to one prompt; `first` has the higher rate, or one of two equal ones."""

    prompt: PromptKey
    first: str
    second: str
    rates: tuple[Rate, Rate]
    margin: Estimate
    is_large: bool
    """The lift reaches the minimum."""
    p: float
    p_adjusted: float = 1.0
    rivals: int = 1
    """Comparisons of this prompt."""


def click_pairs(results: Results, min_lift: float = 0.1, level: float = 0.05) -> ClickPairs:
    """Return a pair for each comparison that an exact test decides and whose lift is at least `min_lift` (0.1: a tenth more).

    Of the prompts with accepted pairs, the share that holds a pair in the wrong direction, or between equally good answers, is
    at most `level` on average. Both directions of every comparison are hypotheses of their own; Holm adjusts them within a
    prompt, and Benjamini and Hochberg's step chooses prompts and lowers the level for the chosen ones. A lift below the minimum
    counts as no evidence before choosing, since dropping decided pairs afterwards would void the limit.
    Sources: Holm, Scandinavian Journal of Statistics 6 (1979); Benjamini and Bogomolov, JRSS B 76 (2014).

    Raises:
        UsageError: `min_lift` is negative or `level` is not between 0 and 1.
    """
    if min_lift < 0:
        raise UsageError(f"minimum lift {min_lift}: it must be 0 or more, for example 0.1 for a tenth more clicks.")
    check_level(level)
    prompts = _adjusted(_compare(results.prompts, min_lift))
    threshold = _threshold([min(found.p_adjusted for found in group) for group in prompts], level)
    found = ClickPairs([], [], threshold)
    for comparison in (comparison for group in prompts for comparison in group):
        source = f"{SOURCE} {results.sources[comparison.prompt]}"
        if comparison.p_adjusted <= threshold:
            found.accepted.append(_accept(comparison, source))
        else:
            found.refused.append(_refuse(comparison, source, min_lift, threshold))
    return found


def _compare(prompts: Mapping[PromptKey, Mapping[str, Rate]], min_lift: float) -> list[list[_Comparison]]:
    ordered = [
        (prompt, sorted(two, key=lambda item: -item[1].value), len(answers) * (len(answers) - 1) // 2)
        for prompt, answers in prompts.items()
        for two in combinations(answers.items(), 2)
    ]
    chances = chances_of_lead([two[0][1] for _, two, _ in ordered], [two[1][1] for _, two, _ in ordered])
    groups: dict[PromptKey, list[_Comparison]] = {prompt: [] for prompt in prompts}
    for (prompt, ((first, better), (second, worse)), rivals), chance in zip(ordered, chances, strict=True):
        margin = lift(better, worse)
        is_large = margin.value is None or margin.value >= min_lift
        p = min(1.0, 2 * chance)
        groups[prompt].append(_Comparison(prompt, first, second, (better, worse), margin, is_large, p, rivals=rivals))
    return list(groups.values())


def _adjusted(groups: Sequence[Sequence[_Comparison]]) -> list[list[_Comparison]]:
    found = []
    for group in groups:
        adjusted = directions_adjusted([comparison.p / 2 if comparison.is_large else 1.0 for comparison in group])
        found.append([comparison._replace(p_adjusted=p) for comparison, p in zip(group, adjusted, strict=True)])
    return found


def directions_adjusted(leads: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p-values of one-sided tests, each of whose opposite directions is one more test without evidence.

    Written out here because `evals.stats.multiple.holm` takes 30 ms a call, which is an hour for a hundred thousand prompts.
    """
    adjusted, largest = [1.0] * len(leads), 0.0
    for step, place in enumerate(sorted(range(len(leads)), key=leads.__getitem__)):
        largest = max(largest, min(1.0, (2 * len(leads) - step) * leads[place]))
        adjusted[place] = largest
    return adjusted


def _threshold(smallest: Sequence[float], level: float) -> float:
    """Return the level that is left for each chosen prompt; where none is chosen, that of the first one to be."""
    from statsmodels.stats.multitest import multipletests

    if not smallest:
        return level
    chosen = int(multipletests(smallest, alpha=level, method="fdr_bh")[0].sum())
    return level * max(chosen, 1) / len(smallest)


def _accept(found: _Comparison, source: str) -> ClickPair:
    better, worse = found.rates
    return ClickPair(
        prompt=stored_prompt(found.prompt),
        chosen=stored_answer(found.prompt, found.first),
        rejected=stored_answer(found.prompt, found.second),
        source=source,
        margin=found.margin,
        p=found.p,
        p_adjusted=found.p_adjusted,
        clicks=(better.clicks, worse.clicks),
        impressions=(better.impressions, worse.impressions),
    )


def _refuse(found: _Comparison, source: str, min_lift: float, threshold: float) -> RefusedClickPair:
    better, worse = found.rates
    needed = impressions_needed(better.value, worse.value, threshold / (2 * found.rivals))
    return RefusedClickPair(
        prompt=stored_prompt(found.prompt),
        first=found.first,
        second=found.second,
        source=source,
        reason=_reason(found, min_lift, threshold, needed),
        margin=found.margin,
        p=found.p,
        p_adjusted=found.p_adjusted,
        needed=needed,
        is_large=found.is_large,
        clicks=(better.clicks, worse.clicks),
        impressions=(better.impressions, worse.impressions),
    )


def _reason(found: _Comparison, min_lift: float, threshold: float, needed: int | None) -> str:
    if needed is None:
        return "the click rates are equal"
    if not found.is_large:
        return f"too small: the lift is {found.margin.value:.1%}, and {min_lift:.1%} are asked for"
    return (
        f"noise: adjusted p = {found.p_adjusted:.2g}, above {threshold:.2g}; "
        f"about {needed:,} impressions of each answer would decide at these rates"
    )

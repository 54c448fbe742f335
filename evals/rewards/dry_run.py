"""Trying rewards on answers sampled before training: is there something to learn, and is it the right thing."""

from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Final

from evals.probing.sampling import Drawn, Ids
from evals.rewards.bad_answers import BAD, Good, other_answers
from evals.rewards.correlation import rank_correlation
from evals.rewards.groups import EQUAL, Group, ScoredGroup, Scores, score, score_groups
from evals.rewards.library import Reward
from evals.rewards.limits import Limits
from evals.rewards.ruling import (
    rule_agreement,
    rule_bad_answer,
    rule_canned,
    rule_length,
    rule_pass_rate,
    rule_references,
    rule_unscored,
    rule_zero_spread,
    words,
)
from evals.stats.bounded import bounded_mean
from evals.stats.interval import NotEnoughError
from evals.stats.means import mean_interval
from evals.stats.proportions import exact_interval
from reports.records.data import Check
from reports.records.gates import Estimate
from reports.records.rewards import BadAnswer, ComponentMean, RewardCheck, RewardMean, SplitMean

LEVEL: Final = 0.10
NOTHING: Final = Estimate(value=None, low=None, high=None, n=0)
Encode = Callable[[str], Ids]
Ruled = tuple[Estimate, Check]


def dry_run(
    groups: Sequence[Group],
    rewards: Sequence[Reward],
    evaluation: Sequence[Reward] = (),
    limits: Limits | None = None,
    encode: Encode | None = None,
) -> RewardCheck:
    """Judge the rewards by what they give to sampled answers, and to answers that are known to be bad.

    Pure: the same groups and rewards give the same record, where the rewards themselves are deterministic.

    Args:
        groups: sampled answers by prompt, of training and of held-out prompts.
        rewards: what training would learn from.
        evaluation: a separate reward to compare with, which training does not see.
        limits: what must be kept; None: the defaults.
        encode: text to tokens, for rewards that count them; None: made-up answers have no tokens.

    Raises:
        UsageError: a reward fails, or needs a column that the data do not have.
    """
    bounds = limits or Limits()
    scored = score_groups(rewards, groups)
    rate, solved, passing = _passing(scored, bounds)
    zero, spread = _zero_spread(scored, bounds)
    agreement, agrees = _agreement(scored, evaluation, bounds)
    length, by_length = _length(scored, bounds)
    goods = _goods(scored)
    bad = [_lose(name, goods, [make(good) for good in goods], rewards, encode) for name, make in BAD.items()]
    canned = _lose("another prompt's answer", goods, other_answers(goods), rewards, encode)
    checks = [passing, spread, agrees, by_length, _unscored(scored, bounds), _references(scored, rewards, encode, bounds)]
    checks += [*(rule_bad_answer(one, bounds) for one in bad), rule_canned(canned, bounds)]
    return RewardCheck(
        checks=tuple(checks),
        pass_rate=rate,
        solved=solved,
        zero_spread=zero,
        agreement=agreement,
        length_correlation=length,
        rewards=tuple(_reward_mean(place, reward, scored) for place, reward in enumerate(rewards)),
        components=_component_means(rewards, scored),
        splits=_split_means(scored),
        bad_answers=(*bad, canned),
        prompts=len(scored),
        samples=max((len(one.group.answers) for one in scored), default=0),
    )


def _passing(scored: Sequence[ScoredGroup], limits: Limits) -> tuple[Estimate, Estimate, Check]:
    known = [(one.group.asked.key, [value for value in one.scores.accuracy if value is not None]) for one in scored]
    known = [(key, values) for key, values in known if values]
    why = ""
    if not known:
        why = "no accuracy reward scored an answer, so none can be said to pass"
    elif any(not 0 <= value <= 1 for _, values in known for value in values):
        why = "accuracy scores lie outside 0 to 1, so no score can be called a pass"
    if why:
        return NOTHING, NOTHING, rule_pass_rate(NOTHING, why, limits)
    passes = [[float(value >= limits.pass_at) for value in values] for _, values in known]
    flat, keys = [one for row in passes for one in row], [key for key, values in known for _ in values]
    rate = bounded_mean(flat, keys, LEVEL).estimate()
    solved = exact_interval(sum(max(row) > 0 for row in passes), len(passes), LEVEL).estimate()
    because = (
        f"{rate.value or 0:.0%} of {len(flat):,} answers to {len(known):,} prompts get {limits.pass_at:g} or more "
        f"({words(rate)}); {solved.value or 0:.0%} of prompts are solved at least once"
    )
    return rate, solved, rule_pass_rate(rate, because, limits)


def _zero_spread(scored: Sequence[ScoredGroup], limits: Limits) -> Ruled:
    several = [one for one in scored if len(one.group.answers) > 1]
    if not several:
        return NOTHING, rule_zero_spread(NOTHING, "no prompt has two answers to compare", limits)
    flat = sum(not one.has_spread for one in several)
    share = exact_interval(flat, len(several), LEVEL).estimate()
    because = f"all answers to {flat:,} of {len(several):,} prompts get the same reward ({words(share)})"
    return share, rule_zero_spread(share, because, limits)


def _agreement(scored: Sequence[ScoredGroup], evaluation: Sequence[Reward], limits: Limits) -> Ruled:
    if not evaluation:
        return NOTHING, rule_agreement(NOTHING, "no separate evaluation reward was given", limits)
    other = score_groups(evaluation, [one.group for one in scored])
    pairs = [
        (trained, measured, one.group.asked.key)
        for one, beside in zip(scored, other, strict=True)
        for trained, measured in zip(one.scores.totals, beside.scores.totals, strict=True)
        if trained is not None and measured is not None
    ]
    first, second, keys = ([pair[place] for pair in pairs] for place in range(3))
    found, because = _correlate(first, second, keys, within=False)  # type: ignore[arg-type]
    return found, rule_agreement(found, because or f"Spearman {found.value or 0:.2f} ({words(found, percent=False)})", limits)


def _length(scored: Sequence[ScoredGroup], limits: Limits) -> Ruled:
    rows = [
        (value, float(len(answer.text)), one.group.asked.key)
        for one in scored
        for value, answer in zip(one.scores.learned, one.group.answers, strict=True)
    ]
    first, second, keys = ([row[place] for row in rows] for place in range(3))
    found, because = _correlate(first, second, keys, within=True)  # type: ignore[arg-type]
    said = f"among answers to the same prompt, Spearman {found.value or 0:.2f} with length ({words(found, percent=False)})"
    return found, rule_length(found, because or said, limits)


def _correlate(first: list[float], second: list[float], keys: list[str], within: bool) -> tuple[Estimate, str]:
    try:
        return rank_correlation(first, second, keys, LEVEL, within).estimate(), ""
    except NotEnoughError as error:
        return NOTHING, str(error)


def _unscored(scored: Sequence[ScoredGroup], limits: Limits) -> Check:
    totals = [value for one in scored for value in one.scores.totals]
    missing = sum(value is None for value in totals)
    because = f"{missing:,} of {len(totals):,} sampled answers have no reward that says whether they are good"
    return rule_unscored(missing, len(totals), because if totals else "no answer was sampled", limits)


def _references(scored: Sequence[ScoredGroup], rewards: Sequence[Reward], encode: Encode | None, limits: Limits) -> Check:
    goods = [Good(one.group.asked, one.group.asked.reference) for one in scored if one.group.asked.reference]
    values = [value for value in _score(rewards, goods, [good.answer for good in goods], encode).accuracy if value is not None]
    if not values or any(not 0 <= value <= 1 for value in values):
        return rule_references(None, "the data hold no good answers with an accuracy score from 0 to 1", limits)
    passed = sum(value >= limits.pass_at for value in values)
    share = exact_interval(passed, len(values), LEVEL).estimate()
    because = f"{passed:,} of {len(values):,} answers that the data call good pass ({words(share)})"
    return rule_references(share.value, because, limits)


def _goods(scored: Sequence[ScoredGroup]) -> list[Good]:
    """Return a good answer for each prompt: that of the data, else the best-scored one where rewards tell any apart."""
    found = []
    for one in scored:
        if one.group.asked.reference:
            found.append(Good(one.group.asked, one.group.asked.reference))
        elif one.has_spread:
            best = max(range(len(one.group.answers)), key=one.scores.learned.__getitem__)
            found.append(Good(one.group.asked, one.group.answers[best].text))
    return found


def _lose(
    name: str, goods: Sequence[Good], bad: Sequence[str | None], rewards: Sequence[Reward], encode: Encode | None
) -> BadAnswer:
    """Count the prompts on which a bad answer gets less; where the good one has no reward, nothing can be compared."""
    tried = [(good, text) for good, text in zip(goods, bad, strict=True) if text is not None]
    kept = [good for good, _ in tried]
    best = _score(rewards, kept, [good.answer for good in kept], encode)
    worst = _score(rewards, kept, [text for _, text in tried], encode)
    pairs = [(high, low) for high, low, known in zip(best.learned, worst.learned, best.totals, strict=True) if known is not None]
    if not pairs:
        return BadAnswer(name=name, loses=NOTHING, mean=None, good_mean=None)
    lost = sum(low < high - EQUAL for high, low in pairs)
    return BadAnswer(
        name=name,
        loses=exact_interval(lost, len(pairs), LEVEL).estimate(),
        mean=fmean(low for _, low in pairs),
        good_mean=fmean(high for high, _ in pairs),
    )


def _score(rewards: Sequence[Reward], goods: Sequence[Good], texts: Sequence[str], encode: Encode | None) -> Scores:
    drawn = [Drawn(text, encode(text) if encode else (), "stop") for text in texts]
    return score(rewards, [good.asked for good in goods], drawn)


def _reward_mean(place: int, reward: Reward, scored: Sequence[ScoredGroup]) -> RewardMean:
    rows = [(value, one.group.asked.key) for one in scored for value in one.scores.by_reward[place]]
    known = [(value, key) for value, key in rows if value is not None]
    return RewardMean(
        name=reward.name,
        component=reward.component,
        weight=reward.weight,
        estimate=_mean([value for value, _ in known], [key for _, key in known]),
        because=f"{len(known):,} of {len(rows):,} answers got a score",
    )


def _component_means(rewards: Sequence[Reward], scored: Sequence[ScoredGroup]) -> tuple[ComponentMean, ...]:
    found = []
    for component in dict.fromkeys(reward.component for reward in rewards):
        places = [place for place, reward in enumerate(rewards) if reward.component == component]
        sums: list[float] = []
        keys: list[str] = []
        for one in scored:
            for row in zip(*(one.scores.by_reward[place] for place in places), strict=True):
                known = [rewards[place].weight * value for place, value in zip(places, row, strict=True) if value is not None]
                if known:
                    sums.append(sum(known))
                    keys.append(one.group.asked.key)
        found.append(ComponentMean(component=component, estimate=_mean(sums, keys)))
    return tuple(found)


def _split_means(scored: Sequence[ScoredGroup]) -> tuple[SplitMean, ...]:
    found = []
    for split in dict.fromkeys(one.group.split for one in scored):
        inside = [one for one in scored if one.group.split == split]
        rows = [(value, one.group.asked.key) for one in inside for value in one.scores.totals if value is not None]
        estimate = _mean([value for value, _ in rows], [key for _, key in rows])
        found.append(SplitMean(split=split, prompts=len(inside), estimate=estimate))
    return tuple(found)


def _mean(values: Sequence[float], keys: Sequence[str]) -> Estimate:
    if not values:
        return NOTHING
    try:
        return mean_interval(values, keys, LEVEL).estimate()
    except NotEnoughError:
        return Estimate(value=fmean(values), low=None, high=None, n=len(values))

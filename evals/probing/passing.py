"""How often sampled answers pass, and whether a reward tells answers to one prompt apart."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from evals.probing.checkers import Checker
from evals.probing.findings import clustered_share, counted, missing, share
from evals.probing.rows import Asked
from evals.probing.sampling import Answered, Drawn
from evals.rewards.calling import Rewards
from reports.records.gates import Estimate
from reports.records.probe import Finding

PASSED: Final = ("base_pass_rate", "Sampled answers that pass")
SOLVED: Final = ("solved_prompts", "Prompts with at least one passing answer")
SPREAD: Final = ("reward_spread", "Prompts whose answers differ in reward")
SCORABLE: Final = ("prompts_with_reward", "Prompts whose answers can be scored")
REFERENCES: Final = ("reference_pass_rate", "Good answers of the data that pass")
DOUBTFUL: Final = 0.5
"""Share of the data's good answers; a checker that passes fewer asks for another look."""
NO_CHECKER: Final = "no program that decides whether an answer is right was given (--reward, --regex or --exact)"


class Scored(NamedTuple):
    """One prompt with the rewards of its answers; None: the checker does not apply to it."""

    key: str
    rewards: Rewards


def score_samples(checker: Checker, asked: Sequence[Asked], answered: Answered) -> list[Scored]:
    """Let the checker score all answers in one call; prompts that could not be answered are left out."""
    given = [(one, answers) for one, answers in zip(asked, answered.answers, strict=True) if answers]
    flat = [(one, answer) for one, answers in given for answer in answers]
    rewards = iter(checker([one for one, _ in flat], [answer for _, answer in flat]) if flat else ())
    return [Scored(one.key, [next(rewards) for _ in answers]) for one, answers in given]


def score_references(checker: Checker, asked: Sequence[Asked]) -> list[Scored]:
    """Let the checker score the data's own good answers: a checker that fails those does not measure the goal."""
    known = [one for one in asked if one.reference]
    rewards = checker(known, [Drawn(one.reference, (), "stop") for one in known]) if known else []
    return [Scored(one.key, [reward]) for one, reward in zip(known, rewards, strict=True)]


def pass_findings(scored: Sequence[Scored], pass_at: float, how: str) -> list[Finding]:
    """Return pass rate, solved prompts and reward spread; `how` says how the answers were drawn and scored.

    The limits of the pass rate are by prompt, since answers to one prompt are alike; the other two count prompts, with exact
    limits. A prompt counts towards the spread if two of its answers or more were scored.
    """
    known = [(one.key, _known(one)) for one in scored if _known(one)]
    if not known:
        return [missing(*name, "share", f"no answer got a reward; {how}") for name in (PASSED, SOLVED, SPREAD)]
    values = [float(reward >= pass_at) for _, rewards in known for reward in rewards]
    keys = [key for key, rewards in known for _ in rewards]
    passed = f"{sum(values):,.0f} of {len(values):,} answers to {len(known):,} prompts pass; {how}"
    solved = sum(max(rewards) >= pass_at for _, rewards in known)
    several = [rewards for _, rewards in known if len(rewards) > 1]
    differ = sum(min(rewards) < max(rewards) for rewards in several)
    spread = f"{differ:,} of {len(several):,} prompts with two scored answers or more; {how}"
    return [
        clustered_share(*PASSED, values, keys, passed),
        share(*SOLVED, solved, len(known), f"{solved:,} of {len(known):,} prompts; {how}"),
        share(*SPREAD, differ, len(several), spread),
    ]


def no_pass_findings() -> list[Finding]:
    """Return what cannot be measured without a checker."""
    return [missing(*name, "share", NO_CHECKER) for name in (PASSED, SOLVED, SPREAD)]


def scorable_finding(scored: Sequence[Scored], prompts: int) -> Finding:
    """Return how many of all `prompts` have a reward, from those that were tried."""
    applies, tried = sum(bool(_known(one)) for one in scored), len(scored)
    because = f"the checker scored answers to {applies:,} of the {tried:,} prompts it was tried on, of {prompts:,} in the data"
    if not tried:
        return missing(*SCORABLE, "prompts", "no prompt could be answered")
    if applies == tried:
        return counted(*SCORABLE, "prompts", prompts, tried, because)
    limits = share(*SCORABLE, applies, tried, because).estimate
    value, low, high = (round(prompts * (end or 0.0)) for end in (limits.value, limits.low, limits.high))
    name, title = SCORABLE
    estimate = Estimate(value=value, low=low, high=high, n=tried)
    return Finding(name=name, title=title, unit="prompts", estimate=estimate, because=because)


def reference_finding(scored: Sequence[Scored], pass_at: float) -> Finding:
    """Return the share of good answers that pass: where it is low, the checker does not measure what the data show."""
    known = [reward for one in scored for reward in _known(one)]
    passed = sum(reward >= pass_at for reward in known)
    because = f"{passed:,} of {len(known):,} answers that the data call good" if known else "the checker scores none of them"
    return share(*REFERENCES, passed, len(known), because)


def doubts(references: Sequence[Finding]) -> list[str]:
    """Return a note where the checker fails most of the good answers: then it does not measure what the data show."""
    return [
        f"The checker passes only {found.estimate.value:.0%} of the answers that the data call good, so check that it measures "
        "the goal."
        for found in references
        if found.estimate.value is not None and found.estimate.value < DOUBTFUL
    ]


def cut_share(answered: Answered) -> str:
    """Say how many answers reached the length limit."""
    drawn = [answer for answers in answered.answers if answers for answer in answers]
    cut = sum(answer.finish == "length" for answer in drawn)
    return f"{cut / len(drawn):.0%} of them cut at the length limit" if drawn else answered.error or "no answers"


def _known(one: Scored) -> list[float]:
    return [reward for reward in one.rewards if reward is not None]

"""From the figures of a dry run to checks with stable codes."""

from collections.abc import Sequence
from typing import Final

from evals.rewards.limits import Limits
from reports.records.data import Check, CheckState
from reports.records.gates import Estimate
from reports.records.rewards import BadAnswer

LOSES: Final = {
    "empty": ("RWD011", "Empty answers lose", "Add a reward that an empty answer does not get, or give it weight."),
    "repeated": ("RWD012", "Repeated words lose", "Put a length band beside it, and reward content rather than length."),
    "prompt copy": ("RWD013", "Copies of the prompt lose", "Reward what an answer adds: compare with a known answer."),
    "keyword stuffing": ("RWD014", "Stuffed keywords lose", "Put a reward beside it that a bare list of words does not please."),
    "off-topic": ("RWD015", "Off-topic answers lose", "Reward what this prompt asks for, not only form."),
}
CANNED: Final = ("RWD016", "Good answers to other prompts lose", "Compare with something that only this prompt's row holds.")


def rule_pass_rate(rate: Estimate, because: str, limits: Limits) -> Check:
    """Warn outside 10 to 70 %: too seldom to learn from, or too often to gain."""
    if rate.value is None:
        return _skipped("RWD001", "Answers pass now and then", because)
    low, high = rate.value < limits.least_passes, rate.value > limits.most_passes
    fix = "Tune on demonstrations first, or start with easier prompts." if low else "Take harder prompts, or leave it as it is."
    return Check(
        code="RWD001",
        title="Answers pass now and then",
        blocking=False,
        state="warn" if low or high else "pass",
        value=rate.value,
        limit=limits.most_passes if high else limits.least_passes,
        because=f"{because} (wanted: {limits.least_passes:.0%} to {limits.most_passes:.0%})",
        fix=fix if low or high else "",
    )


def rule_zero_spread(share: Estimate, because: str, limits: Limits) -> Check:
    """Fail where most prompts teach nothing, since all their answers get the same reward."""
    if share.value is None:
        return _skipped("RWD002", "Answers differ in reward", because, blocking=True)
    fails = share.value >= limits.most_zero_spread
    return Check(
        code="RWD002",
        title="Answers differ in reward",
        blocking=True,
        state="fail" if fails else "pass",
        value=share.value,
        limit=limits.most_zero_spread,
        because=because,
        fix="Give partial credit, change the prompts, or tune on demonstrations first." if fails else "",
    )


def rule_agreement(agreement: Estimate, because: str, limits: Limits) -> Check:
    """Compare the training reward with one that is not trained on: where they part, the first is being gamed."""
    title = "Training and evaluation reward agree"
    if agreement.value is None:
        return _skipped("RWD003", title, because, blocking=True)
    state = _state(agreement.value, limits.agreement, limits.least_agreement)
    fix = "Bring the training reward closer to what you would measure in the end."
    return _check("RWD003", title, state, agreement.value, limits.agreement, because, fix=fix, blocking=True)


def rule_length(correlation: Estimate, because: str, limits: Limits) -> Check:
    """Warn where longer, or shorter, answers to one prompt get more."""
    title = "Reward does not follow length"
    if correlation.value is None:
        return _skipped("RWD004", title, because)
    state: CheckState = "warn" if abs(correlation.value) >= limits.most_length_correlation else "pass"
    fix = "Unless length is the goal, set a length band or normalise by length."
    return _check("RWD004", title, state, correlation.value, limits.most_length_correlation, because, fix=fix)


def rule_unscored(unscored: int, answers: int, because: str, limits: Limits) -> Check:
    """Fail where no answer has a reward, warn where some have none."""
    title = "Answers have a reward"
    if not answers:
        return _skipped("RWD005", title, because, blocking=True)
    value = unscored / answers
    state: CheckState = "fail" if unscored == answers else "warn" if value > limits.most_unscored else "pass"
    fix = "Look at the columns that the rewards read: rows without a value get none."
    return _check("RWD005", title, state, value, limits.most_unscored, because, fix=fix, blocking=True)


def rule_references(share: float | None, because: str, limits: Limits) -> Check:
    """Warn where the answers that the data call good do not pass: then the reward measures something else."""
    title = "Good answers of the data pass"
    if share is None:
        return _skipped("RWD006", title, because)
    state: CheckState = "warn" if share < limits.good_answers_pass else "pass"
    fix = "Read some of these answers, and mend the reward or the data."
    return _check("RWD006", title, state, share, limits.good_answers_pass, because, fix=fix)


def rule_bad_answer(bad: BadAnswer, limits: Limits) -> Check:
    """Fail where a bad answer gets as much as the good one on too many prompts: training would find it."""
    code, title, fix = LOSES[bad.name]
    if bad.loses.value is None:
        return _skipped(code, title, "no prompt has a good answer to compare with", blocking=True)
    state = _state(bad.loses.value, limits.bad_answers_lose, limits.bad_answers_lose_least)
    return _check(code, title, state, bad.loses.value, limits.bad_answers_lose, describe_bad(bad), fix=fix, blocking=True)


def rule_canned(bad: BadAnswer, limits: Limits) -> Check:
    """Warn where a good answer to one prompt serves for others, so that one canned answer would do."""
    code, title, fix = CANNED
    if bad.loses.value is None:
        return _skipped(code, title, "no two prompts have good answers that differ")
    state: CheckState = "warn" if bad.loses.value < limits.bad_answers_lose_least else "pass"
    return _check(code, title, state, bad.loses.value, limits.bad_answers_lose_least, describe_bad(bad), fix=fix)


def describe_bad(bad: BadAnswer) -> str:
    """Say on how many prompts it loses, and what it gets."""
    seen = bad.loses
    return (
        f"gets less than the good answer on {seen.value or 0:.0%} of {seen.n:,} prompts ({words(seen)}); mean reward "
        f"{bad.mean or 0:.2f}, of the good answers {bad.good_mean or 0:.2f}"
    )


def words(seen: Estimate, percent: bool = True) -> str:
    """Return the limits of an estimate in words."""
    if seen.low is None or seen.high is None:
        return "no interval"
    return f"90 %: {seen.low:.0%} to {seen.high:.0%}" if percent else f"90 %: {seen.low:.2f} to {seen.high:.2f}"


def codes() -> Sequence[str]:
    """Return all codes in order."""
    return [f"RWD{number:03d}" for number in range(1, 7)] + [code for code, *_ in (*LOSES.values(), CANNED)]


def _state(value: float, good: float, least: float) -> CheckState:
    if value >= good:
        return "pass"
    return "fail" if value < least else "warn"


def _check(
    code: str, title: str, state: CheckState, value: float, limit: float, because: str, *, fix: str, blocking: bool = False
) -> Check:
    return Check(
        code=code,
        title=title,
        blocking=blocking,
        state=state,
        value=value,
        limit=limit,
        because=because,
        fix="" if state == "pass" else fix,
    )


def _skipped(code: str, title: str, because: str, blocking: bool = False) -> Check:
    return Check(code=code, title=title, blocking=blocking, state="skipped", value=None, limit=None, because=because)

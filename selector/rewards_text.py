"""What a dry run of rewards found, as plain text for a terminal."""

from collections.abc import Sequence

from reports.records.gates import Estimate
from reports.records.rewards import RewardCheck
from selector.check_text import check_lines


def as_text(found: RewardCheck) -> str:
    """Return the verdict, every check with its reason and what to do, and what each reward gave."""
    lines = [_verdict(found), ""]
    for check in found.checks:
        lines += check_lines(check)
    lines += ["", f"{'Mean of sampled answers':<44} {'value':>8}   90 % interval"]
    for reward in found.rewards:
        lines.append(_mean(f"{reward.name} ({reward.component}, weight {reward.weight:g})", reward.estimate))
    lines += [_mean(f"{one.component}, weighted", one.estimate) for one in found.components]
    lines += [_mean(f"all rewards, {one.split} prompts", one.estimate) for one in found.splits]
    lines += ["", *(f"note: {note}" for note in found.notes)] if found.notes else []
    return "\n".join(lines)


def kinds_as_text(kinds: Sequence[tuple[str, str, Sequence[tuple[str, str]]]]) -> str:
    """Return every kind of reward, what it gives, and its options."""
    lines = []
    for name, summary, options in kinds:
        lines += [f"{name:<16} {summary}", *(f"    {option:<22} {meaning}" for option, meaning in options)]
    return "\n".join(lines)


def _verdict(found: RewardCheck) -> str:
    failed = ", ".join(check.code for check in found.blockers())
    warned = sum(check.state == "warn" for check in found.checks)
    result = f"fail: {failed} must be mended before training" if failed else "pass: nothing stands against these rewards"
    warnings = f", {warned} warning{'s' if warned > 1 else ''}" if warned else ""
    return f"{result}{warnings}; {found.samples} answers to each of {found.prompts:,} prompts"


def _mean(title: str, seen: Estimate) -> str:
    if seen.value is None:
        return f"  {title:<42} {'-':>8}   no answer got a score"
    limits = "" if seen.low is None else f"{seen.low:.2f} to {seen.high:.2f}, "
    return f"  {title:<42} {seen.value:>8.2f}   {limits}n = {seen.n:,}"

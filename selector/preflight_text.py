"""What a preflight found, as plain text for a terminal."""

from collections.abc import Sequence

from reports.records.data import Check
from reports.records.preflight import CheckedPlan, StagePreflight
from selector.check_text import check_lines, skipped_lines


def as_text(found: CheckedPlan) -> str:
    """Return the verdict, then every stage with its checks; of data and rewards what is worth reading."""
    lines = [_verdict(found)]
    if found.data is not None:
        lines += ["", "Data", *_notable(found.data.checks)]
    for stage in found.stages:
        lines += ["", f"{stage.stage} ({stage.seconds:.1f} s)", *_stage(stage)]
    if found.rewards is not None:
        lines += ["", "Rewards", *_notable(found.rewards.checks)]
    lines += ["", *(f"note: {note}" for note in found.notes)] if found.notes else []
    return "\n".join(lines)


def _verdict(found: CheckedPlan) -> str:
    every = [check for checks in _groups(found) for check in checks]
    failed = [check.code for check in every if check.blocking and check.state == "fail" and not check.accepted_because]
    warned = sum(check.state == "warn" or (check.state == "fail" and not check.blocking) for check in every)
    result = f"fail: {', '.join(dict.fromkeys(failed))} must be mended" if failed else "pass: nothing stops this training"
    return f"{result}{f', {warned} warning' + ('s' if warned > 1 else '') if warned else ''}"


def _groups(found: CheckedPlan) -> list[Sequence[Check]]:
    data = [found.data.checks] if found.data else []
    return [*data, *(stage.checks for stage in found.stages), *([found.rewards.checks] if found.rewards else [])]


def _stage(stage: StagePreflight) -> list[str]:
    seen = [line for check in stage.checks if check.state != "skipped" for line in check_lines(check)]
    return [*seen, *skipped_lines([check for check in stage.checks if check.state == "skipped"])]


def _notable(checks: Sequence[Check]) -> list[str]:
    worth = [line for check in checks if check.state in ("warn", "fail") for line in check_lines(check)]
    return [*worth, f"{sum(check.state == 'pass' for check in checks)} of {len(checks)} checks pass"]

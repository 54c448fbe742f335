"""What the checks found in files, as plain text for a terminal."""

from collections.abc import Sequence
from textwrap import wrap
from typing import Final

from evals.data.check import CheckedData
from reports.records.data import Check
from selector.profile_text import profile_lines

SIGNS: Final = {"pass": "✓ pass   ", "warn": "! warn   ", "fail": "✗ fail   ", "skipped": "· skipped"}
INDENT: Final = " " * 11
WIDTH: Final = 100
MARKS: Final = "As batched, «read only» and [learned]:"


def as_text(found: CheckedData) -> str:
    """Return the verdict, how each file was read, and every check with its reason, rows that show it, and what to do.

    What was skipped comes last, the codes of one reason together.
    """
    lines = [_verdict(found), ""]
    lines += profile_lines(found.profile)
    lines.append("")
    for check in found.checks:
        lines += check_lines(check) if check.state != "skipped" else []
    lines += skipped_lines([check for check in found.checks if check.state == "skipped"])
    lines += ["", MARKS, *found.shown] if found.shown else []
    lines += ["", *(f"note: {note}" for note in found.profile.notes)] if found.profile.notes else []
    return "\n".join(lines)


def _verdict(found: CheckedData) -> str:
    failed = [check.code for check in found.checks if check.blocking and check.state == "fail" and not check.accepted_because]
    warned = sum(check.state == "warn" for check in found.checks)
    result = f"fail: {', '.join(failed)} must be mended before training" if failed else "pass: nothing stops a training"
    warnings = f", {warned} warning{'s' if warned > 1 else ''}" if warned else ""
    return f"{result}{warnings}; {found.left:,} of {found.rows:,} rows are without a defect"


def skipped_lines(checks: Sequence[Check]) -> list[str]:
    """Return what was skipped, the codes of one reason together."""
    codes: dict[str, list[str]] = {}
    for check in checks:
        codes.setdefault(check.because, []).append(check.code)
    lines = []
    for because, named in codes.items():
        lines += wrap(", ".join(named), WIDTH, initial_indent=f"{SIGNS['skipped']}  ", subsequent_indent=INDENT)
        lines += wrap(because, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)
    return lines


def check_lines(check: Check) -> Sequence[str]:
    """Return a check with its reason, rows that show it, and what to do."""
    lines = [f"{SIGNS[check.state]}  {check.code:<8} {check.title}", f"{INDENT}{check.because}"]
    if check.state in ("warn", "fail"):
        lines += [f"{INDENT}row {row.row}  {row.excerpt}" for row in check.evidence]
    if check.fix:
        lines.append(f"{INDENT}fix: {check.fix}")
    if check.accepted_because:
        by = f" by {check.accepted_by}" if check.accepted_by else ""
        lines.append(f"{INDENT}accepted on the command line{by}: {check.accepted_because}")
    return lines

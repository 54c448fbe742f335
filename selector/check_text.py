"""What the checks found in files, as plain text for a terminal."""

from collections.abc import Sequence
from typing import Final

from evals.data.check import CheckedData
from reports.records.data import Check, SourceProfile

SIGNS: Final = {"pass": "✓ pass   ", "warn": "! warn   ", "fail": "✗ fail   ", "skipped": "· skipped"}
INDENT: Final = " " * 11


def as_text(found: CheckedData) -> str:
    """Return the verdict, how each file was read, and every check with its reason, rows that show it, and what to do."""
    lines = [_verdict(found), ""]
    for source in found.profile.sources:
        lines += _source(source)
    lines.append("")
    for check in found.checks:
        lines += _check(check)
    lines += ["", *(f"note: {note}" for note in found.profile.notes)] if found.profile.notes else []
    return "\n".join(lines)


def _verdict(found: CheckedData) -> str:
    failed = [check.code for check in found.checks if check.blocking and check.state == "fail" and not check.accepted_because]
    warned = sum(check.state == "warn" for check in found.checks)
    result = f"fail: {', '.join(failed)} must be mended before training" if failed else "pass: nothing stops a training"
    warnings = f", {warned} warning{'s' if warned > 1 else ''}" if warned else ""
    return f"{result}{warnings}; {found.left:,} of {found.rows:,} rows are without a defect"


def _source(source: SourceProfile) -> Sequence[str]:
    unusable = f", {source.rejected:,} unusable" if source.rejected else ""
    lines = [f"{source.label}: {source.layout}, {source.rows:,} rows{unusable}", f"  read so, because {source.because}"]
    for name, spread in (("a prompt", source.prompt_tokens), ("an answer", source.completion_tokens)):
        if spread:
            lines.append(
                f"  tokens of {name}: median {spread.p50:,.0f}, 95 % below {spread.p95:,.0f}, at most {spread.maximum:,.0f}"
            )
    return lines


def _check(check: Check) -> Sequence[str]:
    lines = [f"{SIGNS[check.state]}  {check.code:<8} {check.title}", f"{INDENT}{check.because}"]
    if check.state in ("warn", "fail"):
        lines += [f"{INDENT}row {row.row}  {row.excerpt}" for row in check.evidence]
    if check.fix:
        lines.append(f"{INDENT}fix: {check.fix}")
    if check.accepted_because:
        lines.append(f"{INDENT}{check.accepted_because}")
    return lines

"""What the screen of data checks says: how the files were read, a row a check, and everything about one of them."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from textual.content import Content

from reports.records.data import Check, Profile, SourceProfile
from reports.wording import number, visible
from selector.tui.side_by_side import hanging
from selector.tui.widgets.table import Row
from selector.tui.wording import STYLES, Sign

if TYPE_CHECKING:
    from evals.data.check import CheckedData

SIGNS: Final = {
    "pass": Sign("✓", "pass", "good"),
    "warn": Sign("!", "warn", "open"),
    "fail": Sign("✗", "fail", "bad"),
    "skipped": Sign("·", "skipped", "quiet"),
}
ACCEPTED: Final = Sign("✗", "accepted", "open")
FILES: Final = "files"
"""The row that says how the files were read."""
WORST_FIRST: Final = ("fail", "warn", "pass", "skipped")
QUIET = STYLES["quiet"]


def ordered(checks: Sequence[Check], problems_only: bool) -> list[Check]:
    """Return the checks with what needs attention first, blocking ones before the others."""
    shown = [check for check in checks if check.state in ("fail", "warn") or not problems_only]
    return sorted(shown, key=lambda check: (WORST_FIRST.index(check.state), not check.blocking))


def can_accept(check: Check) -> bool:
    """Say whether a check stops a run unless a person accepts it."""
    return check.blocking and check.state == "fail"


def layouts_to_choose(error: Exception) -> tuple[str, ...]:
    """Return the kinds that an error about an ambiguous file offers; empty for any other error."""
    return tuple(dict.fromkeys(re.findall(r"--layout ([a-z]+(?:-[a-z]+)*)", str(error))))


def verdict(found: "CheckedData", accepted: Sequence[str]) -> Content:
    """Return whether the data can be trained on, and how many rows are without a defect."""
    failed = [check.code for check in found.checks if can_accept(check) and check.code not in accepted]
    warned = sum(check.state == "warn" for check in found.checks)
    sign = SIGNS["fail" if failed else "pass"]
    text = f"{', '.join(failed)} must be mended before training" if failed else "nothing stops a training"
    taken = f", {', '.join(accepted)} accepted" if accepted else ""
    warnings = f", {warned} warning{'s' if warned > 1 else ''}" if warned else ""
    rows = f"\n{found.left:,} of {found.rows:,} rows are without a defect: {', '.join(_read(s) for s in found.profile.sources)}"
    return Content.assemble(
        (f" {sign.mark} {sign.word.upper()} ", f"{STYLES[sign.tone]} bold reverse"),
        ("  ", ""),
        (f"{text}{taken}{warnings}", "bold"),
        (rows, QUIET),
    )


def files_row(profile: Profile) -> Row:
    """Return the row that stands for the files."""
    count = len(profile.sources)
    title = "How the file was read" if count == 1 else f"How the {count} files were read"
    return Row(FILES, (Content.styled("· read", QUIET), "", title, "", "", ""))


def check_row(check: Check, accepted: Sequence[str]) -> Row:
    """Return the row of a check."""
    sign = ACCEPTED if check.code in accepted else SIGNS[check.state]
    limit = "" if check.limit is None else number(check.limit)
    value = "" if check.value is None else number(check.value)
    return Row(check.code, (sign.content, check.code, check.title, "yes" if check.blocking else "", value, limit))


def check_page(check: Check, accepted_because: str, width: int) -> Content:
    """Return everything about a check: why, the rows that show it, what mends it, and why it was accepted."""
    sign = SIGNS[check.state]
    lines = [hanging(sign.content + Content("  "), Content.styled(visible(check.because), "bold"), width)]
    if accepted_because:
        lines.append(_field("Accepted", accepted_because, width))
    if check.fix:
        lines.append(_field("Mend", check.fix, width))
    lines += [_field(f"Row {shown.row}", shown.excerpt, width) for shown in check.evidence]
    return Content("\n").join(lines)


def files_page(profile: Profile, width: int) -> Content:
    """Return how each file was read, and why so."""
    blocks = [_source(source, width) for source in profile.sources]
    if profile.notes:
        blocks.append(Content("\n").join(_field("Note", note, width) for note in profile.notes))
    return Content("\n\n").join(blocks)


def _read(source: SourceProfile) -> str:
    unusable = f", {source.rejected:,} unusable" if source.rejected else ""
    return f"{visible(source.label)} as {source.layout}{unusable}"


def _source(source: SourceProfile, width: int) -> Content:
    lines = [Content.styled(visible(source.label), "bold"), _field("Layout", source.layout, width)]
    lines.append(_field("Because", source.because, width))
    lines.append(_field("Rows", f"{source.rows:,} usable, {source.rejected:,} not", width))
    for name, spread in (("Prompt", source.prompt_tokens), ("Answer", source.completion_tokens)):
        if spread:
            text = f"median {spread.p50:,.0f} tokens, 95 % below {spread.p95:,.0f}, at most {spread.maximum:,.0f}"
            lines.append(_field(name, text, width))
    if source.formats:
        listed = ", ".join(f"{rows:,} {name}" for name, rows in source.formats.items())
        lines.append(_field("Formats", listed, width))
    return Content("\n").join(lines)


def _field(name: str, text: str, width: int) -> Content:
    return hanging(Content.styled(f"{name:<10}", QUIET), Content(visible(text)), width)

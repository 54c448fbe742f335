"""What the audit screen says: how far it is, one row as a card, and what it shows when it is complete."""

from typing import TYPE_CHECKING, Final

from textual.content import Content

from reports.wording import number, visible
from selector.tui.drawing import share_bar, tinted
from selector.tui.side_by_side import hanging, side_by_side
from selector.tui.wording import STYLES, Sign

if TYPE_CHECKING:
    from evals.audit import AuditResult
    from selector.tui.auditing import Card

STATES: Final = {
    "pass": Sign("✓", "pass", "good"),
    "fail": Sign("✗", "fail", "bad"),
    "unresolved": Sign("?", "inconclusive", "open"),
}
WIDE: Final = 100
"""From this width on two answers stand beside each other."""
BAR: Final = 30
QUIET, ACCENT = STYLES["quiet"], STYLES["accent"]
BOLD_QUIET: Final = f"{QUIET} bold"


def progress(found: "AuditResult") -> Content:
    """Return how many rows are judged, and what they show so far; no colour, since nothing is decided yet."""
    bar = tinted(share_bar(found.judged / found.planned if found.planned else 0.0, BAR), ACCENT)
    counts = f"  {found.judged} of {found.planned} judged, {found.wrong} wrong, {found.skipped} skipped"
    return Content.assemble(bar, (counts, "bold"), (f"\n{_so_far(found)} {_needed(found)}", QUIET))


def card(shown: "Card", width: int) -> Content:
    """Return a row: the prompt, then the answers, beside each other where there are two and room for both."""
    blocks = [_block("Prompt", shown.prompt, width)] if shown.answers or shown.prompt else []
    if len(shown.answers) == 2 and width >= WIDE:
        blocks.append(side_by_side(shown.answers[0], shown.answers[1], width))
    else:
        blocks += [_block(title, text, width) for title, text in shown.answers]
    if shown.others:
        blocks.append(
            Content("\n").join(hanging(Content.styled(f"{name}: ", QUIET), Content(text), width) for name, text in shown.others)
        )
    return Content("\n\n").join(blocks)


def outcome(found: "AuditResult", width: int, goes_into_scorecard: bool) -> Content:
    """Return what a complete audit shows, the rows that are wrong, the fact that follows, and what to do next."""
    sign = STATES[found.state]
    lines = [
        Content.styled(f" {sign.mark} {sign.word.upper()} ", f"{STYLES[sign.tone]} bold reverse"),
        Content(),
        Content.styled(visible(found.because), "bold"),
        Content(),
        _field(
            "Judged",
            f"{found.judged} of {found.rows:,} rows, {found.wrong} wrong, {found.skipped} skipped; seed {found.seed}",
            width,
        ),
    ]
    if found.wrong_rows:
        lines.append(_field("Wrong", f"rows {', '.join(map(str, found.wrong_rows))}", width))
    for name, fact in found.facts.items():
        value = f"{name} = {fact.value:.3f} ({fact.low:.3f} to {fact.high:.3f}, 90 % interval)"
        lines.append(_field("Fact", f"{value}; it is in the scorecard now" if goes_into_scorecard else value, width))
    lines.append(_field("Next", _next(found), width))
    return Content("\n").join(lines)


def can_extend(found: "AuditResult") -> bool:
    """Say whether a complete audit is open, and more rows of the file could decide it."""
    return found.state == "unresolved" and found.needed is not None and found.needed > found.planned


def _so_far(found: "AuditResult") -> str:
    low = next((fact.low for fact in found.facts.values()), None)
    if low is None:
        return f"Shows at the end whether more than {_share(found.bound)} of the rows are right; press b for another bound."
    return f"Lower limit so far {_share(low)}; it decides when complete."


def _needed(found: "AuditResult") -> str:
    if not found.wrong:
        return ""
    if found.needed is None:
        return f"With {found.wrong} wrong, more than {_share(found.bound)} can be shown only by more rows than the file has."
    return f"With {found.wrong} wrong, {found.needed} judged rows show more than {_share(found.bound)}."


def _next(found: "AuditResult") -> str:
    if found.state == "pass":
        return (
            "The rows are good enough to train on; mend the wrong ones all the same."
            if found.wrong
            else "The rows are good enough."
        )
    if found.state == "fail":
        return "Mend the data, then draw a new sample: tunegate audit FILE --seed 1."
    if can_extend(found):
        return f"Press m to judge {found.needed} rows in all; one extension is fair, going on until it passes is not."
    return "The file is too small to decide at this bound: judge it whole, or mend what is wrong and collect more."


def _share(value: float) -> str:
    return number(value, "share")


def _block(title: str, text: str, width: int) -> Content:
    lines = Content(text or "(empty)").wrap(max(10, width))
    return Content("\n").join([Content.styled(title, BOLD_QUIET), *(line.rstrip() for line in lines)])


def _field(name: str, text: str, width: int) -> Content:
    return hanging(Content.styled(f"{name:<10}", QUIET), Content(visible(text)), width)

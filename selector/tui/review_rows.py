"""What the review screen says: how far it is, a card with two answers and no names, and what the review came to."""

from typing import TYPE_CHECKING, Final

from textual.content import Content

from reports.records.gates import Estimate
from reports.wording import number, visible
from selector.tui.audit_rows import WIDE
from selector.tui.drawing import share_bar, tinted
from selector.tui.side_by_side import hanging, side_by_side
from selector.tui.wording import STYLES

if TYPE_CHECKING:
    from evals.review.deck import Item
    from evals.review.desk import Desk
    from reports.records.review import RaterResult, ReviewResult

BAR: Final = 20
QUIET: Final = STYLES["quiet"]
COUNTING: Final = Content.styled("● Counting what was said, deciding the gates with it, and writing the report …", QUIET)
FIRST, SECOND = "Answer A", "Answer B"


def progress(desk: "Desk", seconds: float) -> Content:
    """Return how many cards are done, and how long this one is shown; nothing of what they say, which would colour the rest."""
    total = len(desk.deck.items)
    bar = tinted(share_bar(desk.done / total if total else 0.0, BAR), STYLES["accent"])
    hint = "q leaves" if desk.is_complete else f"{seconds:.0f} s   u undoes, q leaves"
    return Content.assemble(bar, (f"  {desk.done} of {total} seen", "bold"), (f"   {hint}", QUIET))


def card(item: "Item", width: int) -> Content:
    """Return a prompt with both answers, beside each other where there is room."""
    first, second = (visible(answer) for answer in item.answers())
    blocks = [_block("Prompt", visible(item.prompt), width)]
    if width >= WIDE:
        blocks.append(side_by_side((FIRST, first), (SECOND, second), width))
    else:
        blocks += [_block(FIRST, first, width), _block(SECOND, second, width)]
    return Content("\n\n").join(blocks)


def outcome(found: "ReviewResult", width: int) -> Content:
    """Return what all raters said so far."""
    fields = [
        ("Candidate", _estimate(found.win_rate, "preferred")),
        ("Shown first", _estimate(found.first_chosen, "chosen; half is expected")),
        ("Raters", _estimate(found.raters_agree, "agreement beyond chance (AC1)")),
        ("Judge", _estimate(found.judge_agrees, "agreement with the judge that decided the win rate")),
        ("Corrected", _estimate(found.corrected, "win rate of the judge, corrected for the errors that people found")),
        *((rater.rater, _rater(rater)) for rater in found.raters),
        *(("Note", note) for note in found.notes),
        ("Next", "Read the report, then sign: s on the gates of the run, or `tunegate sign RUN`."),
    ]
    return Content("\n").join(_field(name, text, width) for name, text in fields)


def _rater(rater: "RaterResult") -> str:
    told = f"{rater.judged} of {rater.planned} judged, {rater.skipped} skipped, {rater.both_bad} both bad; {rater.because}"
    return f"{told}; repeats {_estimate(rater.repeats, 'the same')}; {rater.seconds:.0f} s a card"


def _estimate(found: Estimate, what: str) -> str:
    if found.value is None:
        return "not measured"
    return f"{number(found.value, 'share')} {what} ({number(found.low, 'share')} to {number(found.high, 'share')}, n = {found.n})"


def _block(title: str, text: str, width: int) -> Content:
    lines = Content(text or "(empty)").wrap(max(10, width))
    return Content("\n").join([Content.styled(title, f"{QUIET} bold"), *(line.rstrip() for line in lines)])


def _field(name: str, text: str, width: int) -> Content:
    return hanging(Content.styled(f"{visible(name):<13}", QUIET), Content(visible(text)), width)

"""How a recommendation is drawn: beside the answers, as a strip above them, and in full."""

from typing import Final

from textual.content import Content

from reports.records.recommendation import Axis, Ranked, Recommendation
from reports.wording import words
from selector.tui.drawing import Span, score_bar, share_bar, tinted
from selector.tui.side_by_side import hanging
from selector.tui.wording import AXES, CONFIDENCE, STRATEGIES, STYLES, percent

ACCENT, QUIET, GOOD, BAD = STYLES["accent"], STYLES["quiet"], STYLES["good"], STYLES["bad"]
NAME_WIDTH: Final = 10
STRIP: Final = 3
"""Strategies a strip shows at most."""
LEAST_BAR: Final = 4


def strip(recommendation: Recommendation, width: int) -> Content:
    """Return the advice in one line with its confidence, and as many of the likeliest strategies as fit `width` cells."""
    if not recommendation.ranking:
        return Content.styled("Every strategy is ruled out.", BAD)
    best = Content.styled(STRATEGIES[recommendation.strategy], f"{ACCENT} bold")
    line = Content.assemble(("Best now ", QUIET), best, " ", confidence(recommendation), ("   chance", QUIET))
    likeliest = sorted(recommendation.ranking, key=lambda ranked: -ranked.p_best)[:STRIP]
    bar = min(8, (width - line.cell_length) // len(likeliest) - NAME_WIDTH - 9)
    for ranked in likeliest:
        drawn = tinted(share_bar(ranked.p_best, bar), QUIET) + Content(" ") if bar >= LEAST_BAR else Content()
        part = Content.assemble(f"  {STRATEGIES[ranked.strategy]} ", drawn, (percent(ranked.p_best), "bold"))
        if line.cell_length + part.cell_length > width:
            break
        line += part
    return line


def panel(recommendation: Recommendation, before: Recommendation | None, width: int) -> Content:
    """Return the ranking with what the last answer moved, the axes, what is ruled out and what would flip the answer."""
    parts = [_title("Best first · chance to be best", confidence(recommendation))]
    parts += [_ranked(ranked, place, before, width) for place, ranked in enumerate(recommendation.ranking, start=1)]
    parts += [Content(), _title("Axes, 0 to 5")]
    parts += [axis_line(axis, width) for axis in recommendation.axes]
    if recommendation.ruled_out:
        parts += [Content(), _title("Ruled out")]
        parts += [
            hanging(Content.styled("✗ ", QUIET), Content.styled(f"{STRATEGIES[out.strategy]}: {out.because}", QUIET), width)
            for out in recommendation.ruled_out
        ]
    if recommendation.flips_when:
        parts += [Content(), _title("Flips when")]
        parts += [hanging(Content.styled("↔ ", ACCENT), Content(flip.sentence), width) for flip in recommendation.flips_when[:3]]
    return Content("\n").join(parts)


def confidence(recommendation: Recommendation) -> Content:
    """Return how sure the answer is."""
    return CONFIDENCE[recommendation.confidence].content


def axis_line(axis: Axis, width: int) -> Content:
    """Return an axis with its score as a point and its interval as a heavy line."""
    bar = score_bar(Span(axis.low, axis.score, axis.high), max(6, width - 22))
    return Content.assemble((f"{AXES[axis.name]:<17} ", ""), tinted(bar, ACCENT), (f" {axis.score:.1f}", "bold"))


def reasons(ranked: Ranked, width: int) -> Content:
    """Return the contributions to a strategy's score, the strongest first, each with the name of its rule."""
    lines = [
        hanging(
            Content.styled(f"{reason.points:+6.2f}  ".replace("-", "−"), GOOD if reason.points >= 0 else BAD),
            Content.assemble((reason.because, ""), (f"  ({words(reason.rule).replace('-', ' ')})", QUIET)),
            width,
        )
        for reason in sorted(ranked.reasons, key=lambda reason: -abs(reason.points))
    ]
    return Content("\n").join(lines)


def _ranked(ranked: Ranked, place: int, before: Recommendation | None, width: int) -> Content:
    bar = share_bar(ranked.p_best, max(6, width - NAME_WIDTH - 15))
    first = place == 1
    return Content.assemble(
        (f"{STRATEGIES[ranked.strategy]:<{NAME_WIDTH}} ", f"{ACCENT} bold" if first else ""),
        tinted(bar, ACCENT if first else QUIET),
        (f"{percent(ranked.p_best):>6}", "bold" if first else ""),
        _move(ranked, before),
    )


def _move(ranked: Ranked, before: Recommendation | None) -> tuple[str, str]:
    """Return how far P(best) moved, in points."""
    if before is None:
        return ("", "")
    old = next((other.p_best for other in before.ranking if other.strategy == ranked.strategy), 0.0)
    moved = ranked.p_best - old
    points = round(abs(moved) * 100)
    return (f" {'▲' if moved > 0 else '▼'}{points}", GOOD if moved > 0 else BAD) if points else ("", "")


def _title(text: str, right: Content | None = None) -> Content:
    title = Content.styled(text, f"{QUIET} bold")
    return Content.assemble(title, "  ", right) if right is not None else title

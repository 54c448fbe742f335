"""What a recommendation says beside its ranking: axes with evidence, what is ruled out, what flips it, and the steps."""

from textual.content import Content

from reports.records.recommendation import Recommendation
from selector.tui.ranking import axis_line
from selector.tui.side_by_side import hanging
from selector.tui.wording import STRATEGIES, STYLES

QUIET, ACCENT, BAD = STYLES["quiet"], STYLES["accent"], STYLES["bad"]


def axes(recommendation: Recommendation, width: int) -> Content:
    """Return the four axes, each with its evidence, and how the weights are trained."""
    lines: list[Content] = []
    for axis in recommendation.axes:
        lines.append(axis_line(axis, width))
        lines += [hanging(Content.styled("  · ", QUIET), Content.styled(text, QUIET), width) for text in axis.evidence]
        lines.append(Content())
    lines.append(_pair("Weights", f"{recommendation.parameters}: {recommendation.parameters_because}", width))
    lines.append(_pair("Safety", f"class {recommendation.safety_class}", width))
    if recommendation.required_signoffs:
        lines.append(_pair("Sign-off", ", ".join(recommendation.required_signoffs), width))
    return Content("\n").join(lines)


def why_not(recommendation: Recommendation, width: int) -> Content:
    """Return every strategy that is ruled out, with the rule's reason and what would make it possible."""
    if not recommendation.ruled_out:
        return Content.styled("No strategy is ruled out.", QUIET)
    blocks = []
    for out in recommendation.ruled_out:
        lines = [Content.styled(f"✗ Why not {STRATEGIES[out.strategy]}?", f"{BAD} bold")]
        lines.append(hanging(Content("  "), Content(out.because), width))
        if out.unless:
            lines.append(hanging(Content("  "), Content.styled(f"Possible once: {out.unless}", QUIET), width))
        blocks.append(Content("\n").join(lines))
    return Content("\n\n").join(blocks)


def flips(recommendation: Recommendation, width: int) -> Content:
    """Return which changed fact would change the answer."""
    if not recommendation.flips_when:
        return Content.styled("No single fact that may plausibly change would change the answer.", QUIET)
    lines = [hanging(Content.styled("↔ ", ACCENT), Content(flip.sentence), width) for flip in recommendation.flips_when]
    return Content("\n\n").join(lines)


def phases(recommendation: Recommendation, width: int) -> Content:
    """Return what to do now and later, and what to collect for it."""
    blocks = []
    for number, phase in enumerate(recommendation.phases, start=1):
        lines = [Content.styled(f"{number}  {phase.title}", f"{ACCENT} bold")]
        lines.append(hanging(Content.styled("   Do       ", QUIET), Content(phase.do), width))
        if phase.collect:
            lines.append(hanging(Content.styled("   Collect  ", QUIET), Content(phase.collect), width))
        blocks.append(Content("\n").join(lines))
    return Content("\n\n").join(blocks)


def _pair(name: str, text: str, width: int) -> Content:
    return hanging(Content.styled(f"{name:<11}", QUIET), Content(text), width)

"""Training curves of a stage: loss, and margin, reward or divergence where the trainer logs one."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from reports.records.run import MetricPoint
from reports.svg import COLOURS, Figure, draw
from reports.wording import number

if TYPE_CHECKING:
    import altair

MOST_POINTS: Final = 400
"""Points of one drawn line; longer logs keep the lowest and highest value of each stretch."""
LISTED_POINTS: Final = 40
_CURVES: Final = (
    ("loss", "Loss", "loss"),
    ("rewards/margins", "Reward margin (chosen minus rejected)", "reward"),
    ("reward", "Reward", "reward"),
    ("kl", "Divergence from the reference, nats", "nats"),
    ("win_rate", "Win rate over the start of the stage", "share"),
)
_HELD_OUT: Final = frozenset({"win_rate"})
"""Logged on held-out prompts only, under its plain name."""


def curve_figures(stage: str, points: Sequence[MetricPoint]) -> list[Figure]:
    """Return one chart for each curve the stage logged: loss, and margin, reward or divergence where there is one."""
    figures = []
    for metric, title, unit in _CURVES:
        lines = {
            "training": [] if metric in _HELD_OUT else _finite(points, metric),
            "evaluation": _finite(points, metric if metric in _HELD_OUT else f"eval_{metric}"),
        }
        lines = {name: line for name, line in lines.items() if line}
        if lines:
            figure = _curve(f"{stage}: {title.lower()}", f"c{len(stage)}{stage}{metric}", unit, lines)
            figures.append(figure._replace(note=_gaps(points, metric)))
    return figures


def thinned(line: Sequence[tuple[int, float]], most: int = MOST_POINTS) -> list[tuple[int, float]]:
    """Return at most `most` points: the lowest and the highest of each stretch, so that no spike is lost."""
    if len(line) <= most:
        return list(line)
    width = math.ceil(len(line) / (most // 2))
    kept: list[tuple[int, float]] = []
    for start in range(0, len(line), width):
        stretch = line[start : start + width]
        kept += sorted({min(stretch, key=lambda p: p[1]), max(stretch, key=lambda p: p[1])})
    return kept


def _finite(points: Sequence[MetricPoint], metric: str) -> list[tuple[int, float]]:
    found = [(point.step, point.values.get(metric)) for point in points]
    return [(step, value) for step, value in found if value is not None and math.isfinite(value)]


def _curve(title: str, key: str, unit: str, lines: dict[str, list[tuple[int, float]]]) -> Figure:
    names = list(lines)
    ends = [f"{name} from {_short(line[0][1])} to {_short(line[-1][1])}" for name, line in lines.items()]
    steps = lines[names[0]][-1][0]
    description = f"{'; '.join(ends)} {unit}, over {steps:,} steps."
    return Figure(
        title=title,
        description=description,
        svg=draw(_curve_chart(lines), "".join(c for c in key if c.isalnum()), title, description),
        columns=("Step", *(name.capitalize() for name in names)),
        rows=_curve_rows(lines),
        table_note=_thinning(lines),
    )


def _curve_chart(lines: dict[str, list[tuple[int, float]]]) -> "altair.LayerChart":
    import altair as alt

    rows = [{"line": name, "step": step, "value": value} for name, line in lines.items() for step, value in thinned(line)]
    ranges = {"training": (COLOURS["accent"], [1, 0]), "evaluation": (COLOURS["second"], [6, 3])}
    names, styles = list(lines), [ranges[name] for name in lines]
    legend = alt.Legend() if len(names) > 1 else None
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("step:Q", axis=alt.Axis(grid=False, tickCount=5, title="step", format="~s"), scale=alt.Scale(nice=False)),
        y=alt.Y("value:Q", title=None, axis=alt.Axis(tickCount=4, grid=True), scale=alt.Scale(zero=False)),
        color=alt.Color("line:N", scale=alt.Scale(domain=names, range=[style[0] for style in styles]), legend=legend),
        strokeDash=alt.StrokeDash("line:N", scale=alt.Scale(domain=names, range=[style[1] for style in styles]), legend=legend),
    )
    marked = base.transform_filter("datum.line == 'evaluation'").mark_point(filled=True, size=36, opacity=1, strokeDash=[1, 0])
    return alt.layer(base.mark_line(strokeWidth=1.8), marked).properties(width=380, height=170)


def _curve_rows(lines: dict[str, list[tuple[int, float]]]) -> tuple[tuple[str, ...], ...]:
    by_line = {name: dict(line) for name, line in lines.items()}
    steps = sorted({step for line in by_line.values() for step in line})
    if len(steps) > LISTED_POINTS:
        keep = (len(steps) - 1) / (LISTED_POINTS - 1)
        steps = sorted({steps[round(i * keep)] for i in range(LISTED_POINTS)})
    return tuple((f"{step:,}", *(_short(line.get(step)) for line in by_line.values())) for step in steps)


def _thinning(lines: dict[str, list[tuple[int, float]]]) -> str:
    longest = max(len(line) for line in lines.values())
    if longest <= LISTED_POINTS:
        return ""
    drawn = f"The curve draws the extremes of {longest:,} points. " if longest > MOST_POINTS else ""
    return f"{drawn}The table lists at most {LISTED_POINTS} of {longest:,} points; the run directory holds all of them."


def _gaps(points: Sequence[MetricPoint], metric: str) -> str:
    logged = [point.values[name] for point in points for name in (metric, f"eval_{metric}") if name in point.values]
    lost = sum(1 for value in logged if value is None or not math.isfinite(value))
    return f"{lost} of {len(logged)} logged values were no finite number and are not drawn." if lost else ""


def _short(value: float | None) -> str:
    return "–" if value is None else number(value)

"""Drawing a chart of a training stage with plotext."""

from collections.abc import Mapping
from typing import Any

from textual.color import Color

from selector.tui.curves import Chart, charts_of
from selector.tui.following import Curves
from selector.tui.series import Points, thinned

MARKS = ("⠒", "●")
"""The training curve is a line of braille dots, held-out figures are points: told apart without colour."""
MOST_POINTS = 400
"""Points a curve is drawn with: two for each column of braille dots on a wide terminal."""


def charts_with_points(curves: Curves, most: int) -> list[Chart]:
    """Return up to `most` charts of a stage that have something to show."""
    charts = charts_of(curves.method)
    return [chart for chart in charts if any(line.metric in curves.points for line in chart.lines)][:most]


def draw(plot: Any, chart: Chart, points: Mapping[str, Points], theme: Mapping[str, str]) -> None:
    """Draw a chart on a PlotextPlot: the training curve as a line, held-out figures as points on a line of their own."""
    plt = plot.plt
    plt.clear_figure()
    plt.frame(False)
    plt.xfrequency(3)
    plt.yfrequency(4)
    colours = (theme["primary"], theme["warning"])
    for line, colour, mark in zip(chart.lines, colours, MARKS, strict=True):
        found = points.get(line.metric)
        if found is None:
            continue
        curve = thinned(found, MOST_POINTS)
        rgb = Color.parse(colour).rgb
        if mark == MARKS[0]:
            plt.plot(curve.xs, curve.ys, color=rgb, marker="braille")
        else:
            plt.scatter(curve.xs, curve.ys, color=rgb, marker=mark)
    plot.refresh()


def caption(chart: Chart, points: Mapping[str, Points]) -> str:
    """Return the title of a chart with the last value of each curve."""
    found = zip(chart.lines, MARKS, strict=True)
    last = [f"{mark} {points[line.metric].ys[-1]:#.3g}" for line, mark in found if line.metric in points]
    return f"{chart.title}  {'  '.join(last)}"


def legend(chart: Chart) -> str:
    """Return what the signs of a chart mean."""
    return "  ".join(f"{mark} {line.label}" for line, mark in zip(chart.lines, MARKS, strict=True))

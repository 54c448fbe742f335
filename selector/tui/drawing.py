"""Bars drawn with characters: readable without colour, because filled and empty differ in shape."""

from collections.abc import Mapping
from typing import NamedTuple

from textual.content import Content

FULL, EMPTY, POINT, ZERO, MARGIN = "━", "─", "●", "│", "┃"


class Span(NamedTuple):
    """A value with its interval on the axis of a bar."""

    low: float
    value: float
    high: float


def share_bar(share: float, width: int) -> str:
    """Return a bar filled to `share` (0 to 1); anything above 0 shows at least one cell."""
    cells = round(min(1.0, max(0.0, share)) * width)
    if share > 0 and cells == 0:
        cells = 1
    return FULL * cells + EMPTY * (width - cells)


def score_bar(span: Span, width: int, maximum: float = 5.0) -> str:
    """Return a score from 0 to `maximum` as a point on a line, its interval heavy."""
    return _draw(span, 0.0, maximum, width, {})


def interval_bar(span: Span, margin: float, width: int) -> str:
    """Return an interval with the margin `┃` and zero `│` on one axis that shows all of them.

    What the interval leaves free of the margin is the proof, so the margin is drawn above it.
    """
    ends = (span.low, span.high, margin, 0.0)
    room = (max(ends) - min(ends) or 1.0) * 0.08
    return _draw(span, min(ends) - room, max(ends) + room, width, {0.0: ZERO, margin: MARGIN})


def tinted(drawn: str, style: str, others: Mapping[str, str] | None = None) -> Content:
    """Return a drawn bar in a style, its empty part in the colour of borders, and `others` by character."""
    styles = {EMPTY: "$border", **(others or {})}
    return Content.assemble(*((cell, styles.get(cell, style)) for cell in drawn))


def _draw(span: Span, left: float, right: float, width: int, marks: dict[float, str]) -> str:
    def cell(value: float) -> int:
        share = (value - left) / (right - left)
        return round(min(1.0, max(0.0, share)) * (width - 1))

    cells = [EMPTY] * width
    for index in range(cell(span.low), cell(span.high) + 1):
        cells[index] = FULL
    cells[cell(span.value)] = POINT
    for value, mark in marks.items():
        cells[cell(value)] = mark
    return "".join(cells)

"""A curve in bounded memory."""

from typing import NamedTuple

LIMIT = 2000
"""Points of one curve that are kept; more than four times what the widest terminal can show."""


class Points(NamedTuple):
    """A copy of a curve that a screen may keep."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]


class Series:
    """Points in the order of x, evenly thinned so that at most `limit` are kept; the last one always shows."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._every = 1
        self._seen = 0
        self._kept: list[tuple[float, float]] = []
        self._last: tuple[float, float] | None = None

    def add(self, x: float, y: float) -> None:
        """Add a point; one at an x that was passed already replaces what came from there on, as a resumed run does."""
        if self._last is not None and x <= self._last[0]:
            self._kept = [point for point in self._kept if point[0] < x]
        if self._seen % self._every == 0:
            self._kept.append((x, y))
        self._seen += 1
        self._last = (x, y)
        if len(self._kept) >= self._limit:
            self._kept = self._kept[::2]
            self._every *= 2

    def points(self) -> Points:
        """Return a copy of the curve."""
        kept = self._kept if self._last is None or (self._kept and self._kept[-1] == self._last) else [*self._kept, self._last]
        return Points(tuple(x for x, _ in kept), tuple(y for _, y in kept))


def thinned(points: Points, most: int) -> Points:
    """Return at most about `most` points of a curve, the last one among them."""
    step = max(1, -(-len(points.xs) // most))
    if step == 1:
        return points
    start = (len(points.xs) - 1) % step
    return Points(points.xs[start::step], points.ys[start::step])

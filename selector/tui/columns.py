"""Columns of text that fit a width: the least important ones go first, and one column takes what is left."""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from textual.content import Content

GAP = 2


Cell = Content | str | Callable[[int], Content | str]
"""What stands in a column; a function is asked with the width there is."""


class Column(NamedTuple):
    """One column: its title, its least width in cells, and what happens when there is more or less room."""

    title: str
    width: int
    grows: bool = False
    """Whether it takes the room that is left."""
    most: int = 0
    """How wide it may become before the growing column takes the rest."""
    drop: int = 0
    """Columns with the highest number are left out first where the room is short; 0: never."""
    align: Literal["left", "right"] = "left"


def fit(columns: Sequence[Column], width: int) -> list[int]:
    """Return the width of each column in cells, 0 for one that is left out."""
    widths = [column.width for column in columns]

    def used() -> int:
        shown = [w for w in widths if w]
        return sum(shown) + GAP * (len(shown) - 1)

    for drop in sorted({column.drop for column in columns if column.drop}, reverse=True):
        if used() <= width:
            break
        widths = [0 if column.drop == drop else w for column, w in zip(columns, widths, strict=True)]
    for index, column in enumerate(columns):
        if widths[index] and column.most:
            widths[index] = min(column.most, widths[index] + max(0, width - used()))
    growing = [index for index, column in enumerate(columns) if column.grows and widths[index]]
    room = width - used()
    for place, index in enumerate(growing):
        share = room // len(growing) + (1 if place < room % len(growing) else 0)
        widths[index] = max(1, widths[index] + share)
    return widths


def line(columns: Sequence[Column], widths: Sequence[int], cells: Sequence[Cell]) -> Content:
    """Return one line of cells; text that is too long ends in an ellipsis."""
    parts: list[Content] = []
    for column, width, cell in zip(columns, widths, cells, strict=True):
        if not width:
            continue
        shown = cell(width) if callable(cell) else cell
        content = shown if isinstance(shown, Content) else Content(shown)
        content = content.truncate(width, ellipsis=True)
        missing = width - content.cell_length
        parts.append(content.pad_left(missing) if column.align == "right" else content.pad_right(missing))
    return Content(" " * GAP).join(parts)


def header(columns: Sequence[Column], widths: Sequence[int], style: str) -> Content:
    """Return the line of titles."""
    return Content.styled(line(columns, widths, [column.title for column in columns]).plain, style)

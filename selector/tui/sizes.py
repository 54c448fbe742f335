"""The classes by which a screen knows its room."""

from typing import Any, Final

from textual.geometry import Size
from textual.screen import Screen

HORIZONTAL: Final = [(0, "-narrow"), (110, "-wide")]
VERTICAL: Final = [(0, "-short"), (32, "-tall")]


def fit(screen: Screen[Any], size: Size) -> None:
    """Give a screen the classes of a size before its first picture; textual sets them only after that."""
    for length, points in ((size.width, HORIZONTAL), (size.height, VERTICAL)):
        chosen = [name for least, name in points if length >= least][-1]
        for _, name in points:
            screen.set_class(name == chosen, name)
